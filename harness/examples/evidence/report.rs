//! The report's page: how long it takes to draw, how large it is, and how it feels in a browser.

use std::io;
use std::process::Command;

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::Rows;
use crate::ledger::{Ledger, Row};
use crate::provenance::{Code, Provenance, commit};

const OPERATIONS: [u64; 3] = [1_000, 200_000, 1_000_000];
const CI_OPERATIONS: [u64; 1] = [200_000];
/// All artifacts of a million operations.
const RENDER_SECONDS: f64 = 5.0;
const BYTES: u64 = 10_000_000;
const FIRST_PAINT_MS: f64 = 1_000.0;
/// Median and 95th percentile of a redraw.
const REDRAW_MS: [f64; 2] = [50.0, 150.0];
/// Of a run of 200,000 operations at least so many are in its timeline.
const SHOWN: u64 = 20_000;

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// How much to measure.
    #[arg(long, value_enum, default_value_t)]
    rows: Rows,
}

/// What the program `page` prints.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    operations: u64,
    render_seconds: f64,
    bytes: u64,
    first_paint_ms: f64,
    /// Operations in the timeline.
    shown: u64,
    /// Median and 95th percentile of a redraw while panning, at full zoom-out.
    whole_ms: [f64; 2],
    /// The same, with a hundredth of the run in sight.
    near_ms: [f64; 2],
    /// What the console said.
    complaints: u64,
    /// What the page asked for.
    requests: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct ReportRow {
    #[serde(flatten)]
    measured: Measured,
    #[serde(rename = "where")]
    provenance: Provenance,
}

impl Row for ReportRow {
    fn commit(&self) -> &str {
        &self.provenance.commit
    }
}

impl Measured {
    fn holds(&self) -> bool {
        let quick = |times: [f64; 2]| times.iter().zip(REDRAW_MS).all(|(time, most)| *time <= most);
        self.render_seconds <= RENDER_SECONDS
            && self.bytes <= BYTES
            && self.first_paint_ms <= FIRST_PAINT_MS
            && self.shown >= SHOWN.min(self.operations)
            && quick(self.whole_ms)
            && quick(self.near_ms)
            && self.complaints == 0
            && self.requests == 0
    }
}

/// Measures what is not measured yet; returns whether everything is as claimed.
pub(crate) fn measure(arguments: &ReportArguments) -> io::Result<bool> {
    let commit = commit(Code::ALL)?;
    let all = arguments.rows == Rows::All;
    let sizes: &[u64] = if all { &OPERATIONS } else { &CI_OPERATIONS };
    let mut ledger = if all { Ledger::resume("report", &commit)? } else { Ledger::unwritten() };
    println!(
        "operations  rendered s      bytes  first paint ms    shown  redraw, whole ms  near ms  load"
    );
    let mut holds = true;
    for operations in sizes {
        let here = |row: &ReportRow| row.measured.operations == *operations;
        if ledger.find(here).is_none() {
            let provenance = Provenance::now(&commit);
            ledger.add(ReportRow { measured: page(*operations)?, provenance })?;
        }
        let row = ledger.find(here).ok_or_else(|| io::Error::other("the row was not kept"))?;
        show(row);
        holds &= row.measured.holds();
    }
    println!(
        "claimed: rendered in {RENDER_SECONDS} s, {BYTES} bytes at most, first paint within \
         {FIRST_PAINT_MS} ms, at least {SHOWN} operations in the timeline, a redraw within {} ms \
         (median) and {} ms (95 %), nothing on the console, no request",
        REDRAW_MS[0], REDRAW_MS[1]
    );
    Ok(holds)
}

/// By the program beside this one.
fn page(operations: u64) -> io::Result<Measured> {
    let program = std::env::current_exe()?.with_file_name("page");
    let output = Command::new(&program).arg(operations.to_string()).output();
    let output = output.map_err(|error| {
        io::Error::other(format!("{}: {error}; run `make build`", program.display()))
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("no page was measured: {}", said.trim())));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn show(row: &ReportRow) {
    let Measured { operations, render_seconds, bytes, first_paint_ms, shown, .. } = row.measured;
    let pair = |[median, slow]: [f64; 2]| format!("{median:.1} / {slow:.1}");
    println!(
        "{operations:>10}  {render_seconds:>10.2}  {bytes:>9}  {first_paint_ms:>14.0}  {shown:>7}  \
         {:>16}  {:>7}  {:>4.1}",
        pair(row.measured.whole_ms),
        pair(row.measured.near_ms),
        row.provenance.load_average
    );
}
