//! The runs as processes: as many side by side as the machine takes.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use stormglass_reports::{RunEnd, SuiteRun};
use tokio::task::JoinSet;

use super::jobs::{Job, Jobs};
use super::ran;
use crate::cli::error::CommandError;
use crate::cli::output;
use crate::clock::Clock;
use crate::run::Interrupts;

/// What bounds the runs.
pub(super) struct Limits {
    pub(super) at_once: usize,
    /// No run is begun after that time.
    pub(super) time: Option<Duration>,
    pub(super) fail_fast: bool,
}

/// What came of them.
pub(super) struct Done {
    /// The runs, in the order in which they were begun.
    pub(super) runs: Vec<SuiteRun>,
    /// The exit code of an interruption.
    pub(super) interrupted: Option<i32>,
}

/// A run that has ended.
struct Ended {
    number: usize,
    job: Job,
    status: std::io::Result<ExitStatus>,
    seconds: f64,
}

/// Runs them all, or until a limit or an interruption.
pub(super) fn run_all(jobs: Jobs, limits: &Limits, clock: Clock) -> Result<Done, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CommandError::environment)?;
    runtime.block_on(all(jobs, limits, clock))
}

async fn all(mut jobs: Jobs, limits: &Limits, clock: Clock) -> Result<Done, CommandError> {
    let interrupts = Interrupts::listen().map_err(CommandError::environment)?;
    let mut running = JoinSet::new();
    let mut pids = BTreeMap::new();
    let mut runs = BTreeMap::new();
    let (mut begun, mut told) = (0, 0);
    let asked = jobs.asked();
    loop {
        let late = limits
            .time
            .is_some_and(|time| begun > 0 && clock.now().seconds() >= time.as_secs_f64());
        let failed =
            limits.fail_fast && runs.values().any(|run: &SuiteRun| run.end != RunEnd::Valid);
        while running.len() < limits.at_once && !late && !failed && !interrupts.interrupted() {
            let Some(job) = jobs.next() else { break };
            let child = begin(&job)?;
            pids.insert(begun, child.id());
            running.spawn_blocking(wait(begun, job, child));
            begun += 1;
        }
        if running.is_empty() {
            break;
        }
        tokio::select! {
            Some(ended) = running.join_next() => {
                let ended = ended.map_err(CommandError::bug)?;
                pids.remove(&ended.number);
                let run = ran::read(&ended.job, &ended.status, ended.seconds);
                let of = asked.map_or(String::new(), |asked| format!(" of {asked}"));
                output::narrate(format_args!(
                    "{} {}{of}: {} seed {}: {} after {:.1} s",
                    run.end.mark(), ended.number + 1, run.scenario, run.seed, run.end.word(), run.seconds
                ));
                runs.insert(ended.number, run);
            }
            () = interrupts.at_least(told + 1) => {
                told += 1;
                pass_on(interrupts.exit_code(), pids.values());
            }
        }
    }
    Ok(Done { runs: runs.into_values().collect(), interrupted: interrupts.exit_code() })
}

/// Starts a run. It has a process group of its own: a terminal's Ctrl-C reaches it through us,
/// and once.
fn begin(job: &Job) -> Result<Child, CommandError> {
    let program = std::env::current_exe().map_err(CommandError::environment)?;
    let file = |what: &str| {
        let path = job.beside(what);
        File::create(&path).map_err(|error| {
            CommandError::environment(format!("{} could not be written: {error}", path.display()))
        })
    };
    let mut command = Command::new(program);
    command.args(job.arguments()).process_group(0).stdin(Stdio::null());
    command.stdout(file(ran::ANSWER)?).stderr(file(ran::WORDS)?);
    command
        .spawn()
        .map_err(|error| CommandError::environment(format!("a run could not be started: {error}")))
}

/// Waits for it on a thread of its own. A run's own limits bound how long that takes.
fn wait(number: usize, job: Job, mut child: Child) -> impl FnOnce() -> Ended {
    let clock = Clock::start();
    move || {
        let status = child.wait();
        Ended { number, job, status, seconds: clock.now().seconds() }
    }
}

/// Asks the runs to end as we were asked.
fn pass_on<'a>(code: Option<i32>, pids: impl Iterator<Item = &'a u32>) {
    let signal = if code == Some(143) { Signal::TERM } else { Signal::INT };
    for pid in pids {
        let pid = i32::try_from(*pid).ok().and_then(Pid::from_raw);
        // One that has ended meanwhile needs no signal.
        let _ = pid.map(|pid| kill_process(pid, signal));
    }
}
