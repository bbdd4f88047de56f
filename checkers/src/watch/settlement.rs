//! At the end: every watch against what all others and the acknowledgements show.

use std::collections::{BTreeMap, BTreeSet};

use super::change_log::{Change, ChangeLog};
use super::delivery::shown;
use super::stream::Stream;
use super::writes::{Write, Writes, effect_text};
use crate::evidence::{Change as What, Effect, Findings, finding};
use crate::history::{KeyEventKind, Revision, WatchId};
use crate::verdict::WitnessStep;

/// So many gaps are told apart from divergence; a store that is broken for good can have
/// one at every revision, and telling them apart searches both watches.
const EXPLAINED: u64 = 200;

/// Settles what was shown.
pub(super) struct Settlement<'a> {
    /// Every watch.
    pub(super) streams: &'a BTreeMap<WatchId, Stream>,
    /// What they showed.
    pub(super) log: &'a ChangeLog,
    /// What was acknowledged.
    pub(super) writes: &'a Writes,
    /// Where findings go.
    pub(super) findings: &'a mut Findings,
}

/// A change that no watch showed although its write was acknowledged.
#[derive(Clone, Copy)]
struct Unshown<'a> {
    revision: Revision,
    effect: &'a Effect,
    write: &'a Write,
}

impl<'a> Settlement<'a> {
    /// Looks for phantoms, gaps and members that show different things.
    pub(super) fn settle(mut self) {
        let refuted = self.phantoms();
        let unshown = self.unshown();
        let mut diverged = BTreeSet::new();
        for stream in self.streams.values() {
            let Some((from, to)) = stream.window.covered() else { continue };
            let delivered = Delivered::by(stream, self.log.changes().len());
            for key in self.log.keys_in(&stream.range) {
                for (revision, number) in self.log.between(key, from, to) {
                    if delivered.itself(*number) {
                        continue;
                    }
                    let change = self.log.change(*number);
                    let certain = !refuted.contains(number)
                        && self.log.at(key, *revision).len() == 1
                        && stream.wants(change.kind);
                    if certain && !delivered.at(*revision, key) {
                        self.missing(stream, change, &mut diverged);
                    }
                }
            }
            let first = unshown.partition_point(|unshown| unshown.revision < from);
            let within = unshown.iter().skip(first).take_while(|unshown| unshown.revision <= to);
            for unshown in within.filter(|unshown| wanted(stream, unshown.effect)) {
                self.unacknowledged(stream, *unshown);
            }
        }
    }

    /// Changes that contradict an acknowledged write, or that nobody wrote.
    fn phantoms(&mut self) -> BTreeSet<usize> {
        let mut refuted = BTreeSet::new();
        for (number, change) in self.log.changes().iter().enumerate() {
            let key = self.log.name(change.key);
            let write = self.writes.at(change.revision);
            if let Some(write) = write.filter(|write| write.refutes(key, change)) {
                refuted.insert(number);
                self.phantom(change, write);
                continue;
            }
            let value = change.pair.value.as_ref().filter(|_| change.kind == KeyEventKind::Put);
            let ours = self.writes.may_have_made(key, change.revision);
            if value.is_some_and(|value| ours && !self.writes.may_have_been_asked(key, value)) {
                refuted.insert(number);
                self.nobody(change);
            }
        }
        refuted
    }

