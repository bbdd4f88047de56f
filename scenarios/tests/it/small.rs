//! What the small workloads promise of their traffic: `register` and `set`.

use std::collections::{BTreeMap, BTreeSet};

use stormglass_checkers::history::{Bytes, Outcome, Request, Response, TxnOp};
use stormglass_scenarios::workload::{Step, workload};

use crate::support::{Taken, drive, plan};

fn traffic(kind: &str, rest: &str) -> String {
    format!("[workload]\nkind = \"{kind}\"\nclients = 5\nkeys = 4\n{rest}")
}

fn requests(taken: &[Taken]) -> impl Iterator<Item = &Request> {
    taken.iter().map(|taken| match &taken.step {
        Step::Invoke(request) => request,
        other => panic!("there are requests only, no {other:?}"),
    })
}

/// The name of a request's weight.
fn name(kind: &str, request: &Request) -> &'static str {
    match (kind, request) {
        ("register", Request::Put(_)) => "write",
        ("register", Request::Txn(_)) => "cas",
        ("set", Request::Put(_)) => "add",
        ("set", Request::Txn(_)) => "add-once",
        ("set", Request::Range(range)) if range.range_end.is_empty() => "contains",
        (_, Request::Range(range)) if range.serializable => "stale-read",
        (_, Request::Range(_)) => "read",
        (_, other) => panic!("{kind} does not send {other:?}"),
    }
}

/// The key and value that a request may write.
fn written(request: &Request) -> Option<(&Bytes, &Bytes)> {
    match request {
        Request::Put(put) => Some((&put.key, &put.value)),
        Request::Txn(txn) => match txn.success.first() {
            Some(TxnOp::Put(put)) => Some((&put.key, &put.value)),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn every_request_of_the_tables_is_sent_below_the_prefix() {
    for kind in ["register", "set"] {
        let taken = drive(&plan(&traffic(kind, ""), 5), "run/", 5_000);
        let mut sent = BTreeMap::new();
        for request in requests(&taken) {
            *sent.entry(name(kind, request)).or_insert(0) += 1;
            let read = match request {
                Request::Range(range) => Some(&range.key),
                _ => None,
            };
            let keys = written(request).map(|(key, _)| key).into_iter().chain(read);
            assert!(keys.into_iter().all(|key| key.as_slice().starts_with(b"run/")), "{request:?}");
        }
        for entry in workload(kind).expect("a workload").weights {
            assert!(sent.contains_key(entry.name), "{kind}: {} in {sent:?}", entry.name);
        }
    }
}

#[test]
fn every_value_names_its_write() {
    for kind in ["register", "set"] {
        let taken = drive(&plan(&traffic(kind, ""), 6), "", 5_000);
        let mut values = BTreeSet::new();
        for (_, value) in requests(&taken).filter_map(written) {
            assert!(values.insert(value.clone()), "{kind} writes {value} twice");
        }
        assert!(values.len() > 500, "{kind}");
    }
}

#[test]
fn swaps_and_contested_elements_succeed_and_fail() {
    for kind in ["register", "set"] {
        let (mut held, mut failed) = (0, 0);
        for taken in drive(&plan(&traffic(kind, ""), 7), "", 5_000) {
            if let Some(Outcome::Ok(Response::Txn(answer))) = &taken.outcome {
                *if answer.succeeded { &mut held } else { &mut failed } += 1;
            }
        }
        assert!(held > 20 && failed > 20, "{kind}: {held} held, {failed} did not");
    }
}

#[test]
fn an_element_of_one_client_is_added_once() {
    let taken = drive(&plan(&traffic("set", ""), 8), "", 5_000);
    let mut elements = BTreeSet::new();
    for request in requests(&taken) {
        if let Request::Put(put) = request {
            assert!(elements.insert(put.key.clone()), "{} twice", put.key);
        }
    }
}

#[test]
fn guards_can_be_left_out() {
    let avoid = "[[avoid]]\nreleases = \"*\"\ntriggers = [\"guarded-txn\"]\n";
    for kind in ["register", "set"] {
        let taken = drive(&plan(&traffic(kind, avoid), 9), "", 2_000);
        assert!(!requests(&taken).any(|request| matches!(request, Request::Txn(_))), "{kind}");
    }
}
