//! How long the search takes: `cargo bench -p stormglass-checkers --bench search`.
//!
//! Medians of eleven runs that take turns, from operations in memory to the verdict. With
//! `STORMGLASS_PORCUPINE_DATA` (or `../shared/data`) Porcupine's logs are searched, and with
//! `STORMGLASS_PROTOTYPE` a prototype's program `wglck` beside; the crate `porcupine-rs`
//! searches the same register.

#[path = "search/porcupine.rs"]
mod porcupine;
#[path = "search/register.rs"]
mod register;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use stormglass_checkers::checker::Budget;
use stormglass_checkers::porcupine::{Log, read_etcd, read_kv};
use stormglass_checkers::search::{Object, Searched, check};
use stormglass_checkers::spec::Register;

/// Runs of each, in turn.
const RUNS: usize = 11;

fn main() {
    if let Some(folder) = shared() {
        logs(&folder);
        texts(&folder);
    } else {
        say("NOT MEASURED: Porcupine's logs are not there (STORMGLASS_PORCUPINE_DATA)");
    }
    for (operations, stale) in [(10_000, false), (30_000, false), (10_000, true)] {
        one_register(operations, 10, stale);
    }
    one_register(10_000, 3, true);
}

fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begin = std::time::Instant::now();
    let result = work();
    (result, begin.elapsed())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let asked = std::env::var_os("STORMGLASS_PORCUPINE_DATA").map(PathBuf::from);
    let beside = [root.join("../shared/data")];
    asked.into_iter().chain(beside).find(|folder| folder.join("porcupine-etcd").is_dir())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn searched<S: Object + Default>(log: &Log<S>) -> (Searched<S>, f64) {
    let (found, time) = timed(|| check(&S::default(), &log.operations, &Budget::default()));
    (found, milliseconds(time))
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_default()
}

/// All logs of Jepsen's test of etcd.
fn logs(folder: &Path) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.join("porcupine-etcd"))
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "log"));
    paths.sort();
    let parsed: Vec<Log<Register>> =
        paths.iter().filter_map(|path| read_etcd(&read(path)).ok()).collect();
    let (mut ours, mut prototype, mut mixed) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(parsed.iter().map(|log| searched(log).1).sum());
        prototype.extend(prototype_of(&paths, false));
        mixed.extend(prototype_of(&paths, true));
    }
    say(&format!("{} logs of Jepsen: {:.2} ms", parsed.len(), median(ours)));
    if !prototype.is_empty() {
        say(&format!(
            "  prototype: {:.2} ms, unknown outcomes mixed {:.2} ms",
            median(prototype),
            median(mixed)
        ));
    }
}

/// What the prototype takes for all files, as it says itself, in milliseconds.
fn prototype_of(paths: &[PathBuf], mixed: bool) -> Option<f64> {
    let program = std::env::var_os("STORMGLASS_PROTOTYPE")?;
    let mut command = Command::new(program);
    command.args(["reg", "jepsen"]).args(paths);
    if mixed {
        command.env("MIXED", "1");
    }
    let told = String::from_utf8(command.output().ok()?.stdout).ok()?;
    let times = told.lines().filter_map(|line| {
        let (_, rest) = line.split_once("\"ms\":")?;
        rest.split_once(',')?.0.parse::<f64>().ok()
    });
    Some(times.sum())
}

/// Porcupine's key-value histories.
fn texts(folder: &Path) {
    for name in ["c01-ok", "c01-bad", "c10-ok", "c10-bad", "c50-ok", "c50-bad"] {
        let path = folder.join("porcupine-kv").join(format!("{name}.txt"));
        let Ok(log) = read_kv(&read(&path)) else { continue };
        let times = (0..RUNS).map(|_| searched(&log).1).collect();
        let (found, _) = searched(&log);
        say(&format!(
            "{name}: {:.2} ms, {} operations, {} steps, {} KB, linearizable {:?}",
            median(times),
            log.operations.len(),
            found.steps,
            found.bytes / 1024,
            found.is_linearizable()
        ));
    }
}

/// One register, one in a hundred outcomes unknown.
fn one_register(operations: usize, clients: usize, stale: bool) {
    let history = register::history(operations, clients, stale);
    let log = Log { operations: history };
    let times = (0..RUNS).map(|_| searched(&log).1).collect();
    let (found, _) = searched(&log);
    let verdict = found.is_linearizable();
    let ours: f64 = median(times);
    say(&format!(
        "one register, {operations} operations, {clients} clients, 1 % unknown{}: {ours:.2} ms, \
         {} steps, {} KB, linearizable {verdict:?}",
        if stale { ", one stale read" } else { "" },
        found.steps,
        found.bytes / 1024,
    ));
    // It needs gigabytes where a read is stale or the history longer.
    if !stale && operations <= 10_000 {
        let times = (0..3).map(|_| milliseconds(timed(|| porcupine::judge(&log.operations)).1));
        let theirs = median(times.collect());
        say(&format!("  porcupine-rs: {theirs:.0} ms, {:.0} times as long", theirs / ours));
    }
}
