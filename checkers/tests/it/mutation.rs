//! The mutation engine: every class has places, every mutant is caught by the checker named
//! for it, and a checker that is switched off is missed.

use std::collections::BTreeSet;
use std::path::Path;

use crate::common::ground::ground;
use crate::common::{self, edit, judge, told};
use stormglass_checkers::history::{Body, History, Outcome, Response, Structure};
use stormglass_checkers::mutation::{
    Class, Fate, Ground, SelfTest, SelfTestError, Table, Waiting, classes, spread,
};
use stormglass_checkers::registry::checkers;
use stormglass_checkers::verdict::Status;

fn test(places: usize) -> SelfTest {
    SelfTest {
        workload: "mixed".to_owned(),
        seed: 1,
        places,
        every_checker: false,
        without: None,
        only: Vec::new(),
    }
}

fn run(test: &SelfTest, history: &History) -> Table {
    test.run(history, |_| {}).expect("the run is valid")
}

fn of_mixed() -> impl Iterator<Item = &'static Class> {
    classes().filter(|class| class.workload == "mixed" && class.waiting.is_none())
}

#[test]
fn the_ground_of_these_tests_is_valid() {
    for seed in 0..8 {
        let judgement = judge(&ground(seed));
        for verdict in &judgement.verdicts {
            assert_eq!(verdict.status, Status::Valid, "seed {seed}: {}", told(verdict));
        }
    }
}

#[test]
fn every_class_of_mixed_has_places_and_is_caught_everywhere() {
    for seed in 0..3 {
        let table = run(&test(12), &ground(seed));
        for row in table.rows.iter().filter(|row| row.workload == "mixed") {
            let fine = matches!(row.fate, Fate::Caught | Fate::Waiting);
            assert!(fine, "seed {seed}: {row:#?}");
        }
        assert!(table.passed());
    }
    assert!(of_mixed().count() >= 25);
}

#[test]
fn what_waits_is_what_cannot_be_caught_yet() {
    let registered = |name| checkers().iter().any(|entry| entry.name == name);
    let table = run(&test(4), &ground(1));
    for class in classes() {
        let row = table.rows.iter().find(|row| row.class == class.name).expect("a row");
        match class.waiting {
            None => assert!(registered(class.caught_by), "{}", class.name),
            Some(Waiting::Checker) => {
                let message = "its checker is there now: let it wait no longer";
                assert!(!registered(class.caught_by), "{}: {message}", class.name);
                let placed = class.workload != "mixed" || row.places > 0;
                assert!(placed, "{} has no place", class.name);
            }
            Some(Waiting::Ability) => {
                assert!(registered(class.caught_by), "{}", class.name);
                let message = "it is caught now: let it wait no longer";
                assert!(row.caught < row.planted, "{}: {message}", class.name);
            }
        }
    }
}

/// Checkers whose classes need a run of another workload, and `availability`, which has no
/// class yet: what it finds are absences, which no change of single events plants.
const NOT_ON_MIXED: [&str; 3] = ["append", "locks", "availability"];

#[test]
fn a_checker_that_is_switched_off_is_missed() {
    let history = ground(1);
    for entry in checkers() {
        let without = Some(entry.name.to_owned());
        let table = run(&SelfTest { without, ..test(1) }, &history);
        let its = table.rows.iter().filter(|row| row.caught_by == entry.name);
        for row in its.filter(|row| !matches!(row.fate, Fate::Waiting | Fate::OtherWorkload)) {
            assert_eq!((row.fate, row.caught), (Fate::Missed, 0), "{}", row.class);
        }
        let others = table.rows.iter().filter(|row| row.caught_by != entry.name);
        assert!(others.into_iter().all(|row| row.fate != Fate::Missed), "{}", entry.name);
        let demanded = of_mixed().any(|class| class.caught_by == entry.name);
        assert_eq!(table.passed(), !demanded, "{}", entry.name);
        let excused = entry.anomalies.is_empty() || NOT_ON_MIXED.contains(&entry.name);
        assert_eq!(demanded, !excused, "{}", entry.name);
    }
}

