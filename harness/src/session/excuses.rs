//! What members may do because of a fault that holds: a store that ends because its disk is full
//! does what it should.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stormglass_checkers::history::MemberIndex;

/// Which members may end by themselves, and which parts of their logs prove nothing. Cheap to
/// clone; all clones are one.
#[derive(Clone, Default)]
pub struct Excuses {
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    causes: BTreeMap<MemberIndex, Cause>,
    /// Parts of logs, in bytes.
    logs: BTreeMap<MemberIndex, Vec<Range<u64>>>,
}

struct Cause {
    /// What a member's last words must name; an empty one excuses every end.
    named: &'static str,
    /// How long its log was when the fault began, in bytes.
    log: u64,
    /// Whether the fault holds still. If not, only a member that is slow to end is excused.
    holds: bool,
}

impl Excuses {
    /// From now on the member may end if its last words name the cause. Who begins this starts
    /// the member again.
    /// `log` is how long the member's log is now, in bytes.
    pub fn begin(&self, member: MemberIndex, cause: &'static str, log: u64) {
        self.known().causes.insert(member, Cause { named: cause, log, holds: true });
    }

    /// The fault is over. A member that was hit may take its time to end; whoever watches its
    /// process starts it again.
    pub fn end(&self, member: MemberIndex) {
        let mut known = self.known();
        known.causes.retain(|other, cause| *other != member || !cause.named.is_empty());
        if let Some(cause) = known.causes.get_mut(&member) {
            cause.holds = false;
        }
    }

    /// Whether a fault holds, whose heal starts the member again.
    pub fn hold(&self, member: MemberIndex) -> bool {
        self.known().causes.get(&member).is_some_and(|cause| cause.holds)
    }

    /// What a member that ends names while a fault holds, and from which byte of its log on.
    pub fn cause(&self, member: MemberIndex) -> Option<(&'static str, u64)> {
        let known = self.known();
        let cause = known.causes.get(&member).filter(|cause| cause.holds)?;
        Some((cause.named, cause.log))
    }

    /// Whether an end with these last words is excused.
    pub fn cover(&self, member: MemberIndex, last_words: &[String]) -> bool {
        let known = self.known();
        let says = |cause: &Cause| last_words.iter().any(|line| line.contains(cause.named));
        known.causes.get(&member).is_some_and(|cause| cause.named.is_empty() || says(cause))
    }

    /// What the member wrote to its log from one byte to another proves nothing.
    pub fn excuse_log(&self, member: MemberIndex, part: Range<u64>) {
        self.known().logs.entry(member).or_default().push(part);
    }

    /// Whether the line that begins at this byte of the member's log proves nothing.
    pub fn cover_line(&self, member: MemberIndex, begins: u64) -> bool {
        let known = self.known();
        known.logs.get(&member).is_some_and(|parts| parts.iter().any(|part| part.contains(&begins)))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: MemberIndex = MemberIndex(1);

    #[test]
    fn only_the_cause_excuses_and_only_its_fault_restarts() {
        let excuses = Excuses::default();
        let words = |words: &str| vec!["an earlier line".to_owned(), words.to_owned()];
        let full = words("fatal: no space left on device");
        assert!(!excuses.cover(MEMBER, &full));
        excuses.begin(MEMBER, "no space left", 7);
        assert_eq!(excuses.cause(MEMBER), Some(("no space left", 7)));
        assert!(excuses.cover(MEMBER, &full));
        assert!(!excuses.cover(MEMBER, &words("panic: index out of range")));
        assert!(!excuses.cover(MemberIndex(2), &full));
        assert!(excuses.hold(MEMBER));
        excuses.end(MEMBER);
        assert!(excuses.cover(MEMBER, &full), "it was slow to end");
        assert!(!excuses.hold(MEMBER));
        assert_eq!(excuses.cause(MEMBER), None);
        excuses.begin(MEMBER, "", 0);
        assert!(excuses.cover(MEMBER, &words("anything")));
        excuses.end(MEMBER);
        assert!(!excuses.cover(MEMBER, &words("anything")));
    }

    #[test]
    fn parts_of_a_log_are_excused() {
        let excuses = Excuses::default();
        excuses.excuse_log(MEMBER, 10..20);
        let covered = [9, 10, 19, 20].map(|byte| excuses.cover_line(MEMBER, byte));
        assert_eq!(covered, [false, true, true, false]);
        assert!(!excuses.cover_line(MemberIndex(0), 10));
    }
}
