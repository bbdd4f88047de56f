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

/// What a clock of the kernel reads, in nanoseconds.
#[cfg(target_arch = "x86_64")]
pub(crate) fn reading(clock: libc::clockid_t) -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to one timespec that outlives the call; a clock that there is not
    // leaves the zeroes.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

#[expect(
    clippy::disallowed_methods,
    reason = "bounds waits only; no value of this clock reaches a plan, a history or a verdict"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
