//! What is known to have happened to each key, and by whom it is known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::acknowledgements::Acknowledgements;
use super::ending::Expectation;
use super::possible::{deletions_of, end_of_lease};
use super::source::{By, Shown};
use super::sweep::Sweep;
use crate::evidence::{Place, RevisionSet, Sent};
use crate::history::{
    Bytes, Delete, Event, KeyEvent, KeyEventKind, KeyValue, LeaseId, Put, Request, Response,
    Revision, Territory, TxnOp, WatchEvent, WatchFrame, WatchHeader, WatchId, WatchRequest,
};
use crate::keys::KeyRange;
use crate::model::{Claim, can_mutate, claim};
use crate::verdict::WitnessStep;
use crate::wording;

/// Who says that a change happened.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The store acknowledged it.
    Acknowledged(u64),
    /// A linearizable read or a watch showed it.
    Shown(Shown),
}

impl Source {
    /// The invocation of an acknowledged write.
    fn invocation(&self) -> Option<u64> {
        match self {
            Self::Acknowledged(invocation) => Some(*invocation),
            Self::Shown(_) => None,
        }
    }

    /// Whether this one's word on a revision counts more than another's.
    fn overrules(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Acknowledged(_), Self::Shown(_)) => true,
            (Self::Acknowledged(one), Self::Acknowledged(other)) => one == other,
            (Self::Shown(one), Self::Shown(other)) => one.place.index == other.place.index,
            (Self::Shown(_), Self::Acknowledged(_)) => false,
        }
    }
}

/// A change of one key.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) revision: Revision,
    /// The value; nothing for a deletion or where it is not known.
    pub(super) value: Option<Bytes>,
    pub(super) deleted: bool,
    /// The lease that the key is attached to since; nothing where it is not known.
    pub(super) lease: Option<LeaseId>,
    pub(super) source: Source,
}

/// What is known so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Knowledge {
    /// The newest known change of each key.
    newest: BTreeMap<Bytes, Known>,
    /// Every revision at which a key is known to have been deleted.
    deletions: BTreeMap<Bytes, BTreeSet<Revision>>,
    /// Acknowledged deletions of ranges, by revision.
    range_deletions: BTreeMap<Revision, Vec<KeyRange>>,
    /// Revisions of which it is known what they changed: a watch over every key, or
    /// whoever made them, told.
    content: RevisionSet,
    /// Those that an acknowledged write made.
    made: RevisionSet,
    /// Those that several claim to have made: the store has split, and others may hold a
    /// third thing there.
    disputed: BTreeSet<Revision>,
    /// Ranges that operations in doubt may have deleted.
    doubtful: Vec<KeyRange>,
    /// Whether something may delete that is not understood here.
    pub(super) foreign: bool,
    acknowledgements: Acknowledgements,
    /// The invocations of acknowledged deletions of ranges, by revision.
    range_deleters: BTreeMap<Revision, u64>,
    /// The newest acknowledged write.
    last_write: Option<(Revision, u64)>,
    /// Watches of every key of the run's, each with the first revision that it has not
    /// passed.
    whole_watches: BTreeMap<WatchId, Revision>,
    territory: Territory,
}

impl Knowledge {
    /// Nothing is known yet of the keys of the run's own.
    pub(super) fn of(territory: &Territory) -> Self {
        Self { territory: territory.clone(), ..Self::default() }
    }

    /// A write or linearizable read was answered.
    pub(super) fn answered(&mut self, sent: &Sent, event: &Arc<Event>, answer: &Response) {
        match claim(sent.request(), answer) {
            Claim::Writer(revision) => self.acknowledged(sent, event, revision, answer),
            Claim::Reader(_) => self.shown(sent, event, answer),
            _ => {}
        }
    }

    fn acknowledged(
        &mut self,
        sent: &Sent,
        event: &Arc<Event>,
        revision: Revision,
        answer: &Response,
    ) {
        let invocation = sent.event().index;
        self.acknowledgements.enter(sent.clone(), event);
        self.content.insert(revision);
        if !self.made.insert(revision) {
            self.disputed.insert(revision);
        }
        if self.last_write.is_none_or(|(newest, _)| newest < revision) {
            self.acknowledgements.hold(invocation);
            let last = self.last_write.replace((revision, invocation));
            if let Some((_, last)) = last {
                self.acknowledgements.release(last);
            }
        }
        let source = Source::Acknowledged(invocation);
        match (sent.request(), answer) {
            (Request::Put(put), _) => self.put(put, revision, &source),
            (Request::Delete(delete), _) => self.delete(delete, answer, revision, &source),
            (Request::Txn(txn), Response::Txn(response)) => {
                let ops = if response.succeeded { &txn.success } else { &txn.failure };
                self.branch(ops, &response.responses, revision, &source);
            }
            _ => {}
        }
        self.acknowledgements.release(invocation);
    }

