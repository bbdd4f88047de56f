//! Stores without revisions: each key is a register, and an order of its puts, gets and
//! deletes is searched for.

use stormglass_checkers::history::{Body, History, Outcome, Response, Revision, TxnResponse};
use stormglass_checkers::verdict::Status;

use crate::common::{
    self, Cluster, Legal, anomalies, assert_unknown, assert_valid, delete, get, grant, judge,
    listing, put, put_with_lease, told, txn, verdict,
};

const CHECKER: &str = "linearizability";

/// The same run on a store that knows no revisions: none in answers, no watches.
fn without_revisions(mut history: History) -> History {
    history.preamble.revisions = false;
    history.events.retain(|event| !matches!(event.body, Body::Watch(_)));
    for (index, event) in (0..).zip(&mut history.events) {
        event.index = index;
        if let Body::Complete(Outcome::Ok(response)) = &mut event.body {
            strip(response);
        }
    }
    history
}

fn strip(response: &mut Response) {
    match response {
        Response::Put(answer) => (answer.header, answer.prev_kv) = (None, None),
        Response::Delete(answer) => {
            answer.header = None;
            answer.prev_kvs.clear();
        }
        Response::Range(answer) => {
            answer.header = None;
            for kv in &mut answer.kvs {
                (kv.mod_revision, kv.create_revision) = (Revision(0), Revision(0));
                kv.version = 0;
            }
        }
        Response::Txn(TxnResponse { header, responses, .. }) => {
            *header = None;
            responses.iter_mut().for_each(strip);
        }
        _ => {}
    }
}

#[test]
fn an_acknowledged_write_that_another_member_never_shows_is_told_in_two_steps() {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "other", "x");
    cluster.put(0, "k", "v1");
    let read = cluster.get(1, "k");
    cluster.get(0, "k");
    let mut history = cluster.finish();
    common::edit(&mut history, read, |event| {
        common::with_response(event, |response| {
            if let Response::Range(range) = response {
                range.kvs.clear();
                range.count = 0;
            }
        });
    });
    let verdict = verdict(CHECKER, &without_revisions(history));
    let [finding] = verdict.findings.as_slice() else { panic!("{}", told(&verdict)) };
    assert_eq!(finding.anomaly, "not-linearizable");
    assert_eq!(
        finding.sentence,
        "read of k on m2 was answered: nothing; no order of the puts, gets and deletes of k explains \
         that"
    );
    assert_eq!(
        finding.because,
        "because put k = \"v1\" on m1 had been answered (ok) before it was sent"
    );
    assert_eq!(finding.witness.steps.len(), 2, "{}", told(&verdict));
}

#[test]
fn a_value_that_comes_back_is_found() {
    let mut cluster = Cluster::new(3);
    for value in ["v1", "v2"] {
        cluster.put(0, "k", value);
    }
    let last = cluster.get(1, "k");
    let mut history = cluster.finish();
    common::edit(&mut history, last, |event| {
        common::with_response(event, |response| {
            if let Response::Range(range) = response {
                range.kvs[0].value = "v1".into();
            }
        });
    });
    assert_eq!(anomalies(CHECKER, &without_revisions(history)), ["not-linearizable"]);
}

#[test]
fn what_is_in_doubt_may_have_happened_or_not_or_later() {
    let mut cluster = Cluster::new(3);
    cluster.lose_answer(0, put("a", "1"));
    cluster.get(1, "a");
    let late = cluster.lose_request(0, put("b", "2"));
    cluster.get(1, "b");
    let _ = cluster.take_effect(&late);
    cluster.get(1, "b");
    cluster.lose_request(0, delete("a"));
    cluster.get(1, "a");
    assert_valid(CHECKER, &without_revisions(cluster.finish()));
}

#[test]
fn only_what_depends_on_no_revision_is_judged_and_the_rest_says_so() {
    let history = without_revisions(
        Legal { seed: 1, operations: 100, keys: 6, open: 4, unknown: 5, disturbed: false }
            .history(),
    );
    let judgement = judge(&history);
    for verdict in &judgement.verdicts {
        let applies = ["linearizability", "append", "availability", "logs", "coverage"]
            .contains(&verdict.checker.as_str());
        let why = verdict.not_judged.as_deref();
        let expected = (!applies).then_some("the store has no revisions");
        assert_eq!(why, expected, "{}", verdict.checker);
        assert!(applies || verdict.status == Status::Valid, "{}", told(verdict));
    }
}

#[test]
fn keys_that_are_written_in_other_ways_are_left_out_and_counted() {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "plain", "1");
    cluster.put(0, "mixed", "1");
    let _ = cluster.at(0, txn(Vec::new(), vec![put("mixed", "2")], Vec::new()));
    let _ = cluster.at(0, get("mixed"));
    let _ = cluster.at(0, grant(7, 10));
    let _ = cluster.at(0, put_with_lease("leased", "1", 7));
    cluster.expire(7);
    let _ = cluster.at(0, get("leased"));
    let verdict = verdict(CHECKER, &without_revisions(cluster.finish()));
    assert_eq!(verdict.status, Status::Valid, "{}", told(&verdict));
    assert_eq!((verdict.stats["keys"], verdict.stats["keys-left-out"]), (1, 2));
}

#[test]
fn with_nothing_to_judge_the_verdict_is_unknown() {
    let cluster = Cluster::new(3);
    assert_unknown(CHECKER, &without_revisions(cluster.finish()), "without revisions nothing else");
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k", "v");
    let mut history = without_revisions(cluster.finish());
    history.preamble.exclusive = false;
    assert_unknown(CHECKER, &history, "what the store held at the start");
    history.preamble.prefix = "k".to_owned();
    assert_valid(CHECKER, &history);
}

#[test]
fn random_legal_runs_are_never_invalid() {
    for seed in 0..400 {
        let unknown = [0, 10, 30][usize::try_from(seed % 3).unwrap_or(0)];
        let legal =
            Legal { seed, operations: 60, keys: 4, open: 4, unknown, disturbed: seed % 2 == 0 };
        let history = without_revisions(legal.history());
        let verdict = verdict(CHECKER, &history);
        assert_ne!(verdict.status, Status::Invalid, "{}\n{}", told(&verdict), listing(&history));
    }
}
