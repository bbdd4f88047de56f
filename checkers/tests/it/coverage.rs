//! The coverage checker: it counts what it says, and misses nothing that is missing.

use std::collections::BTreeMap;

use crate::common::{
    self, Cluster, delete, get_at, get_serializable, put, put_with_lease, revoke, txn,
};
use crate::streams::{Watcher, only_header, watching};
use stormglass_checkers::checker::{Budget, CheckContext};
use stormglass_checkers::coverage::{checker, known_properties};
use stormglass_checkers::history::{
    Body, Compact, Environment, FaultEnd, HexId, History, LinkSample, MemberIndex, Nanos, Request,
    Revision, Sample, Span, StatusResponse, WatchCanceled, WatchEvents, WatchFrame, WatchRequest,
};
use stormglass_checkers::verdict::{Status, Verdict};

fn verdict(history: &History, sometimes: &[&str]) -> Verdict {
    let sometimes = sometimes.iter().map(|text| (*text).to_owned()).collect();
    let preamble = history.preamble.clone();
    let context = CheckContext { preamble, sometimes, budget: Budget::default() };
    common::feed(checker(&context), history)
}

fn counts(history: &History) -> BTreeMap<String, u64> {
    let properties = verdict(history, &[]).properties;
    properties.into_iter().map(|property| (property.name, property.count)).collect()
}

fn status(term: u64, leader: u64) -> Body {
    let leader = HexId(leader);
    Body::Sample(Sample::Status(StatusResponse {
        header: None,
        version: "3.5.16".to_owned(),
        db_size_bytes: 0,
        db_size_in_use_bytes: 0,
        leader,
        raft_index: 0,
        raft_term: term,
        raft_applied_index: 0,
        learner: false,
        errors: Vec::new(),
    }))
}

/// A run in which everything happens.
fn eventful() -> Cluster {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "a", "1");
    cluster.put(0, "b", "2");
    let _ = cluster.at(1, get_serializable("a"));
    let _ = cluster.at(1, get_at("a", 2));
    let guard = || vec![common::if_value("a", "1")];
    let _ = cluster.at(1, txn(guard(), vec![put("a", "3")], Vec::new()));
    let _ = cluster.at(1, txn(guard(), vec![put("a", "4")], Vec::new()));
    let compact = Compact { revision: Revision(2), physical: false };
    let _ = cluster.at(2, Request::Compact(compact));
    cluster.lose_answer(0, put("c", "5"));
    let _ = cluster.at(0, put_with_lease("c", "6", 404));
    for lease in [1, 2] {
        let _ = cluster.at(0, common::grant(lease, 3));
        let _ = cluster.at(0, put_with_lease(&format!("l{lease}"), "leased", lease));
    }
    let _ = cluster.at(0, revoke(1));
    cluster.expire(2);
    let first = Watcher::open(&mut cluster, 50, 0, watching("a", "", 3));
    let canceled = WatchFrame::Canceled(WatchCanceled::default());
    first.frame(&mut cluster, canceled);
    watched_with_options(&mut cluster);
    Watcher::resume(&mut cluster, (51, Some(first.id)), 0, watching("a", "", 3));
    Watcher::resume(&mut cluster, (52, Some(first.id)), 1, watching("a", "", 3));
    for (term, leader) in [(2, 7), (2, 7), (3, 0), (3, 8), (2, 7)] {
        cluster.record(None, Some(0), status(term, leader));
    }
    let fault = cluster.fault_begin("kill", &[1]);
    let from = Nanos(cluster.history.events.len() as u64 * 1_000_000);
    cluster.kill(1);
    cluster.put(0, "d", "7");
    cluster.restart(1);
    cluster.fault_end(fault, from);
    let fault = cluster.fault_begin("isolate", &[1, 2]);
    let from = Nanos(cluster.history.events.len() as u64 * 1_000_000);
    cluster.lose_answer(0, put("d", "8"));
    // It is cut off itself, and answers nobody of those who ask it.
    cluster.lose_answer(1, put("d", "9"));
    cluster.fault_end(fault, from);
    for dropped in [3, 9] {
        let (from, to) = (Some(MemberIndex(0)), Some(MemberIndex(1)));
        let link = LinkSample { from, to, packets: 100, dropped };
        cluster.record(None, None, Body::Sample(Sample::Link(link)));
    }
    cluster
}

