//! What the workload `kubernetes` promises of its traffic.

use std::collections::{BTreeMap, BTreeSet};

use stormglass_checkers::history::{
    Bytes, CompareTarget, LeaseId, Outcome, Request, Response, Revision, Txn, TxnOp,
};
use stormglass_scenarios::workload::{Role, Step, workload};

use crate::support::{Taken, drive, plan};

const TRAFFIC: &str =
    "[workload]\nkind = \"kubernetes\"\nclients = 5\nwatchers = 4\nkeys = 6\nrate = 100\n";

fn target(txn: &Txn) -> Option<&CompareTarget> {
    txn.compare.first().map(|guard| &guard.target)
}

/// Requests of clients by the names of their weights.
fn counts(taken: &[Taken]) -> BTreeMap<&'static str, u32> {
    let mut counts = BTreeMap::new();
    for taken in taken.iter().filter(|taken| taken.role == Role::Client) {
        let Step::Invoke(request) = &taken.step else { continue };
        let name = match request {
            Request::Range(range) if range.range_end.is_empty() => "get",
            Request::Range(range) if range.count_only => "count",
            Request::Range(range) if range.serializable => "stale-list",
            Request::Range(_) => "list",
            Request::Txn(txn) => match (txn.success.first(), target(txn)) {
                (Some(TxnOp::Put(put)), _) if put.lease != LeaseId::default() => "event",
                (_, Some(CompareTarget::Version(_))) => "compact",
                (Some(TxnOp::Put(_)), Some(CompareTarget::ModRevision(Revision(0)))) => "create",
                (Some(TxnOp::Put(_)), _) => "update",
                _ => "delete",
            },
            Request::Compact(_) => "compact",
            Request::LeaseGrant(_) => "event",
            other => panic!("an API server does not send {other:?}"),
        };
        *counts.entry(name).or_insert(0) += 1;
    }
    counts
}

#[test]
fn every_request_of_the_table_is_sent_and_no_other() {
    let sent = counts(&drive(&plan(TRAFFIC, 5), "", 20_000));
    for entry in workload("kubernetes").expect("kubernetes").weights {
        assert!(sent.get(entry.name).is_some_and(|count| *count > 0), "{} in {sent:?}", entry.name);
    }
}

#[test]
fn every_key_is_below_the_prefix_and_every_value_is_written_once() {
    let mut values: BTreeSet<Bytes> = BTreeSet::new();
    for taken in drive(&plan(TRAFFIC, 6), "run/", 10_000) {
        let keys: Vec<Bytes> = match &taken.step {
            Step::Invoke(Request::Range(range)) => vec![range.key.clone()],
            Step::Watch(watch) => vec![watch.request.key.clone()],
            Step::Invoke(Request::Txn(txn)) => {
                let puts = txn.success.iter().filter_map(|op| match op {
                    TxnOp::Put(put) => Some(put),
                    _ => None,
                });
                for put in puts.clone() {
                    assert!(values.insert(put.value.clone()), "{} twice", put.value);
                }
                puts.map(|put| put.key.clone()).collect()
            }
            _ => Vec::new(),
        };
        assert!(keys.iter().all(|key| key.as_slice().starts_with(b"run/")), "{keys:?}");
    }
    assert!(values.len() > 1_000);
}

#[test]
fn guards_often_hold_and_sometimes_do_not() {
    let (mut held, mut failed) = (0, 0);
    for taken in drive(&plan(TRAFFIC, 8), "", 20_000) {
        if let Some(Outcome::Ok(Response::Txn(answer))) = &taken.outcome {
            *if answer.succeeded { &mut held } else { &mut failed } += 1;
        }
    }
    assert!(held > failed && failed * 20 > held, "{held} held, {failed} did not");
}

#[test]
fn a_list_is_read_at_one_revision_to_its_end() {
    let taken = drive(&plan(TRAFFIC, 9), "", 20_000);
    let mut pages = 0;
    let mut under_way: BTreeMap<usize, (Bytes, Revision)> = BTreeMap::new();
    for taken in taken.iter().filter(|taken| taken.role == Role::Client) {
        let Step::Invoke(Request::Range(range)) = &taken.step else {
            assert!(!under_way.contains_key(&taken.actor), "a list is finished first");
            continue;
        };
        if range.limit == 0 {
            continue;
        }
        if let Some((from, revision)) = under_way.remove(&taken.actor) {
            assert_eq!((&range.key, range.revision), (&from, revision));
            pages += 1;
        }
        if let Some(Outcome::Ok(Response::Range(answer))) = &taken.outcome
            && answer.more
        {
            let last = answer.kvs.last().expect("a page has objects");
            let from = [last.key.as_slice(), b"\0"].concat();
            let newest = answer.header.as_ref().expect("a header").revision;
            let revision = if range.revision.is_zero() { newest } else { range.revision };
            under_way.insert(taken.actor, (Bytes::from(from), revision));
        }
    }
    assert!(pages > 50, "{pages} further pages");
}

#[test]
fn reflectors_watch_behind_what_they_listed_and_go_on_behind_what_they_saw() {
    let taken = drive(&plan(TRAFFIC, 10), "", 20_000);
    let (mut listed, mut first, mut resumed) = (BTreeMap::new(), 0, 0);
    for taken in taken.iter().filter(|taken| taken.role == Role::Watcher) {
        match (&taken.step, &taken.outcome) {
            (Step::Invoke(Request::Range(range)), Some(Outcome::Ok(Response::Range(answer)))) => {
                let newest = answer.header.as_ref().expect("a header").revision;
                let at = if range.revision.is_zero() { newest } else { range.revision };
                listed.insert(taken.actor, at);
            }
            (Step::Watch(watch), _) => {
                let start = watch.request.start_revision;
                assert!(watch.request.prev_kv && watch.request.progress_notify);
                match (watch.resumes, listed.remove(&taken.actor)) {
                    (false, Some(at)) => {
                        assert_eq!(start, at.next());
                        first += 1;
                    }
                    (true, None) => resumed += 1,
                    other => panic!("{other:?}"),
                }
            }
            _ => {}
        }
    }
    assert!(first >= 4 && resumed > 20, "{first} first watches, {resumed} resumed");
}

#[test]
fn what_is_avoided_is_not_sent() {
    let avoid = "[[avoid]]\nreleases = \"*\"\n\
                 triggers = [\"guarded-txn\", \"watch-future-start\"]\n";
    for taken in drive(&plan(&format!("{TRAFFIC}{avoid}"), 7), "", 5_000) {
        match &taken.step {
            Step::Invoke(Request::Txn(txn)) => assert!(txn.compare.is_empty()),
            Step::Invoke(Request::Compact(_)) => panic!("there is no loop without guards"),
            Step::Watch(watch) => assert!(watch.caught_up),
            _ => {}
        }
    }
}
