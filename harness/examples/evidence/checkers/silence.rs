//! Runs on releases whose known bugs the scenario avoids: nothing may be found.

use std::io;

use stormglass::exit::ExitCode;

use super::measure::Bench;
use super::row::{CheckersRow, Part};
use crate::Rows;
use crate::provenance::Provenance;
use crate::ran::{Run, USUAL_DURATION, USUAL_TARGET, install, run_scenario, tenth};

/// Correct releases, as far as the scenario's `avoid` goes.
const RELEASES: [&str; 3] = ["3.4.23", "3.5.16", "3.5.30"];
/// Seeds of each: 51 runs.
const SEEDS: u64 = 17;

/// Every seed on every release; for CI one run, since `evidence-demo` has the others.
pub(super) fn measure(bench: &mut Bench) -> io::Result<Vec<CheckersRow>> {
    let ci = bench.rows == Rows::Ci;
    let (releases, seeds) = if ci { (&RELEASES[..1], 1) } else { (&RELEASES[..], SEEDS) };
    let names: Vec<String> = releases.iter().map(|release| (*release).to_owned()).collect();
    install(&bench.program, &names)?;
    let mut rows = Vec::new();
    for (release, seed) in (1..=seeds).flat_map(|seed| releases.iter().map(move |at| (at, seed))) {
        rows.push(bench.row(
            |row| {
                row.part == Part::Silence
                    && row.release.as_deref() == Some(release)
                    && row.seed == Some(seed)
            },
            |bench| row(bench, release, seed),
        )?);
    }
    let count = |meaning: &str| rows.iter().filter(|row| row.result.starts_with(meaning)).count();
    println!(
        "silence     {} runs: {} valid, {} unknown, {} invalid",
        rows.len(),
        count("valid"),
        count("unknown"),
        count("invalid")
    );
    Ok(rows)
}

/// A run that ends unknown is no finding: it is told with its reason, and proves nothing.
fn row(bench: &Bench, release: &str, seed: u64) -> io::Result<CheckersRow> {
    let provenance = Provenance::now(&bench.commit);
    let folder = tempfile::Builder::new().prefix("stormglass-evidence-").tempdir()?;
    let (target, duration) = (USUAL_TARGET, USUAL_DURATION);
    let run = Run { scenario: "demo", target, duration, release, seed };
    let ran = run_scenario(&bench.program, run, folder.path())?;
    let mut row = CheckersRow::new(Part::Silence, "demo", provenance);
    row.release = Some(release.to_owned());
    row.seed = Some(seed);
    row.seconds = tenth(ran.ended.seconds);
    row.figures.insert("operations".to_owned(), figure(ran.operations));
    row.holds = ran.ended.with(ExitCode::Valid) || ran.ended.with(ExitCode::Unknown);
    let told: Vec<&str> =
        ran.findings.iter().chain(ran.reasons.first()).map(String::as_str).collect();
    row.result = match told.as_slice() {
        [] => format!("{}, {} operations", ran.ended.meaning(), ran.operations),
        told => format!("{}: {}", ran.ended.meaning(), told.join("; ")),
    };
    if !row.holds {
        println!("            kept: {}", folder.keep().display());
    }
    Ok(row)
}

/// Operations of a run of half a minute fit.
fn figure(operations: u64) -> f64 {
    f64::from(u32::try_from(operations).unwrap_or(u32::MAX))
}
