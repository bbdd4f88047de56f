//! How long a stored history takes from its file to the verdict of every checker, how much
//! memory that holds, and which checker takes how much of it.
//!
//! `cargo bench -p stormglass-checkers --bench file` measures a million operations;
//! `-- quick` a tenth of it. `-- --json FILE` writes the rows to a file too: an array of
//! objects with `name`, `operations`, `value`, `unit`, `bound` and `holds`. The bounds are
//! for two cores that nobody else uses, and for a million operations.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::cast_precision_loss, reason = "numbers for people")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
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

/// What was measured.
struct Rows {
    operations: u64,
    rows: Vec<Value>,
}

impl Rows {
    fn row(&mut self, name: &str, value: f64, unit: &str, bound: Option<f64>) {
        let holds = bound.map(|bound| value <= bound);
        let told = match (bound, holds) {
            (Some(bound), Some(true)) => format!("at most {bound}: holds"),
            (Some(bound), _) => format!("at most {bound}: DOES NOT HOLD"),
            _ => String::new(),
        };
        println!("{name:<52} {value:>9.3} {unit:<8} {told}");
        self.rows.push(json!({
            "name": name, "operations": self.operations, "value": value, "unit": unit,
            "bound": bound, "holds": holds,
        }));
    }
}

/// Processor seconds from a file of the kernel's in nanoseconds: this thread's.
fn thread_seconds() -> Outcome<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos: f64 = text.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanos / 1e9)
}

/// Processor seconds of the whole process, in hundredths.
fn process_seconds() -> Outcome<f64> {
    let text = fs::read_to_string("/proc/self/stat")?;
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.collect::<Result<Vec<f64>, _>>()?.iter().sum::<f64>() / 100.0)
}

/// The most memory that was resident since the last call of [`forget_peak`], in MB.
fn peak_megabytes() -> Outcome<f64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024.0 / 1e6)
}

/// Where the kernel refuses, the peak is that of the whole process so far.
fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

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
#[expect(clippy::disallowed_methods, reason = "a benchmark that measures time on the wall")]
fn file_to_verdict(name: &str, mix: &Mix, path: &Path, rows: &mut Rows) -> Outcome<()> {
    forget_peak();
    let (wall, busy) = (std::time::Instant::now(), process_seconds()?);
    let judgement = panel::judge(open(path)?, checkers(), &context(mix))?;
    let (wall, busy) = (wall.elapsed().as_secs_f64(), process_seconds()? - busy);
    for verdict in &judgement.verdicts {
        assert_ne!(verdict.status, Status::Invalid, "{name}: {verdict:?}");
    }
    let share = rows.operations as f64 / 1e6;
    rows.row(&format!("file to verdict, {name}"), wall, "s", Some(SECONDS_BOUND * share));
    rows.row(&format!("file to verdict, {name}: processor"), busy, "s", None);
    let megabytes = peak_megabytes()?;
    rows.row(&format!("file to verdict, {name}: memory"), megabytes, "MB", Some(MEMORY_BOUND));
    rows.row(&format!("file, {name}: size"), fs::metadata(path)?.len() as f64 / 1e6, "MB", None);
    Ok(())
}

/// Some events more, with the processor seconds that reading them took.
fn block(reader: &mut HistoryReader<BufReader<File>>) -> Outcome<(Vec<Event>, f64)> {
    let begin = thread_seconds()?;
    let mut events = Vec::with_capacity(BLOCK);
    for line in reader.by_ref().take(BLOCK) {
        if let Line::Event(event) = line? {
            events.push(event);
        }
    }
    Ok((events, thread_seconds()? - begin))
}

/// Reading, and each checker, on one thread, one after the other.
fn each_part(name: &str, mix: &Mix, path: &Path, rows: &mut Rows) -> Outcome<()> {
    let (mut reader, context) = (open(path)?, context(mix));
    let mut parts: Vec<(Box<dyn Checker>, f64)> =
        checkers().iter().map(|entry| ((entry.new)(&context), 0.0)).collect();
    let mut reading = 0.0;
    loop {
        let (events, seconds) = block(&mut reader)?;
        reading += seconds;
        for (checker, seconds) in &mut parts {
            let begin = thread_seconds()?;
            for event in &events {
                checker.observe(event);
            }
            *seconds += thread_seconds()? - begin;
        }
        if events.is_empty() {
            break;
        }
    }
    rows.row(&format!("reading, {name}: processor"), reading, "s", None);
    let (mut all, mut linearizability) = (0.0, f64::INFINITY);
    for (checker, seconds) in parts {
        let begin = thread_seconds()?;
        let checker_name = checker.name();
        drop(checker.finish());
        let seconds = seconds + thread_seconds()? - begin;
        all += seconds;
        if checker_name == "linearizability" {
            linearizability = seconds;
        }
        rows.row(&format!("checker {checker_name}, {name}: processor"), seconds, "s", None);
    }
    let ratio = all / linearizability;
    rows.row(
        &format!("all checkers against linearizability, {name}"),
        ratio,
        "ratio",
        Some(RATIO_BOUND),
    );
    Ok(())
}

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let after = |word: &str| words.iter().skip_while(|other| *other != word).nth(1);
    let quick = words.iter().any(|word| word == "quick");
    let operations = if quick { 100_000 } else { 1_000_000 };
    let mut rows = Rows { operations, rows: Vec::new() };
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
        fs::write(file, serde_json::to_string_pretty(&rows.rows)?)?;
    }
    Ok(())
}
