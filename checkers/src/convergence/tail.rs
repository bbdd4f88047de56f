//! The last changes of the run: what may happen while the final reads go round.

use std::collections::BTreeMap;

use super::content::Pairs;
use crate::evidence::PairMark;
use crate::history::{Bytes, KeyEventKind, Revision, WatchEvent, WatchFrame, WatchId, WatchOpen};
use crate::keys::KeyRange;

/// So many revisions before the end of traffic are remembered; a member that lags more
/// when it is read is not at rest.
const REMEMBERED: i64 = 2_000;

/// The changes around the end of the run, as the watches of every key show them.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    /// From here on changes are remembered; nothing is before the traffic has ended.
    from: Option<Revision>,
    /// Watches of every key, each with the changes that the next fragment may go on with.
    whole: BTreeMap<WatchId, Vec<Change>>,
    changes: BTreeMap<Revision, Vec<(Bytes, Option<PairMark>)>>,
}

/// A change: revision, key, and the pair after it (none after a delete).
type Change = (Revision, Bytes, Option<PairMark>);

impl Tail {
    /// The traffic has ended, the store being about here.
    pub(super) fn begin(&mut self, revision: Revision) {
        let from = Revision(revision.0.saturating_sub(REMEMBERED));
        self.from.get_or_insert(from);
    }

    /// A frame of a watch came.
    pub(super) fn frame(&mut self, watch: &WatchEvent) {
        match &watch.frame {
            WatchFrame::Open(open) if is_whole(open) => {
                self.whole.insert(watch.watch, Vec::new());
            }
            WatchFrame::Events(events) => {
                let Some((from, pending)) = self.from.zip(self.whole.get_mut(&watch.watch)) else {
                    return;
                };
                let new = events.events.iter().filter(|event| event.kv.mod_revision >= from);
                pending.extend(new.map(|event| {
                    let after =
                        (event.kind == KeyEventKind::Put).then(|| PairMark::of(&event.kv, true));
                    (event.kv.mod_revision, event.kv.key.clone(), after)
                }));
                if !events.fragment {
                    let whole = std::mem::take(pending);
                    self.remember(&whole);
                }
            }
            _ => {}
        }
    }

    /// The content at a later revision, if every change up to it is known.
    pub(super) fn replay(
        &self,
        range: &KeyRange,
        pairs: &Pairs,
        (from, to): (Revision, Revision),
    ) -> Option<Pairs> {
        let mut pairs = pairs.clone();
        let mut next = from.next();
        for (revision, changes) in self.changes.range(next..=to.max(next)) {
            if *revision != next {
                return None;
            }
            for (key, after) in changes.iter().filter(|(key, _)| range.contains(key)) {
                match after {
                    Some(pair) => pairs.insert(key.clone(), pair.clone()),
                    None => pairs.remove(key),
                };
            }
            next = revision.next();
        }
        (next == to.next()).then_some(pairs)
    }

    fn remember(&mut self, changes: &[Change]) {
        for group in changes.chunk_by(|one, other| one.0 == other.0) {
            let of_revision =
                || group.iter().map(|(_, key, after)| (key.clone(), after.clone())).collect();
            self.changes.entry(group[0].0).or_insert_with(of_revision);
        }
    }
}

fn is_whole(open: &WatchOpen) -> bool {
    let request = &open.request;
    KeyRange::new(&request.key, &request.range_end).is_everything()
        && !request.no_put
        && !request.no_delete
}
