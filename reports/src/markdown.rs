//! `summary.md`: the verdict for a pull request or a CI job's summary.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stormglass_checkers::verdict::{Finding, Status, Verdict};

use crate::artifact::Artifact;
use crate::digest::{Digest, Fault, OutcomeKind};
use crate::html::{title, versions};
use crate::markup::{prose, untrusted};
use crate::record::RunRecord;
use crate::renderer::{Renderer, ReportError};
use crate::text::{argument, counted, grouped, length, moment, seed, visible_whole};

/// CI systems drop a summary that is too long as a whole; this is far below their limits.
const LONGEST: usize = 64 * 1024;
/// Findings that are told in full.
const FINDINGS: usize = 5;

/// Writes `summary.md`.
pub(crate) struct Markdown;

impl Renderer for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn render(
        &self,
        record: &RunRecord<'_>,
        digest: &Digest,
    ) -> Result<Vec<Artifact>, ReportError> {
        let sections = [
            headline(record, digest),
            findings(record),
            checks(record),
            properties(record),
            faults(&digest.faults),
            not_tested(record),
            commands(record),
        ];
        Ok(vec![Artifact::text("summary.md", joined(&sections))])
    }
}

/// The sections as long as they fit, and a sentence where they do not.
fn joined(sections: &[String]) -> String {
    const CUT: &str = "\n*The rest is in report.html.*\n";
    let mut summary = String::new();
    for section in sections.iter().filter(|section| !section.is_empty()) {
        if summary.len() + section.len() + CUT.len() + 1 > LONGEST {
            summary.push_str(CUT);
            break;
        }
        if !summary.is_empty() {
            summary.push('\n');
        }
        summary.push_str(section);
    }
    summary
}

fn headline(record: &RunRecord<'_>, digest: &Digest) -> String {
    let judgement = record.judgement;
    let landed = digest.faults.iter().filter(|fault| fault.has_landed()).count();
    let counts = OutcomeKind::ALL.map(|outcome| grouped(digest.count(outcome)));
    let mut text = format!(
        "## {} {}: {}\n\n{}\n\n| | |\n|---|---|\n",
        mark(judgement.status),
        judgement.status.to_string().to_uppercase(),
        untrusted(&record.preamble.scenario),
        prose(&judgement.sentence),
    );
    let rows = [
        ("store", untrusted(&versions(record.preamble))),
        ("target", untrusted(&record.preamble.target)),
        ("seed", seed(record.preamble.seed)),
        ("took", length(record.facts.duration)),
        (
            "operations",
            format!("{} answered, {} refused, {} unknown", counts[0], counts[1], counts[2]),
        ),
        ("faults landed", format!("{landed} of {}", digest.faults.len())),
        ("exit code", record.facts.exit_code.to_string()),
    ];
    for (name, value) in rows {
        let _ = writeln!(text, "| {name} | {value} |");
    }
    let scenario = &record.plan.scenario;
    for (what, told) in [("Asked", &scenario.question), ("Advice", &scenario.advice)] {
        if !told.is_empty() {
            let _ = write!(text, "\n**{what}.** {}\n", prose(told));
        }
    }
    if record.facts.interrupted {
        text.push_str("\n**The run was interrupted**; what exists was judged.\n");
    }
    text
}

fn findings(record: &RunRecord<'_>) -> String {
    let found: Vec<_> = record
        .judgement
        .verdicts
        .iter()
        .flat_map(|verdict| verdict.findings.iter().map(|finding| (&*verdict.checker, finding)))
        .collect();
    if found.is_empty() {
        return String::new();
    }
    let mut text = String::from("### Findings\n");
    for (number, (checker, finding)) in found.iter().take(FINDINGS).enumerate() {
        text.push_str(&told(number + 1, checker, finding));
    }
    if found.len() > FINDINGS {
        let more = counted(found.len() - FINDINGS, "more finding is", "more findings are");
        let _ = write!(text, "\n*{more} in verdicts.json.*\n");
    }
    text
}

