//! What every fault injector is.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;

use stormglass_checkers::history::{MemberIndex, Nanos};
use stormglass_scenarios::plan::PlannedFault;

use super::change_release::ChangeRelease;
use super::clock_mono::ClockMono;
use super::clock_wall::ClockWall;
use super::compact::Compact;
use super::corrupt::Corrupt;
use super::defragment::Defragment;
use super::disk_fault::{DISK_ERROR, DISK_FULL};
use super::disturb::DISTURB;
use super::force_snapshot::ForceSnapshot;
use super::isolate::ISOLATE;
use super::kill::Kill;
use super::kill_compact::KILL_COMPACT;
use super::kill_defragment::KILL_DEFRAGMENT;
use super::kill_snapshot::KILL_SNAPSHOT;
use super::kill_start::KILL_START;
use super::limit_memory::LimitMemory;
use super::lose_data::LoseData;
use super::lying_disk::LyingDisk;
use super::metrics::SyncTimes;
use super::move_leader::MoveLeader;
use super::partition::PARTITION;
use super::pause::Pause;
use super::power_failure::PowerFailure;
use super::replace_member::ReplaceMember;
use super::reset::RESET;
use super::restore::Restore;
use super::site::Site;
use super::slow_disk::SlowDisk;
use super::starve::Starve;
use super::terminate::Terminate;
use crate::target::{DiskCounters, LinkCounters, Place, Target, Unsupported};

/// What shows that a fault bit: names and values for people and for properties.
pub type Evidence = BTreeMap<String, String>;

/// A future that an injector returns.
pub type Injection<'a, T> = Pin<Box<dyn Future<Output = Result<T, InjectError>> + Send + 'a>>;

/// Why a fault could not be injected or healed.
#[derive(Debug, thiserror::Error)]
pub enum InjectError {
    /// The target does not grant the power.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It could not be injected or healed, for this reason.
    #[error("{0}")]
    Failed(String),
    /// It was injected and did not bite.
    #[error("{0}")]
    Missed(String),
}

/// A fault that holds.
#[derive(Clone, Debug)]
pub struct Active {
    /// Whom it hits.
    pub members: Vec<MemberIndex>,
    /// Since when.
    pub since: Nanos,
    /// What shows so far that it bit.
    pub evidence: Evidence,
    /// The links that it hits, with what they had counted before.
    pub links: Vec<HitLink>,
    /// The disks that it hits, with what they had done before.
    pub disks: Vec<HitDisk>,
    /// How long members' logs were when it began, in bytes.
    pub logs: Vec<(MemberIndex, u64)>,
    /// Which life of each member it hits, where a new one is not hit any more.
    pub lives: BTreeMap<MemberIndex, u32>,
    /// The release that each member goes back to when it is over.
    pub before: BTreeMap<MemberIndex, String>,
}

/// A directed link that a fault hits.
#[derive(Clone, Copy, Debug)]
pub struct HitLink {
    /// Where it begins.
    pub from: Place,
    /// Where it ends.
    pub to: Place,
    /// What it had counted when the fault began.
    pub before: LinkCounters,
}

/// A disk that a fault hits.
#[derive(Clone, Copy, Debug)]
pub struct HitDisk {
    /// Whose it is.
    pub member: MemberIndex,
    /// What it had done when the fault began.
    pub before: DiskCounters,
    /// What the member said of its syncs then.
    pub syncs: Option<SyncTimes>,
    /// How long the member's log was then, in bytes.
    pub log: u64,
}

impl Active {
    /// A fault of members, not of links.
    pub(super) fn of(members: Vec<MemberIndex>, since: Nanos, evidence: Evidence) -> Self {
        Self {
            members,
            since,
            evidence,
            links: Vec::new(),
            disks: Vec::new(),
            logs: Vec::new(),
            lives: BTreeMap::new(),
            before: BTreeMap::new(),
        }
    }
}

/// Injects and heals one kind of fault. Healing is explicit, and verified before it is
/// reported; what has been injected is in the journal before it happens.
pub trait Injector: Send + Sync {
    /// The fault's kind.
    fn kind(&self) -> &'static str;

    /// Whether this target can take it.
    ///
    /// # Errors
    /// When it cannot, with what would make it available.
    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported>;

    /// Makes it hold.
    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active>;

    /// Ends it and makes sure that it is over; returns the evidence.
    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence>;
}

static INJECTORS: [&dyn Injector; 29] = [
    &Kill,
    &Pause,
    &ISOLATE,
    &Defragment,
    &Compact,
    &KILL_DEFRAGMENT,
    &PARTITION,
    &DISTURB,
    &RESET,
    &PowerFailure,
    &SlowDisk,
    &DISK_FULL,
    &DISK_ERROR,
    &LyingDisk,
    &Corrupt,
    &ClockWall,
    &ClockMono,
    &Terminate,
    &KILL_START,
    &KILL_COMPACT,
    &KILL_SNAPSHOT,
    &Starve,
    &LimitMemory,
    &LoseData,
    &ReplaceMember,
    &MoveLeader,
    &ForceSnapshot,
    &ChangeRelease,
    &Restore,
];

/// Every injector, in the order of the vocabulary.
pub fn injectors() -> &'static [&'static dyn Injector] {
    &INJECTORS
}

/// The injector of a kind.
pub fn injector(kind: &str) -> Option<&'static dyn Injector> {
    INJECTORS.iter().find(|injector| injector.kind() == kind).copied()
}

#[cfg(test)]
mod tests {
    use super::injectors;

    #[test]
    fn every_fault_of_the_vocabulary_has_its_injector() {
        let known: Vec<_> =
            stormglass_scenarios::fault::faults().iter().map(|entry| entry.kind).collect();
        let injected: Vec<_> = injectors().iter().map(|injector| injector.kind()).collect();
        assert_eq!(known, injected);
    }
}
