//! Findings with their witnesses.

use stormglass_checkers::history::{Body, Event, Nanos, Request};
use stormglass_checkers::verdict::{Finding, Judgement, WitnessStep};

use super::headline::Figure;
use crate::digest::contents::{self, Contents};
use crate::digest::{Digest, OutcomeKind, event};
use crate::record::RunRecord;
use crate::svg::{StepKind, StepView, WitnessView, themed, witness};
use crate::text::{Part, argument, counted, grouped, moments, opened, parts, visible};
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
    /// What each key that it names held before and after it.
    pub(crate) states: Vec<KeyState>,
    /// Where it is in the history.
    pub(crate) events: String,
}

/// What a key held before and after a step, in words.
#[derive(Debug)]
pub(crate) struct KeyState {
    /// Before it.
    pub(crate) before: String,
    /// After it; nothing where it changed nothing.
    pub(crate) after: Option<String>,
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
        steps: finding.witness.steps.iter().map(|step| step.index).collect(),
    };
    (1..).zip(shown(judgement)).map(mark).collect()
}

/// Findings of one kind by one checker, which follow each other.
#[derive(Debug)]
pub(crate) struct FindingGroup {
    /// The first, which the page shows at once.
    pub(crate) first: FindingView,
    /// The others, which it shows on request.
    pub(crate) more: Vec<FindingView>,
}

/// Findings grouped by what they say.
pub(crate) fn groups(views: Vec<FindingView>) -> Vec<FindingGroup> {
    let mut groups: Vec<FindingGroup> = Vec::new();
    for view in views {
        match groups.last_mut().filter(|group| group.first.is_like(&view)) {
            Some(group) => group.more.push(view),
            None => groups.push(FindingGroup { first: view, more: Vec::new() }),
        }
    }
    groups
}

impl FindingView {
    /// Whether the table tells what keys held.
    pub(crate) fn tells_states(&self) -> bool {
        self.steps.iter().any(|step| !step.states.is_empty())
    }

    fn is_like(&self, other: &Self) -> bool {
        (&self.anomaly, &self.checker) == (&other.anomaly, &other.checker)
    }
}

/// Every finding that is shown.
pub(crate) fn views(record: &RunRecord<'_>, digest: &Digest) -> Vec<FindingView> {
    let contents = contents(record);
    let known = Known { record, digest, contents: &contents };
    let view = |(number, (checker, finding))| view(&known, number, checker, finding);
    (1..).zip(shown(record.judgement)).map(view).collect()
}

/// What is known of the run that findings are told with.
struct Known<'a> {
    record: &'a RunRecord<'a>,
    digest: &'a Digest,
    contents: &'a Contents<'a>,
}

impl Known<'_> {
    fn row(&self, step: &WitnessStep, write: fn(Nanos) -> String) -> StepRow {
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
            mark: self.kind(step).mark(step.contradicts),
            contradicts: step.contradicts,
            when,
            who: lane(step),
            what: visible(&step.what),
            shows: visible(&step.shows),
            states: self.states(step).unwrap_or_default(),
            events,
        }
    }

    /// What a step is, as the history knows it.
    fn kind(&self, step: &WitnessStep) -> StepKind {
        match event(self.record.events, step.index).map(|event| &event.body) {
            Some(Body::FaultBegin(_) | Body::FaultEnd(_)) => StepKind::Fault,
            Some(Body::Invoke(_)) => {
                match self.digest.operation(step.index).map(|found| found.outcome) {
                    Some(OutcomeKind::Ok) => StepKind::Ok,
                    Some(OutcomeKind::Failed) => StepKind::Failed,
                    Some(OutcomeKind::Unknown) | None => StepKind::Unknown,
                }
            }
            _ => StepKind::Other,
        }
    }

    /// The state that an answered step found and left.
    fn states(&self, step: &WitnessStep) -> Option<Vec<KeyState>> {
        let request = request(self.record.events, step.index)?;
        let completion = self.digest.operation(step.index)?.completion?;
        let Body::Complete(outcome) = &event(self.record.events, completion)?.body else {
            return None;
        };
        let changes = self.contents.around(request, outcome);
        let told = changes.into_iter().map(|change| KeyState {
            before: visible(&change.before),
            after: (change.after != change.before).then(|| visible(&change.after)),
        });
        Some(told.collect())
    }
}

fn request(events: &[Event], index: u64) -> Option<&Request> {
    match &event(events, index)?.body {
        Body::Invoke(invoke) => Some(&invoke.request),
        _ => None,
    }
}

/// What the keys that the listed steps name held when.
fn contents<'a>(record: &RunRecord<'a>) -> Contents<'a> {
    let listed =
        shown(record.judgement).flat_map(|(_, finding)| ends(&finding.witness.steps, MOST_LISTED));
    let requests = listed.filter_map(|step| request(record.events, step.index));
    let keys = requests.flat_map(|request| contents::keys(request).into_iter().cloned()).collect();
    Contents::of(record.events, keys)
}

fn view(known: &Known<'_>, number: usize, checker: &str, finding: &Finding) -> FindingView {
    let Known { record, .. } = known;
    let steps = &finding.witness.steps;
    let kind = |step: &WitnessStep| known.kind(step);
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
        steps: listed.iter().map(|step| known.row(step, write)).collect(),
        unlisted: steps.len() - listed.len(),
    }
}

/// The finding's sentence, unless it is the headline already.
fn sentence(judgement: &Judgement, finding: &Finding) -> Vec<Part> {
    if finding.sentence == judgement.sentence {
        Vec::new()
    } else {
        parts(&opened(&finding.sentence))
    }
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
                event: step.index,
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

/// Who asked whom: `p4 → m2`, `m2`, or the harness.
pub(crate) fn lane(step: &WitnessStep) -> String {
    match (step.process, step.member) {
        (Some(process), Some(member)) => format!("{process} → {member}"),
        (Some(process), None) => process.to_string(),
        (None, Some(member)) => member.to_string(),
        (None, None) => "harness".to_owned(),
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
