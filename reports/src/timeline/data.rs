//! The timeline as the page's script reads it: columns of numbers, and one table of texts.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stormglass_checkers::history::{Body, Bytes, MemberIndex, Nanos, Outcome, Request};
use stormglass_checkers::wording;

use super::bars::{self, Bar, Look, Owner};
use super::choice::{self, Choice, thinned};
use super::lanes::of_processes;
use super::texts::Texts;
use crate::digest::contents::{self, Contents};
use crate::digest::{Digest, Operation, event};
use crate::record::RunRecord;
use crate::text::{grouped, visible};

/// Bars and frames beyond so many are thinned.
const MOST_BARS: usize = 8_000;

/// The timeline of a page.
#[derive(Debug)]
pub(crate) struct Timeline {
    /// What the script reads, safe within a page.
    pub(crate) json: String,
    /// What of the run it has, in one sentence.
    pub(crate) scope: String,
}

impl Timeline {
    /// The timeline of a run, with the findings that the page shows; none without operations.
    pub(crate) fn of(
        record: &RunRecord<'_>,
        digest: &Digest,
        findings: Vec<FindingMark>,
    ) -> Option<Self> {
        if digest.operations.is_empty() {
            return None;
        }
        let steps = findings.iter().flat_map(|finding| finding.steps.iter().copied()).collect();
        let choice = choice::choose(digest, &steps, choice::MOST);
        let bars = some_bars(bars::bars(digest, record.events), &steps);
        let scope = scope(&choice, &bars);
        let data = Builder::new(record, digest, &choice).build(&bars.shown, findings);
        // A page ends a script at the first `</script`, wherever that stands.
        let json = serde_json::to_string(&data).ok()?.replace('<', "\\u003c");
        Some(Self { json, scope })
    }
}

fn scope(choice: &Choice, bars: &Bars) -> String {
    let shown = grouped(choice.places.len() as u64);
    let mut sentence = match choice.left_out {
        0 => format!("All {shown} operations are here."),
        left_out => {
            let all = grouped((choice.places.len() + left_out) as u64);
            format!(
                "Here are {shown} of {all} operations: those of witnesses and what was sent within \
                 250 ms of them, those that ended badly, those around faults, and of the others as \
                 many as there is room for, evenly; history.jsonl.zst has all."
            )
        }
    };
    if bars.left_out > 0 {
        let left_out = grouped(bars.left_out as u64);
        let of_watches = format!(" Of what watches delivered, {left_out} frames are left out.");
        sentence.push_str(&of_watches);
    }
    sentence
}

/// Bars that are shown.
struct Bars {
    shown: Vec<Bar>,
    left_out: usize,
}

/// All that last, and of those that do not, at most so many: steps of witnesses first.
fn some_bars(all: Vec<Bar>, steps: &BTreeSet<u64>) -> Bars {
    let is_step = |bar: &Bar| bar.event.is_some_and(|event| steps.contains(&event));
    let (mut shown, frames): (Vec<Bar>, Vec<Bar>) =
        all.into_iter().partition(|bar| bar.look != Look::Moment || is_step(bar));
    let room = MOST_BARS.saturating_sub(shown.len());
    let frames: Vec<&Bar> = frames.iter().collect();
    let kept: Vec<&Bar> = thinned(&frames, room).collect();
    let left_out = frames.len() - kept.len();
    shown.extend(kept.into_iter().cloned());
    Bars { shown, left_out }
}

/// What the script reads. Times are microseconds since the start of the run.
#[derive(Serialize)]
struct Data {
    window: [u64; 2],
    /// Their names.
    lanes: Vec<String>,
    texts: Vec<String>,
    operations: Operations,
    bars: BarColumns,
    findings: Vec<FindingMark>,
}

/// One column for each property, one entry for each operation.
#[derive(Default, Serialize)]
struct Operations {
    event: Vec<u64>,
    /// Of the completion; -1 where the history ends first.
    completion: Vec<i64>,
    lane: Vec<usize>,
    process: Vec<u32>,
    /// Places among the members from 0; -1 for none.
    member: Vec<i32>,
    from: Vec<u64>,
    /// -1 where the history ends first.
    took: Vec<i64>,
    /// 0 answered, 1 refused, 2 unknown.
    outcome: Vec<u8>,
    /// 0 where there is none.
    revision: Vec<i64>,
    request: Vec<usize>,
    response: Vec<usize>,
    /// By place: key, what it held before, what it held after.
    states: BTreeMap<usize, Vec<[usize; 3]>>,
}

#[derive(Default, Serialize)]
struct BarColumns {
    event: Vec<i64>,
    lane: Vec<usize>,
    from: Vec<u64>,
    took: Vec<u64>,
    look: Vec<u8>,
    text: Vec<usize>,
}

/// A finding, where the page shows it.
#[derive(Debug, Serialize)]
pub(crate) struct FindingMark {
    /// Its number on the page.
    pub(crate) number: usize,
    /// The events of its witness: invocations of operations.
    pub(crate) steps: Vec<u64>,
}

