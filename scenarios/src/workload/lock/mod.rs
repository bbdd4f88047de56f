//! The workload `lock`: clients that take locks with leases, write behind fences, and go on
//! writing when their lock is gone.

mod actors;
mod client;
mod requests;
mod session;
mod weights;

pub(super) use actors::actors;
pub(super) use weights::WEIGHTS;
