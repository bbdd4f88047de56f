//! A small store and a driver for the actors of a workload: enough to give plausible
//! answers, with refusals and unknown outcomes among them.

mod driver;
mod store;
mod trigger;

pub use driver::{TICK, Taken, drive, plan};
pub use trigger::fires_and_is_avoided;
