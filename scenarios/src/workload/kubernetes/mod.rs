//! The workload `kubernetes`: what an API server asks of etcd, and nothing else. Guarded creations,
//! updates and deletions, consistent lists page by page, list-then-watch, leases on events, and
//! the compaction loop that API servers share.

mod actors;
mod client;
mod compactor;
mod events;
mod known;
mod listing;
mod objects;
mod reflector;
mod requests;
mod settings;
mod weights;

pub(super) use actors::actors;
pub(super) use weights::WEIGHTS;