    fn branch(&mut self, ops: &[TxnOp], answers: &[Response], at: Revision, source: &Source) {
        for (op, answer) in ops.iter().zip(answers) {
            match (op, answer) {
                (TxnOp::Put(put), _) => self.put(put, at, source),
                (TxnOp::Delete(delete), answer) => self.delete(delete, answer, at, source),
                (TxnOp::Txn(txn), Response::Txn(response)) => {
                    let ops = if response.succeeded { &txn.success } else { &txn.failure };
                    self.branch(ops, &response.responses, at, source);
                }
                _ => {}
            }
        }
    }

    fn put(&mut self, put: &Put, revision: Revision, source: &Source) {
        self.learn(
            &put.key,
            Known {
                revision,
                value: (!put.ignore_value).then(|| put.value.clone()),
                deleted: false,
                lease: (!put.ignore_lease).then_some(put.lease),
                source: source.clone(),
            },
        );
    }

    fn delete(&mut self, delete: &Delete, answer: &Response, at: Revision, source: &Source) {
        let Response::Delete(answer) = answer else { return };
        if answer.deleted == 0 {
            return;
        }
        let range = KeyRange::new(&delete.key, &delete.range_end);
        match range.single() {
            Some(key) => self.deleted(key, at, source),
            None => self.range_deleted(range, at, source),
        }
        for kv in &answer.prev_kvs {
            self.deleted(&kv.key, at, source);
        }
    }

    fn range_deleted(&mut self, range: KeyRange, at: Revision, source: &Source) {
        self.range_deletions.entry(at).or_default().push(range);
        if let Source::Acknowledged(invocation) = source {
            self.acknowledgements.hold(*invocation);
            self.range_deleters.insert(at, *invocation);
        }
    }

    fn deleted(&mut self, key: &Bytes, revision: Revision, source: &Source) {
        self.deletions.entry(key.clone()).or_default().insert(revision);
        let source = source.clone();
        self.learn(key, Known { revision, value: None, deleted: true, lease: None, source });
    }

    /// Keeps the newest change; of the same revision the acknowledgement, and of the
    /// same source its last word.
    fn learn(&mut self, key: &Bytes, known: Known) {
        if !self.territory.has_made(key, known.revision) {
            return;
        }
        let better = self.newest.get(key).is_none_or(|old| {
            let same_revision = old.revision == known.revision;
            old.revision < known.revision || (same_revision && known.source.overrules(&old.source))
        });
        if better {
            known.source.invocation().into_iter().for_each(|one| self.acknowledgements.hold(one));
            let old = match self.newest.get_mut(key) {
                Some(newest) => Some(std::mem::replace(newest, known)),
                None => self.newest.insert(key.clone(), known),
            };
            let old = old.and_then(|old| old.source.invocation());
            if let Some(one) = old {
                self.acknowledgements.release(one);
            }
        }
    }

    fn shown(&mut self, sent: &Sent, event: &Event, answer: &Response) {
        let pairs = match answer {
            Response::Range(range) => &range.kvs,
            _ => return,
        };
        for kv in pairs {
            if self.is_news(kv) {
                let (place, what) = (sent.place(event), wording::request(sent.request()));
                let pair = kv.clone();
                self.learn_pair(kv, Source::Shown(Shown { place, by: By::Request(what), pair }));
            }
        }
    }

    fn is_news(&self, kv: &KeyValue) -> bool {
        self.newest.get(&kv.key).is_none_or(|known| known.revision < kv.mod_revision)
    }

    fn learn_pair(&mut self, kv: &KeyValue, source: Source) {
        self.learn(
            &kv.key,
            Known {
                revision: kv.mod_revision,
                value: None,
                deleted: false,
                lease: Some(kv.lease),
                source,
            },
        );
    }

