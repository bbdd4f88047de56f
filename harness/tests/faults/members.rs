//! What shows that a fault of whole members bit.

use std::path::Path;

use stormglass_checkers::history::{
    Body, Environment, Event, FaultBegin, FaultEnd, Outcome, Request, Sample,
};

/// The kernel told how the process ended, and a process with another number came back.
pub(super) fn process_died_of_a_signal(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    _dir: &Path,
) -> bool {
    let landed = end.landed.expect("landed");
    let members = &begin.fault.members;
    let mut around = events
        .iter()
        .filter(|event| event.member.is_some_and(|member| members.contains(&member)))
        .filter(|event| event.at.0 + 1_000_000_000 > landed.from.0);
    let died = around.any(|event| match &event.body {
        Body::Environment(Environment::MemberExited(exit)) => exit.status == "signal 9",
        _ => false,
    });
    died && around.any(|event| matches!(event.body, Body::Environment(Environment::MemberReady {})))
}

/// Nothing was answered by the member while it was stopped.
pub(super) fn member_fell_silent(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    _dir: &Path,
) -> bool {
    let landed = end.landed.expect("landed");
    // What was under way in sockets may still arrive a moment later. What the system says of its
    // process is no word of its own.
    let from = landed.from.0 + 100_000_000;
    !events.iter().any(|event| {
        let hit = event.member.is_some_and(|member| begin.fault.members.contains(&member));
        let within = event.at.0 > from && event.at.0 < landed.to.0;
        let answer =
            matches!(event.body, Body::Complete(Outcome::Ok(_)) | Body::Sample(Sample::Status(_)));
        hit && within && answer
    })
}

/// The defragmentation was asked for and had no answer when the process died.
pub(super) fn defragmentation_never_answered(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    let asked = events.iter().rev().find(|event| {
        matches!(&event.body, Body::Invoke(invoke) if invoke.request == Request::Defragment {})
    });
    let Some(asked) = asked else { return false };
    let outcome = events.iter().find_map(|event| match &event.body {
        Body::Complete(outcome) if event.process == asked.process => Some(outcome),
        _ => None,
    });
    matches!(outcome, Some(Outcome::Unknown(_)))
        && process_died_of_a_signal(events, begin, end, dir)
}
