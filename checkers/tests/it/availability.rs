//! The checker of availability: every anomaly fires, and what is legal stays silent.

use crate::common::{self, anomalies, told, verdict};
use crate::scene::Scene;
use stormglass_checkers::history::{
    Definite, Doubt, HexId, History, Outcome, Refusal, Request, Response, StatusResponse,
};
use stormglass_checkers::verdict::Status;

fn found(history: &History) -> Vec<String> {
    anomalies("availability", history)
}

fn assert_valid(history: &History) {
    common::assert_valid("availability", history);
}

/// Every two seconds a read of a member that times out after one, for so long.
fn silence(scene: &mut Scene, member: u16, seconds: u64) {
    for _ in 0..seconds / 2 {
        let process = scene.cluster.client(member);
        let op = scene.cluster.invoke(process, common::get("k"));
        scene.wait(1000);
        scene.fail(&op, Doubt::Timeout);
        scene.wait(1000);
    }
}

#[test]
fn a_healthy_majority_that_serves_nothing_makes_no_progress() {
    let mut scene = Scene::new(3);
    scene.wait(20_000);
    silence(&mut scene, 1, 20);
    assert_eq!(found(&scene.stop()), ["no-progress"]);
    // A minority under a fault does not excuse the others.
    let mut scene = Scene::new(3);
    scene.begin("isolate", &[0], &[]);
    scene.wait(20_000);
    silence(&mut scene, 1, 20);
    assert_eq!(found(&scene.stop()), ["no-progress"]);
}

#[test]
fn a_silence_that_is_short_interrupted_or_not_the_majoritys_is_none() {
    let mut scene = Scene::new(3);
    scene.wait(20_000);
    silence(&mut scene, 1, 14);
    assert_valid(&scene.stop());
    let mut scene = Scene::new(3);
    scene.wait(20_000);
    silence(&mut scene, 1, 12);
    scene.cluster.get(1, "k");
    silence(&mut scene, 1, 12);
    assert_valid(&scene.stop());
    // Too soon after the start.
    let mut scene = Scene::new(3);
    silence(&mut scene, 1, 20);
    assert_valid(&scene.stop());
    // Of the member that is cut off, of two that are, and of a fault of unknown reach.
    for (kind, members) in [("isolate", &[1][..]), ("pause", &[0, 2]), ("fog", &[0])] {
        let mut scene = Scene::new(3);
        scene.begin(kind, members, &[]);
        scene.wait(20_000);
        silence(&mut scene, 1, 40);
        assert_valid(&scene.stop());
    }
    // Something changes in between.
    let mut scene = Scene::new(3);
    scene.wait(20_000);
    silence(&mut scene, 1, 12);
    scene.cluster.kill(2);
    silence(&mut scene, 1, 12);
    scene.cluster.restart(2);
    silence(&mut scene, 1, 12);
    assert_valid(&scene.stop());
}

#[test]
fn a_refusal_is_service_and_a_keepalive_is_no_request_of_the_majority() {
    let mut scene = Scene::new(3);
    scene.wait(20_000);
    for _ in 0..20 {
        let process = scene.cluster.client(1);
        let op = scene.cluster.invoke(process, common::put("k", "v"));
        let message = String::new();
        let refusal = Definite { reason: Refusal::TooManyRequests, message };
        scene.cluster.complete(&op, Outcome::Failed(refusal));
        let op = scene.ping(7);
        scene.fail(&op, Doubt::NoSpace);
        scene.wait(2000);
    }
    assert_valid(&scene.stop());
}

#[test]
fn what_a_client_gave_up_soon_says_nothing() {
    let mut scene = Scene::new(3);
    scene.wait(20_000);
    for _ in 0..40 {
        let process = scene.cluster.client(1);
        let op = scene.cluster.invoke(process, common::get("k"));
        scene.wait(200);
        scene.fail(&op, Doubt::Timeout);
        scene.wait(800);
    }
    assert_valid(&scene.stop());
}

