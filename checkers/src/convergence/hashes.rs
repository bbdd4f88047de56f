//! Hashes of the members' data, compared where they can be.

use std::collections::BTreeMap;

use crate::evidence::{Findings, Place, finding};
use crate::history::{HashKvResponse, MemberIndex, Revision};

/// What makes hashes comparable: one revision, one compact revision, one release.
type Class = (Revision, Revision, String);

/// The members' hashes.
#[derive(Clone, Debug, Default)]
pub(super) struct Hashes {
    classes: BTreeMap<Class, Vec<MemberHash>>,
}

#[derive(Clone, Copy, Debug)]
struct MemberHash {
    member: MemberIndex,
    hash: u32,
    place: Place,
}

impl Hashes {
    /// A member's hash at an explicit revision.
    pub(super) fn add(
        &mut self,
        place: Place,
        requested: Revision,
        release: &str,
        answer: &HashKvResponse,
    ) {
        let Some(member) = place.member.filter(|_| !requested.is_zero()) else { return };
        let class = (requested, answer.compact_revision, release.to_owned());
        let hashes = self.classes.entry(class).or_default();
        hashes.push(MemberHash { member, hash: answer.hash, place });
    }

    /// How many hashes could be compared with another member's.
    pub(super) fn compared(&self) -> u64 {
        let sizes = self.classes.values().map(Vec::len).filter(|size| *size > 1);
        sizes.sum::<usize>() as u64
    }

    /// Hashes that differ, unless the two members' contents are known to differ already.
    pub(super) fn compare(
        &self,
        differ: impl Fn(MemberIndex, MemberIndex) -> bool,
        findings: &mut Findings,
    ) {
        for ((revision, compacted, release), hashes) in &self.classes {
            let Some((first, others)) = hashes.split_first() else { continue };
            let others = others.iter().filter(|other| {
                other.hash != first.hash
                    && other.member != first.member
                    && !differ(first.member, other.member)
            });
            for other in others {
                findings.add("hash-mismatch", || {
                    let at = format!("revision {revision} (compacted at {compacted})");
                    finding(
                        ("hash-mismatch", "K12"),
                        format!(
                            "the hashes of {} and {} differ at {at}: {:08x} and {:08x}, although \
                             no key differs",
                            first.member, other.member, first.hash, other.hash
                        ),
                        format!("because members of release {release} hash equal data equally"),
                        "however the two hashes differ",
                        vec![
                            first
                                .place
                                .step(format!("hash at {at}"), format!("{:08x}", first.hash)),
                            other
                                .place
                                .step(format!("hash at {at}"), format!("{:08x}", other.hash))
                                .contradicting(),
                        ],
                    )
                });
            }
        }
    }
}
