//! A whole run on the simulated store.

use std::collections::{BTreeMap, BTreeSet};

use stormglass_checkers::history::{Event, MemberPreamble, Preamble, Revision, SCHEMA};

use super::bug::Bug;
use super::mischief::Mischief;
use super::world::World;
use crate::plan::Plan;

/// A run of a plan on a cluster that exists in this program only: a virtual clock, seeded
/// chance, the real workload generators. The same plan and bugs always make the same
/// history, byte by byte.
pub struct Simulation<'a> {
    plan: &'a Plan,
    bugs: BTreeSet<Bug>,
}

/// What came of a simulated run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulated {
    /// Whether the cluster served again after the traffic.
    pub recovered: bool,
    /// Faults that took hold and were healed.
    pub faults_landed: u32,
    /// Faults that did not.
    pub faults_failed: u32,
    /// Faults that cannot be simulated.
    pub faults_unavailable: u32,
    /// How often each bug struck.
    pub struck: BTreeMap<Bug, u64>,
}

impl<'a> Simulation<'a> {
    /// A run of a plan, on a store without bugs.
    pub fn new(plan: &'a Plan) -> Self {
        Self { plan, bugs: BTreeSet::new() }
    }

    /// The same, with a bug switched on.
    #[must_use]
    pub fn with_bug(mut self, bug: Bug) -> Self {
        self.bugs.insert(bug);
        self
    }

    /// Line 1 of the history. It names no time: nothing in it may differ between two
    /// runs of the plan.
    pub fn preamble(&self) -> Preamble {
        let member = |number| MemberPreamble {
            name: format!("m{number}"),
            store: "simulated".to_owned(),
            version: self.plan.release.clone(),
        };
        Preamble {
            stormglass_history: SCHEMA,
            scenario: self.plan.scenario.name.clone(),
            seed: self.plan.seed,
            target: "simulated".to_owned(),
            members: (1..=self.plan.scenario.cluster.members).map(member).collect(),
            prefix: String::new(),
            start_revision: Revision(1),
            exclusive: true,
            revisions: true,
            started: String::new(),
            written_by: format!("stormglass {}", env!("CARGO_PKG_VERSION")),
        }
    }

    /// Carries the run out; `sink` gets each event as it happens.
    pub fn run(&self, sink: &mut dyn FnMut(Event)) -> Simulated {
        let mischief = Mischief::new(self.plan.seed, &self.bugs);
        let mut world = World::new(self.plan, mischief, sink);
        let recovered = world.conduct();
        let numbers = world.fault_numbers();
        let number = |name: &str| numbers.get(name).copied().unwrap_or(0);
        Simulated {
            recovered,
            faults_landed: number("landed"),
            faults_failed: number("failed"),
            faults_unavailable: number("unavailable"),
            struck: world.mischief.into_struck(),
        }
    }
}
