//! The crash and log scan: every anomaly fires, everything expected is silent.

use crate::common::{self, Cluster};
use crate::streams::{self, Make, assert_silent};
use stormglass_checkers::history::{Body, Environment, History, MemberExit, Nanos, Phase, Sample};
use stormglass_checkers::logs::checker;
use stormglass_checkers::verdict::Status;

const LOGS: Make = checker;

fn with(environment: Environment) -> History {
    let mut cluster = Cluster::new(2);
    cluster.put(0, "a", "1");
    cluster.record(None, Some(1), Body::Environment(environment));
    cluster.finish()
}

fn exit(status: &str, expected: bool, log_tail: &[&str]) -> Environment {
    let log_tail = log_tail.iter().map(|line| (*line).to_owned()).collect();
    Environment::MemberExited(MemberExit { status: status.to_owned(), expected, log_tail })
}

#[test]
fn a_member_that_ends_by_itself_has_crashed() {
    let tail = ["starting", "panic: assertion failed: Page expected", "goroutine 1", ""];
    let history = with(exit("code 2", false, &tail));
    assert_eq!(streams::anomalies(LOGS, &history), ["member-crashed"]);
    assert_eq!(
        streams::verdict(LOGS, &history).findings[0].sentence,
        "m2 ended by itself with code 2; its log says: panic: assertion failed: Page expected"
    );
    let history = with(exit("signal 11", false, &[]));
    assert_eq!(streams::anomalies(LOGS, &history), ["member-crashed"]);
}

#[test]
fn an_end_that_a_fault_explains_is_legal() {
    assert_silent(LOGS, &with(exit("signal 9", true, &[])));
    let mut cluster = Cluster::new(3);
    cluster.kill(0);
    cluster.restart(0);
    assert_silent(LOGS, &cluster.finish());
}

#[test]
fn an_end_by_its_surroundings_is_unknown() {
    let tail = ["etcdmain: listen tcp 10.0.0.1:2380: bind: address already in use"];
    let verdict = streams::verdict(LOGS, &with(exit("code 1", false, &tail)));
    assert_eq!(verdict.status, Status::Unknown);
    assert!(verdict.reasons[0].contains("address already in use"), "{:?}", verdict.reasons);
}

#[test]
fn a_line_that_no_correct_member_writes_is_a_finding() {
    let line = r#"{"level":"error","msg":"found data inconsistency with peers"}"#.to_owned();
    let history = with(Environment::LogFinding { line });
    assert_eq!(streams::anomalies(LOGS, &history), ["log-finding"]);
    // What the harness marked and nobody knows decides nothing.
    let line = "an ordinary line".to_owned();
    let verdict = streams::verdict(LOGS, &with(Environment::LogFinding { line }));
    assert_eq!(verdict.status, Status::Unknown);
}

fn not_recovered(lag: Nanos) -> History {
    let mut cluster = Cluster::new(2);
    let from = Nanos(1);
    let fault = cluster.fault_begin("pause", &[1]);
    cluster.fault_end(fault, from);
    // Starved before recovery began: that does not count.
    let early = Sample::TimerLag { lag: Nanos(2_000_000_000) };
    cluster.record(None, None, Body::Sample(early));
    cluster.phase(Phase::Recover);
    cluster.record(None, None, Body::Sample(Sample::TimerLag { lag }));
    cluster.phase(Phase::NotRecovered);
    cluster.phase(Phase::Done);
    cluster.stop()
}

#[test]
fn a_cluster_that_stays_down_is_a_finding_unless_the_harness_was_starved() {
    let history = not_recovered(Nanos(20_000_000));
    assert_eq!(streams::anomalies(LOGS, &history), ["not-recovered"]);
    let verdict = streams::verdict(LOGS, &not_recovered(Nanos(800_000_000)));
    assert_eq!(verdict.status, Status::Unknown);
    assert!(verdict.reasons[0].contains("starved for 0.8 s"), "{:?}", verdict.reasons);
}

#[test]
fn an_end_before_the_cluster_served_is_no_crash() {
    let mut history = Cluster::new(1).finish();
    let index = history.events[0].index;
    let exit = MemberExit { status: "code 2".to_owned(), expected: false, log_tail: Vec::new() };
    let mut prepare = history.events[0].clone();
    prepare.body = Body::Environment(Environment::Phase(Phase::Prepare));
    let mut ended = prepare.clone();
    ended.body = Body::Environment(Environment::MemberExited(exit));
    common::insert_after(&mut history, index, ended);
    common::insert_after(&mut history, index, prepare);
    let verdict = streams::verdict(checker, &history);
    assert_eq!(verdict.status, Status::Unknown, "{verdict:?}");
    assert!(verdict.reasons[0].contains("before the cluster served"), "{verdict:?}");
}
