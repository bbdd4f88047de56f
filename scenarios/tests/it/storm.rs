//! Storms: composed by the seed, of what etcd promises to survive and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use stormglass_scenarios::fault::fault;
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::{Occasion, Scenario, catalog_scenario};

fn storm(seed: u64, release: &str) -> Plan {
    let storm = catalog_scenario("storm").expect("in the catalogue");
    Plan::build(&storm, seed, release).expect("a plan")
}

fn error_of(text: &str) -> String {
    let text = format!("schema = 1\nname = \"test\"\n{text}");
    Scenario::parse(&text, "test.toml").expect_err("refused").to_string()
}

#[test]
fn the_seed_composes_it() {
    assert_eq!(storm(1, "3.5.30"), storm(1, "3.5.30"));
    assert_ne!(storm(1, "3.5.30").faults, storm(2, "3.5.30").faults);
    assert_eq!(storm(1, "3.5.16").faults, storm(1, "3.5.0").faults, "whatever the release");
}

#[test]
fn what_a_release_cannot_take_is_left_out_and_the_rest_stays() {
    let kinds = |seed, release| -> Vec<String> {
        storm(seed, release).faults.into_iter().map(|planned| planned.kind).collect()
    };
    let (mut left_out, mut same) = (0, 0);
    for seed in 0..40 {
        let (all, fewer) = (kinds(seed, "3.5.30"), kinds(seed, "3.5.16"));
        assert!(!fewer.iter().any(|kind| kind == "force-snapshot"), "seed {seed}");
        let forced = all.iter().any(|kind| kind == "force-snapshot");
        left_out += u32::from(forced);
        same += u32::from(!forced && all == fewer);
    }
    assert!(left_out > 10, "{left_out}");
    assert_eq!(same, 40 - left_out);
}

#[test]
fn every_kind_of_the_model_is_drawn_and_every_target() {
    let mut kinds = BTreeSet::new();
    let mut whens = BTreeSet::new();
    for seed in 0..100 {
        let plan = storm(seed, "3.5.30");
        assert!(plan.faults.len() >= 8, "seed {seed} draws {}", plan.faults.len());
        for planned in plan.faults {
            let entry = fault(&planned.kind).expect("a known kind");
            assert!(entry.in_model(), "{}", planned.kind);
            kinds.insert(planned.kind);
            whens.insert(planned.when);
        }
    }
    let model = stormglass_scenarios::fault::faults().iter().filter(|entry| entry.in_model());
    // A storm is about one release, and the same for all who run it.
    let left_out = ["change-release", "limit-memory"];
    let mut wanted = model.filter(|entry| !left_out.contains(&entry.kind));
    assert!(wanted.all(|entry| kinds.contains(entry.kind)), "{kinds:?}");
    assert!(!left_out.iter().any(|kind| kinds.contains(*kind)));
    let wanted = [Occasion::Now, Occasion::Acknowledged, Occasion::Compacting, Occasion::Guarded];
    assert!(wanted.iter().all(|when| whens.contains(when)), "{whens:?}");
}

#[test]
fn flags_are_drawn_where_the_release_has_them_and_the_scenario_is_silent() {
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for seed in 0..60 {
        for (name, value) in storm(seed, "3.5.30").scenario.cluster.flags {
            values.entry(name).or_default().insert(value);
        }
        let old = storm(seed, "3.3.25").scenario.cluster.flags;
        assert!(old.keys().all(|name| name == "snapshot-count"), "{old:?}");
    }
    assert_eq!(values.len(), 5);
    assert!(values.values().all(|drawn| drawn.len() >= 2), "{values:?}");
    let text = "schema = 1\nname = \"test\"\n[cluster.flags]\nsnapshot-count = \"7\"\n[storm]\n";
    let scenario = Scenario::parse(text, "test.toml").expect("a scenario");
    for seed in 0..20 {
        let plan = Plan::build(&scenario, seed, "3.5.30").expect("a plan");
        assert_eq!(plan.scenario.cluster.flags["snapshot-count"], "7");
    }
}

#[test]
fn a_weight_of_zero_leaves_a_kind_out() {
    let text = "schema = 1\nname = \"test\"\n[storm]\nevery = \"1s\"\nflags = false\n\
                weights = { kill = 0, pause = 50 }\n";
    let scenario = Scenario::parse(text, "test.toml").expect("a scenario");
    let plans = (0..20).map(|seed| Plan::build(&scenario, seed, "3.5.30").expect("a plan"));
    let kinds: Vec<String> =
        plans.flat_map(|plan| plan.faults).map(|planned| planned.kind).collect();
    assert!(!kinds.iter().any(|kind| kind == "kill"));
    assert!(kinds.iter().filter(|kind| *kind == "pause").count() > kinds.len() / 3);
}

#[test]
fn broken_storms_are_told_what_to_do() {
    assert!(error_of("[storm]\nevery = \"100ms\"\n").contains("raise it"));
    let lying = error_of("[storm]\nweights = { lying-disk = 1 }\n");
    assert!(lying.contains("does not promise to survive `lying-disk`"), "{lying}");
    let release = error_of("[storm]\nweights = { change-release = 1 }\n");
    assert!(release.contains("a storm is about one release"), "{release}");
    let unknown = error_of("[storm]\nweights = { kil = 1 }\n");
    assert!(unknown.contains("did you mean `kill`?"), "{unknown}");
}