#[test]
fn a_starved_harness_does_not_blame_the_store() {
    let mut scene = Scene::new(3);
    scene.wait(20_000);
    silence(&mut scene, 1, 10);
    scene.lag(800);
    silence(&mut scene, 1, 10);
    let verdict = verdict("availability", &scene.stop());
    assert_eq!(verdict.status, Status::Unknown, "{}", told(&verdict));
    assert!(verdict.reasons[0].contains("starved"), "{:?}", verdict.reasons);
}

/// Two faults at once; a request is sent and answered between these moments: before the
/// first, between, inside both, across the first heal.
fn loss(kinds: [&str; 2], members: [&[u16]; 2], request: &Request, place: usize) -> History {
    let mut scene = Scene::new(3);
    let ask = |scene: &mut Scene, here: usize| {
        if place == here {
            let _ = scene.cluster.at(2, request.clone());
            scene.wait(10);
        }
    };
    ask(&mut scene, 0);
    let first = scene.begin(kinds[0], members[0], &[]);
    scene.wait(10);
    scene.lag(0);
    let first_from = scene.cluster.last();
    ask(&mut scene, 1);
    let second = scene.begin(kinds[1], members[1], &[]);
    scene.wait(10);
    scene.lag(0);
    let second_from = scene.cluster.last();
    scene.wait(10);
    ask(&mut scene, 2);
    let op = (place == 3).then(|| {
        let process = scene.cluster.client(2);
        scene.cluster.invoke(process, request.clone())
    });
    scene.wait(10);
    scene.lag(0);
    let until = scene.cluster.last();
    scene.end(first, Some((first_from, until)));
    scene.wait(10);
    if let Some(op) = op {
        let answer = scene.cluster.take_effect(&op);
        scene.cluster.answer(&op, answer);
    }
    scene.lag(0);
    let last = scene.cluster.last();
    scene.end(second, Some((second_from, last)));
    scene.stop()
}

#[test]
fn nothing_is_acknowledged_without_a_majority() {
    let kinds = ["pause", "isolate"];
    let requests =
        [common::put("k", "v"), common::get("k"), common::delete("k"), common::grant(1, 3)];
    for request in &requests {
        assert_eq!(found(&loss(kinds, [&[0], &[1]], request, 2)), ["minority-served"]);
        for place in [0, 1, 3] {
            assert_valid(&loss(kinds, [&[0], &[1]], request, place));
        }
    }
    let two = loss(["kill", "defragment"], [&[0, 1], &[2]], &common::get("k"), 2);
    assert_eq!(found(&two), ["minority-served"]);
}

#[test]
fn what_a_minority_may_serve_it_may() {
    let kinds = ["kill", "isolate"];
    let local = common::get_serializable("k");
    assert_valid(&loss(kinds, [&[0], &[1]], &local, 2));
    assert_valid(&loss(kinds, [&[0], &[0]], &common::get("k"), 2));
    assert_valid(&loss(["kill", "defragment"], [&[0], &[1]], &common::get("k"), 2));
    let mut scene = Scene::new(1);
    let fault = scene.begin("isolate", &[0], &[]);
    let from = scene.cluster.last();
    scene.cluster.put(0, "k", "v");
    scene.wait(10);
    scene.lag(0);
    let to = scene.cluster.last();
    scene.end(fault, Some((from, to)));
    assert_valid(&scene.stop());
}

#[test]
fn a_fault_that_never_landed_or_was_only_planned_removes_nobody() {
    let mut scene = Scene::new(3);
    let first = scene.begin("pause", &[0], &[]);
    let second = scene.begin("isolate", &[1], &[]);
    scene.wait(10);
    scene.cluster.put(2, "k", "v");
    let status = StatusResponse { leader: HexId(1), ..StatusResponse::default() };
    let process = scene.cluster.client(2);
    let op = scene.cluster.invoke(process, Request::Status {});
    scene.cluster.answer(&op, Ok(Response::Status(status)));
    scene.end(first, None);
    scene.end(second, None);
    assert_valid(&scene.stop());
}
