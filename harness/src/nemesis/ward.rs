//! Who may be hit at the same time.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::fault::{FaultEntry, Power};
use stormglass_scenarios::scenario::Overlap;
use tokio::sync::{Mutex as Queue, Notify, OwnedMutexGuard};

/// Lets faults begin when they may, in the order in which they come.
///
/// A member is hit by one disruptive fault at a time, the network too: two faults of the same
/// thing could not heal apart. How many members are out of service at once is the scenario's
/// choice; a fault that alone hits more of them waits until nobody else is hit. Of another
/// kind that holds for a while, such as a wrong wall clock, there is one at a time.
pub(super) struct Ward {
    /// How many members disruptive faults may hit at once.
    most: usize,
    hit: Mutex<Hit>,
    left: Notify,
    /// Who comes first waits first, and those behind wait for it.
    queue: Arc<Queue<()>>,
}

#[derive(Default)]
struct Hit {
    members: BTreeSet<MemberIndex>,
    network: bool,
    kinds: BTreeSet<&'static str>,
}

/// The first place in the queue, for a fault that has to stand in it.
pub(super) type Turn = Option<OwnedMutexGuard<()>>;

/// A fault that is in. Dropping it lets others in.
pub(super) struct Stay<'a> {
    ward: &'a Ward,
    entry: &'static FaultEntry,
    members: Vec<MemberIndex>,
}

impl Ward {
    /// A ward for a cluster of so many members.
    pub(super) fn new(overlap: Overlap, members: usize) -> Self {
        let most = match overlap {
            Overlap::Never => 0,
            Overlap::Minority => members.saturating_sub(1) / 2,
            Overlap::Any => members,
        };
        Self { most, hit: Mutex::default(), left: Notify::new(), queue: Arc::default() }
    }

    /// Waits until a fault of this kind is the next one to come in. Whom it hits is decided
    /// after that: the leader of the moment is not that of a while ago.
    pub(super) async fn turn(&self, entry: &'static FaultEntry) -> Turn {
        if entry.disruptive {
            return Some(Arc::clone(&self.queue).lock_owned().await);
        }
        None
    }

    /// Waits until a fault may hit these members.
    pub(super) async fn enter(
        &self,
        turn: Turn,
        entry: &'static FaultEntry,
        members: &[MemberIndex],
    ) -> Stay<'_> {
        loop {
            let left = self.left.notified();
            if self.admit(entry, members) {
                break;
            }
            left.await;
        }
        drop(turn);
        Stay { ward: self, entry, members: members.to_vec() }
    }

    fn admit(&self, entry: &'static FaultEntry, members: &[MemberIndex]) -> bool {
        let mut hit = self.lock();
        if entry.disruptive {
            let alone = hit.members.is_empty();
            let within = hit.members.len() + members.len() <= self.most;
            let apart = members.iter().all(|member| !hit.members.contains(member));
            let network = entry.power == Power::Network;
            if !(alone || within && apart && !(network && hit.network)) {
                return false;
            }
            hit.members.extend(members);
            hit.network |= network;
            return true;
        }
        entry.duration.is_zero() || hit.kinds.insert(entry.kind)
    }

    fn leave(&self, entry: &FaultEntry, members: &[MemberIndex]) {
        let mut hit = self.lock();
        if entry.disruptive {
            hit.members.retain(|member| !members.contains(member));
            hit.network &= entry.power != Power::Network;
        } else if !entry.duration.is_zero() {
            hit.kinds.remove(entry.kind);
        }
        drop(hit);
        self.left.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Hit> {
        self.hit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        self.ward.leave(self.entry, &self.members);
    }
}

#[cfg(test)]
mod tests {
    use stormglass_checkers::history::MemberIndex;
    use stormglass_scenarios::fault::fault;
    use stormglass_scenarios::scenario::Overlap;

    use super::Ward;

    /// Whether a second fault may begin while a first one holds.
    fn both(overlap: Overlap, first: (&str, &[u16]), second: (&str, &[u16])) -> bool {
        let ward = Ward::new(overlap, 5);
        let admit = |(kind, members): (&str, &[u16])| {
            let members: Vec<_> = members.iter().copied().map(MemberIndex).collect();
            ward.admit(fault(kind).expect("a kind"), &members)
        };
        assert!(admit(first), "the first may always begin");
        admit(second)
    }

    #[test]
    fn disruptive_faults_overlap_as_far_as_the_scenario_allows() {
        let (one, two) = (("kill", &[0][..]), ("pause", &[1][..]));
        assert!(!both(Overlap::Never, one, two));
        assert!(both(Overlap::Minority, one, two));
        assert!(!both(Overlap::Minority, one, ("pause", &[1, 2])));
        assert!(both(Overlap::Any, one, ("pause", &[1, 2])));
    }

    #[test]
    fn nothing_is_hit_twice_at_once() {
        assert!(!both(Overlap::Any, ("kill", &[0]), ("pause", &[0])));
        assert!(!both(Overlap::Any, ("partition", &[0]), ("disturb", &[1])));
        assert!(!both(Overlap::Any, ("clock-wall", &[0]), ("clock-wall", &[1])));
        assert!(both(Overlap::Never, ("clock-wall", &[0]), ("kill", &[0])));
        assert!(both(Overlap::Never, ("kill", &[0]), ("compact", &[0])));
    }
}
