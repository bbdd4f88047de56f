//! `list` and `doctor`: what there is, and what works here.

use std::io::Read as _;
use std::process::{Command, Stdio};

use serde_json::Value;
use stormglass_checkers::registry::checkers;
use stormglass_scenarios::fault::faults;
use stormglass_scenarios::scenario::catalog;
use stormglass_scenarios::workload::workloads;

use crate::support::Home;

/// Every name is in a line of the table and in the JSON form, in the registry's order.
fn check_list(what: &str, key: &str, names: &[&str]) {
    assert!(!names.is_empty(), "the registry of {what} is empty");
    let home = Home::new();
    let ran = home.run(&["list", what]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let firsts: Vec<_> =
        ran.stdout.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(firsts[..names.len()], *names, "{}", ran.stdout);
    let rows = home.json(&["list", what]);
    let rows = rows.as_array().expect("a list");
    let listed: Vec<_> = rows.iter().filter_map(|row| row[key].as_str()).collect();
    assert_eq!(listed, names);
    for row in rows {
        assert!(row["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{row}");
    }
}

#[test]
fn every_scenario_is_listed() {
    let names: Vec<_> = catalog().iter().map(|entry| entry.name).collect();
    check_list("scenarios", "name", &names);
}

#[test]
fn every_workload_is_listed() {
    let names: Vec<_> = workloads().iter().map(|entry| entry.kind).collect();
    check_list("workloads", "kind", &names);
}

#[test]
fn every_fault_is_listed() {
    let names: Vec<_> = faults().iter().map(|entry| entry.kind).collect();
    check_list("faults", "kind", &names);
}

#[test]
fn every_checker_is_listed() {
    let names: Vec<_> = checkers().iter().map(|entry| entry.name).collect();
    check_list("checkers", "name", &names);
}

#[test]
fn a_fault_that_is_out_of_reach_says_why() {
    let home = Home::new();
    let refused = |json: bool| {
        let mut command = home.command(&["list", "faults", "--target", "local"]);
        command.env("STORMGLASS_ISOLATION", "none");
        if json {
            command.args(["--format", "json"]);
        }
        String::from_utf8(command.output().expect("the binary runs").stdout).expect("text")
    };
    let text = refused(false);
    assert!(text.contains("isolate is not available here: --isolation none"), "{text}");
    assert!(!text.contains("kill is not available here"), "{text}");
    let rows: Vec<Value> = serde_json::from_str(&refused(true)).expect("a list");
    for row in rows {
        let needs_namespaces = row["power"] == "network" || row["power"] == "disk";
        assert_eq!(row["available"], !needs_namespaces, "{row}");
        assert_eq!(row["why"].is_string(), needs_namespaces, "{row}");
    }
}

#[test]
fn colours_come_only_when_they_are_forced() {
    let home = Home::new();
    let coloured = |variables: &[(&str, &str)]| {
        let mut command = home.command(&["list", "scenarios"]);
        let output = command.envs(variables.iter().copied()).output().expect("the binary runs");
        output.stdout.contains(&0x1b)
    };
    assert!(!coloured(&[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = Home::new();
    for words in [&["list", "faults"][..], &["completions", "bash"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stormglass"))
            .args(words)
            .env("STORMGLASS_CACHE", home.cache())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut told).expect("text");
        assert_eq!((child.wait().expect("ended").code(), told.as_str()), (Some(0), ""));
    }
}

#[test]
fn a_full_disk_below_the_results_is_told() {
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
        panic!("this system has no /dev/full");
    };
    let mut child = Command::new(env!("CARGO_BIN_EXE_stormglass"))
        .args(["list", "workloads"])
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut told = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut told).expect("text");
    assert_eq!(child.wait().expect("ended").code(), Some(4));
    assert!(told.contains("standard output"), "{told}");
}

#[test]
fn doctor_examines_everything_and_says_how_to_get_what_is_missing() {
    let home = Home::new();
    let report = home.json(&["doctor", "--tun", "/no/such/device"]);
    assert_eq!(report["local_runs"], true, "{report}");
    let examined = report["examined"].as_array().expect("a list");
    let named = |name: &str| {
        examined.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name}: {report}"))
    };
    for name in ["open files", "cache", "free space in the cache", "free space here"] {
        assert!(named(name)["detail"].is_string());
    }
    // Nothing is installed in a cache of a test's own, and there is no such device.
    for name in ["etcd releases", "TUN device"] {
        assert_eq!(named(name)["available"], false);
        assert!(named(name)["fix"].is_string());
    }
    let ran = home.run(&["doctor"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("to get it: stormglass etcd install "), "{}", ran.stdout);
    assert!(ran.stdout.trim_end().ends_with("without what is missing above"), "{}", ran.stdout);
}

#[test]
fn doctor_exits_with_4_where_no_run_is_possible() {
    let home = Home::new();
    // A file is where the cache should be: no folder can be made there, not even by root.
    let cache = home.path().join("file");
    std::fs::write(&cache, "").expect("written");
    let mut command = home.command(&["doctor"]);
    let output = command.env("STORMGLASS_CACHE", &cache).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(4));
    let told = String::from_utf8(output.stdout).expect("text");
    assert!(told.contains("missing  cache") && told.contains("STORMGLASS_CACHE"), "{told}");
}
