//! Plants faults of every class in a run, and asks the checkers.

use std::collections::BTreeMap;

use super::class::{Class, Waiting};
use super::ground::Ground;
use super::mutant::Mutant;
use super::place::{Place, spread};
use super::registry::classes;
use super::table::{FORMAT, Fate, Row, Table};
use super::trial::{Bench, Caught, Trial};
use crate::history::{self, History};
use crate::registry::{CheckerEntry, checkers};
use crate::verdict::Status;

/// Why a run is no ground for a self-test.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelfTestError {
    /// A checker finds something before anything was planted.
    #[error(
        "the run itself is invalid, so nothing can be planted in it ({sentence}): \
         take a run that `stormglass check` finds valid"
    )]
    Invalid {
        /// The run's headline.
        sentence: String,
    },
    /// Its structure is broken.
    #[error("the history is broken, so nothing can be planted in it: {reason}")]
    Broken {
        /// How.
        reason: String,
    },
    /// What the store held at the start, or who else writes to the run's keys, is not known.
    #[error(
        "nobody knows what this run's store held at the start, or who else wrote to its keys, so \
         little can be proven of what is planted in it: take a run of a new store, or one under a \
         prefix of its own"
    )]
    Shared,
    /// There is no such checker.
    #[error("no checker is called `{name}`: `stormglass list checkers` names them")]
    NoSuchChecker {
        /// What was asked for.
        name: String,
    },
    /// There is no such class.
    #[error("no class of faults is called `{name}`: docs/selftest.md names them")]
    NoSuchClass {
        /// What was asked for.
        name: String,
    },
}

/// How to test.
#[derive(Clone, Debug)]
pub struct SelfTest {
    /// The kind of the run's workload.
    pub workload: String,
    /// Chooses the places.
    pub seed: u64,
    /// How many places of each class, at most.
    pub places: usize,
    /// Whether every checker judges each mutant, and not only the one named for it.
    pub every_checker: bool,
    /// A checker that is switched off.
    pub without: Option<String>,
    /// These classes only; all if there are none.
    pub only: Vec<String>,
}

impl SelfTest {
    /// Tests on one run; `progress` is told each row as it is known.
    ///
    /// # Errors
    /// When the run is no ground for a test, or a name is unknown.
    pub fn run(
        &self,
        history: &History,
        progress: impl FnMut(&Row),
    ) -> Result<Table, SelfTestError> {
        self.check_names()?;
        if let Some(reason) = &history.broken {
            return Err(SelfTestError::Broken { reason: reason.to_string() });
        }
        if history.preamble.territory().ground() == history::Ground::Unclear {
            return Err(SelfTestError::Shared);
        }
        let entries = self.entries();
        let ground = Ground::of(history);
        let bench = Bench::new(&ground);
        let untouched = bench.judge(&entries, &Mutant::default());
        if untouched.status == Status::Invalid {
            return Err(SelfTestError::Invalid { sentence: untouched.sentence });
        }
        let plots: Vec<Plot> = classes()
            .filter(|class| self.wants(class))
            .map(|class| self.plot(class, &ground, &entries))
            .collect();
        Ok(Table {
            stormglass_selftest: FORMAT,
            workload: self.workload.clone(),
            seed: self.seed,
            places: self.places,
            without: self.without.clone(),
            rows: harvest(&plots, &bench, progress),
        })
    }

    fn check_names(&self) -> Result<(), SelfTestError> {
        if let Some(name) = &self.without
            && !checkers().iter().any(|entry| entry.name == name)
        {
            return Err(SelfTestError::NoSuchChecker { name: name.clone() });
        }
        let unknown = |name: &&String| !classes().any(|class| class.name == **name);
        match self.only.iter().find(unknown) {
            Some(name) => Err(SelfTestError::NoSuchClass { name: name.clone() }),
            None => Ok(()),
        }
    }

