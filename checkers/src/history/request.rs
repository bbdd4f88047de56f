//! What a client may ask: the request vocabulary of etcd's v3 API.

use serde::{Deserialize, Serialize};

use super::administration::{
    Alarm, Campaign, ElectionName, HashKv, LeaderKey, Lock, MemberAdd, MemberRef, MemberUpdate,
    Proclaim, Unlock,
};
use super::bytes::Bytes;
use super::ids::{LeaseId, Revision};

/// One request of one client, as it was meant (not as the client library framed it).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// `KV.Put`.
    Put(Put),
    /// `KV.Range`.
    Range(Range),
    /// `KV.DeleteRange`.
    Delete(Delete),
    /// `KV.Txn`.
    Txn(Txn),
    /// `KV.Compact`.
    Compact(Compact),
    /// `Lease.LeaseGrant`.
    LeaseGrant(LeaseGrant),
    /// `Lease.LeaseRevoke`.
    LeaseRevoke(LeaseRef),
    /// One ping of `Lease.LeaseKeepAlive`.
    LeaseKeepAlive(LeaseRef),
    /// `Lease.LeaseTimeToLive`.
    LeaseTimeToLive(LeaseTimeToLive),
    /// `Lease.LeaseLeases`.
    LeaseList {},
    /// `Lock.Lock` (name and lease).
    Lock(Lock),
    /// `Lock.Unlock` of the key that `Lock` returned.
    Unlock(Unlock),
    /// `Election.Campaign`.
    Campaign(Campaign),
    /// `Election.Proclaim`.
    Proclaim(Proclaim),
    /// `Election.Leader`.
    ElectionLeader(ElectionName),
    /// `Election.Resign`.
    Resign(LeaderKey),
    /// `Cluster.MemberAdd`.
    MemberAdd(MemberAdd),
    /// `Cluster.MemberRemove`.
    MemberRemove(MemberRef),
    /// `Cluster.MemberPromote`.
    MemberPromote(MemberRef),
    /// `Cluster.MemberUpdate`.
    MemberUpdate(MemberUpdate),
    /// `Cluster.MemberList`.
    MemberList {
        /// Through the leader (3.5 and newer), or from the member's own state.
        linearizable: bool,
    },
    /// `Maintenance.Defragment` of the member that is asked.
    Defragment {},
    /// `Maintenance.Snapshot`: the whole stream counts as one operation.
    Snapshot {},
    /// `Maintenance.Alarm`.
    Alarm(Alarm),
    /// `Maintenance.HashKV` at a revision (0: the member's current one).
    HashKv(HashKv),
    /// `Maintenance.Status`.
    Status {},
    /// `Maintenance.MoveLeader`.
    MoveLeader(MemberRef),
}

/// `KV.Put`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Put {
    /// The key.
    pub key: Bytes,
    /// The value; unique per write, so that a value names its write.
    pub value: Bytes,
    /// The lease that the key is attached to, 0 for none.
    #[serde(default, skip_serializing_if = "LeaseId::is_none")]
    pub lease: LeaseId,
    /// Return the pair as it was before.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prev_kv: bool,
    /// Keep the current value (an error if the key does not exist).
    #[serde(default, skip_serializing_if = "is_false")]
    pub ignore_value: bool,
    /// Keep the current lease (an error if the key does not exist).
    #[serde(default, skip_serializing_if = "is_false")]
    pub ignore_lease: bool,
}

/// `KV.Range`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// First key.
    pub key: Bytes,
    /// End of the range: empty for one key, `"\0"` for every key from `key` on,
    /// otherwise the first key that no longer belongs to it.
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub range_end: Bytes,
    /// At which revision to read, 0 for the newest.
    #[serde(default, skip_serializing_if = "Revision::is_zero")]
    pub revision: Revision,
    /// At most so many pairs, 0 for no limit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub limit: i64,
    /// Answered by the member alone, possibly from an old state.
    #[serde(default, skip_serializing_if = "is_false")]
    pub serializable: bool,
    /// Order of the result.
    #[serde(default, skip_serializing_if = "Sort::is_default")]
    pub sort: Sort,
    /// Without values.
    #[serde(default, skip_serializing_if = "is_false")]
    pub keys_only: bool,
    /// Only the number of keys.
    #[serde(default, skip_serializing_if = "is_false")]
    pub count_only: bool,
    /// Only pairs whose revision of last modification is at least this (0: no bound).
    #[serde(default, skip_serializing_if = "Revision::is_zero")]
    pub min_mod_revision: Revision,
    /// Only pairs whose revision of last modification is at most this (0: no bound).
    #[serde(default, skip_serializing_if = "Revision::is_zero")]
    pub max_mod_revision: Revision,
    /// Only pairs created at this revision or later (0: no bound).
    #[serde(default, skip_serializing_if = "Revision::is_zero")]
    pub min_create_revision: Revision,
    /// Only pairs created at this revision or earlier (0: no bound).
    #[serde(default, skip_serializing_if = "Revision::is_zero")]
    pub max_create_revision: Revision,
}

