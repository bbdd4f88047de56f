//! Storms whose harness gets SIGKILL at a random moment: nothing may be left of them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use clap::Args;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use stormglass::clock::{Clock, after};
use stormglass::exit::ExitCode;
use stormglass_scenarios::random::stream;

use crate::Rows;
use crate::launch::{program, run};
use crate::ledger::{Ledger, Row};
use crate::provenance::{Code, Provenance, commit};
use crate::ran::{install, tenth};

const RELEASE: &str = "3.5.30";
const SEEDS: u64 = 50;
/// From the command's start: while the cluster starts, and far into the traffic.
const KILLED_AFTER_MS: std::ops::RangeInclusive<u64> = 500..=40_000;
/// The kernel ends the processes of a namespace when its first one dies; that takes a moment.
const GONE_LIMIT: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(10);
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

#[derive(Debug, Args)]
pub(crate) struct KillsArguments {
    /// How much to measure.
    #[arg(long, value_enum, default_value_t)]
    rows: Rows,
}

/// One storm.
#[derive(Debug, Serialize, Deserialize)]
struct KillRow {
    seed: u64,
    killed_after_s: f64,
    /// Processes of the run just before: the program's and the members'.
    processes: usize,
    /// How long after the signal the last of them was gone, if all were within two seconds.
    gone_after_ms: Option<u64>,
    /// Of its mounts, namespaces and data what is there still after `stormglass cleanup`.
    left: BTreeSet<String>,
    /// Of `stormglass check` on what was recorded: never valid.
    check_exit_code: Option<i32>,
    #[serde(rename = "where")]
    provenance: Provenance,
}

impl Row for KillRow {
    fn commit(&self) -> &str {
        &self.provenance.commit
    }
}

impl KillRow {
    fn holds(&self) -> bool {
        // A run that was killed before its history began has nothing to check.
        let codes = [ExitCode::Unknown, ExitCode::Usage].map(|code| Some(code.number()));
        self.gone_after_ms.is_some()
            && self.left.is_empty()
            && codes.contains(&self.check_exit_code)
    }
}

/// Measures what is not measured yet; returns whether nothing was ever left.
pub(crate) fn measure(arguments: &KillsArguments) -> io::Result<bool> {
    let (program, commit) = (program()?, commit(Code::ALL)?);
    let (mut ledger, last) = match arguments.rows {
        Rows::All => (Ledger::resume("kills", &commit)?, SEEDS),
        Rows::Ci => (Ledger::unwritten(), 1),
    };
    install(&program, [&RELEASE.to_owned()])?;
    println!("seed  killed after  processes  gone after  left  check exits with  load");
    let mut good = 0;
    for seed in 1..=last {
        if ledger.find(|row: &KillRow| row.seed == seed).is_none() {
            ledger.add(kill_one(&program, seed, &commit)?)?;
        }
        let row = ledger.find(|row| row.seed == seed);
        let row = row.ok_or_else(|| io::Error::other("a row was not kept"))?;
        show(row);
        good += u64::from(row.holds());
    }
    println!("\nnothing was left of {good} of {last} storms on etcd {RELEASE}");
    Ok(good == last)
}

fn kill_one(program: &Path, seed: u64, commit: &str) -> io::Result<KillRow> {
    let provenance = Provenance::now(commit);
    let folder = tempfile::Builder::new().prefix("stormglass-evidence-").tempdir()?;
    let dir = folder.path().join("run");
    let mut command = Command::new(program);
    command.args(["run", "storm", "--etcd", RELEASE, "--seed", &seed.to_string()]);
    command.args(["--progress", "none", "--out"]).arg(&dir);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let wait = stream(seed, "evidence/kill").random_range(KILLED_AFTER_MS);
    thread::sleep(Duration::from_millis(wait));
    let processes = processes_of(&dir)?;
    // Neighbours have namespaces too: only those of this run count.
    let mut own = namespaces(&processes);
    own.retain(|namespace| !namespaces(&["/proc/self".into()]).contains(namespace));
    child.kill()?;
    child.wait()?;
    let gone_after_ms = await_gone(&dir)?;
    let cleanup = run(quiet(Command::new(program).arg("cleanup")), COMMAND_LIMIT)?;
    let mut left = await_nothing(&dir, &own)?;
    if !cleanup.with(ExitCode::Valid) {
        left.insert(format!("cleanup: {}", cleanup.meaning()));
    }
    let check = run(quiet(Command::new(program).arg("check").arg(&dir)), COMMAND_LIMIT)?;
    Ok(KillRow {
        seed,
        killed_after_s: tenth(Duration::from_millis(wait).as_secs_f64()),
        processes: processes.len(),
        gone_after_ms,
        left,
        check_exit_code: check.code,
        provenance,
    })
}

