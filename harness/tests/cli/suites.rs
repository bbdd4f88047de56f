//! `suite`, on the simulated store.

use std::fs;

use serde_json::Value;

use crate::support::{Home, Ran};

/// A scenario that ends unknown: what it wants never happens.
const UNMET: &str = "schema = 1\nname = \"unmet\"\n[workload]\nclients = 2\nrate = 50\n\
    [check]\nsometimes = [\"operations >= 1000000\"]\n[limits]\nduration = \"2s\"\n\
    [[avoid]]\nreleases = \"*\"\ntriggers = [\"txn-range-revision\"]\n";
/// One run that is unknown, and two that are valid.
const SUITE: &str = "schema = 1\nname = \"mine\"\n[[run]]\nscenario = \"unmet.toml\"\n\
    [[run]]\nscenario = \"quick\"\nseeds = 2\nduration = \"6s\"\nset = { \"workload.rate\" = \"150\" }\n";

/// A home with the suite and its scenario in a folder.
fn home() -> Home {
    let home = Home::new();
    let folder = home.path().join("suites");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("unmet.toml"), UNMET).expect("written");
    fs::write(folder.join("mine.toml"), SUITE).expect("written");
    home
}

fn suite(home: &Home, words: &[&str]) -> Ran {
    let fixed = ["suite", "suites/mine.toml", "--target", "simulated", "--seed", "7"];
    home.run(&[&fixed[..], words].concat())
}

fn record(home: &Home, out: &str) -> Value {
    let bytes = fs::read(home.path().join(out).join("suite.json")).expect("suite.json");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[test]
fn the_worst_verdict_wins_and_every_run_can_be_read_and_repeated() {
    let home = home();
    let ran = suite(&home, &["--jobs", "2", "--out", "all"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("? UNKNOWN: 2 of 3 runs valid, 1 unknown"), "{ran:?}");
    let record = record(&home, "all");
    assert_eq!(
        (record["exit_code"].as_i64(), record["verdict"].as_str()),
        (Some(3), Some("unknown"))
    );
    let runs = record["runs"].as_array().expect("runs");
    let seeds: Vec<_> = runs.iter().map(|run| run["seed"].as_u64()).collect();
    assert_eq!(seeds, [Some(7), Some(7), Some(8)]);
    for run in runs {
        let dir = home.path().join("all").join(run["dir"].as_str().expect("a folder"));
        assert!(dir.join("report.html").is_file() && dir.join("junit.xml").is_file());
        let repeat = run["repeat"].as_str().expect("a command");
        assert!(repeat.contains("--target simulated") && repeat.contains("--seed"), "{repeat}");
    }
    let summary = fs::read_to_string(home.path().join("all/summary.md")).expect("a summary");
    assert!(summary.contains("| quick | 2 | 2 |"), "{summary}");
    assert!(
        summary.contains("operations >= 1000000") || summary.contains("too rarely"),
        "{summary}"
    );
    let junit = fs::read_to_string(home.path().join("all/junit.xml")).expect("a junit.xml");
    assert!(junit.contains("tests=\"3\"") && junit.contains("quick seed 8"), "{junit}");
}

#[test]
fn nothing_is_begun_after_the_first_failure_where_that_is_asked() {
    let home = home();
    let ran = suite(&home, &["--jobs", "1", "--fail-fast", "--repeat", "2", "--out", "fast"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("0 of 1 runs valid, 1 unknown; 5 not begun"), "{ran:?}");
    assert_eq!(record(&home, "fast")["not_begun"].as_u64(), Some(5));
}

#[test]
fn rounds_have_other_seeds_and_time_ends_them() {
    let home = home();
    let ran = suite(&home, &["--repeat", "2", "--jobs", "3", "--out", "rounds"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let record = record(&home, "rounds");
    let runs = record["runs"].as_array().expect("runs");
    let quick = runs.iter().filter(|run| run["scenario"] == "quick");
    let seeds: Vec<_> = quick.map(|run| run["seed"].as_u64()).collect();
    assert_eq!(seeds, [Some(7), Some(8), Some(9), Some(10)]);
    // No time at all is time for one run.
    let ran = suite(&home, &["--for", "1ms", "--jobs", "1", "--out", "time"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("0 of 1 runs valid"), "{ran:?}");
}

#[test]
fn a_dry_run_shows_the_commands_of_the_first_round() {
    let home = home();
    let ran = suite(&home, &["--dry-run", "--repeat", "3"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{ran:?}");
    assert!(lines[1].starts_with("stormglass run quick --target simulated"), "{ran:?}");
    assert!(lines[1].ends_with("--duration 6000ms --set workload.rate=150 --seed 7"), "{ran:?}");
    assert_eq!(lines[3], "3 runs in a round, 9 in all");
    assert!(!home.path().join("runs").exists(), "nothing was run");
}

#[test]
fn what_cannot_be_a_suite_is_refused_before_anything_runs() {
    let home = home();
    let broken = SUITE.replace("workload.rate", "workload.rat");
    fs::write(home.path().join("suites/broken.toml"), broken).expect("written");
    let missing = SUITE.replace("unmet.toml", "nowhere.toml");
    fs::write(home.path().join("suites/missing.toml"), missing).expect("written");
    fs::create_dir_all(home.path().join("full/of")).expect("a folder");
    let cases: [(&[&str], &str); 5] = [
        (&["suite", "smok"], "there is no suite `smok`: name a built-in one (smoke,"),
        (&["suite", "suites/broken.toml"], "did you mean `rate`?"),
        (&["suite", "suites/missing.toml"], "there is no scenario `suites/nowhere.toml`"),
        (&["suite", "smoke", "--target", "external"], "run single scenarios there"),
        (&["suite", "smoke", "--target", "simulated", "--out", "full"], "is not empty"),
    ];
    for (words, sentence) in cases {
        let ran = home.run(words);
        assert_eq!(ran.code, 2, "{words:?}: {ran:?}");
        assert!(ran.stderr.contains(sentence), "{words:?}: {ran:?}");
    }
    assert!(!home.path().join("runs").exists(), "nothing was run");
}

#[test]
fn a_pipeline_of_github_s_is_told() {
    let home = home();
    let files = ["summary", "outputs"].map(|name| home.path().join(name));
    let mut command = home.command(&["suite", "suites/mine.toml", "--target", "simulated"]);
    command.args(["--ci", "github", "--seed", "7", "--jobs", "3", "--out", "ci"]);
    command.env("GITHUB_STEP_SUMMARY", &files[0]).env("GITHUB_OUTPUT", &files[1]);
    let ran = Ran::of(command.output().expect("the binary runs"));
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("::warning title=Stormglass%3A unknown"), "{ran:?}");
    let [summary, outputs] = files.map(|file| fs::read_to_string(file).expect("written"));
    assert!(summary.contains("suite mine"), "{summary}");
    assert!(outputs.contains("verdict<<") && outputs.contains("\nunknown\n"), "{outputs}");
}

#[test]
fn suites_are_listed() {
    let home = Home::new();
    let rows = home.json(&["list", "suites"]);
    let names: Vec<_> = rows.as_array().expect("a list").iter().map(|row| &row["name"]).collect();
    assert_eq!(names, ["smoke", "standard", "nightly"]);
}
