//! Plans: the same always, and within the rules.

use std::collections::BTreeMap;

use proptest::prelude::*;
use stormglass_scenarios::fault::fault;
use stormglass_scenarios::plan::{Plan, PlannedFault};
use stormglass_scenarios::scenario::{Scenario, ScenarioError, Selector, catalog_scenario};

fn plan_of(text: &str, seed: u64) -> Plan {
    let text = format!("schema = 1\nname = \"test\"\n{text}");
    let scenario = Scenario::parse(&text, "test.toml").expect("a scenario");
    Plan::build(&scenario, seed, "3.5.30").expect("a plan")
}

fn line(fault: &PlannedFault) -> String {
    let (from, duration) = (fault.from.seconds(), fault.duration.seconds());
    let params: Vec<String> =
        fault.params.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    format!(
        "{} {from:.6}s +{duration:.3}s {} {}{}\n",
        fault.id,
        fault.kind,
        fault.selector,
        params.concat()
    )
}

#[test]
fn a_plan_never_changes() {
    let demo = catalog_scenario("demo").expect("in the catalogue");
    let plan = Plan::build(&demo, 42, "3.5.1").expect("a plan");
    insta::assert_snapshot!(plan.faults.iter().map(line).collect::<String>());
}

#[test]
fn a_plan_survives_json() {
    for entry in stormglass_scenarios::scenario::catalog() {
        let scenario = catalog_scenario(entry.name).expect("in the catalogue");
        let plan = Plan::build(&scenario, 7, "3.5.1").expect("a plan");
        let json = serde_json::to_string(&plan).expect("serialises");
        assert!(json.starts_with("{\"stormglass_plan\":1,"), "{json}");
        assert_eq!(plan, serde_json::from_str(&json).expect("parses"));
    }
}

#[test]
fn members_keep_their_whole_log_where_a_short_one_triggers_a_bug() {
    let mut demo = catalog_scenario("demo").expect("in the catalogue");
    let count = || BTreeMap::from([("snapshot-count".to_owned(), "7".to_owned())]);
    demo.cluster.member = BTreeMap::from([("m2".to_owned(), count())]);
    let flags = |release| {
        let cluster = Plan::build(&demo, 1, release).expect("a plan").scenario.cluster;
        [&cluster.flags, &cluster.member["m2"]].map(|flags| flags.contains_key("snapshot-count"))
    };
    assert_eq!(flags("3.4.23"), [false; 2]);
    assert_eq!(flags("3.4.25"), [true; 2]);
    assert_eq!(flags("3.5.1"), [true; 2]);
}

#[test]
fn who_is_hit_is_decided_but_for_the_leader() {
    let hit = |target: &str| {
        let text = format!(
            "[cluster]\nmembers = 5\n[[fault]]\nkind = \"kill\"\nat = \"3s\"\ntarget = {target}"
        );
        plan_of(&text, 3).faults[0].selector.clone()
    };
    let count = |selector: Selector| match selector {
        Selector::Members(names) => names.len(),
        other => panic!("undecided: {other}"),
    };
    let words = ["\"one\"", "\"minority\"", "\"majority\"", "\"all\"", "[\"m2\", \"m4\"]"];
    assert_eq!(words.map(|word| count(hit(word))), [1, 2, 3, 5, 2]);
    assert_eq!(hit("\"leader\""), Selector::Leader);
    assert_eq!(hit("\"followers\""), Selector::Followers);
}

#[test]
fn a_clock_becomes_wrong_in_one_way_unless_the_scenario_says_how() {
    let faults = |params: &str| {
        let text = format!(
            "[limits]\nduration = \"5m\"\n[[fault]]\nkind = \"clock-wall\"\nevery = \"7s\"\n\
             params = {{ {params} }}"
        );
        plan_of(&text, 3).faults
    };
    let wrong = |fault: &PlannedFault| {
        let wrong = |name: &&str| !["0s", "1"].contains(&fault.params[*name].as_str());
        ["jump", "rate", "strobe"].into_iter().filter(wrong).collect::<Vec<_>>()
    };
    let drawn = faults("");
    assert!(drawn.iter().all(|fault| wrong(fault).len() == 1), "{drawn:?}");
    for name in ["jump", "rate", "strobe"] {
        assert!(drawn.iter().any(|fault| wrong(fault) == [name]), "{name} is never drawn");
    }
    assert!(faults("rate = \"2\"").iter().all(|fault| wrong(fault) == ["rate"]));
}

