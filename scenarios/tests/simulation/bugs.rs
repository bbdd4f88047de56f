//! Every bug is caught by the checker that is meant for it.

use std::collections::BTreeSet;

use stormglass_checkers::verdict::Status;
use stormglass_scenarios::simulation::{Bug, bugs};

use crate::support::{COMPACT, Judged, KILL, busy, judge};

/// A bug is looked for under so many seeds.
const SEEDS: u64 = 6;

/// Each bug, and the checker and anomaly by which it must be caught. A bug may be caught by
/// others too; this one must be among them under at least one seed.
const CAUGHT: &[(Bug, &str, &str)] = &[
    (Bug::StaleRead, "linearizability", "stale-read"),
    (Bug::LostWrite, "linearizability", "time-travel"),
    (Bug::SplitRevision, "linearizability", "split-revision"),
    (Bug::DivergedMember, "convergence", "diverged-members"),
    (Bug::DoubledWrite, "linearizability", "doubled-write"),
    (Bug::PhantomWrite, "linearizability", "refused-write-applied"),
    (Bug::PartialTxn, "linearizability", "wrong-response"),
    (Bug::WrongBranch, "linearizability", "wrong-transaction"),
    (Bug::RevisionBack, "durability", "revision-lost"),
    (Bug::WatchDrop, "watch", "watch-gap"),
    (Bug::WatchDuplicate, "watch", "watch-duplicate"),
    (Bug::WatchReorder, "watch", "watch-disorder"),
    (Bug::WatchSplit, "watch", "watch-split"),
    (Bug::WatchAlter, "watch", "watch-diverged"),
    (Bug::WatchUncommitted, "watch", "watch-phantom"),
    (Bug::WatchBeforeStart, "watch", "watch-before-start"),
    (Bug::WatchOutsideRange, "watch", "watch-outside-range"),
    (Bug::ProgressEarly, "watch", "watch-progress-early"),
    (Bug::WrongPrevKv, "watch", "watch-prev-kv"),
    (Bug::MissingCompactionCancel, "watch", "watch-compaction-silent"),
    (Bug::PartialExpiry, "linearizability", "phantom-write"),
    (Bug::CompactedRead, "linearizability", "wrong-past-read"),
    (Bug::FutureRead, "linearizability", "stale-read"),
    (Bug::WrongCount, "linearizability", "wrong-response"),
    (Bug::WrongVersion, "revisions", "key-arithmetic"),
    (Bug::Crash, "logs", "member-crashed"),
    (Bug::EarlyExpiry, "leases", "lease-early-expiry"),
    (Bug::NoExpiry, "leases", "lease-late-expiry"),
    (Bug::ResurrectedLease, "leases", "lease-resurrected"),
    (Bug::LostKeepalive, "leases", "lease-early-expiry"),
    (Bug::ShortTtl, "leases", "lease-short-ttl"),
    (Bug::DeadLeasePut, "leases", "dead-lease-used"),
    (Bug::WrongRefusal, "leases", "lease-lost"),
];

fn run(bug: Bug, seed: u64) -> Judged {
    let plan = match bug {
        // A lease is late only where nothing has disturbed the cluster for a while.
        Bug::NoExpiry => busy(30, &[], seed),
        _ => busy(5, &[KILL, COMPACT], seed),
    };
    judge(&plan, Some(bug))
}

/// What was found under each seed, until the anomaly is among it.
fn hunt(bug: Bug, checker: &str, anomaly: &str) -> Result<(), String> {
    let mut struck = 0;
    let mut told = Vec::new();
    for seed in 0..SEEDS {
        let judged = run(bug, seed);
        struck += judged.simulated.struck.get(&bug).copied().unwrap_or(0);
        if judged.anomalies(checker).contains(&anomaly) {
            assert_eq!(judged.judgement.status, Status::Invalid);
            return Ok(());
        }
        told.push(judged.complaints());
    }
    Err(format!("{bug} struck {struck} times; {checker} did not say {anomaly}: {told:#?}"))
}

#[test]
fn every_bug_is_in_the_table_once() {
    let listed: Vec<Bug> = CAUGHT.iter().map(|(bug, _, _)| *bug).collect();
    let all: BTreeSet<Bug> = bugs().iter().map(|entry| entry.bug).collect();
    assert_eq!(listed.len(), all.len());
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), all);
}

#[test]
fn every_bug_is_caught_by_the_checker_meant_for_it() {
    let hunts = CAUGHT.iter().map(|(bug, checker, anomaly)| hunt(*bug, checker, anomaly));
    let missed: Vec<String> = hunts.filter_map(Result::err).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
