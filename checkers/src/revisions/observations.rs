//! Every key-value pair that any response or watch shows, compared with all others.

use indexmap::IndexMap;

use crate::evidence::{Findings, PairMark, Place, RevisionMap, finding};
use crate::history::{Bytes, KeyValue, Revision};

/// What was seen of each key, by the revision of its last put.
#[derive(Clone, Debug, Default)]
pub(super) struct Observations {
    keys: IndexMap<Bytes, RevisionMap<Observed>>,
    count: u64,
}

#[derive(Clone, Debug)]
struct Observed {
    mark: PairMark,
    place: Place,
}

/// A pair, and where it was seen.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    /// The pair.
    pub(super) pair: &'a KeyValue,
    /// Whether its value was asked for.
    pub(super) valued: bool,
    /// The header's revision, 0 where there is none.
    pub(super) header: Revision,
    /// Where.
    pub(super) place: Place,
}

impl Observations {
    /// A pair is seen.
    pub(super) fn see(&mut self, sight: Sight<'_>, findings: &mut Findings) {
        self.count += 1;
        if let Some(rule) = broken_rule(&sight) {
            arithmetic(&sight, rule, findings);
            return;
        }
        let mark = PairMark::of(sight.pair, sight.valued);
        let seen = match self.keys.get_mut(&sight.pair.key) {
            Some(seen) => seen,
            None => self.keys.entry(sight.pair.key.clone()).or_default(),
        };
        let modified = mark.modified;
        let new = || Observed { mark: mark.clone(), place: sight.place };
        match seen.entry(modified, new) {
            (_, false) => neighbours(&sight.pair.key, seen, &mark, sight.place, findings),
            (known, true) if known.mark.agrees(&mark) => {
                let value = &mut known.mark.value;
                *value = value.take().or(mark.value);
            }
            (known, true) => conflict(&sight.pair.key, known, &mark, sight.place, findings),
        }
    }

    /// How many pairs were seen.
    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

/// The rule that a pair breaks by itself.
fn broken_rule(sight: &Sight<'_>) -> Option<&'static str> {
    let KeyValue { create_revision: create, mod_revision: modified, version, .. } = *sight.pair;
    let span = modified.0.checked_sub(create.0);
    match () {
        () if create.0 < 1 => Some("a key is created at a revision of at least 1"),
        () if create > modified => Some("a key is not modified before it is created"),
        () if version < 1 => Some("a key that exists has been put at least once"),
        () if (version == 1) != (create == modified) => {
            Some("version 1 is the put that creates the key, and no other")
        }
        () if span.is_none_or(|span| version - 1 > span) => {
            Some("every put after the first takes a revision of its own")
        }
        () if !sight.header.is_zero() && modified > sight.header => {
            Some("an answer holds nothing newer than its header's revision")
        }
        () => None,
    }
}

fn arithmetic(sight: &Sight<'_>, rule: &str, findings: &mut Findings) {
    findings.add("key-arithmetic", || {
        let mark = PairMark::of(sight.pair, sight.valued);
        let (key, member) = (&sight.pair.key, sight.place.member_name());
        let header = sight.header;
        finding(
            ("key-arithmetic", "K6"),
            format!("{member} shows key {key} with numbers that cannot be: {mark}"),
            format!("because {rule}"),
            format!("however the answer at revision {header} shows {mark}"),
            vec![
                sight
                    .place
                    .step(format!("a pair of key {key}"), format!("{mark} at revision {header}"))
                    .contradicting(),
            ],
        )
    });
}

fn conflict(key: &Bytes, known: &Observed, mark: &PairMark, place: Place, findings: &mut Findings) {
    findings.add("conflicting-observations", || {
        let (first, second) = (known.place.member_name(), place.member_name());
        let revision = mark.modified;
        finding(
            ("conflicting-observations", "K6"),
            format!(
                "key {key} as put at revision {revision} is {} on {first}, but {mark} on {second}",
                known.mark
            ),
            "because a key and the revision of its last put name one state",
            "however two answers show different ones",
            both(key, known, mark, place),
        )
    });
}

/// A new observation against the ones right before and after it.
fn neighbours(
    key: &Bytes,
    seen: &RevisionMap<Observed>,
    mark: &PairMark,
    place: Place,
    findings: &mut Findings,
) {
    let older = seen.before(mark.modified).filter(|other| !can_follow(&other.mark, mark));
    let newer = seen.after(mark.modified).filter(|other| !can_follow(mark, &other.mark));
    let Some(other) = older.or(newer) else { return };
    findings.add("key-arithmetic", || {
        finding(
            ("key-arithmetic", "K6"),
            format!("two states of key {key} exclude each other: {} and {mark}", other.mark),
            "because a put of a key that exists raises its version by one and takes a revision, \
             and a key that is created anew is created after its last state",
            "however these two states cannot belong to one history of the key",
            both(key, other, mark, place),
        )
    });
}

/// Whether one state of a key can be followed, sooner or later, by another.
fn can_follow(old: &PairMark, new: &PairMark) -> bool {
    if old.create != new.create {
        return new.create > old.modified;
    }
    let puts = new.version - old.version;
    puts >= 1 && puts <= new.modified.0 - old.modified.0
}

fn both(
    key: &Bytes,
    known: &Observed,
    mark: &PairMark,
    place: Place,
) -> Vec<crate::verdict::WitnessStep> {
    let what = format!("a pair of key {key}");
    vec![
        known.place.step(what.clone(), known.mark.to_string()),
        place.step(what, mark.to_string()).contradicting(),
    ]
}
