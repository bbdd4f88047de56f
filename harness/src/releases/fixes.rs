//! Known correctness bugs of etcd and the releases that fixed them.
//!
//! Tests and scenarios ask for a capability ("a release with #18089 fixed"), not for a version:
//! distributions move on. The table holds the bugs that were reproduced on stock binaries or are
//! known to produce true findings; issue numbers are those of `etcd-io/etcd`.

use super::version::Version;

/// One bug and where it is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fix {
    /// Number of the upstream issue (or of the pull request, where there is no issue).
    pub issue: u32,
    /// What is broken without the fix, in a few words.
    pub title: &'static str,
    /// The first line that has the bug, where older lines were tried or read and have it not.
    /// Otherwise every line without an entry in `fixed_in` counts as broken.
    pub since: Option<Version>,
    /// The first fixed release of each line that got the fix, ascending. Lines newer than the
    /// last entry have the fix from their beginning.
    pub fixed_in: &'static [Version],
}

impl Fix {
    /// Whether `version` is free of the bug.
    pub fn is_in(&self, version: Version) -> bool {
        if self.since.is_some_and(|since| version.line() < since.line()) {
            return true;
        }
        let same_line = self.fixed_in.iter().find(|fixed| fixed.line() == version.line());
        match (same_line, self.fixed_in.last()) {
            (Some(fixed), _) => version >= *fixed,
            (None, Some(last)) => version.line() > last.line(),
            (None, None) => false,
        }
    }
}

/// Every known bug, by issue number.
pub fn fixes() -> &'static [Fix] {
    FIXES
}

/// The entry of this issue number.
fn fix(issue: u32) -> Option<&'static Fix> {
    FIXES.iter().find(|fix| fix.issue == issue)
}

/// Whether `version` has the fix for `issue`.
///
/// A number that [`fixes`] does not list counts as not fixed: nothing is known of it.
pub fn has_fix(version: Version, issue: u32) -> bool {
    fix(issue).is_some_and(|fix| fix.is_in(version))
}

const fn v(minor: u32, patch: u32) -> Version {
    Version::new(3, minor, patch)
}

const FIXES: &[Fix] = &[
    Fix {
        issue: 13766,
        title: "a killed member skips committed entries",
        since: Some(v(5, 0)),
        fixed_in: &[v(5, 3)],
    },
    Fix {
        issue: 14370,
        title: "a single member acknowledges a write before it is durable",
        since: None,
        fixed_in: &[v(4, 21), v(5, 5)],
    },
    Fix {
        issue: 14685,
        title: "a crash in defragmentation applies entries twice",
        since: Some(v(5, 0)),
        fixed_in: &[v(5, 6)],
    },
    Fix {
        issue: 15220,
        title: "a requested progress notification overtakes events",
        since: None,
        fixed_in: &[v(4, 25), v(5, 8)],
    },
    Fix {
        issue: 15271,
        title: "a live watch goes back in time after a snapshot transfer",
        since: None,
        fixed_in: &[v(4, 25), v(5, 8)],
    },
    Fix {
        issue: 17780,
        title: "the revision falls after a crash during compaction",
        since: None,
        fixed_in: &[v(4, 32), v(5, 14)],
    },
    Fix {
        issue: 18089,
        title: "a watch from the compact revision loses the delete at that revision",
        since: None,
        fixed_in: &[v(4, 34), v(5, 16)],
    },
    Fix {
        issue: 18667,
        title: "a refused transaction takes effect on other members",
        since: None,
        fixed_in: &[v(7, 0)],
    },
    Fix {
        issue: 19179,
        title: "a watch loses a delete after an interrupted compaction",
        since: None,
        fixed_in: &[v(4, 36), v(5, 18)],
    },
    Fix {
        issue: 20221,
        title: "a watch with a future start revision gets older events",
        since: None,
        fixed_in: &[v(4, 38), v(5, 22), v(6, 2)],
    },
    Fix {
        issue: 20418,
        title: "a paused old leader answers a linearizable read from the past",
        since: Some(v(4, 0)),
        fixed_in: &[v(4, 42), v(5, 28), v(6, 9)],
    },
    Fix {
        issue: 20616,
        title: "an acknowledged lease keepalive is lost",
        since: None,
        fixed_in: &[v(4, 38), v(5, 23), v(6, 5)],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The releases of the track record, and the bugs that each was seen to have or not have.
    #[test]
    fn the_table_agrees_with_the_track_record() {
        let expected: [(Version, &[u32]); 6] = [
            (v(3, 25), &[14370, 15220, 15271, 17780, 18089, 18667, 19179, 20221, 20616]),
            (v(4, 23), &[15220, 15271, 17780, 18089, 18667, 19179, 20221, 20418, 20616]),
            (
                v(5, 0),
                &[
                    13766, 14370, 14685, 15220, 15271, 17780, 18089, 18667, 19179, 20221, 20418,
                    20616,
                ],
            ),
            (
                v(5, 1),
                &[
                    13766, 14370, 14685, 15220, 15271, 17780, 18089, 18667, 19179, 20221, 20418,
                    20616,
                ],
            ),
            (v(5, 16), &[18667, 19179, 20221, 20418, 20616]),
            (v(5, 30), &[18667]),
        ];
        for (version, broken) in expected {
            let found: Vec<u32> = fixes()
                .iter()
                .map(|fix| fix.issue)
                .filter(|&issue| !has_fix(version, issue))
                .collect();
            assert_eq!(found, broken, "bugs of {version}");
        }
    }

    #[test]
    fn each_fix_begins_exactly_at_its_release() {
        for fix in fixes() {
            for &fixed in fix.fixed_in {
                assert!(fix.is_in(fixed), "#{} in {fixed}", fix.issue);
                if let Some(patch) = fixed.patch.checked_sub(1) {
                    let before = Version { patch, ..fixed };
                    assert!(!fix.is_in(before), "#{} in {before}", fix.issue);
                }
            }
        }
    }

    #[test]
    fn newer_lines_have_every_fix_and_unknown_numbers_are_not_fixed() {
        for fix in fixes() {
            assert!(fix.is_in(v(7, 1)), "#{}", fix.issue);
        }
        assert!(has_fix(v(6, 0), 13766) && !has_fix(v(6, 1), 20221) && !has_fix(v(6, 9), 18667));
        assert!(!has_fix(v(9, 9), 1));
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(fixes().is_sorted_by_key(|fix| fix.issue));
        assert!(fixes().iter().all(|fix| fix.fixed_in.is_sorted() && !fix.fixed_in.is_empty()));
    }
}