/// Order of a range's result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// What to sort by.
    pub target: SortTarget,
    /// Which way.
    pub order: SortOrder,
}

impl Sort {
    /// Whether this is etcd's default, by key without an explicit order.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What a range sorts by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SortTarget {
    /// By key.
    #[default]
    Key,
    /// By version; ties are in no promised order.
    Version,
    /// By creation revision; ties are in no promised order.
    CreateRevision,
    /// By revision of last modification; ties are in no promised order.
    ModRevision,
    /// By value; ties are in no promised order.
    Value,
}

/// Which way a range sorts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SortOrder {
    /// The server's choice (by key ascending where the target is the key).
    #[default]
    None,
    /// Ascending.
    Ascend,
    /// Descending.
    Descend,
}

/// `KV.DeleteRange`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    /// First key.
    pub key: Bytes,
    /// End of the range, as in [`Range::range_end`].
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub range_end: Bytes,
    /// Return the deleted pairs.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prev_kv: bool,
}

/// `KV.Txn`: guards, then one of two lists of operations, all at one revision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Txn {
    /// The guards; the transaction succeeds when all hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compare: Vec<Compare>,
    /// Operations when the guards hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub success: Vec<TxnOp>,
    /// Operations when they do not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failure: Vec<TxnOp>,
}

/// One guard of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compare {
    /// First key.
    pub key: Bytes,
    /// End of the range, as in [`Range::range_end`]: every key of it must satisfy.
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub range_end: Bytes,
    /// How to compare.
    pub operator: CompareOperator,
    /// What with what.
    pub target: CompareTarget,
}

/// How a guard compares the stored property (left) with the given one (right).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CompareOperator {
    /// Equal.
    Equal,
    /// Not equal.
    NotEqual,
    /// Stored greater than given.
    Greater,
    /// Stored less than given.
    Less,
}

/// The property that a guard looks at, with the given right-hand side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CompareTarget {
    /// Number of puts since creation (0: the key is absent).
    Version(i64),
    /// Creation revision (0: the key is absent).
    CreateRevision(Revision),
    /// Revision of the last modification (0: the key is absent).
    ModRevision(Revision),
    /// The value; on a missing key the guard is false, with "not equal" too.
    Value(Bytes),
    /// The lease.
    Lease(LeaseId),
}

/// One operation inside a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TxnOp {
    /// A put.
    Put(Put),
    /// A range.
    Range(Range),
    /// A range delete.
    Delete(Delete),
    /// A nested transaction; its guards see the state before the outer one.
    Txn(Txn),
}

/// `KV.Compact`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compact {
    /// Revisions below this one may be forgotten.
    pub revision: Revision,
    /// Answer only when the entries are gone from the database file.
    #[serde(default, skip_serializing_if = "is_false")]
    pub physical: bool,
}

/// `Lease.LeaseGrant`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseGrant {
    /// The lease's ID; chosen by the client, so that an unknown grant is known.
    pub lease: LeaseId,
    /// Requested time to live, in seconds.
    pub ttl_seconds: i64,
}

/// A request about one lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRef {
    /// The lease.
    pub lease: LeaseId,
}

/// `Lease.LeaseTimeToLive`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseTimeToLive {
    /// The lease.
    pub lease: LeaseId,
    /// Return the attached keys too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub keys: bool,
}

/// `Watch`: a watcher's request; its frames are events of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchRequest {
    /// First key.
    pub key: Bytes,
    /// End of the range, as in [`Range::range_end`].
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub range_end: Bytes,
    /// First revision to deliver; 0: from the created frame's revision + 1.
    #[serde(default, skip_serializing_if = "Revision::is_zero")]
    pub start_revision: Revision,
    /// Deliver the pair before each event.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prev_kv: bool,
    /// Ask for progress notifications.
    #[serde(default, skip_serializing_if = "is_false")]
    pub progress_notify: bool,
    /// Allow the server to split large responses.
    #[serde(default, skip_serializing_if = "is_false")]
    pub fragment: bool,
    /// Leave puts out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub no_put: bool,
    /// Leave deletes out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub no_delete: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}
