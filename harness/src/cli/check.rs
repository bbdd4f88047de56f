//! `check`: judges a stored history again, with no cluster.

use stormglass_checkers::history::History;
use stormglass_checkers::panel;
use stormglass_checkers::registry::checkers;
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
use crate::run_dir::{RunDir, open_history};

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
    let context = context(reader.preamble(), plan.as_ref());
    let confirmed = |mut judgement: Judgement| {
        confirm(path, &context.preamble, &mut judgement);
        judgement
    };
    let judgement = if let (Some(dir), Some(plan)) = (&dir, &plan) {
        // The page shows what was judged: the history is read once for both.
        let judged = panel::judge_and_keep(reader, checkers(), &context);
        let (judgement, history) = judged.map_err(CommandError::usage)?;
        let judgement = confirmed(judgement);
        keep(dir, plan, &judgement, &history)?;
        judgement
    } else {
        confirmed(panel::judge(reader, checkers(), &context).map_err(CommandError::usage)?)
    };
    match format {
        Format::Json => output::json(&judgement)?,
        Format::Human => output::lines(&verdict_lines(&judgement))?,
    };
    Ok(ExitCode::of(judgement.status))
}

/// A run directory gets the new verdicts and a new report. One whose harness was killed
/// gets its first.
fn keep(
    dir: &RunDir,
    plan: &Plan,
    judgement: &Judgement,
    history: &History,
) -> Result<(), CommandError> {
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
    facts::draw(dir, history)
}