    /// A watch was opened or delivered something.
    pub(super) fn watched(&mut self, event: &Event, watch: &WatchEvent) {
        match &watch.frame {
            WatchFrame::Open(open) => {
                let WatchRequest { key, range_end, no_put, no_delete, .. } = &open.request;
                if self.territory.is_covered_by(key, range_end) && !no_put && !no_delete {
                    self.whole_watches.insert(watch.watch, open.request.start_revision);
                }
            }
            WatchFrame::Events(events) => {
                let whole = self.whole_watches.contains_key(&watch.watch);
                let last = events.events.last().filter(|_| !events.fragment);
                if let Some(last) = last {
                    self.passed(watch.watch, last.kv.mod_revision);
                }
                for change in &events.events {
                    if whole {
                        self.content.insert(change.kv.mod_revision);
                    }
                    self.watched_change(event, watch.watch, change);
                }
            }
            WatchFrame::Progress(WatchHeader { header: Some(header) }) => {
                self.passed(watch.watch, header.revision);
            }
            _ => {}
        }
    }

    /// A watch has shown everything up to a revision: on shared ground, what it did not show
    /// are changes of others.
    fn passed(&mut self, watch: WatchId, revision: Revision) {
        if !self.territory.is_shared() {
            return;
        }
        if let Some(next) = self.whole_watches.get_mut(&watch).filter(|next| !next.is_zero()) {
            self.content.insert_all(*next, revision);
            *next = revision.next().max(*next);
        }
    }

    fn watched_change(&mut self, event: &Event, watch: WatchId, change: &KeyEvent) {
        let (key, revision) = (&change.kv.key, change.kv.mod_revision);
        if self.newest.get(key).is_some_and(|known| known.revision > revision) {
            if change.kind == KeyEventKind::Delete {
                self.deletions.entry(key.clone()).or_default().insert(revision);
            }
            return;
        }
        let (place, by) = (Place::of(event), By::Watch(watch, change.kind));
        let source = Source::Shown(Shown { place, by, pair: change.kv.clone() });
        if change.kind == KeyEventKind::Delete {
            self.deleted(key, revision, &source);
        } else {
            self.learn_pair(&change.kv, source);
        }
    }

    /// An operation's outcome is in doubt.
    pub(super) fn doubtful(&mut self, request: &Request) {
        match request {
            Request::Delete(delete) => {
                self.doubtful.push(KeyRange::new(&delete.key, &delete.range_end));
            }
            Request::Put(put) => self.doubtful.extend(end_of_lease(put)),
            Request::Txn(txn) => deletions_of(txn, &mut self.doubtful),
            // The end of a lease is allowed for wherever a key has or may have one.
            Request::LeaseRevoke(_) => {}
            other => self.foreign |= can_mutate(other),
        }
    }

    /// Whether a key's absence at a revision can be explained by a deletion after its
    /// newest known change; `swept` has the deletions of ranges up to that revision.
    pub(super) fn explains_absence(
        &self,
        key: &Bytes,
        known: &Known,
        at: Revision,
        swept: &Sweep,
    ) -> bool {
        let after = known.revision.next();
        if after > at {
            return false;
        }
        let seen = |all: &BTreeSet<Revision>| all.range(after..=at).next().is_some();
        if self.deletions.get(key).is_some_and(seen) {
            return true;
        }
        if swept.newest(key).is_some_and(|swept| swept >= after) {
            return true;
        }
        // Where every revision's changes are known, nothing else can have deleted it.
        if self.covers(after, at) {
            return false;
        }
        self.foreign
            || known.lease.is_none_or(|lease| !lease.is_none())
            || self.doubtful.iter().any(|range| range.contains(key))
    }

    fn covers(&self, from: Revision, to: Revision) -> bool {
        self.content.contains_all(from, to) && self.disputed.range(from..=to).next().is_none()
    }

    /// What acknowledged deletions of ranges took, up to a revision.
    pub(super) fn swept(&self, to: Revision) -> Sweep {
        Sweep::up_to(to, &self.range_deletions)
    }

    /// What is known now, to be held against a final read that is being sent.
    pub(super) fn expectation(&mut self) -> Expectation {
        self.acknowledgements.keep_all();
        Expectation { newest: self.newest.clone(), last_write: self.last_write }
    }

    /// The acknowledged deletion of a range that made a revision, as a step.
    pub(super) fn range_deleter(&self, revision: Revision) -> Option<WitnessStep> {
        let invocation = self.range_deleters.get(&revision)?;
        self.acknowledgements.step(*invocation)
    }

    /// How many writes were acknowledged.
    pub(super) fn acknowledged_writes(&self) -> u64 {
        self.acknowledgements.total()
    }

    /// The step of an acknowledged write.
    pub(super) fn step(&self, source: &Source) -> Option<WitnessStep> {
        match source {
            Source::Acknowledged(invocation) => self.acknowledgements.step(*invocation),
            Source::Shown(shown) => Some(shown.step()),
        }
    }
}
