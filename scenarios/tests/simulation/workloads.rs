//! Every kind of workload: silent on a correct store, and found out on a broken one.

use std::collections::BTreeSet;

use stormglass_checkers::verdict::Status;
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::simulation::Bug;
use stormglass_scenarios::workload::workloads;

use crate::support::{COMPACT, ISOLATE, KILL, PAUSE, judge, plan};

/// A broken store is tried with so many seeds.
const SEEDS: u64 = 8;

/// Each kind, with bugs and the checker and anomaly by which its traffic must find them out.
const FOUND: &[(&str, Bug, &str, &str)] = &[
    ("mixed", Bug::StaleRead, "linearizability", "stale-read"),
    ("lock", Bug::WrongBranch, "linearizability", "wrong-transaction"),
    ("append", Bug::WrongBranch, "linearizability", "wrong-transaction"),
    ("register", Bug::StaleRead, "linearizability", "stale-read"),
    ("register", Bug::WrongBranch, "linearizability", "wrong-transaction"),
    ("set", Bug::LostWrite, "durability", "lost-write"),
    ("set", Bug::WrongBranch, "linearizability", "wrong-transaction"),
    ("kubernetes", Bug::StaleRead, "linearizability", "stale-read"),
    ("kubernetes", Bug::WrongBranch, "linearizability", "wrong-transaction"),
    ("kubernetes", Bug::WrongCount, "linearizability", "wrong-response"),
    ("kubernetes", Bug::WatchDrop, "watch", "watch-gap"),
    ("kubernetes", Bug::WrongPrevKv, "watch", "watch-prev-kv"),
    ("kubernetes", Bug::WrongVersion, "revisions", "key-arithmetic"),
];

fn traffic(kind: &str, seconds: u32, faults: &[&str], seed: u64) -> Plan {
    let mut text = format!(
        "[workload]\nkind = \"{kind}\"\nclients = 6\nwatchers = 4\nrate = 200\nkeys = 6\n\
         lease-ttl = {{ min = 1, max = 2 }}\ndeadline = \"700ms\"\n\
         [limits]\nduration = \"{seconds}s\"\nrecovery = \"20s\"\n\
         [cluster]\nelection = \"500ms\"\nheartbeat = \"50ms\"\n"
    );
    text.extend(faults.iter().copied());
    plan(&text, seed)
}

#[test]
fn every_kind_is_silent_on_a_correct_store() {
    for entry in workloads() {
        for seed in 0..3 {
            let judged =
                judge(&traffic(entry.kind, 6, &[KILL, PAUSE, ISOLATE, COMPACT], seed), None);
            let complaints = judged.complaints();
            let what = entry.kind;
            assert!(judged.simulated.recovered, "{what}: the cluster did not recover");
            assert_eq!(judged.judgement.status, Status::Valid, "{what} {seed}: {complaints:#?}");
        }
    }
}

#[test]
fn every_kind_finds_a_broken_store_out() {
    let kinds: BTreeSet<&str> = workloads().iter().map(|entry| entry.kind).collect();
    let tried: BTreeSet<&str> = FOUND.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(tried, kinds);
    for (kind, bug, checker, anomaly) in FOUND {
        let found = (0..SEEDS).any(|seed| {
            let judged = judge(&traffic(kind, 6, &[KILL], seed), Some(*bug));
            judged.anomalies(checker).contains(anomaly)
        });
        assert!(found, "{kind} does not find {bug} out: {checker} never said {anomaly}");
    }
}
