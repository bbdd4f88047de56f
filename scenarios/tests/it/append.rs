//! What the workload `append` promises of its traffic.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::support::{Taken, drive, plan};
use proptest::prelude::*;
use stormglass_checkers::append::list_elements;
use stormglass_checkers::checker::{Budget, CheckContext};
use stormglass_checkers::history::{
    Body, Bytes, CompareTarget, Event, Invoke, MemberPreamble, Nanos, Outcome, Preamble, ProcessId,
    Request, Response, Revision, SCHEMA, Txn, TxnOp,
};
use stormglass_checkers::verdict::Status;
use stormglass_scenarios::scenario::Scenario;
use stormglass_scenarios::workload::{Role, Step, workload};

const TRAFFIC: &str = "[workload]\nkind = \"append\"\nclients = 5\nkeys = 6\n";

fn transactions(taken: &[Taken]) -> impl Iterator<Item = &Txn> {
    taken.iter().map(|taken| match &taken.step {
        Step::Invoke(Request::Txn(txn)) => txn,
        other => panic!("the workload does not take {other:?}"),
    })
}

/// The element that a put is, or those of a list in one value.
fn elements(value: &Bytes) -> Vec<Bytes> {
    list_elements(value).unwrap_or_else(|| vec![value.clone()])
}

fn is_element(key: &Bytes) -> bool {
    key.to_string().matches('/').count() > 1
}

/// The kind of a transaction: the name of its weight.
fn name(txn: &Txn) -> &'static str {
    let puts = txn.success.iter().filter(|op| matches!(op, TxnOp::Put(_))).count();
    let others = txn.success.iter().any(|op| {
        let TxnOp::Range(range) = op else { return false };
        let own = |op: &TxnOp| {
            let below = |key: &Bytes| key.as_slice().starts_with(range.key.as_slice());
            matches!(op, TxnOp::Put(put) if below(&put.key))
        };
        !txn.success.iter().any(own)
    });
    let local =
        txn.success.iter().any(|op| matches!(op, TxnOp::Range(range) if range.serializable));
    match (puts, others) {
        (0, _) if local => "local-read",
        (0, _) => "read",
        (_, true) => "txn",
        (_, false) => "append",
    }
}

/// What was taken, as a history.
fn history(taken: &[Taken]) -> Vec<Event> {
    let mut events = Vec::new();
    // A process whose outcome is unknown never acts again.
    let (mut processes, mut next) = (BTreeMap::new(), 0);
    for taken in taken {
        let (Step::Invoke(request), Some(outcome)) = (&taken.step, &taken.outcome) else {
            continue;
        };
        let process = *processes.entry(taken.actor).or_insert_with(|| {
            next += 1;
            ProcessId(next)
        });
        let invoke = Invoke { intended: Nanos(0), request: request.clone() };
        for body in [Body::Invoke(invoke), Body::Complete(outcome.clone())] {
            let index = events.len() as u64;
            events.push(Event {
                index,
                at: Nanos(index),
                process: Some(process),
                member: None,
                body,
            });
        }
        if matches!(outcome, Outcome::Unknown(_)) {
            processes.remove(&taken.actor);
        }
    }
    events
}

