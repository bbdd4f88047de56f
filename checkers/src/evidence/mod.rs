//! What several checkers need to argue from a history: operations with their ends,
//! effects that acknowledgements prove, and capped lists of findings.

mod acknowledged;
mod epochs;
mod findings;
mod fingerprint;
mod majority;
mod operation;
mod pair_mark;
mod pairs;
mod revision_map;
mod revision_set;
mod sent;
mod store_log;
mod value_mark;

pub(crate) use acknowledged::{Acknowledged, Change, Effect, acknowledged, may_have_written};
pub(crate) use epochs::Epochs;
pub(crate) use findings::{Findings, finding};
pub(crate) use fingerprint::{Fingerprint, Fingerprints};
pub(crate) use majority::{needs_majority, removes};
pub(crate) use operation::{Operation, Operations, Place};
pub(crate) use pair_mark::PairMark;
pub(crate) use pairs::{changes_of, each_pair};
pub(crate) use revision_map::RevisionMap;
pub(crate) use revision_set::RevisionSet;
pub(crate) use sent::Sent;
pub(crate) use store_log::{Shown, StoreLog};
pub(crate) use value_mark::ValueMark;
