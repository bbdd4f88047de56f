//! What the workload `mixed` promises of its traffic.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Taken, drive, fires_and_is_avoided, plan};
use proptest::prelude::*;
use stormglass_checkers::history::{Bytes, LeaseId, Outcome, Put, Request, Response, Txn, TxnOp};
use stormglass_checkers::keys::KeyRange;
use stormglass_checkers::model::{can_mutate, is_local};
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::workload::{Step, workload};

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

/// The operations of both branches, those of inner transactions too.
fn operations(txn: &Txn) -> Vec<&TxnOp> {
    let mut found = Vec::new();
    for operation in txn.success.iter().chain(&txn.failure) {
        found.push(operation);
        if let TxnOp::Txn(inner) = operation {
            found.extend(operations(inner));
        }
    }
    found
}

fn values(taken: &[Taken]) -> Vec<Bytes> {
    let mut values = Vec::new();
    let mut put = |put: &Put| values.extend((!put.ignore_value).then(|| put.value.clone()));
    for request in requests(taken) {
        match request {
            Request::Put(request) => put(request),
            Request::Txn(txn) => {
                for operation in operations(txn) {
                    if let TxnOp::Put(request) = operation {
                        put(request);
                    }
                }
            }
            _ => {}
        }
    }
    values
}

/// Fails where a path through a transaction writes what it may not: etcd refuses a key
/// that is put twice, or put and deleted.
fn writes_each_key_once(branch: &[TxnOp]) -> Written {
    let mut written = Written::default();
    for operation in branch {
        let other = match operation {
            TxnOp::Put(put) => Written { puts: vec![put.key.clone()], ..Written::default() },
            TxnOp::Delete(delete) => {
                let range = KeyRange::new(&delete.key, &delete.range_end);
                Written { deletes: vec![range], ..Written::default() }
            }
            TxnOp::Txn(inner) => {
                let mut either = writes_each_key_once(&inner.success);
                let failure = writes_each_key_once(&inner.failure);
                either.puts.extend(failure.puts);
                either.deletes.extend(failure.deletes);
                either
            }
            TxnOp::Range(_) => continue,
        };
        for put in &other.puts {
            assert!(!written.puts.contains(put), "{put} twice in {branch:?}");
            let gone = written.deletes.iter().any(|range| range.contains(put));
            assert!(!gone, "{put} put and deleted in {branch:?}");
        }
        for range in &other.deletes {
            let put = written.puts.iter().find(|put| range.contains(put));
            assert!(put.is_none(), "{put:?} put and deleted in {branch:?}");
        }
        written.puts.extend(other.puts);
        written.deletes.extend(other.deletes);
    }
    written
}

/// What a branch writes.
#[derive(Default)]
struct Written {
    puts: Vec<Bytes>,
    deletes: Vec<KeyRange>,
}

fn granted(request: &Request) -> Option<LeaseId> {
    match request {
        Request::LeaseGrant(grant) => Some(grant.lease),
        _ => None,
    }
}