fn context() -> CheckContext {
    let member =
        MemberPreamble { name: "m1".into(), store: "etcd".into(), version: "3.5.16".into() };
    let preamble = Preamble {
        stormglass_history: SCHEMA,
        scenario: "test".to_owned(),
        seed: 1,
        target: "test".to_owned(),
        members: vec![member],
        prefix: String::new(),
        start_revision: Revision(1),
        exclusive: true,
        revisions: true,
        started: String::new(),
        written_by: String::new(),
    };
    CheckContext { preamble, sometimes: Vec::new(), budget: Budget::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_element_is_appended_once_and_no_key_is_written_twice(seed in any::<u64>()) {
        let taken = drive(&plan(TRAFFIC, seed), "", 1_500);
        let mut seen: BTreeSet<Bytes> = BTreeSet::new();
        let mut appended = 0;
        for txn in transactions(&taken) {
            let mut written = BTreeSet::new();
            for op in &txn.success {
                let TxnOp::Put(put) = op else { continue };
                prop_assert!(written.insert(put.key.clone()), "{} twice in {txn:?}", put.key);
                let all = elements(&put.value);
                let fresh: Vec<Bytes> =
                    all.iter().filter(|one| seen.insert((*one).clone())).cloned().collect();
                // What is extended was there before, so that only the last are new.
                prop_assert!(!fresh.is_empty() && all.ends_with(&fresh));
                appended += fresh.len();
            }
        }
        prop_assert!(appended > 700, "{appended}");
    }

    #[test]
    fn lists_in_one_value_are_written_under_guard_only(seed in any::<u64>()) {
        for txn in transactions(&drive(&plan(TRAFFIC, seed), "", 500)) {
            for op in &txn.success {
                let TxnOp::Put(put) = op else { continue };
                let guard = txn.compare.iter().find(|guard| guard.key == put.key);
                prop_assert_eq!(guard.is_some(), !is_element(&put.key), "{:?}", txn);
                let target = guard.map(|guard| &guard.target);
                prop_assert!(matches!(target, None | Some(CompareTarget::ModRevision(_))));
            }
        }
    }

    #[test]
    fn the_checker_takes_all_of_it_and_is_silent(seed in any::<u64>()) {
        let taken = drive(&plan(TRAFFIC, seed), "", 2_000);
        let mut checker = (stormglass_checkers::append::ENTRY.new)(&context());
        for event in &history(&taken) {
            checker.observe(&Arc::new(event.clone()));
        }
        let verdict = checker.finish();
        prop_assert_eq!(verdict.status, Status::Valid, "{:?}", verdict);
        prop_assert!(verdict.stats["transactions"] > 1_700, "{:?}", verdict.stats);
        prop_assert!(verdict.stats["appends"] > 700, "{:?}", verdict.stats);
    }

    #[test]
    fn the_same_seed_makes_the_same_traffic(seed in any::<u64>()) {
        let steps = |seed| -> Vec<Step> {
            drive(&plan(TRAFFIC, seed), "", 400).into_iter().map(|taken| taken.step).collect()
        };
        prop_assert_eq!(steps(seed), steps(seed));
        prop_assert_ne!(steps(seed), steps(seed ^ 1));
    }
}

#[test]
fn every_request_of_the_table_is_sent_by_its_weight() {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let taken = drive(&plan(TRAFFIC, 5), "", 20_000);
    for txn in transactions(&taken) {
        *counts.entry(name(txn)).or_insert(0) += 1;
        assert!(txn.success.len() <= 16, "{txn:?}");
    }
    for entry in workload("append").expect("append").weights {
        let share = f64::from(counts.get(entry.name).copied().unwrap_or(0)) / 20_000.0;
        let wanted = f64::from(entry.default) / 100.0;
        assert!((share - wanted).abs() < 0.02, "{} in {counts:?}", entry.name);
    }
    assert!(taken.iter().all(|taken| taken.role == Role::Client));
}

#[test]
fn guards_often_hold_and_sometimes_do_not() {
    let (mut held, mut failed) = (0, 0);
    for taken in drive(&plan(TRAFFIC, 8), "", 20_000) {
        if let (Step::Invoke(Request::Txn(txn)), Some(Outcome::Ok(Response::Txn(answer)))) =
            (&taken.step, &taken.outcome)
            && !txn.compare.is_empty()
        {
            *if answer.succeeded { &mut held } else { &mut failed } += 1;
        }
    }
    assert!(held * 2 > failed && failed * 10 > held, "{held} held, {failed} did not");
}

#[test]
fn lists_are_few_and_not_long_and_below_the_prefix() {
    let mut generations: BTreeSet<Bytes> = BTreeSet::new();
    for taken in drive(&plan(TRAFFIC, 9), "run/", 20_000) {
        if let Step::Invoke(Request::Txn(txn)) = &taken.step {
            for op in txn.success.iter().chain(&txn.failure) {
                match op {
                    TxnOp::Put(put) => {
                        assert!(put.key.as_slice().starts_with(b"run/list/"), "{}", put.key);
                        let length = list_elements(&put.value).map_or(0, |list| list.len());
                        assert!(length < 45, "{}", put.value);
                    }
                    TxnOp::Range(range) => {
                        assert!(range.key.as_slice().starts_with(b"run/list/"), "{}", range.key);
                        generations.insert(range.key.clone());
                    }
                    other => panic!("the workload does not send {other:?}"),
                }
            }
        }
    }
    assert!(generations.len() > 30, "{generations:?}");
}

#[test]
fn without_guards_every_list_is_in_many_keys() {
    let avoid = format!("{TRAFFIC}[[avoid]]\nreleases = \"*\"\ntriggers = [\"guarded-txn\"]");
    for txn in transactions(&drive(&plan(&avoid, 3), "", 2_000)) {
        assert!(txn.compare.is_empty() && txn.failure.is_empty());
    }
}

#[test]
fn its_weights_can_be_set() {
    let text =
        "schema = 1\nname = \"a\"\n[workload]\nkind = \"append\"\n[workload.weights]\nput = 3";
    let error = Scenario::parse(text, "a.toml").expect_err("no such request").to_string();
    assert!(error.contains("unknown request `put`"), "{error}");
    let only = format!("{TRAFFIC}[workload.weights]\ntxn = 0\nread = 0\nlocal-read = 0");
    assert!(transactions(&drive(&plan(&only, 1), "", 500)).all(|txn| name(txn) == "append"));
}
