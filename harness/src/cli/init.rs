//! `init`: a commented scenario to start from.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use serde::Serialize;
use stormglass_scenarios::scenario::template;

use super::args::{Format, InitArgs};
use super::error::CommandError;
use super::output;
use crate::exit::ExitCode;

#[derive(Serialize)]
struct Written<'a> {
    file: &'a Path,
}

/// Writes the template.
pub(super) fn init(args: &InitArgs, format: Format) -> Result<ExitCode, CommandError> {
    let file = args.file.as_path();
    write(file)?;
    let shown = file.display();
    output::narrate(format_args!(
        "next: change it, see the plan with `stormglass run {shown} --dry-run`, and run it with \
         `stormglass run {shown}`"
    ));
    match format {
        Format::Human => output::lines(&[format!("wrote {shown}")]),
        Format::Json => output::json(&Written { file }),
    }
}

fn write(file: &Path) -> Result<(), CommandError> {
    let shown = file.display();
    let mut opened =
        OpenOptions::new().write(true).create_new(true).open(file).map_err(|error| match error
            .kind()
        {
            ErrorKind::AlreadyExists => CommandError::usage(format!(
                "{shown} exists and is not overwritten: name another file or remove it first"
            )),
            ErrorKind::NotFound => CommandError::usage(format!(
                "{shown} lies in a folder that does not exist: make the folder first"
            )),
            _ => unwritable(file, &error),
        })?;
    opened.write_all(template().as_bytes()).map_err(|error| {
        // Half a scenario helps nobody, and would be in the way of the next try.
        let _ = fs::remove_file(file);
        unwritable(file, &error)
    })
}

fn unwritable(file: &Path, error: &std::io::Error) -> CommandError {
    CommandError::environment(format!(
        "{} could not be written ({error}): check its folder's permissions and the free space",
        file.display()
    ))
}
