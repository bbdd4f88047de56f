//! Runs the real program, on real etcd binaries.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use stormglass_checkers::history::{Body, Event, FaultBegin, FaultEnd, History};
use stormglass_checkers::verdict::Judgement;

/// The program under test, with a cache that tests share.
pub(crate) fn stormglass() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("stormglass"));
    command.env("STORMGLASS_CACHE", cache()).env_remove("STORMGLASS_ETCD");
    // A pipeline that runs these tests is not to be told of their runs.
    command.env_remove("GITHUB_ACTIONS");
    command
}

/// Where tests keep etcd releases: the user's own cache where one is named, so that a
/// fresh clone fetches each release once.
pub(crate) fn cache() -> PathBuf {
    std::env::var_os("STORMGLASS_CACHE").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).join("stormglass-cache"),
        PathBuf::from,
    )
}

/// The user and group without rights of Debian and most others.
pub(crate) const NOBODY: &str = "65534";

/// Copied, not linked: an ordinary user may not reach where it was built.
pub(crate) fn place(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg(from).arg(to).status().expect("cp runs");
    assert!(copied.success(), "{} is copied", from.display());
    fs::set_permissions(to, Permissions::from_mode(0o755)).expect("made executable");
}

/// What a finished command said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails unless the command ended so; shows everything that it said.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.out, self.err);
        self
    }
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> Said {
    Said::of(&stormglass().args(args).output().expect("the program starts"))
}

/// Runs a scenario into `dir`, and returns what was said.
pub(crate) fn run_into(dir: &Path, args: &[&str]) -> Said {
    let dir = dir.to_str().expect("a readable path");
    let mut all = vec!["run"];
    all.extend(args);
    all.extend(["--out", dir, "--progress", "none"]);
    run(&all)
}

/// The history of a run directory.
pub(crate) fn history(dir: &Path) -> History {
    let reader = stormglass::run_dir::open_history(dir).expect("a history");
    History::read(reader).expect("events")
}

/// The events of a run directory's history.
pub(crate) fn events(dir: &Path) -> Vec<Event> {
    history(dir).events
}

/// The verdicts of a run directory.
pub(crate) fn judgement(dir: &Path) -> Judgement {
    let bytes = std::fs::read(dir.join("verdicts.json")).expect("verdicts");
    serde_json::from_slice(&bytes).expect("a judgement")
}

/// Processes whose command line holds `text`, by pid.
pub(crate) fn processes_with(text: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("/proc");
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        *pid != std::process::id() && String::from_utf8_lossy(&line).contains(text)
    })
    .collect()
}

/// Whether this process has the rights of root.
pub(crate) fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc");
    status.lines().any(|line| line.starts_with("Uid:\t0\t"))
}

/// The first fault of a kind, from its begin to its end.
pub(crate) fn fault<'a>(events: &'a [Event], kind: &str) -> (&'a FaultBegin, &'a FaultEnd) {
    let begin = events.iter().find_map(|event| match &event.body {
        Body::FaultBegin(begin) if begin.fault.kind == kind => Some(begin),
        _ => None,
    });
    let begin = begin.unwrap_or_else(|| panic!("{kind} never began"));
    let end = events.iter().find_map(|event| match &event.body {
        Body::FaultEnd(end) if end.id == begin.id => Some(end),
        _ => None,
    });
    (begin, end.unwrap_or_else(|| panic!("{kind} never ended")))
}
