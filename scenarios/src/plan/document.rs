//! The plan, as `plan.json` holds it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use stormglass_checkers::history::{FaultId, Nanos};

use super::{flags, schedule};
use crate::fault::{self, ParamForm};
use crate::scenario::{Occasion, Release, ReleaseRange, Scenario, ScenarioError, Selector};
use crate::trigger::SHORT_LOG;

/// The version of the plan's format that this code writes.
pub const PLAN_SCHEMA: u32 = 1;

/// Everything that a run will attempt. The same scenario, seed and release always make
/// the same plan, byte by byte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of the format.
    pub stormglass_plan: u32,
    /// The scenario, with every setting of the command line in it, the members' flags that its
    /// storm has drawn, and without those that trigger what is to be avoided.
    pub scenario: Scenario,
    /// What every key of the run begins with; empty where the whole store is the run's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// The seed of all random draws.
    pub seed: u64,
    /// The release of etcd under test.
    pub release: String,
    /// Triggers of known bugs that are left out, because this release or another one that a fault
    /// changes to has the bug, in alphabetical order.
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
        Release::parse(release)?;
        let mut plan = Self {
            stormglass_plan: PLAN_SCHEMA,
            scenario: scenario.clone(),
            prefix: String::new(),
            seed,
            release: release.to_owned(),
            triggers_avoided: Vec::new(),
            faults: schedule::faults(scenario, seed, &[]),
        };
        let versions: Vec<Release> = plan.versions()?;
        plan.scenario.cluster.flags.extend(flags::drawn(scenario, seed, &versions));
        plan.triggers_avoided = triggers_avoided(scenario, &versions);
        if plan.avoids(SHORT_LOG) {
            plan.scenario.cluster.forget_flag("snapshot-count");
        }
        // What is avoided depends on the releases of the run, and those on its faults; what a
        // storm draws depends on what is avoided.
        plan.faults = schedule::faults(scenario, seed, &plan.triggers_avoided);
        Ok(plan)
    }

    /// Releases beside the one under test that members are to run, as the faults name them,
    /// each once.
    pub fn other_releases(&self) -> Vec<String> {
        let named: BTreeSet<String> = self.faults.iter().flat_map(releases_of).collect();
        named.into_iter().filter(|name| *name != self.release).collect()
    }

    /// Every release that a member is to run.
    fn versions(&self) -> Result<Vec<Release>, ScenarioError> {
        let others = self.other_releases();
        [&self.release].into_iter().chain(&others).map(|name| Release::parse(name)).collect()
    }

    /// Whether the traffic must not contain this trigger.
    pub fn avoids(&self, trigger: &str) -> bool {
        self.triggers_avoided.iter().any(|avoided| avoided == trigger)
    }
}

/// The releases that a fault starts members with.
fn releases_of(planned: &PlannedFault) -> Vec<String> {
    let params = fault::fault(&planned.kind).map_or(&[][..], |entry| entry.params);
    let releases = params.iter().filter(|param| param.form == ParamForm::Release);
    releases.filter_map(|param| planned.params.get(param.name)).cloned().collect()
}

/// What any of the releases needs: traffic does not know which member runs which.
fn triggers_avoided(scenario: &Scenario, releases: &[Release]) -> Vec<String> {
    let applies = |range: &str| {
        ReleaseRange::parse(range)
            .is_ok_and(|range| releases.iter().any(|release| range.contains(*release)))
    };
    let avoided = scenario.avoid.iter().filter(|avoid| applies(&avoid.releases));
    let mut names: Vec<String> = avoided.flat_map(|avoid| avoid.triggers.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
