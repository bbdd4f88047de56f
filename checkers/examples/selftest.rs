//! Tests the checkers on a history file, without the harness:
//! `cargo run -p stormglass-checkers --example selftest HISTORY.jsonl [PLACES] [CLASS…]`.

use std::fs::File;
use std::io::{self, BufReader, Write as _};

use stormglass_checkers::history::{History, HistoryReader};
use stormglass_checkers::mutation::SelfTest;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a history file")?;
    let places = arguments.next().map_or(Ok(20), |places| places.parse())?;
    let history = History::read(HistoryReader::new(BufReader::new(File::open(path)?))?)?;
    let test = SelfTest {
        workload: "mixed".to_owned(),
        seed: 1,
        places,
        every_checker: false,
        without: None,
        only: arguments.collect(),
    };
    let mut out = io::stdout().lock();
    let table = test.run(&history, |row| {
        let _ = writeln!(
            out,
            "{:24} {:16} {:?} places {} planted {} caught {} {:?} missed {:?}",
            row.class,
            row.caught_by,
            row.fate,
            row.places,
            row.planted,
            row.caught,
            row.anomalies,
            row.missed.first(),
        );
    })?;
    writeln!(out, "passed: {}, {} mutants", table.passed(), table.planted())?;
    Ok(())
}
