//! The checker of leases: every anomaly fires, and what is legal stays silent.

use crate::common::{self, anomalies};
use crate::scene::Scene;
use stormglass_checkers::history::{
    Body, Doubt, History, KeyEventKind, LeaseId, Outcome, Refusal, Request, Response, WatchFrame,
};

const NONE: [&str; 0] = [];

fn found(history: &History) -> Vec<String> {
    anomalies("leases", history)
}

fn assert_valid(history: &History) {
    common::assert_valid("leases", history);
}

fn assert_unknown(history: &History, reason: &str) {
    common::assert_unknown("leases", history, reason);
}

#[test]
fn a_lease_that_ends_before_its_last_keepalive_is_over_is_early() {
    let mut scene = Scene::renewed();
    scene.wait(2500);
    scene.cluster.expire(7);
    assert_eq!(found(&scene.finish()), ["lease-early-expiry"]);
}

#[test]
fn a_grant_of_the_same_number_afterwards_excuses_nothing() {
    let mut scene = Scene::renewed();
    scene.wait(2500);
    scene.cluster.expire(7);
    scene.grant(7, 3);
    assert_eq!(found(&scene.finish()), ["lease-early-expiry"]);
}

#[test]
fn the_keepalive_counts_from_when_it_was_sent_not_answered() {
    let mut scene = Scene::new(3);
    scene.grant(7, 3);
    scene.attach("a", 7);
    let op = scene.ping(7);
    scene.wait(1500);
    scene.pong(&op, 3);
    scene.wait(1600);
    scene.cluster.expire(7);
    assert_valid(&scene.finish());
}

#[test]
fn a_keepalive_that_nobody_answered_promises_nothing() {
    let mut scene = Scene::renewed();
    scene.wait(2000);
    let op = scene.ping(7);
    scene.cluster.give_up(&op);
    scene.wait(1100);
    scene.cluster.expire(7);
    assert_valid(&scene.finish());
}

#[test]
fn a_keepalive_that_is_answered_after_the_end_was_seen_counts() {
    let mut scene = Scene::renewed();
    scene.wait(2500);
    let op = scene.ping(7);
    scene.wait(700);
    scene.cluster.expire(7);
    scene.pong(&op, 3);
    assert_eq!(found(&scene.finish()), ["lease-early-expiry"]);
}

#[test]
fn who_asks_for_a_revocation_or_a_deletion_may_get_it() {
    let mut scene = Scene::renewed();
    scene.cluster.lose_answer(0, common::revoke(7));
    assert_valid(&scene.finish());
    let mut scene = Scene::renewed();
    scene.cluster.lose_answer(0, common::delete("a"));
    assert_valid(&scene.finish());
    let mut scene = Scene::renewed();
    scene.cluster.delete(0, "a");
    assert_valid(&scene.finish());
    // The deletion is seen before its answer comes.
    let mut scene = Scene::renewed();
    let process = scene.cluster.client(1);
    let op = scene.cluster.invoke(process, common::delete_range("a", "b"));
    let answer = scene.cluster.take_effect(&op);
    scene.wait(100);
    scene.cluster.answer(&op, answer);
    assert_valid(&scene.finish());
}

#[test]
fn a_deletion_that_was_answered_without_a_revision_may_be_the_one() {
    let mut scene = Scene::renewed();
    scene.cluster.delete(0, "a");
    let mut history = scene.finish();
    for event in &mut history.events {
        if let Body::Complete(Outcome::Ok(Response::Delete(answer))) = &mut event.body {
            answer.header = None;
        }
    }
    assert_valid(&history);
}

#[test]
fn a_fast_clock_explains_an_early_end_as_far_as_it_is_fast() {
    let run = |params: &[(&str, &str)]| {
        let mut scene = Scene::renewed();
        let fault = scene.begin("clock-mono", &[1], params);
        scene.wait(1000);
        scene.end(fault, None);
        scene.cluster.expire(7);
        scene.finish()
    };
    assert_eq!(found(&run(&[("rate", "2")])), ["lease-early-expiry"]);
    assert_valid(&run(&[("rate", "3.5")]));
    assert_valid(&run(&[("jump", "30s")]));
    // As the harness records it, with every parameter.
    assert_valid(&run(&[("jump", "30s"), ("rate", "1")]));
    assert_eq!(found(&run(&[("jump", "0s"), ("rate", "1")])), ["lease-early-expiry"]);
    assert_unknown(&run(&[("wobble", "3")]), "a fault of the clocks");
    let mut scene = Scene::renewed();
    scene.begin("clock-wall", &[0, 1, 2], &[("offset", "1h")]);
    scene.cluster.expire(7);
    assert_eq!(found(&scene.finish()), ["lease-early-expiry"]);
}

