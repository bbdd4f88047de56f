//! `suite`: scenarios that are run together, each by a `run` of its own, for one verdict.

mod args;
mod children;
mod jobs;
mod ran;
mod source;
mod tell;

pub(super) use args::SuiteArgs;

use stormglass_reports::{RunEnd, SuiteRecord, render_suite};

use self::children::{Done, Limits};
use self::jobs::Jobs;
use super::args::{Format, TargetKind};
use super::error::CommandError;
use super::output;
use crate::clock::{Clock, fresh_seed, utc_now};
use crate::exit::ExitCode;
use crate::run_dir::{RunDir, RunDirError};

/// Version of `suite.json`.
const SCHEMA: u32 = 1;

/// Runs a suite.
pub(super) fn suite(args: &SuiteArgs, format: Format) -> Result<ExitCode, CommandError> {
    if args.target == TargetKind::External {
        let message = "a suite starts clusters of its own, and an external one is somebody's: run \
                       single scenarios there";
        return Err(CommandError::usage(message));
    }
    let (suite, folder) = source::load(&args.suite)?;
    let seed = args.seed.unwrap_or_else(fresh_seed);
    let stamp = utc_now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let dir = args.dir(&format!("{stamp}-suite-{}-{seed}", suite.name));
    let jobs = Jobs::new(&suite, folder.as_deref(), args, seed, &dir);
    jobs.validate()?;
    if args.dry_run {
        return tell::dry_run(&jobs, format);
    }
    source::make(&dir)?;
    let limits = Limits {
        at_once: args.at_once(),
        time: args.time.map(stormglass_scenarios::scenario::Span::as_duration),
        fail_fast: args.fail_fast,
    };
    output::narrate(format_args!(
        "suite {} · seed {seed} · {} at once · {}",
        suite.name,
        limits.at_once,
        dir.display()
    ));
    let (started, clock) = (utc_now().to_string(), Clock::start());
    let asked = jobs.asked();
    let done = children::run_all(jobs, &limits, clock)?;
    let (verdict, exit_code) = judged(&done);
    let record = SuiteRecord {
        schema: SCHEMA,
        suite: suite.name,
        started,
        seconds: clock.now().seconds(),
        seed,
        exit_code,
        verdict,
        sentence: tell::sentence(&done.runs),
        not_begun: asked.map(|asked| asked.saturating_sub(done.runs.len() as u64)),
        runs: done.runs,
    };
    keep(&record, &dir)?;
    tell::tell(&record, &dir, args.ci, format)?;
    ExitCode::of_number(record.exit_code)
        .ok_or_else(|| CommandError::bug(format!("no exit code is {}", record.exit_code)))
}

/// The worst of the runs' ends, and the exit code that goes with it.
fn judged(done: &Done) -> (RunEnd, i32) {
    let Done { runs, interrupted } = done;
    let ends = runs.iter().map(|run| run.end);
    let verdict = ends.max().unwrap_or(RunEnd::Interrupted);
    // The run that decides gives its exit code, for what failed may be one of several things.
    let decisive = runs.iter().find(|run| run.end == verdict).and_then(|run| run.exit_code);
    let exit_code = match (verdict, interrupted) {
        (RunEnd::Invalid, _) => ExitCode::Invalid.number(),
        (_, Some(code)) => *code,
        (RunEnd::Valid, None) => ExitCode::Valid.number(),
        (RunEnd::Unknown, None) => ExitCode::Unknown.number(),
        (RunEnd::Failed | RunEnd::Interrupted, None) => decisive
            .filter(|code| ExitCode::of_number(*code).is_some())
            .unwrap_or(ExitCode::Bug.number()),
    };
    let verdict = if interrupted.is_some() { verdict.max(RunEnd::Interrupted) } else { verdict };
    (verdict, exit_code)
}

/// Writes `suite.json`, `summary.md` and `junit.xml`.
fn keep(record: &SuiteRecord, dir: &std::path::Path) -> Result<(), CommandError> {
    let unwritten = |error: RunDirError| {
        let message = format!("the suite's result could not be written: {error}; free some space");
        CommandError::environment(message)
    };
    RunDir::write(&dir.join("suite.json"), record).map_err(unwritten)?;
    for artifact in render_suite(record).map_err(CommandError::bug)? {
        RunDir::write_bytes(&dir.join(&artifact.path), &artifact.bytes).map_err(unwritten)?;
    }
    Ok(())
}
