//! What shows that a fault of links bit.

use std::path::Path;

use stormglass_checkers::history::{Body, Event, FaultBegin, FaultEnd, Outcome};

use super::log;

/// Packets were dropped, and the peers' own logs say that they lost the member.
pub(super) fn peers_lost_the_member(
    _: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    let dropped = end.evidence.get("packets-dropped");
    let dropped: u64 = dropped.and_then(|count| count.parse().ok()).unwrap_or(0);
    let isolated = begin.fault.members[0].to_string();
    let logs = ["m1", "m2", "m3"].into_iter().filter(|name| *name != isolated);
    let lost = logs.map(|name| log(dir, name)).any(|log| {
        log.contains("lost TCP streaming connection with remote peer")
            || log.contains("prober detected unhealthy status")
            || log.contains("lost leader")
            || log.contains("elected leader")
    });
    dropped > 0 && lost
}

/// Every answer of the member took the way there and back, as clients saw it.
pub(super) fn answers_were_late(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    _dir: &Path,
) -> bool {
    let took = latencies(events, begin, end);
    took.len() > 5 && took.iter().all(|nanos| *nanos >= 80_000_000)
}

/// How long answers of the members took that a fault hit, of what was sent while it held.
pub(super) fn latencies(events: &[Event], begin: &FaultBegin, end: &FaultEnd) -> Vec<u64> {
    let landed = end.landed.expect("landed");
    let mut sent = std::collections::BTreeMap::new();
    let mut took = Vec::new();
    for event in events {
        let hit = event.member.is_some_and(|member| begin.fault.members.contains(&member));
        match &event.body {
            Body::Invoke(_) if hit && event.at.0 > landed.from.0 => {
                sent.insert(event.process, event.at.0);
            }
            Body::Complete(Outcome::Ok(_)) if event.at.0 < landed.to.0 => {
                took.extend(sent.remove(&event.process).map(|sent| event.at.0 - sent));
            }
            _ => {}
        }
    }
    took
}

/// Other members' logs tell of connections that were reset.
pub(super) fn peers_saw_resets(_: &[Event], begin: &FaultBegin, _: &FaultEnd, dir: &Path) -> bool {
    let hit = begin.fault.members[0].to_string();
    let logs = ["m1", "m2", "m3"].into_iter().filter(|name| *name != hit);
    logs.map(|name| log(dir, name)).any(|log| log.contains("connection reset by peer"))
}