struct Builder<'a> {
    record: &'a RunRecord<'a>,
    digest: &'a Digest,
    choice: &'a Choice,
    texts: Texts,
}

impl<'a> Builder<'a> {
    fn new(record: &'a RunRecord<'a>, digest: &'a Digest, choice: &'a Choice) -> Self {
        Self { record, digest, choice, texts: Texts::default() }
    }

    fn build(mut self, bars: &[Bar], findings: Vec<FindingMark>) -> Data {
        let owners: BTreeSet<&Owner> = bars.iter().map(|bar| &bar.owner).collect();
        let places: BTreeMap<&Owner, usize> = owners.iter().copied().zip(0..).collect();
        let (rows, clients) = of_processes(&self.digest.operations, self.digest.window.to);
        let around = owners.iter().map(|owner| visible(&owner.name()));
        let client = |row| format!("client {}", row + 1);
        let lanes = around.chain((0..clients).map(client)).collect();
        let operations =
            self.operations(|operation| places.len() + rows.get(&operation.process).unwrap_or(&0));
        let bars = self.bars(bars, &places);
        let window = self.digest.window;
        Data {
            window: [micros(window.from), micros(window.to)],
            lanes,
            operations,
            bars,
            findings,
            texts: self.texts.into_all(),
        }
    }

    fn operations(&mut self, lane: impl Fn(&Operation) -> usize) -> Operations {
        let shown: Vec<&Operation> =
            self.choice.places.iter().map(|place| &self.digest.operations[*place]).collect();
        let contents = self.contents(&shown);
        let mut columns = Operations::default();
        for (place, operation) in shown.into_iter().enumerate() {
            let request = self.request(operation);
            let outcome = self.outcome(operation);
            let revision = request.zip(outcome).and_then(|(request, outcome)| {
                let states = self.states(&contents, request, outcome);
                if !states.is_empty() {
                    columns.states.insert(place, states);
                }
                contents::revision(request, outcome)
            });
            let response = outcome
                .map_or_else(|| "no answer before the history ends".to_owned(), wording::outcome);
            columns.event.push(operation.index);
            columns.completion.push(operation.completion.map_or(-1, signed));
            columns.lane.push(lane(operation));
            columns.process.push(operation.process.0);
            columns.member.push(member(operation.member));
            columns.from.push(micros(operation.sent));
            columns.took.push(
                operation.ended.map_or(-1, |ended| signed(micros(ended) - micros(operation.sent))),
            );
            columns.outcome.push(operation.outcome as u8);
            columns.revision.push(revision.unwrap_or_default().0);
            let asked = request.map(wording::request).unwrap_or_default();
            columns.request.push(self.texts.place(&asked));
            columns.response.push(self.texts.place(&response));
        }
        columns
    }

    /// What the keys of these operations held when.
    fn contents(&self, operations: &[&Operation]) -> Contents<'a> {
        let requests = operations.iter().filter_map(|operation| self.request(operation));
        let wanted: BTreeSet<Bytes> =
            requests.flat_map(|request| contents::keys(request).into_iter().cloned()).collect();
        Contents::of(self.record.events, wanted)
    }

    /// Key, before and after, of each key that an answered operation names.
    fn states(
        &mut self,
        contents: &Contents<'_>,
        request: &Request,
        outcome: &Outcome,
    ) -> Vec<[usize; 3]> {
        let changes = contents.around(request, outcome);
        let place = |texts: [&str; 3]| texts.map(|text| self.texts.place(text));
        changes.iter().map(|it| [&*it.key, &*it.before, &*it.after]).map(place).collect()
    }

    fn bars(&mut self, bars: &[Bar], places: &BTreeMap<&Owner, usize>) -> BarColumns {
        let mut columns = BarColumns::default();
        for bar in bars {
            columns.event.push(bar.event.map_or(-1, signed));
            columns.lane.push(places.get(&bar.owner).copied().unwrap_or(0));
            columns.from.push(micros(bar.span.from));
            columns.took.push(micros(bar.span.to).saturating_sub(micros(bar.span.from)));
            columns.look.push(bar.look as u8);
            columns.text.push(self.texts.place(&bar.text));
        }
        columns
    }

    fn request(&self, operation: &Operation) -> Option<&'a Request> {
        match &event(self.record.events, operation.index)?.body {
            Body::Invoke(invoke) => Some(&invoke.request),
            _ => None,
        }
    }

    fn outcome(&self, operation: &Operation) -> Option<&'a Outcome> {
        match &event(self.record.events, operation.completion?)?.body {
            Body::Complete(outcome) => Some(outcome),
            _ => None,
        }
    }
}

fn micros(at: Nanos) -> u64 {
    at.0 / 1_000
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn member(member: Option<MemberIndex>) -> i32 {
    member.map_or(-1, |member| i32::from(member.0))
}
