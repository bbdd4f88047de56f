//! Histories made in memory, as fast as they are checked: clients that really overlap,
//! unknown outcomes, recorder watches, and on request one planted violation.
//!
//! They feed the benchmark and tests of memory and speed. The generator has a store of
//! its own that shares no code with the model, so a mistake of one is not hidden by the
//! other; it is no etcd and has no faults.

mod beside;
mod clients;
mod dice;
mod mix;
mod requests;
mod store;

pub use beside::{PREFIX, beside_others};
pub use clients::Events;
pub use mix::{Bursts, Mix};
