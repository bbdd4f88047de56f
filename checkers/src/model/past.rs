//! Forgetting the past of the model, and taking its newest revision back.

use super::state::State;
use super::view::Changes;
use crate::history::Revision;

impl State {
    /// The oldest revision whose content is still known.
    pub fn oldest(&self) -> Revision {
        self.start
    }

    /// Forgets the content of revisions, so that this one becomes the oldest: one walk over
    /// all keys, so forget many at a time. `known` is told which forgotten revisions made
    /// what is a part of the now oldest content; one may be told more than once.
    pub fn forget_until(&mut self, oldest: Revision, known: impl FnMut(Revision)) {
        let oldest = oldest.min(self.revision());
        let many = usize::try_from(oldest.0.saturating_sub(self.start.0)).unwrap_or_default();
        drop(self.log.drain(..many));
        self.start = self.start.max(oldest);
        self.index.forget_until(self.start, known);
    }

    /// Takes the newest revision back, as if it had never been made. Its changes.
    pub fn undo(&mut self) -> Option<Changes> {
        let revision = self.revision();
        let changes = self.log.pop_back()?;
        for change in changes.iter().rev() {
            if let Some(pair) = &change.pair {
                self.detach(pair.lease, &change.key);
            }
            self.index.unset(&change.key, revision);
        }
        for change in &changes {
            let lease = self.index.get(&change.key, revision).map(|pair| pair.lease);
            if let Some(lease) = lease.filter(|lease| !lease.is_none()) {
                self.attach(lease, &change.key);
            }
        }
        Some(changes)
    }
}
