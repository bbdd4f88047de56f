//! The workload `set`: elements that are added once and never taken out, and reads of whole sets.
//! What was acknowledged and is not there any more is lost.

mod client;
mod weights;

pub(super) use client::actors;
pub(super) use weights::WEIGHTS;
