//! Syncs that wait: a slow disk answers them late, from a thread of its own, so that reads and
//! writes go on meanwhile.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use fuser::{Errno, ReplyEmpty};

use super::faults::Faults;
use super::inodes::Inode;
use super::state::{Shared, State};
use crate::time::now;

/// A sync that waits for its time.
#[derive(Debug)]
pub(super) struct Held {
    due: Instant,
    inode: Inode,
    /// The last change that it covers.
    mark: u64,
    reply: ReplyEmpty,
}

impl Shared {
    /// Carries out a sync and answers it, now or later.
    pub(super) fn sync(&self, inode: Inode, reply: ReplyEmpty) {
        let mut state = self.lock();
        state.counters.syncs += 1;
        if state.faults.sync_errors.strike() {
            state.counters.failed += 1;
            drop(state);
            return reply.error(Errno::EIO);
        }
        let (delay, mark) = (state.sync_delay(), state.changes.mark());
        if delay.is_zero() {
            state.make_durable(inode, mark);
            drop(state);
            return reply.ok();
        }
        if state.released > 0 {
            drop(state);
            return reply.error(Errno::EIO);
        }
        state.counters.syncs_delayed += 1;
        state.held.push(Held { due: now() + delay, inode, mark, reply });
        self.changed.notify_all();
    }

    /// Sets what is wrong with the disk. Syncs that wait are carried out at once when it is not
    /// slow any more.
    pub(super) fn set(&self, faults: Faults) {
        let mut state = self.lock();
        state.faults = faults;
        if (faults.sync_delay + faults.sync_spread).is_zero() {
            let now = now();
            state.held.iter_mut().for_each(|held| held.due = now);
        }
        self.changed.notify_all();
    }

    /// Lets every sync fail that waits, and in the state says so to those that would.
    pub(super) fn fail_held(&self, and: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        and(&mut state);
        let held = std::mem::take(&mut state.held);
        drop(state);
        for held in held {
            held.reply.error(Errno::EIO);
        }
    }

    /// The thread that answers them, until the disk ends.
    pub(super) fn answer_held(self: &Arc<Self>) {
        let mut state = self.lock();
        while !state.ended {
            let now = now();
            let next = state.held.iter().map(|held| held.due).min();
            state = match next {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(due) if due > now => {
                    let waited = self.changed.wait_timeout(state, due - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                Some(due) => {
                    state.carry_out(due);
                    state
                }
            };
        }
    }
}

impl State {
    fn sync_delay(&mut self) -> Duration {
        let spread = u64::try_from(self.faults.sync_spread.as_nanos()).unwrap_or(u64::MAX);
        self.faults.sync_delay + Duration::from_nanos(self.dice.below(spread))
    }

    /// Carries out the syncs that are due then. Answering them does not block.
    fn carry_out(&mut self, due: Instant) {
        for held in self.held.extract_if(.., |held| held.due <= due).collect::<Vec<_>>() {
            self.make_durable(held.inode, held.mark);
            held.reply.ok();
        }
    }
}
