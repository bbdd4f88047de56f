//! A directed link at work: its policy, and what packets before have left behind.

use std::time::{Duration, Instant};

use super::link::Link;
use super::table::LinkCounters;
use crate::dice::Dice;

/// So long a packet waits at most for a link that is too slow; real queues are bounded too.
const LONGEST_QUEUE: Duration = Duration::from_secs(1);
/// So much later than its turn a packet arrives that is held back, beside the jitter.
const HELD_BACK: Duration = Duration::from_millis(10);

/// A directed link at work.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) policy: Link,
    pub(super) counters: LinkCounters,
    dice: Dice,
    /// When the packets before have been put on the wire.
    free_at: Option<Instant>,
    /// When the last of them arrives: the next ones must not overtake it.
    last_due: Option<Instant>,
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is lost.
    Lost,
    /// Both ends of its connection are told that it is over.
    Reset,
    /// It arrives.
    Arrives {
        /// When; nothing for at once.
        due: Option<Instant>,
        /// A number that chooses the bit which is flipped on the way, if one is.
        spoilt: Option<u64>,
        /// Whether it arrives twice.
        twice: bool,
    },
}

impl Fate {
    /// What an open link does.
    const AT_ONCE: Self = Self::Arrives { due: None, spoilt: None, twice: false };
}

