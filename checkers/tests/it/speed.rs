//! Long histories are judged in seconds.

use crate::common::{
    self, Cluster, Dice, delete, get, get_serializable, if_mod_revision, put, txn, verdict,
};
use crate::lists::{Insert, Lists, Read};
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

/// Appends to lists that are full at twenty, each followed by a read of the list; the
/// last read is of the first list.
fn long_lists(transactions: usize, last: &str) -> History {
    let mut run = Lists::default();
    let (mut name, mut shown) = (String::new(), String::new());
    for number in 0..transactions / 2 {
        if number % 20 == 0 {
            (name, shown) = (format!("{number}/"), String::new());
        }
        let element = format!("{number:06}");
        shown = format!("{shown} {element}");
        let append = run.send(&[Insert(&name, &element)]);
        let read = run.send(&[Read(&name)]);
        run.end(&append, &[]);
        run.end(&read, &[&shown]);
    }
    run.run(&[Read("0/")], &[last]);
    run.stop()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test that measures how long checking takes")]
fn a_hundred_thousand_transactions_over_lists_are_judged_in_seconds() {
    let whole: Vec<String> = (0..20).map(|number| format!("{number:06}")).collect();
    for (last, expected) in [(whole.join(" "), Status::Valid), (String::new(), Status::Invalid)] {
        let history = long_lists(100_000, &last);
        let begin = std::time::Instant::now();
        let verdict = verdict("append", &history);
        let seconds = begin.elapsed().as_secs_f64();
        assert_eq!(verdict.status, expected, "{}", common::told(&verdict));
        assert!(verdict.findings.iter().all(|finding| finding.witness.steps.len() == 2));
        // Well under a second on an idle machine; the bound allows for a busy one.
        assert!(seconds < 10.0, "{expected:?} took {seconds:.1} s");
    }
}
