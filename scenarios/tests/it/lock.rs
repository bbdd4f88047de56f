//! What the workload `lock` promises of its traffic.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Taken, drive, plan};
use stormglass_checkers::history::{
    Bytes, CompareTarget, Outcome, Request, Response, Revision, Txn, TxnOp,
};
use stormglass_scenarios::workload::{Role, Step, workload};

const TRAFFIC: &str = "[workload]\nkind = \"lock\"\nclients = 6\nkeys = 400\n";

fn requests(taken: &[Taken]) -> impl Iterator<Item = (&Taken, &Request)> {
    taken.iter().filter_map(|taken| match &taken.step {
        Step::Invoke(request) => Some((taken, request)),
        _ => None,
    })
}

fn transactions(taken: &[Taken]) -> impl Iterator<Item = (&Taken, &Txn)> {
    requests(taken).filter_map(|(taken, request)| match request {
        Request::Txn(txn) => Some((taken, txn)),
        _ => None,
    })
}

fn fence(txn: &Txn) -> (Bytes, Revision) {
    match txn.compare.as_slice() {
        [guard] => match guard.target {
            CompareTarget::CreateRevision(token) => (guard.key.clone(), token),
            _ => panic!("a guard on something else: {guard:?}"),
        },
        guards => panic!("not one guard: {guards:?}"),
    }
}

fn puts(txn: &Txn) -> Vec<&stormglass_checkers::history::Put> {
    let mut puts = Vec::new();
    for op in &txn.success {
        if let TxnOp::Put(put) = op {
            puts.push(put);
        }
    }
    puts
}

fn succeeded(taken: &Taken) -> Option<bool> {
    match &taken.outcome {
        Some(Outcome::Ok(Response::Txn(answer))) => Some(answer.succeeded),
        _ => None,
    }
}

#[test]
fn every_write_is_fenced_by_the_lock_that_was_taken() {
    let taken = drive(&plan(TRAFFIC, 1), "run/", 20_000);
    let mut tokens: BTreeMap<(usize, Bytes), Revision> = BTreeMap::new();
    let (mut written, mut late) = (0, 0);
    for (taken, txn) in transactions(&taken) {
        let (key, token) = fence(txn);
        assert!(key.to_string().starts_with("run/lock-"), "{key}");
        if token.is_zero() {
            assert!(puts(txn)[0].key == key && !puts(txn)[0].lease.is_none());
            if succeeded(taken) == Some(true) {
                let revision = taken.outcome.as_ref().map(|outcome| match outcome {
                    Outcome::Ok(answer) => answer.header().expect("a header").revision,
                    _ => Revision(0),
                });
                tokens.insert((taken.actor, key), revision.expect("an answer"));
            }
            continue;
        }
        assert_eq!(tokens.get(&(taken.actor, key)), Some(&token));
        for put in puts(txn) {
            assert!(put.key.to_string().starts_with("run/guarded-lock-"), "{}", put.key);
            written += u32::from(succeeded(taken) == Some(true));
            late += u32::from(succeeded(taken) == Some(false));
        }
    }
    assert!(written > 1_000 && late > 20, "{written} written, {late} refused");
}

#[test]
fn every_value_and_every_lease_is_new() {
    let taken = drive(&plan(TRAFFIC, 2), "", 20_000);
    let values: Vec<Bytes> =
        transactions(&taken).flat_map(|(_, txn)| puts(txn)).map(|put| put.value.clone()).collect();
    let distinct: BTreeSet<&Bytes> = values.iter().collect();
    assert_eq!(distinct.len(), values.len());
    let leases: Vec<_> = requests(&taken)
        .filter_map(|(_, request)| match request {
            Request::LeaseGrant(grant) => Some(grant.lease),
            _ => None,
        })
        .collect();
    let distinct: BTreeSet<_> = leases.iter().collect();
    assert!(leases.len() > 50);
    assert_eq!(distinct.len(), leases.len());
}

#[test]
fn there_are_only_clients_and_nothing_is_compacted() {
    let taken = drive(&plan(TRAFFIC, 7), "", 2_000);
    assert!(taken.iter().all(|taken| taken.role == Role::Client && taken.compacted == 0));
    assert!(taken.last().is_some_and(|taken| taken.revision > 100));
}

fn name(request: &Request) -> &'static str {
    match request {
        Request::Txn(txn) if fence(txn).1.is_zero() => "lock",
        Request::Txn(txn) if txn.success.len() > 1 => "write",
        Request::Txn(_) => "unlock",
        Request::Range(_) => "read",
        Request::LeaseKeepAlive(_) => "keepalive",
        Request::LeaseRevoke(_) => "revoke",
        _ => "other",
    }
}

#[test]
fn every_request_is_drawn_unless_its_weight_is_zero() {
    let taken = drive(&plan(TRAFFIC, 3), "", 20_000);
    let seen: BTreeSet<&str> = requests(&taken).map(|(_, request)| name(request)).collect();
    for entry in workload("lock").expect("lock").weights {
        assert_eq!(seen.contains(entry.name), entry.default > 0, "{}", entry.name);
        if entry.default > 0 && entry.name != "lock" {
            let without = format!("{TRAFFIC}weights = {{ {} = 0 }}\n", entry.name);
            let taken = drive(&plan(&without, 3), "", 2_000);
            assert!(requests(&taken).all(|(_, request)| name(request) != entry.name));
        }
    }
}

#[test]
fn late_keepalives_can_be_avoided() {
    let avoiding = format!(
        "{TRAFFIC}lease-ttl = {{ min = 2, max = 2 }}\n[[avoid]]\nreleases = \"*\"\n\
         triggers = [\"late-keepalive\"]\n"
    );
    let pings = |text: &str| {
        let taken = drive(&plan(text, 4), "", 5_000);
        requests(&taken)
            .filter(|(_, request)| matches!(request, Request::LeaseKeepAlive(_)))
            .count()
    };
    assert!(pings(TRAFFIC) > 50);
    // No keepalive of a lease of two seconds comes two seconds before its end.
    assert_eq!(pings(&avoiding), 0);
}

#[test]
fn the_same_plan_makes_the_same_traffic() {
    let steps = |seed| {
        let taken = drive(&plan(TRAFFIC, seed), "", 2_000);
        taken.into_iter().map(|taken| taken.step).collect::<Vec<_>>()
    };
    assert_eq!(steps(5), steps(5));
    assert_ne!(steps(5), steps(6));
}
