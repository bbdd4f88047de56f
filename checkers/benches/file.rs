//! How long a stored history takes from its file to the verdict of every checker, how much
//! memory that holds, and which checker takes how much of it.
//!
//! `cargo bench -p stormglass-checkers --bench file` measures a million operations;
//! `-- quick` a tenth of it. `-- --json FILE` writes the rows to a file too: an array of
//! objects with `name`, `operations`, `value`, `unit`, `bound` and `holds`. The bounds are
//! for two cores that nobody else uses, and for a million operations.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::cast_precision_loss, reason = "numbers for people")]

#[path = "common/clock.rs"]
pub mod clock;
#[path = "common/rows.rs"]
pub mod rows;

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clock::{busy, busy_process, forget_peak, peak, timed, timed_on_the_wall};
use rows::Rows;
use stormglass_checkers::checker::{Budget, CheckContext, Checker};
use stormglass_checkers::history::{Event, HistoryReader, HistoryWriter, Line};
use stormglass_checkers::panel;
use stormglass_checkers::registry::checkers;
use stormglass_checkers::synthetic::Mix;
use stormglass_checkers::verdict::Status;

/// Events that are taken apart at a time.
const BLOCK: usize = 50_000;
/// Wall seconds from the file to the verdict, for a million operations.
const SECONDS_BOUND: f64 = 2.0;
/// Resident memory, in MB.
const MEMORY_BOUND: f64 = 1000.0;
/// All checkers against the one of linearizability.
const RATIO_BOUND: f64 = 3.0;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn write(mix: &Mix, path: &Path) -> Outcome<()> {
    let mut writer = HistoryWriter::new(BufWriter::new(File::create(path)?), &mix.preamble())?;
    for event in mix.events() {
        writer.write(&event)?;
    }
    Ok(writer.flush()?)
}

fn open(path: &Path) -> Outcome<HistoryReader<BufReader<File>>> {
    Ok(HistoryReader::new(BufReader::with_capacity(1 << 20, File::open(path)?))?)
}

fn context(mix: &Mix) -> CheckContext {
    let (preamble, budget) = (mix.preamble(), Budget::default());
    CheckContext { preamble, sometimes: Vec::new(), budget }
}

/// The way that `stormglass check` goes.
fn file_to_verdict(name: &str, mix: &Mix, path: &Path, rows: &mut Rows) -> Outcome<()> {
    forget_peak();
    let (reader, before) = (open(path)?, busy_process());
    let (judged, wall) = timed_on_the_wall(|| panel::judge(reader, checkers(), &context(mix)));
    let (judgement, seconds) = (judged?, busy_process() - before);
    for verdict in &judgement.verdicts {
        assert_ne!(verdict.status, Status::Invalid, "{name}: {verdict:?}");
    }
    let many = mix.operations;
    let bound = SECONDS_BOUND * many as f64 / 1e6;
    let megabytes = peak().ok_or("the kernel does not tell the peak of memory")?;
    let size = fs::metadata(path)?.len() as f64 / 1e6;
    rows.at_most(format!("file to verdict, {name}"), many, (wall, "s"), bound);
    rows.tell(format!("file to verdict, {name}: processor"), many, (seconds, "s"));
    let memory = format!("file to verdict, {name}: memory");
    rows.at_most(memory, many, (megabytes, "MB"), MEMORY_BOUND);
    rows.tell(format!("file, {name}: size"), many, (size, "MB"));
    Ok(())
}

/// Some events more, with the processor seconds that reading them took.
fn block(reader: &mut HistoryReader<BufReader<File>>) -> Outcome<(Vec<Arc<Event>>, f64)> {
    let begin = busy();
    let mut events = Vec::with_capacity(BLOCK);
    for line in reader.by_ref().take(BLOCK) {
        if let Line::Event(event) = line? {
            events.push(Arc::new(event));
        }
    }
    Ok((events, busy() - begin))
}

/// Reading, and each checker, on one thread, one after the other.
fn each_part(name: &str, mix: &Mix, path: &Path, rows: &mut Rows) -> Outcome<()> {
    let (mut reader, context, many) = (open(path)?, context(mix), mix.operations);
    let mut parts: Vec<(Box<dyn Checker>, f64)> =
        checkers().iter().map(|entry| ((entry.new)(&context), 0.0)).collect();
    let mut reading = 0.0;
    loop {
        let (events, seconds) = block(&mut reader)?;
        reading += seconds;
        for (checker, seconds) in &mut parts {
            *seconds += timed(|| events.iter().for_each(|event| checker.observe(event))).1;
        }
        if events.is_empty() {
            break;
        }
    }
    rows.tell(format!("reading, {name}: processor"), many, (reading, "s"));
    let (mut all, mut linearizability) = (0.0, f64::INFINITY);
    for (checker, seconds) in parts {
        let (verdict, rest) = timed(|| checker.finish());
        let seconds = seconds + rest;
        all += seconds;
        if verdict.checker == "linearizability" {
            linearizability = seconds;
        }
        let told = format!("checker {}, {name}: processor", verdict.checker);
        rows.tell(told, many, (seconds, "s"));
    }
    let ratio = (all / linearizability, "times as long");
    let told = format!("all checkers against linearizability, {name}");
    rows.at_most(told, many, ratio, RATIO_BOUND);
    Ok(())
}

/// The allocator of the program that is installed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let after = |word: &str| words.iter().skip_while(|other| *other != word).nth(1);
    let quick = words.iter().any(|word| word == "quick");
    let operations = if quick { 100_000 } else { 1_000_000 };
    let mut rows = Rows::default();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    for (name, members) in [("1 member", 1), ("3 members", 3)] {
        let mix = Mix { operations, members, ..Mix::default() };
        let path = folder.join(format!("file-{members}.jsonl"));
        write(&mix, &path)?;
        file_to_verdict(name, &mix, &path, &mut rows)?;
        each_part(name, &mix, &path, &mut rows)?;
        fs::remove_file(&path)?;
    }
    if let Some(file) = after("--json") {
        rows.write(Path::new(file));
    }
    Ok(())
}
