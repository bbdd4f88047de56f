//! The linearizability checker: every anomaly fires.

use crate::common::{
    self, Cluster, anomalies, answer, edit, get, get_at, get_serializable, grant, if_mod_revision,
    listing, put, put_with_lease, remove, set_revision, told, txn, verdict, with_response,
};
use stormglass_checkers::history::{
    Body, Definite, Delete, History, KeyValue, LeaseId, Outcome, Put, RangeResponse, Refusal,
    Request, Response, Revision,
};
use stormglass_checkers::verdict::{Status, Verdict};

const NAME: &str = "linearizability";

fn check(history: &History) -> Verdict {
    verdict(NAME, history)
}

fn silent(history: &History) {
    let verdict = check(history);
    assert_eq!(verdict.status, Status::Valid, "{}\n{}", told(&verdict), listing(history));
}

#[test]
fn a_read_below_an_acknowledged_revision_is_stale() {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    let before = cluster.store.clone();
    cluster.put(0, "k1", "v2");
    let op = {
        let process = cluster.client(1);
        cluster.invoke(process, get("k1"))
    };
    let answer = before.clone().apply(&op.request);
    cluster.answer(&op, answer);
    let verdict = check(&cluster.stop());
    assert_eq!(verdict.findings.len(), 1, "{}", told(&verdict));
    let finding = &verdict.findings[0];
    assert_eq!((finding.anomaly.as_str(), finding.guarantee.as_str()), ("stale-read", "K1"));
    assert!(finding.sentence.contains("k1 on m2"), "{}", finding.sentence);
    assert_eq!(finding.witness.steps.len(), 2);
}

#[test]
fn a_read_below_a_watched_revision_is_stale() {
    let mut cluster = Cluster::new(3);
    cluster.lose_answer(0, put("k1", "v1"));
    let process = cluster.client(1);
    let op = cluster.invoke(process, get("k1"));
    let answer = common::Store::default().apply(&op.request);
    cluster.answer(&op, answer);
    assert_eq!(anomalies(NAME, &cluster.stop()), ["stale-read"]);
}

#[test]
fn a_write_below_an_acknowledged_revision_is_time_travel() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    cluster.put(0, "k1", "v2");
    let process = cluster.client(0);
    let op = cluster.invoke(process, put("k1", "v3"));
    // A store that lost everything makes revision 2 again.
    let answer = common::Store::default().apply(&op.request);
    cluster.answer(&op, answer);
    let found = anomalies(NAME, &cluster.stop());
    assert!(found.contains(&"time-travel".to_owned()), "{found:?}");
}

#[test]
fn a_write_that_was_seen_before_it_was_sent_is_time_travel() {
    let mut cluster = Cluster::new(1);
    cluster.forge(0, 2, "k1", Some("v1"));
    let _ = cluster.put(0, "k1", "v1");
    assert!(anomalies(NAME, &cluster.stop()).contains(&"time-travel".to_owned()));
}

#[test]
fn two_acknowledged_writers_of_one_revision_split_it() {
    for watched in [true, false] {
        let mut cluster = Cluster::new(3);
        let (one, other) = (cluster.client(0), cluster.client(1));
        let one = cluster.invoke(one, put("k1", "v1"));
        let other = cluster.invoke(other, put("k2", "v2"));
        let fork = cluster.store.clone().apply(&other.request);
        let first = cluster.take_effect(&one);
        cluster.answer(&one, first);
        cluster.answer(&other, fork);
        let mut history = cluster.stop();
        if !watched {
            remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
        }
        let verdict = check(&history);
        assert_eq!(verdict.findings[0].anomaly, "split-revision", "{}", told(&verdict));
        assert!(
            verdict.findings[0].sentence.contains("k1")
                && verdict.findings[0].sentence.contains("k2")
        );
    }
}

/// Who is right cannot be said here: the watch is the matter of another checker.
#[test]
fn a_watch_that_shows_the_other_branch_leaves_the_rest_unknown() {
    let mut cluster = Cluster::new(2);
    cluster.lag(1);
    cluster.lag(0);
    let process = cluster.client(0);
    let guarded = txn(vec![if_mod_revision("k1", 0)], vec![put("k1", "v1")], vec![put("k1", "v2")]);
    let op = cluster.invoke(process, guarded);
    let answer = cluster.take_effect(&op);
    cluster.answer(&op, answer);
    cluster.forge(1, 2, "k1", Some("v2"));
    let verdict = check(&cluster.stop());
    assert_eq!(verdict.status, Status::Unknown, "{}", told(&verdict));
    assert!(verdict.reasons[0].contains("no longer compared"), "{}", told(&verdict));
}

