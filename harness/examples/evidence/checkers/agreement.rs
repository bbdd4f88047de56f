//! Three engines over the same random small histories: the checker by revision, the search,
//! and stateright's tester.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::time::Duration;

use serde::Deserialize;

use super::measure::Bench;
use super::row::{CheckersRow, Part};
use crate::Rows;
use crate::launch::run;
use crate::provenance::{Provenance, cargo};
use crate::ran::tenth;

/// Histories.
const CASES: u32 = 100_000;
const CI_CASES: u32 = 2_000;
const LIMIT: Duration = Duration::from_secs(3600);

/// What the test prints.
#[derive(Debug, Deserialize)]
struct Tally {
    all: Counts,
    families: BTreeMap<String, Counts>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Counts {
    histories: u32,
    valid: u32,
    invalid: u32,
    /// To the checker by revision.
    unknown: u32,
}

/// The test `agreement`, with so many cases.
pub(super) fn measure(bench: &mut Bench) -> io::Result<Vec<CheckersRow>> {
    let cases = if bench.rows == Rows::Ci { CI_CASES } else { CASES };
    Ok(vec![bench.row(|row| row.part == Part::Agreement, |bench| row(bench, cases))?])
}

fn row(bench: &Bench, cases: u32) -> io::Result<CheckersRow> {
    let scratch = tempfile::Builder::new().prefix("stormglass-agreement-").tempdir()?;
    let out = scratch.path().join("stdout.txt");
    let provenance = Provenance::now(&bench.commit);
    let mut command = cargo();
    command.env("STORMGLASS_CASES", cases.to_string());
    command.args(["test", "--locked", "--workspace", "--test", "agreement"]);
    command.args(["--", "--nocapture"]).stdout(File::create(&out)?);
    let ended = run(&mut command, LIMIT)?;
    let printed = fs::read_to_string(&out)?;
    let tally: Tally = printed
        .lines()
        .find_map(|line| serde_json::from_str(line).ok())
        .ok_or_else(|| io::Error::other("the test `agreement` printed no counts"))?;
    let mut row = CheckersRow::new(Part::Agreement, "three engines agree", provenance);
    let Counts { histories, valid, invalid, unknown } = tally.all;
    row.result = format!(
        "{histories} histories, {valid} valid, {invalid} invalid, {unknown} of them unknown to the \
         checker by revision"
    );
    let families = tally.families.into_iter();
    row.figures = families.map(|(name, one)| (name, f64::from(one.histories))).collect();
    row.holds = ended.code == Some(0) && histories == cases;
    row.seconds = tenth(ended.seconds);
    Ok(row)
}
