//! What a watch left out, or shows otherwise than others.

use crate::history::{Bytes, KeyEvent, KeyEventKind, Request, Revision, WatchFrame, WatchId};
use crate::witness::case::{Case, Step};
use crate::witness::operation::Operation;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::windows::Window;
use crate::witness::writes::Writes;

pub(super) const RULES: &[Rule] = &[
    Rule::new("watch-gap", Needs::CHANGES, gap),
    Rule::new("watch-diverged", Needs::CHANGES, diverged),
    Rule::new("watch-phantom", Needs::CHANGES, phantom),
];

/// A change: its key, its revision, and whether it is a put.
type Change = (Bytes, Revision, KeyEventKind);

/// What a step proves to have changed.
fn changes(step: &Step) -> Vec<Change> {
    if let Some(operation) = step.operation() {
        let Some(at) = operation.made() else { return Vec::new() };
        let done = Writes::done(operation);
        let puts = done.puts.iter().map(|put| (put.key.clone(), at, KeyEventKind::Put));
        let gone = done.deleted.iter().map(|key| ((*key).clone(), at, KeyEventKind::Delete));
        let mut changes: Vec<Change> = puts.chain(gone).collect();
        // A key that is written twice has one event.
        let keys: Vec<Bytes> = changes.iter().map(|(key, _, _)| key.clone()).collect();
        changes.retain(|(key, _, _)| keys.iter().filter(|other| *other == key).count() == 1);
        return changes;
    }
    let of = |one: &KeyEvent| (one.kv.key.clone(), one.kv.mod_revision, one.kind);
    step.changes().iter().map(of).collect()
}

/// A source, the opening of a watch, and the frame by which the watch passed.
struct Passing<'a> {
    source: &'a Step,
    watch: WatchId,
    frame: &'a Step,
    window: Window<'a>,
}

fn passing<'a>(case: &'a Case<'_>) -> Result<Passing<'a>, String> {
    let steps = case.exactly::<3>()?;
    let opening = steps.iter().find_map(|step| match step.frame() {
        Some((watch, WatchFrame::Open(_))) => Some(watch),
        _ => None,
    });
    let watch = required(opening, "has no opening of a watch")?;
    let passes = |step: &&&Step| match step.frame() {
        Some((this, WatchFrame::Events(_) | WatchFrame::Progress(_))) => this == watch,
        _ => false,
    };
    let frame = required(steps.iter().find(passes), "has no frame by which the watch passed")?;
    let source = steps.iter().find(|step| match step.frame() {
        Some((this, frame)) => this != watch && !matches!(frame, WatchFrame::Open(_)),
        None => step.operation().is_some(),
    });
    let source = required(source, "has nothing that shows the change")?;
    let window = required(Window::of(case.context, watch), "is of a watch that was not opened")?;
    Ok(Passing { source, watch, frame, window })
}

fn gap(case: &Case<'_>) -> Proof {
    let Passing { source, frame, window, .. } = passing(case)?;
    let contested = source.operation().and_then(Operation::made).is_some_and(|at| {
        case.context.operations.iter().filter(|one| one.made() == Some(at)).count() > 1
    });
    demand(!contested, "leans on a write whose revision is another's too")?;
    let missing = changes(source).into_iter().any(|(key, at, kind)| {
        window.covers(at)
            && window.wants(kind, &key)
            && !shows(&window, source, &key, at)
            && passes(frame, at)
    });
    demand(missing, "leaves out nothing that the watch promised")
}

/// Whether a watch shows the change of a key; of an acknowledged write, as it was made.
fn shows(window: &Window<'_>, source: &Step, key: &Bytes, at: Revision) -> bool {
    let Some(operation) = source.operation() else { return window.has(key, at) };
    let done = Writes::done(operation);
    let mut delivered = window.delivered.iter();
    delivered.any(|(_, one)| one.kv.mod_revision == at && one.kv.key == *key && done.explain(one))
}

/// Whether a frame takes its watch to a revision or beyond.
fn passes(step: &Step, at: Revision) -> bool {
    match step.frame() {
        Some((_, WatchFrame::Events(events))) => {
            events.events.iter().any(|one| one.kv.mod_revision >= at)
        }
        Some((_, WatchFrame::Progress(progress))) => {
            progress.header.is_some_and(|header| header.revision >= at)
        }
        _ => false,
    }
}

fn diverged(case: &Case<'_>) -> Proof {
    if let Ok([one, other]) = case.exactly::<2>() {
        let reason = "has a step that is no delivery";
        required(one.delivery(), reason)?;
        required(other.delivery(), reason)?;
        let found = one
            .changes()
            .iter()
            .any(|first| other.changes().iter().any(|second| differ(first, second)));
        return demand(found, "shows no change in two ways");
    }
    let Passing { source, watch, frame, window } = passing(case)?;
    let (other, _) = required(source.frame(), "has no other watch")?;
    let other = required(Window::of(case.context, other), "has no other watch")?;
    let theirs = changes(source);
    let ours = frame.changes();
    let found = theirs.iter().any(|(key, at, kind)| {
        let lacks = window.covers(*at) && window.wants(*kind, key) && !window.has(key, *at);
        lacks
            && ours.iter().any(|one| {
                let (key, here) = (&one.kv.key, one.kv.mod_revision);
                here == *at
                    && other.covers(here)
                    && other.wants(one.kind, key)
                    && !other.has(key, here)
            })
    });
    demand(found, &format!("shows nothing that watch {watch} and the other one tell apart"))
}

fn differ(one: &KeyEvent, other: &KeyEvent) -> bool {
    let same_place = one.kv.key == other.kv.key && one.kv.mod_revision == other.kv.mod_revision;
    let both_gone = one.kind == KeyEventKind::Delete && other.kind == KeyEventKind::Delete;
    same_place && (one.kind != other.kind || (!both_gone && one.kv != other.kv))
}

fn phantom(case: &Case<'_>) -> Proof {
    if let Ok((write, delivery)) = case.write_and_delivery() {
        let at = required(write.made(), "has an operation that made no revision")?;
        let makers = case.context.operations.iter().filter(|one| one.made() == Some(at)).count();
        demand(makers == 1, "leans on a revision that two writes were given")?;
        let done = Writes::done(write);
        let mut shown = delivery.changes().iter().filter(|one| one.kv.mod_revision == at);
        return demand(shown.any(|one| !done.explain(one)), "shows only what the write did");
    }
    let [delivery] = case.exactly::<1>()?;
    let services = case.context.operations.iter().any(|operation| {
        matches!(operation.request, Request::Lock(_) | Request::Campaign(_) | Request::Proclaim(_))
    });
    let territory = case.preamble.territory();
    let ours = case.preamble.exclusive || territory.is_shared();
    demand(ours && !services, "is of a store that others write to")?;
    let puts = delivery.changes().iter().filter(|one| one.kind == KeyEventKind::Put);
    let mut puts = puts.filter(|one| territory.has_made(&one.kv.key, one.kv.mod_revision));
    let nobody = puts.any(|one| !super::phantoms::anybody_puts(case, one, u64::MAX));
    demand(nobody, "shows nothing but values that were asked for")
}
