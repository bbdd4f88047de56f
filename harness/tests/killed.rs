//! SIGKILL of the harness in mid-run: nothing is left, and what was recorded is judged.

#[expect(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use stormglass_checkers::history::{Body, Environment, Phase};
use support::{processes_with, run, stormglass};

/// `cleanup` looks after every run of a cache, so one of these tests could take away what
/// another one is about to look for.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a long run and waits until its traffic is on.
fn start(dir: &Path, scenario: &str, extra: &[&str]) -> Child {
    let mut child = heeding_interrupts(&stormglass())
        .args(["run", scenario, "--etcd", "3.5.16", "--seed", "5", "--duration", "60s"])
        .args(extra)
        .args(["--progress", "none", "--out"])
        .arg(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    for _ in 0..600 {
        let history = std::fs::read_to_string(dir.join("history.jsonl")).unwrap_or_default();
        if history.lines().count() > 600 {
            return child;
        }
        sleep(Duration::from_millis(100));
    }
    child.kill().expect("killed");
    child.wait().expect("reaped");
    panic!("no traffic within a minute");
}

/// A script's background jobs ignore SIGINT, and what they start inherits that. Tests may be
/// started so; whoever presses Ctrl-C is not.
fn heeding_interrupts(program: &Command) -> Command {
    let mut command = Command::new("env");
    command.arg("--default-signal=INT").arg(program.get_program());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

fn gone_within(text: &str, limit: Duration) -> bool {
    let tries = limit.as_millis() / 50;
    for _ in 0..tries {
        if processes_with(text).is_empty() {
            return true;
        }
        sleep(Duration::from_millis(50));
    }
    false
}

/// Where the control groups of a run's members are, where it has any.
fn control_groups(dir: &Path) -> Option<PathBuf> {
    let launch = std::fs::read(dir.join("launch.json")).expect("the run was launched");
    let launch: serde_json::Value = serde_json::from_slice(&launch).expect("JSON");
    launch["memory_groups"].as_str().map(PathBuf::from)
}

/// Returns where the members' control groups were.
fn kill_and_look(scenario: &str, extra: &[&str]) -> Option<PathBuf> {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("run");
    let mut child = start(&dir, scenario, extra);
    let marker = dir.to_str().expect("a path").to_owned();
    assert!(processes_with(&marker).len() >= 3, "the members run");
    let groups = control_groups(&dir);
    assert!(groups.iter().all(|groups| groups.join("m3").is_dir()), "{groups:?}");
    child.kill().expect("killed");
    child.wait().expect("reaped");
    assert!(gone_within(&marker, Duration::from_secs(2)), "left: {:?}", processes_with(&marker));
    let cleaned = run(&["cleanup"]).expect(0);
    assert!(cleaned.out.contains(&marker), "cleanup names the run: {}", cleaned.out);
    let again = run(&["cleanup"]).expect(0);
    assert!(!again.out.contains(&marker), "nothing is left for a second: {}", again.out);
    assert!(!dir.join("data").exists(), "the members' data is gone");
    assert!(groups.iter().all(|groups| !groups.exists()), "{groups:?}");
    judged_from_what_is_there(&dir);
    groups
}

/// The history ends in the middle: judged all the same, and never called valid.
fn judged_from_what_is_there(dir: &Path) {
    let path = dir.to_str().expect("a path");
    let said = run(&["check", path]).expect(3);
    assert!(said.out.starts_with("? UNKNOWN"), "{}", said.out);
    assert!(said.out.contains("did not end by itself"), "{}", said.out);
    assert!(dir.join("report.html").is_file(), "a killed run gets its report too");
    let events = support::events(dir);
    let done = Body::Environment(Environment::Phase(Phase::Done));
    assert!(events.len() > 500 && !events.iter().any(|event| event.body == done));
}

#[test]
fn nothing_outlives_a_killed_harness() {
    kill_and_look("quick", &[]);
}

#[test]
fn nothing_outlives_a_killed_harness_without_namespaces() {
    kill_and_look("quick", &["--isolation", "none"]);
}

/// A process that waits for a disk cannot be killed before the disk answers, and here that
/// would take ten minutes.
#[test]
fn nothing_outlives_a_killed_harness_whose_disks_stall() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = folder.path().join("stall.toml");
    let text = "schema = 1\nname = \"stall\"\n[workload]\nclients = 4\nrate = 150\n\
                [[fault]]\nkind = \"slow-disk\"\ntarget = [\"m2\"]\nat = \"500ms\"\n\
                for = \"50s\"\nparams = { delay = \"600s\" }\n[limits]\nduration = \"60s\"\n";
    std::fs::write(&scenario, text).expect("written");
    kill_and_look(scenario.to_str().expect("a path"), &[]);
}

#[test]
fn control_groups_go_with_a_killed_harness_where_it_made_any() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = folder.path().join("memory.toml");
    let text = "schema = 1\nname = \"memory\"\n[workload]\nclients = 4\nrate = 150\n\
                [[fault]]\nkind = \"limit-memory\"\ntarget = [\"m2\"]\nat = \"50s\"\n\
                [limits]\nduration = \"60s\"\n";
    std::fs::write(&scenario, text).expect("written");
    let groups = kill_and_look(scenario.to_str().expect("a path"), &[]);
    assert_eq!(groups.is_some(), stormglass_linux::memory::probe().is_ok());
}

/// A second net below the kernel's: what `cleanup` would end if it had outlived its run.
#[test]
fn members_without_namespaces_are_noted_for_cleanup() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("run");
    let mut child = start(&dir, "quick", &["--isolation", "none"]);
    let marker = dir.to_str().expect("a path");
    let register = std::fs::read_dir(support::cache().join("active")).expect("a register");
    let entries: Vec<String> = register
        .filter_map(|entry| std::fs::read_to_string(entry.expect("readable").path()).ok())
        .filter(|entry| entry.contains(marker))
        .collect();
    child.kill().expect("killed");
    child.wait().expect("reaped");
    assert!(gone_within(marker, Duration::from_secs(2)));
    run(&["cleanup"]).expect(0);
    assert_eq!(entries.len(), 1, "{entries:?}");
    for member in ["m1", "m2", "m3"] {
        let noted = format!("\"name\":\"{member}\"");
        assert!(entries[0].contains(&noted), "{member} is not in {}", entries[0]);
    }
}

#[test]
fn an_interrupted_run_heals_judges_and_reports() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("run");
    let mut child = start(&dir, "quick", &[]);
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.expect("kill runs").success());
    let status = child.wait().expect("it ends by itself");
    assert_eq!(status.code(), Some(130));
    assert!(dir.join("report.html").is_file());
    assert!(dir.join("history.jsonl.zst").is_file());
    assert!(gone_within(dir.to_str().expect("a path"), Duration::from_secs(2)));
}
