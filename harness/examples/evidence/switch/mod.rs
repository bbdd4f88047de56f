//! What the switch between the members costs while nothing is injected: the same traffic
//! through it and over plain loopback, in turns.

mod measure;
mod report;

pub(crate) use measure::{InnerArguments, SwitchArguments, measure, measure_inside};