/// Watches of every kind that is counted.
fn watched_with_options(cluster: &mut Cluster) {
    let newest = cluster.store.revision();
    let past = Watcher::open(cluster, 60, 0, watching("a", "z", 3));
    past.deliver(cluster, 4, 4);
    let filtered = WatchRequest { no_delete: true, ..watching("b", "", 2) };
    let filtered = Watcher::open(cluster, 61, 0, filtered);
    filtered.deliver(cluster, 3, 3);
    let future = Watcher::open(cluster, 62, 0, watching("a", "", newest + 2));
    let next = Watcher::open(cluster, 63, 0, watching("a", "", newest + 1));
    let split = WatchEvents { fragment: true, ..WatchEvents::default() };
    for watcher in [&future, &next] {
        watcher.frame(cluster, WatchFrame::Progress(only_header(newest + 1)));
    }
    let events = past.changes(cluster, 3, 3);
    past.frame(cluster, WatchFrame::Events(WatchEvents { events, ..split }));
    let compacted = WatchCanceled { compact_revision: Revision(2), ..WatchCanceled::default() };
    let below = Watcher::open(cluster, 64, 0, watching("a", "", 1));
    below.frame(cluster, WatchFrame::Canceled(compacted));
}

#[test]
fn everything_that_happens_is_counted() {
    let history = eventful().finish();
    let counts = counts(&history);
    for (name, expected) in [
        ("unknown-outcome", 3),
        ("definite-failure", 1),
        ("serializable-read", 4),
        ("history-read", 1),
        ("txn-succeeded", 1),
        ("txn-failed", 1),
        ("compaction", 1),
        ("lease-revoked", 1),
        ("lease-expired", 1),
        ("watch-resumed", 3),
        ("watch-resumed-elsewhere", 1),
        ("watch-canceled", 2),
        ("watch-compacted", 1),
        ("watch-past", 6),
        ("watch-future", 1),
        ("watch-filtered", 1),
        ("watch-previous", 1),
        ("watch-fragment", 1),
        ("watch-progress", 2),
        ("leader-changed", 1),
        ("member-restarted", 1),
        ("packets-dropped", 9),
        ("served-by-majority", 1),
        ("unserved-by-minority", 1),
        ("fault:isolate", 1),
        ("fault:kill", 1),
    ] {
        assert_eq!(counts.get(name).copied(), Some(expected), "{name}");
    }
    assert!(counts["operations"] >= 20);
    let all: Vec<&str> = known_properties().iter().map(|property| property.name).collect();
    assert!(all.iter().all(|name| counts.contains_key(*name)));
    let wanted: Vec<String> =
        counts.iter().map(|(name, count)| format!("{name} >= {count}")).collect();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    assert_eq!(verdict(&history, &wanted).status, Status::Valid);
}

#[test]
fn what_never_happened_is_named() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "a", "1");
    let history = cluster.finish();
    for property in known_properties()
        .iter()
        .filter(|property| !matches!(property.name, "operations" | "serializable-read"))
    {
        let verdict = verdict(&history, &[property.name]);
        assert_eq!(verdict.status, Status::Unknown);
        let expected = format!("`{}` never happened", property.name);
        assert!(verdict.reasons[0].starts_with(&expected), "{:?}", verdict.reasons);
    }
    let missing = verdict(&history, &["operations >= 2000", "fault:isolate"]);
    assert_eq!(missing.reasons.len(), 2);
    assert!(
        missing.reasons[0].contains("`fault:isolate` never happened")
            || missing.reasons[1].contains("`fault:isolate` never happened")
    );
    assert!(missing.findings.is_empty());
    let met: Vec<bool> = missing
        .properties
        .iter()
        .filter(|property| property.needed > 0)
        .map(stormglass_checkers::verdict::Property::met)
        .collect();
    assert_eq!(met, [false, false]);
}

