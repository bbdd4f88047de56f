//! The checker of locks: every anomaly fires, and what is legal stays silent.

use crate::common::{self, Op, anomalies, told, verdict};
use crate::scene::Scene;
use stormglass_checkers::history::{
    Body, Bytes, Compare, CompareOperator, CompareTarget, Empty, History, LeaseId, Lock,
    LockResponse, Outcome, Request, Response, Revision, TxnResponse, Unlock,
};
use stormglass_checkers::verdict::Status;

fn found(history: &History) -> Vec<String> {
    anomalies("locks", history)
}

fn assert_valid(history: &History) {
    common::assert_valid("locks", history);
}

fn stat(history: &History, name: &str) -> u64 {
    verdict("locks", history).stats.get(name).copied().unwrap_or(0)
}

fn if_created(key: &str, revision: i64) -> Compare {
    Compare {
        key: key.into(),
        range_end: Bytes::default(),
        operator: CompareOperator::Equal,
        target: CompareTarget::CreateRevision(Revision(revision)),
    }
}

/// Takes the lock `lock` with a lease, if it is free.
fn take(lease: i64) -> Request {
    let value = format!("holder-{lease}");
    common::txn(
        vec![if_created("lock", 0)],
        vec![common::put_with_lease("lock", &value, lease)],
        vec![common::get("lock")],
    )
}

/// Writes behind the lock.
fn write(token: i64, value: &str) -> Request {
    common::txn(
        vec![if_created("lock", token)],
        vec![common::put("guarded", value)],
        vec![common::get("lock")],
    )
}

fn give_back(token: i64) -> Request {
    common::txn(vec![if_created("lock", token)], vec![common::delete("lock")], Vec::new())
}

/// Two leases, and the first one's owner has the lock: its token.
fn held() -> (Scene, i64) {
    let mut scene = Scene::new(3);
    scene.grant(1, 10);
    scene.grant(2, 10);
    let _ = scene.cluster.at(0, take(1));
    let token = scene.cluster.store.revision();
    (scene, token)
}

/// The store accepts a transaction as if it had no guards.
fn unguarded(scene: &mut Scene, request: &Request) {
    let process = scene.cluster.client(1);
    let op = scene.cluster.invoke(process, request.clone());
    let Request::Txn(mut txn) = request.clone() else { return };
    txn.compare.clear();
    let plain = Op { request: Request::Txn(txn), ..op.clone() };
    let answer = scene.cluster.take_effect(&plain);
    scene.cluster.answer(&op, answer);
}

#[test]
fn a_lock_that_is_taken_used_and_given_back_is_fine() {
    let (mut scene, token) = held();
    let _ = scene.cluster.at(0, write(token, "v1"));
    let _ = scene.cluster.at(1, take(2));
    let _ = scene.cluster.at(0, give_back(token));
    let _ = scene.cluster.at(0, write(token, "v2"));
    let _ = scene.cluster.at(1, take(2));
    let next = scene.cluster.store.revision();
    let _ = scene.cluster.at(1, write(next, "v3"));
    let _ = scene.cluster.at(0, write(token, "v4"));
    let history = scene.finish();
    assert_valid(&history);
    assert_eq!(stat(&history, "fenced writes refused"), 2);
    assert_eq!(stat(&history, "locks taken by transaction"), 2);
    assert_eq!(stat(&history, "two holders at once, without fences"), 0);
}

#[test]
fn two_holders_at_once_are_a_note_and_no_violation() {
    let (mut scene, token) = held();
    // The store ends the first lease early: its owner does not know.
    scene.cluster.expire(1);
    let _ = scene.cluster.at(1, take(2));
    let _ = scene.cluster.at(0, write(token, "v1"));
    let history = scene.finish();
    assert_valid(&history);
    assert_eq!(stat(&history, "two holders at once, without fences"), 1);
}

#[test]
fn a_write_of_a_holder_whose_key_is_gone_is_not_accepted() {
    for next in [false, true] {
        let (mut scene, token) = held();
        scene.cluster.expire(1);
        if next {
            let _ = scene.cluster.at(1, take(2));
        }
        unguarded(&mut scene, &write(token, "v1"));
        assert_eq!(found(&scene.finish()), ["stale-fence-accepted"]);
    }
}

#[test]
fn a_write_that_its_watch_shows_late_is_judged_on_its_own_state() {
    let (mut scene, token) = held();
    scene.cluster.lag(1);
    scene.cluster.lag(2);
    scene.cluster.lag(0);
    let _ = scene.cluster.at(0, write(token, "v1"));
    let _ = scene.cluster.at(0, give_back(token));
    let _ = scene.cluster.at(1, take(2));
    (0..3).for_each(|member| scene.cluster.catch_up(member));
    assert_valid(&scene.finish());
}

#[test]
fn a_lock_that_is_held_is_not_given() {
    let (mut scene, _) = held();
    unguarded(&mut scene, &take(2));
    let found = found(&scene.finish());
    assert_eq!(found, ["held-lock-taken"]);
}

