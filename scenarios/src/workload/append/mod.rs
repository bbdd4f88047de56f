//! The workload `append`: transactions that append to lists and read them.

mod actors;
mod client;
mod lists;
mod requests;
mod settings;
mod weights;

pub(super) use actors::actors;
pub(super) use weights::WEIGHTS;
