//! The workload `mixed`: everything of the v3 API that ordinary clients use, at random,
//! on few hot keys.

mod actors;
mod client;
mod draws;
mod guards;
mod keys;
mod knowledge;
mod leases;
mod nested;
mod prefill;
mod ranges;
mod requests;
mod settings;
mod transactions;
mod watcher;
mod watches;
mod weights;

pub(super) use actors::actors;
pub(super) use weights::WEIGHTS;
