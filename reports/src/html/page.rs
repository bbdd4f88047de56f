//! The page as a whole.

use askama::Template;

use super::checks::{CheckRow, Properties, checks, properties, total_found};
use super::faults::{FaultRow, MOST_FAULTS};
use super::findings::{FindingGroup, groups, marks};
use super::headline::Headline;
use super::members::MembersView;
use super::recovery::RecoveryRow;
use super::script::{policy, script};
use super::setup::Setup;
use super::traffic::Traffic;
use crate::artifact::Artifact;
use crate::digest::Digest;
use crate::record::RunRecord;
use crate::renderer::{Renderer, ReportError};
use crate::svg::variables;
use crate::timeline::Timeline;

/// Writes `report.html`.
pub(crate) struct Html;

impl Renderer for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn render(
        &self,
        record: &RunRecord<'_>,
        digest: &Digest,
    ) -> Result<Vec<Artifact>, ReportError> {
        let page = Page::of(record, digest)?.render()?;
        Ok(vec![Artifact::text("report.html", page)])
    }
}

/// The page. Everything in it is escaped by the template, except the style sheet, the script and
/// the drawings, which this package makes itself and which escape their own texts, and the
/// timeline's data, in which no element can end.
#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    style: String,
    script: String,
    policy: String,
    timeline: Option<Timeline>,
    headline: Headline,
    findings: Vec<FindingGroup>,
    more_findings: u64,
    checks: Vec<CheckRow>,
    properties: Properties,
    faults: Vec<FaultRow>,
    more_faults: usize,
    traffic: Traffic,
    recoveries: Vec<RecoveryRow>,
    members: MembersView,
    setup: Setup,
}

impl Page {
    fn of(record: &RunRecord<'_>, digest: &Digest) -> Result<Self, ReportError> {
        let findings = super::findings::views(record, digest);
        let script = script();
        Ok(Self {
            style: style(),
            policy: policy(&script),
            script,
            timeline: Timeline::of(record, digest, marks(record.judgement)),
            headline: Headline::of(record, digest),
            more_findings: total_found(record.judgement).saturating_sub(findings.len() as u64),
            findings: groups(findings),
            checks: checks(record.judgement),
            properties: properties(record.judgement),
            faults: super::faults::rows(digest),
            more_faults: digest.faults.len().saturating_sub(MOST_FAULTS),
            traffic: Traffic::of(digest)?,
            recoveries: super::recovery::rows(digest),
            members: MembersView::of(record.preamble, digest),
            setup: Setup::of(record, digest)?,
        })
    }
}

/// The style sheet: the colours of both themes from their one table, then the rest.
fn style() -> String {
    format!(
        ":root{{color-scheme:light dark;{}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root{{{}}}}}\n{}",
        variables(false),
        variables(true),
        include_str!("../../templates/report.css")
    )
}
