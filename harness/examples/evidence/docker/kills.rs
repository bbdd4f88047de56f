//! Runs in containers whose harness gets SIGKILL at a random moment.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rand::RngExt as _;
use stormglass::exit::ExitCode;
use stormglass_scenarios::random::stream;

use super::measure::RELEASE;
use super::row::KillRow;
use crate::kills::{processes, processes_of, quiet};
use crate::launch::run;
use crate::ran::tenth;

pub(super) const SEEDS: u64 = 20;
/// From the command's start: while containers start, and far into the traffic.
const KILLED_AFTER_MS: std::ops::RangeInclusive<u64> = 500..=25_000;
const COMMAND_LIMIT: Duration = Duration::from_secs(120);
/// What a run could leave beside containers, as the engine's client lists it.
const LISTS: [&[&str]; 2] =
    [&["network", "ls", "--quiet", "--no-trunc"], &["volume", "ls", "--quiet"]];

/// Kills one, cleans up or starts another, and looks what is left.
pub(super) fn kill_one(program: &Path, seed: u64) -> io::Result<KillRow> {
    let folder = tempfile::Builder::new().prefix("stormglass-evidence-").tempdir()?;
    let dir = folder.path().join("run");
    let before = listed()?;
    let mut command = Command::new(program);
    // A storm, for its disks.
    command.args(["run", "storm", "--target", "docker", "--etcd", RELEASE]);
    command.args(["--seed", &seed.to_string(), "--progress", "none", "--out"]).arg(&dir);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let wait = stream(seed, "evidence/docker-kill").random_range(KILLED_AFTER_MS);
    thread::sleep(Duration::from_millis(wait));
    let pid = child.id();
    let containers = containers_of(pid)?;
    let (members, disks) = (processes_in(&containers)?, mounts_in(&dir)?);
    child.kill()?;
    child.wait()?;
    let cleanup = || run(quiet(Command::new(program).arg("cleanup")), COMMAND_LIMIT);
    let (followed_by, ended) = if seed % 2 == 1 {
        // Its exit code is about other dead runs too: what is left of this one is looked for.
        ("cleanup", cleanup()?)
    } else {
        let next = folder.path().join("next");
        let mut command = Command::new(program);
        command.args(["run", "quiet", "--target", "docker", "--etcd", RELEASE]);
        command.args(["--duration", "2s", "--progress", "none", "--out"]).arg(&next);
        ("the next run", run(quiet(&mut command), COMMAND_LIMIT)?)
    };
    let mut left: BTreeSet<String> = listed()?.difference(&before).cloned().collect();
    left.extend(containers_of(pid)?);
    left.extend(mounts_in(&dir)?.into_iter().map(|mount| format!("mount {mount}")));
    let still: Vec<PathBuf> = processes()?.into_iter().filter(|it| members.contains(it)).collect();
    let still = still.into_iter().chain(processes_of(&dir)?);
    left.extend(still.map(|process| format!("process {}", process.display())));
    // Two seconds are short for a verdict: only what it says of the machine matters.
    let refused = followed_by != "cleanup" && ended.with(ExitCode::Environment);
    if ended.code.is_none() || refused {
        left.insert(format!("{followed_by}: {}", ended.meaning()));
    }
    let check = run(quiet(Command::new(program).arg("check").arg(&dir)), COMMAND_LIMIT)?;
    // The members' data stays until somebody cleans up.
    cleanup()?;
    Ok(KillRow {
        seed,
        killed_after_s: tenth(Duration::from_millis(wait).as_secs_f64()),
        containers: containers.len(),
        disks: disks.len(),
        followed_by: followed_by.to_owned(),
        left,
        check_exit_code: check.code,
    })
}

/// The containers of a run, by its process: others may run beside it.
fn containers_of(pid: u32) -> io::Result<BTreeSet<String>> {
    let name = format!("name=stormglass-{pid}-");
    listed_by(&["ps", "--all", "--quiet", "--no-trunc", "--filter", &name])
}

/// What the engine has beside containers of what a run could leave.
fn listed() -> io::Result<BTreeSet<String>> {
    let lists = LISTS.iter().map(|list| listed_by(list)).collect::<io::Result<Vec<_>>>()?;
    Ok(lists.into_iter().flatten().collect())
}

/// What the engine's client lists, each with the kind that it is of.
pub(crate) fn listed_by(arguments: &[&str]) -> io::Result<BTreeSet<String>> {
    let output = Command::new("docker").args(arguments).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("the engine's client: {}", said.trim())));
    }
    let kind = arguments[0];
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(|line| format!("{kind} {line}")).collect())
}

/// The processes in containers.
fn processes_in(containers: &BTreeSet<String>) -> io::Result<Vec<PathBuf>> {
    let is_in = |process: &PathBuf| {
        let groups = fs::read_to_string(process.join("cgroup")).unwrap_or_default();
        containers.iter().filter_map(|it| it.split_once(' ')).any(|(_, id)| groups.contains(id))
    };
    Ok(processes()?.into_iter().filter(is_in).collect())
}

/// The mounts below a directory.
fn mounts_in(dir: &Path) -> io::Result<Vec<String>> {
    let marker = dir.to_string_lossy().into_owned();
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    Ok(mounts.lines().filter(|line| line.contains(&marker)).map(ToOwned::to_owned).collect())
}
