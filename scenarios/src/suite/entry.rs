//! One scenario of a suite.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scenario::Span;

/// One scenario of a suite: `[[run]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SuiteScenario {
    /// A scenario of the catalogue, or a TOML file; a relative path is below the suite's folder.
    pub scenario: String,
    /// How many seeds it is run with in each round.
    #[serde(default = "one")]
    pub seeds: u32,
    /// How long its traffic goes on; absent: as the scenario says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Span>,
    /// The release that it needs, whatever the suite is run with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etcd: Option<String>,
    /// Keys of the scenario with other values, as `--set` takes them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
}

fn one() -> u32 {
    1
}
