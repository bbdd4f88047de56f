//! The changes of the whole store by revision, as acknowledgements and watches tell them,
//! and what a key held at a revision according to them.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::operation::Operation;
use super::quiet::Quiet;
use super::span::{Span, holds};
use super::writes::Writes;
use crate::history::{
    Body, Bytes, KeyEvent, KeyEventKind, KeyValue, MemberIndex, Preamble, Put, Request, Revision,
    Territory, WatchEvent, WatchFrame, WatchId,
};

/// What a key held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It cannot be said.
    Unknown,
    /// Nothing.
    Absent,
    /// This pair; no value where that is not known.
    Pair(KeyValue, bool),
}

/// One change of one key.
#[derive(Clone, Debug)]
struct Change {
    at: Revision,
    to: To,
}

#[derive(Clone, Debug)]
enum To {
    Put { value: Option<Bytes>, lease: Option<crate::history::LeaseId> },
    Gone,
    Disputed,
}

/// What watches say of one revision: how many members say what.
type Accounts = Vec<(Vec<KeyEvent>, BTreeSet<Option<MemberIndex>>)>;

/// The changes of the store.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    start: Revision,
    territory: Territory,
    keys: BTreeMap<Bytes, Vec<Change>>,
    ranges: Vec<(Revision, Bytes, Bytes)>,
    /// Revisions of which everything is known, as far as it is about the run's keys.
    whole: BTreeSet<Revision>,
    /// Revisions of others among them, or next to them.
    quiet: Quiet,
    /// Operations of which nobody knows whether, or when, they took effect.
    doubtful: Vec<Operation>,
    foreign: bool,
}

impl Ledger {
    pub(super) fn of(context: &Context, preamble: &Preamble) -> Self {
        let mut ledger = Self {
            start: Revision(preamble.start_revision.0.max(1)),
            territory: preamble.territory(),
            ..Self::default()
        };
        ledger.quiet = Quiet::of(context, &ledger.territory);
        let accounts = accounts(context, &ledger.territory);
        let mut makers: BTreeMap<Revision, Vec<&Operation>> = BTreeMap::new();
        for operation in &context.operations {
            match operation.made() {
                Some(at) => makers.entry(at).or_default().push(operation),
                None => ledger.doubt(operation),
            }
        }
        for (at, makers) in &makers {
            ledger.acknowledged(*at, makers, accounts.get(at));
        }
        for (at, accounts) in accounts.iter().filter(|(at, _)| !makers.contains_key(at)) {
            ledger.watched(*at, accounts);
        }
        ledger.keys.values_mut().for_each(|changes| changes.sort_by_key(|change| change.at));
        ledger
    }

    fn doubt(&mut self, operation: &Operation) {
        let may_write = !Writes::possible(&operation.request).is_nothing();
        let services = matches!(
            operation.request,
            Request::Lock(_)
                | Request::Unlock(_)
                | Request::Campaign(_)
                | Request::Proclaim(_)
                | Request::Resign(_)
        );
        self.foreign |= services && !operation.refused();
        let nameless = operation.answer().is_some() && operation.header().is_none();
        if may_write && (operation.in_doubt() || nameless) {
            self.doubtful.push(operation.clone());
        }
    }

    fn acknowledged(&mut self, at: Revision, makers: &[&Operation], seen: Option<&Accounts>) {
        let [maker] = makers else {
            for change in makers.iter().flat_map(|maker| touched(maker)) {
                self.add(&change, at, To::Disputed);
            }
            return;
        };
        let done = Writes::done(maker);
        for put in &done.puts {
            let value = (!put.ignore_value).then(|| put.value.clone());
            let lease = (!put.ignore_lease).then_some(put.lease);
            self.add(&put.key, at, To::Put { value, lease });
        }
        let mut certain = true;
        for (from, end) in &done.deletes {
            let listed = done.deleted.iter().any(|key| holds((from, end), key));
            if !listed {
                certain = false;
                self.ranges.push((at, (*from).clone(), (*end).clone()));
            }
        }
        for key in &done.deleted {
            self.add(key, at, To::Gone);
        }
        if !certain && let Some([(events, _)]) = seen.map(Vec::as_slice) {
            for event in events.iter().filter(|event| event.kind == KeyEventKind::Delete) {
                self.add(&event.kv.key, at, To::Gone);
            }
        }
        self.whole.insert(at);
    }

