//! `report`: draws a stored run's report again.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use super::args::Format;
use super::error::CommandError;
use super::facts;
use super::output;
use super::reading_args::ReportArgs;
use crate::exit::ExitCode;
use crate::run_dir::RunDir;

/// The variable that names a browser.
const BROWSER_VARIABLE: &str = "BROWSER";
/// What opens a page on a desktop, of Linux and of macOS.
const OPENERS: [&str; 2] = ["xdg-open", "open"];

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
    if args.open {
        open(&dir.report())?;
    }
    match format {
        Format::Json => output::json(&Told { report }),
        Format::Human => output::lines(&[report]),
    }
}

/// Shows a page in a browser. Whatever the browser does with it is no business of ours.
fn open(page: &Path) -> Result<(), CommandError> {
    let named = std::env::var(BROWSER_VARIABLE).ok().filter(|browser| !browser.is_empty());
    let browsers: Vec<&str> = named.as_deref().map_or(OPENERS.to_vec(), |browser| vec![browser]);
    let page = std::fs::canonicalize(page).map_err(CommandError::environment)?;
    for browser in &browsers {
        let mut command = Command::new(browser);
        command.arg(&page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if command.spawn().is_ok() {
            return Ok(());
        }
    }
    Err(CommandError::environment(format!(
        "no browser could be started ({}): name one in the variable {BROWSER_VARIABLE}, or open {} \
         yourself",
        browsers.join(", "),
        page.display()
    )))
}