#[test]
fn a_mutant_differs_and_is_a_history() {
    let history = ground(2);
    let ground = Ground::of(&history);
    for class in classes() {
        for place in spread(&(class.places)(&ground), 6, 3) {
            let mutant = (class.plant)(&ground, place).expect(class.name);
            let mutated = mutant.history(&history);
            assert_ne!(mutated.events, history.events, "{} at {place:?}", class.name);
            let mut structure = Structure::default();
            for event in &mutated.events {
                assert_eq!(structure.observe(event), Ok(()), "{} at {place:?}", class.name);
            }
        }
    }
}

#[test]
fn with_every_checker_the_named_one_still_catches() {
    let only = vec!["lost-write".to_owned(), "dropped-event".to_owned()];
    let table = run(&SelfTest { every_checker: true, only, ..test(3) }, &ground(1));
    assert_eq!(table.rows.len(), 2);
    assert!(table.passed());
    let lost = table.rows.iter().find(|row| row.class == "lost-write").expect("it was asked for");
    assert!(lost.others.contains_key("linearizability"), "{lost:?}");
}

#[test]
fn an_invalid_run_and_unknown_names_are_refused() {
    let mut history = ground(1);
    let last = history
        .events
        .iter()
        .rposition(|event| matches!(&event.body, Body::Complete(Outcome::Ok(Response::Range(_)))));
    let refused = |test: SelfTest, history: &History| test.run(history, |_| {}).err();
    let none = Some("nobody".to_owned());
    let error = refused(SelfTest { without: none, ..test(1) }, &history);
    assert!(matches!(error, Some(SelfTestError::NoSuchChecker { .. })), "{error:?}");
    let error = refused(SelfTest { only: vec!["nothing".to_owned()], ..test(1) }, &history);
    assert!(matches!(error, Some(SelfTestError::NoSuchClass { .. })), "{error:?}");
    let mut shared = history.clone();
    shared.preamble.exclusive = false;
    assert_eq!(refused(test(1), &shared), Some(SelfTestError::Shared));
    edit(&mut history, last.expect("a read") as u64, |event| {
        common::with_response(event, |answer| common::set_revision(answer, 1));
    });
    let error = refused(test(1), &history);
    assert!(matches!(error, Some(SelfTestError::Invalid { .. })), "{error:?}");
}

#[test]
fn the_same_seed_plants_the_same_mutants() {
    let history = ground(1);
    let ground = Ground::of(&history);
    for class in classes() {
        let places = (class.places)(&ground);
        assert_eq!(places, (class.places)(&ground), "{}", class.name);
        assert_eq!(spread(&places, 3, 5), spread(&places, 3, 5));
    }
}

#[test]
fn every_class_is_explained() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/selftest.md");
    let page = std::fs::read_to_string(page).expect("docs/selftest.md");
    let mut names = BTreeSet::new();
    for class in classes() {
        assert!(names.insert(class.name), "{} is there twice", class.name);
        assert!(page.contains(&format!("| `{}` |", class.name)), "{} has no row", class.name);
        for text in [class.summary, class.precondition, class.why] {
            assert!(text.len() > 5 && !text.ends_with('.'), "{}: {text}", class.name);
        }
        let numbered = class.why.contains('(') || class.why.contains("forbid");
        assert!(numbered, "{} names no guarantee", class.name);
    }
}

/// Only the self-test itself asks checkers; what plants and what proves must not share a
/// mistake with them.
#[test]
fn the_engine_knows_the_history_alone() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mutation");
    for folder in [source.clone(), source.join("classes"), source.join("ground")] {
        for entry in std::fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            let asks = ["selftest.rs", "trial.rs"].iter().any(|file| path.ends_with(file));
            if path.is_dir() || asks {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("readable");
            let foreign = text.lines().find(|line| {
                line.replace("pub(in crate::mutation)", "")
                    .replace("crate::history", "")
                    .contains("crate::")
            });
            assert_eq!(foreign, None, "{}", path.display());
        }
    }
}