#[test]
fn a_holders_write_is_not_refused() {
    let (mut scene, token) = held();
    let process = scene.cluster.client(0);
    let op = scene.cluster.invoke(process, write(token, "v1"));
    let read = Op { request: common::get("lock"), ..op.clone() };
    let Ok(Response::Range(range)) = scene.cluster.take_effect(&read) else {
        panic!("a read is answered");
    };
    let header = range.header;
    let responses = vec![Response::Range(range)];
    let answer = TxnResponse { header, succeeded: false, responses };
    scene.cluster.answer(&op, Ok(Response::Txn(answer)));
    assert_eq!(found(&scene.finish()), ["valid-fence-refused"]);
}

#[test]
fn tokens_rise() {
    let (mut scene, token) = held();
    let _ = scene.cluster.at(0, give_back(token));
    let _ = scene.cluster.at(1, take(2));
    let mut history = scene.finish();
    assert_valid(&history);
    // The second holder's key comes back with the first one's creation revision.
    let mut second = false;
    for event in &mut history.events {
        if let Body::Complete(Outcome::Ok(Response::Txn(answer))) = &mut event.body
            && let Some(header) = &mut answer.header
            && header.revision == Revision(token + 2)
        {
            header.revision = Revision(token);
            second = true;
        }
    }
    assert!(second);
    let found = found(&history);
    assert!(found.contains(&"lock-revision-fell".to_owned()), "{found:?}");
}

#[test]
fn a_key_that_comes_back_is_created_anew() {
    let (mut scene, token) = held();
    let _ = scene.cluster.at(0, give_back(token));
    let mut history = scene.finish();
    let mut cluster = held().0.cluster;
    let _ = cluster.at(0, give_back(token));
    let _ = cluster.at(1, take(2));
    history.events = cluster.finish().events;
    for event in &mut history.events {
        if let Body::Watch(watch) = &mut event.body
            && let stormglass_checkers::history::WatchFrame::Events(frame) = &mut watch.frame
        {
            for change in frame.events.iter_mut().filter(|change| change.kv.lease == LeaseId(2)) {
                change.kv.create_revision = Revision(token);
            }
        }
    }
    assert_eq!(found(&history), ["lock-revision-fell"]);
}

#[test]
fn the_lock_service_is_counted_and_its_key_is_a_fence() {
    let run = |fenced_off: bool| {
        let mut scene = Scene::new(3);
        scene.grant(1, 10);
        let process = scene.cluster.client(0);
        let (name, lease) = (Bytes::from("mutex"), LeaseId(1));
        let op = scene.cluster.invoke(process, Request::Lock(Lock { name, lease }));
        let put = Op { request: common::put_with_lease("mutex/1", "", 1), ..op.clone() };
        let answer = scene.cluster.take_effect(&put);
        let token = scene.cluster.store.revision();
        let header = answer.ok().and_then(|answer| answer.header().copied());
        let answer = LockResponse { header, key: "mutex/1".into() };
        scene.cluster.answer(&op, Ok(Response::Lock(answer)));
        let guard = |token| vec![if_created("mutex/1", token)];
        let write = |value| vec![common::put("guarded", value)];
        let _ = scene.cluster.at(0, common::txn(guard(token), write("v1"), Vec::new()));
        let op = scene.cluster.invoke(process, Request::Unlock(Unlock { key: "mutex/1".into() }));
        let delete = Op { request: common::delete("mutex/1"), ..op.clone() };
        let header = scene.cluster.take_effect(&delete).ok().and_then(|a| a.header().copied());
        scene.cluster.answer(&op, Ok(Response::Unlock(Empty { header })));
        let late = common::txn(guard(token), write("v2"), vec![common::get("guarded")]);
        if fenced_off {
            let _ = scene.cluster.at(0, late);
        } else {
            unguarded(&mut scene, &late);
        }
        scene.finish()
    };
    let history = run(true);
    assert_valid(&history);
    assert_eq!(stat(&history, "locks taken by the lock service"), 1);
    assert_eq!(found(&run(false)), ["stale-fence-accepted"]);
}

#[test]
fn guards_on_ordinary_keys_are_no_fences() {
    let mut scene = Scene::new(3);
    scene.cluster.put(0, "k", "v1");
    unguarded(
        &mut scene,
        &common::txn(vec![if_created("k", 99)], vec![common::put("k", "v2")], Vec::new()),
    );
    assert_valid(&scene.finish());
}

#[test]
fn fences_that_no_watch_covers_are_unknown() {
    let (mut scene, token) = held();
    let _ = scene.cluster.at(0, write(token, "v1"));
    let mut history = scene.finish();
    common::remove(&mut history, |event| matches!(&event.body, Body::Watch(_)));
    let verdict = verdict("locks", &history);
    assert_eq!(verdict.status, Status::Unknown, "{}", told(&verdict));
}
