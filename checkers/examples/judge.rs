//! Judges a history on standard input with the checkers that the arguments name (all
//! without arguments): `zstdcat history.jsonl.zst | cargo run --example judge -- leases`.

use std::io::{self, Write as _};
use std::sync::Arc;

use stormglass_checkers::checker::{Budget, CheckContext};
use stormglass_checkers::history::{History, HistoryReader};
use stormglass_checkers::judge::Judge;
use stormglass_checkers::registry::checkers;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let wanted: Vec<_> = checkers()
        .iter()
        .filter(|entry| names.is_empty() || names.iter().any(|name| name == entry.name))
        .copied()
        .collect();
    let history = History::read(HistoryReader::new(io::stdin().lock())?)?;
    let (preamble, budget) = (history.preamble.clone(), Budget::default());
    let mut judge = Judge::with(&wanted, &CheckContext { preamble, sometimes: Vec::new(), budget });
    history.events.iter().for_each(|event| judge.observe(&Arc::new(event.clone())));
    let mut out = io::stdout().lock();
    for verdict in judge.finish(history.torn).verdicts {
        writeln!(out, "{}: {} {:?}", verdict.checker, verdict.status, verdict.stats)?;
        for reason in &verdict.reasons {
            writeln!(out, "  unknown: {reason}")?;
        }
        for finding in &verdict.findings {
            writeln!(out, "  {} ({}): {}", finding.anomaly, finding.guarantee, finding.sentence)?;
            for step in &finding.witness.steps {
                writeln!(out, "    {}: {} → {}", step.index, step.what, step.shows)?;
            }
        }
    }
    Ok(())
}