pub(crate) fn quiet(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::null()).stderr(Stdio::null())
}

/// How long it takes until no process of a run is left; nothing if some are.
fn await_gone(dir: &Path) -> io::Result<Option<u64>> {
    let clock = Clock::start();
    let deadline = after(clock.now(), GONE_LIMIT);
    loop {
        if processes_of(dir)?.is_empty() {
            return Ok(Some(clock.now().0 / 1_000_000));
        }
        if clock.until(deadline).is_zero() {
            return Ok(None);
        }
        thread::sleep(LOOK_AGAIN);
    }
}

/// What remains of a run when there was time to end: the kernel takes down a namespace after the
/// last process in it has lost its memory, and with that its command line.
fn await_nothing(dir: &Path, own: &BTreeSet<String>) -> io::Result<BTreeSet<String>> {
    let clock = Clock::start();
    let deadline = after(clock.now(), GONE_LIMIT);
    loop {
        let left = remains(dir, own)?;
        if left.is_empty() || clock.until(deadline).is_zero() {
            return Ok(left);
        }
        thread::sleep(LOOK_AGAIN);
    }
}

/// The processes that name a run's directory in their command lines.
pub(crate) fn processes_of(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let marker = dir.to_string_lossy().into_owned();
    let names = |process: &PathBuf| {
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&marker)
    };
    Ok(processes()?.into_iter().filter(names).collect())
}

/// Every process but this one. Those that have ended and that the machine's first process has
/// not asked about yet hold nothing but their number.
pub(crate) fn processes() -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let other = name.parse::<u32>().is_ok() && name != std::process::id().to_string();
        if other && !has_ended(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

fn has_ended(process: &Path) -> bool {
    let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
    // The name before it may hold anything, parentheses too.
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_none_or(|state| matches!(state, 'Z' | 'X'))
}

/// The namespaces that processes are in.
fn namespaces(processes: &[PathBuf]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for process in processes {
        for kind in ["net", "mnt", "pid", "user"] {
            // A process may end while it is looked at.
            if let Ok(namespace) = fs::read_link(process.join("ns").join(kind)) {
                found.insert(namespace.to_string_lossy().into_owned());
            }
        }
    }
    found
}

/// Of a run's namespaces those that somebody is still in, the mounts below its directory, and
/// the members' data.
fn remains(dir: &Path, own: &BTreeSet<String>) -> io::Result<BTreeSet<String>> {
    let mut found = namespaces(&processes()?);
    found.retain(|namespace| own.contains(namespace));
    let marker = dir.to_string_lossy().into_owned();
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let below = mounts.lines().filter(|line| line.contains(&marker));
    found.extend(below.map(|line| format!("mount {line}")));
    if dir.join("data").exists() {
        found.insert("the members' data".to_owned());
    }
    Ok(found)
}

fn show(row: &KillRow) {
    let gone = row.gone_after_ms.map_or_else(|| "never".to_owned(), |after| format!("{after} ms"));
    let code = row.check_exit_code.map_or_else(|| "-".to_owned(), |code| code.to_string());
    let left: Vec<&str> = row.left.iter().map(String::as_str).collect();
    println!(
        "{:>4}  {:>10.1} s  {:>9}  {:>10}  {:<4}  {:>16}  {:>4.1}",
        row.seed,
        row.killed_after_s,
        row.processes,
        gone,
        if left.is_empty() { "-".to_owned() } else { left.join(", ") },
        code,
        row.provenance.load_average
    );
}
