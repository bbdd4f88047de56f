//! What is measured, and whether it is as claimed.

use std::io;
use std::path::PathBuf;

use clap::Args;
use stormglass::exit::ExitCode;

use super::kills::{SEEDS, kill_one};
use super::row::{DockerRow, KillRow, Measured, TimesRow, VerdictRow};
use super::times::measure_times;
use crate::Rows;
use crate::launch::program;
use crate::ledger::Ledger;
use crate::provenance::{Code, Provenance, commit};
use crate::ran::{Run, USUAL_DURATION, install, run_scenario, tenth};

/// The release of most rows, without known bugs that the runs provoke.
pub(super) const RELEASE: &str = "3.5.16";
/// The release in which `demo` finds a bug, and within how many seeds.
const BROKEN: &str = "3.5.1";
const TRIES: u64 = 3;
const TARGETS: [&str; 2] = ["local", "docker"];
/// How many clusters are timed.
const TURNS: u64 = 5;

#[derive(Debug, Args)]
pub(crate) struct DockerArguments {
    /// How much to measure.
    #[arg(long, value_enum, default_value_t)]
    rows: Rows,
}

/// Measures what is not measured yet; returns whether all is as claimed.
pub(crate) fn measure(arguments: &DockerArguments) -> io::Result<bool> {
    let (program, commit) = (program()?, commit(Code::ALL)?);
    let all = arguments.rows == Rows::All;
    let ledger = if all { Ledger::resume("docker", &commit)? } else { Ledger::unwritten() };
    let releases: &[&str] = if all { &[RELEASE, BROKEN] } else { &[RELEASE] };
    let releases: Vec<String> = releases.iter().map(ToString::to_string).collect();
    install(&program, &releases)?;
    let mut bench = Bench { program, commit, ledger };
    // For CI a killed run and the times of a cluster; its tests have the verdict.
    let mut holds = true;
    if all {
        for target in TARGETS {
            holds &= bench.verdicts(target)?;
        }
    }
    bench.times(if all { TURNS } else { 1 })?;
    holds &= bench.kills(if all { SEEDS } else { 1 })?;
    Ok(holds)
}

/// What every row is measured with.
struct Bench {
    program: PathBuf,
    commit: String,
    ledger: Ledger<DockerRow>,
}

impl Bench {
    /// Whether `demo` finds the bug of one release, and nothing in the other.
    fn verdicts(&mut self, target: &str) -> io::Result<bool> {
        let found = self.tries(target, BROKEN, &[ExitCode::Invalid])?;
        // On a busy machine a run may test too little, which says nothing of the store.
        let decided = [ExitCode::Valid, ExitCode::Invalid];
        let valid = self.tries(target, RELEASE, &decided)?;
        Ok(found == Some(ExitCode::Invalid) && valid == Some(ExitCode::Valid))
    }

    /// How the first seed ends that ends so, if one does.
    fn tries(
        &mut self,
        target: &str,
        release: &str,
        wanted: &[ExitCode],
    ) -> io::Result<Option<ExitCode>> {
        for seed in 1..=TRIES {
            let row = self.verdict(target, release, seed)?;
            if let Some(code) = wanted.iter().find(|code| row.ended_with(**code)) {
                return Ok(Some(*code));
            }
        }
        Ok(None)
    }

    fn verdict(&mut self, target: &str, release: &str, seed: u64) -> io::Result<&VerdictRow> {
        let of = move |row: &DockerRow| match &row.measured {
            Measured::Verdict(row) => {
                row.target == target && row.release == release && row.seed == seed
            }
            Measured::Times(_) | Measured::Kill(_) => false,
        };
        if self.ledger.find(of).is_none() {
            let (provenance, duration) = (Provenance::now(&self.commit), USUAL_DURATION);
            let folder = tempfile::Builder::new().prefix("stormglass-evidence-").tempdir()?;
            let run = Run { scenario: "demo", target, duration, release, seed };
            let ran = run_scenario(&self.program, run, folder.path())?;
            let measured = Measured::Verdict(VerdictRow {
                target: target.to_owned(),
                release: release.to_owned(),
                seed,
                exit_code: ran.ended.code,
                findings: ran.findings,
                reasons: ran.reasons,
                seconds: tenth(ran.ended.seconds),
                operations: ran.operations,
            });
            self.ledger.add(DockerRow { measured, provenance })?;
        }
        let row = self.ledger.find(of).ok_or_else(not_kept)?;
        row.show();
        match &row.measured {
            Measured::Verdict(row) => Ok(row),
            Measured::Times(_) | Measured::Kill(_) => Err(not_kept()),
        }
    }

    /// Times some clusters; there is nothing to claim.
    fn times(&mut self, turns: u64) -> io::Result<()> {
        for turn in 1..=turns {
            let of = move |row: &DockerRow| matches!(&row.measured, Measured::Times(TimesRow { turn: it, .. }) if *it == turn);
            if self.ledger.find(of).is_none() {
                let provenance = Provenance::now(&self.commit);
                let measured = Measured::Times(measure_times(&self.program, turn)?);
                self.ledger.add(DockerRow { measured, provenance })?;
            }
            self.ledger.find(of).ok_or_else(not_kept)?.show();
        }
        Ok(())
    }

    /// Whether nothing is left of runs whose harness was killed.
    fn kills(&mut self, last: u64) -> io::Result<bool> {
        let mut good = 0;
        for seed in 1..=last {
            let of = move |row: &DockerRow| matches!(&row.measured, Measured::Kill(KillRow { seed: it, .. }) if *it == seed);
            if self.ledger.find(of).is_none() {
                let provenance = Provenance::now(&self.commit);
                let measured = Measured::Kill(kill_one(&self.program, seed)?);
                self.ledger.add(DockerRow { measured, provenance })?;
            }
            let row = self.ledger.find(of).ok_or_else(not_kept)?;
            row.show();
            good += u64::from(matches!(&row.measured, Measured::Kill(row) if row.holds()));
        }
        println!("\nnothing was left of {good} of {last} killed runs");
        Ok(good == last)
    }
}

fn not_kept() -> io::Error {
    io::Error::other("a row was not kept")
}
