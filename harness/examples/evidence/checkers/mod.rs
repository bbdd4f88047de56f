//! What the checkers are worth: how fast they are, whether they agree with other engines
//! and with published verdicts, what they catch of what is planted, and that they are silent
//! on correct releases.

mod agreement;
mod benchmarks;
mod logs;
mod measure;
mod row;
mod selftests;
mod silence;

pub(crate) use measure::{CheckersArguments, measure};
