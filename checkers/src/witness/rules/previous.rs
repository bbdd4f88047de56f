//! Changes of a key against those before them: versions and previous pairs.

use crate::history::{
    Body, Environment, Event, KeyEvent, KeyEventKind, KeyValue, Request, Revision, WatchFrame,
    WatchId,
};
use crate::witness::case::{Case, Step};
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::windows::Window;

pub(super) const RULES: &[Rule] = &[
    Rule::new("watch-version", Needs::CHANGES, version),
    Rule::new("watch-prev-kv", Needs::ALL, previous),
];

/// Whether any watch shows a change of a key between two revisions.
fn between(case: &Case<'_>, one: &KeyEvent, after: Revision, before: Revision) -> bool {
    let mut all = case.context.watches.iter().flat_map(super::delivered);
    all.any(|other| {
        let at = other.kv.mod_revision;
        other.kv.key == one.kv.key && after < at && at < before
    })
}

/// Whether a change can come right after another one of its key.
fn follows(old: &KeyEvent, new: &KeyEvent) -> bool {
    match (old.kind, new.kind) {
        (KeyEventKind::Put, KeyEventKind::Put) => {
            old.kv.create_revision == new.kv.create_revision && old.kv.version + 1 == new.kv.version
        }
        (KeyEventKind::Delete, KeyEventKind::Put) => new.kv.version == 1,
        (KeyEventKind::Delete, KeyEventKind::Delete) => false,
        (KeyEventKind::Put, KeyEventKind::Delete) => true,
    }
}

/// Whether the change of a key right before another one, in one watch of puts and deletes,
/// is wrong there. What is cheap to ask is asked first: frames can be long.
fn wrong_before(
    case: &Case<'_>,
    watch: WatchId,
    (one, new): (&Step, &KeyEvent),
    wrong: impl Fn(&KeyEvent) -> bool,
) -> bool {
    let to = new.kv.mod_revision;
    let older = one.changes().iter().filter(|old| old.kv.mod_revision < to);
    let newest = older.filter(|old| old.kv.key == new.kv.key).max_by_key(|old| old.kv.mod_revision);
    let Some(old) = newest.filter(|old| wrong(old)) else { return false };
    let Some(window) = Window::of(case.context, watch) else { return false };
    let request = &window.open.request;
    let from = old.kv.mod_revision;
    !request.no_put
        && !request.no_delete
        && window.start.is_some_and(|start| start <= from)
        && to <= window.passed
        && !between(case, old, from, to)
}

fn version(case: &Case<'_>) -> Proof {
    let [one, other] = case.exactly::<2>()?;
    let (watch, _) = required(other.delivery(), "does not end with a delivery")?;
    let (first, frame) = required(one.frame(), "does not begin with a frame")?;
    demand(first == watch, "is about two watches")?;
    if !matches!(frame, WatchFrame::Open(_)) {
        let mut news = other.changes().iter();
        let wrong = news.any(|new| wrong_before(case, watch, (one, new), |old| !follows(old, new)));
        return demand(wrong, "shows changes that follow from each other");
    }
    let window = required(Window::of(case.context, watch), "is of a watch that was not opened")?;
    let empty = case.preamble.start_revision;
    let whole = !window.open.request.no_put && !window.open.request.no_delete;
    let from_start = window.start.is_some_and(|start| start <= empty.next());
    let territory = case.preamble.territory();
    let alone = territory.empty_at() == Some(empty);
    demand(whole && from_start && alone, "is of a watch that did not begin with an empty store")?;
    let mut shown = other.changes().iter();
    let found = shown.any(|one| {
        let creates = one.kind == KeyEventKind::Put && one.kv.version == 1;
        let own = territory.owns(&one.kv.key) && one.kv.mod_revision > empty;
        own && !creates && !between(case, one, empty, one.kv.mod_revision)
    });
    demand(found, "shows the creation of every key")
}

/// Whether a pair cannot be the one before a change, by the numbers alone.
fn cannot_precede(previous: &KeyValue, one: &KeyEvent) -> bool {
    let older = previous.mod_revision < one.kv.mod_revision && previous.key == one.kv.key;
    let put = one.kind == KeyEventKind::Put;
    let numbers = previous.create_revision == one.kv.create_revision
        && previous.version + 1 == one.kv.version;
    !older || (put && !numbers)
}

fn previous(case: &Case<'_>) -> Proof {
    let [one, other] = case.exactly::<2>()?;
    let found = [(one, other), (other, one)].into_iter().any(|(known, step)| {
        step.changes().iter().any(|change| match &change.prev_kv {
            Some(pair) => contradicts(case, known, (step, change), pair),
            None => is_missing(case, known, (step, change)),
        })
    });
    demand(found, "shows no previous pair that is wrong")
}

/// Whether a previous pair cannot be, or is not what another step shows there.
fn contradicts(
    case: &Case<'_>,
    known: &Step,
    (step, change): (&Step, &KeyEvent),
    pair: &KeyValue,
) -> bool {
    let of_key = |one: &&KeyEvent| one.kv.key == change.kv.key;
    let same_change =
        |one: &&KeyEvent| of_key(one) && one.kv.mod_revision == change.kv.mod_revision;
    let itself = known.changes().iter().find(same_change);
    if cannot_precede(pair, change) {
        return itself.is_some() || opens(known, step);
    }
    let otherwise = itself.and_then(|one| one.prev_kv.as_ref()).is_some_and(|prev| prev != pair);
    let wrong_state = known.changes().iter().filter(of_key).any(|one| {
        one.kv.mod_revision == pair.mod_revision
            && (one.kind == KeyEventKind::Delete || one.kv != *pair)
    });
    let right_before = step.delivery().zip(known.delivery()).is_some_and(|((a, _), (b, _))| {
        let other = |old: &KeyEvent| old.kind == KeyEventKind::Delete || old.kv != *pair;
        a == b && wrong_before(case, a, (known, change), other)
    });
    otherwise || wrong_state || right_before
}

/// Whether a step is the opening of the watch that another one is a frame of.
fn opens(opening: &Step, step: &Step) -> bool {
    match (opening.frame(), step.frame()) {
        (Some((one, WatchFrame::Open(open))), Some((other, _))) => {
            one == other && open.request.prev_kv
        }
        _ => false,
    }
}

/// Whether a previous pair is missing although nothing had been compacted there.
fn is_missing(case: &Case<'_>, opening: &Step, (step, change): (&Step, &KeyEvent)) -> bool {
    let creates = change.kind == KeyEventKind::Put && change.kv.version == 1;
    if creates || !opens(opening, step) {
        return false;
    }
    let Some((watch, _)) = step.frame() else { return false };
    let mut before = case.context.frames(watch).filter(|(event, _)| event.index < step.begin());
    let cancelled = before.any(|(_, frame)| matches!(frame, WatchFrame::Cancel {}));
    !cancelled && !may_be_compacted(case, change.kv.mod_revision, step.begin())
}

/// Whether a compaction that was asked for before an event may have taken the state before a
/// revision away.
fn may_be_compacted(case: &Case<'_>, at: Revision, before: u64) -> bool {
    let earlier = case.context.operations.iter().filter(|one| one.invocation < before);
    let asked = earlier
        .map(|one| &one.request)
        .any(|request| matches!(request, Request::Compact(compact) if compact.revision >= at));
    if !case.preamble.exclusive {
        return true;
    }
    let itself =
        |event: &Event| matches!(event.body, Body::Environment(Environment::AutoCompaction { .. }));
    asked || case.context.surroundings.iter().any(itself)
}
