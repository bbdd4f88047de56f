//! The history's one ordered stream of events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fault::{FaultBegin, FaultEnd};
use super::ids::{HexId, LeaseId, MemberIndex, Nanos, ProcessId, Revision};
use super::outcome::Outcome;
use super::request::Request;
use super::watch::WatchEvent;

/// One event. Events are numbered densely from 0 in the order in which the one
/// recorder wrote them; that order is real time: an operation whose completion has a
/// smaller index than another's invocation returned before the other was called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Place in the history.
    pub index: u64,
    /// When it was written, on the harness's monotonic clock.
    pub at: Nanos,
    /// Whose event it is; absent for the environment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessId>,
    /// The member it concerns: for operations and watches the one that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberIndex>,
    /// What happened.
    pub body: Body,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// A request is about to go to the wire (`at` is the real send time).
    Invoke(Invoke),
    /// The process's open operation ended.
    Complete(Outcome),
    /// A watch was opened, delivered a frame, or ended.
    Watch(WatchEvent),
    /// The nemesis begins a fault.
    FaultBegin(FaultBegin),
    /// The nemesis has healed a fault, or found that it could not be injected.
    FaultEnd(FaultEnd),
    /// Something around the store changed.
    Environment(Environment),
    /// A measurement.
    Sample(Sample),
    /// A remark of the harness.
    Note(Note),
}

/// An invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoke {
    /// When the workload meant to send it. Open-loop latency counts from here, so that
    /// a stalled harness or store cannot hide its delay (coordinated omission).
    pub intended: Nanos,
    /// The request.
    pub request: Request,
}

/// Something around the store that checkers must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// A phase of the run begins.
    Phase(Phase),
    /// A member's process was started (event's `member`).
    MemberStarted(Incarnation),
    /// The member answered for the first time in this incarnation.
    MemberReady {},
    /// The member's process ended.
    MemberExited(MemberExit),
    /// The cluster's membership as the harness knows it, after a change of it.
    ClusterChanged(ClusterGeneration),
    /// The store deleted a lease by itself, as a server told us (rare: mostly it is
    /// inferred from the events of the attached keys).
    LeaseExpired {
        /// The lease.
        lease: LeaseId,
    },
    /// The store compacts by itself, as configured.
    AutoCompaction {
        /// `periodic` or `revision`.
        mode: String,
        /// The revision, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<Revision>,
    },
    /// A line of a member's log that a correct member never writes.
    LogFinding {
        /// The line, cut to a readable length.
        line: String,
    },
    /// A fault that the plan names cannot be injected here.
    FaultUnavailable {
        /// The fault's kind.
        kind: String,
        /// Why, and what would make it available: one sentence.
        reason: String,
    },
}

/// Phases of a run, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The cluster starts.
    Prepare,
    /// Clients and nemesis are at work.
    Traffic,
    /// Every fault is healed; the cluster must become healthy.
    Recover,
    /// The cluster was healthy again within the deadline.
    Recovered,
    /// The cluster was not healthy within the deadline.
    NotRecovered,
    /// Final reads on every member, with nothing else under way.
    Final,
    /// The run is over.
    Done,
}

/// One life of a member's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incarnation {
    /// Counted from 1 for each member.
    pub number: u32,
    /// Version of the binary.
    pub version: String,
    /// The process, as the harness sees it.
    pub pid: i64,
    /// Counted from 1; rises when the member starts with an empty, restored or older
    /// data directory.
    pub data_generation: u32,
}

/// The end of a member's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberExit {
    /// `code N` or `signal N`.
    pub status: String,
    /// Whether the harness ended it, or a fault explains it.
    pub expected: bool,
    /// Last lines of its log, for exits that nobody expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_tail: Vec<String>,
}

/// The cluster as the harness knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterGeneration {
    /// Counted from 1.
    pub number: u32,
    /// etcd's ID of each member that belongs to it.
    pub members: BTreeMap<MemberIndex, HexId>,
}

/// A measurement, of a member or (without one) of the harness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sample {
    /// The harness's timers fired so much too late since the last such sample, at most.
    TimerLag {
        /// In nanoseconds.
        lag: Nanos,
    },
    /// A member's own report of itself.
    Status(super::response::StatusResponse),
    /// A member's process as the operating system sees it.
    Process(ProcessSample),
    /// A member's wall clock against the harness's, as the date of its answers tells it.
    Clock {
        /// By how many milliseconds it differs at least: above zero where it is ahead, zero where it
        /// can be right. Dates have whole seconds.
        off_by_ms: i64,
    },
    /// Packets on one directed link of the switch, counted since the run's start.
    Link(LinkSample),
}

/// A process as the operating system sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessSample {
    /// Processor time used, in milliseconds.
    pub cpu_ms: u64,
    /// Resident memory, in bytes.
    pub resident_bytes: u64,
    /// Open files.
    pub open_files: u64,
    /// Size of the data directory, in bytes.
    pub disk_bytes: u64,
}

/// Packets on one directed link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkSample {
    /// Sender (`None`: the clients).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<MemberIndex>,
    /// Receiver (`None`: the clients).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<MemberIndex>,
    /// Packets forwarded.
    pub packets: u64,
    /// Packets dropped.
    pub dropped: u64,
}

/// A remark of the harness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The remark.
    pub text: String,
}
