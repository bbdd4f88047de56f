//! What a self-test found out.

use std::collections::BTreeMap;

use serde::Serialize;

use super::place::Place;

/// Version of the table's JSON form.
pub(super) const FORMAT: u32 = 1;

/// What became of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Every mutant was caught by the checker named for the class.
    Caught,
    /// Some were not.
    Missed,
    /// The run has no place for it, though it is one of the class's workload.
    NoPlace,
    /// It belongs to another workload, so nothing was planted.
    OtherWorkload,
    /// The run shares its store, and others may have done such a thing: nothing was planted.
    Hidden,
    /// Its checker is not there yet, or does not look at this yet: nothing is demanded.
    Waiting,
}

/// One class of a self-test.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The class.
    pub class: &'static str,
    /// What goes wrong, in one sentence.
    pub summary: &'static str,
    /// The checker that must catch it.
    pub caught_by: &'static str,
    /// The workload that it belongs to.
    pub workload: &'static str,
    /// What became of it.
    pub fate: Fate,
    /// How many places the run has for it.
    pub places: usize,
    /// How many mutants were judged.
    pub planted: usize,
    /// How many were caught by the checker named for it.
    pub caught: usize,
    /// The mutants that were not: where.
    pub missed: Vec<Place>,
    /// Under which anomalies that checker told of them first, and how often.
    pub anomalies: BTreeMap<String, usize>,
    /// Which other checkers found something, and how often, if they were asked.
    pub others: BTreeMap<String, usize>,
}

/// What a self-test found out.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// Version of this form.
    pub stormglass_selftest: u32,
    /// The workload of the run.
    pub workload: String,
    /// The seed that chose the places.
    pub seed: u64,
    /// How many places were wanted for each class.
    pub places: usize,
    /// The checker that was switched off, if one was.
    pub without: Option<String>,
    /// One row a class.
    pub rows: Vec<Row>,
}

impl Table {
    /// Whether every class that is demanded had places and was caught everywhere.
    pub fn passed(&self) -> bool {
        !self.rows.iter().any(|row| matches!(row.fate, Fate::Missed | Fate::NoPlace))
    }

    /// How many mutants were judged.
    pub fn planted(&self) -> usize {
        self.rows.iter().map(|row| row.planted).sum()
    }
}
