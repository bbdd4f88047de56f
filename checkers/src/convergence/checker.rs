//! The checker: final reads of every member, compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::content::{Content, Difference, difference, unexplained};
use super::hashes::Hashes;
use super::tail::Tail;
use crate::checker::{CheckContext, Checker};
use crate::evidence::{Findings, Operation, Operations, PairMark, Place, finding};
use crate::history::{
    Body, Environment, Event, Header, MemberIndex, Outcome, Phase, Request, Response, Revision,
    WatchFrame,
};
use crate::registry::CheckerEntry;
use crate::verdict::{Status, Verdict};

/// The checker's name.
const NAME: &str = "convergence";

/// The checker, as the registry lists it.
pub const ENTRY: CheckerEntry = CheckerEntry {
    name: NAME,
    summary: "after recovery all members have the same revision, the same pairs and \
              the same hash",
    guarantees: &["K12"],
    anomalies: &["diverged-members", "hash-mismatch"],
    needs_revisions: true,
    new: checker,
};

/// Makes the checker.
pub fn checker(context: &CheckContext) -> Box<dyn Checker> {
    let members = &context.preamble.members;
    let releases = (0..).map(MemberIndex).zip(members.iter().map(|one| one.version.clone()));
    Box::new(ConvergenceChecker {
        members: (0..).map(MemberIndex).take(members.len()).collect(),
        releases: releases.collect(),
        is_final: false,
        highest: None,
        contents: BTreeMap::new(),
        failures: BTreeMap::new(),
        hashes: Hashes::default(),
        tail: Tail::of(context.preamble.territory()),
        operations: Operations::default(),
        differ: BTreeSet::new(),
        findings: Findings::default(),
    })
}

/// A revision that a member showed, and where.
type Shown = (Revision, Place);

struct ConvergenceChecker {
    members: Vec<MemberIndex>,
    releases: BTreeMap<MemberIndex, String>,
    is_final: bool,
    /// The highest revision that anybody showed.
    highest: Option<Shown>,
    /// Each member's last final read; a serializable one where there is one.
    contents: BTreeMap<MemberIndex, Content>,
    /// Why the last final read of a member failed.
    failures: BTreeMap<MemberIndex, String>,
    hashes: Hashes,
    tail: Tail,
    operations: Operations<Option<Shown>>,
    differ: BTreeSet<(MemberIndex, MemberIndex)>,
    findings: Findings,
}

impl Checker for ConvergenceChecker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn observe(&mut self, event: &Arc<Event>) {
        match &event.body {
            Body::Environment(Environment::Phase(phase)) => self.phase(*phase),
            Body::Environment(Environment::MemberStarted(life)) => {
                if let Some(member) = event.member {
                    self.releases.insert(member, life.version.clone());
                }
            }
            Body::Invoke(_) => self.operations.invoke(event, self.highest),
            Body::Complete(outcome) => {
                if let Some(operation) = self.operations.complete(event) {
                    self.complete(&operation, outcome);
                }
            }
            Body::Watch(watch) => {
                self.tail.frame(watch);
                let header = match &watch.frame {
                    WatchFrame::Created(frame) | WatchFrame::Progress(frame) => frame.header,
                    WatchFrame::Events(events) => events.header,
                    _ => None,
                };
                self.show(header.as_ref(), Place::of(event));
            }
            _ => {}
        }
    }

    fn so_far(&self) -> Status {
        self.findings.status()
    }

    fn finish(mut self: Box<Self>) -> Verdict {
        let mut reasons = Vec::new();
        if self.is_final {
            self.missing(&mut reasons);
            self.compare(&mut reasons);
            let differ = |one, other| self.differ.contains(&(one, other));
            self.hashes.compare(differ, &mut self.findings);
        } else {
            reasons.push(
                "the run had no final reads, so the members could not be compared".to_owned(),
            );
        }
        let pairs = self.contents.values().map(|content| content.pairs.len()).max().unwrap_or(0);
        let stats = BTreeMap::from([
            ("members compared".to_owned(), self.contents.len() as u64),
            ("pairs compared".to_owned(), pairs as u64),
            ("hashes compared".to_owned(), self.hashes.compared()),
        ]);
        self.findings.verdict(&ENTRY, reasons, stats)
    }
}

impl ConvergenceChecker {
    fn phase(&mut self, phase: Phase) {
        match phase {
            Phase::Recover => {
                let highest = self.highest.map_or(Revision(1), |(revision, _)| revision);
                self.tail.begin(highest);
            }
            Phase::Final => self.is_final = true,
            _ => {}
        }
    }

    fn show(&mut self, header: Option<&Header>, place: Place) {
        let revision = header.map_or(Revision(0), |header| header.revision);
        if self.highest.is_none_or(|(highest, _)| revision > highest) {
            self.highest = Some((revision, place));
        }
    }

    fn complete(&mut self, operation: &Operation<Option<Shown>>, outcome: &Outcome) {
        match outcome {
            Outcome::Ok(response) => {
                if self.is_final {
                    self.answer(operation, response);
                }
                if !matches!(response, Response::Compact(_)) {
                    self.show(response.header(), operation.place);
                }
            }
            Outcome::Failed(definite) => self.failed(operation, &definite.message),
            Outcome::Unknown(indefinite) => self.failed(operation, &indefinite.message),
        }
    }

