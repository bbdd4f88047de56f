//! What a watch's own frames say about it: order, repeats, splits, bounds, progress.

use super::change_log::{Change, ChangeLog};
use super::stream::{Delivered, Prev, Stream};
use crate::evidence::{Findings, PairMark, finding};
use crate::history::{Event, KeyEvent, Revision, WatchEvents, WatchHeader};

/// Checks one watch's frames as they come.
pub(super) struct Delivery<'a> {
    /// The watch.
    pub(super) stream: &'a mut Stream,
    /// What all watches showed.
    pub(super) log: &'a mut ChangeLog,
    /// Where findings go.
    pub(super) findings: &'a mut Findings,
    /// The highest revision that a compaction may have reached.
    pub(super) compacted: Revision,
}

impl Delivery<'_> {
    /// A response with events.
    pub(super) fn events(&mut self, event: &Event, events: &WatchEvents) {
        let frame = self.stream.begin_frame(event, events.fragment);
        for shown in &events.events {
            self.event(event, frame, shown);
        }
    }

    /// A progress notification.
    pub(super) fn progress(&mut self, event: &Event, header: &WatchHeader) {
        let Some(revision) = Stream::progress_of(header) else { return };
        let frame = self.stream.begin_frame(event, false);
        match self.stream.progress {
            Some((before, earlier)) if revision < before => {
                self.progress_went_back(before, earlier, revision, frame);
            }
            _ => self.stream.progress = Some((revision, frame)),
        }
    }

    fn event(&mut self, event: &Event, frame: usize, shown: &KeyEvent) {
        let place = self.stream.place(frame);
        debug_assert_eq!(place.index, event.index);
        let entered = self.log.enter(shown, self.stream.id, place);
        if let Some(other) = entered.conflict {
            self.diverged(other, entered.change, frame);
        }
        let (revision, key) = (shown.kv.mod_revision, self.log.change(entered.change).key);
        if self.outside(revision, entered.change, frame, shown) {
            return;
        }
        if let Some(earlier) = self.stream.has_delivered(revision, key) {
            self.stream.orderly = false;
            self.duplicate(entered.change, earlier, frame);
            return;
        }
        self.order(revision, entered.change, frame);
        let prev = self.prev(shown, entered.change, frame);
        let change = entered.change;
        self.stream.deliver(Delivered { revision, key, change, frame, prev });
    }

    /// Whether the change is none that was asked for.
    fn outside(
        &mut self,
        revision: Revision,
        change: usize,
        frame: usize,
        shown: &KeyEvent,
    ) -> bool {
        // A start of 0 is none that was asked for: see `Window`.
        let asked = self.stream.request.start_revision;
        if revision < asked {
            self.unasked("watch-before-start", change, frame, "older than its start revision");
            return true;
        }
        let foreign = !self.stream.range.contains(&shown.kv.key);
        if foreign {
            self.unasked("watch-outside-range", change, frame, "of a key outside its range");
            return true;
        }
        let filtered = !self.stream.wants(shown.kind);
        if filtered {
            self.unasked("watch-outside-range", change, frame, "of a kind that it filters out");
        }
        filtered
    }

    fn order(&mut self, revision: Revision, change: usize, frame: usize) {
        let last = self.stream.delivered.last().copied();
        match last {
            Some(last) if revision < last.revision => {
                self.stream.orderly = false;
                self.disorder(last, change, frame);
            }
            Some(last)
                if revision == last.revision && !self.stream.one_response(last.frame, frame) =>
            {
                self.split(last, change, frame);
            }
            _ => match self.stream.progress {
                Some((passed, notified)) if revision <= passed => {
                    self.after_progress(passed, notified, change, frame);
                }
                _ => {}
            },
        }
    }

    fn prev(&mut self, shown: &KeyEvent, change: usize, frame: usize) -> Prev {
        if !self.stream.request.prev_kv {
            return Prev::NotAsked;
        }
        let Some(pair) = &shown.prev_kv else {
            let forgotten = shown.kv.mod_revision <= self.compacted || self.stream.cancelling;
            return if forgotten { Prev::Forgotten } else { Prev::Absent };
        };
        let mark = PairMark::of(pair, true);
        let by = (self.stream.id, self.stream.place(frame));
        let agreed = self.log.enter_prev(change, &mark, by);
        let same_key = pair.key == shown.kv.key;
        if !agreed || !same_key || !follows(self.log.change(change), &mark) {
            self.wrong_prev(change, &mark, frame, agreed && same_key);
            return Prev::NotAsked;
        }
        Prev::Logged
    }

    fn diverged(&mut self, other: usize, change: usize, frame: usize) {
        let (one, two) = (self.log.change(other), self.log.change(change));
        let (stream, log) = (&self.stream, &self.log);
        self.findings.add("watch-diverged", || {
            let key = log.name(two.key);
            let revision = two.revision;
            let (first, second) = (one.place.member_name(), stream.opened.member_name());
            finding(
                ("watch-diverged", "W11"),
                format!(
                    "revision {revision} of key {key} is a {} on {first} and a {} on {second}",
                    one.text(),
                    two.text()
                ),
                format!("because watch {} was shown the one", one.watch),
                format!("however watch {} was shown the other at the same revision", stream.id),
                vec![
                    one.place.step(format!("watch {} shows key {key}", one.watch), one.text()),
                    stream
                        .place(frame)
                        .step(format!("watch {} shows key {key}", stream.id), two.text())
                        .contradicting(),
                ],
            )
        });
    }

    fn unasked(&mut self, anomaly: &'static str, change: usize, frame: usize, how: &str) {
        let (stream, log) = (&self.stream, &self.log);
        self.findings.add(anomaly, || {
            let change = log.change(change);
            let key = log.name(change.key);
            finding(
                (anomaly, "W7"),
                format!(
                    "{} was given a change {how}: key {key} at revision {}",
                    stream.name(),
                    change.revision
                ),
                format!("because it was asked to {}", stream.opening()),
                format!("however it delivered revision {} of key {key}", change.revision),
                vec![
                    stream.opened.step(stream.opening(), "a promise of what will come"),
                    shown(stream, log, change, frame).contradicting(),
                ],
            )
        });
    }

    fn duplicate(&mut self, change: usize, earlier: usize, frame: usize) {
        let (stream, log) = (&self.stream, &self.log);
        self.findings.add("watch-duplicate", || {
            let change = log.change(change);
            let key = log.name(change.key);
            finding(
                ("watch-duplicate", "W2"),
                format!(
                    "{} delivered revision {} of key {key} twice",
                    stream.name(),
                    change.revision
                ),
                "because a watch delivers each change once",
                "however the same change came again",
                vec![
                    shown(stream, log, change, earlier),
                    shown(stream, log, change, frame).contradicting(),
                ],
            )
        });
    }

    fn disorder(&mut self, last: Delivered, change: usize, frame: usize) {
        let (stream, log) = (&self.stream, &self.log);
        self.findings.add("watch-disorder", || {
            let change = log.change(change);
            finding(
                ("watch-disorder", "W1"),
                format!(
                    "{} went back from revision {} to revision {} (key {})",
                    stream.name(),
                    last.revision,
                    change.revision,
                    log.name(change.key)
                ),
                format!("because it had delivered revision {}", last.revision),
                format!("however the older revision {} came after it", change.revision),
                vec![
                    shown(stream, log, log.change(last.change), last.frame),
                    shown(stream, log, change, frame).contradicting(),
                ],
            )
        });
    }

    fn split(&mut self, last: Delivered, change: usize, frame: usize) {
        let (stream, log) = (&self.stream, &self.log);
        self.findings.add("watch-split", || {
            let change = log.change(change);
            finding(
                ("watch-split", "W4"),
                format!(
                    "{} delivered revision {} in two responses",
                    stream.name(),
                    change.revision
                ),
                "because all changes of one revision belong together, fragments aside",
                format!("however key {} came in a response of its own", log.name(change.key)),
                vec![
                    shown(stream, log, log.change(last.change), last.frame),
                    shown(stream, log, change, frame).contradicting(),
                ],
            )
        });
    }

    fn after_progress(&mut self, passed: Revision, notified: usize, change: usize, frame: usize) {
        let (stream, log) = (&self.stream, &self.log);
        self.findings.add("watch-progress-early", || {
            let change = log.change(change);
            finding(
                ("watch-progress-early", "W6"),
                format!(
                    "{} announced progress up to revision {passed} and then delivered revision {} \
                     of key {}",
                    stream.name(),
                    change.revision,
                    log.name(change.key)
                ),
                format!("because after progress {passed} everything up to it was delivered"),
                format!("however revision {} came afterwards", change.revision),
                vec![
                    stream.place(notified).step("progress", format!("revision {passed}")),
                    shown(stream, log, change, frame).contradicting(),
                ],
            )
        });
    }

    fn progress_went_back(
        &mut self,
        before: Revision,
        earlier: usize,
        revision: Revision,
        frame: usize,
    ) {
        let stream = &self.stream;
        self.findings.add("watch-progress-early", || {
            finding(
                ("watch-progress-early", "W6"),
                format!(
                    "progress of {} went back from revision {before} to revision {revision}",
                    stream.name()
                ),
                format!("because it had announced progress up to revision {before}"),
                format!("however it then announced revision {revision}"),
                vec![
                    stream.place(earlier).step("progress", format!("revision {before}")),
                    stream
                        .place(frame)
                        .step("progress", format!("revision {revision}"))
                        .contradicting(),
                ],
            )
        });
    }

    fn wrong_prev(&mut self, change: usize, prev: &PairMark, frame: usize, alone: bool) {
        let (stream, log) = (&self.stream, &self.log);
        self.findings.add("watch-prev-kv", || {
            let change = log.change(change);
            let key = log.name(change.key);
            let other = change.prev.as_ref().filter(|other| !alone && *other != prev);
            let expected = match other {
                Some(other) => format!("another watch showed {other}"),
                None => format!("that cannot come before {}", change.text()),
            };
            let (watch, place) = match (other, &change.prev_shown) {
                (Some(_), Some((watch, place))) => (*watch, place),
                _ => (change.watch, &change.place),
            };
            finding(
                ("watch-prev-kv", "W9"),
                format!(
                    "{} shows a wrong previous pair for revision {} of key {key}: {prev}",
                    stream.name(),
                    change.revision
                ),
                "because the previous pair is the key's state one revision before",
                format!("however {expected}"),
                vec![
                    place.step(format!("watch {watch} shows key {key}"), change.text()),
                    shown(stream, log, change, frame).contradicting(),
                ],
            )
        });
    }
}

/// Whether a pair can be the one right before a change, by the numbers alone.
fn follows(change: &Change, prev: &PairMark) -> bool {
    let older = prev.modified < change.revision;
    match change.kind {
        crate::history::KeyEventKind::Delete => older,
        crate::history::KeyEventKind::Put => {
            older
                && prev.create == change.pair.create
                && prev.version.checked_add(1) == Some(change.pair.version)
        }
    }
}

/// The step of a witness in which a watch delivers a change.
pub(super) fn shown(
    stream: &Stream,
    log: &ChangeLog,
    change: &Change,
    frame: usize,
) -> crate::verdict::WitnessStep {
    let what = format!("watch {} shows key {}", stream.id, log.name(change.key));
    let shows = format!("{} at revision {}", change.text(), change.revision);
    stream.place(frame).step(what, shows)
}
