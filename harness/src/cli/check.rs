//! `check`: judges a stored history again, with no cluster.

use stormglass_checkers::history::Line;
use stormglass_checkers::judge::Judge;
use stormglass_checkers::verdict::Judgement;
use stormglass_reports::RunFacts;
use stormglass_scenarios::plan::Plan;

use super::args::{CheckArgs, Format};
use super::error::CommandError;
use super::facts;
use super::output;
use super::summary::verdict_lines;
use crate::exit::ExitCode;
use crate::run::{confirm, context};
use crate::run_dir::{HistoryFile, RunDir, open_history};

/// Judges a run directory or a history file.
pub(super) fn check(args: &CheckArgs, format: Format) -> Result<ExitCode, CommandError> {
    let [path] = args.paths.as_slice() else {
        let message = "several paths: name one run directory or history file at a time";
        return Err(CommandError::usage(message));
    };
    if !path.exists() {
        let path = path.display();
        let message = format!("{path} does not exist: name a run directory or a history file");
        return Err(CommandError::usage(message));
    }
    let dir =
        if path.is_dir() { Some(RunDir::open(path).map_err(CommandError::usage)?) } else { None };
    let plan: Option<Plan> = match &dir {
        Some(dir) => Some(RunDir::read(&dir.plan()).map_err(CommandError::usage)?),
        None => None,
    };
    let reader = open_history(path).map_err(CommandError::usage)?;
    let preamble = reader.preamble().clone();
    let mut judgement = judge(reader, plan.as_ref())?;
    confirm(path, &preamble, &mut judgement);
    if let (Some(dir), Some(plan)) = (&dir, &plan) {
        keep(dir, plan, &judgement)?;
    }
    match format {
        Format::Json => output::json(&judgement)?,
        Format::Human => output::lines(&verdict_lines(&judgement))?,
    };
    Ok(ExitCode::of(judgement.status))
}

fn judge(mut reader: HistoryFile, plan: Option<&Plan>) -> Result<Judgement, CommandError> {
    let context = context(reader.preamble(), plan);
    let mut judge = Judge::new(&context);
    let mut torn = None;
    for line in &mut reader {
        match line.map_err(CommandError::usage)? {
            Line::Event(event) => judge.observe(&event),
            Line::Torn { line } => torn = Some(line),
        }
    }
    Ok(judge.finish(torn))
}

/// A run directory gets the new verdicts and a new report. One whose harness was killed
/// gets its first.
fn keep(dir: &RunDir, plan: &Plan, judgement: &Judgement) -> Result<(), CommandError> {
    let mut known: RunFacts = if dir.facts().is_file() {
        RunDir::read(&dir.facts()).map_err(CommandError::usage)?
    } else {
        RunFacts {
            command: format!(
                "stormglass run {} --etcd {} --seed {}",
                plan.scenario.name, plan.release, plan.seed
            ),
            check_command: format!("stormglass check {}", dir.path().display()),
            interrupted: true,
            ..RunFacts::default()
        }
    };
    known.exit_code = ExitCode::of(judgement.status).number();
    if facts::write_all(dir, judgement, &known).is_err() {
        // An archive of somebody else's may be read-only: the verdict is told all the same.
        output::narrate(format_args!("the run directory is read-only: nothing was written"));
        return Ok(());
    }
    facts::render(dir)
}
