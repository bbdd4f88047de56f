//! Until when a revision certainly had not been made.

use std::collections::BTreeMap;

use crate::evidence::Place;
use crate::history::{Nanos, Revision};

/// When an operation was sent, and where it stands.
pub(super) type Sent = (Nanos, Place);

/// A linearizable operation that was sent at an instant and answered at a revision shows
/// that everything above this revision happened after the instant.
#[derive(Clone, Debug, Default)]
pub(super) struct Floor {
    /// The latest such operation up to the log's head.
    below: Option<Sent>,
    ahead: BTreeMap<Revision, Sent>,
    head: Revision,
}

impl Floor {
    /// An operation that was sent then saw no revision above this one.
    pub(super) fn answered(&mut self, revision: Revision, sent: Sent) {
        let place = if revision <= self.head {
            &mut self.below
        } else {
            let place = self.ahead.entry(revision).or_insert(sent);
            later(place, sent);
            return;
        };
        later(place.get_or_insert(sent), sent);
    }

    /// The log's head is this revision now.
    pub(super) fn advance(&mut self, head: Revision) {
        self.head = head;
        while let Some(entry) = self.ahead.first_entry().filter(|entry| *entry.key() <= head) {
            let sent = entry.remove();
            later(self.below.get_or_insert(sent), sent);
        }
    }

    /// The last revision that was taken from the log. One frame brings the log several at
    /// once, which are taken one after the other.
    pub(super) fn head(&self) -> Revision {
        self.head
    }

    /// The last instant at which the next revision had certainly not been made.
    pub(super) fn instant(&self) -> Option<Sent> {
        self.below
    }
}

fn later(place: &mut Sent, sent: Sent) {
    if sent.0 > place.0 {
        *place = sent;
    }
}
