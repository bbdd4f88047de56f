//! The linearizability checker: what is legal is silent, what is planted in it is found.

use crate::common::{
    self, Cluster, Legal, delete, edit, get_at, grant, listing, put, put_with_lease, revoke,
    set_revision, told, verdict, with_response,
};
use proptest::prelude::*;
use stormglass_checkers::history::{
    Body, Compact, Event, History, LeaseId, Outcome, Put, Refusal, Request, Response, Revision,
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

fn legal(seed: u64, operations: u64, unknown: u64) -> Legal {
    Legal { seed, operations, keys: 4, open: 5, unknown, disturbed: true }
}

#[test]
fn an_unknown_write_may_land_much_later() {
    let mut cluster = Cluster::new(3);
    let late = cluster.lose_request(0, put("k1", "v1"));
    for number in 0..20 {
        cluster.put(1, "k2", &format!("w{number}"));
    }
    let _ = cluster.take_effect(&late);
    cluster.get(1, "k1");
    silent(&cluster.finish());
}

#[test]
fn an_event_may_arrive_before_its_write_returns() {
    let mut cluster = Cluster::new(3);
    let process = cluster.client(0);
    let slow = cluster.invoke(process, put("k1", "v1"));
    let answer = cluster.take_effect(&slow);
    cluster.get(1, "k1");
    cluster.put(2, "k1", "v2");
    cluster.answer(&slow, answer);
    silent(&cluster.finish());
}

#[test]
fn unknown_deletes_that_look_alike_find_their_revisions() {
    let mut cluster = Cluster::new(1);
    // The range delete could explain the first deletion too, but is needed for the second.
    let process = cluster.client(0);
    let wide = cluster.invoke(process, common::delete_range("k1", "k3"));
    cluster.give_up(&wide);
    let narrow = cluster.lose_request(0, delete("k1"));
    cluster.put(0, "k1", "v1");
    let _ = cluster.take_effect(&narrow);
    cluster.put(0, "k1", "v2");
    cluster.put(0, "k2", "v3");
    let _ = cluster.take_effect(&wide);
    silent(&cluster.finish());
}

#[test]
fn a_lease_may_end_by_itself_and_take_its_keys() {
    let mut cluster = Cluster::new(3);
    let _ = cluster.at(0, grant(7, 5));
    let _ = cluster.at(0, put_with_lease("k1", "v1", 7));
    let _ = cluster.at(0, put_with_lease("k2", "v2", 7));
    cluster.put(0, "k2", "v3");
    cluster.expire(7);
    cluster.get(0, "k1");
    let _ = cluster.at(0, grant(8, 5));
    let _ = cluster.at(0, put_with_lease("k3", "v4", 8));
    let _ = cluster.at(0, revoke(8));
    silent(&cluster.finish());
}

#[test]
fn a_kept_value_repeats_without_being_doubled() {
    let keep = |lease| {
        Request::Put(Put {
            key: "k1".into(),
            ignore_value: true,
            lease: LeaseId(lease),
            ..Put::default()
        })
    };
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    let _ = cluster.at(0, grant(7, 5));
    cluster.lose_answer(0, keep(7));
    let _ = cluster.at(0, keep(0));
    cluster.get(0, "k1");
    silent(&cluster.finish());
}

#[test]
fn refusals_and_compactions_are_silent() {
    let mut cluster = Cluster::new(2);
    cluster.put(0, "k1", "v1");
    cluster.put(0, "k1", "v2");
    let compact = Compact { revision: Revision(3), physical: false };
    let _ = cluster.at(0, Request::Compact(compact));
    assert_eq!(cluster.at(1, get_at("k1", 2)), Err(Refusal::Compacted));
    assert_eq!(cluster.at(1, get_at("k1", 9)), Err(Refusal::FutureRevision));
    silent(&cluster.finish());
}

#[test]
fn answers_without_revisions_make_it_unknown() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    let at = cluster.last();
    let mut history = cluster.finish();
    edit(&mut history, at, |event| with_response(event, |response| set_revision(response, 0)));
    let verdict = check(&history);
    assert_eq!(verdict.status, Status::Unknown, "{}", told(&verdict));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn legal_runs_are_silent(seed in any::<u64>(), unknown in 0_u64..20) {
        let history = legal(seed, 120, unknown).history();
        let verdict = check(&history);
        prop_assert_eq!(verdict.status, Status::Valid, "{}\n{}", told(&verdict), listing(&history));
    }

    #[test]
    fn legal_runs_that_were_cut_off_are_never_invalid(seed in any::<u64>(), cut in 10_usize..400) {
        let mut history = legal(seed, 120, 10).history();
        history.events.truncate(cut);
        let verdict = check(&history);
        prop_assert!(verdict.status != Status::Invalid, "{}\n{}", told(&verdict), listing(&history));
    }

    #[test]
    fn legal_runs_without_watches_are_never_invalid(seed in any::<u64>()) {
        let mut history = legal(seed, 60, 10).history();
        common::remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
        let verdict = check(&history);
        prop_assert!(verdict.status != Status::Invalid, "{}\n{}", told(&verdict), listing(&history));
    }

    #[test]
    fn a_wrong_value_in_a_legal_run_is_found(seed in any::<u64>(), pick in any::<u64>()) {
        let mut history = legal(seed, 80, 10).history();
        let shows = |event: &Event| match &event.body {
            Body::Complete(Outcome::Ok(Response::Range(range))) => {
                range.kvs.first().is_some_and(|kv| !kv.value.is_empty())
            }
            _ => false,
        };
        let reads: Vec<u64> =
            history.events.iter().filter(|event| shows(event)).map(|event| event.index).collect();
        let Some(at) = reads.get(usize::try_from(pick % (reads.len() as u64 + 1)).unwrap_or(0))
        else { return Ok(()) };
        edit(&mut history, *at, |event| with_response(event, |response| {
            if let Response::Range(range) = response {
                range.kvs[0].value = "never written".into();
            }
        }));
        let verdict = check(&history);
        prop_assert_eq!(verdict.status, Status::Invalid, "{}", told(&verdict));
    }
}
