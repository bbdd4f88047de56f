//! The linearizability checker: refusals, leases, compactions, and what is in doubt
//! where nothing was watched.

use crate::common::{
    self, Cluster, anomalies, answer, get, get_at, grant, listing, put, put_with_lease, remove,
    revoke, set_revision, told, verdict, with_response,
};
use stormglass_checkers::checker::{Budget, CheckContext};
use stormglass_checkers::history::{
    Body, Compact, Definite, History, Outcome, Put, Range, Refusal, Request, Response, Revision,
};
use stormglass_checkers::registry::checkers;
use stormglass_checkers::verdict::{Status, Verdict};

const NAME: &str = "linearizability";

fn silent(history: &History) {
    let verdict = verdict(NAME, history);
    assert_eq!(verdict.status, Status::Valid, "{}\n{}", told(&verdict), listing(history));
}

fn refused(reason: Refusal) -> Outcome {
    Outcome::Failed(Definite { reason, message: String::new() })
}

fn keep_value(key: &str) -> Request {
    Request::Put(Put { key: key.into(), ignore_value: true, ..Put::default() })
}

fn compact(revision: i64) -> Request {
    Request::Compact(Compact { revision: Revision(revision), physical: false })
}

fn unwatched(mut history: History) -> History {
    remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
    history
}

#[test]
fn a_refusal_that_was_true_nowhere_is_wrong() {
    let cases = [
        (keep_value("k1"), Refusal::KeyNotFound),
        (get_at("k1", 2), Refusal::FutureRevision),
        (get_at("k1", 2), Refusal::Compacted),
        (compact(2), Refusal::FutureRevision),
        (compact(2), Refusal::Compacted),
    ];
    for (request, reason) in cases {
        let mut cluster = Cluster::new(1);
        cluster.put(0, "k1", "v1");
        let process = cluster.client(0);
        let op = cluster.invoke(process, request.clone());
        cluster.complete(&op, refused(reason));
        cluster.put(0, "k1", "v2");
        let found = verdict(NAME, &cluster.finish());
        assert_eq!(found.findings.len(), 1, "{request:?} {reason:?}: {}", told(&found));
        assert_eq!(found.findings[0].anomaly, "wrong-refusal");
    }
}

#[test]
fn a_refusal_is_right_if_it_was_true_while_it_was_under_way() {
    for true_again in [false, true] {
        let mut cluster = Cluster::new(1);
        cluster.put(0, "k1", "v1");
        let process = cluster.client(0);
        let op = cluster.invoke(process, keep_value("k1"));
        if true_again {
            cluster.delete(0, "k1");
        }
        cluster.put(0, "k1", "v2");
        cluster.complete(&op, refused(Refusal::KeyNotFound));
        let found = anomalies(NAME, &cluster.finish());
        assert_eq!(found.is_empty(), true_again, "{found:?}");
    }
}

#[test]
fn a_refusal_binds_what_is_sent_after_it() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    let process = cluster.client(0);
    let slow = cluster.invoke(process, common::delete("k1"));
    let gone = cluster.take_effect(&slow);
    let process = cluster.client(0);
    let op = cluster.invoke(process, keep_value("k1"));
    cluster.complete(&op, refused(Refusal::KeyNotFound));
    let before = {
        let mut old = common::Store::default();
        let _ = old.apply(&put("k1", "v1"));
        old.apply(&get("k1"))
    };
    let process = cluster.client(0);
    let read = cluster.invoke(process, get("k1"));
    cluster.answer(&read, before);
    cluster.answer(&slow, gone);
    let history = unwatched(cluster.stop());
    assert_eq!(anomalies(NAME, &history), ["wrong-refusal"], "{}", listing(&history));
}

#[test]
fn the_past_is_not_read_after_its_compaction() {
    let mut cluster = Cluster::new(1);
    for value in ["v1", "v2", "v3"] {
        cluster.put(0, "k1", value);
    }
    let old = cluster.store.clone().apply(&get_at("k1", 2));
    let _ = cluster.at(0, compact(3));
    silent(&cluster.clone().finish());
    let process = cluster.client(0);
    let op = cluster.invoke(process, get_at("k1", 2));
    cluster.answer(&op, old);
    assert_eq!(anomalies(NAME, &cluster.stop()), ["read-of-compacted"]);
}

#[test]
fn a_lease_is_not_used_before_its_grant_or_after_its_end() {
    let mut cluster = Cluster::new(1);
    let _ = cluster.at(0, grant(7, 5));
    let used = cluster.store.clone().apply(&put_with_lease("k1", "v1", 7));
    let _ = cluster.at(0, revoke(7));
    let mut again = cluster.clone();
    let process = cluster.client(0);
    let op = cluster.invoke(process, put_with_lease("k1", "v1", 7));
    cluster.answer(&op, used.clone());
    assert_eq!(anomalies(NAME, &cluster.stop()), ["lease-misordered"]);
    // Granted anew it may be used again.
    let _ = again.at(0, grant(7, 5));
    let _ = again.at(0, put_with_lease("k1", "v1", 7));
    silent(&again.finish());
    let mut cluster = Cluster::new(1);
    let process = cluster.client(0);
    let op = cluster.invoke(process, put_with_lease("k1", "v1", 9));
    cluster.answer(&op, used.clone());
    assert_eq!(anomalies(NAME, &cluster.stop()), ["lease-misordered"]);
}

