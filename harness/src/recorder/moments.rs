//! Moments of the run that a fault may wait for.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use stormglass_checkers::history::{Body, Event, Outcome, Request, Revision, Txn};
use stormglass_checkers::model::mutated;
use stormglass_scenarios::scenario::Occasion;
use tokio::sync::Notify;

/// From so many guards over ranges on, a transaction takes a while to apply.
const RANGE_GUARDS_MIN: usize = 3;
/// A recorder watch that is farther behind what was acknowledged lags.
const LAG_MIN: i64 = 200;

/// Moments as they pass. Who waits for one is woken within the time that the recorder needs
/// for one event.
#[derive(Debug, Default)]
pub struct Moments {
    acknowledged: Notify,
    compacting: Notify,
    defragmenting: Notify,
    guarded: Notify,
    /// The process whose request under way is such a transaction, and one more; 0 is none.
    guarding: AtomicU64,
    watch_lags: Notify,
    /// The newest revision of a write that was acknowledged.
    newest: AtomicI64,
    /// Up to this revision the recorder watches have shown everything between them; 0 before the
    /// first.
    witnessed: AtomicI64,
}

impl Moments {
    /// An event was recorded.
    pub(super) fn pass(&self, event: &Event) {
        if let Body::Complete(Outcome::Ok(_)) = &event.body
            && self.guarding.load(Ordering::Relaxed) == mark(event)
        {
            self.guarding.store(0, Ordering::Relaxed);
            self.guarded.notify_waiters();
        }
        match &event.body {
            Body::Complete(Outcome::Ok(response)) if mutated(response) => {
                let revision = response.header().map_or(0, |header| header.revision.0);
                self.newest.fetch_max(revision, Ordering::Relaxed);
                self.acknowledged.notify_waiters();
            }
            Body::Invoke(invoke) => match &invoke.request {
                Request::Compact(_) => self.compacting.notify_waiters(),
                Request::Txn(txn) if guards_much(txn) => {
                    self.guarding.store(mark(event), Ordering::Relaxed);
                }
                Request::Defragment {} => self.defragmenting.notify_waiters(),
                _ => {}
            },
            _ => {}
        }
    }

    /// A recorder watch has shown everything from a revision to another.
    pub fn shown(&self, from: Revision, revision: Revision) {
        let _ = self.witnessed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |so_far| {
            let joins = so_far == 0 || from.0 <= so_far.saturating_add(1);
            (joins && revision.0 > so_far).then_some(revision.0)
        });
        if revision.0.saturating_add(LAG_MIN) < self.newest.load(Ordering::Relaxed) {
            self.watch_lags.notify_waiters();
        }
    }

    /// Nothing up to this revision can be shown any more: it is compacted.
    pub fn gone(&self, revision: Revision) {
        self.witnessed.fetch_max(revision.0, Ordering::Relaxed);
    }

    /// Up to which revision the recorder watches have shown everything between them, once they
    /// have shown anything.
    pub fn witnessed(&self) -> Option<Revision> {
        let revision = Revision(self.witnessed.load(Ordering::Relaxed));
        (!revision.is_zero()).then_some(revision)
    }

    /// Waits for the next moment of this kind.
    pub async fn next(&self, occasion: Occasion) {
        match occasion {
            Occasion::Now => {}
            Occasion::Acknowledged => self.acknowledged.notified().await,
            Occasion::Compacting => self.compacting.notified().await,
            Occasion::Defragmenting => self.defragmenting.notified().await,
            Occasion::Guarded => self.guarded.notified().await,
            Occasion::WatchLags => self.watch_lags.notified().await,
        }
    }
}

/// What tells the process of an event.
fn mark(event: &Event) -> u64 {
    event.process.map_or(0, |process| u64::from(process.0) + 1)
}

fn guards_much(txn: &Txn) -> bool {
    let ranges = txn.compare.iter().filter(|guard| !guard.range_end.is_empty());
    ranges.count() >= RANGE_GUARDS_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_watches_have_shown_between_them_has_no_gap() {
        let moments = Moments::default();
        let shown = |from, to| moments.shown(Revision(from), Revision(to));
        assert_eq!(moments.witnessed(), None);
        shown(2, 5);
        shown(2, 4);
        assert_eq!(moments.witnessed(), Some(Revision(5)));
        // One that begins farther on leaves a gap.
        shown(9, 12);
        assert_eq!(moments.witnessed(), Some(Revision(5)));
        shown(4, 8);
        shown(9, 12);
        assert_eq!(moments.witnessed(), Some(Revision(12)));
        moments.gone(Revision(20));
        shown(21, 21);
        assert_eq!(moments.witnessed(), Some(Revision(21)));
    }
}