    /// Acknowledged changes that no watch showed, or only differently, by revision.
    fn unshown(&self) -> Vec<Unshown<'a>> {
        let (log, writes) = (self.log, self.writes);
        let is_shown = |revision: Revision, effect: &Effect, write: &Write| {
            log.find(&effect.key).is_some_and(|key| {
                let shown = log.at(key, revision);
                shown.iter().any(|(_, change)| !write.refutes(&effect.key, log.change(*change)))
            })
        };
        let all = writes.uncontested().flat_map(|(revision, write)| {
            write.effects.iter().map(move |effect| Unshown { revision, effect, write })
        });
        all.filter(|one| !is_shown(one.revision, one.effect, one.write)).collect()
    }

    /// A watch passed over a change that another one shows.
    fn missing(&mut self, stream: &Stream, change: &Change, diverged: &mut BTreeSet<Revision>) {
        let revision = change.revision;
        let known = self.findings.count("watch-gap") + self.findings.count("watch-diverged");
        let instead = if known < EXPLAINED { self.shown_instead(stream, change) } else { None };
        let (anomaly, guarantee) = match instead {
            Some(_) if !diverged.insert(revision) => return,
            Some(_) => ("watch-diverged", "W11"),
            None => ("watch-gap", "W3"),
        };
        let log = self.log;
        self.findings.add(anomaly, || {
            let key = log.name(change.key);
            let other = change.place.member_name();
            let sentence = match instead {
                None => gap_sentence(stream, revision, &key.to_string()),
                Some(instead) => format!(
                    "at revision {revision} {} shows key {key} ({}), but {} shows key {} ({})",
                    other,
                    change.text(),
                    stream.opened.member_name(),
                    log.name(instead.key),
                    instead.text()
                ),
            };
            let what = format!("watch {} shows key {key}", change.watch);
            finding(
                (anomaly, guarantee),
                sentence,
                format!(
                    "because watch {} on {other} shows key {key} at revision {revision}: {}",
                    change.watch,
                    change.text()
                ),
                format!("however {} passed revision {revision} without it", stream.name()),
                vec![
                    change.place.step(what, format!("{} at revision {revision}", change.text())),
                    stream.opened.step(stream.opening(), "a promise of every change from there"),
                    passing(stream, log, instead, revision).contradicting(),
                ],
            )
        });
    }

    /// What a watch shows at the revision of a change that it does not show, if the
    /// other watch must have shown that and did not: then the two saw different stores.
    fn shown_instead(&self, stream: &Stream, change: &Change) -> Option<&'a Change> {
        let other = self.streams.get(&change.watch)?;
        let log = self.log;
        let revision = change.revision;
        let begin = if stream.orderly {
            stream.delivered.partition_point(|delivered| delivered.revision < revision)
        } else {
            0
        };
        let mut at_revision = stream
            .delivered
            .iter()
            .skip(begin)
            .take_while(|delivered| !stream.orderly || delivered.revision == revision)
            .filter(|delivered| delivered.revision == revision);
        let lacks = |key: usize| {
            !other.delivered.iter().any(|one| one.revision == revision && one.key == key)
        };
        at_revision
            .find(|one| other.must_show(log, one.change) && lacks(one.key))
            .map(|one| log.change(one.change))
    }

    /// A watch passed over a change that was acknowledged and no watch shows.
    fn unacknowledged(&mut self, stream: &Stream, unshown: Unshown<'_>) {
        let Unshown { revision, effect, write } = unshown;
        let log = self.log;
        self.findings.add("watch-gap", || {
            finding(
                ("watch-gap", "W3"),
                gap_sentence(stream, revision, &effect.key.to_string()),
                format!("because {} was acknowledged at revision {revision}", effect_text(effect)),
                format!("however {} passed revision {revision} without it", stream.name()),
                vec![
                    write.place.step(write.text(), format!("ok, revision {revision}")),
                    stream.opened.step(stream.opening(), "a promise of every change from there"),
                    passing(stream, log, None, revision).contradicting(),
                ],
            )
        });
    }

    fn phantom(&mut self, change: &Change, write: &Write) {
        let log = self.log;
        self.findings.add("watch-phantom", || {
            let (key, revision) = (log.name(change.key), change.revision);
            let member = change.place.member_name();
            let acknowledged = write.text();
            finding(
                ("watch-phantom", "W3"),
                format!(
                    "{member} shows revision {revision} as a change of key {key} ({}), but that \
                     revision was acknowledged as {acknowledged}",
                    change.text()
                ),
                format!("because {acknowledged} was acknowledged at revision {revision}"),
                format!("however watch {} shows something else there", change.watch),
                vec![
                    write.place.step(acknowledged, format!("ok, revision {revision}")),
                    phantom_step(change, &key.to_string()),
                ],
            )
        });
    }

    fn nobody(&mut self, change: &Change) {
        let log = self.log;
        self.findings.add("watch-phantom", || {
            let (key, revision) = (log.name(change.key), change.revision);
            finding(
                ("watch-phantom", "W3"),
                format!(
                    "{} shows a value of key {key} at revision {revision} that nobody wrote: {}",
                    change.place.member_name(),
                    change.text()
                ),
                "because every value that is written is recorded before its request is sent",
                format!("however watch {} shows a value that no request has", change.watch),
                vec![phantom_step(change, &key.to_string())],
            )
        });
    }
}

/// What a watch delivered, for searches: almost always the very change that is asked for.
struct Delivered {
    changes: Vec<bool>,
    places: Vec<(Revision, usize)>,
}

impl Delivered {
    /// By this watch, of so many changes that the log has.
    fn by(stream: &Stream, many: usize) -> Self {
        let mut changes = vec![false; many];
        stream.delivered.iter().for_each(|one| changes[one.change] = true);
        let places = stream.delivered.iter().map(|one| (one.revision, one.key));
        let mut places: Vec<(Revision, usize)> = places.collect();
        if !places.is_sorted() {
            places.sort_unstable();
        }
        Self { changes, places }
    }

    /// This change of the log.
    fn itself(&self, change: usize) -> bool {
        self.changes[change]
    }

    /// Some change of this key at this revision.
    fn at(&self, revision: Revision, key: usize) -> bool {
        self.places.binary_search(&(revision, key)).is_ok()
    }
}

fn wanted(stream: &Stream, effect: &Effect) -> bool {
    let kind = match effect.change {
        What::Put { .. } => KeyEventKind::Put,
        What::Delete => KeyEventKind::Delete,
    };
    stream.wants(kind) && stream.range.contains(&effect.key)
}

fn gap_sentence(stream: &Stream, revision: Revision, key: &str) -> String {
    let resumed = match stream.resumes {
        Some(resumed) => format!(" (it resumed {resumed})"),
        None => String::new(),
    };
    format!("{}{resumed} skipped revision {revision} of key {key}", stream.name())
}

fn phantom_step(change: &Change, key: &str) -> WitnessStep {
    let what = format!("watch {} shows key {key}", change.watch);
    let shows = format!("{} at revision {}", change.text(), change.revision);
    change.place.step(what, shows).contradicting()
}

/// The step by which a watch passed a revision.
fn passing(
    stream: &Stream,
    log: &ChangeLog,
    instead: Option<&Change>,
    revision: Revision,
) -> WitnessStep {
    let passed = stream.passed_by(revision).unwrap_or(stream.opened);
    let by = stream.delivered.iter().find(|one| one.revision >= revision);
    match (instead, by) {
        (Some(change), Some(by)) => shown(stream, log, change, by.frame),
        (None, Some(by)) if stream.place(by.frame) == passed => {
            shown(stream, log, log.change(by.change), by.frame)
        }
        _ => passed.step(
            format!("watch {} passes revision {revision}", stream.id),
            "a progress notification",
        ),
    }
}