#[test]
fn a_revision_that_a_watch_shows_with_another_content_is_split() {
    let mut cluster = Cluster::new(2);
    cluster.lag(1);
    cluster.lag(0);
    let process = cluster.client(0);
    let op = cluster.invoke(process, put("k1", "v1"));
    let answer = cluster.take_effect(&op);
    cluster.answer(&op, answer);
    cluster.forge(1, 2, "k2", Some("v2"));
    let verdict = check(&cluster.stop());
    assert_eq!(verdict.findings[0].anomaly, "split-revision", "{}", told(&verdict));
}

#[test]
fn a_wrong_value_is_a_wrong_response() {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    let read = cluster.get(1, "k1");
    let mut history = cluster.finish();
    edit(&mut history, read, |event| {
        with_response(event, |response| {
            if let Response::Range(range) = response {
                range.kvs[0].value = "v9".into();
            }
        });
    });
    let verdict = check(&history);
    let finding = &verdict.findings[0];
    assert_eq!((finding.anomaly.as_str(), finding.guarantee.as_str()), ("wrong-response", "K3"));
    assert!(
        finding.sentence.contains("the value of k1 should be \"v1\" and is \"v9\""),
        "{}",
        finding.sentence
    );
    assert_eq!(finding.witness.steps[0].what, "put k1 = \"v1\"");
}

#[test]
fn every_field_of_an_answer_is_compared() {
    fn pair(response: &mut Response) -> &mut KeyValue {
        match response {
            Response::Range(range) => &mut range.kvs[0],
            Response::Put(put) => put.prev_kv.as_mut().expect("it asks for the pair before"),
            Response::Delete(delete) => &mut delete.prev_kvs[0],
            _ => panic!("no pair in {response:?}"),
        }
    }
    let changes: &[fn(&mut Response)] = &[
        |response| pair(response).create_revision = Revision(1),
        |response| pair(response).mod_revision = Revision(1),
        |response| pair(response).version += 1,
        |response| pair(response).lease = LeaseId(77),
        |response| pair(response).key = "k2".into(),
        |response| pair(response).value = "v0".into(),
        |response| match response {
            Response::Range(range) => range.count += 1,
            Response::Put(put) => put.prev_kv = None,
            Response::Delete(delete) => delete.deleted += 1,
            _ => {}
        },
        |response| match response {
            Response::Range(range) => range.kvs.clear(),
            Response::Delete(delete) => delete.prev_kvs.clear(),
            Response::Put(put) => put.prev_kv = None,
            _ => {}
        },
    ];
    let previous =
        Request::Put(Put { key: "k1".into(), value: "v2".into(), prev_kv: true, ..Put::default() });
    let gone = Request::Delete(Delete { key: "k1".into(), prev_kv: true, ..Delete::default() });
    for request in [get("k1"), get_at("k1", 2), get_serializable("k1"), previous, gone] {
        let expected = |number: usize| match &request {
            Request::Range(range) if !range.revision.is_zero() => "wrong-past-read",
            Request::Range(range) if range.serializable => "wrong-serializable-read",
            _ if number < 3 => "wrong-bookkeeping",
            _ => "wrong-response",
        };
        for (number, change) in changes.iter().enumerate() {
            let mut cluster = Cluster::new(1);
            cluster.put(0, "k1", "v1");
            let _ = cluster.at(0, request.clone());
            let at = cluster.last();
            let mut history = cluster.finish();
            edit(&mut history, at, |event| with_response(event, change));
            let found = anomalies(NAME, &history);
            assert_eq!(found, [expected(number)], "{request:?}, change {number}");
        }
    }
}

#[test]
fn a_guard_that_should_have_failed_is_a_wrong_response() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    let request = txn(vec![if_mod_revision("k1", 7)], vec![put("k1", "v2")], vec![get("k1")]);
    let _ = cluster.at(0, request);
    let at = cluster.last();
    let mut history = cluster.stop();
    edit(&mut history, at, |event| {
        with_response(event, |response| {
            if let Response::Txn(txn) = response {
                txn.succeeded = true;
            }
        });
    });
    let verdict = check(&history);
    assert_eq!(verdict.findings[0].anomaly, "wrong-transaction", "{}", told(&verdict));
    assert!(verdict.findings[0].sentence.contains("the outcome of the guards"));
}

#[test]
fn a_serializable_read_of_the_past_is_silent_and_of_nothing_that_was_is_wrong() {
    let mut cluster = Cluster::new(2);
    cluster.put(0, "k1", "v1");
    cluster.lag(1);
    cluster.put(0, "k1", "v2");
    let _ = cluster.at(1, get_serializable("k1"));
    let at = cluster.last();
    let local = txn(Vec::new(), vec![get_serializable("k1")], Vec::new());
    let _ = cluster.at(1, local);
    let mut history = cluster.finish();
    silent(&history);
    edit(&mut history, at, |event| with_response(event, |response| set_revision(response, 3)));
    assert_eq!(check(&history).findings[0].guarantee, "K8");
}

