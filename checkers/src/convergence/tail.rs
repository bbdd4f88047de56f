//! The last changes of the run: what may happen while the final reads go round.

use std::collections::BTreeMap;

use super::content::Pairs;
use crate::evidence::{PairMark, RevisionSet};
use crate::history::{
    Bytes, KeyEventKind, Revision, Territory, WatchEvent, WatchFrame, WatchHeader, WatchId,
    WatchOpen, WatchRequest,
};
use crate::keys::KeyRange;

/// So many revisions before the end of traffic are remembered; a member that lags more
/// when it is read is not at rest.
const REMEMBERED: i64 = 2_000;

/// The changes around the end of the run, as the watches of every key show them.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    /// From here on changes are remembered; nothing is before the traffic has ended.
    from: Option<Revision>,
    territory: Territory,
    /// Watches of every key of the run's, each with the changes that the next fragment may go
    /// on with, and the first revision that it has not passed.
    whole: BTreeMap<WatchId, (Vec<Change>, Revision)>,
    /// What they passed, on shared ground.
    passed: RevisionSet,
    changes: BTreeMap<Revision, Vec<(Bytes, Option<PairMark>)>>,
}

/// A change: revision, key, and the pair after it (none after a delete).
type Change = (Revision, Bytes, Option<PairMark>);

impl Tail {
    /// Of the run's own keys.
    pub(super) fn of(territory: Territory) -> Self {
        Self { territory, ..Self::default() }
    }

    /// The traffic has ended, the store being about here.
    pub(super) fn begin(&mut self, revision: Revision) {
        let from = Revision(revision.0.saturating_sub(REMEMBERED));
        self.from.get_or_insert(from);
    }

    /// A frame of a watch came.
    pub(super) fn frame(&mut self, watch: &WatchEvent) {
        match &watch.frame {
            WatchFrame::Open(open) if self.is_whole(open) => {
                self.whole.insert(watch.watch, (Vec::new(), open.request.start_revision));
            }
            WatchFrame::Progress(WatchHeader { header: Some(header) }) => {
                self.pass(watch.watch, header.revision);
            }
            WatchFrame::Events(events) => {
                let last = events.events.last().filter(|_| !events.fragment);
                if let Some(last) = last {
                    self.pass(watch.watch, last.kv.mod_revision);
                }
                let whole = self.from.zip(self.whole.get_mut(&watch.watch));
                let Some((from, (pending, _))) = whole else { return };
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
        let shared = self.territory.is_shared();
        if shared && !self.passed.contains_all(next, to) {
            return None;
        }
        for (revision, changes) in self.changes.range(next..=to.max(next)) {
            if *revision != next && !shared {
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
        (shared || next == to.next()).then_some(pairs)
    }

    /// A watch has shown everything up to a revision.
    fn pass(&mut self, watch: WatchId, revision: Revision) {
        let shared = self.territory.is_shared();
        if let Some((_, next)) = self.whole.get_mut(&watch).filter(|(_, next)| !next.is_zero())
            && shared
        {
            self.passed.insert_all(*next, revision);
            *next = revision.next().max(*next);
        }
    }

    fn is_whole(&self, open: &WatchOpen) -> bool {
        let WatchRequest { key, range_end, no_put, no_delete, .. } = &open.request;
        self.territory.is_covered_by(key, range_end) && !no_put && !no_delete
    }

    fn remember(&mut self, changes: &[Change]) {
        for group in changes.chunk_by(|one, other| one.0 == other.0) {
            let of_revision =
                || group.iter().map(|(_, key, after)| (key.clone(), after.clone())).collect();
            self.changes.entry(group[0].0).or_insert_with(of_revision);
        }
    }
}
