//! Changes of a member's release.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use stormglass_checkers::history::{
    Body, Environment, Event, FaultBegin, FaultEnd, MemberIndex, Sample,
};

use super::{CASES, fault, log, run_scenario, scenario_text};
use crate::support::{Said, events, history, judgement, run, stormglass};

/// The versions that a member was started with, in order, each once in a row.
fn versions(events: &[Event], member: MemberIndex) -> Vec<String> {
    let lives = events.iter().filter(|event| event.member == Some(member));
    let mut versions: Vec<String> = lives
        .filter_map(|event| match &event.body {
            Body::Environment(Environment::MemberStarted(life)) => Some(life.version.clone()),
            _ => None,
        })
        .collect();
    versions.dedup();
    versions
}

/// The member was started with another binary, says so in its statuses and in its log, and the
/// one before ended of SIGTERM.
pub(super) fn the_member_runs_another_release(
    events: &[Event],
    begin: &FaultBegin,
    _: &FaultEnd,
    dir: &Path,
) -> bool {
    let member = begin.fault.members[0];
    let [first, second] = &versions(events, member)[..] else { return false };
    let own = || events.iter().filter(|event| event.member == Some(member));
    let says = |version: &str| {
        own().any(|event| {
            matches!(&event.body, Body::Sample(Sample::Status(status)) if status.version == version)
        })
    };
    let ended = own().any(|event| {
        matches!(&event.body, Body::Environment(Environment::MemberExited(exit))
            if exit.status == "signal 15" && exit.expected)
    });
    let log = log(dir, &member.to_string());
    let named = |version: &str| log.contains(&format!("\"etcd-version\":\"{version}\""));
    ended && [first, second].into_iter().all(|version| says(version) && named(version))
}

#[test]
fn a_change_of_release_lands_stays_and_goes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = CASES.iter().find(|case| case.kind == "change-release").expect("a case");
    let again = "[[fault]]\nkind = \"change-release\"\ntarget = [\"m1\", \"m2\"]\nat = \"12s\"\n\
                 for = \"2s\"\nparams = { to = \"3.5.30\", back = \"true\" }\n";
    let text = scenario_text(&[case]).replace("duration = \"11s\"", "duration = \"26s\"");
    let (dir, said) = run_scenario(folder.path(), &format!("{text}{again}"), 0);
    let events = events(&dir);
    let (begin, end) = fault(&events, case.kind);
    assert!(end.landed.is_some() && end.error.is_none(), "{end:?}");
    assert!((case.bit)(&events, begin, end, &dir), "it left no trace: {end:?}");
    let first = history(&dir).preamble.members[0].version.clone();
    let other = versions(&events, MemberIndex(1))[1].clone();
    assert_ne!(first, other);
    let back = versions(&events, MemberIndex(0));
    assert_eq!(back, [first.clone(), other.clone(), first.clone()], "m1 went there and back");
    assert_eq!(versions(&events, MemberIndex(1)), [first.clone(), other.clone()], "m2 stayed");
    assert_eq!(versions(&events, MemberIndex(2)), [first.as_str()], "nobody asked m3");
    let page = fs::read_to_string(dir.join("report.html")).expect("a report");
    assert!(page.contains(&format!("etcd {first} → {other} → {first}")), "{}", said.out);
}

/// Runs the case with another release, whose binary is found in `path` if anywhere.
fn run_with(folder: &Path, release: &str, path: &Path) -> Said {
    // What is missing then is the other release.
    run(&["etcd", "install", "3.5.16"]).expect(0);
    let case = CASES.iter().find(|case| case.kind == "change-release").expect("a case");
    let text = scenario_text(&[case]).replace("3.5.30", release);
    let scenario = folder.join("faults.toml");
    fs::write(&scenario, text).expect("written");
    let paths = std::env::var("PATH").unwrap_or_default();
    let mut command = stormglass();
    command.arg("run").arg(&scenario).arg("--out").arg(folder.join("run"));
    command.args(["--etcd", "3.5.16", "--seed", "3", "--progress", "none"]);
    command.env("PATH", format!("{}:{paths}", path.display()));
    command.env("STORMGLASS_OFFLINE", "true");
    Said::of(&command.output().expect("the program starts"))
}

#[test]
fn a_release_that_cannot_be_had_ends_the_command_before_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = run_with(folder.path(), "3.5.999", folder.path()).expect(4);
    assert!(said.err.contains("etcd 3.5.999 is not in the cache"), "{}", said.err);
    assert!(!folder.path().join("run").exists(), "nothing was begun");
}

#[test]
fn a_release_that_refuses_the_data_is_told_and_the_old_one_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let binary = folder.path().join("etcd");
    // In the words of etcd 3.4, which it says of data of 3.5.
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && echo 'etcd Version: 3.4.999' && exit 0\n\
                  echo '2026-11-29 12:44:44.132654 C | etcdserver/membership: cluster cannot be \
                  downgraded (current version: 3.4.999 is lower than determined cluster version: \
                  3.5).'\nexit 1\n";
    fs::write(&binary, script).expect("written");
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).expect("executable");
    // What it says is no finding, and the member is back.
    run_with(folder.path(), "3.4.999", folder.path()).expect(0);
    let dir = folder.path().join("run");
    let events = events(&dir);
    let (_, end) = fault(&events, "change-release");
    let error = end.error.clone().expect("it did not land");
    assert!(error.contains("m2 did not start with etcd 3.4.999"), "{error}");
    assert!(error.contains("cluster cannot be downgraded"), "{error}");
    let versions = versions(&events, MemberIndex(1));
    assert_eq!(versions.len(), 3, "there and back: {versions:?}");
    assert_eq!(versions[0], versions[2]);
    let verdicts = judgement(&dir).verdicts;
    let found: Vec<_> = verdicts.iter().flat_map(|verdict| &verdict.findings).collect();
    assert!(found.is_empty(), "{found:?}");
}