    fn wants(&self, class: &Class) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == class.name)
    }

    /// The checkers that are switched on.
    fn entries(&self) -> Vec<CheckerEntry> {
        let off = |entry: &&CheckerEntry| self.without.as_deref() != Some(entry.name);
        checkers().iter().filter(off).copied().collect()
    }

    /// Where a class is planted, and who is to catch it.
    fn plot(&self, class: &'static Class, ground: &Ground<'_>, entries: &[CheckerEntry]) -> Plot {
        let mut empty = empty_row(class);
        if class.workload != self.workload {
            empty.fate = Fate::OtherWorkload;
        } else if ground.is_shared() && class.is_hidden_by_others() {
            empty.fate = Fate::Hidden;
        }
        if empty.fate != Fate::NoPlace {
            return Plot { class, empty, judges: Vec::new(), places: Vec::new() };
        }
        let all = (class.places)(ground);
        empty.places = all.len();
        let judges: Vec<CheckerEntry> = entries
            .iter()
            .filter(|entry| self.every_checker || entry.name == class.caught_by)
            .copied()
            .collect();
        let unjudged = class.waiting == Some(Waiting::Checker) && judges.is_empty();
        let places = if unjudged { Vec::new() } else { spread(&all, self.places, self.seed) };
        Plot { class, empty, judges, places }
    }
}

/// One class of a self-test: where it is planted, and who is to catch it.
struct Plot {
    class: &'static Class,
    empty: Row,
    judges: Vec<CheckerEntry>,
    places: Vec<Place>,
}

impl Plot {
    /// The class's row, from what became of its mutants.
    fn row(&self, ended: impl Iterator<Item = Caught>) -> Row {
        let mut row = self.empty.clone();
        for (place, caught) in self.places.iter().zip(ended) {
            count(&mut row, *place, caught);
        }
        if row.fate == Fate::NoPlace {
            row.fate = fate(self.class, &row);
        }
        row
    }
}

/// The rows of the table. Mutants end in any order; each row is told when it is whole, and
/// every one before it was.
fn harvest(plots: &[Plot], bench: &Bench<'_>, mut progress: impl FnMut(&Row)) -> Vec<Row> {
    let mut trials = Vec::new();
    for Plot { class, judges, places, .. } in plots {
        trials.extend(places.iter().map(|place| Trial { class, place: *place, judges }));
    }
    let mut ended: Vec<Option<Caught>> = trials.iter().map(|_| None).collect();
    let (mut rows, mut told) = (Vec::new(), 0);
    let mut gather = |ended: &mut [Option<Caught>]| {
        while let Some(plot) = plots.get(rows.len()) {
            let of_plot = &mut ended[told..told + plot.places.len()];
            if !of_plot.iter().all(Option::is_some) {
                break;
            }
            told += of_plot.len();
            let row = plot.row(of_plot.iter_mut().filter_map(Option::take));
            progress(&row);
            rows.push(row);
        }
    };
    gather(&mut ended);
    bench.try_all(&trials, |at, caught| {
        ended[at] = Some(caught);
        gather(&mut ended);
    });
    rows
}

fn empty_row(class: &'static Class) -> Row {
    Row {
        class: class.name,
        summary: class.summary,
        caught_by: class.caught_by,
        workload: class.workload,
        fate: Fate::NoPlace,
        places: 0,
        planted: 0,
        caught: 0,
        missed: Vec::new(),
        anomalies: BTreeMap::new(),
        others: BTreeMap::new(),
    }
}

/// A class that waits stays so until somebody says otherwise in its entry, whatever is
/// caught: a test holds the entries to what is true.
fn fate(class: &Class, row: &Row) -> Fate {
    match class.waiting {
        Some(_) => Fate::Waiting,
        None if row.places == 0 => Fate::NoPlace,
        None if row.missed.is_empty() => Fate::Caught,
        None => Fate::Missed,
    }
}

/// What became of one more mutant.
fn count(row: &mut Row, place: Place, Caught(told): Caught) {
    row.planted += 1;
    let mut caught = false;
    for (checker, anomaly) in told {
        if checker == row.caught_by {
            caught = true;
            *row.anomalies.entry(anomaly).or_default() += 1;
        } else {
            *row.others.entry(checker).or_default() += 1;
        }
    }
    if caught {
        row.caught += 1;
    } else {
        row.missed.push(place);
    }
}
