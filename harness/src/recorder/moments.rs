//! Moments of the run that a fault may wait for.

use std::sync::atomic::{AtomicI64, Ordering};

use stormglass_checkers::history::{Body, Event, Outcome, Request, Revision};
use stormglass_checkers::model::mutated;
use stormglass_scenarios::scenario::Occasion;
use tokio::sync::Notify;

/// A recorder watch that is farther behind what was acknowledged lags.
const LAG_MIN: i64 = 200;

/// Moments as they pass. Who waits for one is woken within the time that the recorder needs
/// for one event.
#[derive(Debug, Default)]
pub struct Moments {
    acknowledged: Notify,
    compacting: Notify,
    defragmenting: Notify,
    watch_lags: Notify,
    /// The newest revision of a write that was acknowledged.
    newest: AtomicI64,
}

impl Moments {
    /// An event was recorded.
    pub(super) fn pass(&self, event: &Event) {
        match &event.body {
            Body::Complete(Outcome::Ok(response)) if mutated(response) => {
                let revision = response.header().map_or(0, |header| header.revision.0);
                self.newest.fetch_max(revision, Ordering::Relaxed);
                self.acknowledged.notify_waiters();
            }
            Body::Invoke(invoke) => match invoke.request {
                Request::Compact(_) => self.compacting.notify_waiters(),
                Request::Defragment {} => self.defragmenting.notify_waiters(),
                _ => {}
            },
            _ => {}
        }
    }

    /// A recorder watch has shown a revision.
    pub fn shown(&self, revision: Revision) {
        if revision.0.saturating_add(LAG_MIN) < self.newest.load(Ordering::Relaxed) {
            self.watch_lags.notify_waiters();
        }
    }

    /// Waits for the next moment of this kind.
    pub async fn next(&self, occasion: Occasion) {
        match occasion {
            Occasion::Now => {}
            Occasion::Acknowledged => self.acknowledged.notified().await,
            Occasion::Compacting => self.compacting.notified().await,
            Occasion::Defragmenting => self.defragmenting.notified().await,
            Occasion::WatchLags => self.watch_lags.notified().await,
        }
    }
}
