//! `selftest`: faults planted in a stored run.

use std::fs;

use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::catalog_scenario;

use crate::support::Home;

/// A run of which nothing is left but that a member was started.
const HISTORY: &str = r#"{"stormglass_history":1,"scenario":"demo","seed":1,"target":"local","members":[{"name":"m1","store":"etcd","version":"3.5.16"}],"prefix":"","start_revision":1,"exclusive":true}
{"index":0,"at":1,"body":{"environment":{"phase":"prepare"}}}
{"index":1,"at":2,"member":0,"body":{"environment":{"member-started":{"number":1,"version":"3.5.16","pid":1,"data_generation":1}}}}
"#;

fn run_dir() -> Home {
    let home = Home::new();
    let dir = home.path().join("run");
    fs::create_dir(&dir).expect("a folder");
    let scenario = catalog_scenario("demo").expect("it is in the catalogue");
    let plan = Plan::build(&scenario, 1, "3.5.16").expect("a plan");
    let plan = serde_json::to_vec(&plan).expect("JSON");
    fs::write(dir.join("plan.json"), plan).expect("written");
    fs::write(dir.join("history.jsonl"), HISTORY).expect("written");
    home
}

#[test]
fn a_planted_fault_is_caught_and_told() {
    let home = run_dir();
    let ran = home.run(&["selftest", "run", "--class", "panic-in-log"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for word in ["panic-in-log", "logs", "caught", "log-finding", "✓ 1 mutants"] {
        assert!(ran.stdout.contains(word), "{word}: {}", ran.stdout);
    }
    let table = home.json(&["selftest", "run", "--class", "panic-in-log"]);
    assert_eq!(table["stormglass_selftest"], 1);
    assert_eq!(table["rows"][0]["fate"], "caught");
    assert_eq!(table["rows"][0]["caught"], 1);
}

#[test]
fn a_checker_that_is_switched_off_makes_a_miss() {
    let home = run_dir();
    let arguments = ["selftest", "run", "--class", "panic-in-log", "--without", "logs"];
    let ran = home.run(&arguments);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("missed at event 1"), "{}", ran.stdout);
}

#[test]
fn a_class_without_a_place_fails() {
    let home = run_dir();
    let ran = home.run(&["selftest", "run", "--class", "lost-write"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("no place"), "{}", ran.stdout);
}

#[test]
fn wrong_words_are_usage_errors() {
    let home = run_dir();
    for arguments in [
        &["selftest", "nowhere"][..],
        &["selftest", "run", "--class", "no-such-class"],
        &["selftest", "run", "--without", "no-such-checker"],
    ] {
        let ran = home.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    }
}
