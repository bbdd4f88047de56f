//! What every checker takes on the same history: which of them dominates a judgement.

use stormglass_checkers::checker::{Budget, CheckContext};
use stormglass_checkers::registry::{CheckerEntry, checkers};
use stormglass_checkers::synthetic::Mix;

use super::cells::seconds_of;
use super::rows::Rows;

/// One row a checker: three members, ten clients, one outcome of a hundred unknown.
pub(crate) fn every_checker(rows: &mut Rows, operations: u64) {
    let mix = Mix { operations, members: 3, unknown_mille: 10, ..Mix::default() };
    for entry in checkers() {
        let name = format!("checker {}, 3 members", entry.name);
        rows.tell(&name, operations, (milliseconds(entry, &mix), "ms"));
    }
}

fn milliseconds(entry: &CheckerEntry, mix: &Mix) -> f64 {
    let preamble = mix.preamble();
    let context = CheckContext { preamble, sometimes: Vec::new(), budget: Budget::default() };
    seconds_of((entry.new)(&context), &mut mix.events()).1 * 1e3
}
