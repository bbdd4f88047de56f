//! The scenario: one file that says what a run does and what must be true of it.

use serde::{Deserialize, Serialize};

use super::check::{Avoid, Check, Limits};
use super::cluster::Cluster;
use super::external_spec::ExternalSpec;
use super::fault_spec::FaultSpec;
use super::storm_spec::StormSpec;
use super::workload_spec::WorkloadSpec;

/// The version of the scenario format that this code reads.
pub const SCHEMA: u32 = 1;

/// A scenario, as written in TOML with kebab-case keys. Every table but the first keys
/// may be left out; `docs/scenarios.md` lists the defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Scenario {
    /// Version of the format: 1.
    pub schema: u32,
    /// Name, in small letters, digits and hyphens.
    pub name: String,
    /// What it tests, in one line.
    #[serde(default)]
    pub summary: String,
    /// The question that it answers, in one sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub question: String,
    /// What follows for who runs etcd, in one sentence, which the report tells.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub advice: String,
    /// The cluster under test.
    #[serde(default)]
    pub cluster: Cluster,
    /// What may be done to a cluster that runs already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalSpec>,
    /// The traffic.
    #[serde(default)]
    pub workload: WorkloadSpec,
    /// The faults; none is a quiet run.
    #[serde(default)]
    pub fault: Vec<FaultSpec>,
    /// Faults beside them that the seed composes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storm: Option<StormSpec>,
    /// What must happen for the result to count.
    #[serde(default)]
    pub check: Check,
    /// Triggers of known bugs that are left out, by release.
    #[serde(default)]
    pub avoid: Vec<Avoid>,
    /// How long it may take.
    #[serde(default)]
    pub limits: Limits,
}
