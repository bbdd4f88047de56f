//! Members in containers, on the engine of this machine.

#[path = "docker/bridge.rs"]
mod bridge;
#[path = "docker/cleaning.rs"]
mod cleaning;
#[path = "docker/disks.rs"]
mod disks;
#[path = "docker/helper.rs"]
mod helper;
#[path = "docker/members.rs"]
mod members;
#[expect(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use stormglass_checkers::history::{Body, Environment, Event, FaultEnd};
use support::{Said, fault, run, run_into, stormglass};
use tempfile::TempDir;

/// A run removes what dead runs have left, so one of these tests could take away what another
/// one is about to look for.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A test's turn at the engine, and a folder for it.
struct Turn {
    folder: TempDir,
    _guard: MutexGuard<'static, ()>,
}

impl Turn {
    /// Nothing where there is no engine to test with.
    fn take() -> Option<Self> {
        let guard = one_at_a_time();
        let folder = tempfile::tempdir().expect("a folder");
        is_here().then_some(Self { folder, _guard: guard })
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// A fault, its length, whom it hits and its parameters, as TOML.
type Planned = (&'static str, &'static str, &'static str, &'static str);

/// The acceptance of this target: a kill, a pause, a cut of one direction, a jump of a clock and a
/// power failure, one after the other.
const FAULTS: &[Planned] = &[
    ("kill", "500ms", "[\"m2\"]", ""),
    ("pause", "1500ms", "\"one\"", ""),
    ("partition", "2s", "\"leader\"", "shape = \"deaf\""),
    ("clock-wall", "1s", "\"one\"", "jump = \"-1h\""),
    ("power-failure", "500ms", "[\"m3\"]", "lost = \"all\""),
];

/// A scenario with these faults, one every four seconds.
fn scenario_text(faults: &[Planned]) -> String {
    let mut text = format!(
        "schema = 1\nname = \"containers\"\n[workload]\nclients = 4\nrate = 150\n\
         prefill = 2000\n[limits]\nduration = \"{}s\"\n[[avoid]]\nreleases = \"*\"\n\
         triggers = [\"txn-range-revision\", \"watch-compacted-start\", \"watch-future-start\", \
         \"late-keepalive\"]\n",
        4 * faults.len() + 2
    );
    for (position, (kind, span, target, params)) in faults.iter().enumerate() {
        let at = 1 + 4 * position;
        let _ = write!(
            text,
            "[[fault]]\nkind = \"{kind}\"\ntarget = {target}\nat = \"{at}s\"\nfor = \"{span}\"\n\
             params = {{ {params} }}\n"
        );
    }
    text
}

/// Runs a scenario in containers, which ends with this code and leaves nothing.
fn run_in_containers(folder: &Path, text: &str, code: i32) -> (PathBuf, Said) {
    let scenario = folder.join("containers.toml");
    std::fs::write(&scenario, text).expect("written");
    let dir = folder.join("run");
    let scenario = scenario.to_str().expect("a path");
    let asked = [scenario, "--target", "docker", "--etcd", "3.5.16", "--seed", "1"];
    let said = run_into(&dir, &asked).expect(code);
    assert_eq!(containers(), Vec::<String>::new());
    assert_eq!(disks_in(&dir), Vec::<String>::new());
    assert!(!dir.join("data").exists(), "the members' data is gone");
    (dir, said)
}

/// The end of a fault that landed.
fn landed<'a>(events: &'a [Event], kind: &str) -> &'a FaultEnd {
    let (_, end) = fault(events, kind);
    assert!(end.landed.is_some() && end.error.is_none(), "{kind}: {end:?}");
    end
}

/// Disks that are mounted in a run directory.
fn disks_in(dir: &Path) -> Vec<String> {
    let listed = std::fs::read_to_string("/proc/self/mountinfo").expect("/proc");
    let dir = dir.to_str().expect("a path");
    listed.lines().filter(|line| line.contains(dir)).map(ToOwned::to_owned).collect()
}

fn log(dir: &Path, member: &str) -> String {
    std::fs::read_to_string(dir.join("members").join(member).join("log.txt")).expect("a log")
}

/// Whether there is such a target here. Where there is none, says that nothing was tested; with
/// `CI=true` that is a failure.
fn is_here() -> bool {
    let Some(why) = faults()["kill"]["why"].as_str().map(ToOwned::to_owned) else { return true };
    let message = format!("NOT TESTED: no member ran in a container: {why}");
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
    let _ = writeln!(std::io::stderr(), "\n*** {message} ***\n");
    false
}

/// The list of faults of this target, by their kinds.
fn faults() -> serde_json::Map<String, serde_json::Value> {
    let said = run(&["list", "faults", "--target", "docker", "--format", "json"]).expect(0);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&said.out).expect("JSON");
    let kind = |row: &serde_json::Value| row["kind"].as_str().expect("a kind").to_owned();
    rows.into_iter().map(|row| (kind(&row), row)).collect()
}

/// Networks of ours, as the engine's own client tells them.
fn networks() -> Vec<String> {
    listed(&["network", "ls"], "{{.Name}}")
}

