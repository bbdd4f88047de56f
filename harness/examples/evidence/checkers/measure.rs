//! Which parts are measured, and what is concluded.

use std::io;
use std::path::PathBuf;

use clap::Args;

use super::row::{CheckersRow, Part};
use super::{agreement, benchmarks, logs, selftests, silence};
use crate::Rows;
use crate::launch::program;
use crate::ledger::Ledger;
use crate::provenance::{Code, commit};

#[derive(Debug, Args)]
pub(crate) struct CheckersArguments {
    /// How much to measure.
    #[arg(long, value_enum, default_value_t)]
    rows: Rows,
    /// This part only; can be repeated.
    #[arg(long, value_enum)]
    only: Vec<Part>,
}

/// What every part measures with.
pub(super) struct Bench {
    /// The program that is measured.
    pub(super) program: PathBuf,
    /// The commit of the code.
    pub(super) commit: String,
    /// How much to measure.
    pub(super) rows: Rows,
    ledger: Ledger<CheckersRow>,
}

impl Bench {
    /// The row that is there already, or the one that is measured now; it is shown.
    pub(super) fn row(
        &mut self,
        wanted: impl Fn(&CheckersRow) -> bool,
        measure: impl FnOnce(&Self) -> io::Result<CheckersRow>,
    ) -> io::Result<CheckersRow> {
        let rows = self.together(wanted, |bench| Ok(vec![measure(bench)?]))?;
        rows.into_iter().next().ok_or_else(|| io::Error::other("a row was not kept"))
    }

    /// Rows that are there already, or those that are measured together now.
    pub(super) fn together(
        &mut self,
        wanted: impl Fn(&CheckersRow) -> bool,
        measure: impl FnOnce(&Self) -> io::Result<Vec<CheckersRow>>,
    ) -> io::Result<Vec<CheckersRow>> {
        let mut rows: Vec<CheckersRow> = self.ledger.all(wanted).cloned().collect();
        if rows.is_empty() {
            rows = measure(self)?;
            self.ledger.add_all(rows.clone())?;
        }
        for row in &rows {
            println!("{}", row.line());
        }
        Ok(rows)
    }
}

/// Measures what is not measured yet; returns whether everything is as claimed.
pub(crate) fn measure(arguments: &CheckersArguments) -> io::Result<bool> {
    let commit = commit(Code::JUDGING)?;
    let ledger = match arguments.rows {
        Rows::All => Ledger::resume("checkers", &commit)?,
        Rows::Ci => Ledger::unwritten(),
    };
    let mut bench = Bench { program: program()?, commit, rows: arguments.rows, ledger };
    let wanted = |part: &Part| arguments.only.is_empty() || arguments.only.contains(part);
    let mut all = true;
    for part in Part::ALL.into_iter().filter(wanted) {
        let rows = match part {
            Part::Benchmarks => benchmarks::measure(&mut bench)?,
            Part::Logs => logs::measure(&mut bench)?,
            Part::Agreement => agreement::measure(&mut bench)?,
            Part::Selftests => selftests::measure(&mut bench)?,
            Part::Silence => silence::measure(&mut bench)?,
        };
        all &= rows.iter().all(|row| row.holds || row.aim);
    }
    Ok(all)
}
