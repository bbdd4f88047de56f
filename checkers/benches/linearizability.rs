//! How fast the check of linearizability is, and how much memory it holds: ratios that
//! must hold on any machine, and absolute times for the one at hand.
//!
//! Times are processor time.
//!
//! `cargo bench -p stormglass-checkers` measures everything (several minutes);
//! `-- quick` measures a tenth of it; `-- illegal` and the like measure one part. Only
//! the checker is timed: events are made in blocks, outside the measured time.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::cast_precision_loss, reason = "numbers for people")]

use std::time::Duration;

use stormglass_checkers::checker::{Budget, CheckContext, Checker};
use stormglass_checkers::history::Event;
use stormglass_checkers::registry::checkers;
use stormglass_checkers::synthetic::{Bursts, Mix};
use stormglass_checkers::verdict::{Status, Verdict};

/// Events that are made at a time.
const BLOCK: usize = 50_000;

/// Processor time of this thread so far: unlike the time on the wall it does not depend on
/// what else the machine does. The kernel brings it up to date with every tick, some
/// milliseconds, so short times are measured over many repetitions.
fn busy() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanos.expect("the benchmark needs /proc/thread-self/schedstat"))
}

/// What one pass over a history took.
struct Pass {
    time: Duration,
    events: u64,
    verdict: Verdict,
}

fn checker(mix: &Mix) -> Box<dyn Checker> {
    let entry = checkers().iter().find(|entry| entry.name == "linearizability");
    let preamble = mix.preamble();
    let context = CheckContext { preamble, sometimes: Vec::new(), budget: Budget::default() };
    (entry.expect("the checker is registered").new)(&context)
}

/// Checks a history that is made meanwhile; `watch` sees the number of events so far.
fn pass(mix: &Mix, mut watch: impl FnMut(u64)) -> Pass {
    let mut checker = checker(mix);
    let mut stream = mix.events();
    let (mut time, mut events) = (Duration::ZERO, 0);
    loop {
        let block: Vec<Event> = stream.by_ref().take(BLOCK).collect();
        let begin = busy();
        for event in &block {
            checker.observe(event);
        }
        time += busy().saturating_sub(begin);
        events += block.len() as u64;
        watch(events);
        if block.is_empty() {
            break;
        }
    }
    assert_eq!(stream.planted(), mix.stale_read.is_some(), "a stale read is planted when asked");
    let begin = busy();
    let verdict = checker.finish();
    time += busy().saturating_sub(begin);
    Pass { time, events, verdict }
}

/// The best of some passes, whose verdict must be as expected.
fn best(name: &str, mix: &Mix, passes: usize) -> f64 {
    let expected = if mix.stale_read.is_some() { Status::Invalid } else { Status::Valid };
    let mut seconds = f64::INFINITY;
    let mut events = 0;
    for _ in 0..passes {
        let pass = pass(mix, |_| {});
        assert_eq!(pass.verdict.status, expected, "{name}: {:?}", pass.verdict);
        seconds = seconds.min(pass.time.as_secs_f64());
        events = pass.events;
    }
    let rate = mix.operations as f64 / seconds / 1e6;
    println!(
        "{name:<44} {:>9} operations {events:>9} events {:>9.1} ms {rate:>6.2} M operations/s",
        mix.operations,
        seconds * 1e3,
    );
    seconds
}

fn ratio(what: &str, measured: f64, bound: f64) {
    let told = if measured <= bound { "holds" } else { "DOES NOT HOLD" };
    println!("    {what}: {measured:.2}, at most {bound}: {told}");
}

/// Resident memory of this process, in MB.
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = statm.split(' ').nth(1).and_then(|field| field.parse().ok()).unwrap_or(0.0);
    pages * 4096.0 / 1e6
}

fn growth(base: &Mix) {
    let small = best("1 member, 10 clients", base, 3);
    ratio("seconds for 1 M operations", small * 1e6 / base.operations as f64, 0.7);
    let large = Mix { operations: base.operations * 10, ..*base };
    ratio("ten times the operations", best("ten times as long", &large, 1) / small, 13.0);
    let three = Mix { members: 3, ..*base };
    ratio(
        "seconds for 1 M, 3 members",
        best("3 members", &three, 2) * 1e6 / base.operations as f64,
        0.7,
    );
}

