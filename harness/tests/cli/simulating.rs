//! `run --target simulated`: a whole run without etcd.

use std::fs;

use serde_json::Value;
use stormglass_scenarios::fault::faults;

use crate::support::{Home, Ran};

/// A run of six seconds of `quick`, with these words besides.
fn run(home: &Home, out: &str, words: &[&str]) -> Ran {
    let fixed = ["run", "quick", "--target", "simulated", "--duration", "6s", "--seed", "7"];
    home.run(&[&fixed[..], &["--out", out], words].concat())
}

#[test]
fn a_simulated_run_leaves_what_every_run_leaves_and_repeats_itself() {
    let home = Home::new();
    for out in ["one", "two"] {
        let ran = run(&home, out, &[]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains("VALID"), "{ran:?}");
        assert!(ran.stdout.contains("--target simulated"), "{ran:?}");
        for file in ["plan.json", "verdicts.json", "report.html", "junit.xml", "summary.md"] {
            assert!(home.path().join(out).join(file).is_file(), "{file}");
        }
    }
    let history =
        |out: &str| fs::read(home.path().join(out).join("history.jsonl.zst")).expect("a history");
    assert!(history("one") == history("two"), "one plan, two histories");
    assert_eq!(home.run(&["check", "one"]).code, 0);
}

#[test]
fn a_bug_is_found_and_named_in_the_command_that_repeats_it() {
    let home = Home::new();
    let ran = run(&home, "run", &["--bug", "stale-read"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("stale-read"), "{ran:?}");
    assert!(ran.stdout.contains("--target simulated --bug stale-read"), "{ran:?}");
}

#[test]
fn a_bug_needs_the_simulated_store_and_a_name() {
    let home = Home::new();
    let ran = home.run(&["run", "quick", "--bug", "stale-read"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("--target simulated"), "{ran:?}");
    let ran = run(&home, "run", &["--bug", "gremlin"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("split-revision"), "{ran:?}");
}

#[test]
fn faults_that_are_not_simulated_say_so() {
    let home = Home::new();
    let rows = home.json(&["list", "faults", "--target", "simulated"]);
    let rows = rows.as_array().expect("a list");
    assert_eq!(rows.len(), faults().len());
    for row in rows {
        let refused = row["why"].as_str();
        assert_eq!(row["available"] == Value::Bool(true), refused.is_none(), "{row}");
        assert!(refused.is_none_or(|why| why.contains("--target local")), "{row}");
    }
    assert!(rows.iter().any(|row| row["kind"] == "kill" && row["available"] == true));
}