impl Lane {
    /// An open link.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            policy: Link::open(),
            counters: LinkCounters::default(),
            dice: Dice::new(seed),
            free_at: None,
            last_due: None,
        }
    }

    /// Decides the fate of a packet of so many bytes. `now` is asked only where time matters.
    pub(super) fn judge(&mut self, bytes: u64, tcp: bool, now: impl FnOnce() -> Instant) -> Fate {
        if self.policy == Link::open() && self.last_due.is_none() {
            return Fate::AT_ONCE;
        }
        let policy = self.policy;
        if policy.drop || policy.loss.has(self.dice.draw()) {
            return Fate::Lost;
        }
        if policy.reset && tcp {
            return Fate::Reset;
        }
        let spoilt = policy.corrupt.has(self.dice.draw()).then(|| self.dice.draw());
        let twice = policy.duplicate.has(self.dice.draw());
        let now = now();
        match self.arrival(bytes, now) {
            Some(due) => Fate::Arrives { due: (due > now).then_some(due), spoilt, twice },
            None => Fate::Lost,
        }
    }

    /// When a packet arrives: now or later, unless the queue is full.
    fn arrival(&mut self, bytes: u64, now: Instant) -> Option<Instant> {
        let sent = self.sent(bytes, now)?;
        let policy = self.policy;
        let jitter = u64::try_from(policy.jitter.as_nanos()).unwrap_or(u64::MAX);
        let due = sent + policy.delay + Duration::from_nanos(self.dice.below(jitter));
        if policy.reorder.has(self.dice.draw()) {
            return Some(due + policy.jitter + HELD_BACK);
        }
        let due = self.last_due.map_or(due, |last| last.max(due));
        self.last_due = (due > now).then_some(due);
        Some(due)
    }

    /// When the last byte of a packet is on the wire.
    fn sent(&mut self, bytes: u64, now: Instant) -> Option<Instant> {
        let Some(rate) = self.policy.bandwidth else {
            self.free_at = None;
            return Some(now);
        };
        let begun = self.free_at.map_or(now, |free| free.max(now));
        if begun.duration_since(now) > LONGEST_QUEUE {
            return None;
        }
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(rate.get());
        let sent = begun + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        self.free_at = Some(sent);
        Some(sent)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;
    use std::time::Instant;

    use super::super::share::Share;
    use super::{Duration, Fate, HELD_BACK, LONGEST_QUEUE, Lane, Link};
    use crate::time::now;

    const MILLISECOND: Duration = Duration::from_millis(1);

    fn lane(policy: Link) -> Lane {
        let mut lane = Lane::new(1);
        lane.policy = policy;
        lane
    }

    fn due(fate: Fate, now: Instant) -> Duration {
        match fate {
            Fate::Arrives { due, .. } => due.map_or(Duration::ZERO, |due| due - now),
            other => panic!("it does not arrive: {other:?}"),
        }
    }

    #[test]
    fn an_open_link_asks_for_no_time() {
        let fate = lane(Link::open()).judge(100, true, || panic!("nobody needs to know"));
        assert_eq!(fate, Fate::AT_ONCE);
    }

    #[test]
    fn shares_are_met() {
        let policy = Link {
            loss: Share::percent(20),
            corrupt: Share::percent(10),
            duplicate: Share::percent(50),
            ..Link::open()
        };
        let (mut lane, now) = (lane(policy), now());
        let fates: Vec<Fate> = (0..10_000).map(|_| lane.judge(100, false, || now)).collect();
        let share = |is: fn(&Fate) -> bool| fates.iter().filter(|fate| is(fate)).count();
        let lost = share(|fate| *fate == Fate::Lost);
        let spoilt = share(|fate| matches!(fate, Fate::Arrives { spoilt: Some(_), .. }));
        let twice = share(|fate| matches!(fate, Fate::Arrives { twice: true, .. }));
        assert!((1800..2200).contains(&lost), "{lost}");
        assert!((700..900).contains(&spoilt), "{spoilt}");
        assert!((3800..4200).contains(&twice), "{twice}");
    }

    #[test]
    fn jitter_keeps_the_order() {
        let policy = Link { delay: 20 * MILLISECOND, jitter: 10 * MILLISECOND, ..Link::open() };
        let (mut lane, now) = (lane(policy), now());
        let waits: Vec<Duration> =
            (0..100).map(|_| due(lane.judge(100, true, || now), now)).collect();
        assert!(waits.is_sorted(), "{waits:?}");
        assert!(waits[0] >= 20 * MILLISECOND && waits[99] <= 30 * MILLISECOND, "{waits:?}");
    }

    #[test]
    fn what_is_held_back_is_overtaken() {
        let policy = Link { reorder: Share::percent(50), ..Link::open() };
        let (mut lane, now) = (lane(policy), now());
        let waits: Vec<Duration> =
            (0..100).map(|_| due(lane.judge(100, true, || now), now)).collect();
        let held = waits.iter().filter(|wait| **wait == HELD_BACK).count();
        let at_once = waits.iter().filter(|wait| wait.is_zero()).count();
        assert!(held > 20 && at_once > 20 && held + at_once == 100, "{waits:?}");
    }

    #[test]
    fn a_slow_link_has_a_queue_with_an_end() {
        let policy = Link { bandwidth: NonZeroU64::new(100_000), ..Link::open() };
        let (mut lane, now) = (lane(policy), now());
        assert_eq!(due(lane.judge(1000, true, || now), now), 10 * MILLISECOND);
        assert_eq!(due(lane.judge(1000, true, || now), now), 20 * MILLISECOND);
        let passed = (0..1000).filter(|_| lane.judge(1000, true, || now) != Fate::Lost).count();
        assert_eq!(passed, 99, "a second's worth waits, and no more");
        let later = now + 2 * LONGEST_QUEUE;
        assert_eq!(due(lane.judge(1000, true, || later), later), 10 * MILLISECOND);
    }

    #[test]
    fn a_healed_link_does_not_overtake_what_is_under_way() {
        let (mut lane, now) = (lane(Link { delay: 20 * MILLISECOND, ..Link::open() }), now());
        assert_eq!(due(lane.judge(100, true, || now), now), 20 * MILLISECOND);
        lane.policy = Link::open();
        assert_eq!(due(lane.judge(100, true, || now), now), 20 * MILLISECOND);
        let later = now + 30 * MILLISECOND;
        assert_eq!(due(lane.judge(100, true, || later), later), Duration::ZERO);
        assert_eq!(lane.judge(100, true, || panic!("nothing is under way")), Fate::AT_ONCE);
    }

    #[test]
    fn only_connections_are_reset() {
        let mut lane = lane(Link { reset: true, ..Link::open() });
        assert_eq!(lane.judge(100, true, now), Fate::Reset);
        assert!(matches!(lane.judge(100, false, now), Fate::Arrives { .. }));
    }
}