fn unknown(base: &Mix) {
    let none = best("no unknown outcomes", base, 3);
    for mille in [10, 50] {
        for (bursts, told) in [(Bursts::Spread, "spread"), (Bursts::Together, "in bursts")] {
            let mix = Mix { unknown_mille: mille, bursts, ..*base };
            let name = format!("{} % unknown, {told}", mille as f64 / 10.0);
            ratio(&format!("{name} against none"), best(&name, &mix, 3) / none, 1.5);
        }
    }
}

fn clients(base: &Mix) {
    let few = best("10 clients", base, 3);
    for clients in [30, 100, 1000] {
        let name = format!("{clients} clients");
        let mix = Mix { clients, ..*base };
        ratio(&format!("{name} against 10"), best(&name, &mix, 3) / few, 2.0);
    }
}

fn illegal(base: &Mix) {
    let legal = best("legal", base, 3);
    let planted = Mix { stale_read: Some(base.operations * 3 / 4), ..*base };
    ratio("illegal against legal", best("one stale read at 75 %", &planted, 3) / legal, 1.2);
}

/// Checks of a short history that are measured together.
const REPEATED: u32 = 20;

fn check_small(mix: &Mix, events: &[Event]) {
    let mut checker = checker(mix);
    for event in events {
        checker.observe(event);
    }
    let verdict = checker.finish();
    assert_eq!(verdict.status, Status::Invalid, "{verdict:?}");
    assert_eq!(verdict.findings[0].witness.steps.len(), 2, "{verdict:?}");
}

/// An illegal history of 10,000 operations, with its witness, from memory.
fn small_illegal() {
    let mix = Mix { clients: 3, unknown_mille: 10, stale_read: Some(7500), ..Mix::default() };
    let events: Vec<Event> = mix.events().collect();
    let mut times: Vec<f64> = (0..11)
        .map(|_| {
            let begin = busy();
            (0..REPEATED).for_each(|_| check_small(&mix, &events));
            busy().saturating_sub(begin).as_secs_f64() * 1e3 / f64::from(REPEATED)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    ratio("illegal, 10 k operations, 3 clients, 1 % unknown: median ms", times[5], 5.0);
}

/// Memory while a history goes by that is never held.
fn memory(events: u64) {
    let mix = Mix { operations: u64::MAX, unknown_mille: 10, clients: 100, ..Mix::default() };
    let (mut early, mut late, mut seconds) = (0.0_f64, 0.0_f64, 0.0);
    let mut checker = checker(&mix);
    let mut stream = mix.events();
    let mut seen = 0;
    while seen < events {
        let block: Vec<Event> = stream.by_ref().take(BLOCK).collect();
        let begin = busy();
        for event in &block {
            checker.observe(event);
        }
        seconds += busy().saturating_sub(begin).as_secs_f64();
        seen += block.len() as u64;
        if seen <= events / 10 {
            early = early.max(resident());
        }
        late = late.max(resident());
    }
    println!("streaming {seen} events: {:.2} M events/s", seen as f64 / seconds / 1e6);
    println!("    resident after a tenth {early:.0} MB, at the end {late:.0} MB");
    ratio("memory at the end against a tenth", late / early, 1.2);
}

fn main() {
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let quick = words.iter().any(|word| word == "quick");
    let parts: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| *word != "quick").collect();
    let wanted = |part: &str| parts.is_empty() || parts.contains(&part);
    let operations = if quick { 100_000 } else { 1_000_000 };
    let base = Mix { operations, ..Mix::default() };
    if wanted("small") {
        small_illegal();
    }
    if wanted("growth") {
        growth(&base);
    }
    if wanted("unknown") {
        unknown(&base);
    }
    if wanted("clients") {
        clients(&base);
    }
    if wanted("illegal") {
        illegal(&base);
    }
    if wanted("memory") {
        memory(if quick { 5_000_000 } else { 50_000_000 });
    }
}
