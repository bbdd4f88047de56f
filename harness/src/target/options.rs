//! What a cluster is made of, on whatever target.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use stormglass_scenarios::plan::Plan;

use super::TargetError;
use super::command::{Addresses, RaftTiming, arguments, flags_of};
use super::files::make_dir;
use super::switched::SwitchOptions;

/// What a cluster is made of, on whatever target.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// How many members.
    pub members: u16,
    /// How many clients the workload has.
    pub clients: u16,
    /// Where the data directories are made.
    pub data_root: PathBuf,
    /// Where `m1/log.txt` and so on are made.
    pub log_root: PathBuf,
    /// Raft's heartbeat interval.
    pub heartbeat: Duration,
    /// Raft's election timeout.
    pub election: Duration,
    /// Flags for every member, without the dashes.
    pub flags: BTreeMap<String, String>,
    /// Flags for one member, by its name; they win.
    pub member_flags: BTreeMap<String, BTreeMap<String, String>>,
    /// Chooses the packets that the network loses or spoils when it is told to.
    pub seed: u64,
    /// Where the packets are written that the network delivers, if anywhere.
    pub capture: Option<PathBuf>,
}

impl ClusterOptions {
    /// Those of a plan, with data and logs in these folders and no packets written down.
    pub fn of(plan: &Plan, data_root: PathBuf, log_root: PathBuf) -> Self {
        let cluster = &plan.scenario.cluster;
        Self {
            members: cluster.members,
            clients: u16::try_from(plan.scenario.workload.clients).unwrap_or(u16::MAX),
            data_root,
            log_root,
            heartbeat: cluster.heartbeat.as_duration(),
            election: cluster.election.as_duration(),
            flags: cluster.flags.clone(),
            member_flags: cluster.member.clone(),
            seed: plan.seed,
            capture: None,
        }
    }

    /// What the switch between the members is made of.
    pub(super) fn wires(&self, device: &Path) -> SwitchOptions {
        SwitchOptions {
            device: device.to_owned(),
            clients: self.clients,
            seed: self.seed,
            capture: self.capture.clone(),
        }
    }

    /// The folder of a member's files, which is made.
    pub(super) fn home(&self, member: &str) -> Result<PathBuf, TargetError> {
        make_dir(&self.data_root.join(member))
    }

    /// A member's log, whose folder is made.
    pub(super) fn log(&self, member: &str) -> Result<PathBuf, TargetError> {
        Ok(make_dir(&self.log_root.join(member))?.join("log.txt"))
    }

    /// The arguments of the member at a position, with its data there.
    pub(super) fn arguments(
        &self,
        all: &[Addresses],
        position: usize,
        data: &Path,
    ) -> Result<Vec<String>, TargetError> {
        let timing = RaftTiming { heartbeat: self.heartbeat, election: self.election };
        let flags = flags_of(&all[position].name, &self.flags, &self.member_flags);
        arguments(all, position, data, timing, &flags)
    }
}
