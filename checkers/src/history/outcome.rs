//! How an operation ended: answered, definitely refused, or nobody knows.

use serde::{Deserialize, Serialize};

use super::response::Response;

/// The end of an operation. A client adapter always has one; it never fails itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The store answered.
    Ok(Response),
    /// The store refused, or was never reached: no effect on any member, ever.
    Failed(Definite),
    /// The operation may have taken effect, may still do so, or may never.
    Unknown(Indefinite),
}

/// A failure that promises "no effect".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definite {
    /// What kind of refusal.
    pub reason: Refusal,
    /// The gRPC status code and text as they came.
    pub message: String,
}

/// Kinds of definite failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The connection was never made, so the request never left.
    NotConnected,
    /// The request is malformed or breaks a limit (size, operations, duplicate key).
    InvalidRequest,
    /// `ignore_value` or `ignore_lease` on a key that does not exist.
    KeyNotFound,
    /// The revision has been compacted.
    Compacted,
    /// The revision is yet to come.
    FutureRevision,
    /// The lease does not exist.
    LeaseNotFound,
    /// The lease's ID is taken.
    LeaseExists,
    /// The requested TTL is too large.
    LeaseTtlTooLarge,
    /// The server pushes back before proposing.
    TooManyRequests,
    /// The member knows no leader (unary requests only).
    NoLeader,
    /// A request about members was refused.
    Membership,
    /// Wrong user, password, token or permission.
    Auth,
    /// The member refuses because it found its own data corrupt.
    Corrupt,
    /// The server does not have this request.
    Unimplemented,
    /// A read failed, for whatever reason: reads have no effect.
    ReadFailed,
    /// A refusal of another kind that is known to be definite.
    Other,
}

/// A failure that promises nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indefinite {
    /// What kind of doubt.
    pub reason: Doubt,
    /// The gRPC status code and text as they came.
    pub message: String,
}

/// Kinds of indefinite failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// Our deadline passed, or the server's.
    Timeout,
    /// The connection broke while the request was under way.
    Disconnected,
    /// The server cancelled it.
    Cancelled,
    /// The leader changed under it.
    LeaderChanged,
    /// The server stopped.
    ServerStopped,
    /// "database space exceeded": returned after the put was applied.
    NoSpace,
    /// The answer could not be read (too large, malformed); the request was applied.
    UnreadableAnswer,
    /// An error that we do not know.
    Unrecognised,
    /// The run ended while the operation was open.
    NeverCompleted,
}
