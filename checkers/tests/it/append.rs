//! The append checker: every anomaly fires, and what is allowed does not.

use crate::common::{self, Cluster, anomalies, get, put, told, verdict};
use crate::lists::{self, Insert, Lists, Peek, Read, Rewrite, only, silent, steps};
use stormglass_checkers::history::Phase;
use stormglass_checkers::verdict::Status;

const NAME: &str = "append";

#[test]
fn a_read_of_an_append_without_effect_is_g1a() {
    for refused in [true, false] {
        let mut run = Lists::default();
        let one = run.send(&[Rewrite("x", "", "1")]);
        if refused {
            run.refuse(&one);
        } else {
            run.reject(&one, &[""]);
        }
        let read = run.run(&[Read("x")], &["1"]);
        let finding = only(&run.stop(), "G1a", if refused { "K10" } else { "K3" });
        assert_eq!(steps(&finding), [one.op.index, read]);
    }
}

#[test]
fn a_read_of_half_an_append_is_g1b() {
    for (parts, name) in [
        (&[Rewrite("x", "", "1 2")][..], "x"),
        (&[Insert("x/", "1"), Insert("x/", "2")], "x/"),
        (&[Insert("x/", "2"), Insert("x/", "1")], "x/"),
    ] {
        let mut run = Lists::default();
        let one = run.send(parts);
        let read = run.send(&[Read(name)]);
        run.end(&one, &[]);
        run.end(&read, &["1"]);
        let finding = only(&run.stop(), "G1b", "K4");
        assert_eq!(finding.witness.steps.len(), 2);
    }
}

#[test]
fn two_appends_to_one_version_are_a_lost_update() {
    let mut run = Lists::default();
    let one = run.send(&[Rewrite("x", "", "1")]);
    let two = run.send(&[Rewrite("x", "", "2")]);
    run.end(&one, &[]);
    run.end(&two, &[]);
    let finding = only(&run.stop(), "lost-update", "K3");
    assert_eq!(steps(&finding), [one.op.index, two.op.index]);
}

#[test]
fn two_lists_of_which_neither_begins_with_the_other_have_an_incompatible_order() {
    let mut run = Lists::default();
    let one = run.send(&[Insert("x/", "1")]);
    let two = run.send(&[Insert("x/", "2")]);
    let (first, second) = (run.send(&[Read("x/")]), run.send(&[Read("x/")]));
    run.end(&first, &["1"]);
    run.end(&second, &["2"]);
    run.end(&one, &[]);
    run.end(&two, &[]);
    let found = anomalies(NAME, &run.stop());
    assert!(found.contains(&"incompatible-order".to_owned()), "{found:?}");
    let mut run = Lists::default();
    run.run(&[Rewrite("x", "", "1")], &[]);
    run.run(&[Rewrite("x", "1", "2")], &[]);
    run.run(&[Rewrite("x", "1 2", "3")], &[]);
    let read = run.run(&[Read("x")], &["1 3"]);
    let finding = only(&run.stop(), "incompatible-order", "K2");
    assert!(steps(&finding).contains(&read));
}

#[test]
fn an_element_that_only_its_own_transaction_saw_is_missed() {
    for (shown, fires) in [("2", true), ("1 1b 2", false)] {
        let mut run = Lists::default();
        run.run(&[Insert("x/", "1"), Read("x/"), Insert("x/", "1b")], &["1"]);
        run.run(&[Insert("x/", "2")], &[]);
        run.run(&[Read("x/")], &[shown]);
        if fires {
            only(&run.stop(), "incompatible-order", "K2");
        } else {
            silent(&run.stop());
        }
    }
}

#[test]
fn an_element_that_is_there_twice_is_found() {
    let mut run = Lists::default();
    run.run(&[Rewrite("x", "", "1")], &[]);
    run.run(&[Read("x")], &["1 1"]);
    only(&run.stop(), "duplicate-elements", "K11");
}

#[test]
fn an_element_of_nobody_is_a_phantom() {
    let mut run = Lists::default();
    run.run(&[Rewrite("x", "", "1")], &[]);
    run.run(&[Read("x")], &["1 9"]);
    only(&run.stop(), "phantom-element", "K3");
    let mut run = Lists::default();
    run.run(&[Insert("x/", "1")], &[]);
    run.run(&[Read("x/")], &["9 1"]);
    only(&run.stop(), "phantom-element", "K3");
}

#[test]
fn an_append_behind_one_without_effect_is_a_dirty_update() {
    let mut run = Lists::default();
    let one = run.send(&[Rewrite("x", "", "1")]);
    run.refuse(&one);
    let two = run.run(&[Rewrite("x", "1", "2")], &[]);
    let finding = only(&run.stop(), "dirty-update", "K10");
    assert_eq!(steps(&finding), [one.op.index, two]);
}

