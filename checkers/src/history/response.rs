//! What the store answers, with every header it sends.

use serde::{Deserialize, Serialize};

use super::bytes::Bytes;
use super::ids::{HexId, LeaseId, Revision};

/// The header of a response. Absent where a server sends none; a foreign server may
/// send one that means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The cluster that answered.
    pub cluster_id: HexId,
    /// The member that answered.
    pub member_id: HexId,
    /// The store's revision; which responses make it a position in the order of
    /// operations is a checker's knowledge (`checking.md` §2b.7).
    pub revision: Revision,
    /// The raft term.
    pub raft_term: u64,
}

/// A key with its value and etcd's bookkeeping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyValue {
    /// The key.
    pub key: Bytes,
    /// Revision of the put that created the key.
    pub create_revision: Revision,
    /// Revision of the last put.
    pub mod_revision: Revision,
    /// Number of puts since creation.
    pub version: i64,
    /// The value (empty where only keys were asked for).
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub value: Bytes,
    /// The lease that the key is attached to.
    #[serde(default, skip_serializing_if = "LeaseId::is_none")]
    pub lease: LeaseId,
}

/// A response, one variant a request kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Response {
    /// To a put.
    Put(PutResponse),
    /// To a range.
    Range(RangeResponse),
    /// To a delete.
    Delete(DeleteResponse),
    /// To a transaction.
    Txn(TxnResponse),
    /// To a compaction.
    Compact(Empty),
    /// To a lease grant.
    LeaseGrant(LeaseTtl),
    /// To a lease revocation; it does not say whether keys were deleted.
    LeaseRevoke(Empty),
    /// To one keepalive ping.
    LeaseKeepAlive(LeaseTtl),
    /// To a question for the remaining time.
    LeaseTimeToLive(LeaseTimeToLiveResponse),
    /// To a list of leases.
    LeaseList(LeaseListResponse),
    /// To a lock request: the key that holds it.
    Lock(LockResponse),
    /// To an unlock.
    Unlock(Empty),
    /// To a campaign: the leader's key.
    Campaign(LeaderResponse),
    /// To a proclamation.
    Proclaim(Empty),
    /// To a question for the leader: its pair.
    ElectionLeader(ElectionLeaderResponse),
    /// To a resignation.
    Resign(Empty),
    /// To every change or list of members: the cluster as the member sees it.
    Members(MembersResponse),
    /// To a defragmentation.
    Defragment(Empty),
    /// To a snapshot: what was received.
    Snapshot(SnapshotResponse),
    /// To an alarm request.
    Alarm(AlarmResponse),
    /// To a hash request.
    HashKv(HashKvResponse),
    /// To a status request.
    Status(StatusResponse),
    /// To a leader move.
    MoveLeader(Empty),
}

impl Response {
    /// The response's own header, where the server sent one.
    pub fn header(&self) -> Option<&Header> {
        match self {
            Self::Put(response) => response.header.as_ref(),
            Self::Range(response) => response.header.as_ref(),
            Self::Delete(response) => response.header.as_ref(),
            Self::Txn(response) => response.header.as_ref(),
            Self::LeaseGrant(response) | Self::LeaseKeepAlive(response) => response.header.as_ref(),
            Self::LeaseTimeToLive(response) => response.header.as_ref(),
            Self::LeaseList(response) => response.header.as_ref(),
            Self::Lock(response) => response.header.as_ref(),
            Self::Campaign(response) => response.header.as_ref(),
            Self::ElectionLeader(response) => response.header.as_ref(),
            Self::Members(response) => response.header.as_ref(),
            Self::Snapshot(response) => response.header.as_ref(),
            Self::Alarm(response) => response.header.as_ref(),
            Self::HashKv(response) => response.header.as_ref(),
            Self::Status(response) => response.header.as_ref(),
            Self::Compact(response)
            | Self::LeaseRevoke(response)
            | Self::Unlock(response)
            | Self::Proclaim(response)
            | Self::Resign(response)
            | Self::Defragment(response)
            | Self::MoveLeader(response) => response.header.as_ref(),
        }
    }
}