#[test]
fn a_lease_that_nobody_finds_within_its_time_is_lost() {
    for request in [common::put_with_lease("b", "v", 7), common::revoke(7)] {
        let mut scene = Scene::renewed();
        scene.wait(500);
        let process = scene.cluster.client(1);
        let op = scene.cluster.invoke(process, request);
        scene.cluster.answer(&op, Err(Refusal::LeaseNotFound));
        assert_eq!(found(&scene.finish()), ["lease-lost"]);
    }
    let mut scene = Scene::renewed();
    scene.keep_alive(7, 0);
    assert_eq!(found(&scene.finish()), ["lease-lost"]);
    // Time may be over when the answer comes, or the grant may come after the refusal.
    let mut scene = Scene::renewed();
    let op = scene.ping(7);
    scene.wait(3000);
    scene.pong(&op, 0);
    assert_valid(&scene.finish());
    let mut scene = Scene::new(3);
    let op = scene.ping(7);
    scene.grant(7, 3);
    scene.pong(&op, 0);
    assert_valid(&scene.finish());
    let mut scene = Scene::renewed();
    scene.cluster.lose_request(0, common::revoke(7));
    scene.keep_alive(7, 0);
    assert_valid(&scene.finish());
}

#[test]
fn the_end_of_a_lease_takes_all_its_keys() {
    let two = || {
        let mut scene = Scene::new(3);
        scene.grant(7, 3);
        scene.attach("a", 7);
        scene.attach("b", 7);
        scene
    };
    let spare = |history: &mut History| {
        for event in &mut history.events {
            if let Body::Watch(watch) = &mut event.body
                && let WatchFrame::Events(frame) = &mut watch.frame
            {
                frame
                    .events
                    .retain(|event| event.kind == KeyEventKind::Put || event.kv.key != "b".into());
            }
        }
    };
    let mut scene = two();
    scene.wait(3100);
    scene.cluster.expire(7);
    let mut history = scene.finish();
    assert_valid(&history);
    spare(&mut history);
    assert_eq!(found(&history), ["lease-partial-expiry"]);
    let mut scene = two();
    let _ = scene.cluster.at(1, common::revoke(7));
    let mut history = scene.finish();
    assert_valid(&history);
    spare(&mut history);
    assert_eq!(found(&history), ["lease-partial-expiry"]);
}

#[test]
fn a_revocation_without_effect_on_its_keys_is_partial() {
    let mut scene = Scene::renewed();
    let process = scene.cluster.client(1);
    let op = scene.cluster.invoke(process, common::revoke(7));
    // The other lease's answer has the same revision and the form of one to this.
    scene.grant(8, 3);
    let _ = scene.cluster.take_effect(&Op2::revoke(&op, 8));
    let revision = scene.cluster.store.revision();
    let header = Some(scene_header(revision));
    let answer = stormglass_checkers::history::Empty { header };
    scene.cluster.answer(&op, Ok(Response::LeaseRevoke(answer)));
    scene.cluster.put(0, "z", "later");
    assert_eq!(found(&scene.finish()), ["lease-partial-expiry"]);
}

/// The same operation with another lease.
struct Op2;

impl Op2 {
    fn revoke(op: &common::Op, lease: i64) -> common::Op {
        common::Op { request: common::revoke(lease), ..op.clone() }
    }
}

fn scene_header(revision: i64) -> stormglass_checkers::history::Header {
    stormglass_checkers::history::Header {
        revision: stormglass_checkers::history::Revision(revision),
        ..Default::default()
    }
}

#[test]
fn a_lease_does_not_rise_from_its_end() {
    let mut scene = Scene::renewed();
    let _ = scene.cluster.at(1, common::revoke(7));
    scene.keep_alive(7, 3);
    assert_eq!(found(&scene.finish()), ["lease-resurrected"]);
    let mut scene = Scene::renewed();
    scene.wait(3500);
    scene.cluster.expire(7);
    scene.keep_alive(7, 3);
    assert_eq!(found(&scene.finish()), ["lease-resurrected"]);
    // Sent before the end, answered after it; and an unknown revocation that came later.
    let mut scene = Scene::renewed();
    let op = scene.ping(7);
    scene.wait(10);
    let _ = scene.cluster.at(1, common::revoke(7));
    scene.pong(&op, 3);
    assert_valid(&scene.finish());
    let mut scene = Scene::renewed();
    scene.cluster.lose_request(1, common::revoke(7));
    scene.keep_alive(7, 3);
    assert_valid(&scene.finish());
}

