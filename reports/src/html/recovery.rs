//! How the cluster took each fault: before, while it held, after it.

use stormglass_checkers::history::Nanos;

use super::faults::{MOST_FAULTS, whom};
use crate::digest::{Answers, Digest, Fault, FirstOk, Recovery, Stretch, Untold};
use crate::text::{length, visible};

/// A fault's row.
#[derive(Debug)]
pub(crate) struct RecoveryRow {
    /// Its number in the plan.
    pub(crate) id: String,
    /// Its kind.
    pub(crate) kind: String,
    /// Whom it hit.
    pub(crate) whom: String,
    /// Before, during and after it.
    pub(crate) stretches: [StretchCell; 3],
    /// The longest time without any answer.
    pub(crate) gap: String,
    /// Each member's first answer after the heal.
    pub(crate) first: String,
}

/// How the traffic went in a stretch of time.
#[derive(Debug)]
pub(crate) struct StretchCell {
    /// Which.
    pub(crate) name: &'static str,
    /// Operations answered a second.
    pub(crate) rate: String,
    /// Latencies.
    pub(crate) latency: String,
}

/// A row for each fault that held, at most [`MOST_FAULTS`].
pub(crate) fn rows(digest: &Digest) -> Vec<RecoveryRow> {
    let answers = Answers::of(&digest.operations);
    let row = |fault: &Fault| {
        let recovery = answers.recovery(fault, &digest.faults, digest.traffic)?;
        Some(row(fault, &recovery))
    };
    digest.faults.iter().filter_map(row).take(MOST_FAULTS).collect()
}

fn row(fault: &Fault, recovery: &Recovery) -> RecoveryRow {
    let first: Vec<String> = recovery.first.iter().map(first_ok).collect();
    RecoveryRow {
        id: fault.id.to_string(),
        kind: visible(&fault.kind),
        whom: whom(fault),
        stretches: [
            cell("before", recovery.before),
            cell("during", recovery.during),
            cell("after", recovery.after),
        ],
        gap: length(recovery.gap),
        first: first.join(", "),
    }
}

fn cell(name: &'static str, stretch: Result<Stretch, Untold>) -> StretchCell {
    let stretch = match stretch {
        Ok(stretch) => stretch,
        Err(why) => {
            return StretchCell { name, rate: "–".to_owned(), latency: why_not(why).to_owned() };
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = stretch.answered as f64 / stretch.time.seconds();
    let latency = match stretch.latency {
        Some([median, slow]) => format!("{} · {}", length(median), length(slow)),
        None => format!("nothing in {}", length(stretch.time)),
    };
    StretchCell { name, rate: format!("{rate:.0}/s"), latency }
}

fn why_not(untold: Untold) -> &'static str {
    match untold {
        Untold::AnotherFault => "another fault held",
        Untold::NoTraffic => "no traffic",
        Untold::NoTime => "took no time",
    }
}

fn first_ok(first: &FirstOk) -> String {
    let after = |after: Nanos| format!("{} {}", first.member, length(after));
    first.after.map_or_else(|| format!("{} never", first.member), after)
}
