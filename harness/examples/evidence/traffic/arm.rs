//! One slice of traffic: how many operations, in which time, for how much processor.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass::clock::Clock;

use super::processor;

/// What came of one slice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Slice {
    /// Operations that ended, a second.
    pub(crate) rate: f64,
    /// Seconds of processor time that this process used, a second.
    pub(crate) cores: f64,
}

/// Measures between its making and [`Stopwatch::slice`].
pub(crate) struct Stopwatch {
    clock: Clock,
    processor: f64,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { clock: Clock::start(), processor: processor::seconds_used() }
    }

    /// What `operations` since the start amount to.
    pub(crate) fn slice(&self, operations: u32) -> Slice {
        let seconds = Duration::from_nanos(self.clock.now().0).as_secs_f64();
        let processor = processor::seconds_used() - self.processor;
        Slice { rate: f64::from(operations) / seconds, cores: processor / seconds }
    }
}
