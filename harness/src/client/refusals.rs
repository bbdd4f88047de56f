//! The texts that decide an outcome, with the codes that they come under.

use stormglass_checkers::history::{Doubt, Refusal};
use tonic::Code::{
    self, DataLoss, FailedPrecondition, InvalidArgument, NotFound, OutOfRange, PermissionDenied,
    ResourceExhausted, Unauthenticated, Unavailable, Unknown,
};

/// A failure that is known to have no effect.
pub(super) struct RefusalRow {
    /// The exact text, after `etcdserver: ` where the server writes that.
    pub(super) text: &'static str,
    /// The codes under which it is known.
    pub(super) codes: &'static [Code],
    /// What it is.
    pub(super) refusal: Refusal,
}

const fn row(text: &'static str, codes: &'static [Code], refusal: Refusal) -> RefusalRow {
    RefusalRow { text, codes, refusal }
}

/// Rejected before it is proposed, or by the applier without effect.
pub(super) const REFUSALS: &[RefusalRow] = &[
    row("key is not provided", &[InvalidArgument], Refusal::InvalidRequest),
    row("key not found", &[InvalidArgument], Refusal::KeyNotFound),
    row("value is provided", &[InvalidArgument], Refusal::InvalidRequest),
    row("lease is provided", &[InvalidArgument], Refusal::InvalidRequest),
    row("too many operations in txn request", &[InvalidArgument], Refusal::InvalidRequest),
    row("duplicate key given in txn request", &[InvalidArgument], Refusal::InvalidRequest),
    row("invalid client api version", &[InvalidArgument], Refusal::InvalidRequest),
    row("invalid sort option", &[InvalidArgument], Refusal::InvalidRequest),
    row("request is too large", &[InvalidArgument], Refusal::InvalidRequest),
    row("given member URLs are invalid", &[InvalidArgument], Refusal::Membership),
    row("user name is empty", &[InvalidArgument], Refusal::Auth),
    row("role name is empty", &[InvalidArgument], Refusal::Auth),
    row("authentication failed, invalid user ID or password", &[InvalidArgument], Refusal::Auth),
    row("permission not given", &[InvalidArgument], Refusal::Auth),
    row("invalid auth management", &[InvalidArgument], Refusal::Auth),
    row("revision of auth store is old", &[InvalidArgument], Refusal::Auth),
    row("mvcc: required revision has been compacted", &[OutOfRange], Refusal::Compacted),
    row("mvcc: required revision is a future revision", &[OutOfRange], Refusal::FutureRevision),
    row("too large lease TTL", &[OutOfRange], Refusal::LeaseTtlTooLarge),
    row("too many requests", &[ResourceExhausted], Refusal::TooManyRequests),
    row("requested lease not found", &[NotFound], Refusal::LeaseNotFound),
    row("member not found", &[NotFound], Refusal::Membership),
    row("lease already exists", &[FailedPrecondition], Refusal::LeaseExists),
    row("member ID already exist", &[FailedPrecondition], Refusal::Membership),
    row("Peer URLs already exists", &[FailedPrecondition], Refusal::Membership),
    row(
        "re-configuration failed due to not enough started members",
        &[FailedPrecondition],
        Refusal::Membership,
    ),
    row("can only promote a learner member", &[FailedPrecondition], Refusal::Membership),
    row(
        "can only promote a learner member which is in sync with leader",
        &[FailedPrecondition],
        Refusal::Membership,
    ),
    row("too many learner members in cluster", &[FailedPrecondition], Refusal::Membership),
    row("cluster ID mismatch", &[FailedPrecondition], Refusal::Other),
    row("not leader", &[FailedPrecondition], Refusal::Other),
    row("bad leader transferee", &[FailedPrecondition], Refusal::Other),
    row("root user does not exist", &[FailedPrecondition], Refusal::Auth),
    row("root user does not have root role", &[FailedPrecondition], Refusal::Auth),
    row("user name already exists", &[FailedPrecondition], Refusal::Auth),
    row("user name not found", &[FailedPrecondition], Refusal::Auth),
    row("role name already exists", &[FailedPrecondition], Refusal::Auth),
    row("role name not found", &[FailedPrecondition], Refusal::Auth),
    row("authentication is not enabled", &[FailedPrecondition], Refusal::Auth),
    row("not capable", &[Unavailable, FailedPrecondition], Refusal::Other),
    row("rpc not supported for learner", &[Unavailable, FailedPrecondition], Refusal::Other),
    row("permission denied", &[PermissionDenied], Refusal::Auth),
    row("invalid auth token", &[Unauthenticated, Unknown], Refusal::Auth),
    row("corrupt cluster", &[DataLoss], Refusal::Corrupt),
    // The interceptor of unary requests; on a stream it proves nothing, and streams are
    // not classified here.
    row("no leader", &[Unavailable], Refusal::NoLeader),
    row("unhealthy cluster", &[Unavailable], Refusal::Membership),
];

/// A failure that leaves its outcome open, told apart for the reader's sake.
pub(super) struct DoubtRow {
    /// How the text begins, after `etcdserver: ` where the server writes that.
    pub(super) text: &'static str,
    /// What it is.
    pub(super) doubt: Doubt,
}

const fn doubt(text: &'static str, doubt: Doubt) -> DoubtRow {
    DoubtRow { text, doubt }
}

/// Measured: of ten puts that timed out on a stopped member, four were applied after it
/// went on; of puts refused with "database space exceeded", all were in the store.
pub(super) const DOUBTS: &[DoubtRow] = &[
    doubt("request timed out", Doubt::Timeout),
    doubt("Timeout expired", Doubt::Timeout),
    doubt("context deadline exceeded", Doubt::Timeout),
    doubt("leader changed", Doubt::LeaderChanged),
    doubt("server stopped", Doubt::ServerStopped),
    doubt("mvcc: database space exceeded", Doubt::NoSpace),
    doubt("Error, decoded message length too large", Doubt::UnreadableAnswer),
    doubt("transport error", Doubt::Disconnected),
    doubt("http2 error", Doubt::Disconnected),
    doubt("h2 protocol error", Doubt::Disconnected),
    doubt("operation was canceled", Doubt::Disconnected),
    doubt("request canceled", Doubt::Cancelled),
    doubt("context canceled", Doubt::Cancelled),
];
