//! Faults planted in real runs, and who catches them: `stormglass selftest`.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use stormglass::exit::ExitCode;

use super::measure::Bench;
use super::row::{CheckersRow, Part};
use crate::Rows;
use crate::launch::run;
use crate::provenance::Provenance;
use crate::ran::{Ran, Run, USUAL_DURATION, USUAL_TARGET, install, run_scenario, tenth};

/// Runs that faults are planted in: five of the workload `mixed`, on three releases, and
/// one of each workload that has classes of its own.
const GROUNDS: [Ground; 7] = [
    Ground { scenario: "demo", release: "3.5.16", seed: 1, operations: OPERATIONS },
    Ground { scenario: "demo", release: "3.5.30", seed: 1, operations: OPERATIONS },
    Ground { scenario: "demo", release: "3.4.23", seed: 1, operations: OPERATIONS },
    Ground { scenario: "demo", release: "3.5.16", seed: 2, operations: OPERATIONS },
    Ground { scenario: "demo", release: "3.5.30", seed: 2, operations: OPERATIONS },
    Ground { scenario: "lists", release: "3.5.16", seed: 1, operations: 0 },
    Ground { scenario: "locks", release: "3.5.16", seed: 1, operations: 0 },
];
/// What a ground of `mixed` has at least.
const OPERATIONS: u64 = 5_000;
/// Mutants of each class in each ground, or one at every place.
const PLACES: u32 = 20;
const CI_PLACES: u32 = 1;
/// Seeds that are tried until a run is valid: on a busy machine one can end unknown, and
/// nothing can be planted in it then.
const TRIES: u64 = 3;
const LIMIT: Duration = Duration::from_secs(3600);

/// A run that faults are planted in.
struct Ground {
    scenario: &'static str,
    release: &'static str,
    seed: u64,
    operations: u64,
}

/// What `stormglass selftest --format json` prints.
#[derive(Debug, Deserialize)]
struct Table {
    rows: Vec<Tried>,
}

#[derive(Debug, Deserialize)]
struct Tried {
    class: String,
    fate: String,
    planted: u32,
    caught: u32,
}

/// All grounds, or one with few mutants for CI.
pub(super) fn measure(bench: &mut Bench) -> io::Result<Vec<CheckersRow>> {
    let grounds = if bench.rows == Rows::Ci { &GROUNDS[..1] } else { &GROUNDS[..] };
    let releases: Vec<String> = grounds.iter().map(|ground| ground.release.to_owned()).collect();
    install(&bench.program, &releases)?;
    let mut rows = Vec::new();
    for ground in grounds {
        let name = format!("selftest of {} from seed {} on", ground.scenario, ground.seed);
        rows.push(bench.row(
            |row| {
                row.part == Part::Selftests
                    && row.name == name
                    && row.release.as_deref() == Some(ground.release)
            },
            |bench| ground.row(bench, &name),
        )?);
    }
    Ok(rows)
}

impl Ground {
    fn row(&self, bench: &Bench, name: &str) -> io::Result<CheckersRow> {
        let provenance = Provenance::now(&bench.commit);
        for seed in (0..TRIES).map(|again| self.seed + 100 * again) {
            let folder = tempfile::Builder::new().prefix("stormglass-evidence-").tempdir()?;
            let (program, release) = (&bench.program, self.release);
            let (target, duration) = (USUAL_TARGET, USUAL_DURATION);
            let run = Run { scenario: self.scenario, target, duration, release, seed };
            let ran = run_scenario(program, run, folder.path())?;
            if !ran.ended.with(ExitCode::Valid) {
                println!("            seed {seed} ended {}: the next one", ran.ended.meaning());
                continue;
            }
            let mut row = CheckersRow::new(Part::Selftests, name, provenance);
            row.release = Some(self.release.to_owned());
            row.seed = Some(seed);
            self.plant(bench, &ran, folder.path(), &mut row)?;
            if !row.holds {
                println!("            kept: {}", folder.keep().display());
            }
            return Ok(row);
        }
        let tried = format!("no run of {} on {} was valid", self.scenario, self.release);
        Err(io::Error::other(tried))
    }

    fn plant(
        &self,
        bench: &Bench,
        ran: &Ran,
        folder: &Path,
        row: &mut CheckersRow,
    ) -> io::Result<()> {
        let places = if bench.rows == Rows::Ci { CI_PLACES } else { PLACES };
        let out = folder.join("selftest.json");
        let mut command = Command::new(&bench.program);
        command.arg("selftest").arg(folder.join("run"));
        command.args(["--places", &places.to_string(), "--format", "json"]);
        command.stdout(File::create(&out)?).stderr(File::create(folder.join("selftest.txt"))?);
        let ended = run(&mut command, LIMIT)?;
        let table: Table = serde_json::from_slice(&fs::read(&out)?)?;
        let tried: Vec<&Tried> =
            table.rows.iter().filter(|class| class.fate != "other-workload").collect();
        let planted: u32 = tried.iter().map(|class| class.planted).sum();
        let caught: u32 = tried.iter().map(|class| class.caught).sum();
        let failed: Vec<&str> = tried
            .iter()
            .filter(|class| class.fate != "caught")
            .map(|class| class.class.as_str())
            .collect();
        row.result = format!(
            "{caught} of {planted} mutants of {} classes caught by the checker named for them, in \
             {} operations",
            tried.len(),
            ran.operations
        );
        if !failed.is_empty() {
            row.result = format!("{}; NOT ALL OF {}", row.result, failed.join(", "));
        }
        row.figures.insert("planted".to_owned(), f64::from(planted));
        row.figures.insert("caught".to_owned(), f64::from(caught));
        row.holds = ended.with(ExitCode::Valid)
            && planted > 0
            && planted == caught
            && ran.operations >= self.operations;
        row.seconds = tenth(ended.seconds);
        Ok(())
    }
}