    fn watched(&mut self, at: Revision, accounts: &Accounts) {
        let most = accounts.iter().map(|(_, members)| members.len()).max().unwrap_or(0);
        let mut best = accounts.iter().filter(|(_, members)| members.len() == most);
        let (Some((events, _)), None) = (best.next(), best.next()) else {
            for event in accounts.iter().flat_map(|(events, _)| events) {
                self.add(&event.kv.key, at, To::Disputed);
            }
            return;
        };
        for event in events {
            let to = match event.kind {
                KeyEventKind::Delete => To::Gone,
                KeyEventKind::Put => {
                    To::Put { value: Some(event.kv.value.clone()), lease: Some(event.kv.lease) }
                }
            };
            self.add(&event.kv.key, at, to);
        }
        self.whole.insert(at);
    }

    fn add(&mut self, key: &Bytes, at: Revision, to: To) {
        let changes = self.keys.entry(key.clone()).or_default();
        changes.retain(|change| change.at != at);
        changes.push(Change { at, to });
    }

    /// What a key held at a revision.
    pub(super) fn held(&self, key: &Bytes, at: Revision) -> Held {
        if self.territory.empty_at().is_none() || !self.territory.owns(key) {
            return Held::Unknown;
        }
        let mut held = Held::Absent;
        let mut last = self.start;
        let none = Vec::new();
        let ranges = self.ranges.iter().filter(|(_, from, end)| holds((from, end), key));
        let mut changes: Vec<Change> =
            ranges.map(|(at, _, _)| Change { at: *at, to: To::Gone }).collect();
        let known = self.keys.get(key).unwrap_or(&none);
        changes.retain(|change| !known.iter().any(|known| known.at == change.at));
        changes.extend(known.iter().cloned());
        changes.sort_by_key(|change| change.at);
        for change in changes.iter().take_while(|change| change.at <= at) {
            if self.hidden(key, &held, last, change.at.previous()) {
                held = Held::Unknown;
            }
            held = follow(key, &held, change);
            last = change.at;
        }
        if self.hidden(key, &held, last, at) { Held::Unknown } else { held }
    }

    /// Whether something that nothing shows may have changed a key after one revision up
    /// to another.
    fn hidden(&self, key: &Bytes, held: &Held, after: Revision, to: Revision) -> bool {
        let holes = self.hole(after.next(), to).is_some();
        let leased = matches!(held, Held::Pair(pair, _) if !pair.lease.is_none());
        let touch = |operation: &Operation| Writes::possible(&operation.request).may_touch(key);
        let open = self.foreign || *held == Held::Unknown;
        holes && (open || leased || self.doubtful.iter().any(touch))
    }

    /// The first revision from one to another of which nothing is known.
    fn hole(&self, from: Revision, to: Revision) -> Option<Revision> {
        let mut next = from;
        while next <= to {
            if let Some(last) = self.quiet.through(next) {
                next = last.next();
                continue;
            }
            for whole in self.whole.range(next..=to) {
                if *whole != next {
                    break;
                }
                next = next.next();
            }
            if next <= to && self.quiet.through(next).is_none() {
                return Some(next);
            }
        }
        None
    }

    /// The last revision up to another at which a key is known to have changed.
    pub(super) fn changed(&self, key: &Bytes, at: Revision) -> Option<Revision> {
        let own = self.keys.get(key).into_iter().flatten().map(|change| change.at);
        let ranges = self.ranges.iter().filter(|(_, from, end)| holds((from, end), key));
        // A deletion of a range changes only what was there.
        let there = |at: &Revision| self.held(key, at.previous()) != Held::Absent;
        let ranges = ranges.map(|(at, _, _)| *at).filter(|change| *change <= at).filter(there);
        own.chain(ranges).filter(|change| *change <= at).max()
    }

