//! The revisions checker: every anomaly fires, everything legal is silent.

use crate::common::{
    Cluster, completion_of, edit, get, get_serializable, grant, put, remove, renumber, revoke,
};
use crate::streams::{
    self, Make, assert_fires, assert_silent, events_of, index_of, run, shows, step,
};
use proptest::prelude::*;
use stormglass_checkers::history::{
    Body, Environment, Event, HexId, History, KeyValue, Outcome, Response, Revision, WatchFrame,
};
use stormglass_checkers::revisions::checker;

const REVISIONS: Make = checker;

/// Puts and reads of three keys on three members.
fn traffic() -> Cluster {
    let mut cluster = Cluster::new(3);
    for number in 0..9_u16 {
        let key = ["a", "b", "c"][usize::from(number % 3)];
        cluster.put(number % 3, key, &format!("v{number}"));
        cluster.get((number + 1) % 3, key);
        let _ = cluster.at((number + 2) % 3, get_serializable(key));
    }
    cluster
}

/// Changes the pairs of the last read before the final phase.
fn edit_read(history: &mut History, change: impl Fn(&mut KeyValue)) {
    let end = history.events.iter().position(is_recovery).unwrap_or(history.events.len());
    let events = history.events[..end].iter_mut().rev();
    for event in events {
        if let Body::Complete(Outcome::Ok(Response::Range(answer))) = &mut event.body {
            answer.kvs.iter_mut().for_each(change);
            return;
        }
    }
}

fn is_recovery(event: &Event) -> bool {
    use stormglass_checkers::history::Phase::Recover;
    matches!(event.body, Body::Environment(Environment::Phase(Recover)))
}

#[test]
fn pairs_whose_numbers_cannot_be_are_found() {
    let changes: [fn(&mut KeyValue); 6] = [
        |pair| pair.version = 0,
        |pair| pair.version = 1,
        |pair| pair.version += 100,
        |pair| pair.create_revision = pair.mod_revision,
        |pair| pair.create_revision = pair.mod_revision.next(),
        |pair| pair.mod_revision = Revision(1_000),
    ];
    for change in changes {
        let mut history = traffic().finish();
        edit_read(&mut history, change);
        assert_eq!(streams::anomalies(REVISIONS, &history), ["key-arithmetic"]);
    }
}

#[test]
fn two_states_of_one_key_that_exclude_each_other_are_found() {
    // A version that falls although the key was never created anew: put twice, version 2
    // both times, as after entries that were applied twice.
    let mut history = traffic().finish();
    remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
    edit_read(&mut history, |pair| pair.version -= 1);
    let found = streams::anomalies(REVISIONS, &history);
    assert!(
        found.iter().all(|name| name == "conflicting-observations" || name == "key-arithmetic")
    );
    assert!(!found.is_empty());
}

#[test]
fn one_put_seen_in_two_ways_is_a_conflict() {
    let changes: [fn(&mut KeyValue); 2] =
        [|pair| pair.value = "other".into(), |pair| pair.lease.0 = 77];
    for change in changes {
        let mut history = traffic().finish();
        edit_read(&mut history, change);
        assert_eq!(streams::anomalies(REVISIONS, &history), ["conflicting-observations"]);
    }
    let mut history = traffic().finish();
    let index = index_of(&history, 1, 7);
    edit(&mut history, index, |event| {
        if let Some(events) = events_of(event) {
            events.events[0].kv.value = "other".into();
        }
    });
    assert_eq!(streams::anomalies(REVISIONS, &history), ["conflicting-observations"]);
}

/// A put through a member and then a read through it, answered at `revision`.
fn read_after_put(restart: bool, revision: i64) -> History {
    let mut cluster = traffic();
    cluster.put(1, "a", "new");
    if restart {
        cluster.kill(1);
        cluster.restart(1);
        // The new life begins behind, and says so when its watch is made.
        if let Some(event) = cluster.history.events.last_mut()
            && let Body::Watch(watch) = &mut event.body
        {
            watch.frame = WatchFrame::Created(streams::only_header(revision));
        }
    }
    let process = cluster.client(1);
    let op = cluster.invoke(process, get_serializable("nothing"));
    let answer = cluster.take_effect(&op);
    cluster.answer(&op, answer);
    let mut history = cluster.stop();
    let completion = completion_of(&history, op.index).unwrap_or(0);
    edit(&mut history, completion, |event| {
        if let Body::Complete(Outcome::Ok(Response::Range(answer))) = &mut event.body {
            answer.header = streams::header(revision);
        }
    });
    history
}

#[test]
fn a_member_whose_revision_falls_is_found_unless_it_restarted() {
    assert_eq!(streams::anomalies(REVISIONS, &read_after_put(false, 5)), ["revision-went-back"]);
    assert_silent(REVISIONS, &read_after_put(false, 11));
    assert_silent(REVISIONS, &read_after_put(true, 5));
}

#[test]
fn a_new_watch_on_a_member_shows_its_revision_too() {
    let mut cluster = traffic();
    let request = streams::watching("a", "", 2);
    let watcher = streams::Watcher::open(&mut cluster, 50, 1, request);
    let mut history = cluster.finish();
    for event in &mut history.events {
        if let Body::Watch(watch) = &mut event.body
            && watch.watch == watcher.id
            && let WatchFrame::Created(created) = &mut watch.frame
        {
            created.header = streams::header(3);
        }
    }
    assert_eq!(streams::anomalies(REVISIONS, &history), ["revision-went-back"]);
}

