//! `selftest`: plants faults in a stored run's history, and says which the checkers catch.

use stormglass_checkers::history::History;
use stormglass_checkers::mutation::{Fate, Row, SelfTest, SelfTestError, Table as Tested};
use stormglass_scenarios::plan::Plan;

use super::args::Format;
use super::error::CommandError;
use super::output;
use super::selftest_args::SelfTestArgs;
use super::style::{Style, Tone};
use super::table::{Cell, Table};
use crate::exit::ExitCode;
use crate::run_dir::{RunDir, open_history};

/// Tests the checkers on a run directory.
pub(super) fn selftest(args: &SelfTestArgs, format: Format) -> Result<ExitCode, CommandError> {
    let dir = RunDir::open(&args.run_dir).map_err(CommandError::usage)?;
    let plan: Plan = RunDir::read(&dir.plan()).map_err(CommandError::usage)?;
    let reader = open_history(&args.run_dir).map_err(CommandError::usage)?;
    let history = History::read(reader).map_err(CommandError::usage)?;
    let test = SelfTest {
        workload: plan.scenario.workload.kind.clone(),
        seed: args.seed,
        places: args.places,
        every_checker: args.all,
        without: args.without.clone(),
        only: args.class.clone(),
    };
    let narrate = |row: &Row| {
        output::narrate(format_args!("{}: {} of {} caught", row.class, row.caught, row.planted));
    };
    let tested = test.run(&history, narrate).map_err(|error| refused(&error))?;
    match format {
        Format::Json => output::json(&tested)?,
        Format::Human => output::lines(&lines(&tested))?,
    };
    Ok(if tested.passed() { ExitCode::Valid } else { ExitCode::Invalid })
}

fn refused(error: &SelfTestError) -> CommandError {
    let code = match error {
        SelfTestError::Invalid { .. } | SelfTestError::Broken { .. } | SelfTestError::Shared => {
            ExitCode::Unknown
        }
        SelfTestError::NoSuchChecker { .. } | SelfTestError::NoSuchClass { .. } => ExitCode::Usage,
    };
    CommandError { code, message: error.to_string() }
}

fn lines(tested: &Tested) -> Vec<String> {
    let headings =
        ["CLASS", "CHECKER", "PLACES", "PLANTED", "CAUGHT", "MISSED", "RESULT", "TOLD AS"];
    let mut table = Table::new(headings);
    for row in &tested.rows {
        table.row([
            row.class.into(),
            row.caught_by.into(),
            row.places.to_string().into(),
            row.planted.to_string().into(),
            row.caught.to_string().into(),
            row.missed.len().to_string().into(),
            result(row),
            told_as(row).into(),
        ]);
    }
    let mut lines = table.lines(Style::of_stdout());
    lines.push(String::new());
    lines.extend(tested.rows.iter().filter_map(misses));
    lines.push(summary(tested));
    lines
}

fn result(row: &Row) -> Cell {
    match row.fate {
        Fate::Caught => Cell::toned(Tone::Good, "caught"),
        Fate::Missed => Cell::toned(Tone::Bad, "missed"),
        Fate::NoPlace => Cell::toned(Tone::Bad, "no place"),
        Fate::OtherWorkload => format!("workload {}", row.workload).into(),
        Fate::Hidden => "hidden by others".into(),
        Fate::Waiting => format!("waiting for {}", row.caught_by).into(),
    }
}

/// The anomalies that the mutants were told as, and who else found something.
fn told_as(row: &Row) -> String {
    let names: Vec<&str> = row.anomalies.keys().map(String::as_str).collect();
    let others: Vec<&str> = row.others.keys().map(String::as_str).collect();
    if others.is_empty() {
        names.join(", ")
    } else {
        format!("{}; also {}", names.join(", "), others.join(", "))
    }
}

fn misses(row: &Row) -> Option<String> {
    if row.fate != Fate::Missed {
        return None;
    }
    let at: Vec<String> = row.missed.iter().take(5).map(|place| place.at.to_string()).collect();
    let class = row.class;
    Some(format!("{class}: {} ({})", row.summary, places(&at, row.missed.len())))
}

fn places(shown: &[String], all: usize) -> String {
    let more = if all > shown.len() { ", …" } else { "" };
    format!("missed at event {}{more}", shown.join(", "))
}

fn summary(tested: &Tested) -> String {
    let count = |fate| tested.rows.iter().filter(|row| row.fate == fate).count();
    let (missed, no_place) = (count(Fate::Missed), count(Fate::NoPlace));
    let caught = count(Fate::Caught);
    let mutants = tested.planted();
    if tested.passed() {
        format!("✓ {mutants} mutants: all of {caught} classes were caught everywhere.")
    } else {
        format!("✗ {mutants} mutants: {missed} classes were missed, {no_place} had no place.")
    }
}
