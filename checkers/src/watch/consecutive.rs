//! At the end: each change of a key against the one before it in the same watch.

use super::change_log::{Change, ChangeLog};
use super::delivery::shown;
use super::stream::{Delivered, Prev, Stream};
use crate::evidence::{Findings, finding};
use crate::history::{KeyEventKind, Territory};
use crate::verdict::WitnessStep;

/// Compares what each watch showed of each key with what it showed before.
pub(super) struct Consecutive<'a> {
    /// What all watches showed.
    pub(super) log: &'a ChangeLog,
    /// The run's own keys, and when there were none.
    pub(super) territory: &'a Territory,
    /// Whether every compaction went through the history.
    pub(super) all_compactions_asked: bool,
    /// Where findings go.
    pub(super) findings: &'a mut Findings,
}

impl<'a> Consecutive<'a> {
    /// Checks every watch.
    pub(super) fn check(mut self, streams: impl Iterator<Item = &'a Stream>) {
        let mut last: Vec<Option<Delivered>> = vec![None; self.log.key_count()];
        for stream in streams {
            for delivered in &stream.delivered {
                if stream.orderly && stream.unfiltered() {
                    match last[delivered.key] {
                        Some(before) => self.pair(stream, before, *delivered),
                        None => self.first(stream, *delivered),
                    }
                    last[delivered.key] = Some(*delivered);
                }
                self.previous(stream, *delivered);
            }
            stream.delivered.iter().for_each(|delivered| last[delivered.key] = None);
        }
    }

    /// Two changes of one key that came one after the other.
    fn pair(&mut self, stream: &Stream, before: Delivered, delivered: Delivered) {
        let (old, new) = (self.log.change(before.change), self.log.change(delivered.change));
        let broken = match (old.kind, new.kind) {
            (KeyEventKind::Put, KeyEventKind::Put) => {
                old.pair.create != new.pair.create
                    || old.pair.version.checked_add(1) != Some(new.pair.version)
            }
            (KeyEventKind::Delete, KeyEventKind::Put) => new.pair.version != 1,
            (KeyEventKind::Delete, KeyEventKind::Delete) => true,
            (KeyEventKind::Put, KeyEventKind::Delete) => false,
        };
        // Something between that another watch shows is a gap, told by itself.
        let between = (old.revision.next(), new.revision.previous());
        let skipped = || !self.log.between(new.key, between.0, between.1).is_empty();
        if broken && !skipped() {
            self.version(stream, before, delivered);
            return;
        }
        let prev = new.prev.as_ref().filter(|_| delivered.prev == Prev::Logged);
        let wrong = match (prev, old.kind) {
            (Some(prev), KeyEventKind::Put) => !prev.agrees(&old.pair),
            (Some(_), KeyEventKind::Delete) => true,
            (None, _) => false,
        };
        if wrong && !broken && !skipped() {
            let expected = format!("it showed {} right before", old.text());
            let step = shown(stream, self.log, old, before.frame);
            self.prev(stream, delivered, &expected, Some(step));
        }
    }

    /// The first change of a key in a watch that began when the store was empty.
    fn first(&mut self, stream: &Stream, delivered: Delivered) {
        let empty_at = self.territory.empty_at();
        let Some((empty, start)) = empty_at.zip(stream.window.start()) else { return };
        let new = self.log.change(delivered.change);
        if new.revision <= empty || !self.territory.owns(self.log.name(new.key)) {
            return;
        }
        let creates = new.kind == KeyEventKind::Put && new.pair.version == 1;
        let skipped = || {
            let before = new.revision.previous();
            !self.log.between(new.key, empty, before).is_empty()
        };
        if start <= empty.next() && !creates && !skipped() {
            let (log, place) = (self.log, stream.place(delivered.frame));
            self.findings.add("watch-version", || {
                let key = log.name(new.key);
                finding(
                    ("watch-version", "W10"),
                    format!(
                        "the first change of key {key} that {} shows does not create it: {} at \
                         revision {}",
                        stream.name(),
                        new.text(),
                        new.revision
                    ),
                    "because there was no such key when the run began, and the watch began there",
                    "however the key seems to have existed before",
                    vec![
                        stream.opened.step(stream.opening(), "there is no such key"),
                        place
                            .step(format!("watch {} shows key {key}", stream.id), new.text())
                            .contradicting(),
                    ],
                )
            });
        }
    }

    /// The pair before, against the log of all watches.
    fn previous(&mut self, stream: &Stream, delivered: Delivered) {
        let new = self.log.change(delivered.change);
        let creates = new.kind == KeyEventKind::Put && new.pair.version == 1;
        match (delivered.prev, &new.prev) {
            (Prev::Absent, _) if !creates && self.all_compactions_asked => {
                self.prev(stream, delivered, "nothing had been compacted there", None);
            }
            (Prev::Logged, Some(prev)) => {
                let logged = self.log.at(new.key, prev.modified);
                let [(_, only)] = logged else { return };
                let old = self.log.change(*only);
                if old.kind == KeyEventKind::Delete || !old.pair.agrees(prev) {
                    let expected = format!("{} shows {}", old.place.member_name(), old.text());
                    let (watch, key) = (old.watch, self.log.name(new.key));
                    let shows = format!("{} at revision {}", old.text(), old.revision);
                    let step = old.place.step(format!("watch {watch} shows key {key}"), shows);
                    self.prev(stream, delivered, &expected, Some(step));
                }
            }
            _ => {}
        }
    }

    fn version(&mut self, stream: &Stream, before: Delivered, delivered: Delivered) {
        let log = self.log;
        self.findings.add("watch-version", || {
            let (old, new) = (log.change(before.change), log.change(delivered.change));
            finding(
                ("watch-version", "W10"),
                format!(
                    "{} shows key {} as {} at revision {} right after {} at revision {}",
                    stream.name(),
                    log.name(new.key),
                    new.text(),
                    new.revision,
                    old.text(),
                    old.revision
                ),
                "because a put of a key that exists raises its version by one, a put of an \
                 absent key makes version 1, and only a key that exists can be deleted",
                "however the second change does not follow from the first",
                vec![
                    shown(stream, log, old, before.frame),
                    shown(stream, log, new, delivered.frame).contradicting(),
                ],
            )
        });
    }

    fn prev(
        &mut self,
        stream: &Stream,
        delivered: Delivered,
        expected: &str,
        before: Option<WitnessStep>,
    ) {
        let log = self.log;
        self.findings.add("watch-prev-kv", || {
            let new = log.change(delivered.change);
            let key = log.name(new.key);
            let found = found_prev(new, delivered);
            let asked = || stream.opened.step(stream.opening(), "prev_kv asked for");
            let steps = vec![
                before.unwrap_or_else(asked),
                shown(stream, log, new, delivered.frame).contradicting(),
            ];
            finding(
                ("watch-prev-kv", "W9"),
                format!(
                    "{} shows {found} as the previous pair of key {key} at revision {}",
                    stream.name(),
                    new.revision
                ),
                "because the previous pair is the key's state one revision before",
                format!("however {expected}"),
                steps,
            )
        });
    }
}

fn found_prev(change: &Change, delivered: Delivered) -> String {
    match (&change.prev, delivered.prev) {
        (Some(prev), Prev::Logged) => prev.to_string(),
        _ => "nothing".to_owned(),
    }
}
