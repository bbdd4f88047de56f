//! How long the search takes: `cargo bench -p stormglass-checkers --bench search`.
//!
//! Medians of eleven runs that take turns, from operations in memory to the verdict. With
//! `STORMGLASS_PORCUPINE_DATA` (or `../shared/data`) Porcupine's logs are searched, and with
//! `STORMGLASS_PROTOTYPE` a prototype's program `wglck` beside; the crate `porcupine-rs`
//! searches the same register. What is compared with another program, or in megabytes, is
//! measured in a fresh process each time. `-- --json FILE` writes the rows to a file.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "common/clock.rs"]
pub mod clock;
#[path = "search/logs.rs"]
mod logs;
#[path = "search/porcupine.rs"]
mod porcupine;
#[path = "search/register.rs"]
mod register;
#[path = "common/rows.rs"]
pub mod rows;

use std::path::PathBuf;
use std::process::Command;

use clock::{median, peak, timed_on_the_wall};
use rows::Rows;
use stormglass_checkers::checker::Budget;
use stormglass_checkers::search::{Operation, check};
use stormglass_checkers::spec::Register;

/// What some work comes to, and how long it takes, in milliseconds.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let (result, seconds) = timed_on_the_wall(work);
    (result, seconds * 1e3)
}

/// Runs of each, in turn.
const RUNS: usize = 11;

/// Memory for one register with 10,000 operations, in megabytes.
const MEGABYTES_MAX: f64 = 20.0;

/// Time for it, as a part of what porcupine-rs takes.
const PORCUPINE_MAX: f64 = 0.1;

/// Operations of the register that is compared with others.
const OPERATIONS: u64 = 10_000;
const CLIENTS: usize = 10;

fn main() {
    let argument = |name: &str| {
        let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
        arguments.next()
    };
    if let Some(part) = argument("--alone") {
        let numbers: Vec<String> = alone(&part).iter().map(f64::to_string).collect();
        println!("{}", numbers.join(" "));
        return;
    }
    let mut rows = Rows::default();
    if let Some(folder) = logs::folder() {
        logs::measure_jepsen(&mut rows, &folder);
        logs::measure_texts(&mut rows, &folder);
    } else {
        println!("NOT MEASURED: Porcupine's logs are not there (STORMGLASS_PORCUPINE_DATA)");
    }
    against_porcupine(&mut rows);
    one_register(&mut rows, 30_000, CLIENTS, false);
    one_register(&mut rows, OPERATIONS, CLIENTS, true);
    one_register(&mut rows, OPERATIONS, 3, true);
    if let Some(path) = argument("--json").map(PathBuf::from) {
        rows.write(&path);
    }
}

/// What a process of its own measures.
fn alone(part: &str) -> Vec<f64> {
    if part == "jepsen" {
        return logs::verdicts_of_jepsen().into_iter().collect();
    }
    let history = register_of(OPERATIONS, CLIENTS, false);
    let (_, time) = timed(|| check(&Register::default(), &history, &Budget::default()));
    [Some(time), peak()].into_iter().flatten().collect()
}

/// What a fresh process of this program measures.
fn fresh(part: &str) -> Vec<f64> {
    let output = std::env::current_exe()
        .and_then(|program| Command::new(program).args(["--alone", part]).output());
    let told = output.map(|output| output.stdout).unwrap_or_default();
    let told = String::from_utf8(told).unwrap_or_default();
    told.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

/// Operations of one register.
fn register_of(operations: u64, clients: usize, stale: bool) -> Vec<Operation<Register>> {
    let operations = usize::try_from(operations).expect("a history fits the memory");
    register::history(operations, clients, stale)
}

/// One register, one in a hundred outcomes unknown.
fn one_register(rows: &mut Rows, operations: u64, clients: usize, stale: bool) -> f64 {
    let history = register_of(operations, clients, stale);
    let search = || check(&Register::default(), &history, &Budget::default());
    let time = median((0..RUNS).map(|_| timed(search).1).collect());
    let found = search();
    let stale = if stale { ", one stale read" } else { "" };
    let verdict = match found.is_linearizable() {
        Some(true) => "valid",
        Some(false) => "invalid",
        None => "unknown",
    };
    let name = format!("one register, {clients} clients, 1 % unknown{stale}: {verdict}");
    rows.tell(name, operations, (time, "ms"));
    time
}

/// The same register for the search and for porcupine-rs, which needs gigabytes where a
/// read is stale or the history is longer.
fn against_porcupine(rows: &mut Rows) {
    one_register(rows, OPERATIONS, CLIENTS, false);
    let history = register_of(OPERATIONS, CLIENTS, false);
    let (mut ours, mut theirs, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..3 {
        let numbers = fresh("register");
        ours.extend(numbers.first());
        memory.extend(numbers.get(1));
        theirs.push(timed(|| porcupine::judge(&history)).1);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let name = "one register: porcupine-rs";
    rows.tell(name, OPERATIONS, (theirs, "ms"));
    let name = "one register: time against porcupine-rs";
    rows.at_most(name, OPERATIONS, (ours / theirs, "times"), PORCUPINE_MAX);
    let name = "one register: peak memory of the whole process";
    rows.at_most(name, OPERATIONS, (median(memory), "MB"), MEGABYTES_MAX);
}
