//! The built-in scenarios.

use std::collections::BTreeMap;

use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::{Scenario, catalog, catalog_scenario, template};

const RELEASES: [&str; 7] = ["3.3.25", "3.4.23", "3.5.0", "3.5.1", "3.5.16", "3.5.30", "3.6.1"];

#[test]
fn every_scenario_parses_under_its_name_and_plans_on_every_release() {
    for entry in catalog() {
        let scenario = catalog_scenario(entry.name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(scenario.name, entry.name);
        assert!(!scenario.summary.is_empty() && scenario.summary.len() < 100);
        assert!(!scenario.check.sometimes.is_empty());
        assert!(scenario.question.ends_with('?'), "{}: what does it ask?", entry.name);
        assert!(scenario.advice.ends_with('.'), "{}: what follows from it?", entry.name);
        for release in RELEASES {
            Plan::build(&scenario, 1, release).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

#[test]
fn the_template_is_a_scenario() {
    let scenario = Scenario::parse(template(), "template.toml").expect("a scenario");
    Plan::build(&scenario, 1, "3.5.16").expect("a plan");
}

#[test]
fn an_unknown_name_is_refused_with_a_hint() {
    let error = catalog_scenario("dmeo").expect_err("no such scenario").to_string();
    assert_eq!(error, "there is no scenario `dmeo` in the catalogue; did you mean `demo`?");
}

#[test]
fn the_demo_attempts_every_fault_it_must_have_seen_with_every_seed() {
    let demo = catalog_scenario("demo").expect("in the catalogue");
    for seed in 0..500 {
        let plan = Plan::build(&demo, seed, "3.5.16").expect("a plan");
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for fault in &plan.faults {
            *counts.entry(fault.kind.as_str()).or_insert(0) += 1;
        }
        for kind in ["kill", "pause", "isolate", "defragment", "compact"] {
            let count = counts.get(kind).copied().unwrap_or(0);
            assert!(count >= 2, "{count} of {kind} with seed {seed}");
        }
        assert_eq!(counts.get("kill-defragment"), Some(&3), "seed {seed}");
    }
}

#[test]
fn the_demo_avoids_neither_of_the_bugs_it_shows_on_any_release() {
    let demo = catalog_scenario("demo").expect("in the catalogue");
    for avoid in &demo.avoid {
        for trigger in &avoid.triggers {
            assert!(!["guarded-txn", "kill-defragment"].contains(&trigger.as_str()));
        }
    }
    let avoided = |release| Plan::build(&demo, 1, release).expect("a plan").triggers_avoided;
    let always = "late-keepalive";
    assert_eq!(avoided("3.5.30"), [always, "txn-range-revision"]);
    let older = [always, "txn-range-revision", "watch-compacted-start", "watch-future-start"];
    assert_eq!(avoided("3.5.16"), older);
    assert_eq!(avoided("3.6.1"), [always, "txn-range-revision", "watch-future-start"]);
    assert_eq!(avoided("3.4.30"), older);
    let all = [always, "progress-request", older[1], older[2], older[3]];
    for release in ["3.5.0", "3.5.1"] {
        assert_eq!(avoided(release), all, "{release}");
    }
    let all = [always, "progress-request", "short-log", older[1], older[2], older[3]];
    for release in ["3.3.25", "3.4.23"] {
        assert_eq!(avoided(release), all, "{release}");
    }
}

#[test]
fn what_any_release_of_a_run_needs_is_left_out() {
    let upgrade = catalog_scenario("upgrade").expect("in the catalogue");
    let plan = |release| Plan::build(&upgrade, 1, release).expect("a plan");
    let newer = ["late-keepalive", "txn-range-revision"];
    assert_eq!(plan("3.5.30").triggers_avoided, newer);
    assert_eq!(plan("3.5.30").other_releases(), [""; 0]);
    let older = [newer[0], newer[1], "watch-compacted-start", "watch-future-start"];
    assert_eq!(plan("3.5.16").triggers_avoided, older);
    assert_eq!(plan("3.5.16").other_releases(), ["3.5.30"]);
    let mut back = upgrade.clone();
    for release in back.fault.iter_mut().filter_map(|fault| fault.params.get_mut("to")) {
        "3.5.16".clone_into(release);
    }
    let back = Plan::build(&back, 1, "3.5.30").expect("a plan");
    assert_eq!(back.triggers_avoided, older, "members go back to a release with the bugs");
    assert_eq!(back.other_releases(), ["3.5.16"]);
}

#[test]
fn the_upgrade_changes_every_member_with_every_seed() {
    let upgrade = catalog_scenario("upgrade").expect("in the catalogue");
    for seed in 0..500 {
        let plan = Plan::build(&upgrade, seed, "3.5.16").expect("a plan");
        let count = |kind| plan.faults.iter().filter(|fault| fault.kind == kind).count();
        assert_eq!(count("change-release"), 4, "seed {seed}");
        assert!(count("kill") >= 5, "{} kills with seed {seed}", count("kill"));
    }
}

#[test]
fn pauses_of_the_demo_are_shorter_than_its_leases() {
    let demo = catalog_scenario("demo").expect("in the catalogue");
    let pauses = demo.fault.iter().filter(|fault| fault.kind == "pause");
    for pause in pauses {
        let longest = pause.duration.expect("given").as_duration();
        assert!(longest.as_millis() < 1_800 && demo.workload.lease_ttl.min >= 3);
    }
}