    fn failed(&mut self, operation: &Operation<Option<Shown>>, message: &str) {
        if let Some(member) = operation.place.member.filter(|_| self.is_final)
            && matches!(operation.request(), Request::Range(_))
        {
            self.failures.insert(member, message.to_owned());
        }
    }

    fn answer(&mut self, operation: &Operation<Option<Shown>>, response: &Response) {
        let Some(member) = operation.place.member else { return };
        match (operation.request(), response) {
            (Request::Range(range), Response::Range(answer)) => {
                if let Some(content) = Content::of(operation.place, range, answer) {
                    if !range.serializable {
                        self.behind(operation, content.revision);
                    }
                    if range.serializable || !self.contents.contains_key(&member) {
                        self.contents.insert(member, content);
                    }
                }
            }
            (Request::HashKv(request), Response::HashKv(answer)) => {
                let release = self.releases.get(&member).map_or("", String::as_str);
                self.hashes.add(operation.place, request.revision, release, answer);
            }
            _ => {}
        }
    }

    /// A linearizable read after recovery must not be behind what anybody showed before.
    fn behind(&mut self, operation: &Operation<Option<Shown>>, revision: Revision) {
        let Some((known, place)) = operation.note.filter(|(known, _)| revision < *known) else {
            return;
        };
        self.findings.add("diverged-members", || {
            let (member, other) = (operation.place.member_name(), place.member_name());
            finding(
                ("diverged-members", "K12"),
                format!(
                    "after recovery {member} is at revision {revision}, although {other} had \
                     shown revision {known} before"
                ),
                format!("because {other} had shown revision {known}"),
                format!(
                    "however a linearizable read through {member} came after it, at {revision}"
                ),
                vec![
                    place.step("an answer or watch frame", format!("revision {known}")),
                    operation
                        .place
                        .step("read every key", format!("revision {revision}"))
                        .contradicting(),
                ],
            )
        });
    }

    fn missing(&self, reasons: &mut Vec<String>) {
        for member in self.members.iter().filter(|member| !self.contents.contains_key(member)) {
            reasons.push(match self.failures.get(member) {
                Some(message) => format!("the final read of {member} failed: {message}"),
                None => format!("no final read of {member} was recorded"),
            });
        }
    }

    fn compare(&mut self, reasons: &mut Vec<String>) {
        let mut contents = self.contents.iter();
        let Some((first, reference)) = contents.next() else { return };
        for (member, content) in contents {
            let (older, newer) = if reference.revision <= content.revision {
                (reference, content)
            } else {
                (content, reference)
            };
            if older.range != newer.range {
                reasons.push(format!("the final reads of {first} and {member} differ in range"));
                continue;
            }
            let span = (older.revision, newer.revision);
            let found = if span.0 == span.1 {
                difference(&older.pairs, &newer.pairs)
            } else if let Some(pairs) = self.tail.replay(&older.range, &older.pairs, span) {
                difference(&pairs, &newer.pairs)
            } else {
                let found = unexplained(&older.pairs, older.revision, &newer.pairs);
                // Pairs that are the same down to their versions have not changed between.
                if found.is_none() && older.pairs != newer.pairs {
                    reasons.push(format!(
                        "{first} and {member} were read at revisions {} and {}, and what changed \
                         between is not known",
                        reference.revision, content.revision
                    ));
                }
                found
            };
            if let Some(found) = found {
                self.differ.insert((*first, *member));
                self.findings.add("diverged-members", || diverged(older, newer, &found));
            }
        }
    }
}

fn diverged(older: &Content, newer: &Content, found: &Difference) -> crate::verdict::Finding {
    let (one, other) = (older.place.member_name(), newer.place.member_name());
    let Difference { key, first, second, keys } = found;
    let (first, second) = (text(first.as_ref()), text(second.as_ref()));
    let at = if older.revision == newer.revision {
        format!("both at revision {}", older.revision)
    } else {
        format!("read at revisions {} and {}", older.revision, newer.revision)
    };
    let more = match keys {
        1 => String::new(),
        _ => format!("; {keys} keys differ in all"),
    };
    finding(
        ("diverged-members", "K12"),
        format!(
            "after recovery {one} and {other} differ, {at}: key {key} is {first} on {one} and \
             {second} on {other}{more}"
        ),
        format!("because {one} shows key {key} as {first}"),
        format!("however {other} shows it as {second}, and no change between the two explains it"),
        vec![
            older.place.step(
                format!("read every key of {one}"),
                format!("key {key}: {first}, revision {}", older.revision),
            ),
            newer
                .place
                .step(
                    format!("read every key of {other}"),
                    format!("key {key}: {second}, revision {}", newer.revision),
                )
                .contradicting(),
        ],
    )
}

fn text(pair: Option<&PairMark>) -> String {
    pair.map_or_else(|| "absent".to_owned(), PairMark::to_string)
}
