//! Histories of one key, beside the prototype and beside the crate `porcupine-rs`.

use std::process::Command;

use stormglass_checkers::synthetic::Mix;
use stormglass_checkers::verdict::Status;

use super::cells::check;
use super::clock::{median, timed};
use super::one_key::OneKey;
use super::porcupine::judge;
use super::rows::Rows;

/// Measures both comparisons. The longer history of `porcupine-rs` needs 6 GB.
pub(crate) fn compare(rows: &mut Rows, quick: bool) {
    for operations in if quick { vec![10_000] } else { vec![10_000, 30_000] } {
        against_search(rows, operations);
    }
    for (operations, clients) in [(10_000, 10), (100_000, 100), (1_000_000, 100)] {
        if operations < 1_000_000 || !quick {
            against_prototype(rows, operations, clients);
        }
    }
}

/// The median of some checks, in milliseconds.
fn ours(history: &OneKey) -> f64 {
    let repeated = if history.events.len() < 100_000 { 10_u32 } else { 1 };
    let once = || {
        let verdict = check(&Mix::default(), &history.events);
        assert_eq!(verdict.status, Status::Valid, "{verdict:?}");
    };
    let time = || timed(|| (0..repeated).for_each(|_| once())).1 * 1e3 / f64::from(repeated);
    median((0..5).map(|_| time()).collect())
}

fn against_search(rows: &mut Rows, operations: usize) {
    let history = OneKey::new(operations, 10, 10);
    let ours = ours(&history);
    let (found, theirs) = timed(|| judge(&history.register()));
    assert!(found, "the history is linearizable");
    let many = operations as u64;
    rows.tell("one key, 10 clients, 1 % unknown", many, (ours, "ms"));
    rows.tell("the same with porcupine-rs", many, (theirs * 1e3, "ms"));
    let faster = (theirs * 1e3 / ours, "times faster");
    rows.at_least("the same against porcupine-rs", many, faster, 100.0);
}

fn against_prototype(rows: &mut Rows, operations: usize, clients: u32) {
    let many = operations as u64;
    let history = OneKey::new(operations, clients, 10);
    let ours = ours(&history);
    rows.tell(format!("one key, {clients} clients, 1 % unknown"), many, (ours, "ms"));
    let Some(program) = std::env::var_os("STORMGLASS_PROTOTYPE_REVISION") else {
        println!("NOT MEASURED: the prototype (STORMGLASS_PROTOTYPE_REVISION)");
        return;
    };
    let file = std::env::temp_dir().join(format!("one-key-{}.jsonl", std::process::id()));
    let evidence = file.with_extension("jsonl.ev");
    let (texts, seen) = history.prototype();
    std::fs::write(&file, texts).expect("a temporary file can be written");
    std::fs::write(&evidence, seen).expect("a temporary file can be written");
    let output = Command::new(program).arg(&file).output();
    let _ = (std::fs::remove_file(&file), std::fs::remove_file(&evidence));
    let told = String::from_utf8(output.expect("the prototype runs").stdout).unwrap_or_default();
    assert!(told.contains(r#""verdict":"Ok""#), "{told}");
    let (_, rest) = told.split_once(r#""ms":"#).expect("the prototype tells its time");
    let theirs: f64 = rest.split(',').next().and_then(|ms| ms.parse().ok()).unwrap_or(f64::NAN);
    rows.tell("the same with the prototype (its own clock)", many, (theirs, "ms"));
    let ratio = (ours / theirs, "times as long");
    rows.at_most("the same against the prototype", many, ratio, 2.0);
}
