//! The workload `register`: reads, writes and compare-and-swaps of single keys, and nothing else, for
//! servers that have little of the API, and for histories that a search can judge.

mod client;
mod weights;

pub(super) use client::actors;
pub(super) use weights::WEIGHTS;