#[test]
fn a_wrong_clock_overlaps_with_other_faults_and_not_with_its_own_kind() {
    let spec = |kind: &str, at: u32| {
        format!("[[fault]]\nkind = \"{kind}\"\nat = \"{at}s\"\nfor = \"4s\"\n")
    };
    let text = [spec("clock-wall", 3), spec("clock-wall", 4), spec("kill", 5)].concat();
    let plan = plan_of(&text, 3);
    let begins: Vec<_> = plan.faults.iter().map(|fault| fault.from.0 / 1_000_000).collect();
    assert_eq!(begins, [3_000, 5_000, 9_000]);
}

#[test]
fn every_member_is_hit_at_some_time() {
    let plan =
        plan_of("[limits]\nduration = \"5m\"\n[[fault]]\nkind = \"kill\"\nevery = \"5s\"", 3);
    for name in ["m1", "m2", "m3"] {
        let only = Selector::Members(vec![name.to_owned()]);
        assert!(plan.faults.iter().any(|fault| fault.selector == only), "{name}");
    }
}

#[test]
fn a_new_spec_leaves_the_others_as_they_were() {
    let compact = "[[fault]]\nkind = \"compact\"\nevery = \"3s\"\n";
    let both = format!("{compact}[[fault]]\nkind = \"defragment\"\nevery = \"3s\"\n");
    let times = |plan: &Plan| -> Vec<_> {
        let faults = plan.faults.iter().filter(|fault| fault.kind == "compact");
        faults.map(|fault| fault.from).collect()
    };
    assert_eq!(times(&plan_of(compact, 5)), times(&plan_of(&both, 5)));
}

#[test]
fn a_release_that_is_no_version_is_refused() {
    let demo = catalog_scenario("demo").expect("in the catalogue");
    let error = Plan::build(&demo, 1, "main").expect_err("no version");
    assert_eq!(error, ScenarioError::Release { release: "main".to_owned() });
}

#[test]
fn a_scenario_that_breaks_a_rule_has_no_plan() {
    let mut demo = catalog_scenario("demo").expect("in the catalogue");
    demo.fault[0].kind = "flood".to_owned();
    let error = Plan::build(&demo, 1, "3.5.1").expect_err("unknown fault").to_string();
    assert!(error.starts_with("the scenario's fault.0.kind: unknown fault `flood`"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_inputs_make_the_same_bytes(seed in any::<u64>()) {
        let demo = catalog_scenario("demo").expect("in the catalogue");
        let bytes = |seed| {
            serde_json::to_vec(&Plan::build(&demo, seed, "3.5.1").expect("a plan")).expect("JSON")
        };
        prop_assert_eq!(bytes(seed), bytes(seed));
        prop_assert_ne!(bytes(seed), bytes(seed ^ 1));
    }

    #[test]
    fn disruptive_faults_never_overlap_and_all_heal(
        seed in any::<u64>(),
        kill in 2_u64..20,
        pause in 2_u64..20,
        isolate in 3_u64..20,
    ) {
        let plan = plan_of(
            &format!(
                "[[fault]]\nkind = \"kill\"\nevery = \"{kill}s\"\n\
                 [[fault]]\nkind = \"pause\"\nevery = \"{pause}s\"\n\
                 [[fault]]\nkind = \"isolate\"\ntarget = \"leader\"\nevery = \"{isolate}s\"\n\
                 [[fault]]\nkind = \"defragment\"\nevery = \"1s\"\n"
            ),
            seed,
        );
        let end = plan.scenario.limits.duration.as_nanos().0;
        let mut free_from = 0;
        for (number, fault_) in (0..).zip(&plan.faults) {
            prop_assert_eq!(fault_.id.0, number);
            let entry = fault(&fault_.kind).expect("known");
            let settle = u64::try_from(entry.settle.as_nanos()).expect("short");
            let healed = fault_.from.0 + fault_.duration.0 + settle;
            prop_assert!(healed <= end);
            if entry.disruptive {
                prop_assert!(fault_.from.0 >= free_from);
                free_from = healed;
            }
        }
        prop_assert!(plan.faults.windows(2).all(|pair| pair[0].from <= pair[1].from));
        prop_assert!(plan.faults.iter().any(|fault| fault.kind == "defragment"));
    }
}
