//! The watch checker: every anomaly fires, and what is legal beside it does not.

use crate::common::{self, Cluster, edit, insert_after, put, remove, txn};
use crate::streams::{
    self, Make, Watcher, assert_fires, assert_silent, events_of, index_of, only_header, puts,
    shows, watching,
};
use stormglass_checkers::history::{
    Body, Compact, Delete, Event, History, KeyEventKind, Request, Revision, WatchCanceled,
    WatchEvents, WatchFrame, WatchRequest,
};
use stormglass_checkers::watch::checker;

const WATCH: Make = checker;

fn compact(revision: i64) -> Request {
    Request::Compact(Compact { revision: Revision(revision), physical: false })
}

fn edit_events(history: &mut History, index: u64, change: impl FnOnce(&mut WatchEvents)) {
    edit(history, index, |event| {
        if let Some(events) = events_of(event) {
            change(events);
        }
    });
}

fn copy_of(history: &History, index: u64) -> Event {
    history.events[usize::try_from(index).unwrap_or(0)].clone()
}

#[test]
fn a_revision_that_one_member_does_not_deliver_is_a_gap() {
    let mut history = puts().finish();
    let index = index_of(&history, 1, 4);
    remove(&mut history, |event| event.index == index);
    let found = streams::verdict(WATCH, &history);
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-gap"]);
    assert_eq!(found.findings[0].sentence, "watch w2 on m2 skipped revision 4 of key c");
    assert_eq!(found.findings[0].witness.steps.len(), 3);
}

#[test]
fn an_acknowledged_write_that_no_watch_delivers_is_a_gap() {
    let mut history = puts().finish();
    remove(&mut history, |event| (0..3).any(|member| shows(event, member, 4)));
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-gap"]);
    assert!(streams::verdict(WATCH, &history).stats["findings of watch-gap"] >= 3);
}

#[test]
fn a_delete_that_showed_its_pair_and_that_no_watch_delivers_is_a_gap() {
    let mut cluster = puts();
    let delete = Delete { key: "c".into(), prev_kv: true, ..Delete::default() };
    let answer = cluster.at(0, Request::Delete(delete)).expect("it is answered");
    let revision = answer.header().map_or(0, |header| header.revision.0);
    cluster.put(0, "z", "later");
    let mut history = cluster.finish();
    remove(&mut history, |event| (0..3).any(|member| shows(event, member, revision)));
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-gap"]);
}

#[test]
fn a_watch_that_loses_a_change_while_it_resumes_has_a_gap() {
    let mut cluster = puts();
    cluster.kill(2);
    cluster.put(0, "f", "missed by the third member");
    cluster.restart(2);
    cluster.put(0, "g", "seen by all");
    let mut history = cluster.finish();
    let index = index_of(&history, 2, 8);
    remove(&mut history, |event| event.index == index);
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-gap"]);
    let sentence = &streams::verdict(WATCH, &history).findings[0].sentence;
    assert!(sentence.contains("it resumed w3"), "{sentence}");
}

#[test]
fn a_progress_notification_passes_what_it_skips() {
    let mut cluster = puts();
    let watcher = Watcher::open(&mut cluster, 50, 0, watching("c", "", 2));
    watcher.progress(&mut cluster, 7);
    assert_fires(WATCH, &cluster.finish(), "watch-gap");
}

#[test]
fn two_members_that_show_different_changes_have_diverged() {
    let mut history = puts().finish();
    let index = index_of(&history, 1, 4);
    edit_events(&mut history, index, |events| events.events[0].kv.value = "v1".into());
    assert_fires(WATCH, &history, "watch-diverged");

    // A different key at the same revision, written by clients that learnt nothing.
    let mut cluster = Cluster::new(2);
    cluster.lose_answer(0, put("a", "1"));
    cluster.lose_request(0, put("b", "2"));
    cluster.put(0, "z", "3");
    let mut history = cluster.stop();
    let index = index_of(&history, 1, 2);
    edit_events(&mut history, index, |events| {
        events.events[0].kv.key = "b".into();
        events.events[0].kv.value = "2".into();
    });
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-diverged"]);
}

#[test]
fn a_change_that_contradicts_its_acknowledgement_is_a_phantom() {
    let mut history = puts().finish();
    for member in 0..3 {
        let index = index_of(&history, member, 4);
        edit_events(&mut history, index, |events| events.events[0].kind = KeyEventKind::Delete);
    }
    assert_fires(WATCH, &history, "watch-phantom");
}

#[test]
fn a_value_that_nobody_wrote_is_a_phantom() {
    let mut cluster = Cluster::new(1);
    cluster.lose_answer(0, put("a", "1"));
    cluster.put(0, "z", "3");
    let mut history = cluster.stop();
    let index = index_of(&history, 0, 2);
    edit_events(&mut history, index, |events| events.events[0].kv.value = "2".into());
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-phantom"]);
}