#[test]
fn deletes_that_a_client_may_have_made_are_no_expiry() {
    let leased = |end: fn(&mut Cluster)| {
        let mut cluster = Cluster::new(2);
        let _ = cluster.at(0, common::grant(1, 3));
        let _ = cluster.at(0, put_with_lease("l", "leased", 1));
        end(&mut cluster);
        counts(&cluster.finish())["lease-expired"]
    };
    assert_eq!(leased(|cluster| cluster.expire(1)), 1);
    assert_eq!(leased(|_| {}), 0);
    assert_eq!(leased(|cluster| drop(cluster.at(0, revoke(1)))), 0);
    assert_eq!(leased(|cluster| drop(cluster.lose_answer(0, revoke(1)))), 0);
    assert_eq!(leased(|cluster| drop(cluster.at(0, delete("l")))), 0);
    assert_eq!(leased(|cluster| drop(cluster.lose_answer(0, delete("l")))), 0);
    let doubtful = txn(Vec::new(), vec![delete("l")], Vec::new());
    let mut cluster = Cluster::new(2);
    let _ = cluster.at(0, common::grant(1, 3));
    let _ = cluster.at(0, put_with_lease("l", "leased", 1));
    cluster.lose_answer(0, doubtful);
    assert_eq!(counts(&cluster.finish())["lease-expired"], 0);
}

#[test]
fn a_fault_that_did_not_land_counts_for_nothing() {
    let mut cluster = Cluster::new(1);
    let fault = cluster.fault_begin("pause", &[0]);
    let (landed, evidence) = (None, BTreeMap::new());
    let error = Some("the process was gone".to_owned());
    let end = FaultEnd { id: fault, landed, evidence, error };
    cluster.record(None, None, Body::FaultEnd(end));
    let fault = cluster.fault_begin("isolate", &[0]);
    let evidence = BTreeMap::from([("packets-dropped".to_owned(), "12".to_owned())]);
    let landed = Some(Span { from: Nanos(1), to: Nanos(2) });
    let end = FaultEnd { id: fault, landed, evidence, error: None };
    cluster.record(None, None, Body::FaultEnd(end));
    let history = cluster.finish();
    let counts = counts(&history);
    assert_eq!(counts.get("fault:pause"), None);
    assert_eq!(counts["fault:isolate"], 1);
    assert_eq!(counts["packets-dropped"], 12);
}

#[test]
fn what_could_not_be_tested_and_runs_cut_short_are_unknown() {
    let mut cluster = Cluster::new(1);
    let unavailable = Environment::FaultUnavailable {
        kind: "isolate".to_owned(),
        reason: "namespaces are refused here".to_owned(),
    };
    cluster.record(None, None, Body::Environment(unavailable));
    let reasons = verdict(&cluster.clone().finish(), &[]).reasons;
    assert_eq!(reasons, ["isolate was not tested: namespaces are refused here"]);
    let reasons = verdict(&cluster.stop(), &[]).reasons;
    assert_eq!(reasons.len(), 2);
    assert!(reasons[1].starts_with("the run did not end by itself"), "{reasons:?}");
}

#[test]
fn a_property_that_nobody_counts_is_unknown() {
    let reasons = verdict(&Cluster::new(1).finish(), &["compactions"]).reasons;
    assert!(reasons[0].starts_with("no property is called `compactions`"), "{reasons:?}");
}

#[test]
fn a_starved_harness_is_only_noted() {
    let mut cluster = Cluster::new(1);
    let lag = Nanos(900_000_000);
    cluster.record(None, None, Body::Sample(Sample::TimerLag { lag }));
    let verdict = verdict(&cluster.finish(), &[]);
    assert_eq!(verdict.status, Status::Valid);
    assert_eq!(verdict.stats["worst timer lag of the harness, ms"], 900);
    assert_eq!(verdict.stats["samples with a starved harness"], 1);
}
