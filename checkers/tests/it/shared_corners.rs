//! Corners of judging a store that others use too.

use stormglass_checkers::history::{
    Body, Bytes, Definite, Event, Header, History, Invoke, KeyEvent, KeyEventKind, KeyValue,
    LeaseId, MemberIndex, Outcome, ProcessId, Refusal, Request, Response, Revision, WatchEvent,
    WatchEvents, WatchFrame, WatchHeader, WatchId, WatchKind, WatchOpen, WatchRequest,
};
use stormglass_checkers::synthetic::beside_others;
use stormglass_checkers::verdict::Status;

use crate::common::{
    self, Cluster, anomalies, assert_unknown, assert_valid, delete, edit, get_at, put, told,
    unconfirmed, verdict,
};

const CHECKER: &str = "linearizability";

/// A put that was acknowledged, one in doubt that no watch shows, and a read that has seen
/// it; the history, and where the read ends.
fn unseen() -> (History, u64) {
    let mut cluster = Cluster::new(2);
    cluster.put(0, "k", "1");
    cluster.lose_answer(0, put("k", "2"));
    let read = cluster.get(1, "k");
    cluster.get(0, "k");
    let mut history = cluster.stop();
    let of_two = |event: &stormglass_checkers::history::Event| match &event.body {
        Body::Watch(WatchEvent { frame: WatchFrame::Events(events), .. }) => {
            events.events.iter().any(|one| one.kv.mod_revision.0 == 3)
        }
        _ => false,
    };
    let gone =
        history.events[..usize::try_from(read).expect("small")].iter().filter(|one| of_two(one));
    let read = read - gone.count() as u64;
    common::remove(&mut history, of_two);
    (history, read)
}

#[test]
fn what_nothing_shows_is_recognised_by_the_answers_that_show_it() {
    for seed in 0..20 {
        let (history, _) = unseen();
        let verdict = verdict(CHECKER, &beside_others(&history, seed));
        assert_eq!(verdict.status, Status::Valid, "{}", told(&verdict));
        assert_eq!(verdict.stats["recognised"], 1);
    }
}

#[test]
fn a_revision_that_changes_nothing_is_others_and_not_what_is_in_doubt() {
    let (mut history, read) = unseen();
    for at in [read, history.events.len() as u64 - 1] {
        let at = if at == read { at } else { history.events.len() as u64 - 1 };
        edit(&mut history, at, |event| {
            common::with_response(event, |response| {
                if let Response::Range(range) = response {
                    range.kvs[0].value = "1".into();
                    range.kvs[0].mod_revision.0 = 2;
                    range.kvs[0].version = 1;
                }
            });
        });
    }
    // On a store of our own nobody else can have made revision 3.
    assert_eq!(unconfirmed(CHECKER, &history).status, Status::Invalid);
    for seed in 0..20 {
        assert_valid(CHECKER, &beside_others(&history, seed));
    }
}

#[test]
fn what_is_in_doubt_cannot_come_and_go() {
    let (mut history, _) = unseen();
    let last = history.events.len() as u64 - 1;
    edit(&mut history, last, |event| {
        common::with_response(event, |response| {
            if let Response::Range(range) = response {
                range.kvs[0].value = "1".into();
                range.kvs[0].mod_revision.0 = 2;
                range.kvs[0].version = 1;
            }
        });
    });
    for seed in 0..20 {
        let verdict = unconfirmed(CHECKER, &beside_others(&history, seed));
        assert_eq!(verdict.status, Status::Invalid, "{}", told(&verdict));
    }
}

#[test]
fn a_deletion_in_doubt_may_have_happened_beside_others() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k", "1");
    cluster.lose_answer(0, delete("k"));
    cluster.get(0, "k");
    let mut history = cluster.stop();
    common::remove(&mut history, |event| match &event.body {
        Body::Watch(WatchEvent { frame: WatchFrame::Events(events), .. }) => {
            events.events[0].kv.mod_revision.0 == 3
        }
        _ => false,
    });
    for seed in 0..20 {
        assert_valid(CHECKER, &beside_others(&history, seed));
    }
}

#[test]
fn others_may_compact() {
    let mut cluster = Cluster::new(2);
    for value in ["1", "2", "3"] {
        cluster.put(0, "k", value);
    }
    let _ = cluster.at(0, get_at("k", 2));
    let last = cluster.last();
    let mut history = cluster.finish();
    edit(&mut history, last, |event| {
        let (reason, message) = (Refusal::Compacted, String::new());
        event.body = Body::Complete(Outcome::Failed(Definite { reason, message }));
    });
    assert_eq!(anomalies(CHECKER, &history), ["wrong-refusal"]);
    assert_valid(CHECKER, &beside_others(&history, 1));
}

