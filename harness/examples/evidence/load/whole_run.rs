//! One whole run of the program with the same load: how long until the verdict, and until
//! the report.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass::exit::ExitCode;
use stormglass::run_dir::{RunDir, open_history};
use stormglass_checkers::history::{Body, Environment, History, Nanos, Phase};
use stormglass_reports::RunFacts;

use super::report::SCENARIO;
use crate::launch::{program, run};
use crate::ran::tenth;

/// Beyond the traffic: start, recovery, verdict and report.
const GRACE: Duration = Duration::from_secs(180);

/// What a user waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct WholeRun {
    /// Exit code of the run.
    pub(super) exit_code: Option<i32>,
    /// Operations that ended, final reads and prefill included.
    pub(super) operations: u64,
    /// Events of the history.
    pub(super) events: u64,
    /// From the end of the traffic to the verdict: recovery, final reads and the end of the
    /// judging, which goes on beside the traffic.
    pub(super) seconds_to_verdict: f64,
    /// `stormglass check` on the stored history: all the judging at once.
    pub(super) seconds_of_check: f64,
    /// `stormglass report` on the run directory.
    pub(super) seconds_of_report: f64,
}

impl WholeRun {
    /// Runs the scenario of the load for so long.
    pub(super) fn measure(release: &str, length: Duration, folder: &Path) -> io::Result<Self> {
        let scenario = folder.join("load.toml");
        fs::write(&scenario, SCENARIO)?;
        let out = folder.join("run");
        let seconds = format!("{}s", length.as_secs());
        let mut command = quiet(folder)?;
        command.arg("run").arg(scenario).args(["--etcd", release, "--seed", "1"]);
        command.args(["--duration", &seconds, "--progress", "none", "--out"]).arg(&out);
        let ended = run(&mut command, length + GRACE)?;
        if !ended.with(ExitCode::Valid) {
            let kept = fs::read_to_string(folder.join("stderr.txt")).unwrap_or_default();
            let message = format!("the load ended {}: {}", ended.meaning(), kept.trim());
            return Err(io::Error::other(message));
        }
        let again = |verb: &str| {
            let ended = run(quiet(folder)?.arg(verb).arg(&out), length + GRACE)?;
            io::Result::Ok(tenth(ended.seconds))
        };
        let (seconds_of_check, seconds_of_report) = (again("check")?, again("report")?);
        let history = History::read(open_history(&out).map_err(io::Error::other)?)
            .map_err(io::Error::other)?;
        let facts: RunFacts = RunDir::read(&RunDir::open(&out).map_err(io::Error::other)?.facts())
            .map_err(io::Error::other)?;
        let traffic_ended = traffic_end(&history);
        let to_verdict = facts.duration.0.saturating_sub(traffic_ended.0);
        let complete = |body: &Body| matches!(body, Body::Complete(_));
        let operations = history.events.iter().filter(|event| complete(&event.body)).count();
        Ok(Self {
            exit_code: ended.code,
            operations: operations as u64,
            events: history.events.len() as u64,
            seconds_to_verdict: tenth(Duration::from_nanos(to_verdict).as_secs_f64()),
            seconds_of_check,
            seconds_of_report,
        })
    }
}

fn quiet(folder: &Path) -> io::Result<Command> {
    let mut command = Command::new(program()?);
    command.stdout(File::create(folder.join("stdout.txt"))?);
    command.stderr(File::create(folder.join("stderr.txt"))?);
    Ok(command)
}

fn traffic_end(history: &History) -> Nanos {
    let recover = Body::Environment(Environment::Phase(Phase::Recover));
    let event = history.events.iter().find(|event| event.body == recover);
    event.map_or(Nanos(0), |event| event.at)
}
