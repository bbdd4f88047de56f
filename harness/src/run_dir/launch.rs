//! What the outer process decided, for the inner one: `launch.json`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use stormglass_checkers::history::Revision;
use stormglass_reports::ServerFeature;

use crate::target::docker::Images;
use crate::target::external::ExternalStart;

/// What the outer process decided before any thread or namespace existed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// etcd's binary.
    pub binary: PathBuf,
    /// Its version.
    pub version: String,
    /// The images of a run in containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<Images>,
    /// The cluster of a run on one that runs already. It holds no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalLaunch>,
    /// A substitution of the release, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_note: Option<String>,
    /// Other releases that the plan's faults start members with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_releases: Vec<OtherRelease>,
    /// Whether the run has namespaces of its own.
    pub isolated: bool,
    /// The TUN device, or nothing where the members are wired by loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tun_device: Option<PathBuf>,
    /// Why the network cannot be touched, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_refused: Option<String>,
    /// The FUSE device, or nothing where members' data is in plain directories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuse_device: Option<PathBuf>,
    /// Why members' disks cannot be touched though the plan asks for it, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_refused: Option<String>,
    /// The folder of control groups that members take their memory in, where the plan limits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_groups: Option<PathBuf>,
    /// Why members' memory cannot be limited though the plan asks for it, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_refused: Option<String>,
    /// Whether traffic ends at the first violation.
    #[serde(default)]
    pub stop_on_violation: bool,
    /// Whether the packets are written down that the network delivers.
    #[serde(default)]
    pub pcap: bool,
    /// The command that repeats the run.
    pub command: String,
    /// The command that judges its history again.
    pub check_command: String,
    /// The settings with their origins.
    pub settings: Vec<(String, String)>,
    /// The directory as the user named it, for messages.
    pub shown_dir: String,
}

/// A cluster that runs already, as the run found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalLaunch {
    /// Its members.
    pub members: Vec<ExternalStart>,
    /// Its revision when no key of the run existed.
    pub start_revision: Revision,
    /// Whether whoever started the run has said that the cluster is theirs.
    pub owned: bool,
    /// Whether its revisions mean anything.
    pub revisions: bool,
    /// Whether the recorder can watch its members.
    pub watches: bool,
    /// What is left out of the run, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// What the first member has of etcd's API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<ServerFeature>,
}

/// A release that members are changed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherRelease {
    /// As the plan names it.
    pub requested: String,
    /// The binary's version.
    pub version: String,
    /// The binary.
    pub binary: PathBuf,
    /// Its images, in a run in containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<Images>,
    /// A substitution, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