#[test]
fn a_transaction_that_contradicts_itself_is_internal() {
    type Case = (&'static [lists::Part<'static>], &'static [&'static str]);
    let cases: [Case; 6] = [
        (&[Read("x"), Rewrite("x", "", "1")], &["9"]),
        (&[Rewrite("x", "", "1"), Read("x")], &[""]),
        (&[Insert("x/", "1"), Read("x/")], &[""]),
        (&[Read("x/"), Insert("x/", "1"), Read("x/")], &["", ""]),
        (&[Read("x/"), Read("x/")], &["0", ""]),
        (&[Insert("x/", "2"), Insert("x/", "1"), Read("x/")], &["1"]),
    ];
    for (parts, shown) in cases {
        let mut run = Lists::default();
        let zero = run.send(&[Insert("x/", "0")]);
        run.run(parts, shown);
        run.lose(&zero);
        let found = anomalies(NAME, &run.stop());
        assert!(found.contains(&"internal".to_owned()), "{parts:?}: {found:?}");
    }
    for (parts, shown) in [
        (&[Read("x"), Rewrite("x", "", "1"), Read("x")][..], &["", "1"][..]),
        (&[Insert("x/", "2"), Insert("x/", "1"), Read("x/")], &["0 1 2"]),
        (&[Read("x/"), Insert("x/", "2"), Read("x/"), Insert("x/", "1")], &["0", "0 2"]),
    ] {
        let mut run = Lists::default();
        let zero = run.send(&[Insert("x/", "0")]);
        run.lose(&zero);
        run.run(parts, shown);
        silent(&run.stop());
    }
}

#[test]
fn an_append_of_unknown_outcome_may_be_there_or_not_but_only_as_a_whole() {
    for (x, y, fires) in [("", "", false), ("1", "1", false), ("1", "", true), ("", "1", true)] {
        let mut run = Lists::default();
        let one = run.send(&[Rewrite("x", "", "1"), Rewrite("y", "", "1")]);
        run.lose(&one);
        run.run(&[Read("x"), Read("y")], &[x, y]);
        let history = run.stop();
        if fires {
            only(&history, "G-single", "K3");
        } else {
            silent(&history);
        }
    }
}

#[test]
fn a_late_effect_of_an_unknown_outcome_is_legal_and_a_vanished_one_is_not() {
    let mut run = Lists::default();
    let one = run.send(&[Insert("x/", "1")]);
    run.lose(&one);
    run.run(&[Read("x/")], &[""]);
    run.run(&[Read("x/")], &["1"]);
    let legal = run.cluster.clone();
    run.run(&[Read("x/")], &[""]);
    silent(&legal.stop());
    only(&run.stop(), "G-single-realtime", "K1");
}

#[test]
fn a_serializable_read_may_be_old_and_not_older_than_its_process_knows() {
    let mut run = Lists::default();
    run.run(&[Rewrite("x", "", "1")], &[]);
    run.run(&[Peek("x")], &[""]);
    silent(&run.stop());
    for restarted in [true, false] {
        let mut run = Lists::default();
        let process = run.cluster.client(1);
        let one = run.send_by(process, &[Rewrite("x", "", "1")]);
        run.end(&one, &[]);
        if restarted {
            run.cluster.kill(1);
            run.cluster.restart(1);
        }
        let two = run.send_by(process, &[Peek("x")]);
        run.end(&two, &[""]);
        let history = run.stop();
        if restarted {
            silent(&history);
        } else {
            only(&history, "G-single-process", "K8");
        }
    }
}

#[test]
fn an_acknowledged_append_that_the_final_reads_lack_is_found() {
    for parts in [&[Rewrite("x", "", "1")][..], &[Insert("x/", "1")]] {
        let mut run = Lists::default();
        let zero = run.send(&[Insert("x/", "0")]);
        run.lose(&zero);
        run.run(parts, &[]);
        run.cluster.phase(Phase::Final);
        let _ =
            run.cluster.at(2, stormglass_checkers::history::Request::Range(common::everything()));
        only(&run.stop(), "G-single-realtime", "K1");
    }
}

#[test]
fn a_run_of_another_workload_has_no_transactions_and_is_valid() {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    cluster.put(0, "list/1", "v1");
    let _ = cluster.at(0, get("list/1"));
    let verdict = verdict(NAME, &cluster.finish());
    assert_eq!(verdict.status, Status::Valid, "{}", told(&verdict));
    assert_eq!(verdict.stats["appends"], 0);
}

#[test]
fn a_list_that_others_write_is_not_judged() {
    let mut run = Lists::default();
    run.run(&[Rewrite("x", "", "1")], &[]);
    let _ = run.cluster.at(0, put("list/x", "something"));
    run.run(&[Read("x")], &[""]);
    let verdict = verdict(NAME, &run.stop());
    assert_eq!(verdict.status, Status::Unknown, "{}", told(&verdict));
    assert!(verdict.reasons[0].contains("list/x"), "{}", told(&verdict));
}
