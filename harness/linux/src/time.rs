//! The one place of this package that reads a clock: waits against the kernel need a bound.

use std::time::{Duration, Instant};

/// A bound on a wait, on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    started: Instant,
    limit: Duration,
}

impl Deadline {
    /// Starts now and ends after `limit`.
    pub(crate) fn after(limit: Duration) -> Self {
        Self { started: now(), limit }
    }

    /// The time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        now().saturating_duration_since(self.started)
    }

    /// What is left; zero once the limit has passed.
    pub(crate) fn remaining(&self) -> Duration {
        self.limit.saturating_sub(self.elapsed())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "bounds waits only; no value of this clock reaches a plan, a history or a verdict"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
