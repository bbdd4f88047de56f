//! What a harness that was killed has left, and its removal.

use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::support::{events, run, stormglass};
use super::{Turn, containers, disks_in};

/// Members are on disks that can be touched, and nobody touches them.
const LATE: &str = "schema = 1\nname = \"late\"\n[workload]\nclients = 4\nrate = 150\n\
    [[fault]]\nkind = \"slow-disk\"\nat = \"50s\"\n[limits]\nduration = \"60s\"\n";

/// A run of the program, which must not outlive its test.
struct Started(Child);

impl Started {
    fn kill(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("reaped");
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a long run, on disks, and waits until its traffic is on.
fn start(dir: &Path, scenario: &Path) -> Started {
    let child = stormglass()
        .arg("run")
        .arg(scenario)
        .args(["--target", "docker", "--etcd", "3.5.16", "--seed", "5"])
        .args(["--progress", "none", "--out"])
        .arg(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let child = Started(child);
    for _ in 0..900 {
        let history = std::fs::read_to_string(dir.join("history.jsonl")).unwrap_or_default();
        if history.lines().count() > 600 {
            return child;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("no traffic within a minute and a half");
}

#[test]
fn nothing_outlives_cleanup_after_a_killed_harness() {
    let Some(turn) = Turn::take() else { return };
    let dir = turn.folder().join("run");
    let scenario = turn.folder().join("disks.toml");
    std::fs::write(&scenario, LATE).expect("written");
    let mut child = start(&dir, &scenario);
    let running = containers();
    assert_eq!(running.len(), 6, "three members and their networks: {running:?}");
    assert_eq!(disks_in(&dir).len(), 3, "each on its disk");
    run(&["cleanup"]).expect(0);
    assert_eq!(containers().len(), 6, "a run that lives is left alone");
    assert_eq!(disks_in(&dir).len(), 3, "and so are its disks");
    child.kill();
    assert!(!containers().is_empty(), "the engine does not know that the harness is gone");
    let told = run(&["cleanup", "--dry-run"]).expect(0);
    assert!(told.out.contains("would remove containers of run"), "{}", told.out);
    assert!(told.out.contains("would unmount the disk"), "{}", told.out);
    let cleaned = run(&["cleanup"]).expect(0);
    assert!(cleaned.out.contains("removed containers of run"), "{}", cleaned.out);
    assert!(cleaned.out.contains("unmounted the disk of a dead run"), "{}", cleaned.out);
    assert_eq!(containers(), Vec::<String>::new());
    assert_eq!(disks_in(&dir), Vec::<String>::new());
    assert!(!dir.join("data").exists(), "the members' data is gone");
    assert!(events(&dir).len() > 500, "what was recorded can be read");
}
