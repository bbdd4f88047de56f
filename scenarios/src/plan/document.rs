//! The plan, as `plan.json` holds it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stormglass_checkers::history::{FaultId, Nanos};

use super::{flags, schedule};
use crate::scenario::{Occasion, Release, ReleaseRange, Scenario, ScenarioError, Selector};

/// The version of the plan's format that this code writes.
pub const PLAN_SCHEMA: u32 = 1;

/// Everything that a run will attempt. The same scenario, seed and release always make
/// the same plan, byte by byte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of the format.
    pub stormglass_plan: u32,
    /// The scenario, with every setting of the command line in it, and the members' flags
    /// that its storm has drawn.
    pub scenario: Scenario,
    /// The seed of all random draws.
    pub seed: u64,
    /// The release of etcd under test.
    pub release: String,
    /// Triggers of known bugs that are left out on this release, in alphabetical order.
    pub triggers_avoided: Vec<String>,
    /// The faults, by the time of their beginning.
    pub faults: Vec<PlannedFault>,
}

/// A fault that will be attempted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedFault {
    /// Which one: numbered from 0 by the time of their beginning.
    pub id: FaultId,
    /// Its kind.
    pub kind: String,
    /// Whom it hits: members by name, or `Leader` and `Followers`, which are decided
    /// when it begins.
    pub selector: Selector,
    /// When it begins, from the start of the traffic, or begins to wait for its occasion.
    pub from: Nanos,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Occasion::is_now")]
    pub when: Occasion,
    /// How long it holds; 0 for a fault that is over as soon as it is done.
    pub duration: Nanos,
    /// Every parameter of the kind, those with default values too.
    pub params: BTreeMap<String, String>,
}

impl Plan {
    /// Makes the plan of a run.
    ///
    /// # Errors
    /// When the scenario breaks a rule, or `release` is no version of etcd.
    pub fn build(scenario: &Scenario, seed: u64, release: &str) -> Result<Self, ScenarioError> {
        scenario.validate()?;
        let version = Release::parse(release)?;
        let mut planned = scenario.clone();
        planned.cluster.flags.extend(flags::drawn(scenario, seed, version));
        let triggers_avoided = triggers_avoided(scenario, version);
        let faults = schedule::faults(scenario, seed, &triggers_avoided);
        Ok(Self {
            stormglass_plan: PLAN_SCHEMA,
            scenario: planned,
            seed,
            release: release.to_owned(),
            triggers_avoided,
            faults,
        })
    }

    /// Whether the traffic must not contain this trigger.
    pub fn avoids(&self, trigger: &str) -> bool {
        self.triggers_avoided.iter().any(|avoided| avoided == trigger)
    }
}

fn triggers_avoided(scenario: &Scenario, release: Release) -> Vec<String> {
    let applies = |releases: &str| {
        ReleaseRange::parse(releases).is_ok_and(|releases| releases.contains(release))
    };
    let avoided = scenario.avoid.iter().filter(|avoid| applies(&avoid.releases));
    let mut names: Vec<String> = avoided.flat_map(|avoid| avoid.triggers.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
