//! Suites: the built-in ones, and what is wrong with others.

use stormglass_scenarios::scenario::{Span, catalog_scenario};
use stormglass_scenarios::suite::{Suite, catalog_suite, suites};

fn error_of(text: &str) -> String {
    Suite::parse(text, "mine.toml").expect_err("refused").to_string()
}

#[test]
fn every_built_in_suite_names_scenarios_that_there_are() {
    for entry in suites() {
        let suite = catalog_suite(entry.name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(suite.name, entry.name);
        assert!(!suite.summary.is_empty() && suite.summary.len() < 100, "{}", suite.summary);
        for run in suite.run {
            let mut scenario = catalog_scenario(&run.scenario).expect("in the catalogue");
            for (key, value) in run.set {
                scenario.set(&key, &value).expect("it fits");
            }
            if let Some(duration) = run.duration {
                scenario.set("limits.duration", &duration.to_string()).expect("it fits");
            }
        }
    }
}

#[test]
fn the_smoke_suite_is_short_and_every_suite_longer_than_the_one_before() {
    let seconds = |name: &str| -> u64 {
        let suite = catalog_suite(name).expect("a suite");
        let runs = suite.run.iter().map(|run| {
            let usual = catalog_scenario(&run.scenario).expect("a scenario").limits.duration;
            run.duration.unwrap_or(usual).as_duration().as_secs() * u64::from(run.seeds)
        });
        runs.sum()
    };
    let all: Vec<u64> = suites().iter().map(|entry| seconds(entry.name)).collect();
    // Start, recovery and judgement come on top of the traffic.
    assert!(all[0] <= 80 && all[1] <= 20 * 60 - 200, "{all:?}");
    assert!(all.is_sorted(), "{all:?}");
}

#[test]
fn an_unknown_name_is_refused_with_a_hint() {
    let error = catalog_suite("smok").expect_err("no such suite").to_string();
    assert_eq!(error, "there is no suite `smok`; did you mean `smoke`?");
}

#[test]
fn a_suite_says_what_is_run() {
    let text = "schema = 1\nname = \"mine\"\n[[run]]\nscenario = \"demo\"\nseeds = 3\n\
                duration = \"2m\"\netcd = \"3.5.1\"\nset = { \"workload.rate\" = \"200\" }\n\
                [[run]]\nscenario = \"own.toml\"\n";
    let suite = Suite::parse(text, "mine.toml").expect("a suite");
    let [first, second] = suite.run.as_slice() else { panic!("{suite:?}") };
    assert_eq!((first.seeds, first.duration), (3, Some(Span::seconds(120))));
    assert_eq!(first.etcd.as_deref(), Some("3.5.1"));
    assert_eq!(first.set["workload.rate"], "200");
    assert_eq!((second.scenario.as_str(), second.seeds), ("own.toml", 1));
}

#[test]
fn broken_suites_are_told_what_to_do_and_where() {
    const HEAD: &str = "schema = 1\nname = \"mine\"\n";
    let run = "[[run]]\nscenario = \"demo\"\n";
    let cases = [
        (format!("schema = 7\nname = \"mine\"\n{run}"), "1:10", "this Stormglass reads schema = 1"),
        (format!("schema = 1\nname = \"My Own\"\n{run}"), "2:8", "only small letters"),
        (format!("{HEAD}run = []\n"), "3:7", "add a `[[run]]`"),
        (format!("{HEAD}{run}seeds = 0\n"), "5:9", "give at least 1"),
        (format!("{HEAD}{run}seed = 3\n"), "5:1", "did you mean `seeds`?"),
        (format!("{HEAD}{run}duration = \"10\"\n"), "5:12", "such as \"10s\""),
        (format!("{HEAD}[[run]]\nseeds = 2\n"), "3:1", "`scenario` is missing"),
    ];
    for (text, place, words) in cases {
        let error = error_of(&text);
        assert!(error.starts_with(&format!("mine.toml:{place}: ")), "{error}");
        assert!(error.contains(words), "{error}");
    }
}
