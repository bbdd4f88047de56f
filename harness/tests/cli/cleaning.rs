//! `cleanup`: dead runs are undone, live ones and strangers are left alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use stormglass::run_dir::ActiveRun;

use crate::support::Home;

/// A run directory with members' data, as a killed run leaves it.
fn run_dir(home: &Home, name: &str) -> PathBuf {
    let dir = fs::canonicalize(home.path()).expect("absolute").join(name);
    fs::create_dir_all(dir.join("data/m1/data")).expect("a folder");
    fs::write(dir.join("data/m1/data/wal"), "bytes").expect("written");
    fs::write(dir.join("plan.json"), "{}").expect("written");
    fs::write(dir.join("history.jsonl"), "{}").expect("written");
    let fault = |id: u32, state: &str| {
        format!(r#"{{"id":{id},"kind":"pause","members":[0],"pids":[7],"state":"{state}"}}"#)
    };
    let journal =
        [fault(1, "injecting"), fault(1, "healed"), fault(2, "injecting")].join("\n") + "\n";
    fs::write(dir.join("journal.jsonl"), journal).expect("written");
    dir
}

/// Registers a run of this process.
fn register(home: &Home, dir: &Path) -> ActiveRun {
    ActiveRun::register_in(&home.registry(), dir).expect("registered")
}

fn entries(home: &Home) -> Vec<PathBuf> {
    let listed = fs::read_dir(home.registry()).expect("a registry");
    listed.map(|entry| entry.expect("an entry").path()).collect()
}

/// Makes the newest entry one of a process that has ended: its process ID belongs to somebody
/// who started later.
fn kill_run(home: &Home, active: ActiveRun) {
    // What SIGKILL does: nothing is dropped.
    std::mem::forget(active);
    for file in entries(home) {
        let text = fs::read_to_string(&file).expect("an entry");
        let (first, rest) = text.split_once('\n').expect("a line");
        let mut run: Value = serde_json::from_str(first).expect("a run");
        run["start_time"] = Value::from(1);
        fs::write(&file, format!("{run}\n{rest}")).expect("written");
    }
}

/// A process of this test whose command line names a member's data; ended when dropped.
struct Leftover(Child);

impl Leftover {
    fn start(file: &Path) -> Self {
        let mut command = Command::new("tail");
        command.arg("-f").arg(file).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("a process"))
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(name).arg(self.0.id().to_string()).status();
        assert!(sent.expect("kill runs").success());
    }

    fn runs(&mut self) -> bool {
        self.0.try_wait().expect("asked").is_none()
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn with_nothing_to_do_it_says_so() {
    let home = Home::new();
    let ran = home.run(&["cleanup"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "nothing to clean up\n"), "{ran:?}");
}

#[test]
fn a_live_run_is_left_alone_and_named() {
    let home = Home::new();
    let dir = run_dir(&home, "run");
    let active = register(&home, &dir);
    let ran = home.run(&["cleanup"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("left alone") && ran.stdout.contains("nothing to clean up"));
    assert!(ran.stdout.contains(&dir.display().to_string()), "{ran:?}");
    assert!(dir.join("data/m1/data/wal").is_file());
    assert_eq!(entries(&home).len(), 1);
    drop(active);
    assert_eq!(entries(&home).len(), 0);
}

#[test]
fn a_dead_run_is_undone_and_its_results_stay() {
    let home = Home::new();
    let dir = run_dir(&home, "run");
    let mut leftover = Leftover::start(&dir.join("data/m1/data/wal"));
    let active = register(&home, &dir);
    active.note_member("m1", leftover.0.id()).expect("noted");
    // A paused member must be ended, too.
    leftover.signal("-STOP");
    kill_run(&home, active);

    let planned = home.run(&["cleanup", "--dry-run"]);
    assert_eq!(planned.code, 0, "{planned:?}");
    for words in ["would end member m1", "would remove", "fault f2 (pause on m1) held"] {
        assert!(planned.stdout.contains(words), "{words}: {planned:?}");
    }
    assert!(leftover.runs() && dir.join("data").is_dir() && entries(&home).len() == 1);

    let report = home.json(&["cleanup"]);
    let undone = &report["undone"][0];
    assert_eq!(undone["ended"][0]["pid"], leftover.0.id(), "{report}");
    assert_eq!(undone["unhealed"][0]["id"], "f2", "{report}");
    assert_eq!(undone["unhealed"].as_array().map(Vec::len), Some(1), "{report}");
    assert!(!leftover.runs());
    assert!(!dir.join("data").exists() && entries(&home).is_empty());
    for kept in ["plan.json", "history.jsonl", "journal.jsonl"] {
        assert!(dir.join(kept).is_file(), "{kept} must stay");
    }
    assert_eq!(home.run(&["cleanup"]).stdout, "nothing to clean up\n");
}

#[test]
fn strangers_are_not_touched() {
    let home = Home::new();
    let dir = run_dir(&home, "run");
    let other = home.path().join("other");
    fs::write(&other, "").expect("written");
    // It was noted, it runs, and its command line names nothing of the run.
    let mut stranger = Leftover::start(&other);
    let active = register(&home, &dir);
    active.note_member("m1", stranger.0.id()).expect("noted");
    kill_run(&home, active);
    let ran = home.run(&["cleanup"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let named = format!("process {} was noted as member m1", stranger.0.id());
    assert!(ran.stdout.contains(&named) && ran.stdout.contains("left alone"), "{ran:?}");
    assert!(stranger.runs());
    assert!(dir.join("data").is_dir() && entries(&home).len() == 1);

    // Once it has ended, there is nothing in the way any more.
    drop(stranger);
    let ran = home.run(&["cleanup"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!dir.join("data").exists() && entries(&home).is_empty());
}

#[test]
fn a_directory_that_is_no_run_is_not_touched() {
    let home = Home::new();
    let dir = run_dir(&home, "run");
    let active = register(&home, &dir);
    kill_run(&home, active);
    fs::remove_file(dir.join("plan.json")).expect("removed");
    let ran = home.run(&["cleanup"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("no run directory"), "{ran:?}");
    assert!(dir.join("data").is_dir() && entries(&home).len() == 1);

    fs::remove_dir_all(&dir).expect("removed");
    let ran = home.run(&["cleanup"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(entries(&home).is_empty());
}

#[test]
fn an_entry_that_is_none_is_named_and_nothing_else_stops() {
    let home = Home::new();
    let dir = run_dir(&home, "run");
    let active = register(&home, &dir);
    kill_run(&home, active);
    let broken = home.registry().join("0-broken.jsonl");
    fs::write(&broken, "what is this\n").expect("written");
    let ran = home.run(&["cleanup"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("0-broken.jsonl") && ran.stdout.contains("by hand"), "{ran:?}");
    assert!(!dir.join("data").exists(), "{ran:?}");
    assert_eq!(entries(&home), [broken]);
}
