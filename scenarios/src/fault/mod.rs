//! The vocabulary of faults: what a scenario may ask for. How a fault is injected is
//! the harness's business.

mod disks;
mod registry;

pub use registry::{FaultEntry, ParamEntry, ParamForm, Power, fault, faults};