    /// Every key of a range that ever changed.
    pub(super) fn keys_in<'a>(&'a self, span: Span<'a>) -> impl Iterator<Item = &'a Bytes> + 'a {
        self.keys.keys().filter(move |key| holds(span, key))
    }

    /// The pairs of a range at a revision; nothing where one of them is not known.
    pub(super) fn content(&self, span: Span<'_>, at: Revision) -> Option<Vec<(KeyValue, bool)>> {
        let mut pairs = Vec::new();
        let open = self.doubtful.iter().any(|operation| {
            Writes::possible(&operation.request)
                .puts
                .iter()
                .any(|put| holds(span, &put.key) && self.held(&put.key, at) == Held::Unknown)
        });
        let (from, end) = span;
        let ours = self.territory.empty_at().is_some() && self.territory.covers(from, end);
        if open || !ours || (self.foreign && self.hole(self.start.next(), at).is_some()) {
            return None;
        }
        for key in self.keys_in(span) {
            match self.held(key, at) {
                Held::Unknown => return None,
                Held::Absent => {}
                Held::Pair(pair, valued) => pairs.push((pair, valued)),
            }
        }
        Some(pairs)
    }

    /// The revisions up to one of which nothing is known.
    pub(super) fn holes(&self, to: Revision) -> Vec<Revision> {
        let mut holes = Vec::new();
        let mut from = self.start.next();
        while let Some(hole) = self.hole(from, to) {
            holes.push(hole);
            from = hole.next();
        }
        holes
    }

    /// The same, as if a revision had deleted and put these, and nobody were in doubt.
    pub(super) fn supposing(&self, at: Revision, (puts, gone): (&[&Put], &[Bytes])) -> Self {
        let mut other = self.clone();
        for key in gone {
            other.add(key, at, To::Gone);
        }
        for put in puts {
            let value = (!put.ignore_value).then(|| put.value.clone());
            let lease = (!put.ignore_lease).then_some(put.lease);
            other.add(&put.key, at, To::Put { value, lease });
        }
        other.keys.values_mut().for_each(|changes| changes.sort_by_key(|change| change.at));
        other.whole.insert(at);
        other
    }

    /// The same, as if nobody were in doubt.
    pub(super) fn certain(&self) -> Self {
        Self { doubtful: Vec::new(), ..self.clone() }
    }

    /// Operations in doubt.
    pub(super) fn doubtful(&self) -> &[Operation] {
        &self.doubtful
    }

    /// Whether everything that a revision changed is known.
    pub(super) fn is_whole(&self, at: Revision) -> bool {
        self.whole.contains(&at) || self.quiet.through(at).is_some()
    }

    /// Whether everything that the revisions from one to another changed is known.
    pub(super) fn are_whole(&self, from: Revision, to: Revision) -> bool {
        self.hole(from, to).is_none()
    }

    /// Whether a revision may be somebody else's.
    pub(super) fn is_shared(&self) -> bool {
        self.territory.is_shared()
    }

    /// Whether services wrote whose writes nobody here knows.
    pub(super) fn foreign(&self) -> bool {
        self.foreign
    }
}

fn follow(key: &Bytes, held: &Held, change: &Change) -> Held {
    let To::Put { value, lease } = &change.to else {
        return if matches!(change.to, To::Gone) { Held::Absent } else { Held::Unknown };
    };
    let at = change.at;
    let (before, known) = match held {
        Held::Unknown => return Held::Unknown,
        Held::Absent => (None, true),
        Held::Pair(pair, known) => (Some(pair), *known),
    };
    let kept = before.cloned().unwrap_or_default();
    let pair = KeyValue {
        key: key.clone(),
        create_revision: before.map_or(at, |pair| pair.create_revision),
        mod_revision: at,
        version: kept.version + 1,
        value: value.clone().unwrap_or(kept.value),
        lease: lease.unwrap_or(kept.lease),
    };
    Held::Pair(pair, known || value.is_some())
}

fn touched(operation: &Operation) -> Vec<Bytes> {
    let done = Writes::done(operation);
    let puts = done.puts.iter().map(|put| put.key.clone());
    puts.chain(done.deleted.iter().map(|key| (*key).clone())).collect()
}

/// What the watches over every key of the run's say of each revision.
fn accounts(context: &Context, territory: &Territory) -> BTreeMap<Revision, Accounts> {
    let mut whole: BTreeMap<WatchId, Vec<KeyEvent>> = BTreeMap::new();
    let mut accounts: BTreeMap<Revision, Accounts> = BTreeMap::new();
    for event in &context.watches {
        let Body::Watch(WatchEvent { watch, frame }) = &event.body else { continue };
        match frame {
            WatchFrame::Open(open) => {
                let request = &open.request;
                let all = territory.is_covered_by(&request.key, &request.range_end);
                if all && !request.no_put && !request.no_delete {
                    whole.insert(*watch, Vec::new());
                }
            }
            WatchFrame::Events(events) => {
                let Some(pending) = whole.get_mut(watch) else { continue };
                pending.extend(events.events.iter().cloned());
                if events.fragment {
                    continue;
                }
                let mut complete = std::mem::take(pending);
                complete.retain(|one| territory.owns(&one.kv.key));
                for part in complete.chunk_by(|a, b| a.kv.mod_revision == b.kv.mod_revision) {
                    let at = part[0].kv.mod_revision;
                    account(accounts.entry(at).or_default(), part, event.member);
                }
            }
            WatchFrame::Canceled(_) | WatchFrame::Broken { .. } => {
                whole.remove(watch);
            }
            _ => {}
        }
    }
    accounts
}

fn account(accounts: &mut Accounts, part: &[KeyEvent], member: Option<MemberIndex>) {
    let mut bare: Vec<KeyEvent> = part.to_vec();
    for event in &mut bare {
        event.prev_kv = None;
    }
    bare.sort_by(|one, other| one.kv.key.cmp(&other.kv.key));
    match accounts.iter_mut().find(|(known, _)| *known == bare) {
        Some((_, members)) => {
            members.insert(member);
        }
        None => accounts.push((bare, BTreeSet::from([member]))),
    }
}
