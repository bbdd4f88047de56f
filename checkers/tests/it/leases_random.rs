//! The checker of leases on random runs: silent where the store keeps its promises, and
//! never where one lease ends early.

use std::collections::BTreeMap;

use crate::common::{self, Dice, Op};
use crate::scene::Scene;
use stormglass_checkers::history::History;
use stormglass_checkers::verdict::Status;

/// A random run on a store that keeps its promises: each lease has a deadline on the
/// leader's clock, and a new leader gives it more.
struct Run {
    dice: Dice,
    scene: Scene,
    now: u64,
    term: u64,
    /// Time to live and deadline of the leases that exist, in milliseconds.
    alive: BTreeMap<i64, (u64, u64)>,
    next: i64,
    /// Whether IDs are granted again.
    again: bool,
    /// Keepalives under way, with the answer once the leader has renewed.
    pings: Vec<(Op, i64, Option<i64>)>,
}

impl Run {
    fn wait(&mut self, milliseconds: u64) {
        self.scene.wait(milliseconds);
        self.now += milliseconds;
        self.expire();
    }

    /// The leader ends what is over, a little late.
    fn expire(&mut self) {
        let over: Vec<i64> = self
            .alive
            .iter()
            .filter(|(_, (_, deadline))| *deadline + 5 <= self.now)
            .map(|(lease, _)| *lease)
            .collect();
        for lease in over {
            if self.dice.percent(60) || self.alive[&lease].1 + 1000 <= self.now {
                self.scene.cluster.expire(lease);
                self.alive.remove(&lease);
            }
        }
    }

    fn any(&mut self) -> Option<i64> {
        let leases: Vec<i64> = (1..self.next).rev().take(6).collect();
        (!leases.is_empty()).then(|| self.dice.pick(&leases))
    }

    fn step(&mut self) {
        self.wait(self.dice.clone().below(200));
        let _ = self.dice.below(2);
        match self.dice.below(16) {
            0..=1 => self.grant(),
            2..=5 => self.attach(),
            6..=7 => self.ping(),
            8..=9 => self.pong(),
            10 => self.revoke(),
            11 => self.delete(),
            12 => {
                let key = self.key();
                self.scene.cluster.put(0, &key, &format!("v{}", self.now));
            }
            13 => {
                self.term += 1;
                for (ttl, deadline) in self.alive.values_mut() {
                    *deadline = (self.now + *ttl + 1000).max(*deadline);
                }
                self.scene.report(self.term);
            }
            14 => {
                let member = u16::try_from(self.dice.below(3)).unwrap_or(0);
                if self.dice.percent(50) {
                    self.scene.cluster.lag(member);
                } else {
                    self.scene.cluster.catch_up(member);
                }
            }
            _ => self.scene.report(self.term),
        }
    }

    fn key(&mut self) -> String {
        format!("k{}", self.dice.below(8))
    }

    /// A new lease, or one with the ID of another, which is refused if that lives still.
    fn grant(&mut self) {
        let again = self.any().filter(|_| self.again && self.dice.percent(40));
        let lease = again.unwrap_or(self.next);
        self.next = self.next.max(lease + 1);
        let ttl = 1 + self.dice.below(4);
        let request = common::grant(lease, i64::try_from(ttl).unwrap_or(1));
        match self.dice.below(10) {
            0 => {
                self.scene.cluster.lose_answer(0, request);
                self.granted(lease, ttl);
            }
            1 if self.again => drop(self.scene.cluster.lose_request(0, request)),
            2..=3 if self.again => {
                let process = self.scene.cluster.client(0);
                let op = self.scene.cluster.invoke(process, request);
                self.linger();
                let answer = self.scene.cluster.take_effect(&op);
                self.granted(lease, ttl);
                self.linger();
                self.scene.cluster.answer(&op, answer);
            }
            _ => {
                let _ = self.scene.cluster.at(0, request);
                self.granted(lease, ttl);
            }
        }
    }

    fn granted(&mut self, lease: i64, ttl: u64) {
        self.alive.entry(lease).or_insert((ttl * 1000, self.now + ttl * 1000));
    }

    /// Other operations, while one is under way.
    fn linger(&mut self) {
        for _ in 0..self.dice.below(3) {
            match self.dice.below(4) {
                0 => self.attach(),
                1 => self.ping(),
                2 => self.pong(),
                _ => self.revoke(),
            }
        }
        self.wait(self.dice.clone().below(300));
        let _ = self.dice.below(2);
    }

