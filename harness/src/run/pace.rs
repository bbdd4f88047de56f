//! When an actor means to send its next request.

use std::time::Duration;

use stormglass_checkers::history::Nanos;

use crate::clock::after;

/// Open loop: intended times do not wait for answers, so that a stall shows in the
/// latencies of everything it delayed. Closed loop: as soon as the last one ended.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    interval: Option<Duration>,
    next: Nanos,
}

impl Pace {
    /// A pace for one of `clients` that share `rate` operations a second, spread evenly
    /// by `position`; without a rate, closed loop.
    pub fn new(rate: Option<u32>, clients: u32, position: u32, start: Nanos) -> Self {
        let interval = rate.map(|rate| Duration::from_secs(1) * clients.max(1) / rate.max(1));
        let offset = interval.map_or(Duration::ZERO, |each| each * position / clients.max(1));
        Self { interval, next: after(start, offset) }
    }

    /// The intended time of the next request.
    pub fn take(&mut self, now: Nanos) -> Nanos {
        let Some(interval) = self.interval else { return now };
        let intended = self.next;
        self.next = after(intended, interval);
        intended
    }

    /// Forgets what was missed, after a pause that the workload itself asked for.
    pub fn skip_to(&mut self, now: Nanos) {
        self.next = self.next.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_share_the_rate_evenly() {
        let mut second = Pace::new(Some(100), 4, 1, Nanos(0));
        assert_eq!(second.take(Nanos(5)), Nanos(10_000_000));
        assert_eq!(second.take(Nanos(5)), Nanos(50_000_000));
    }

    #[test]
    fn a_stall_does_not_move_intended_times() {
        let mut pace = Pace::new(Some(10), 1, 0, Nanos(0));
        pace.take(Nanos(0));
        assert_eq!(pace.take(Nanos(900_000_000)), Nanos(100_000_000));
    }

    #[test]
    fn closed_loop_means_now() {
        let mut pace = Pace::new(None, 4, 3, Nanos(0));
        assert_eq!(pace.take(Nanos(7)), Nanos(7));
    }
}
