//! `completions`: a completion script for a shell.

use clap::CommandFactory as _;
use serde::Serialize;

use super::args::{Cli, CompletionsArgs, Format};
use super::error::CommandError;
use super::output;
use crate::exit::ExitCode;

#[derive(Serialize)]
struct Script {
    shell: String,
    script: String,
}

/// Writes the script.
pub(super) fn completions(
    args: &CompletionsArgs,
    format: Format,
) -> Result<ExitCode, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "stormglass", &mut script);
    match format {
        Format::Human => output::bytes(&script),
        Format::Json => {
            let script = String::from_utf8(script).map_err(CommandError::bug)?;
            output::json(&Script { shell: args.shell.to_string(), script })
        }
    }
}