fn told(number: usize, checker: &str, finding: &Finding) -> String {
    let mut text = format!(
        "\n**{number} · {}** ({}, {})\n\n{}\n\n- **Because** {}\n- **However** {}\n\n",
        untrusted(&title(&finding.anomaly)),
        untrusted(checker),
        untrusted(&finding.guarantee),
        prose(&finding.sentence),
        prose(&argument(&finding.because, "because")),
        prose(&argument(&finding.however, "however")),
    );
    text.push_str("| when | who | what | shows |\n|---|---|---|---|\n");
    let steps = &finding.witness.steps;
    for step in steps.iter().take(12) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {}{} |",
            moment(step.from),
            untrusted(&crate::html::lane(step)),
            untrusted(&step.what),
            if step.contradicts { "✕ " } else { "" },
            untrusted(&step.shows)
        );
    }
    if steps.len() > 12 {
        let _ = write!(text, "\n*{}.*\n", counted(steps.len() - 12, "more step", "more steps"));
    }
    text
}

fn checks(record: &RunRecord<'_>) -> String {
    if record.judgement.verdicts.is_empty() {
        return "### Checks\n\nNo checker judged this run.\n".to_owned();
    }
    let mut text = String::from(
        "### Checks\n\n| checker | verdict | findings | why unknown |\n|---|---|---:|---|\n",
    );
    for verdict in &record.judgement.verdicts {
        let _ = writeln!(
            text,
            "| {} | {} {} | {} | {} |",
            untrusted(&verdict.checker),
            mark(verdict.status),
            if verdict.not_judged.is_some() {
                "not judged".to_owned()
            } else {
                verdict.status.to_string()
            },
            grouped(crate::html::found(verdict)),
            untrusted(&why(verdict))
        );
    }
    text
}

/// Why a checker does not know, or has not judged.
fn why(verdict: &Verdict) -> String {
    let not_judged = verdict.not_judged.iter();
    not_judged.chain(&verdict.reasons).cloned().collect::<Vec<_>>().join("; ")
}

fn properties(record: &RunRecord<'_>) -> String {
    let properties = record.judgement.verdicts.iter().flat_map(|verdict| &verdict.properties);
    let rows: Vec<String> = properties
        .map(|property| {
            let met = if property.met() { "✓" } else { "✕ too few" };
            let (name, count) = (untrusted(&property.name), grouped(property.count));
            format!("| {name} | {met} | {count} | {} |\n", grouped(property.needed))
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "### Did the test test?\n\n| sometimes | | times | needed |\n|---|---|---:|---:|\n{}",
        rows.concat()
    )
}

fn faults(faults: &[Fault]) -> String {
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for fault in faults {
        let (planned, landed) = kinds.entry(&fault.kind).or_default();
        *planned += 1;
        *landed += usize::from(fault.has_landed());
    }
    if kinds.is_empty() {
        return String::new();
    }
    let mut text = String::from("### Faults\n\n| kind | planned | landed |\n|---|---:|---:|\n");
    for (kind, (planned, landed)) in kinds {
        let _ = writeln!(text, "| {} | {planned} | {landed} |", untrusted(kind));
    }
    text
}

fn not_tested(record: &RunRecord<'_>) -> String {
    if record.facts.not_tested.is_empty() {
        return String::new();
    }
    let lines = record.facts.not_tested.iter().take(20);
    let lines: Vec<_> = lines.map(|line| format!("- {}\n", untrusted(line))).collect();
    format!("### Not tested\n\n{}", lines.concat())
}

/// The commands as indented code: a fence could be closed by what stands in it.
fn commands(record: &RunRecord<'_>) -> String {
    let commands =
        [("Repeat it:", &record.facts.command), ("Judge it again:", &record.facts.check_command)];
    commands
        .into_iter()
        .filter(|(_, command)| !command.is_empty())
        .map(|(what, command)| format!("{what}\n\n    {}\n\n", visible_whole(command)))
        .collect::<Vec<_>>()
        .concat()
}

fn mark(status: Status) -> &'static str {
    match status {
        Status::Valid => "✓",
        Status::Unknown => "?",
        Status::Invalid => "✕",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_has_a_limit() {
        let sections = vec!["x".repeat(40_000), "y".repeat(40_000), "z".to_owned()];
        let summary = joined(&sections);
        assert!(summary.len() <= LONGEST && summary.contains("The rest is in report.html"));
    }
}
