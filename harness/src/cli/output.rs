//! Results on standard output, narration on standard error.

use std::fmt;
use std::io::{self, ErrorKind, Write as _};

use serde::Serialize;

use super::error::CommandError;
use crate::exit::ExitCode;

/// Writes lines for people. A reader that has gone away (`| head`) is no error.
pub(super) fn lines(lines: &[String]) -> Result<ExitCode, CommandError> {
    let mut text = lines.join("\n");
    text.push('\n');
    bytes(text.as_bytes())
}

/// Writes one JSON value.
pub(super) fn json(value: &impl Serialize) -> Result<ExitCode, CommandError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(CommandError::bug)?;
    text.push(b'\n');
    bytes(&text)
}

/// Writes a text that is complete as it is, such as a script.
pub(super) fn bytes(bytes: &[u8]) -> Result<ExitCode, CommandError> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(ExitCode::Valid),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::Valid),
        Err(error) => Err(CommandError::environment(format!(
            "the results could not be written to standard output ({error}): send them elsewhere"
        ))),
    }
}

/// Says what is going on; nobody has to listen.
pub(super) fn narrate(text: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
