//! A member's revision within one life of its process.

use super::revisions::SURROUNDINGS;
use crate::history::{
    Body, Environment, Event, MemberIndex, Request, Response, Revision, WatchEvent, WatchFrame,
};
use crate::witness::case::{Case, Step};
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::Rule;

pub(super) const RULES: &[Rule] =
    &[Rule::new("revision-went-back", SURROUNDINGS, revision_went_back)];

fn revision_went_back(case: &Case<'_>) -> Proof {
    let [first, second] = case.exactly::<2>()?;
    let member = required(first.member(), "has a step without a member")?;
    demand(second.member() == Some(member), "is about two members")?;
    demand(first.end() < second.begin(), "has two steps that overlap in time")?;
    demand(
        !ends_between(case, member, first.begin(), second.end()),
        "spans two lives of a member",
    )?;
    let known = required(shown(first), "has a first step without a revision")?;
    let later = required(live(second), "has a second step without a revision of its own")?;
    demand(later < known, "has revisions that go forward")
}

/// Whether a member's process may have ended, or begun, between two events.
pub(super) fn ends_between(case: &Case<'_>, member: MemberIndex, from: u64, to: u64) -> bool {
    let border = |event: &&Event| match &event.body {
        Body::Environment(Environment::MemberStarted(_) | Environment::MemberExited(_)) => {
            event.member == Some(member)
        }
        Body::FaultBegin(begin) => {
            let harmless = ["pause", "isolate", "defragment", "compact"];
            !harmless.contains(&begin.fault.kind.as_str()) && begin.fault.members.contains(&member)
        }
        _ => false,
    };
    let mut events = case.context.surroundings.iter();
    events.any(|event| event.index > from && event.index < to && border(&event))
}

/// A revision that the member had by then.
fn shown(step: &Step) -> Option<Revision> {
    match (step.operation(), step.frame()) {
        (Some(operation), _) if matches!(operation.request, Request::Compact(_)) => None,
        (Some(operation), _) => operation.header(),
        (_, Some((_, WatchFrame::Created(frame) | WatchFrame::Progress(frame)))) => {
            frame.header.map(|header| header.revision)
        }
        // An event may be handed out a moment before its revision can be read.
        (_, Some((_, WatchFrame::Events(events)))) => {
            events.header.map(|header| header.revision.previous())
        }
        _ => None,
    }
}

/// The member's own revision at some time between the step's begin and end.
fn live(step: &Step) -> Option<Revision> {
    if let Step::Opened(_, created) = step {
        let Body::Watch(WatchEvent { frame: WatchFrame::Created(frame), .. }) = &created.body
        else {
            return None;
        };
        return frame.header.map(|header| header.revision);
    }
    let operation = step.operation()?;
    let live = matches!(
        operation.answer()?,
        Response::Put(_)
            | Response::Range(_)
            | Response::Delete(_)
            | Response::Txn(_)
            | Response::LeaseGrant(_)
            | Response::LeaseRevoke(_)
            | Response::Status(_)
    );
    operation.header().filter(|_| live)
}
