//! The mix of operations, in every size and kind: one row each, and their ratios.

use std::sync::Arc;

use stormglass_checkers::checker::{Budget, CheckContext, Checker};
use stormglass_checkers::history::Event;
use stormglass_checkers::registry::checkers;
use stormglass_checkers::synthetic::{Bursts, Mix};
use stormglass_checkers::verdict::{Status, Verdict};

use super::clock::{median, timed};
use super::rows::Rows;

/// Events that are made at a time: few enough to be in a cache when they are checked, as
/// those of a run are.
pub(crate) const BLOCK: usize = 2000;

/// Kinds of unknown outcomes: how many of a thousand, and how they are spread.
const UNKNOWN: [(u64, Bursts, &str); 5] = [
    (0, Bursts::Spread, "none unknown"),
    (10, Bursts::Spread, "1 % unknown, spread"),
    (10, Bursts::Together, "1 % unknown, in bursts"),
    (50, Bursts::Spread, "5 % unknown, spread"),
    (50, Bursts::Together, "5 % unknown, in bursts"),
];

/// Passes of what is compared: of as many the best counts, on either side.
const PASSES: usize = 7;

const CLIENTS: [usize; 4] = [10, 30, 100, 1000];

/// The checker, for a history of this mix.
pub(crate) fn checker(mix: &Mix) -> Box<dyn Checker> {
    let entry = checkers().iter().find(|entry| entry.name == "linearizability");
    let preamble = mix.preamble();
    let context = CheckContext { preamble, sometimes: Vec::new(), budget: Budget::default() };
    (entry.expect("the checker is registered").new)(&context)
}

/// Checks events that are in memory.
pub(crate) fn check(mix: &Mix, events: &[Arc<Event>]) -> Verdict {
    let mut checker = checker(mix);
    for event in events {
        checker.observe(event);
    }
    checker.finish()
}

/// What a checker says of a history that is made meanwhile, and the seconds that it takes.
pub(crate) fn seconds_of(
    mut checker: Box<dyn Checker>,
    stream: &mut impl Iterator<Item = Event>,
) -> (Verdict, f64) {
    let mut seconds = 0.0;
    loop {
        let block: Vec<_> = stream.by_ref().take(BLOCK).map(Arc::new).collect();
        seconds += timed(|| block.iter().for_each(|event| checker.observe(event))).1;
        if block.is_empty() {
            break;
        }
    }
    let (verdict, rest) = timed(|| checker.finish());
    (verdict, seconds + rest)
}

/// The seconds that checking a history takes, and whether it is illegal.
fn pass(mix: &Mix) -> (f64, bool) {
    let mut stream = mix.events();
    let (verdict, seconds) = seconds_of(checker(mix), &mut stream);
    let expected = if stream.planted() { Status::Invalid } else { Status::Valid };
    assert_eq!(verdict.status, expected, "{mix:?}: {verdict:?}");
    (seconds, stream.planted())
}

/// The best of some passes over each of several histories, which take turns: what
/// disturbs the machine disturbs all of them.
fn best<const MANY: usize>(mixes: [&Mix; MANY], passes: usize) -> [f64; MANY] {
    let mut seconds = [f64::INFINITY; MANY];
    for _ in 0..passes {
        for (best, mix) in seconds.iter_mut().zip(mixes) {
            let (seconds, illegal) = pass(mix);
            assert_eq!(illegal, mix.stale_read.is_some(), "it is planted when asked");
            *best = best.min(seconds);
        }
    }
    seconds
}

fn planted(mix: &Mix) -> Mix {
    Mix { stale_read: Some(mix.operations * 3 / 4), ..*mix }
}

/// The milliseconds that one cell takes, where its history could be made.
fn cell(mix: &Mix) -> Option<f64> {
    // Of a short history one pass is shorter than the kernel's tick.
    let passes = if mix.operations < 100_000 { 20_u32 } else { 1 };
    let mut total = 0.0;
    for _ in 0..passes {
        let (seconds, illegal) = pass(mix);
        if illegal != mix.stale_read.is_some() {
            return None;
        }
        total += seconds;
    }
    Some(total * 1e3 / f64::from(passes))
}

/// Every cell of one size.
pub(crate) fn every_cell(rows: &mut Rows, operations: u64) {
    for clients in CLIENTS {
        for (unknown_mille, bursts, told) in UNKNOWN {
            let legal = Mix { operations, clients, unknown_mille, bursts, ..Mix::default() };
            for (mix, kind) in [(legal, "legal"), (planted(&legal), "one stale read")] {
                let name = format!("{clients} clients, {told}, {kind}");
                match cell(&mix) {
                    Some(time) => rows.tell(&name, operations, (time, "ms")),
                    None => println!("NOT MEASURED: {name}: too short to plant one"),
                }
            }
        }
    }
}

/// What must hold on any machine: how times relate; and the time for a million.
pub(crate) fn ratios(rows: &mut Rows, operations: u64) {
    let base = Mix { operations, ..Mix::default() };
    growth(rows, &base);
    for clients in &CLIENTS[1..] {
        let [few, many] = best([&base, &Mix { clients: *clients, ..base }], PASSES);
        let name = format!("{clients} clients against 10");
        rows.at_most(&name, operations, (many / few, "times as long"), 2.0);
    }
    for (unknown_mille, bursts, told) in &UNKNOWN[1..] {
        let mix = Mix { unknown_mille: *unknown_mille, bursts: *bursts, ..base };
        let [none, some] = best([&base, &mix], PASSES);
        let name = format!("{told} against none");
        rows.at_most(&name, operations, (some / none, "times as long"), 1.5);
    }
    let [legal, illegal] = best([&base, &planted(&base)], PASSES);
    let ratio = (illegal / legal, "times as long");
    rows.at_most("one stale read at 75 % against none", operations, ratio, 1.2);
}

#[expect(clippy::cast_precision_loss, reason = "numbers of operations are small")]
fn growth(rows: &mut Rows, base: &Mix) {
    let operations = base.operations;
    let [one, three] = best([base, &Mix { members: 3, ..*base }], PASSES);
    let million = 1e6 / operations as f64;
    rows.at_most("1 member: for a million", operations, (one * million, "seconds"), 0.7);
    rows.tell("3 members: for a million", operations, (three * million, "seconds"));
    let large = Mix { operations: operations * 10, ..*base };
    let [many] = best([&large], 1);
    let ratio = (many / one, "times as long");
    rows.at_most("ten times the operations", large.operations, ratio, 13.0);
}

/// An illegal history of 10,000 operations, with its witness, from memory.
pub(crate) fn small_illegal(rows: &mut Rows) {
    const REPEATED: u32 = 20;
    let mix = Mix { clients: 3, unknown_mille: 10, stale_read: Some(7500), ..Mix::default() };
    let events: Vec<_> = mix.events().map(Arc::new).collect();
    let once = || {
        let verdict = check(&mix, &events);
        assert_eq!(verdict.status, Status::Invalid, "{verdict:?}");
        assert_eq!(verdict.findings[0].witness.steps.len(), 2, "{verdict:?}");
    };
    let repeated = || timed(|| (0..REPEATED).for_each(|_| once())).1 * 1e3 / f64::from(REPEATED);
    let time = median((0..11).map(|_| repeated()).collect());
    rows.at_most("3 clients, 1 % unknown, one stale read: median", 10_000, (time, "ms"), 5.0);
}