#[test]
fn a_lease_that_was_refused_is_not_used() {
    let mut cluster = Cluster::new(1);
    let process = cluster.client(0);
    let op = cluster.invoke(process, grant(7, 5));
    let mut granted = cluster.store.clone();
    let _ = granted.apply(&grant(7, 5));
    let used = granted.apply(&put_with_lease("k1", "v1", 7));
    let mut in_doubt = cluster.clone();
    cluster.complete(&op, refused(Refusal::TooManyRequests));
    let op = cluster.invoke(process, put_with_lease("k1", "v1", 7));
    cluster.answer(&op, used.clone());
    assert_eq!(anomalies(NAME, &cluster.stop()), ["lease-misordered"]);
    // A grant in doubt may have been carried out.
    let process = in_doubt.client(0);
    let op = in_doubt.invoke(process, put_with_lease("k1", "v1", 7));
    in_doubt.answer(&op, used);
    assert!(anomalies(NAME, &in_doubt.stop()).is_empty());
}

#[test]
fn a_refused_lease_does_not_come_back() {
    let mut cluster = Cluster::new(1);
    let _ = cluster.at(0, grant(7, 5));
    let _ = cluster.at(0, put_with_lease("k1", "v1", 7));
    let process = cluster.client(0);
    let op = cluster.invoke(process, put_with_lease("k1", "v2", 7));
    cluster.complete(&op, refused(Refusal::LeaseNotFound));
    let _ = cluster.at(0, put_with_lease("k1", "v3", 7));
    assert_eq!(anomalies(NAME, &cluster.finish()), ["lease-misordered"]);
}

/// Two puts in doubt of which either may have made an unseen revision, and one did;
/// later reads only count.
fn either(first_lands: bool) -> History {
    let count =
        |key: &str| Request::Range(Range { key: key.into(), count_only: true, ..Range::default() });
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    let first = cluster.lose_request(0, put("k2", "v2"));
    let other = cluster.lose_request(0, put("k3", "v3"));
    let _ = cluster.take_effect(if first_lands { &first } else { &other });
    let _ = cluster.at(0, count("k2"));
    let _ = cluster.at(0, count("k3"));
    unwatched(cluster.stop())
}

#[test]
fn every_way_to_make_an_unseen_revision_is_tried() {
    silent(&either(true));
    silent(&either(false));
}

#[test]
fn what_no_way_explains_is_found() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    cluster.lose_answer(0, put("k1", "v2"));
    cluster.lose_request(0, put("k2", "v3"));
    let read = cluster.get(0, "k2");
    let mut history = unwatched(cluster.stop());
    let _ = read;
    let last = history.events.len() as u64 - 1;
    common::edit(&mut history, last, |event| {
        with_response(event, |response| {
            if let Response::Range(range) = response {
                range.count = 7;
            }
        });
    });
    assert_eq!(anomalies(NAME, &history), ["no-explanation"], "{}", listing(&history));
}

#[test]
fn a_budget_that_is_spent_makes_it_unknown() {
    fn check(history: &History, budget: Budget) -> Verdict {
        let entry = checkers().iter().find(|entry| entry.name == NAME).expect("registered");
        let preamble = history.preamble.clone();
        let context = CheckContext { preamble, sometimes: Vec::new(), budget };
        common::feed((entry.new)(&context), history)
    }
    let found = check(&either(false), Budget { steps: 50, ..Budget::default() });
    assert_eq!(found.status, Status::Unknown, "{}", told(&found));
    let mut cluster = Cluster::new(1);
    for number in 0..200 {
        cluster.put(0, "k1", &format!("v{number}"));
    }
    let _ = cluster.at(0, get_at("k1", 2));
    let history = cluster.finish();
    let found = check(&history, Budget { bytes: 64 << 10, ..Budget::default() });
    assert_eq!(found.status, Status::Unknown, "{}", told(&found));
    assert_eq!(found.stats.get("past-forgotten"), Some(&1), "{}", told(&found));
    silent(&history);
}

#[test]
fn a_write_at_the_store_s_first_revision_is_a_phantom_revision() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    let at = cluster.last();
    let mut history = cluster.stop();
    let completion = history
        .events
        .iter()
        .rfind(|event| event.index <= at && matches!(event.body, Body::Complete(_)))
        .map(|event| event.index);
    common::edit(&mut history, completion.expect("a completion"), |event| {
        with_response(event, |response| set_revision(response, 1));
    });
    assert!(anomalies(NAME, &history).contains(&"phantom-revision".to_owned()));
}

#[test]
fn wrong_answers_to_members_alone_and_of_the_past_have_their_names() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    let process = cluster.client(0);
    let op = cluster.invoke(process, get_at("k1", 2));
    let wrong = common::Store::default().apply(&get("k1"));
    cluster.answer(&op, wrong);
    let mut history = cluster.stop();
    let index = op.index;
    let answered = Outcome::Ok(Response::Range(stormglass_checkers::history::RangeResponse {
        header: Some(stormglass_checkers::history::Header {
            revision: Revision(2),
            ..Default::default()
        }),
        ..Default::default()
    }));
    answer(&mut history, index, answered);
    assert_eq!(anomalies(NAME, &history), ["wrong-past-read"]);
}
