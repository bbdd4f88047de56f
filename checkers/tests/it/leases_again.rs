//! The checker of leases where an ID is granted again: each lease has a time and an end of its
//! own.

use crate::common::{self, anomalies};
use crate::scene::Scene;
use stormglass_checkers::history::History;

fn found(history: &History) -> Vec<String> {
    anomalies("leases", history)
}

fn assert_valid(history: &History) {
    common::assert_valid("leases", history);
}

/// A lease of 3 s with a key, whose ID was that of a lease which is over, and of which
/// watches show nothing yet where they lag.
fn granted_again(lagging: bool) -> Scene {
    let mut scene = Scene::renewed();
    scene.wait(3500);
    if lagging {
        (0..3).for_each(|member| scene.cluster.lag(member));
    }
    scene.cluster.expire(7);
    scene.grant(7, 3);
    scene.attach("b", 7);
    scene
}

#[test]
fn a_lease_granted_again_has_a_time_of_its_own() {
    for lagging in [false, true] {
        // The end of the one before, shown late, is not the end of this one.
        let mut scene = granted_again(lagging);
        (0..3).for_each(|member| scene.cluster.catch_up(member));
        scene.keep_alive(7, 3);
        scene.wait(3500);
        scene.cluster.expire(7);
        assert_valid(&scene.finish());
        let mut scene = granted_again(lagging);
        scene.keep_alive(7, 0);
        assert_eq!(found(&scene.finish()), ["lease-lost"]);
        let mut scene = granted_again(lagging);
        scene.wait(2500);
        (0..3).for_each(|member| scene.cluster.catch_up(member));
        scene.cluster.expire(7);
        assert_eq!(found(&scene.finish()), ["lease-early-expiry"]);
        let mut scene = granted_again(lagging);
        let _ = scene.cluster.at(1, common::revoke(7));
        scene.keep_alive(7, 3);
        assert_eq!(found(&scene.finish()), ["lease-resurrected"]);
    }
}

#[test]
fn an_end_is_that_of_its_lease_however_late_it_is_decided() {
    // While a request is under way nobody knows whether it deleted the key.
    let ended_after = |milliseconds: u64| {
        let mut scene = Scene::renewed();
        let process = scene.cluster.client(1);
        let slow = scene.cluster.invoke(process, common::put("other", "slow"));
        scene.wait(milliseconds);
        scene.cluster.expire(7);
        scene.grant(7, 3);
        let answer = scene.cluster.take_effect(&slow);
        scene.cluster.answer(&slow, answer);
        scene.finish()
    };
    assert_valid(&ended_after(3500));
    assert_eq!(found(&ended_after(1000)), ["lease-early-expiry"]);
}

#[test]
fn a_grant_that_is_sent_after_an_end_does_not_put_it_in_doubt() {
    let mut scene = Scene::renewed();
    scene.cluster.expire(7);
    scene.cluster.lose_answer(1, common::grant(7, 3));
    scene.keep_alive(7, 3);
    assert_eq!(found(&scene.finish()), ["lease-early-expiry"]);
}

#[test]
fn a_revocation_of_the_lease_before_excuses_no_loss_unless_it_may_come_late() {
    let revoked = |known: bool| {
        let mut scene = Scene::renewed();
        if known {
            let _ = scene.cluster.at(1, common::revoke(7));
        } else {
            scene.cluster.lose_answer(1, common::revoke(7));
        }
        scene.grant(7, 3);
        scene.keep_alive(7, 0);
        scene.finish()
    };
    assert_eq!(found(&revoked(true)), ["lease-lost"]);
    assert_valid(&revoked(false));
}

#[test]
fn where_two_grants_may_have_made_a_lease_it_is_lost_or_nothing() {
    let twice = || {
        let mut scene = Scene::new(3);
        scene.cluster.lose_answer(0, common::grant(7, 3));
        scene.attach("a", 7);
        scene.wait(3500);
        scene.cluster.expire(7);
        scene.grant(7, 3);
        scene.attach("b", 7);
        scene
    };
    let mut scene = twice();
    scene.wait(1000);
    scene.cluster.expire(7);
    assert_valid(&scene.finish());
    let mut scene = twice();
    scene.keep_alive(7, 0);
    assert_eq!(found(&scene.finish()), ["lease-lost"]);
}