#[test]
fn the_time_before_the_run_is_nobodys_business() {
    let mut cluster = Cluster::new(2);
    cluster.put(0, "k", "1");
    cluster.put(0, "k", "2");
    let _ = cluster.at(0, get_at("k", 2));
    let (sent, ended) = (cluster.last() - 1, cluster.last());
    let mut shared = beside_others(&cluster.stop(), 5);
    shared.events.retain(|event| {
        !matches!(&event.body, Body::Watch(watch) if matches!(watch.frame, WatchFrame::Progress(_)))
    });
    common::renumber(&mut shared);
    edit(&mut shared, sent, |event| {
        if let Body::Invoke(Invoke { request: Request::Range(range), .. }) = &mut event.body {
            range.revision.0 = 1;
        }
    });
    edit(&mut shared, ended, |event| {
        common::with_response(event, |response| {
            if let Response::Range(range) = response {
                range.kvs[0].value = "from before".into();
                range.kvs[0].mod_revision.0 = 1;
            }
        });
    });
    let verdict = verdict(CHECKER, &shared);
    assert_eq!(verdict.status, Status::Valid, "{}", told(&verdict));
    assert_eq!(verdict.stats["about-before-the-run"], 1);
}

#[test]
fn a_request_beyond_the_prefix_is_not_judged() {
    let mut cluster = Cluster::new(2);
    cluster.put(0, "k", "1");
    let mut shared = beside_others(&cluster.stop(), 5);
    let at = shared.events.last().expect("events").at;
    let stray = |request| Body::Invoke(Invoke { intended: at, request });
    let event = |index, process, body| stormglass_checkers::history::Event {
        index,
        at,
        process: Some(ProcessId(process)),
        member: None,
        body,
    };
    let next = shared.events.len() as u64;
    shared.events.push(event(next, 900, stray(common::get("elsewhere"))));
    assert_unknown(CHECKER, &shared, "1 requests reached beyond the prefix");
    shared.events.push(event(next + 1, 901, stray(put("elsewhere", "1"))));
    assert_unknown(CHECKER, &shared, "2 requests reached beyond the prefix");
}

/// A watch from the very first revision, right at the start, that shows a key of a former run
/// under the same prefix.
fn look_back(history: &mut History) {
    let prefix = history.preamble.prefix.clone();
    let start = history.preamble.start_revision;
    let header = Some(Header { revision: start, ..Header::default() });
    let request = WatchRequest {
        key: Bytes::from(prefix.as_str()),
        range_end: Bytes::from(format!("{}0", prefix.trim_end_matches('/'))),
        start_revision: Revision(1),
        ..WatchRequest::default()
    };
    let kv = KeyValue {
        key: Bytes::from(format!("{prefix}of a former run")),
        value: Bytes::from("x"),
        create_revision: start.previous(),
        mod_revision: start.previous(),
        version: 1,
        lease: LeaseId::default(),
    };
    let change = KeyEvent { kind: KeyEventKind::Put, kv, prev_kv: None };
    let frames = [
        WatchFrame::Open(WatchOpen { kind: WatchKind::Workload, request, resumes: None }),
        WatchFrame::Created(WatchHeader { header }),
        WatchFrame::Events(WatchEvents { header, fragment: false, events: vec![change] }),
        WatchFrame::Broken { error: "closed by the harness".to_owned() },
    ];
    let first = history.events[0].clone();
    for frame in frames.into_iter().rev() {
        let body = Body::Watch(WatchEvent { watch: WatchId(900), frame });
        let process = Some(ProcessId(900));
        let event = Event { process, member: Some(MemberIndex(0)), body, ..first.clone() };
        common::insert_after(history, 0, event);
    }
}

#[test]
fn what_a_watch_shows_of_former_runs_is_none_of_ours() {
    for seed in 0..20 {
        let mut cluster = Cluster::new(2);
        cluster.put(0, "k", "1");
        cluster.get(1, "k");
        let mut history = beside_others(&cluster.finish(), seed);
        let before = common::judge(&history);
        look_back(&mut history);
        let after = common::judge(&history);
        for (one, other) in before.verdicts.iter().zip(&after.verdicts) {
            assert_eq!(one.status, other.status, "seed {seed}: {}", told(other));
        }
    }
}
