//! The checker of leases: when a lease is late, and what excuses it.

use crate::common::{self, anomalies};
use crate::scene::Scene;
use stormglass_checkers::history::History;

fn found(history: &History) -> Vec<String> {
    anomalies("leases", history)
}

fn assert_valid(history: &History) {
    common::assert_valid("leases", history);
}

fn assert_unknown(history: &History, reason: &str) {
    common::assert_unknown("leases", history, reason);
}

/// A lease of 3 s that lives for so long in a calm cluster, with a read at its end.
fn long_lived(seconds: u64, disturb: impl Fn(&mut Scene, u64)) -> History {
    let mut scene = Scene::new(3);
    scene.calm(12_000, 2);
    scene.grant(7, 3);
    scene.attach("a", 7);
    for second in 0..seconds {
        disturb(&mut scene, second);
        scene.calm(1000, if second < 100 { 2 } else { 3 });
    }
    scene.cluster.get(0, "a");
    scene.calm(1000, 2);
    scene.stop()
}

#[test]
fn a_lease_that_outlives_its_time_in_calm_is_late() {
    assert_eq!(found(&long_lived(14, |_, _| {})), ["lease-late-expiry"]);
    assert_valid(&long_lived(10, |_, _| {}));
}

#[test]
fn a_late_end_is_told_when_it_comes_or_when_calm_ends() {
    let history = long_lived(30, |scene, second| {
        if second == 20 {
            scene.cluster.get(0, "a");
            let fault = scene.begin("pause", &[0], &[]);
            scene.end(fault, None);
        }
    });
    assert_eq!(found(&history), ["lease-late-expiry"]);
    let history = long_lived(20, |scene, second| {
        if second == 16 {
            scene.cluster.get(0, "a");
            scene.cluster.expire(7);
        }
    });
    assert_eq!(found(&history), ["lease-late-expiry"]);
}

#[test]
fn elections_faults_restarts_and_doubts_excuse_a_late_end() {
    let every = |kind: u64| {
        long_lived(20, move |scene, second| {
            if second % 6 != 5 {
                return;
            }
            match kind {
                0 => {
                    let fault = scene.begin("isolate", &[0], &[]);
                    scene.end(fault, None);
                }
                1 => scene.report(3 + second),
                2 => {
                    scene.cluster.kill(1);
                    scene.cluster.restart(1);
                }
                3 => scene.wait(3000),
                _ => {
                    let op = scene.ping(7);
                    scene.cluster.give_up(&op);
                }
            }
        })
    };
    for kind in 0..5 {
        assert_valid(&every(kind));
    }
}

#[test]
fn what_a_starved_harness_saw_late_is_unknown() {
    let history = long_lived(14, |scene, second| {
        if second == 6 {
            scene.lag(900);
        }
    });
    assert_unknown(&history, "starved");
    let slow = long_lived(14, |_, _| {});
    let mut scene = Scene::new(3);
    scene.begin("clock-mono", &[0], &[("rate", "0.1")]);
    scene.grant(7, 3);
    scene.attach("a", 7);
    scene.calm(20_000, 2);
    scene.cluster.get(0, "a");
    assert_valid(&scene.stop());
    assert_eq!(found(&slow), ["lease-late-expiry"]);
}
