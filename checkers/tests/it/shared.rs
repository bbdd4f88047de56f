//! Stores that others use too: what is right on a store of our own is right beside others,
//! and what is wrong stays wrong.

use stormglass_checkers::history::{History, Preamble};
use stormglass_checkers::mutation::{Fate, Ground, SelfTest, classes, spread};
use stormglass_checkers::synthetic::{Bursts, Mix, beside_others};
use stormglass_checkers::verdict::Status;
use stormglass_checkers::witness::Ruling;

use crate::common::ground::ground;
use crate::common::witnesses::rulings;
use crate::common::{Legal, anomalies, judge, listing, told, unconfirmed};

fn assert_silent(history: &History, about: &str) {
    for verdict in &judge(history).verdicts {
        let silent = verdict.status != Status::Invalid;
        assert!(silent, "{about}: {}\n{}", told(verdict), listing(history));
    }
}

fn synthetic(mix: &Mix) -> History {
    let preamble: Preamble = mix.preamble();
    History { preamble, events: mix.events().collect(), torn: None, broken: None }
}

#[test]
fn a_run_beside_others_is_valid_and_judged_whole() {
    for seed in 0..16 {
        let shared = beside_others(&ground(seed), seed);
        let judgement = judge(&shared);
        for verdict in &judgement.verdicts {
            assert_eq!(verdict.status, Status::Valid, "seed {seed}: {}", told(verdict));
        }
        let order = judgement.verdicts.iter().find(|one| one.checker == "linearizability");
        let stats = &order.expect("a verdict").stats;
        assert!(stats["answers-compared"] > 50 && stats["writes-compared"] > 50, "{stats:?}");
        assert!(stats["revisions-of-others"] > 50, "{stats:?}");
    }
}

#[test]
fn synthetic_runs_beside_others_are_valid() {
    for seed in 0..12 {
        for (unknown_mille, bursts) in
            [(0, Bursts::Spread), (30, Bursts::Spread), (50, Bursts::Together)]
        {
            let mix = Mix {
                seed,
                operations: 2500,
                keys: 40,
                members: 3,
                unknown_mille,
                bursts,
                ..Mix::default()
            };
            let history = beside_others(&synthetic(&mix), seed);
            let judgement = judge(&history);
            let order = &judgement.verdicts[1];
            assert_eq!(order.checker, "linearizability");
            assert_eq!(order.status, Status::Valid, "{mix:?}: {}", told(order));
            assert!(judgement.headline().is_none(), "{mix:?}: {}", judgement.sentence);
        }
    }
}

#[test]
fn a_stale_read_beside_others_is_found() {
    for seed in 0..6 {
        let stale_read = Some(1200);
        let mix =
            Mix { seed, operations: 3000, keys: 30, members: 2, stale_read, ..Mix::default() };
        let found = anomalies("linearizability", &beside_others(&synthetic(&mix), seed));
        assert_eq!(found, ["stale-read"], "seed {seed}");
    }
}

#[test]
fn random_runs_beside_others_are_never_invalid() {
    for seed in 0..1500 {
        let unknown = [0, 10, 30][usize::try_from(seed % 3).unwrap_or(0)];
        let disturbed = seed % 2 == 0;
        let legal = Legal { seed, operations: 30, keys: 4, open: 3, unknown, disturbed };
        let history = legal.history();
        assert_silent(&beside_others(&history, seed), &format!("seed {seed}"));
    }
}

#[test]
fn what_is_planted_beside_others_is_caught_by_the_checker_named_for_it() {
    let mut missed = Vec::new();
    for seed in 0..2 {
        let history = ground(seed);
        let ground = Ground::of(&history);
        for class in classes().filter(|one| one.workload == "mixed" && one.waiting.is_none()) {
            for place in spread(&(class.places)(&ground), 5, seed) {
                let mutant = (class.plant)(&ground, place).expect("a place");
                let shared = beside_others(&mutant.history(&history), seed + 7);
                let verdict = unconfirmed(class.caught_by, &shared);
                let caught = rulings(&shared, &verdict.findings).contains(&Ruling::Accepted);
                if !caught && !class.is_hidden_by_others() {
                    missed.push(format!("{} at {place:?}: {}", class.name, told(&verdict)));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn the_self_test_works_beside_others() {
    let shared = beside_others(&ground(1), 3);
    let test = SelfTest {
        workload: "mixed".to_owned(),
        seed: 1,
        places: 4,
        every_checker: false,
        without: None,
        only: Vec::new(),
    };
    let table = test.run(&shared, |_| {}).expect("the run is valid");
    let with = |fate| table.rows.iter().filter(move |row| row.fate == fate);
    assert!(
        table.passed(),
        "{:#?}",
        with(Fate::Missed).chain(with(Fate::NoPlace)).collect::<Vec<_>>()
    );
    assert_eq!(with(Fate::Hidden).count(), 3);
    assert!(with(Fate::Caught).count() >= 50, "{}", with(Fate::Caught).count());
}
