//! How fast the check of linearizability is, and how much memory it holds: ratios that
//! must hold on any machine, and absolute times for the one at hand.
//!
//! Times are processor time, of the checker alone: events are made outside of it.
//!
//! `cargo bench -p stormglass-checkers --bench linearizability` measures everything, which
//! takes tens of minutes; `-- quick` measures less of it, in about one. One part is
//! measured with its name: `small`, `ratios`, `register`, `stream`, `cells`, `checkers` (the
//! time of every other checker on such a history). With `--json FILE` the rows are written
//! to a file too (a path from `checkers/`). With `STORMGLASS_PROTOTYPE_REVISION` the
//! prototype's program `revck` is measured beside.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "linearizability/cells.rs"]
mod cells;
#[path = "linearizability/checkers.rs"]
mod checkers;
#[path = "common/clock.rs"]
pub mod clock;
#[path = "linearizability/one_key.rs"]
mod one_key;
#[path = "search/porcupine.rs"]
mod porcupine;
#[path = "linearizability/register.rs"]
mod register;
#[path = "common/rows.rs"]
pub mod rows;
#[path = "linearizability/stream.rs"]
mod stream;

use std::path::PathBuf;

use rows::Rows;

/// The allocator of the program that is installed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let json = words.iter().position(|word| word == "--json").map(|at| {
        words.remove(at);
        assert!(at < words.len(), "--json wants the path of a file");
        PathBuf::from(words.remove(at))
    });
    words.retain(|word| !word.starts_with("--"));
    let quick = words.iter().any(|word| word == "quick");
    words.retain(|word| word != "quick");
    let wanted = |part: &str| words.is_empty() || words.iter().any(|word| word == part);
    let mut rows = Rows::default();
    if wanted("small") {
        cells::small_illegal(&mut rows);
    }
    if wanted("ratios") {
        cells::ratios(&mut rows, if quick { 50_000 } else { 1_000_000 });
    }
    if wanted("register") {
        register::compare(&mut rows, quick);
    }
    if wanted("stream") {
        stream::stream(&mut rows, if quick { 2_000_000 } else { 50_000_000 });
    }
    if wanted("checkers") {
        checkers::every_checker(&mut rows, if quick { 20_000 } else { 200_000 });
    }
    if wanted("cells") {
        let sizes: &[u64] = if quick { &[1000] } else { &[1000, 10_000, 100_000, 1_000_000] };
        for operations in sizes {
            cells::every_cell(&mut rows, *operations);
        }
    }
    if let Some(path) = json {
        rows.write(&path);
    }
}
