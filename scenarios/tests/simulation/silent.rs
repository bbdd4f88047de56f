//! A store without bugs is valid, whatever happens to it.

use std::collections::BTreeMap;

use stormglass_checkers::history::{Body, Outcome, WatchFrame};
use stormglass_checkers::verdict::Status;
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::catalog_scenario;

use crate::support::{
    COMPACT, DEFRAGMENT, ISOLATE, Judged, KILL, KILL_ALL, KILL_DEFRAGMENT, MAJORITY, PAUSE, busy,
    judge,
};

/// Seeds for each mix of faults. To hunt false alarms, raise it to some hundreds.
const SEEDS: u64 = 2;

const MIXES: &[&[&str]] = &[
    &[],
    &[KILL],
    &[KILL_ALL, COMPACT],
    &[PAUSE, DEFRAGMENT],
    &[ISOLATE, COMPACT],
    &[MAJORITY],
    &[KILL_DEFRAGMENT, COMPACT],
    &[KILL, PAUSE, ISOLATE, COMPACT, DEFRAGMENT, KILL_DEFRAGMENT],
];

fn expect_valid(what: &str, judged: &Judged) {
    let simulated = &judged.simulated;
    assert!(simulated.recovered, "{what}: the cluster did not recover");
    assert_eq!(judged.judgement.status, Status::Valid, "{what}: {:#?}", judged.complaints());
}

#[test]
fn every_mix_of_faults_is_valid() {
    for seed in 0..SEEDS {
        for (number, mix) in MIXES.iter().enumerate() {
            let judged = judge(&busy(4, mix, seed), None);
            let what = format!("seed {seed}, mix {number}");
            if mix.contains(&KILL_ALL) && judged.judgement.status == Status::Unknown {
                // Every watch was away while the store went on and compacted what they missed.
                assert!(judged.complaints()["leases"].contains("no watch showed"), "{what}");
                continue;
            }
            expect_valid(&what, &judged);
        }
    }
}

#[test]
fn clusters_of_every_size_are_valid() {
    for members in [1, 2, 4, 5, 7] {
        let mut plan = busy(4, &[KILL, PAUSE, ISOLATE, COMPACT], u64::from(members));
        plan.scenario.cluster.members = members;
        let plan = Plan::build(&plan.scenario, plan.seed, "3.6.12").expect("a plan");
        expect_valid(&format!("{members} members"), &judge(&plan, None));
    }
}

#[test]
fn a_scenario_of_the_catalogue_meets_what_it_asks_for() {
    let scenario = catalog_scenario("quick").expect("in the catalogue");
    let plan = Plan::build(&scenario, 1, "3.5.16").expect("a plan");
    expect_valid("quick", &judge(&plan, None));
}

/// What happened in a run, by kind.
fn course(judged: &Judged) -> BTreeMap<String, u64> {
    let mut course = BTreeMap::new();
    for event in &judged.events {
        let name = match &event.body {
            Body::Complete(Outcome::Ok(_)) => "answered".to_owned(),
            Body::Complete(Outcome::Failed(failed)) => format!("{:?}", failed.reason),
            Body::Complete(Outcome::Unknown(doubt)) => format!("{:?}", doubt.reason),
            Body::Watch(watch) => match &watch.frame {
                WatchFrame::Events(events) if events.fragment => "fragment".to_owned(),
                WatchFrame::Events(_) => "events".to_owned(),
                WatchFrame::Progress(_) => "progress".to_owned(),
                WatchFrame::Canceled(canceled) if !canceled.compact_revision.is_zero() => {
                    "compacted watch".to_owned()
                }
                _ => continue,
            },
            _ => continue,
        };
        *course.entry(name).or_default() += 1;
    }
    for verdict in &judged.judgement.verdicts {
        for property in &verdict.properties {
            course.insert(property.name.clone(), property.count);
        }
    }
    course
}

#[test]
fn everything_that_a_real_cluster_does_to_clients_happens() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..3 {
        for (name, count) in course(&judge(&busy(6, MIXES[7], seed), None)) {
            *seen.entry(name).or_default() += count;
        }
        for (name, count) in course(&judge(&busy(6, &[MAJORITY, COMPACT], seed), None)) {
            *seen.entry(name).or_default() += count;
        }
    }
    for name in [
        "answered",
        "Timeout",
        "Disconnected",
        "NotConnected",
        "ReadFailed",
        "LeaseNotFound",
        "Compacted",
        "events",
        "fragment",
        "progress",
        "compacted watch",
        "lease-expired",
        "lease-revoked",
        "leader-changed",
        "watch-resumed-elsewhere",
        "member-restarted",
        "packets-dropped",
        "txn-failed",
        "history-read",
        "serializable-read",
        "fault:kill",
        "fault:pause",
        "fault:isolate",
        "fault:compact",
        "fault:defragment",
    ] {
        assert!(seen.get(name).is_some_and(|count| *count > 0), "{name} never happened: {seen:#?}");
    }
}
