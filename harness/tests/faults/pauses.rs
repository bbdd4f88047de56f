//! Pauses of a leader, for less and for more than the election timeout and the lives of leases.

use stormglass_checkers::history::{
    Body, Event, FaultBegin, FaultEnd, HexId, MemberIndex, Sample, Span,
};

use super::members::member_fell_silent;
use super::{run_scenario, support};

/// How long followers wait for a leader before they elect another one, at least, and how long
/// leases live, at most.
const ELECTION_MS: u64 = 2_000;
const TTL_MS: u64 = 4_000;

/// An old leader that sleeps on may end leases early that were kept alive or granted again
/// meanwhile (#15247): here none is.
const SCENARIO: &str = r#"
schema = 1
name = "pauses"
[cluster]
election = "2s"
[workload]
clients = 6
watchers = 1
rate = 200
lease-ttl = { min = 3, max = 4 }
[workload.weights]
lease-keepalive = 0
lease-keepalive-late = 0
lease-grant-again = 0
[limits]
duration = "14s"
[check]
sometimes = ["leader-changed", "lease-expired"]
[[avoid]]
releases = "*"
triggers = ["txn-range-revision", "watch-compacted-start", "watch-future-start"]
[[fault]]
kind = "pause"
target = "leader"
at = "2s"
for = "500ms"
[[fault]]
kind = "pause"
target = "leader"
at = "5s"
for = "7s"
"#;

/// What a member said of itself and its leader.
struct Word {
    by: MemberIndex,
    term: u64,
    leader: HexId,
    /// The member's own ID.
    own: HexId,
}

/// What members said in a time.
fn words(events: &[Event], time: Span) -> Vec<Word> {
    let during = |event: &&Event| time.from < event.at && event.at < time.to;
    let word = |event: &Event| match &event.body {
        Body::Sample(Sample::Status(status)) => {
            let header = status.header?;
            let (term, own) = (header.raft_term, header.member_id);
            Some(Word { by: event.member?, term, leader: status.leader, own })
        }
        _ => None,
    };
    events.iter().filter(during).filter_map(word).collect()
}

/// The pauses of a run, each of one member that led.
fn pauses(events: &[Event]) -> Vec<(&FaultBegin, &FaultEnd)> {
    let end = |begin: &FaultBegin| {
        events.iter().find_map(|event| match &event.body {
            Body::FaultEnd(end) if end.id == begin.id => Some(end),
            _ => None,
        })
    };
    let begins = events.iter().filter_map(|event| match &event.body {
        Body::FaultBegin(begin) => Some(begin),
        _ => None,
    });
    begins.map(|begin| (begin, end(begin).expect("it ended"))).collect()
}

fn milliseconds(time: Span) -> u64 {
    (time.to.0 - time.from.0) / 1_000_000
}

#[test]
fn a_leader_keeps_its_office_in_a_short_pause_and_loses_it_in_a_long_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dir, said) = run_scenario(folder.path(), SCENARIO, 0);
    let events = support::events(&dir);
    let pauses = pauses(&events);
    let [(short, short_end), (long, long_end)] = pauses[..] else { panic!("{}", said.out) };
    for (begin, end) in &pauses {
        assert_eq!(end.error, None, "{}", said.out);
        let stopped = format!("{}-stopped-after-us", begin.fault.members[0]);
        assert!(end.evidence.contains_key(&stopped), "{end:?}");
        assert!(member_fell_silent(&events, begin, end, &dir), "{end:?}");
    }
    let (first, second) = (short_end.landed.expect("landed"), long_end.landed.expect("landed"));
    let old = long.fault.members[0];
    assert!(milliseconds(first) < ELECTION_MS && milliseconds(second) > ELECTION_MS.max(TTL_MS));

    // From before the first pause until the second one, everybody says the same.
    let before = words(&events, Span { from: events[0].at, to: second.from });
    let (term, leader) = (before[0].term, before[0].leader);
    assert!(before.iter().all(|word| (word.term, word.leader) == (term, leader)));
    assert!(before.iter().any(|word| word.by == old && word.own == leader), "it led");
    assert_eq!(short.fault.members, long.fault.members, "it led on");

    // While it sleeps, the others follow another one; when it wakes, it does.
    let during = words(&events, second);
    assert!(during.iter().any(|word| word.term > term && word.leader == word.own));
    let after = words(&events, Span { from: second.to, to: events[events.len() - 1].at });
    let follows = |word: &Word| word.by == old && word.term > term && word.leader != word.own;
    assert!(after.iter().any(follows), "it never learnt of the other");
}