#[test]
fn a_serializable_read_from_the_future_is_found() {
    let mut cluster = Cluster::new(1);
    let process = cluster.client(0);
    let early = cluster.invoke(process, get_serializable("k1"));
    let at = cluster.complete(&early, Outcome::Ok(Response::Range(RangeResponse::default())));
    cluster.put(0, "k1", "v1");
    let answer = cluster.store.clone().apply(&get("k1")).expect("a read is answered");
    let mut history = cluster.stop();
    edit(&mut history, at, |event| event.body = Body::Complete(Outcome::Ok(answer)));
    assert_eq!(anomalies(NAME, &history), ["future-read"]);
}

#[test]
fn a_value_that_nobody_wrote_is_a_phantom() {
    let mut cluster = Cluster::new(1);
    cluster.forge(0, 2, "k1", Some("ghost"));
    let verdict = check(&cluster.stop());
    assert_eq!(verdict.findings[0].anomaly, "phantom-write", "{}", told(&verdict));
    assert!(verdict.findings[0].sentence.contains("nobody was ever asked to write"));
}

#[test]
fn a_refused_write_that_takes_effect_is_a_phantom() {
    let mut cluster = Cluster::new(3);
    let refused = txn(Vec::new(), vec![put("k1", "v1"), get_at("k2", 99)], Vec::new());
    assert!(cluster.at(0, refused).is_err());
    // etcd #18667: it takes effect on the other members all the same.
    cluster.forge(1, 2, "k1", Some("v1"));
    let verdict = check(&cluster.stop());
    assert_eq!(verdict.findings[0].anomaly, "refused-write-applied", "{}", told(&verdict));
    assert_eq!(verdict.findings[0].guarantee, "K10");
}

#[test]
fn a_delete_that_nobody_asked_for_is_a_phantom() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    cluster.forge(0, 3, "k1", None);
    assert_eq!(anomalies(NAME, &cluster.stop()), ["phantom-write"]);
}

#[test]
fn half_of_a_transaction_is_a_phantom() {
    let mut cluster = Cluster::new(1);
    let both = txn(Vec::new(), vec![put("k1", "v1"), put("k2", "v2")], Vec::new());
    cluster.lose_request(0, both);
    cluster.forge(0, 2, "k1", Some("v1"));
    let verdict = check(&cluster.stop());
    assert_eq!(verdict.findings[0].anomaly, "torn-transaction", "{}", told(&verdict));
    assert_eq!(verdict.findings[0].guarantee, "K4");
}

#[test]
fn a_write_that_takes_effect_twice_is_doubled() {
    for acknowledged in [true, false] {
        let mut cluster = Cluster::new(1);
        if acknowledged {
            cluster.put(0, "k1", "v1");
        } else {
            cluster.lose_answer(0, put("k1", "v1"));
        }
        cluster.forge(0, 3, "k1", Some("v1"));
        let verdict = check(&cluster.stop());
        assert_eq!(verdict.findings[0].anomaly, "doubled-write", "{}", told(&verdict));
        assert_eq!(verdict.findings[0].guarantee, "K11");
    }
}

#[test]
fn a_revision_that_nobody_can_have_made_is_a_phantom() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    let at = cluster.get(0, "k1");
    let mut history = cluster.stop();
    edit(&mut history, at, |event| with_response(event, |response| set_revision(response, 3)));
    assert_eq!(anomalies(NAME, &history), ["phantom-revision"]);
}

#[test]
fn keys_of_a_lease_that_go_without_it_are_phantoms() {
    let mut cluster = Cluster::new(1);
    let _ = cluster.at(0, grant(7, 5));
    let _ = cluster.at(0, put_with_lease("k1", "v1", 7));
    let _ = cluster.at(0, put_with_lease("k2", "v2", 7));
    cluster.forge(0, 4, "k1", None);
    assert_eq!(anomalies(NAME, &cluster.stop()), ["phantom-write"]);
}

#[test]
fn a_refused_write_leaves_nothing_behind() {
    let mut cluster = Cluster::new(1);
    let process = cluster.client(0);
    let op = cluster.invoke(process, put("k1", "v1"));
    let refused = Definite { reason: Refusal::TooManyRequests, message: String::new() };
    cluster.complete(&op, Outcome::Failed(refused.clone()));
    silent(&cluster.clone().finish());
    let _ = cluster.take_effect(&op);
    let mut history = cluster.finish();
    assert_eq!(anomalies(NAME, &history), ["refused-write-applied"]);
    answer(&mut history, op.index, Outcome::Failed(refused));
    assert_eq!(anomalies(NAME, &history), ["refused-write-applied"]);
}