#[test]
fn a_response_that_comes_again_is_a_duplicate() {
    let mut history = puts().finish();
    let index = index_of(&history, 1, 4);
    let again = copy_of(&history, index);
    insert_after(&mut history, index, again.clone());
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-duplicate"]);
    // The same later, as a live watch that goes back in time shows it.
    let mut history = puts().finish();
    let later = index_of(&history, 1, 6);
    insert_after(&mut history, later, again);
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-duplicate"]);
}

#[test]
fn an_older_revision_after_a_newer_one_is_disorder() {
    let mut history = puts().finish();
    let (one, two) = (index_of(&history, 1, 4), index_of(&history, 1, 5));
    let (first, second) = (copy_of(&history, one), copy_of(&history, two));
    edit(&mut history, one, |event| event.body = second.body);
    edit(&mut history, two, |event| event.body = first.body);
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-disorder"]);
}

/// A transaction of two puts, delivered in two responses.
fn two_halves(fragment: bool) -> History {
    let mut cluster = Cluster::new(2);
    let both = txn(Vec::new(), vec![put("a", "1"), put("b", "2")], Vec::new());
    let _ = cluster.at(0, both);
    cluster.put(0, "c", "3");
    let mut history = cluster.stop();
    let index = index_of(&history, 1, 2);
    let mut half = copy_of(&history, index);
    edit_events(&mut history, index, |events| {
        events.events.truncate(1);
        events.fragment = fragment;
    });
    if let Some(events) = events_of(&mut half) {
        events.events.remove(0);
    }
    insert_after(&mut history, index, half);
    history
}

#[test]
fn a_transaction_in_two_responses_is_split_unless_they_are_fragments() {
    assert_eq!(streams::anomalies(WATCH, &two_halves(false)), ["watch-split"]);
    assert_silent(WATCH, &two_halves(true));
}

/// A transaction of these operations, delivered the wrong way round on one member.
fn swapped(operations: Vec<Request>) -> History {
    let mut cluster = Cluster::new(2);
    let _ = cluster.at(0, txn(Vec::new(), operations, Vec::new()));
    let mut history = cluster.stop();
    let index = index_of(&history, 1, 2);
    edit_events(&mut history, index, |events| events.events.reverse());
    history
}

#[test]
fn the_changes_of_a_transaction_come_in_the_order_of_its_operations() {
    let history = swapped(vec![put("b", "1"), put("a", "2")]);
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-misordered"]);
    let found = streams::verdict(WATCH, &history);
    assert!(found.findings[0].sentence.ends_with("key a before key b"), "{found:?}");
    // Of nested transactions no order is promised.
    let nested = txn(Vec::new(), vec![put("c", "1"), put("d", "2")], Vec::new());
    assert_silent(WATCH, &swapped(vec![put("b", "1"), nested]));
}

#[test]
fn half_a_transaction_is_a_gap() {
    let mut history = two_halves(true);
    let second = history.events.iter().rposition(|event| shows(event, 1, 2)).unwrap_or(0);
    let second = second as u64;
    remove(&mut history, |event| event.index == second);
    let index = index_of(&history, 1, 2);
    edit_events(&mut history, index, |events| events.fragment = false);
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-gap"]);
}

#[test]
fn progress_must_not_overtake_events_or_go_back() {
    let mut cluster = puts();
    let watcher = Watcher::open(&mut cluster, 50, 0, watching("c", "", 2));
    watcher.progress(&mut cluster, 7);
    watcher.deliver(&mut cluster, 4, 4);
    assert_eq!(streams::anomalies(WATCH, &cluster.finish()), ["watch-progress-early"]);

    let mut cluster = puts();
    let watcher = Watcher::open(&mut cluster, 50, 0, watching("x", "", 2));
    watcher.progress(&mut cluster, 7);
    watcher.progress(&mut cluster, 6);
    assert_eq!(streams::anomalies(WATCH, &cluster.finish()), ["watch-progress-early"]);
}

#[test]
fn a_watch_delivers_nothing_from_before_its_start() {
    let mut cluster = puts();
    let watcher = Watcher::open(&mut cluster, 50, 0, watching("a", "z", 4));
    watcher.deliver(&mut cluster, 3, 7);
    assert_eq!(streams::anomalies(WATCH, &cluster.finish()), ["watch-before-start"]);
}

