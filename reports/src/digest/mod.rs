//! What a history comes to: one pass over the events, shared by every renderer.

pub(crate) mod contents;
mod fault;
mod latency;
mod member;
mod operation;
mod pace;
mod rate;
mod recovery;
mod revision;
mod run;
mod series;

pub(crate) use fault::{Fault, FaultState};
pub(crate) use latency::{quantile, summarise};
pub(crate) use member::{Exit, LogFinding};
pub(crate) use operation::{ASKED_BY_CLIENTS, Operation, OutcomeKind, event};
pub(crate) use pace::pace;
pub(crate) use rate::Rates;
pub(crate) use recovery::{Answers, FirstOk, Recovery, Stretch, Untold};
pub use run::Digest;
pub(crate) use series::{Measure, Points, Subject};
