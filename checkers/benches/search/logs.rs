//! Porcupine's own histories.

use std::path::{Path, PathBuf};
use std::process::Command;

use stormglass_checkers::checker::Budget;
use stormglass_checkers::porcupine::{Log, read_etcd, read_kv};
use stormglass_checkers::search::{Object, Outcome, check, contradiction};
use stormglass_checkers::spec::Register;

use super::clock::median;
use super::rows::Rows;
use super::{RUNS, fresh, timed};

/// How much longer than the prototype the logs of Jepsen may take.
const PROTOTYPE_MAX: f64 = 1.2;

/// The folder with the data, if it is there.
pub(super) fn folder() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let asked = std::env::var_os("STORMGLASS_PORCUPINE_DATA").map(PathBuf::from);
    let beside = [root.join("../shared/data"), root.join("data")];
    asked.into_iter().chain(beside).find(|folder| folder.join("porcupine-etcd").is_dir())
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_default()
}

/// The logs of Jepsen's test of etcd, and whether each is linearizable.
fn jepsen(folder: &Path) -> Vec<(PathBuf, bool, Log<Register>)> {
    let folder = folder.join("porcupine-etcd");
    let expected = std::fs::read_to_string(folder.join("expected.txt")).unwrap_or_default();
    let log = |line: &str| {
        let (number, valid) = line.split_once(' ')?;
        let path = folder.join(format!("etcd_{:03}.log", number.parse::<u32>().ok()?));
        let log = read_etcd(&read(&path)).ok()?;
        Some((path, valid.trim() == "true", log))
    };
    expected.lines().filter_map(log).collect()
}

fn searched<S: Object + Default>(log: &Log<S>) -> (Option<bool>, f64) {
    let (found, time) = timed(|| check(&S::default(), &log.operations, &Budget::default()));
    (found.is_linearizable(), time)
}

/// How long the verdicts on all logs take, in milliseconds: what a fresh process does.
pub(super) fn verdicts_of_jepsen() -> Option<f64> {
    Some(jepsen(&folder()?).iter().map(|(_, _, log)| searched(log).1).sum())
}

/// Measures the logs of Jepsen's test of etcd.
pub(super) fn measure_jepsen(rows: &mut Rows, folder: &Path) {
    let logs = jepsen(folder);
    let operations = logs.iter().map(|(_, _, log)| log.operations.len() as u64).sum();
    let wrong = logs.iter().filter(|(_, valid, log)| searched(log).0 != Some(*valid)).count();
    let invalid = logs.iter().filter(|(_, valid, _)| !valid).count();
    println!("{} logs of Jepsen, {invalid} of them not linearizable", logs.len());
    #[expect(clippy::cast_precision_loss, reason = "a few logs")]
    rows.at_most("logs of Jepsen: wrong verdicts", operations, (wrong as f64, "logs"), 0.0);
    let paths: Vec<&PathBuf> = logs.iter().map(|(path, _, _)| path).collect();
    let (mut ours, mut warm, mut explained) = (Vec::new(), Vec::new(), Vec::new());
    let (mut apart, mut mixed) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.extend(fresh("jepsen").first());
        apart.extend(prototype_of(&paths, false));
        mixed.extend(prototype_of(&paths, true));
        warm.push(logs.iter().map(|(_, _, log)| searched(log).1).sum());
        explained.push(logs.iter().map(|(_, _, log)| explanation(log)).sum());
    }
    let ours = median(ours);
    rows.tell("logs of Jepsen: verdicts, in a fresh process", operations, (ours, "ms"));
    rows.tell("logs of Jepsen: verdicts, again", operations, (median(warm), "ms"));
    let explained = median(explained);
    rows.tell("logs of Jepsen: explanations", operations, (explained, "ms"));
    if apart.is_empty() {
        println!("NOT MEASURED: the prototype is not there (STORMGLASS_PROTOTYPE)");
        return;
    }
    let (apart, mixed) = (median(apart), median(mixed));
    rows.tell("logs of Jepsen: the prototype", operations, (apart, "ms"));
    rows.tell("logs of Jepsen: the prototype, mixed", operations, (mixed, "ms"));
    let times = ours / apart.min(mixed);
    let name = "logs of Jepsen: verdicts against the prototype's better";
    rows.at_most(name, operations, (times, "times"), PROTOTYPE_MAX);
}

/// How long the explanation takes beside the verdict, in milliseconds.
fn explanation(log: &Log<Register>) -> f64 {
    let found = check(&Register::default(), &log.operations, &Budget::default());
    let Outcome::Refuted(refutation) = found.outcome else { return 0.0 };
    timed(|| contradiction(&Register::default(), &log.operations, &refutation)).1
}

/// What the prototype takes for all files, as it says itself, in milliseconds.
fn prototype_of(paths: &[&PathBuf], mixed: bool) -> Option<f64> {
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

/// Measures the key-value histories, which have their verdicts in their names.
pub(super) fn measure_texts(rows: &mut Rows, folder: &Path) {
    let (mut wrong, mut operations) = (0.0, 0);
    for name in ["c01-ok", "c01-bad", "c10-ok", "c10-bad", "c50-ok", "c50-bad"] {
        let path = folder.join("porcupine-kv").join(format!("{name}.txt"));
        let Ok(log) = read_kv(&read(&path)) else {
            println!("NOT MEASURED: {name} is not there");
            continue;
        };
        let verdicts: Vec<_> = (0..RUNS).map(|_| searched(&log)).collect();
        let valid = name.ends_with("ok");
        wrong += f64::from(u8::from(verdicts.iter().any(|(found, _)| *found != Some(valid))));
        operations += log.operations.len() as u64;
        let time = median(verdicts.into_iter().map(|(_, time)| time).collect());
        rows.tell(format!("key-value {name}"), log.operations.len() as u64, (time, "ms"));
    }
    rows.at_most("key-value histories: wrong verdicts", operations, (wrong, "files"), 0.0);
}
