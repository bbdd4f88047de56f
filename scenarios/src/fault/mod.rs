//! The vocabulary of faults: what a scenario may ask for. How a fault is injected is
//! the harness's business.

mod clock;
mod disks;
mod maintenance;
mod membership;
mod processes;
mod registry;
mod storm;

pub(crate) use clock::draw;
pub use clock::{parse_jump, parse_rate};
pub use registry::{FaultEntry, ParamEntry, ParamForm, Power, fault, faults};
pub(crate) use storm::{Draw, draws, left_out};
