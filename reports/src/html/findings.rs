//! Findings with their witnesses.

use stormglass_checkers::history::{Body, Nanos};
use stormglass_checkers::verdict::{Finding, Judgement, WitnessStep};

use super::headline::Figure;
use crate::digest::{Digest, OutcomeKind};
use crate::record::RunRecord;
use crate::svg::{StepKind, StepView, WitnessView, themed, witness};
use crate::text::{Part, argument, counted, grouped, moments, parts, visible};
use crate::timeline::FindingMark;

/// Findings that the page shows; the rest are in `verdicts.json`.
pub(crate) const MOST_FINDINGS: usize = 20;
/// Steps of a witness that are drawn; half from its beginning, half from its end.
const MOST_DRAWN: usize = 16;
/// Steps of a witness that its table lists; again from both ends.
const MOST_LISTED: usize = 40;

/// A finding as the page shows it.
#[derive(Debug)]
pub(crate) struct FindingView {
    /// Its number on the page, from 1.
    pub(crate) number: usize,
    /// What went wrong, as a title.
    pub(crate) title: String,
    /// Its name, which `stormglass explain` takes.
    pub(crate) anomaly: String,
    /// The checker that found it.
    pub(crate) checker: String,
    /// The guarantee's number.
    pub(crate) guarantee: String,
    /// One sentence.
    pub(crate) sentence: Vec<Part>,
    /// How many steps prove it.
    pub(crate) proof: String,
    /// The argument.
    pub(crate) because: Vec<Part>,
    /// The contradiction.
    pub(crate) however: Vec<Part>,
    /// The witness's drawing; none without steps.
    pub(crate) figure: Option<Figure>,
    /// What the drawing leaves out.
    pub(crate) undrawn: usize,
    /// The steps.
    pub(crate) steps: Vec<StepRow>,
    /// Steps that the table leaves out.
    pub(crate) unlisted: usize,
}

/// A step of a witness in its table.
#[derive(Debug)]
pub(crate) struct StepRow {
    /// A mark for what it is.
    pub(crate) mark: &'static str,
    /// Whether it contradicts the others.
    pub(crate) contradicts: bool,
    /// When it began and ended.
    pub(crate) when: String,
    /// Who asked whom.
    pub(crate) who: String,
    /// What was asked or happened.
    pub(crate) what: String,
    /// What it shows.
    pub(crate) shows: String,
    /// Where it is in the history.
    pub(crate) events: String,
}

/// The findings that are shown, in the judgement's order, with their checkers.
pub(crate) fn shown(judgement: &Judgement) -> impl Iterator<Item = (&str, &Finding)> {
    let verdicts = judgement.verdicts.iter();
    verdicts
        .flat_map(|verdict| verdict.findings.iter().map(|finding| (&*verdict.checker, finding)))
        .take(MOST_FINDINGS)
}

/// When the contradiction shows: the step that is marked so, or else the last.
pub(crate) fn when(finding: &Finding) -> Option<Nanos> {
    let steps = &finding.witness.steps;
    let step = steps.iter().find(|step| step.contradicts).or(steps.last());
    step.map(|step| step.from)
}

/// The findings that are shown, for the timeline.
pub(crate) fn marks(judgement: &Judgement) -> Vec<FindingMark> {
    let mark = |(number, (_, finding)): (usize, (&str, &Finding))| FindingMark {
        number,
        title: visible(&title(&finding.anomaly)),
        steps: finding.witness.steps.iter().map(|step| step.index).collect(),
    };
    (1..).zip(shown(judgement)).map(mark).collect()
}

/// Every finding that is shown.
pub(crate) fn views(record: &RunRecord<'_>, digest: &Digest) -> Vec<FindingView> {
    shown(record.judgement)
        .enumerate()
        .map(|(place, (checker, finding))| view(record, digest, place + 1, checker, finding))
        .collect()
}

