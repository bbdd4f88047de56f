//! What a read or a watch showed of a key, kept short: words are made for witnesses only.

use crate::evidence::Place;
use crate::history::{KeyEventKind, KeyValue, WatchId};
use crate::verdict::WitnessStep;
use crate::wording;

/// A change of a key that was shown, and where.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// The read, or the frame of the watch.
    pub(super) place: Place,
    /// Who showed it.
    pub(super) by: By,
    /// The pair after the change.
    pub(super) pair: KeyValue,
}

/// Who showed a change.
#[derive(Clone, Debug)]
pub(super) enum By {
    /// A request, in words.
    Request(String),
    /// A watch.
    Watch(WatchId, KeyEventKind),
}

impl Shown {
    /// The step of a witness.
    pub(super) fn step(&self) -> WitnessStep {
        let Self { place, by, pair } = self;
        match by {
            By::Request(what) => place.step(what.clone(), wording::pair(pair)),
            By::Watch(watch, kind) => {
                let shows = match kind {
                    KeyEventKind::Put => wording::pair(pair),
                    KeyEventKind::Delete => {
                        format!("{} deleted at revision {}", pair.key, pair.mod_revision)
                    }
                };
                place.step(format!("watch {watch} delivers"), shows)
            }
        }
    }
}