#[test]
fn a_watch_from_now_on_may_begin_a_little_before_its_created_frame() {
    // From 3.5.22 on that frame's revision is read after the watch was taken up.
    let mut cluster = puts();
    let watcher = Watcher::open(&mut cluster, 50, 0, watching("a", "z", 0));
    watcher.deliver(&mut cluster, 7, 7);
    assert_eq!(streams::anomalies(WATCH, &cluster.finish()), [] as [&str; 0]);

    // What it has begun with, it must go on with.
    let mut cluster = puts();
    let watcher = Watcher::open(&mut cluster, 50, 0, watching("a", "z", 0));
    watcher.deliver(&mut cluster, 5, 5);
    watcher.deliver(&mut cluster, 7, 7);
    assert_eq!(streams::anomalies(WATCH, &cluster.finish()), ["watch-gap"]);
}

#[test]
fn a_watch_delivers_nothing_outside_its_range_and_filters() {
    let mut cluster = puts();
    let watcher = Watcher::open(&mut cluster, 50, 0, watching("a", "c", 2));
    let everything = Watcher::open(&mut cluster, 51, 0, watching("\0", "\0", 2));
    let events = everything.changes(&cluster, 2, 7);
    let header = only_header(7).header;
    let frame = WatchEvents { header, fragment: false, events };
    watcher.frame(&mut cluster, WatchFrame::Events(frame.clone()));
    assert_eq!(streams::anomalies(WATCH, &cluster.clone().finish()), ["watch-outside-range"]);

    let mut cluster = puts();
    let no_put = WatchRequest { no_put: true, ..watching("a", "z", 2) };
    let watcher = Watcher::open(&mut cluster, 50, 0, no_put);
    watcher.frame(&mut cluster, WatchFrame::Events(frame));
    assert_eq!(streams::anomalies(WATCH, &cluster.finish()), ["watch-outside-range"]);
}

#[test]
fn a_compacted_start_must_be_announced() {
    let build = |cancel: bool| {
        let mut cluster = puts();
        let _ = cluster.at(0, compact(6));
        let watcher = Watcher::open(&mut cluster, 50, 0, watching("a", "", 2));
        if cancel {
            let compact_revision = Revision(6);
            let canceled = WatchCanceled { compact_revision, ..WatchCanceled::default() };
            watcher.frame(&mut cluster, WatchFrame::Canceled(canceled));
        } else {
            let mut events = watcher.changes(&cluster, 7, 7);
            events[0].prev_kv = None;
            let frame = WatchEvents { header: only_header(7).header, fragment: false, events };
            watcher.frame(&mut cluster, WatchFrame::Events(frame));
        }
        cluster.finish()
    };
    assert_silent(WATCH, &build(true));
    assert_fires(WATCH, &build(false), "watch-compaction-silent");
}

#[test]
fn a_previous_pair_must_be_the_state_before() {
    // Of the wrong version.
    let mut history = puts().finish();
    let index = index_of(&history, 1, 7);
    edit_events(&mut history, index, |events| {
        if let Some(prev) = &mut events.events[0].prev_kv {
            prev.version = 4;
        }
    });
    assert_fires(WATCH, &history, "watch-prev-kv");
    // With another value, on every member.
    let mut history = puts().finish();
    for event in &mut history.events {
        let events = events_of(event).into_iter().flat_map(|events| &mut events.events);
        for prev in events.filter_map(|event| event.prev_kv.as_mut()) {
            prev.value = "v1".into();
        }
    }
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-prev-kv"]);
    // None at all, although nothing is compacted.
    let mut history = puts().finish();
    let index = index_of(&history, 1, 7);
    edit_events(&mut history, index, |events| events.events[0].prev_kv = None);
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-prev-kv"]);
    // Unless the watch was being cancelled: seen on 3.5.30, whose server forgets the
    // options of a cancelled watch before it has sent what it holds for it.
    let mut cancel = copy_of(&history, index);
    if let Body::Watch(watch) = &mut cancel.body {
        watch.frame = WatchFrame::Cancel {};
    }
    insert_after(&mut history, index - 1, cancel);
    assert_silent(WATCH, &history);
}

#[test]
fn versions_follow_from_what_was_there() {
    let mut history = puts().finish();
    for event in &mut history.events {
        let events = events_of(event).into_iter().flat_map(|events| &mut events.events);
        for event in events.filter(|event| event.kv.mod_revision == Revision(7)) {
            event.kv.version = 3;
            event.prev_kv = None;
        }
    }
    assert_fires(WATCH, &history, "watch-version");
    // The first change of a key cannot be a delete in a store that was empty.
    let mut cluster = Cluster::new(1);
    cluster.lose_answer(0, put("a", "1"));
    cluster.lose_answer(0, common::delete("a"));
    let mut history = cluster.stop();
    let index = index_of(&history, 0, 2);
    remove(&mut history, |event| event.index == index);
    assert_eq!(streams::anomalies(WATCH, &history), ["watch-version"]);
}
