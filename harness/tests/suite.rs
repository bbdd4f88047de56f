//! `suite`, on real clusters.

#[expect(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use support::{Said, processes_with, stormglass};

/// #18667, which every release before 3.7 has: a refused transaction takes effect elsewhere.
const REFUSED: &str = "schema = 1\nname = \"refused\"\n[workload]\nclients = 4\nrate = 200\n\
    [workload.txn]\nrange-revision = 40\nrefused-revision = 80\n[limits]\nduration = \"4s\"\n\
    [[avoid]]\nreleases = \"*\"\ntriggers = [\"watch-compacted-start\", \"watch-future-start\", \
    \"late-keepalive\"]\n";
const SUITE: &str = "schema = 1\nname = \"both\"\n[[run]]\nscenario = \"quiet\"\nduration = \"4s\"\n\
    set = { \"check.sometimes\" = \"[]\" }\n[[run]]\nscenario = \"refused.toml\"\n";
/// Long enough to be interrupted.
const LONG: &str = "schema = 1\nname = \"long\"\n[[run]]\nscenario = \"quiet\"\nduration = \"1m\"\n\
    seeds = 3\n";

#[test]
fn a_broken_promise_decides_and_its_run_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("refused.toml"), REFUSED).expect("written");
    fs::write(at("both.toml"), SUITE).expect("written");
    let mut command = stormglass();
    command.arg("suite").arg(at("both.toml")).args(["--etcd", "3.5.30", "--seed", "1"]);
    command.arg("--out").arg(at("out"));
    let said = Said::of(&command.output().expect("it runs")).expect(1);
    assert!(said.out.contains("✕ INVALID: 1 of 2 runs valid, 1 invalid"), "{}", said.out);
    let summary = fs::read_to_string(at("out/summary.md")).expect("a summary");
    assert!(summary.contains("**invalid**") && summary.contains("refused.toml"), "{summary}");
    let junit = fs::read_to_string(at("out/junit.xml")).expect("a junit.xml");
    assert!(junit.contains("failures=\"1\"") && junit.contains("tests=\"2\""), "{junit}");
    assert!(at("out/001-quiet-1/report.html").is_file());
    assert!(at("out/002-refused-1/report.html").is_file());
}

#[test]
fn an_interruption_reaches_the_run_which_is_judged_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, out) = (folder.path().join("long.toml"), folder.path().join("out"));
    fs::write(&file, LONG).expect("written");
    let mut command = stormglass();
    command.arg("suite").arg(&file).args(["--etcd", "3.5.30", "--seed", "1", "--jobs", "1"]);
    command.arg("--out").arg(&out).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("it starts");
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a pid");
    let history = out.join("001-quiet-1/history.jsonl");
    for _ in 0..600 {
        if fs::metadata(&history).is_ok_and(|history| history.len() > 100_000) {
            break;
        }
        sleep(Duration::from_millis(100));
    }
    kill_process(pid, Signal::INT).expect("it runs still");
    let said = Said::of(&child.wait_with_output().expect("it ends")).expect(130);
    assert!(said.out.contains("1 interrupted; 2 not begun"), "{}", said.out);
    assert!(out.join("001-quiet-1/report.html").is_file(), "it was judged");
    let left = processes_with(&out.display().to_string());
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn runs_die_with_a_suite_that_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, out) = (folder.path().join("long.toml"), folder.path().join("out"));
    fs::write(&file, LONG).expect("written");
    let mut command = stormglass();
    command.arg("suite").arg(&file).args(["--etcd", "3.5.30", "--seed", "1", "--jobs", "1"]);
    command.arg("--out").arg(&out).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let data = out.join("001-quiet-1").display().to_string();
    let wait = |done: &dyn Fn() -> bool| {
        (0..300).any(|_| {
            sleep(Duration::from_millis(100));
            done()
        })
    };
    assert!(wait(&|| processes_with(&data).len() >= 4), "its members run");
    child.kill().expect("it runs still");
    child.wait().expect("it ends");
    assert!(wait(&|| processes_with(&data).is_empty()), "nothing runs on");
    Said::of(&stormglass().arg("cleanup").output().expect("it runs")).expect(0);
}
