//! Settings of the command line over those of a scenario.

use std::fmt::Write as _;

use stormglass_scenarios::scenario::{Scenario, Selector, Span, catalog_scenario};

fn demo() -> Scenario {
    catalog_scenario("demo").expect("in the catalogue")
}

#[test]
fn a_setting_of_every_type_is_set() {
    let mut scenario = demo();
    for (key, value) in [
        ("workload.rate", "400"),
        ("limits.duration", "45s"),
        ("cluster.etcd", "3.5"),
        ("cluster.flags.snapshot-count", "100"),
        ("workload.weights.put", "7"),
        ("workload.value-size", "{ min = 1, max = 9 }"),
        ("fault.0.target", "leader"),
        ("fault.1.target", "[\"m1\"]"),
        ("fault.3.every", "9s"),
        ("check.sometimes", "[\"operations >= 10\"]"),
    ] {
        scenario.set(key, value).unwrap_or_else(|error| panic!("{error}"));
    }
    assert_eq!(scenario.workload.rate, Some(400));
    assert_eq!(scenario.limits.duration, Span::seconds(45));
    assert_eq!(scenario.cluster.etcd.as_deref(), Some("3.5"));
    assert_eq!(scenario.cluster.flags["snapshot-count"], "100");
    assert_eq!(scenario.workload.weights["put"], 7);
    assert_eq!((scenario.workload.value_size.min, scenario.workload.value_size.max), (1, 9));
    assert_eq!(scenario.fault[0].target, Selector::Leader);
    assert_eq!(scenario.fault[1].target, Selector::Members(vec!["m1".to_owned()]));
    assert_eq!(scenario.fault[3].every, Some(Span::seconds(9)));
    assert_eq!(scenario.check.sometimes, ["operations >= 10"]);
}

#[test]
fn settings_that_need_each_other_are_set_together() {
    let mut scenario = demo();
    let sizes = [("workload.value-size.min", "1000"), ("workload.value-size.max", "2000")];
    scenario.set(sizes[0].0, sizes[0].1).expect_err("min over max");
    scenario.set_all(sizes).expect("together they fit");
    assert_eq!(scenario.workload.value_size.max, 2_000);
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut messages = String::new();
    for (key, value) in [
        ("workload.rat", "400"),
        ("workload.rate", "fast"),
        ("workload.rate", "0"),
        ("workload", "3"),
        ("workload.rate.limit", "3"),
        ("workload.weights.puts", "3"),
        ("fault.99.every", "3s"),
        ("fault.first.every", "3s"),
        ("fault.0.every", "3s"),
        ("limits.duration", "5s"),
        ("", "1"),
        ("cluster.storage", "tape"),
    ] {
        let mut scenario = demo();
        let error = scenario.set(key, value).expect_err(key);
        writeln!(messages, "{error}").expect("memory");
        assert_eq!(scenario, demo());
    }
    insta::assert_snapshot!(messages);
}