const NEW_LEASES: &str = "[workload.weights]\nlease-grant-again = 0\n";
const TRAFFIC: &str = "[workload]\nclients = 5\nwatchers = 3\nkeys = 6\nprefill = 230\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_value_is_new_and_a_lease_only_after_its_end(seed in any::<u64>()) {
        let taken = drive(&plan(TRAFFIC, seed), "", 1_500);
        let values = values(&taken);
        prop_assert!(values.len() > 300);
        let distinct: BTreeSet<&Bytes> = values.iter().collect();
        prop_assert_eq!(distinct.len(), values.len());
        let grants: Vec<_> = requests(&taken).filter_map(granted).collect();
        prop_assert!(grants.iter().all(|lease| lease.0 > 0));
        let taken = drive(&plan(&format!("{TRAFFIC}{NEW_LEASES}"), seed), "", 1_500);
        let grants: Vec<_> = requests(&taken).filter_map(granted).collect();
        let distinct: BTreeSet<_> = grants.iter().collect();
        prop_assert_eq!(distinct.len(), grants.len());
    }

    #[test]
    fn no_transaction_writes_a_key_twice(seed in any::<u64>()) {
        let taken = drive(&plan(TRAFFIC, seed), "", 1_500);
        for txn in transactions(&taken) {
            writes_each_key_once(&txn.success);
            writes_each_key_once(&txn.failure);
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
        filled.extend(operations(txn).into_iter().filter_map(|operation| match operation {
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
    let (mut counts, mut leases) = (BTreeMap::new(), BTreeSet::new());
    for taken in taken {
        let Step::Invoke(request) = &taken.step else { continue };
        let name = match request {
            Request::Put(put) if put.ignore_value || put.ignore_lease => "put-keep",
            Request::Put(put) if put.lease.0 == 0 => "put",
            Request::Put(_) => "lease-attach",
            Request::Range(range) if range.revision.0 > taken.revision => "refused-range",
            Request::Range(range) if range.revision.0 != 0 => "history-range",
            Request::Range(range) if range.serializable => "stale-range",
            Request::Range(range) if range.range_end.is_empty() => "get",
            Request::Range(_) => "range",
            Request::Delete(delete) if delete.range_end.is_empty() => "delete",
            Request::Delete(_) => "delete-range",
            Request::Txn(_) if is_local(request) => "local-txn",
            Request::Txn(txn) if operations(txn).iter().any(|op| matches!(op, TxnOp::Txn(_))) => {
                "nested-txn"
            }
            Request::Txn(_) if !can_mutate(request) => "read-txn",
            Request::Txn(txn) if txn.compare.len() == 5 => "wide-txn",
            Request::Txn(_) => "txn",
            Request::Compact(_) => "compact",
            Request::LeaseGrant(grant) if !leases.insert(grant.lease) => "lease-grant-again",
            Request::LeaseGrant(grant) if grant.ttl_seconds == 1 => "lease-grant-short",
            Request::LeaseGrant(_) => "lease-grant",
            Request::LeaseTimeToLive(_) => "lease-time-to-live",
            Request::LeaseList {} => "lease-list",
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
    // Off where the scenario does not say.
    let text = "[workload.weights]\nwide-txn = 1\n";
    let sent = counts(&drive(&plan(text, 5), "", 20_000));
    // Late requests show nothing of it: tests/corners has them.
    let shown = |name: &str| !name.ends_with("-late");
    let weights = workload("mixed").expect("mixed").weights.iter();
    for entry in weights.filter(|entry| shown(entry.name)) {
        assert!(sent.get(entry.name).is_some_and(|count| *count > 0), "{} in {sent:?}", entry.name);
    }
}

#[test]
fn weights_are_respected() {
    let weights = workload("mixed").expect("mixed").weights.iter().map(|entry| {
        let weight = match entry.name {
            "put" => 60,
            "get" => 30,
            "delete" => 10,
            _ => 0,
        };
        format!("{} = {weight}\n", entry.name)
    });
    let weights: String = weights.collect();
    let only = format!("[workload]\nwatchers = 0\n[workload.weights]\n{weights}");
    let sent = counts(&drive(&plan(&only, 6), "", 10_000));
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
    let past = "[workload.weights]\nrefused-range = 0\n";
    for taken in drive(&plan(past, 9), "", 20_000) {
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
            let mut operations = operations(txn).into_iter();
            can_mutate(&Request::Txn(txn.clone()))
                && operations.any(|op| matches!(op, TxnOp::Range(range) if range.revision.0 != 0))
        })
    });
}

#[test]
fn guards_can_be_avoided() {
    fires_and_is_avoided("guarded-txn", |taken| {
        txn_has(taken, |txn| {
            let guarded = |op: &&TxnOp| matches!(op, TxnOp::Txn(txn) if !txn.compare.is_empty());
            !txn.compare.is_empty() || operations(txn).iter().any(guarded)
        })
    });
}
