//! The one place where time enters: the run's monotonic clock, and the date for people.

use std::time::{Duration, Instant, SystemTime};

use stormglass_checkers::history::Nanos;

/// The run's monotonic clock: nanoseconds since the run began. One clock domain for
/// clients, nemesis and recorder, so that times can be compared.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock that reads zero now.
    #[expect(clippy::disallowed_methods, reason = "this is the module where time enters")]
    pub fn start() -> Self {
        Self { origin: Instant::now() }
    }

    /// The time since the clock's start.
    #[expect(clippy::disallowed_methods, reason = "this is the module where time enters")]
    pub fn now(&self) -> Nanos {
        let elapsed = Instant::now().duration_since(self.origin);
        Nanos(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX))
    }

    /// How long until `at`; zero when it has passed.
    pub fn until(&self, at: Nanos) -> Duration {
        Duration::from_nanos(at.0.saturating_sub(self.now().0))
    }

    /// Sleeps until `at`.
    pub async fn sleep_until(&self, at: Nanos) {
        let wait = self.until(at);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}

/// A duration after a point in time.
pub fn after(at: Nanos, duration: Duration) -> Nanos {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    Nanos(at.0.saturating_add(nanos))
}

/// The date and time in UTC, for file names and people, and to tell whether a member's date
/// is right; never for measuring.
#[expect(clippy::disallowed_methods, reason = "this is the module where time enters")]
pub fn utc_now() -> jiff::Timestamp {
    jiff::Timestamp::try_from(SystemTime::now()).unwrap_or_default()
}

/// A seed for a run that names none: from the clock, and printed so that it can be
/// given again.
pub fn fresh_seed() -> u64 {
    let nanos = u64::try_from(utc_now().as_nanosecond().unsigned_abs() % u128::from(u64::MAX));
    // A short seed is easier to read out and to type; 32 bits are plenty of plans.
    (nanos.unwrap_or(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) & 0xffff_ffff
}
