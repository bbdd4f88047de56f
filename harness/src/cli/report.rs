//! `report`: draws a stored run's report again.

use serde::Serialize;

use super::args::{Format, ReportArgs};
use super::error::CommandError;
use super::facts;
use super::output;
use crate::exit::ExitCode;
use crate::run_dir::RunDir;

#[derive(Serialize)]
struct Told {
    report: String,
}

/// Draws the report of a run directory from its files.
pub(super) fn report(args: &ReportArgs, format: Format) -> Result<ExitCode, CommandError> {
    let dir = RunDir::open(&args.run_dir).map_err(CommandError::usage)?;
    if !dir.verdicts().is_file() || !dir.facts().is_file() {
        let shown = args.run_dir.display();
        let message = format!("{shown} was never judged: `stormglass check {shown}` first");
        return Err(CommandError::usage(message));
    }
    facts::render(&dir)?;
    let report = args.run_dir.join("report.html").display().to_string();
    match format {
        Format::Json => output::json(&Told { report }),
        Format::Human => output::lines(&[report]),
    }
}
