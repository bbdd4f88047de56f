//! Long histories are judged in seconds.

pub mod common;

use common::{Cluster, Dice, delete, get, get_serializable, if_mod_revision, put, txn, verdict};
use stormglass_checkers::history::{History, Request};
use stormglass_checkers::verdict::Status;

/// A legal run of so many operations by ten clients that overlap.
fn long_run(operations: u64) -> History {
    let mut cluster = Cluster::new(1);
    let mut dice = Dice(7);
    let clients: Vec<_> = (0..10).map(|_| cluster.client(0)).collect();
    for number in 0..operations / 10 {
        let open: Vec<_> = clients
            .iter()
            .map(|client| {
                let value = format!("{client}-{number}");
                let request = request(&mut dice, &value, cluster.store.revision());
                cluster.invoke(*client, request)
            })
            .collect();
        let answers: Vec<_> = open.iter().map(|op| cluster.take_effect(op)).collect();
        for (op, answer) in open.iter().zip(answers) {
            cluster.answer(op, answer);
        }
        if number % 100 == 0 {
            cluster.lose_answer(0, put("k1", &format!("lost-{number}")));
            cluster.lose_request(0, delete("k1"));
        }
    }
    cluster.finish()
}

fn request(dice: &mut Dice, value: &str, revision: i64) -> Request {
    let key = format!("k{}", dice.below(20));
    match dice.below(20) {
        0..=7 => put(&key, value),
        8..=13 => get(&key),
        14..=15 => get_serializable(&key),
        16..=17 => delete(&key),
        _ => txn(vec![if_mod_revision(&key, revision)], vec![put(&key, value)], vec![get(&key)]),
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test that measures how long checking takes")]
fn two_hundred_thousand_operations_are_judged_in_seconds() {
    let history = long_run(200_000);
    for name in ["linearizability", "durability"] {
        let begin = std::time::Instant::now();
        let verdict = verdict(name, &history);
        let seconds = begin.elapsed().as_secs_f64();
        assert_eq!(verdict.status, Status::Valid, "{}", common::told(&verdict));
        // About one second on an idle machine; the bound allows for a busy one.
        assert!(seconds < 10.0, "{name} took {seconds:.1} s for {} events", history.events.len());
    }
}
