//! What the workload `mixed` promises of its traffic.

pub mod support;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use stormglass_checkers::history::{Bytes, CompareTarget, Outcome, Request, Response, Txn, TxnOp};
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::workload::{Step, workload};
use support::{Taken, drive, fires_and_is_avoided, plan};

fn requests(taken: &[Taken]) -> impl Iterator<Item = &Request> {
    taken.iter().filter_map(|taken| match &taken.step {
        Step::Invoke(request) => Some(request),
        _ => None,
    })
}

fn transactions(taken: &[Taken]) -> impl Iterator<Item = &Txn> {
    requests(taken).filter_map(|request| match request {
        Request::Txn(txn) => Some(txn),
        _ => None,
    })
}

fn operations(txn: &Txn) -> impl Iterator<Item = &TxnOp> {
    txn.success.iter().chain(&txn.failure)
}

fn values(taken: &[Taken]) -> Vec<Bytes> {
    let mut values = Vec::new();
    for request in requests(taken) {
        match request {
            Request::Put(put) => values.push(put.value.clone()),
            Request::Txn(txn) => {
                values.extend(operations(txn).filter_map(|operation| match operation {
                    TxnOp::Put(put) => Some(put.value.clone()),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    values
}

const TRAFFIC: &str = "[workload]\nclients = 5\nwatchers = 3\nkeys = 6\nprefill = 230\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_value_and_every_lease_is_new(seed in any::<u64>()) {
        let taken = drive(&plan(TRAFFIC, seed), "", 1_500);
        let values = values(&taken);
        prop_assert!(values.len() > 300);
        let distinct: BTreeSet<&Bytes> = values.iter().collect();
        prop_assert_eq!(distinct.len(), values.len());
        let leases = requests(&taken).filter_map(|request| match request {
            Request::LeaseGrant(grant) => Some(grant.lease),
            _ => None,
        });
        let leases: Vec<_> = leases.collect();
        let distinct: BTreeSet<_> = leases.iter().collect();
        prop_assert_eq!(distinct.len(), leases.len());
        prop_assert!(leases.iter().all(|lease| lease.0 > 0));
    }

    #[test]
    fn no_transaction_writes_a_key_twice(seed in any::<u64>()) {
        let taken = drive(&plan(TRAFFIC, seed), "", 1_500);
        for txn in transactions(&taken) {
            let mut written = BTreeSet::new();
            for operation in &txn.success {
                let key = match operation {
                    TxnOp::Put(put) => &put.key,
                    TxnOp::Delete(delete) => {
                        prop_assert!(delete.range_end.is_empty());
                        &delete.key
                    }
                    _ => continue,
                };
                prop_assert!(written.insert(key.clone()), "{} twice in {:?}", key, txn);
            }
            prop_assert!(txn.success.len() <= 128);
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_traffic(seed in any::<u64>()) {
        let steps = |plan: &Plan| -> Vec<Step> {
            drive(plan, "", 400).into_iter().map(|taken| taken.step).collect()
        };
        prop_assert_eq!(steps(&plan(TRAFFIC, seed)), steps(&plan(TRAFFIC, seed)));
        prop_assert_ne!(steps(&plan(TRAFFIC, seed)), steps(&plan(TRAFFIC, seed ^ 1)));
    }
}

#[test]
fn every_key_is_below_the_prefix() {
    let below = |key: &Bytes| assert!(key.as_slice().starts_with(b"run/"), "{key}");
    for taken in drive(&plan(TRAFFIC, 1), "run/", 4_000) {
        match &taken.step {
            Step::Invoke(Request::Put(put)) => below(&put.key),
            Step::Invoke(Request::Range(range)) => {
                below(&range.key);
                assert_ne!(range.range_end.as_slice(), b"\0");
            }
            Step::Invoke(Request::Delete(delete)) => below(&delete.key),
            Step::Watch(watch) => below(&watch.request.key),
            _ => {}
        }
    }
}

#[test]
fn the_fill_is_written_once_and_first() {
    let taken = drive(&plan(TRAFFIC, 3), "", 200);
    let mut filled = Vec::new();
    for txn in transactions(&taken) {
        filled.extend(operations(txn).filter_map(|operation| match operation {
            TxnOp::Put(put) if put.key.as_slice().starts_with(b"fill-") => Some(put.key.clone()),
            _ => None,
        }));
    }
    assert_eq!(filled.len(), 230);
    assert_eq!(filled.iter().collect::<BTreeSet<_>>().len(), 230);
    let first = taken.iter().find(|taken| taken.actor == 0).map(|taken| &taken.step);
    assert!(matches!(first, Some(Step::Invoke(Request::Txn(txn))) if txn.success.len() == 46));
}

/// Requests by the names of their weights, as far as a request shows its name.
fn counts(taken: &[Taken]) -> BTreeMap<&'static str, u32> {
    let mut counts = BTreeMap::new();
    for request in requests(taken) {
        let name = match request {
            Request::Put(put) if put.lease.0 == 0 => "put",
            Request::Put(_) => "lease-attach",
            Request::Range(range) if range.revision.0 != 0 => "history-range",
            Request::Range(range) if range.serializable => "stale-range",
            Request::Range(range) if range.range_end.is_empty() => "get",
            Request::Range(_) => "range",
            Request::Delete(delete) if delete.range_end.is_empty() => "delete",
            Request::Delete(_) => "delete-range",
            Request::Txn(txn) if txn.success.iter().all(|op| matches!(op, TxnOp::Range(_))) => {
                "local-txn"
            }
            Request::Txn(_) => "txn",
            Request::Compact(_) => "compact",
            Request::LeaseGrant(_) => "lease-grant",
            Request::LeaseRevoke(_) => "lease-revoke",
            Request::LeaseKeepAlive(_) => "lease-keepalive",
            other => panic!("the workload does not send {other:?}"),
        };
        *counts.entry(name).or_insert(0) += 1;
    }
    counts
}

#[test]
fn every_request_of_the_table_is_sent() {
    let sent = counts(&drive(&plan("", 5), "", 20_000));
    for entry in workload("mixed").expect("mixed").weights {
        assert!(sent.get(entry.name).is_some_and(|count| *count > 0), "{} in {sent:?}", entry.name);
    }
}

#[test]
fn weights_are_respected() {
    let only = "[workload]\nwatchers = 0\n[workload.weights]\nput = 60\nget = 30\ndelete = 10\n\
                range = 0\nstale-range = 0\nhistory-range = 0\ndelete-range = 0\ntxn = 0\n\
                local-txn = 0\nlease-grant = 0\nlease-attach = 0\nlease-keepalive = 0\n\
                lease-revoke = 0\ncompact = 0";
    let sent = counts(&drive(&plan(only, 6), "", 10_000));
    let share = |name| f64::from(sent.get(name).copied().unwrap_or(0)) / 10_000.0;
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert!((share("put") - 0.6).abs() < 0.03, "{sent:?}");
    assert!((share("get") - 0.3).abs() < 0.03, "{sent:?}");
    assert!((share("delete") - 0.1).abs() < 0.03, "{sent:?}");
}

#[test]
fn guards_often_hold_and_often_do_not() {
    let taken = drive(&plan("", 8), "", 20_000);
    let (mut held, mut failed) = (0, 0);
    for taken in &taken {
        if let Some(Outcome::Ok(Response::Txn(answer))) = &taken.outcome {
            *if answer.succeeded { &mut held } else { &mut failed } += 1;
        }
    }
    assert!(held > failed && failed * 10 > held, "{held} held, {failed} did not");
}

#[test]
fn reads_of_the_past_are_never_in_the_future() {
    for taken in drive(&plan("", 9), "", 20_000) {
        if let Step::Invoke(Request::Range(range)) = &taken.step {
            assert!(range.revision.0 <= taken.revision, "{range:?} at {}", taken.revision);
        }
    }
}

#[test]
fn compactions_are_rare_and_leave_history() {
    let taken = drive(&plan("[workload]\ncompact-lag = 300", 10), "", 30_000);
    let compactions = taken.iter().filter_map(|taken| match &taken.step {
        Step::Invoke(Request::Compact(compact)) => Some((taken.actor, taken.revision, compact)),
        _ => None,
    });
    let compactions: Vec<_> = compactions.collect();
    // 30,000 steps are a minute here.
    assert!((5..=30).contains(&compactions.len()), "{}", compactions.len());
    for (actor, revision, compact) in compactions {
        assert_eq!(actor, 0);
        assert!(compact.revision.0 + 300 <= revision);
    }
}

fn txn_has(taken: &Taken, has: fn(&Txn) -> bool) -> bool {
    matches!(&taken.step, Step::Invoke(Request::Txn(txn)) if has(txn))
}

#[test]
fn ranges_at_revisions_in_transactions_can_be_avoided() {
    fires_and_is_avoided("txn-range-revision", |taken| {
        txn_has(taken, |txn| {
            operations(txn)
                .any(|operation| matches!(operation, TxnOp::Range(range) if range.revision.0 != 0))
        })
    });
}

#[test]
fn guards_can_be_avoided() {
    fires_and_is_avoided("guarded-txn", |taken| txn_has(taken, |txn| !txn.compare.is_empty()));
}

#[test]
fn guards_are_of_every_documented_kind() {
    let taken = drive(&plan("", 14), "", 20_000);
    let mut kinds = BTreeSet::new();
    for guard in transactions(&taken).flat_map(|txn| &txn.compare) {
        kinds.insert(match &guard.target {
            CompareTarget::Version(_) => "version",
            CompareTarget::CreateRevision(_) => "create revision",
            CompareTarget::ModRevision(_) => "mod revision",
            CompareTarget::Value(_) => "value",
            CompareTarget::Lease(_) => "lease",
        });
    }
    assert_eq!(kinds, BTreeSet::from(["create revision", "mod revision", "value", "version"]));
}
