//! What shows that a fault of disks bit.

use std::path::Path;

use stormglass_checkers::history::{Body, Environment, Event, FaultBegin, FaultEnd, MemberExit};

use super::log_contains;
use super::members::process_died_of_a_signal;

/// A value of the evidence about one member, as a number.
fn number(end: &FaultEnd, member: &str, name: &str) -> Option<f64> {
    end.evidence.get(&format!("{member}-{name}"))?.parse().ok()
}

/// The process was killed, another came back, and bytes that had been written are gone.
pub(super) fn unsynced_bytes_were_lost(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    process_died_of_a_signal(events, begin, end, dir)
        && every_member_lost_bytes(events, begin, end, dir)
}

pub(super) fn every_member_lost_bytes(
    _: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    _: &Path,
) -> bool {
    let lost = |member: String| number(end, &member, "lost-bytes");
    let mut members = begin.fault.members.iter();
    members.all(|member| lost(member.to_string()).is_some_and(|bytes| bytes > 0.0))
}

/// etcd's own metric of its log's syncs; one that was under way before counts too.
pub(super) fn the_member_measured_slow_syncs(
    _: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    _: &Path,
) -> bool {
    let member = begin.fault.members[0].to_string();
    number(end, &member, "wal-fsync-mean-ms").is_some_and(|mean| mean >= 80.0)
}

/// The member's last words name the cause, its end is no crash, and another process came back.
pub(super) fn the_member_ended_naming(
    events: &[Event],
    begin: &FaultBegin,
    dir: &Path,
    cause: &str,
) -> bool {
    let ended = exits(events, begin)
        .any(|exit| exit.expected && exit.log_tail.iter().any(|line| line.contains(cause)));
    ended && log_contains(begin, dir, cause)
}

/// etcd found its own log wrong and ended.
pub(super) fn the_member_refused_its_log(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    let member = begin.fault.members[0].to_string();
    let refused = end.evidence.get(&format!("{member}-on-the-spoilt-file"));
    let refused = refused.is_some_and(|what| what == "it refused");
    let itself = exits(events, begin).any(|exit| exit.expected && exit.status != "signal 9");
    refused && itself && log_contains(begin, dir, "crc")
}

/// The ends of the processes that a fault hits.
fn exits<'a>(events: &'a [Event], begin: &'a FaultBegin) -> impl Iterator<Item = &'a MemberExit> {
    let of_member =
        |event: &&Event| event.member.is_some_and(|member| begin.fault.members.contains(&member));
    events.iter().filter(of_member).filter_map(|event| match &event.body {
        Body::Environment(Environment::MemberExited(exit)) => Some(exit),
        _ => None,
    })
}
