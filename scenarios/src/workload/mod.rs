//! Workloads: pure, seeded generators of requests and watches.

mod actor;
mod append;
mod context;
mod guard;
mod keys_below;
mod kubernetes;
mod lease_ids;
mod lock;
mod mixed;
mod register;
mod registry;
mod requester;
mod set;
mod step;
mod values;
mod weights;

pub use actor::{Actor, Role, Workload};
pub use context::Context;
pub use keys_below::keys_below;
pub use registry::{WeightEntry, WorkloadEntry, workload, workloads};
pub use step::{Step, WatchStep};