/// Containers of ours, as the engine's own client tells them.
fn containers() -> Vec<String> {
    listed(&["ps", "--all"], "{{.Names}}")
}

fn listed(what: &[&str], format: &str) -> Vec<String> {
    let listed = Command::new("docker")
        .args(what)
        .args(["--filter", "label=stormglass.run", "--format", format])
        .output()
        .expect("the engine's client is installed");
    let said = Said::of(&listed).expect(0);
    said.out.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn faults_land_on_containers_and_nothing_is_left() {
    let Some(turn) = Turn::take() else { return };
    let (dir, said) = run_in_containers(turn.folder(), &scenario_text(FAULTS), 0);
    assert!(said.out.starts_with("✓ VALID"), "{}", said.out);
    assert!(said.out.contains("--etcd 3.5.16 --seed 1 --target docker"), "{}", said.out);
    let history = support::history(&dir);
    assert_eq!(history.preamble.target, "docker");
    for (kind, ..) in FAULTS {
        landed(&history.events, kind);
    }
    let lost = &landed(&history.events, "power-failure").evidence["m3-lost-bytes"];
    assert!(lost.parse::<u64>().is_ok_and(|bytes| bytes > 0), "{lost}");
    killed_member_lived_twice(&history.events, &dir);
}

/// Its container ended by a signal, another one came in its place, and both wrote its log.
fn killed_member_lived_twice(events: &[Event], dir: &Path) {
    let exit = events.iter().find_map(|event| match &event.body {
        Body::Environment(Environment::MemberExited(exit)) => Some((event.member, exit)),
        _ => None,
    });
    let (member, exit) = exit.expect("a member was killed");
    assert_eq!((exit.status.as_str(), exit.expected), ("signal 9", true));
    let lives = events.iter().filter(|event| {
        let started = matches!(event.body, Body::Environment(Environment::MemberStarted(_)));
        started && event.member == member
    });
    assert_eq!(lives.count(), 2);
    let log = log(dir, &member.expect("of a member").to_string());
    let starts = log.matches("etcd-version").count();
    assert!(starts >= 2, "each life says its version: {starts}");
}

#[test]
fn without_an_engine_the_machine_is_to_blame() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("run");
    let nowhere = format!("unix://{}", folder.path().join("no.sock").display());
    let output = stormglass()
        .args(["run", "quick", "--target", "docker", "--etcd", "3.5.16", "--out"])
        .arg(&dir)
        .env("DOCKER_HOST", &nowhere)
        .output()
        .expect("the program starts");
    let said = Said::of(&output).expect(4);
    assert!(said.err.contains(&nowhere) && said.err.contains("start Docker"), "{}", said.err);
    assert!(!dir.exists(), "nothing was begun");
}

#[test]
fn an_image_that_is_not_there_is_named() {
    if !is_here() {
        return;
    }
    let asked = ["run", "quick", "--target", "docker", "--image", "stormglass/none:0"];
    let said = run(&asked).expect(4);
    assert!(said.err.contains("no image `stormglass/none:0`"), "{}", said.err);
    let said = run(&["run", "quick", "--image", "stormglass/none:0"]).expect(2);
    assert!(said.err.contains("--target docker"), "{}", said.err);
}

#[test]
fn the_image_of_a_release_can_have_a_name_of_the_users() {
    let nowhere = ["etcd", "image", "3.5.16"];
    let output = stormglass().args(nowhere).env("DOCKER_HOST", "unix:///no/such").output();
    let said = Said::of(&output.expect("the program starts")).expect(4);
    assert!(said.err.contains("start Docker"), "{}", said.err);
    if !is_here() {
        return;
    }
    let name = format!("stormglass/test-{}:named", std::process::id());
    let said = run(&["etcd", "image", "3.5.16", "--tag", &name]).expect(0);
    assert!(said.out.contains(&format!("which is {name} too")), "{}", said.out);
    let planned = ["run", "quick", "--target", "docker", "--image", &name, "--dry-run"];
    let said = run(&planned);
    let removed = Command::new("docker").args(["rmi", &name]).output().expect("the client");
    Said::of(&removed).expect(0);
    assert!(said.expect(0).out.contains("3.5.16"));
    let said = run(&["etcd", "image", "3.5.16", "--tag", "No Name"]).expect(4);
    assert!(said.err.contains("could not be given the name No Name"), "{}", said.err);
}

#[test]
fn every_fault_is_there_unless_the_machine_lacks_something() {
    if !is_here() {
        return;
    }
    for (kind, fault) in faults() {
        assert_eq!(fault["available"], true, "{kind}: {fault}");
    }
    let listed = ["list", "faults", "--target", "docker", "--format", "json"];
    let output = stormglass().args(listed).env("STORMGLASS_FUSE", "/no/such").output();
    let said = Said::of(&output.expect("the program starts")).expect(0);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&said.out).expect("JSON");
    let slow = rows.iter().find(|row| row["kind"] == "slow-disk").expect("a row");
    let why = slow["why"].as_str().expect("a reason");
    assert!(why.contains("FUSE device") && why.contains("modprobe fuse"), "{why}");
}
