//! Which operations are open that may change the key space.

use std::collections::VecDeque;

/// So many that have ended are kept among the open ones at least, before they are sorted out.
const KEPT: usize = 64;

/// The invocations of open operations, in their order.
///
/// They come in order and end in almost that order: a queue in which those that have ended are
/// marked, and leave it when all before them have, is faster than a set, and needs not close
/// the gaps.
#[derive(Clone, Debug, Default)]
pub(super) struct Writing {
    /// Each with whether it is open; the first one is.
    queue: VecDeque<(u64, bool)>,
    open: usize,
}

impl Writing {
    /// One is sent.
    pub(super) fn begin(&mut self, invocation: u64) {
        if self.queue.back().is_none_or(|(last, _)| *last < invocation) {
            self.queue.push_back((invocation, true));
            self.open += 1;
            return;
        }
        // Not in its order, or once more: a history should not have that.
        match self.place(invocation) {
            Ok(at) if self.queue[at].1 => {}
            Ok(at) => {
                self.queue[at].1 = true;
                self.open += 1;
            }
            Err(at) => {
                self.queue.insert(at, (invocation, true));
                self.open += 1;
            }
        }
    }

    /// One has ended.
    pub(super) fn end(&mut self, invocation: u64) {
        let Ok(at) = self.place(invocation) else { return };
        if !std::mem::replace(&mut self.queue[at].1, false) {
            return;
        }
        self.open -= 1;
        while self.queue.front().is_some_and(|(_, open)| !open) {
            self.queue.pop_front();
        }
        // One that never ends must not keep all that come after it.
        if self.queue.len() > KEPT + 2 * self.open {
            self.queue.retain(|(_, open)| *open);
        }
    }

    /// The first one that is open.
    pub(super) fn first(&self) -> Option<u64> {
        self.queue.front().map(|(invocation, _)| *invocation)
    }

    fn place(&self, invocation: u64) -> Result<usize, usize> {
        self.queue.binary_search_by_key(&invocation, |(sent, _)| *sent)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{KEPT, Writing};

    #[test]
    fn the_first_open_one_is_known_in_whatever_order_they_end() {
        let (mut writing, mut open) = (Writing::default(), BTreeSet::new());
        let mut random = 7_u64;
        for step in 0..5000_u64 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if random >> 63 == 0 {
                // Some come late, as they should not.
                let invocation = (step + 10).saturating_sub((random >> 32) % 4);
                writing.begin(invocation);
                open.insert(invocation);
            } else {
                let any = (random >> 32) % open.len().max(1) as u64;
                let any = usize::try_from(any).expect("small");
                if let Some(ended) = open.iter().nth(any).copied() {
                    writing.end(ended);
                    open.remove(&ended);
                }
                writing.end(step + 100_000);
            }
            assert_eq!(writing.first(), open.first().copied(), "after {step} steps");
        }
    }

    #[test]
    fn one_that_never_ends_keeps_little() {
        let mut writing = Writing::default();
        writing.begin(0);
        for invocation in 1..10_000 {
            writing.begin(invocation);
            writing.end(invocation);
        }
        assert!(writing.queue.len() <= KEPT + 4, "{}", writing.queue.len());
        assert_eq!(writing.first(), Some(0));
    }
}
