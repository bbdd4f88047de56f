//! The benchmarks, as `cargo bench` runs them, with the rows that they write.

use std::fs;
use std::io;
use std::time::Duration;

use serde::Deserialize;

use super::measure::Bench;
use super::row::{CheckersRow, Part};
use crate::Rows;
use crate::launch::run;
use crate::provenance::{Provenance, cargo};
use crate::ran::tenth;

/// Every benchmark of the package.
const BENCHMARKS: [&str; 3] = ["linearizability", "search", "file"];
/// They are built by `cargo bench`, in a profile of their own.
const LIMIT: Duration = Duration::from_secs(3600);

/// A row as a benchmark writes it.
#[derive(Debug, Deserialize)]
struct Measured {
    name: String,
    #[serde(default)]
    operations: Option<u64>,
    value: f64,
    unit: String,
    #[serde(default)]
    bound: Option<f64>,
    #[serde(default)]
    holds: Option<bool>,
}

/// Units of what is the machine's as much as ours.
const ABSOLUTE: [&str; 3] = ["ms", "s", "seconds"];

/// For CI the shortest part of one benchmark, in the profile that is built already.
pub(super) fn measure(bench: &mut Bench) -> io::Result<Vec<CheckersRow>> {
    let wanted = if bench.rows == Rows::Ci { &BENCHMARKS[..1] } else { &BENCHMARKS[..] };
    let mut rows = Vec::new();
    for name in wanted {
        let prefix = format!("{name}: ");
        rows.extend(bench.together(
            |row| row.part == Part::Benchmarks && row.name.starts_with(&prefix),
            |bench| run_benchmark(bench, name),
        )?);
    }
    Ok(rows)
}

fn run_benchmark(bench: &Bench, name: &str) -> io::Result<Vec<CheckersRow>> {
    let folder = tempfile::Builder::new().prefix("stormglass-bench-").tempdir()?;
    let file = folder.path().join("rows.json");
    let provenance = Provenance::now(&bench.commit);
    let mut command = cargo();
    // With the whole workspace in view dependencies are as the tests have built them.
    command.args(["bench", "--locked", "--workspace", "--bench", name]);
    if bench.rows == Rows::Ci {
        command.args(["--profile", "dev", "--", "quick", "small"]);
    } else {
        command.arg("--");
    }
    command.arg("--json").arg(&file);
    let ended = run(&mut command, LIMIT)?;
    if ended.code != Some(0) {
        return Err(io::Error::other(format!("cargo bench --bench {name} ended {ended:?}")));
    }
    let measured: Vec<Measured> = serde_json::from_slice(&fs::read(&file)?)?;
    let each = tenth(ended.seconds);
    let row = |measured| row(name, measured, each, provenance.clone());
    Ok(measured.into_iter().map(row).collect())
}

fn row(benchmark: &str, measured: Measured, seconds: f64, provenance: Provenance) -> CheckersRow {
    let Measured { name, operations, value, unit, bound, holds } = measured;
    let limit = bound.map(|bound| format!(", bound {bound}")).unwrap_or_default();
    let of = operations.map(|many| format!(" for {many} operations")).unwrap_or_default();
    let mut row = CheckersRow::new(Part::Benchmarks, format!("{benchmark}: {name}"), provenance);
    row.result = format!("{value:.3} {unit}{of}{limit}");
    row.figures.insert("value".to_owned(), value);
    row.figures.extend(bound.map(|bound| ("bound".to_owned(), bound)));
    row.holds = holds.unwrap_or(true);
    row.aim = ABSOLUTE.contains(&unit.as_str()) || (benchmark == "file" && unit == "MB");
    row.seconds = seconds;
    row
}