#[test]
fn a_dead_lease_takes_no_keys() {
    let mut scene = Scene::renewed();
    let _ = scene.cluster.at(1, common::revoke(7));
    let mut late = scene;
    let process = late.cluster.client(1);
    let op = late.cluster.invoke(process, common::put_with_lease("b", "v", 7));
    // The store takes it as if the lease were there.
    let plain = common::Op { request: common::put("b", "v"), ..op.clone() };
    let answer = late.cluster.take_effect(&plain);
    late.cluster.answer(&op, answer);
    assert_eq!(found(&late.finish()), ["dead-lease-used"]);
    let mut never = Scene::new(3);
    let process = never.cluster.client(1);
    let op = never.cluster.invoke(process, common::put_with_lease("b", "v", 9));
    let plain = common::Op { request: common::put("b", "v"), ..op.clone() };
    let answer = never.cluster.take_effect(&plain);
    never.cluster.answer(&op, answer);
    assert_eq!(found(&never.finish()), ["dead-lease-used"]);
}

#[test]
fn an_unknown_put_that_the_log_shows_behind_the_end_used_a_dead_lease() {
    let mut scene = Scene::renewed();
    scene.wait(3500);
    scene.cluster.expire(7);
    scene.cluster.lose_answer(1, common::put("b", "v"));
    let mut history = scene.finish();
    for event in &mut history.events {
        if let Body::Watch(watch) = &mut event.body
            && let WatchFrame::Events(frame) = &mut watch.frame
        {
            for event in frame.events.iter_mut().filter(|event| event.kv.key == "b".into()) {
                event.kv.lease = LeaseId(7);
            }
        }
    }
    assert_eq!(found(&history), ["dead-lease-used"]);
}

#[test]
fn a_key_goes_with_the_lease_of_its_last_put_alone() {
    let mut scene = Scene::new(3);
    scene.grant(7, 3);
    scene.grant(8, 60);
    scene.attach("a", 7);
    scene.attach("b", 7);
    scene.wait(3500);
    scene.cluster.expire(7);
    let mut history = scene.finish();
    assert_valid(&history);
    for event in &mut history.events {
        if let Body::Watch(watch) = &mut event.body
            && let WatchFrame::Events(frame) = &mut watch.frame
        {
            for event in frame.events.iter_mut().filter(|event| event.kv.key == "b".into()) {
                if event.kind == KeyEventKind::Put {
                    event.kv.lease = LeaseId(8);
                }
            }
        }
    }
    assert_eq!(found(&history), ["lease-double-attachment"]);
    // A new put, or one without a lease, frees the key of its old lease.
    let mut scene = Scene::new(3);
    scene.grant(7, 3);
    scene.grant(8, 60);
    scene.attach("a", 7);
    scene.attach("a", 8);
    scene.attach("b", 7);
    scene.cluster.put(0, "b", "free");
    scene.attach("c", 7);
    scene.wait(3500);
    scene.cluster.expire(7);
    assert_valid(&scene.finish());
}

#[test]
fn the_store_grants_no_less_than_was_asked_for() {
    let mut scene = Scene::new(3);
    scene.grant(7, 3);
    let mut history = scene.finish();
    assert_eq!(found(&history), NONE);
    for event in &mut history.events {
        if let Body::Complete(Outcome::Ok(Response::LeaseGrant(answer))) = &mut event.body {
            answer.ttl_seconds = 2;
        }
    }
    assert_eq!(found(&history), ["lease-short-ttl"]);
}

#[test]
fn what_cannot_be_known_is_said() {
    let mut scene = Scene::renewed();
    scene.cluster.expire(7);
    let mut shared = scene.finish();
    shared.preamble.exclusive = false;
    assert_unknown(&shared, "others use the store");
    let mut scene = Scene::renewed();
    scene.wait(100);
    scene.cluster.expire(7);
    let mut blind = scene.finish();
    common::remove(&mut blind, |event| matches!(&event.body, Body::Watch(_)));
    assert_unknown(&blind, "no watch over every key");
    let mut scene = Scene::renewed();
    scene.wait(100);
    scene.cluster.forge(1, scene.cluster.store.revision() + 1, "x", Some("v"));
    scene.cluster.expire(7);
    assert_unknown(&scene.finish(), "two members showed different changes");
}

#[test]
fn operations_that_fail_in_doubt_do_not_break_the_checker() {
    let mut scene = Scene::renewed();
    for request in [Request::LeaseList {}, common::grant(9, 3), common::revoke(9)] {
        let process = scene.cluster.client(0);
        let op = scene.cluster.invoke(process, request);
        scene.fail(&op, Doubt::LeaderChanged);
    }
    assert_valid(&scene.finish());
}
