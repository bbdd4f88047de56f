//! The verdict, its sentence, and the run at a glance.

use stormglass_checkers::verdict::Status;

use super::checks::{found, total_found};
use super::findings::when;
use crate::digest::{Digest, OutcomeKind};
use crate::record::RunRecord;
use crate::svg::{overview, themed};
use crate::text::{Part, counted, grouped, length, opened, parts, seed, visible};

/// A status as the page shows it: never by colour alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatusView {
    /// The CSS class.
    pub(crate) class: &'static str,
    /// The mark.
    pub(crate) mark: &'static str,
    /// The word.
    pub(crate) word: &'static str,
}

impl StatusView {
    /// The view of a status.
    pub(crate) fn of(status: Status) -> Self {
        match status {
            Status::Valid => Self { class: "valid", mark: "✓", word: "valid" },
            Status::Unknown => Self { class: "undecided", mark: "?", word: "unknown" },
            Status::Invalid => Self { class: "invalid", mark: "✕", word: "invalid" },
        }
    }
}

/// A drawing in its two variants, for the page.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// For wide screens and paper.
    pub(crate) wide: String,
    /// For phones.
    pub(crate) narrow: String,
}

/// The top of the page.
#[derive(Debug)]
pub(crate) struct Headline {
    /// The page's title.
    pub(crate) title: String,
    /// The verdict.
    pub(crate) status: StatusView,
    /// The run in one sentence.
    pub(crate) sentence: Vec<Part>,
    /// What the scenario asks; nothing where it says nothing.
    pub(crate) question: Vec<Part>,
    /// What follows for who runs the store; nothing where the scenario says nothing.
    pub(crate) advice: Vec<Part>,
    /// Short facts: name and value.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// Why the verdict is unknown, where it is.
    pub(crate) reasons: Vec<String>,
    /// Whether somebody interrupted the run.
    pub(crate) interrupted: bool,
    /// The run at a glance; none without events.
    pub(crate) overview: Option<Figure>,
}

impl Headline {
    /// The top of the record's page.
    pub(crate) fn of(record: &RunRecord<'_>, digest: &Digest) -> Self {
        let status = StatusView::of(record.judgement.status);
        let scenario = visible(&record.preamble.scenario);
        let versions = visible(&super::setup::versions(record.preamble));
        Self {
            title: format!("{} · {scenario} · {versions} · Stormglass", status.word.to_uppercase()),
            status,
            sentence: parts(&opened(&record.judgement.sentence)),
            question: parts(&record.plan.scenario.question),
            advice: parts(&record.plan.scenario.advice),
            facts: facts(record, digest, scenario, versions),
            reasons: reasons(record),
            interrupted: record.facts.interrupted,
            overview: (!record.events.is_empty()).then(|| glance(record, digest)),
        }
    }
}

/// `2026-12-01T10:21:27.313Z` as people write it; anything else as it is.
fn to_the_second(started: &str) -> String {
    match started.split_once('.') {
        Some((whole, fraction)) if fraction.ends_with('Z') && whole.len() == 19 => {
            format!("{} UTC", whole.replace('T', " "))
        }
        _ => started.to_owned(),
    }
}

fn facts(
    record: &RunRecord<'_>,
    digest: &Digest,
    scenario: String,
    versions: String,
) -> Vec<(&'static str, String)> {
    let landed = digest.faults.iter().filter(|fault| fault.has_landed()).count();
    let mut facts = vec![
        ("scenario", scenario),
        ("target", visible(&record.preamble.target)),
        ("store", versions),
        ("seed", seed(record.preamble.seed)),
        ("took", length(record.facts.duration)),
        ("operations", grouped(digest.operations.len() as u64)),
        ("outcome unknown", grouped(digest.count(OutcomeKind::Unknown))),
        ("faults landed", format!("{landed} of {}", digest.faults.len())),
    ];
    let findings = total_found(record.judgement);
    facts.push(("findings", grouped(findings)));
    if !record.facts.started.is_empty() {
        facts.push(("began", visible(&to_the_second(&record.facts.started))));
    }
    facts
}

/// The reasons of every undecided checker, if the whole is undecided.
fn reasons(record: &RunRecord<'_>) -> Vec<String> {
    if record.judgement.status != Status::Unknown {
        return Vec::new();
    }
    let undecided = record.judgement.verdicts.iter().flat_map(|verdict| {
        verdict.reasons.iter().map(|reason| visible(&format!("{}: {reason}", verdict.checker)))
    });
    undecided.take(20).collect()
}

fn glance(record: &RunRecord<'_>, digest: &Digest) -> Figure {
    let marks: Vec<_> = super::findings::shown(record.judgement)
        .enumerate()
        .filter_map(|(place, (_, finding))| when(finding).map(|at| (at, place + 1)))
        .collect();
    let draw = |wide| themed(&overview(digest, &marks, wide).finish());
    Figure { wide: draw(true), narrow: draw(false) }
}

/// How a checker's result reads: `2 findings`, `holds`, `unknown`, `not judged: …`.
pub(crate) fn result(verdict: &stormglass_checkers::verdict::Verdict) -> String {
    if let Some(why) = &verdict.not_judged {
        return format!("not judged: {}", crate::text::visible(why));
    }
    match verdict.status {
        Status::Valid => "holds".to_owned(),
        Status::Unknown => "unknown".to_owned(),
        Status::Invalid => {
            let number = usize::try_from(found(verdict)).unwrap_or(usize::MAX);
            counted(number, "finding", "findings")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::to_the_second;

    #[test]
    fn nobody_reads_nanoseconds() {
        assert_eq!(to_the_second("2026-12-01T10:21:27.313358633Z"), "2026-12-01 10:21:27 UTC");
        assert_eq!(to_the_second("2026-11-23 01:40:00 UTC"), "2026-11-23 01:40:00 UTC");
    }
}
