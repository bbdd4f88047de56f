//! Requests about locks, elections, members and maintenance.

use serde::{Deserialize, Serialize};

use super::bytes::Bytes;
use super::ids::{HexId, LeaseId, Revision};

/// `Lock.Lock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Name of the lock (a key prefix).
    pub name: Bytes,
    /// The lease whose end releases the lock.
    pub lease: LeaseId,
}

/// `Lock.Unlock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlock {
    /// The key that the lock was given under.
    pub key: Bytes,
}

/// `Election.Campaign`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Name of the election (a key prefix).
    pub name: Bytes,
    /// The lease whose end resigns.
    pub lease: LeaseId,
    /// The value to proclaim.
    pub value: Bytes,
}

/// The key under which a campaign was won.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaderKey {
    /// Name of the election.
    pub name: Bytes,
    /// The leader's key.
    pub key: Bytes,
    /// Its creation revision: the fencing token.
    pub revision: Revision,
    /// The leader's lease.
    pub lease: LeaseId,
}

/// `Election.Proclaim`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proclaim {
    /// Under which leadership.
    pub leader: LeaderKey,
    /// The new value.
    pub value: Bytes,
}

/// A request about one election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElectionName {
    /// Name of the election.
    pub name: Bytes,
}

/// `Cluster.MemberAdd`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberAdd {
    /// The new member's peer URLs.
    pub peer_urls: Vec<String>,
    /// As a learner, without a vote.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub learner: bool,
}

/// A request about one member, by its ID in the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRef {
    /// The member's ID as etcd gave it.
    pub member_id: HexId,
}

/// `Cluster.MemberUpdate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberUpdate {
    /// The member's ID as etcd gave it.
    pub member_id: HexId,
    /// Its new peer URLs.
    pub peer_urls: Vec<String>,
}

/// `Maintenance.Alarm`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Disarm instead of list.
    pub disarm: bool,
}

/// `Maintenance.HashKV`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashKv {
    /// The hash covers the keys up to this revision (0: the current one).
    pub revision: Revision,
}