/// A response that is nothing but its header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
}

/// To a put.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutResponse {
    /// The header; its revision is the put's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The pair as it was before, if it was asked for and existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_kv: Option<KeyValue>,
}

/// To a range.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeResponse {
    /// The header; its revision is the newest the member had, whatever revision was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The pairs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kvs: Vec<KeyValue>,
    /// Whether the limit cut some off.
    #[serde(default)]
    pub more: bool,
    /// Number of keys in the range, whatever limit and filters say.
    #[serde(default)]
    pub count: i64,
}

/// To a delete.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteResponse {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// Number of keys that were deleted; 0 takes no revision.
    #[serde(default)]
    pub deleted: i64,
    /// The deleted pairs, if they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prev_kvs: Vec<KeyValue>,
}

/// To a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxnResponse {
    /// The header; nested responses have their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// Whether the guards held.
    #[serde(default)]
    pub succeeded: bool,
    /// One response an operation of the branch that ran: put, range, delete or txn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Response>,
}

/// A lease and its time to live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseTtl {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The lease.
    pub lease: LeaseId,
    /// In seconds; 0 or less in a keepalive's answer: the lease is gone.
    pub ttl_seconds: i64,
}

/// To a question for a lease's remaining time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseTimeToLiveResponse {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The lease.
    pub lease: LeaseId,
    /// Seconds left, −1 when the lease does not exist.
    pub ttl_seconds: i64,
    /// Seconds as granted.
    #[serde(default)]
    pub granted_ttl_seconds: i64,
    /// The attached keys, if they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Bytes>,
}

/// To a list of leases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseListResponse {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The leases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leases: Vec<LeaseId>,
}

/// To a lock request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockResponse {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The key that holds the lock.
    pub key: Bytes,
}

/// To a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaderResponse {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The leadership.
    pub leader: super::administration::LeaderKey,
}

/// To a question for an election's leader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElectionLeaderResponse {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The leader's pair, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kv: Option<KeyValue>,
}

/// A member of the cluster as etcd lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberInfo {
    /// Its ID.
    pub member_id: HexId,
    /// Its name; empty until it has started.
    #[serde(default)]
    pub name: String,
    /// Where its peers reach it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peer_urls: Vec<String>,
    /// Where clients reach it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_urls: Vec<String>,
    /// Whether it has no vote.
    #[serde(default)]
    pub learner: bool,
}

/// To every change or list of members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersResponse {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberInfo>,
}

/// To a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotResponse {
    /// The first frame's header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// Bytes received.
    pub bytes: u64,
}

/// An alarm that a member has raised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmMember {
    /// The member.
    pub member_id: HexId,
    /// `nospace` or `corrupt`, or what the server calls it.
    pub alarm: String,
}

/// To an alarm request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmResponse {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The alarms that are raised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<AlarmMember>,
}

/// To a hash request. Comparable only at one revision, one compact revision and one
/// release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashKvResponse {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The hash.
    pub hash: u32,
    /// The member's compact revision.
    pub compact_revision: Revision,
    /// The revision that the hash covers, where the release says (0 otherwise).
    #[serde(default, skip_serializing_if = "Revision::is_zero")]
    pub hash_revision: Revision,
}

/// To a status request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusResponse {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The member's version.
    pub version: String,
    /// Size of its database file, in bytes.
    pub db_size_bytes: i64,
    /// Of that in use, in bytes (0 where the release does not say).
    #[serde(default)]
    pub db_size_in_use_bytes: i64,
    /// The leader it knows, 0 for none.
    pub leader: HexId,
    /// Last committed entry of the raft log.
    pub raft_index: u64,
    /// Its raft term.
    pub raft_term: u64,
    /// Last applied entry of the raft log (0 where the release does not say).
    #[serde(default)]
    pub raft_applied_index: u64,
    /// Whether it is a learner.
    #[serde(default)]
    pub learner: bool,
    /// Errors that it reports of itself, such as raised alarms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}
