//! What the frames of one watch prove by themselves.

use super::sessions::ends_between;
use crate::history::{KeyEvent, KeyEventKind, Request, Response, Revision, WatchFrame, WatchOpen};
use crate::witness::case::{Case, Step};
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::span::holds;

pub(super) const RULES: &[Rule] = &[
    Rule::new("watch-duplicate", Needs::STEPS, duplicate),
    Rule::new("watch-disorder", Needs::STEPS, disorder),
    Rule::new("watch-split", WATCHES, split),
    Rule::new("watch-progress-early", Needs::STEPS, progress_early),
    Rule::new("watch-before-start", WATCHES, before_start),
    Rule::new("watch-outside-range", Needs::STEPS, outside_range),
    Rule::new("watch-compaction-silent", FRAMES_AND_LIVES, compaction_silent),
];

const WATCHES: Needs = Needs { watches: true, ..Needs::STEPS };
const FRAMES_AND_LIVES: Needs = Needs { surroundings: true, ..WATCHES };

/// Two deliveries of one watch, the earlier first.
fn two_deliveries<'a>(case: &'a Case<'_>) -> Result<[&'a Step; 2], String> {
    let [one, other] = case.exactly::<2>()?;
    let reason = "has a step that is no delivery of a watch";
    let (first, _) = required(one.delivery(), reason)?;
    let (second, _) = required(other.delivery(), reason)?;
    demand(first == second, "is about two watches")?;
    Ok([one, other])
}

/// Changes of two deliveries of one watch, one before the other.
fn some_pair(case: &Case<'_>, wrong: fn(&KeyEvent, &KeyEvent) -> bool) -> Result<bool, String> {
    let [one, other] = two_deliveries(case)?;
    let same = one.begin() == other.begin();
    let mut firsts = one.changes().iter().enumerate();
    Ok(firsts.any(|(at, first)| {
        let later = other.changes().iter().skip(if same { at + 1 } else { 0 });
        later.into_iter().any(|second| wrong(first, second))
    }))
}

fn duplicate(case: &Case<'_>) -> Proof {
    let found = some_pair(case, |first, second| {
        first.kv.key == second.kv.key && first.kv.mod_revision == second.kv.mod_revision
    })?;
    demand(found, "shows no change twice")
}

fn disorder(case: &Case<'_>) -> Proof {
    let found = some_pair(case, |first, second| second.kv.mod_revision < first.kv.mod_revision)?;
    demand(found, "shows no older change after a newer one")
}

/// One revision in two responses that are not fragments of one.
fn split(case: &Case<'_>) -> Proof {
    let [one, other] = two_deliveries(case)?;
    let shared = some_pair(case, |first, second| first.kv.mod_revision == second.kv.mod_revision)?;
    demand(shared, "shows no revision in both responses")?;
    let (watch, _) = required(one.frame(), "has no frame")?;
    let mut between = case
        .context
        .frames(watch)
        .filter(|(event, _)| event.index >= one.begin() && event.index < other.begin());
    let apart = between.any(|(_, frame)| match frame {
        WatchFrame::Events(events) => !events.fragment,
        _ => true,
    });
    demand(apart, "shows fragments of one response")
}

fn progress_early(case: &Case<'_>) -> Proof {
    let [one, other] = case.exactly::<2>()?;
    let (first, notified) = required(one.frame(), "has a step that is no frame")?;
    let (second, later) = required(other.frame(), "has a step that is no frame")?;
    demand(first == second && one.end() < other.begin(), "is not about one watch in order")?;
    let progress = |frame: &WatchFrame| match frame {
        WatchFrame::Progress(progress) => progress.header.map(|header| header.revision),
        _ => None,
    };
    let passed = required(progress(notified), "does not begin with a progress notification")?;
    let back = match later {
        WatchFrame::Events(events) => {
            events.events.iter().any(|change| change.kv.mod_revision <= passed)
        }
        later => progress(later).is_some_and(|later| later < passed),
    };
    demand(back, "shows nothing at or before the revision of the notification")
}

/// The opening of a watch and one of its deliveries.
fn opening_and_delivery<'a>(case: &'a Case<'_>) -> Result<(&'a WatchOpen, &'a Step), String> {
    let [opened, delivered] = case.exactly::<2>()?;
    let Some((watch, WatchFrame::Open(open))) = opened.frame() else {
        return Err("does not begin with the opening of a watch".to_owned());
    };
    let (other, _) = required(delivered.delivery(), "does not end with a delivery")?;
    demand(watch == other, "is about two watches")?;
    Ok((open, delivered))
}

fn before_start(case: &Case<'_>) -> Proof {
    let (open, delivered) = opening_and_delivery(case)?;
    // Where a start of 0 begins, no response tells.
    let asked = Some(open.request.start_revision).filter(|start| !start.is_zero());
    let start = required(asked, "is of a watch whose start is not known")?;
    let mut changes = delivered.changes().iter();
    demand(changes.any(|one| one.kv.mod_revision < start), "shows nothing from before the start")
}

fn outside_range(case: &Case<'_>) -> Proof {
    let (open, delivered) = opening_and_delivery(case)?;
    let request = &open.request;
    let mut changes = delivered.changes().iter();
    let found = changes.any(|change| {
        let filtered = match change.kind {
            KeyEventKind::Put => request.no_put,
            KeyEventKind::Delete => request.no_delete,
        };
        filtered || !holds((&request.key, &request.range_end), &change.kv.key)
    });
    demand(found, "shows nothing but what was asked for")
}

/// What a step shows of how far its member had compacted.
fn compacted(step: &Step) -> Option<Revision> {
    if let Some((_, WatchFrame::Canceled(canceled))) = step.frame() {
        return Some(canceled.compact_revision).filter(|at| !at.is_zero());
    }
    let operation = step.operation()?;
    match (&operation.request, operation.answer()?) {
        (Request::Compact(compact), Response::Compact(_)) => Some(compact.revision),
        (_, Response::HashKv(hash)) => Some(hash.compact_revision),
        _ => None,
    }
}

fn compaction_silent(case: &Case<'_>) -> Proof {
    let [known, opened, delivered] = case.exactly::<3>()?;
    let at = required(compacted(known), "does not begin with a compaction")?;
    let Some((watch, WatchFrame::Open(open))) = opened.frame() else {
        return Err("has no opening of a watch".to_owned());
    };
    let start = open.request.start_revision;
    demand(!start.is_zero() && start < at, "has a watch from behind the compaction")?;
    demand(known.end() < opened.begin(), "has a compaction that had not ended")?;
    let member = required(known.member(), "has a compaction of no member")?;
    demand(opened.member() == Some(member), "is about two members")?;
    let ended = ends_between(case, member, known.begin(), opened.begin());
    demand(!ended, "spans two lives of a member")?;
    let (other, frame) = required(delivered.frame(), "does not end with a frame")?;
    let goes_on = match frame {
        WatchFrame::Events(events) => !events.events.is_empty(),
        WatchFrame::Progress(_) => true,
        _ => false,
    };
    demand(other == watch && goes_on, "has a watch that does not go on")?;
    let mut before =
        case.context.frames(watch).filter(|(event, _)| event.index < delivered.begin());
    let over = before
        .any(|(_, frame)| matches!(frame, WatchFrame::Canceled(_) | WatchFrame::Broken { .. }));
    demand(!over, "is of a watch that was cancelled")
}