    fn attach(&mut self) {
        let Some(lease) = self.any() else { return };
        let key = self.key();
        let request = common::put_with_lease(&key, &format!("a{}", self.now), lease);
        if self.dice.percent(10) {
            self.scene.cluster.lose_answer(0, request);
        } else {
            let _ = self.scene.cluster.at(0, request);
        }
    }

    fn ping(&mut self) {
        let Some(lease) = self.any() else { return };
        let op = self.scene.ping(lease);
        self.pings.push((op, lease, None));
    }

    /// A keepalive under way reaches the leader, is answered, or is given up.
    fn pong(&mut self) {
        if self.pings.is_empty() {
            return;
        }
        let at = usize::try_from(self.dice.below(self.pings.len() as u64)).unwrap_or(0);
        if self.pings[at].2.is_none() {
            let lease = self.pings[at].1;
            let now = self.now;
            let ttl = self.alive.get_mut(&lease).map_or(0, |(ttl, deadline)| {
                *deadline = (now + *ttl).max(*deadline);
                i64::try_from(*ttl / 1000).unwrap_or(0)
            });
            self.pings[at].2 = Some(ttl);
            if self.dice.percent(60) {
                return;
            }
        }
        let (op, _, answer) = self.pings.swap_remove(at);
        if self.dice.percent(15) {
            self.scene.cluster.give_up(&op);
        } else {
            self.scene.pong(&op, answer.unwrap_or(0));
        }
    }

    fn revoke(&mut self) {
        let Some(lease) = self.any() else { return };
        let request = common::revoke(lease);
        match self.dice.below(4) {
            0 => drop(self.scene.cluster.lose_request(0, request)),
            1 => {
                self.scene.cluster.lose_answer(0, request);
                self.alive.remove(&lease);
            }
            _ => {
                let _ = self.scene.cluster.at(0, request);
                self.alive.remove(&lease);
            }
        }
    }

    fn delete(&mut self) {
        let key = self.key();
        match self.dice.below(4) {
            0 => drop(self.scene.cluster.lose_answer(0, common::delete(&key))),
            1 => drop(self.scene.cluster.at(0, common::delete_range("k2", "k6"))),
            _ => drop(self.scene.cluster.delete(0, &key)),
        }
    }
}

fn run(seed: u64, steps: u64, again: bool) -> Run {
    let (pings, alive) = (Vec::new(), BTreeMap::new());
    let (dice, scene) = (Dice(seed), Scene::new(3));
    let mut run = Run { dice, scene, now: 0, term: 2, alive, next: 1, again, pings };
    (0..steps).for_each(|_| run.step());
    run
}

#[test]
fn a_store_that_keeps_its_promises_is_valid() {
    for seed in 0..400 {
        for again in [false, true] {
            let verdict = common::verdict("leases", &run(seed, 150, again).scene.finish());
            assert_eq!(verdict.status, Status::Valid, "seed {seed}: {}", common::told(&verdict));
        }
    }
}

/// A store that forgets a lease of its own key too early; its ID may be that of a lease
/// that was over before.
fn early(seed: u64, again: bool) -> History {
    let mut run = run(seed, 60, false);
    let lease = run.next;
    run.next += 1;
    if again {
        run.scene.grant(lease, 2);
        run.scene.attach("before", lease);
        run.wait(2500);
        (0..3).for_each(|member| run.scene.cluster.lag(member));
        run.scene.cluster.expire(lease);
    }
    run.scene.grant(lease, 5);
    run.scene.attach("mine", lease);
    run.wait(run.dice.clone().below(3000));
    run.alive.clear();
    run.scene.keep_alive(lease, 5);
    run.wait(run.dice.clone().below(4800));
    (0..3).for_each(|member| run.scene.cluster.catch_up(member));
    run.scene.cluster.expire(lease);
    (0..20).for_each(|_| run.step());
    run.scene.finish()
}

#[test]
fn a_lease_that_ends_early_is_found_whatever_else_happens() {
    for (seed, again) in (0..200).flat_map(|seed| [(seed, false), (seed, true)]) {
        let found = common::anomalies("leases", &early(seed, again));
        assert!(found.contains(&"lease-early-expiry".to_owned()), "seed {seed}: {found:?}");
    }
}
