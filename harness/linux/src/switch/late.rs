//! Packets that are under way.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use super::table::StationIndex;

/// All of them together hold at most so many bytes; what exceeds them is lost.
const MOST_BYTES: usize = 64 << 20;

/// A packet that is under way.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Late {
    due: Instant,
    /// Which one it is: of two that are due at once the first was sent first.
    number: u64,
    pub(super) from: StationIndex,
    pub(super) to: StationIndex,
    /// As it is written to the receiver.
    pub(super) frame: Box<[u8]>,
}

/// Packets that are under way, by when they arrive.
#[derive(Debug, Default)]
pub(super) struct Queue {
    packets: BinaryHeap<Reverse<Late>>,
    bytes: usize,
    number: u64,
}

impl Queue {
    /// A packet is sent; whether there was room for it.
    pub(super) fn push(
        &mut self,
        due: Instant,
        from: StationIndex,
        to: StationIndex,
        frame: &[u8],
    ) -> bool {
        if self.bytes + frame.len() > MOST_BYTES {
            return false;
        }
        self.bytes += frame.len();
        self.number += 1;
        let number = self.number;
        self.packets.push(Reverse(Late { due, number, from, to, frame: frame.into() }));
        true
    }

    /// When the next packet arrives.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.packets.peek().map(|Reverse(late)| late.due)
    }

    /// A packet that arrives now.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Late> {
        if self.next_due()? > now {
            return None;
        }
        let Reverse(late) = self.packets.pop()?;
        self.bytes -= late.frame.len();
        Some(late)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{MOST_BYTES, Queue, StationIndex};
    use crate::time::now;

    const A: StationIndex = StationIndex(0);
    const B: StationIndex = StationIndex(1);

    #[test]
    fn packets_arrive_when_they_are_due_in_the_order_in_which_they_were_sent() {
        let (mut queue, now) = (Queue::default(), now());
        let soon = now + Duration::from_millis(1);
        for (due, frame) in [(soon, b"b"), (now, b"a"), (soon, b"c")] {
            assert!(queue.push(due, A, B, frame));
        }
        assert_eq!(queue.next_due(), Some(now));
        let arrived = |queue: &mut Queue, now| {
            std::iter::from_fn(|| queue.pop(now)).map(|late| late.frame[0]).collect::<Vec<u8>>()
        };
        assert_eq!(arrived(&mut queue, now), b"a");
        assert_eq!(arrived(&mut queue, soon), b"bc");
        assert_eq!(queue.next_due(), None);
    }

    #[test]
    fn a_full_queue_takes_no_more() {
        let (mut queue, now) = (Queue::default(), now());
        let large = vec![0; MOST_BYTES / 2];
        assert!(queue.push(now, A, B, &large) && queue.push(now, A, B, &large));
        assert!(!queue.push(now, A, B, b"x"));
        assert!(queue.pop(now).is_some() && queue.push(now, A, B, b"x"));
    }
}
