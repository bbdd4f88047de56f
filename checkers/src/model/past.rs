//! Forgetting the past of the model, and taking its newest revision back.

use super::state::State;
use super::view::Change;
use crate::history::Revision;

impl State {
    /// The oldest revision whose content is still known.
    pub fn oldest(&self) -> Revision {
        self.start
    }

    /// Forgets the content of the oldest revision; the one after it becomes the oldest.
    /// `gone` is told of each version of a key that is forgotten, by its revision. How
    /// many of the changes that made the now oldest revision are still known: what they
    /// left is a part of its content. Nothing if there is no other revision.
    pub fn forget(&mut self, mut gone: impl FnMut(Revision)) -> Option<usize> {
        let changes = self.log.pop_front()?;
        self.start = self.start.next();
        let mut known = 0;
        for change in &changes {
            known += usize::from(self.index.forget(&change.key, self.start, &mut gone));
        }
        Some(known)
    }

    /// Takes the newest revision back, as if it had never been made. Its changes.
    pub fn undo(&mut self) -> Option<Vec<Change>> {
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
