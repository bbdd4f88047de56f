//! Workloads: pure, seeded generators of requests and watches.

mod actor;
mod context;
mod lock;
mod mixed;
mod registry;
mod step;

pub use actor::{Actor, Role, Workload};
pub use context::Context;
pub use registry::{WeightEntry, WorkloadEntry, workload, workloads};
pub use step::{Step, WatchStep};