fn view(
    record: &RunRecord<'_>,
    digest: &Digest,
    number: usize,
    checker: &str,
    finding: &Finding,
) -> FindingView {
    let steps = &finding.witness.steps;
    let kind = |step: &WitnessStep| kind(record, digest, step);
    let write = moments(steps.iter().flat_map(|step| [step.from, step.to]));
    let drawn: Vec<&WitnessStep> = ends(steps, MOST_DRAWN);
    let listed: Vec<&WitnessStep> = ends(steps, MOST_LISTED);
    FindingView {
        number,
        title: visible(&title(&finding.anomaly)),
        anomaly: visible(&finding.anomaly),
        checker: visible(checker),
        guarantee: visible(&finding.guarantee),
        sentence: sentence(record.judgement, finding),
        proof: proof(steps.len(), record.events.len()),
        because: parts(&argument(&finding.because, "because")),
        however: parts(&argument(&finding.however, "however")),
        figure: (!steps.is_empty()).then(|| figure(number, &drawn, &kind)),
        undrawn: steps.len() - drawn.len(),
        steps: listed.iter().map(|step| row(step, kind(step), write)).collect(),
        unlisted: steps.len() - listed.len(),
    }
}

/// The finding's sentence, unless it is the headline already.
fn sentence(judgement: &Judgement, finding: &Finding) -> Vec<Part> {
    if finding.sentence == judgement.sentence { Vec::new() } else { parts(&finding.sentence) }
}

/// The steps from both ends, at most so many.
fn ends(steps: &[WitnessStep], most: usize) -> Vec<&WitnessStep> {
    if steps.len() <= most {
        return steps.iter().collect();
    }
    let (first, last) = (&steps[..most / 2], &steps[steps.len() - most / 2..]);
    first.iter().chain(last).collect()
}

fn proof(steps: usize, events: usize) -> String {
    let prove = if steps == 1 { "proves" } else { "prove" };
    let steps = counted(steps, "step", "steps");
    format!("{steps} {prove} it, of {} events in the history.", grouped(events as u64))
}

fn figure(
    number: usize,
    steps: &[&WitnessStep],
    kind: &impl Fn(&WitnessStep) -> StepKind,
) -> Figure {
    let view = WitnessView {
        label: format!("Witness of finding {number}: its steps in order of time, as in the table"),
        steps: steps
            .iter()
            .map(|step| StepView {
                lane: lane(step),
                from: step.from,
                to: step.to,
                what: visible(&step.what),
                shows: visible(&step.shows),
                kind: kind(step),
                contradicts: step.contradicts,
            })
            .collect(),
    };
    let draw = |wide| themed(&witness(&view, wide).finish());
    Figure { wide: draw(true), narrow: draw(false) }
}

fn row(step: &WitnessStep, kind: StepKind, write: fn(Nanos) -> String) -> StepRow {
    let when = if step.from == step.to {
        write(step.from)
    } else {
        format!("{} – {}", write(step.from), write(step.to))
    };
    let events = match step.completion {
        Some(completion) => format!("{}, {completion}", step.index),
        None => step.index.to_string(),
    };
    StepRow {
        mark: kind.mark(step.contradicts),
        contradicts: step.contradicts,
        when,
        who: lane(step),
        what: visible(&step.what),
        shows: visible(&step.shows),
        events,
    }
}

/// Who asked whom: `p4 → m2`, `m2`, or the harness.
pub(crate) fn lane(step: &WitnessStep) -> String {
    match (step.process, step.member) {
        (Some(process), Some(member)) => format!("{process} → {member}"),
        (Some(process), None) => process.to_string(),
        (None, Some(member)) => member.to_string(),
        (None, None) => "harness".to_owned(),
    }
}

/// What a step is, as the history knows it.
fn kind(record: &RunRecord<'_>, digest: &Digest, step: &WitnessStep) -> StepKind {
    let place = usize::try_from(step.index).unwrap_or(usize::MAX);
    match record.events.get(place).map(|event| &event.body) {
        Some(Body::FaultBegin(_) | Body::FaultEnd(_)) => StepKind::Fault,
        Some(Body::Invoke(_)) => match digest.operation(step.index).map(|found| found.outcome) {
            Some(OutcomeKind::Ok) => StepKind::Ok,
            Some(OutcomeKind::Failed) => StepKind::Failed,
            Some(OutcomeKind::Unknown) | None => StepKind::Unknown,
        },
        _ => StepKind::Other,
    }
}

/// An anomaly's name as a title: `lost-write` becomes `Lost write`.
pub(crate) fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut characters = words.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => words,
    }
}
