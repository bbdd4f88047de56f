//! What was checked, and whether the test tested.

use stormglass_checkers::verdict::{Judgement, Property, Verdict};

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

/// What happened, and what had to.
#[derive(Debug)]
pub(crate) struct Properties {
    /// What had to happen, unmet ones first.
    pub(crate) needed: Vec<PropertyRow>,
    /// What nobody asked for, and happened: name and number.
    pub(crate) also: Vec<(String, String)>,
    /// What nobody asked for, and did not happen.
    pub(crate) never: Vec<String>,
}

/// The sometimes-properties.
pub(crate) fn properties(judgement: &Judgement) -> Properties {
    let all = judgement.verdicts.iter().flat_map(|verdict| &verdict.properties);
    let (needed, others): (Vec<_>, Vec<_>) = all.partition(|property| property.needed > 0);
    let (also, never): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|property| property.count > 0);
    let row = |property: &Property| PropertyRow {
        name: visible(&property.name),
        met: property.met(),
        count: grouped(property.count),
        needed: grouped(property.needed),
    };
    let mut needed: Vec<_> = needed.into_iter().map(row).collect();
    needed.sort_by_key(|row| row.met);
    let counted = |property: &Property| (visible(&property.name), grouped(property.count));
    Properties {
        needed,
        also: also.into_iter().map(counted).collect(),
        never: never.into_iter().map(|property| visible(&property.name)).collect(),
    }
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
