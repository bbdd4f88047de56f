//! Plants faults of every class in a run, and asks the checkers.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use super::class::{Class, Waiting};
use super::ground::Ground;
use super::mutant::Mutant;
use super::place::{Place, spread};
use super::registry::classes;
use super::table::{FORMAT, Fate, Row, Table};
use crate::checker::{Budget, CheckContext};
use crate::confirm::confirm;
use crate::history::History;
use crate::judge::Judge;
use crate::registry::{CheckerEntry, checkers};
use crate::verdict::{Judgement, Status};

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
    /// Others write to the store too.
    #[error(
        "others write to this run's store too, so little can be proven of what is planted in it: \
         take a run whose key space was its own"
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
        mut progress: impl FnMut(&Row),
    ) -> Result<Table, SelfTestError> {
        self.check_names()?;
        if let Some(reason) = &history.broken {
            return Err(SelfTestError::Broken { reason: reason.to_string() });
        }
        if !history.preamble.exclusive {
            return Err(SelfTestError::Shared);
        }
        let entries = self.entries();
        let untouched = judge(&entries, history, &Mutant::default());
        if untouched.status == Status::Invalid {
            return Err(SelfTestError::Invalid { sentence: untouched.sentence });
        }
        let ground = Ground::of(history);
        let mut rows = Vec::new();
        for class in classes().filter(|class| self.wants(class)) {
            let row = self.row(class, &ground, &entries);
            progress(&row);
            rows.push(row);
        }
        Ok(Table {
            stormglass_selftest: FORMAT,
            workload: self.workload.clone(),
            seed: self.seed,
            places: self.places,
            without: self.without.clone(),
            rows,
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

    fn row(&self, class: &'static Class, ground: &Ground<'_>, entries: &[CheckerEntry]) -> Row {
        let mut row = empty_row(class);
        if class.workload != self.workload {
            row.fate = Fate::OtherWorkload;
            return row;
        }
        let all = (class.places)(ground);
        row.places = all.len();
        let judges: Vec<CheckerEntry> = entries
            .iter()
            .filter(|entry| self.every_checker || entry.name == class.caught_by)
            .copied()
            .collect();
        let unjudged = class.waiting == Some(Waiting::Checker) && judges.is_empty();
        if !unjudged {
            for place in spread(&all, self.places, self.seed) {
                try_place(class, ground, &judges, place, &mut row);
            }
        }
        row.fate = fate(class, &row);
        row
    }
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

fn try_place(
    class: &Class,
    ground: &Ground<'_>,
    judges: &[CheckerEntry],
    place: Place,
    row: &mut Row,
) {
    row.planted += 1;
    // A place at which nothing can be planted is a bug of the class: it counts as missed.
    let mutant = (class.plant)(ground, place).filter(|mutant| !mutant.is_empty());
    let judgement = mutant.map(|mutant| judge(judges, ground.history, &mutant));
    let verdicts = judgement.map(|judgement| judgement.verdicts).unwrap_or_default();
    let mut caught = false;
    for verdict in verdicts.iter().filter(|verdict| verdict.status == Status::Invalid) {
        if verdict.checker == class.caught_by {
            caught = true;
            let anomaly = verdict.findings.first().map(|finding| finding.anomaly.clone());
            *row.anomalies.entry(anomaly.unwrap_or_default()).or_default() += 1;
        } else {
            *row.others.entry(verdict.checker.clone()).or_default() += 1;
        }
    }
    if caught {
        row.caught += 1;
    } else {
        row.missed.push(place);
    }
}

/// What these checkers say to a history with these differences.
fn judge(entries: &[CheckerEntry], history: &History, mutant: &Mutant) -> Judgement {
    let preamble = history.preamble.clone();
    let context = CheckContext { preamble, sometimes: Vec::new(), budget: Budget::default() };
    let mut judge = Judge::with(entries, &context);
    mutant.visit(&history.events, |event| judge.observe(&Arc::new(event.clone())));
    let mut judgement = judge.finish(history.torn);
    // A finding that the validator of witnesses refuses catches nothing.
    let again = || {
        let mut events = Vec::new();
        mutant.visit(&history.events, |event| events.push(Ok::<_, Infallible>(event.clone())));
        Ok(events)
    };
    confirm(&history.preamble, &mut judgement, again);
    judgement
}
