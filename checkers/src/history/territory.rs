//! What of a store is a run's own, and so what may be concluded from what nobody shows.

use super::bytes::Bytes;
use super::ids::Revision;
use super::preamble::Preamble;

/// What is known of the store before the run, and of who else writes to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// It was new, and nobody but the run writes: every revision is one of the run's.
    #[default]
    Ours,
    /// Others write beside the run, but not under its prefix, where there was nothing at
    /// the start: revisions that change nothing there are theirs.
    Shared,
    /// What it held at the start, or who writes to the run's keys, is not known.
    Unclear,
}

/// The keys that are a run's own, on which ground.
#[derive(Clone, Debug, Default)]
pub struct Territory {
    prefix: Bytes,
    /// The first key beyond them; empty where there is no prefix.
    beyond: Bytes,
    ground: Ground,
    start: Revision,
}

impl Preamble {
    /// The keys that are the run's own.
    pub fn territory(&self) -> Territory {
        let new = self.start_revision.0 <= 1;
        let ground = match (self.exclusive, self.prefix.is_empty()) {
            (true, true) if new => Ground::Ours,
            (false, false) => Ground::Shared,
            (true, false) if new => Ground::Shared,
            _ => Ground::Unclear,
        };
        let prefix = Bytes::from(self.prefix.as_str());
        let start = Revision(self.start_revision.0.max(1));
        Territory { beyond: beyond(prefix.as_slice()), prefix, ground, start }
    }
}

impl Territory {
    /// What is known of the store.
    pub fn ground(&self) -> Ground {
        self.ground
    }

    /// Whether others write beside the run.
    pub fn is_shared(&self) -> bool {
        self.ground == Ground::Shared
    }

    /// The prefix of the keys, for people.
    pub fn prefix(&self) -> &Bytes {
        &self.prefix
    }

    /// The revision at which there was none of the run's keys, if that is certain.
    pub fn empty_at(&self) -> Option<Revision> {
        (self.ground != Ground::Unclear).then_some(self.start)
    }

    /// Whether a key is the run's own.
    pub fn owns(&self, key: &Bytes) -> bool {
        key.as_slice().starts_with(self.prefix.as_slice())
    }

    /// Whether a change is the run's own: keys of former runs may have had the same names.
    pub fn has_made(&self, key: &Bytes, revision: Revision) -> bool {
        self.owns(key) && self.empty_at().is_none_or(|start| revision > start)
    }

    /// Whether a range, as a request has it, holds every key of the run's own.
    pub fn is_covered_by(&self, key: &Bytes, range_end: &Bytes) -> bool {
        let no_end = range_end.as_slice() == b"\0";
        if self.prefix.is_empty() {
            return no_end && key.as_slice() <= b"\0".as_slice();
        }
        !range_end.is_empty() && *key <= self.prefix && (no_end || *range_end >= self.beyond)
    }

    /// Whether a range, as a request has it, holds no key but the run's own.
    pub fn covers(&self, key: &Bytes, range_end: &Bytes) -> bool {
        if self.prefix.is_empty() {
            return true;
        }
        let ends = range_end.as_slice() != b"\0" && *range_end <= self.beyond;
        self.owns(key) && (range_end.is_empty() || ends)
    }
}

/// The first key that is above every key with a prefix. (A prefix is text, and no byte of
/// text is the highest one.)
fn beyond(prefix: &[u8]) -> Bytes {
    let mut beyond = prefix.to_vec();
    if let Some(last) = beyond.last_mut() {
        *last = last.saturating_add(1);
    }
    Bytes::from(beyond)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn territory(prefix: &str, exclusive: bool, start: i64) -> Territory {
        let preamble = Preamble {
            stormglass_history: 1,
            scenario: String::new(),
            seed: 0,
            target: String::new(),
            members: Vec::new(),
            prefix: prefix.to_owned(),
            start_revision: Revision(start),
            exclusive,
            revisions: true,
            started: String::new(),
            written_by: String::new(),
        };
        preamble.territory()
    }

    #[test]
    fn the_ground_is_what_the_first_line_promises() {
        let ground = |prefix, exclusive, start| territory(prefix, exclusive, start).ground();
        assert_eq!(ground("", true, 1), Ground::Ours);
        assert_eq!(ground("", true, 7), Ground::Unclear);
        assert_eq!(ground("", false, 1), Ground::Unclear);
        assert_eq!(ground("p/", false, 7), Ground::Shared);
        assert_eq!(ground("p/", true, 1), Ground::Shared);
        assert_eq!(ground("p/", true, 7), Ground::Unclear);
        assert_eq!(territory("p/", false, 7).empty_at(), Some(Revision(7)));
        assert_eq!(territory("", true, 7).empty_at(), None);
    }

    #[test]
    fn a_territory_knows_its_keys_and_the_ranges_within_and_around_it() {
        let own = territory("p/", false, 7);
        let key = |text: &str| Bytes::from(text);
        assert!(own.owns(&key("p/a")) && own.owns(&key("p/")) && !own.owns(&key("p0")));
        assert!(own.has_made(&key("p/a"), Revision(8)) && !own.has_made(&key("q"), Revision(8)));
        assert!(!own.has_made(&key("p/a"), Revision(7)));
        let within = |from, end| own.covers(&key(from), &key(end));
        assert!(within("p/a", "") && within("p/a", "p/c") && within("p/", "p0"));
        assert!(!within("p", "p0") && !within("p/a", "\0") && !within("p/a", "q"));
        let around = |from, end| own.is_covered_by(&key(from), &key(end));
        assert!(around("p/", "p0") && around("\0", "\0") && around("", "\0") && around("a", "z"));
        assert!(!around("p/", "") && !around("p/a", "p0") && !around("p/", "p/z"));
        let all = territory("", true, 1);
        assert!(all.is_covered_by(&key("\0"), &key("\0")) && all.covers(&key("a"), &key("\0")));
        assert!(
            !all.is_covered_by(&key("a"), &key("\0")) && !all.is_covered_by(&key(""), &key(""))
        );
    }
}
