//! Speed and memory while a history goes by that is never held.

use std::sync::Arc;

use stormglass_checkers::history::Body;
use stormglass_checkers::synthetic::Mix;

use super::cells::{BLOCK, checker};
use super::clock::{resident, timed};
use super::rows::Rows;

/// Checks so many events of an endless history.
#[expect(clippy::cast_precision_loss, reason = "numbers of events are small")]
pub(crate) fn stream(rows: &mut Rows, events: u64) {
    let mix = Mix { operations: u64::MAX, unknown_mille: 10, clients: 100, ..Mix::default() };
    let (mut early, mut late, mut seconds) = (0.0_f64, 0.0_f64, 0.0);
    let mut checker = checker(&mix);
    let mut stream = mix.events();
    let (mut seen, mut operations) = (0, 0);
    while seen < events {
        let block: Vec<_> = stream.by_ref().take(BLOCK).map(Arc::new).collect();
        seconds += timed(|| block.iter().for_each(|event| checker.observe(event))).1;
        seen += block.len() as u64;
        let invocations = block.iter().filter(|event| matches!(event.body, Body::Invoke(_)));
        operations += invocations.count() as u64;
        if seen <= events / 10 {
            early = early.max(resident());
        }
        late = late.max(resident());
    }
    let rate = (operations as f64 / seconds / 1e6, "M a second");
    rows.at_least("streaming, 100 clients, 1 % unknown", operations, rate, 1.0);
    rows.tell("resident after a tenth", operations / 10, (early, "MB"));
    rows.tell("resident at the end", operations, (late, "MB"));
    let growth = (late / early, "times as much");
    rows.at_most("resident at the end against a tenth", operations, growth, 1.2);
}
