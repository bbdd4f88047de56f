//! The corners of the API that faults need to hurt: each is in the traffic of `mixed`, and
//! none that a trigger names where it is avoided.

#[path = "../it/support/mod.rs"]
pub mod support;

mod leases;
mod ranges;
mod transactions;
mod watches;

use std::collections::BTreeMap;

use stormglass_checkers::history::Request;
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::catalog_scenario;
use stormglass_scenarios::trigger::triggers;
use stormglass_scenarios::workload::Step;
use support::{Taken, drive, plan};

/// Steps of each seed, about eighty seconds.
const STEPS: usize = 40_000;
const SEEDS: u64 = 3;

/// How often each corner is in the traffic.
#[derive(Default)]
pub(crate) struct Corners(BTreeMap<String, u32>);

impl Corners {
    pub(crate) fn see(&mut self, corner: impl Into<String>) {
        *self.0.entry(corner.into()).or_default() += 1;
    }

    pub(crate) fn see_if(&mut self, there: bool, corner: impl Into<String>) {
        if there {
            self.see(corner);
        }
    }

    fn count(&self, corner: &str) -> u32 {
        self.0.get(corner).copied().unwrap_or(0)
    }
}

/// The corners in the traffic of a scenario, over all seeds.
fn corners(text: &str) -> Corners {
    let mut found = Corners::default();
    for seed in 0..SEEDS {
        walk(&drive(&plan(text, seed), "", STEPS), &mut found);
    }
    found
}

fn walk(taken: &[Taken], found: &mut Corners) {
    let mut lives = leases::Lives::default();
    for (turn, taken) in taken.iter().enumerate() {
        match &taken.step {
            Step::Invoke(request) => {
                lives.see(request, taken, turn, found);
                see_request(request, taken, found);
            }
            Step::Watch(watch) => watches::see(watch, taken, found),
            Step::Wait(_) | Step::Done => {}
        }
    }
}

fn see_request(request: &Request, taken: &Taken, found: &mut Corners) {
    match request {
        Request::Range(range) => ranges::see("range", range, taken, found),
        Request::Put(put) => {
            found.see_if(put.prev_kv, "put with the previous pair");
            match (put.ignore_value, put.ignore_lease) {
                (true, true) => found.see("put that keeps value and lease"),
                (true, false) => found.see("put that keeps the value"),
                (false, true) => found.see("put that keeps the lease"),
                (false, false) => {}
            }
        }
        Request::Delete(delete) => {
            let kind = if delete.range_end.is_empty() { "delete" } else { "delete of a range" };
            found.see(kind);
            found.see_if(delete.prev_kv, format!("{kind} with the previous pairs"));
        }
        Request::Txn(txn) => transactions::see(txn, taken, found),
        _ => {}
    }
}

fn expected() -> Vec<String> {
    let puts = [
        "put with the previous pair",
        "put that keeps value and lease",
        "put that keeps the value",
        "put that keeps the lease",
        "delete",
        "delete with the previous pairs",
        "delete of a range",
        "delete of a range with the previous pairs",
    ];
    let puts = puts.into_iter().map(str::to_owned);
    puts.chain(leases::expected())
        .chain(ranges::expected())
        .chain(transactions::expected())
        .chain(watches::expected())
        .collect()
}

/// Corners that are triggers of known bugs, by the trigger. Watches from the compacted
/// revision are in tests/watchers.rs: what a watcher knows of it may be old.
fn triggering() -> Vec<(&'static str, &'static str)> {
    vec![
        ("txn-range-revision", "writing transaction with a range at a past revision"),
        ("txn-range-revision", "writing transaction with a range at a future revision"),
        ("txn-range-revision", "writing transaction with a range at a compacted revision"),
        ("watch-future-start", "watch from the future"),
        ("progress-request", "watch with requests for progress"),
        ("guarded-txn", "guard on a range"),
        ("guarded-txn", "guard of an inner transaction"),
        ("late-keepalive", "keepalive about the end of a lease"),
        ("late-keepalive", "keepalive in a lease's last two seconds"),
    ]
}

#[test]
fn every_corner_is_in_the_traffic() {
    let found = corners("");
    let missing: Vec<String> =
        expected().into_iter().filter(|corner| found.count(corner) < 3).collect();
    assert!(missing.is_empty(), "{missing:#?} of {:#?}", found.0);
}

#[test]
fn corners_that_are_avoided_are_not_there_and_the_others_are() {
    let names: Vec<String> = triggers().iter().map(|entry| format!("\"{}\"", entry.name)).collect();
    let text = format!("[[avoid]]\nreleases = \"*\"\ntriggers = [{}]\n", names.join(", "));
    let found = corners(&text);
    let avoided: Vec<&str> = triggering().into_iter().map(|(_, corner)| corner).collect();
    for corner in &avoided {
        assert!(expected().contains(&(*corner).to_owned()), "nobody looks for: {corner}");
        assert_eq!(found.count(corner), 0, "{corner}");
    }
    // Without guards none compares anything.
    let guards = |corner: &String| corner.starts_with("guard") || corner.starts_with("compare");
    let starts = ["watch from the head", "watch from the compacted revision"];
    let others = expected().into_iter().filter(|corner| {
        !avoided.contains(&corner.as_str()) && !guards(corner) && !starts.contains(&corner.as_str())
    });
    let missing: Vec<String> = others.filter(|corner| found.count(corner) == 0).collect();
    assert!(missing.is_empty(), "{missing:#?} of {:#?}", found.0);
}

#[test]
fn what_has_weight_0_is_not_there() {
    let text = "[workload.weights]\nput-keep = 0\nrefused-range = 0\nnested-txn = 0\n\
                read-txn = 0\nlease-grant-short = 0\nlease-grant-again = 0\n\
                lease-time-to-live = 0\nlease-list = 0\nlease-revoke-late = 0\nlease-revoke = 0\n\
                [workload.txn]\nany-guard = 0\nrange-guard = 0\nfailure-write = 0\n\
                delete-range = 0\nlease = 0\nrange-revision = 0\n[workload.watch]\nslow = 0\n";
    let found = corners(text);
    for corner in [
        "put that keeps the value",
        "put that keeps the lease",
        "range at a future revision",
        "nested transaction",
        "reading transaction",
        "lease of the shortest time",
        "lease granted again",
        "question for a lease's time",
        "list of leases",
        "revocation about the end of a lease",
        "compare lease Equal",
        "guard on a range",
        "transaction that writes in both branches",
        "transaction that deletes a range",
        "transaction that attaches a lease",
        "writing transaction with a range at a past revision",
        "watch by a slow reader",
    ] {
        assert_eq!(found.count(corner), 0, "{corner}");
    }
}

#[test]
fn the_storm_has_few_hot_keys_with_many_deletes() {
    let scenario = catalog_scenario("storm").expect("in the catalogue");
    let plan = Plan::build(&scenario, 1, "3.5.30").expect("a plan");
    let taken = drive(&plan, "", STEPS);
    let requests = taken.iter().filter_map(|taken| match &taken.step {
        Step::Invoke(request) => Some(request),
        _ => None,
    });
    let requests: Vec<&Request> = requests.collect();
    let deletes = requests.iter().filter(|request| matches!(request, Request::Delete(_))).count();
    assert!(plan.scenario.workload.keys <= 8);
    assert!(deletes * 10 > requests.len(), "{deletes} of {}", requests.len());
}