#[test]
fn an_event_may_come_a_moment_before_its_revision_is_readable() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "a", "1");
    let process = cluster.client(0);
    let write = cluster.invoke(process, put("a", "2"));
    let answer = cluster.take_effect(&write);
    let _ = cluster.at(0, get_serializable("nothing"));
    cluster.answer(&write, answer);
    let mut history = cluster.stop();
    for event in &mut history.events {
        if let Body::Complete(Outcome::Ok(Response::Range(answer))) = &mut event.body {
            answer.header = streams::header(2);
        }
    }
    assert_silent(REVISIONS, &history);
}

#[test]
fn answers_of_requests_under_way_at_once_may_overtake_each_other() {
    let mut cluster = traffic();
    let (one, two) = (cluster.client(0), cluster.client(0));
    let read = cluster.invoke(one, get("a"));
    let old = cluster.take_effect(&read);
    let write = cluster.invoke(two, put("a", "newer"));
    let new = cluster.take_effect(&write);
    cluster.answer(&write, new);
    cluster.answer(&read, old);
    assert_silent(REVISIONS, &cluster.finish());
}

#[test]
fn a_member_that_lags_and_serves_old_reads_is_legal() {
    let mut cluster = traffic();
    cluster.lag(2);
    cluster.put(0, "a", "new");
    let _ = cluster.at(2, get_serializable("a"));
    assert_silent(REVISIONS, &cluster.finish());
}

#[test]
fn a_revision_that_nobody_made_is_a_gap() {
    let mut cluster = Cluster::new(2);
    cluster.put(0, "a", "1");
    cluster.lose_answer(0, put("b", "2"));
    cluster.put(0, "c", "3");
    let mut history = cluster.clone().finish();
    assert_silent(REVISIONS, &history);
    remove(&mut history, |event| shows(event, 0, 3) || shows(event, 1, 3));
    assert_eq!(streams::anomalies(REVISIONS, &history), ["revision-gap"]);
    let sentence = &streams::verdict(REVISIONS, &history).findings[0].sentence;
    assert!(sentence.starts_with("revision 3 changed nothing"), "{sentence}");

    // A lease that was revoked at that revision had no keys, or the watches would show them.
    let mut revoked = Cluster::new(2);
    revoked.put(0, "a", "1");
    revoked.lose_answer(0, put("b", "2"));
    let _ = revoked.at(1, grant(7, 60));
    let _ = revoked.at(1, revoke(7));
    revoked.put(0, "c", "3");
    let mut history = revoked.finish();
    assert_silent(REVISIONS, &history);
    remove(&mut history, |event| shows(event, 0, 3) || shows(event, 1, 3));
    assert_eq!(streams::anomalies(REVISIONS, &history), ["revision-gap"]);

    // A watch of one member that was away proves nothing.
    let mut history = cluster.stop();
    remove(&mut history, |event| shows(event, 0, 3) || shows(event, 1, 3));
    remove(&mut history, |event| shows(event, 1, 4));
    assert_silent(REVISIONS, &history);
    // Nor does a store that others write to.
    history.preamble.exclusive = false;
    assert_silent(REVISIONS, &history);
}

#[test]
fn an_answer_from_another_cluster_is_found() {
    let mut history = traffic().finish();
    let mut number = 0;
    for event in &mut history.events {
        if let Body::Complete(Outcome::Ok(Response::Put(answer))) = &mut event.body
            && let Some(header) = &mut answer.header
        {
            header.cluster_id = HexId(if number == 5 { 0xbad } else { 0xfeed });
            number += 1;
        }
    }
    assert_eq!(streams::anomalies(REVISIONS, &history), ["cluster-id-changed"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn random_legal_runs_are_silent(steps in proptest::collection::vec(step(), 1..60)) {
        assert_silent(REVISIONS, &run(&steps));
    }

    #[test]
    fn a_version_that_one_watch_shows_wrongly_is_found(
        steps in proptest::collection::vec(step(), 5..60),
        pick in any::<prop::sample::Index>(),
        up in 1_i64..3,
    ) {
        let mut history = run(&steps);
        let mut puts: Vec<u64> = Vec::new();
        for event in &mut history.events {
            let index = event.index;
            let events = events_of(event).into_iter().flat_map(|events| &events.events);
            let put = |event: &&stormglass_checkers::history::KeyEvent| event.kv.version > 0;
            puts.extend(events.filter(put).take(1).map(|_| index));
        }
        // The first of a kind has nothing to contradict it but the other members.
        prop_assume!(!puts.is_empty());
        let index = *pick.get(&puts);
        edit(&mut history, index, |event| {
            let events = events_of(event).into_iter().flat_map(|events| &mut events.events);
            if let Some(event) = events.into_iter().find(|event| event.kv.version > 0) {
                event.kv.version += up;
            }
        });
        renumber(&mut history);
        let found = streams::anomalies(REVISIONS, &history);
        prop_assert!(!found.is_empty());
        assert_fires(REVISIONS, &history, &found[0]);
    }
}
