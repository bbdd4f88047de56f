//! What was checked, and whether the test tested.

use stormglass_checkers::verdict::{Judgement, Verdict};

use super::headline::{StatusView, result};
use crate::text::{grouped, visible};

/// A checker's row.
#[derive(Debug)]
pub(crate) struct CheckRow {
    /// The checker.
    pub(crate) checker: String,
    /// Its verdict.
    pub(crate) status: StatusView,
    /// Its verdict in words.
    pub(crate) result: String,
    /// What it looked at: name and number.
    pub(crate) stats: Vec<(String, String)>,
    /// Why it is unknown.
    pub(crate) reasons: Vec<String>,
}

/// A sometimes-property's row.
#[derive(Debug)]
pub(crate) struct PropertyRow {
    /// Its name.
    pub(crate) name: String,
    /// Whether it happened often enough.
    pub(crate) met: bool,
    /// How often it happened.
    pub(crate) count: String,
    /// How often it must happen.
    pub(crate) needed: String,
}

/// Every checker's row.
pub(crate) fn checks(judgement: &Judgement) -> Vec<CheckRow> {
    let row = |verdict: &Verdict| CheckRow {
        checker: visible(&verdict.checker),
        status: StatusView::of(verdict.status),
        result: result(verdict),
        stats: stats(verdict),
        reasons: verdict.reasons.iter().take(10).map(|reason| visible(reason)).collect(),
    };
    judgement.verdicts.iter().map(row).collect()
}

fn stats(verdict: &Verdict) -> Vec<(String, String)> {
    let stats = verdict.stats.iter().filter(|(name, _)| *name != "findings");
    stats
        .take(12)
        .map(|(name, number)| (visible(&name.replace(['-', '_'], " ")), grouped(*number)))
        .collect()
}

/// Every sometimes-property's row, unmet ones first.
pub(crate) fn properties(judgement: &Judgement) -> Vec<PropertyRow> {
    let properties = judgement.verdicts.iter().flat_map(|verdict| &verdict.properties);
    let mut rows: Vec<_> = properties
        .map(|property| PropertyRow {
            name: visible(&property.name),
            met: property.met(),
            count: grouped(property.count),
            needed: grouped(property.needed),
        })
        .collect();
    rows.sort_by_key(|row| row.met);
    rows
}

/// How many findings a checker has, also those beyond its cap.
pub(crate) fn found(verdict: &Verdict) -> u64 {
    let kept = verdict.findings.len() as u64;
    verdict.stats.get("findings").copied().unwrap_or_default().max(kept)
}

/// How many findings there are, also those beyond the checkers' caps.
pub(crate) fn total_found(judgement: &Judgement) -> u64 {
    judgement.verdicts.iter().map(found).sum()
}
