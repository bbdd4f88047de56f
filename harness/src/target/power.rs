//! What a target promises, and the separate powers that it may grant.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use stormglass_checkers::history::{Incarnation, MemberIndex, ProcessSample};
pub use stormglass_linux::disk::{
    Counters as DiskCounters, Errors as DiskErrors, Faults as DiskFaults, Loss, Lost,
};
pub use stormglass_linux::memory::Use as MemoryUse;
pub use stormglass_linux::switch::{Link, LinkCounters, Share};
pub use stormglass_linux::vdso::{Rate, Wall};

use crate::client::Access;

/// A power that a target does not grant, and what would make it available.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unsupported {
    /// One sentence.
    pub reason: String,
}

impl Unsupported {
    /// With its reason.
    pub fn because(reason: impl fmt::Display) -> Self {
        Self { reason: reason.to_string() }
    }
}

/// Why a target could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Something of the target could not be made.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The cluster was not healthy in time.
    #[error(
        "the cluster was not healthy within {seconds} s: {detail}; the members' logs are in {logs}"
    )]
    NotHealthy {
        /// The deadline, in seconds.
        seconds: u64,
        /// What each member did.
        detail: String,
        /// Where to look.
        logs: PathBuf,
    },
    /// A member ended before the cluster was healthy.
    #[error(
        "member {member} ended with {status} before the cluster was healthy; its last line: \
         {last_line} (whole log: {log})"
    )]
    EndedEarly {
        /// The member.
        member: String,
        /// How it ended.
        status: String,
        /// The last line of its log.
        last_line: String,
        /// Its log.
        log: PathBuf,
    },
    /// A flag that the harness sets itself.
    #[error(
        "the flag --{flag} of member {member} is set by Stormglass itself: remove it from the \
         scenario"
    )]
    ReservedFlag {
        /// The flag.
        flag: String,
        /// The member.
        member: String,
    },
}

impl TargetError {
    /// An input or output error, with what was tried.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// A cluster that a run drives.
pub trait Target: Send + Sync {
    /// Its kind, as `--target` names it.
    fn kind(&self) -> &'static str;

    /// Its members, in the order of their indices.
    fn members(&self) -> &[Arc<dyn Member>];

    /// Whether its members run before the run begins, and after it: somebody else's.
    fn runs_already(&self) -> bool {
        false
    }

    /// Whether the recorder can watch what its members do.
    fn can_be_watched(&self) -> bool {
        true
    }

    /// What it takes to be let in by its members.
    fn access(&self) -> Access {
        Access::default()
    }

    /// Whether its members may be given work that others feel: compactions, defragmentations,
    /// another leader.
    ///
    /// # Errors
    /// When nobody has allowed it.
    fn maintenance(&self) -> Result<(), Unsupported> {
        Ok(())
    }

    /// The network between them.
    ///
    /// # Errors
    /// When the network cannot be touched here.
    fn network(&self) -> Result<&dyn Network, Unsupported>;
}

/// A member of the cluster.
pub trait Member: Send + Sync {
    /// Its place.
    fn index(&self) -> MemberIndex;

    /// Its name.
    fn name(&self) -> &str;

    /// Where clients reach it.
    fn client_url(&self) -> &str;

    /// Its log, where the harness keeps it.
    fn log_path(&self) -> Option<&Path>;

    /// Its process while it runs, as the harness sees it.
    fn pid(&self) -> Option<u32>;

    /// What its process takes of the machine, where that is told.
    fn usage(&self) -> Option<ProcessSample> {
        None
    }

    /// Its life so far; `None` before the first start.
    fn incarnation(&self) -> Option<Incarnation>;

    /// The end of its process since the last look, if it ended.
    fn take_end(&self) -> Option<MemberEnd>;

    /// The power to kill and start it.
    ///
    /// # Errors
    /// When it cannot be killed here.
    fn kill(&self) -> Result<&dyn Kill, Unsupported>;

    /// The power to pause it.
    ///
    /// # Errors
    /// When it cannot be paused here.
    fn pause(&self) -> Result<&dyn Pause, Unsupported>;

    /// The power to change the release that it runs.
    ///
    /// # Errors
    /// When it cannot be changed here.
    fn upgrade(&self) -> Result<&dyn Upgrade, Unsupported>;

    /// The power to read and change its data behind its back.
    ///
    /// # Errors
    /// When its data is not in reach of the harness.
    fn data(&self) -> Result<&dyn Data, Unsupported>;

    /// The power to let a new member join the cluster in its place.
    ///
    /// # Errors
    /// When no new member can be made here.
    fn seat(&self) -> Result<&dyn Seat, Unsupported>;

    /// The power to save snapshots of its store and to restore it from one.
    ///
    /// # Errors
    /// When the tools for that are not there.
    fn snapshots(&self) -> Result<&dyn Snapshots, Unsupported>;

    /// The power over the disk that its data is on.
    ///
    /// # Errors
    /// When its data is on a disk that cannot be touched.
    fn disk(&self) -> Result<&dyn Disk, Unsupported>;

    /// The power to move its clocks.
    ///
    /// # Errors
    /// When they cannot be moved here.
    fn clocks(&self) -> Result<&dyn Clocks, Unsupported>;

    /// The power to limit the memory that it takes.
    ///
    /// # Errors
    /// When it cannot be limited here.
    fn memory(&self) -> Result<&dyn Memory, Unsupported>;
}

/// How a member's process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberEnd {
    /// `code N` or `signal N`.
    pub status: String,
    /// Whether the harness ended it.
    pub expected: bool,
}

/// Killing and starting. Calls may block for as long as the operating system takes.
pub trait Kill {
    /// SIGKILL, and waits until the process is gone.
    ///
    /// # Errors
    /// When there is nothing to kill or the system refuses.
    fn kill(&self) -> io::Result<MemberEnd>;

    /// SIGTERM, and waits until the process has ended by itself.
    ///
    /// # Errors
    /// When there is nothing to end, the system refuses, or the process still runs after
    /// `limit`.
    fn stop(&self, limit: Duration) -> io::Result<MemberEnd>;

    /// Starts it (again) on its data directory.
    ///
    /// # Errors
    /// When it runs already or cannot be started.
    fn start(&self) -> io::Result<Incarnation>;
}

/// Pausing. Calls may block for as long as the operating system takes.
pub trait Pause {
    /// Stops every thread of it and waits until the system shows them stopped.
    ///
    /// # Errors
    /// When it does not stop within `limit`.
    fn pause(&self, limit: Duration) -> io::Result<Duration>;

    /// Lets it go on.
    ///
    /// # Errors
    /// When the system refuses.
    fn resume(&self) -> io::Result<()>;

    /// How long processors have worked for it since it was started.
    ///
    /// # Errors
    /// When it does not run.
    fn processor_time(&self) -> io::Result<Duration>;
}

/// The memory that a member takes, in whatever life.
pub trait Memory {
    /// Sets how many bytes it may take from now on; `None` lifts the limit.
    ///
    /// # Errors
    /// When the system refuses.
    fn limit(&self, bytes: Option<u64>) -> io::Result<()>;

    /// Limits it to what it has and `spare` bytes, and never to more than `most`; returns the
    /// limit.
    ///
    /// # Errors
    /// When the system refuses.
    fn confine(&self, spare: u64, most: u64) -> io::Result<u64>;

    /// What it has taken.
    ///
    /// # Errors
    /// When the system does not say.
    fn memory(&self) -> io::Result<MemoryUse>;
}

/// Changing the release that a member runs, to a newer or an older one.
pub trait Upgrade {
    /// Chooses the release that every start from now on takes; what runs goes on. Returns the
    /// version that the binary reports, which differs where another release stands in for this
    /// one.
    ///
    /// # Errors
    /// When the run has no binary of it.
    fn set_release(&self, release: &str) -> io::Result<String>;
}

/// The disk that a member's data is on, and nothing else.
pub trait Disk {
    /// Sets what is wrong with it from now on; by default nothing.
    fn set(&self, faults: DiskFaults);

    /// What it has done since the target was made.
    fn counters(&self) -> DiskCounters;

    /// Loses what the member had not synced. The member must not run.
    ///
    /// # Errors
    /// When the system refuses.
    fn power_failure(&self, loss: Loss, seed: u64) -> io::Result<Lost>;
}

/// A member's data directory in the hands of the harness. Calls may block for as long as the
/// work takes.
pub trait Data {
    /// Works on the data directory. The member must not run; where the work only reads, it is
    /// enough that the member is paused. Everything that the member had written counts as synced
    /// from then on.
    ///
    /// # Errors
    /// Those of the work.
    fn with_data(&self, work: &mut dyn FnMut(&Path) -> io::Result<()>) -> io::Result<()>;
}

/// A member's place in the cluster, which others may take after it.
pub trait Seat {
    /// Where its peers reach it: the cluster knows its members by that.
    fn peer_url(&self) -> &str;

    /// Starts a new member here, with nothing of what the old one had, in a running cluster of
    /// these members. The cluster must expect it.
    ///
    /// # Errors
    /// When one runs here already, its data cannot be removed, or it cannot be started.
    fn join(&self, cluster: &[MemberIndex]) -> io::Result<Incarnation>;
}

/// Snapshots of a member's whole store, as operators make and use them: with the tools of the
/// release that it runs. Calls may block for as long as those take.
pub trait Snapshots {
    /// Saves what the member has, to a file that the caller removes.
    ///
    /// # Errors
    /// When the member does not answer, or what it sends is not whole.
    fn save(&self) -> io::Result<PathBuf>;

    /// What the tools tell of a snapshot, as JSON: its hash, its revision and its keys.
    ///
    /// # Errors
    /// When it is none, or damaged.
    fn describe(&self, snapshot: &Path) -> io::Result<String>;

    /// Puts the data of a member of a new cluster, founded with all members from a snapshot, in
    /// place of what there is. The token tells the new cluster from all others. The member must
    /// not run.
    ///
    /// # Errors
    /// When the tools refuse, or the data cannot be replaced.
    fn restore(&self, snapshot: &Path, token: &str) -> io::Result<()>;

    /// From its next start on the member tells that its cluster was founded anew.
    fn refound(&self);
}

/// Moving the clocks that a member sees, and nobody else. A member that is started again has
/// true clocks. Calls may block for as long as the operating system takes; each fails with
/// `NotFound` when the member does not run.
pub trait Clocks {
    /// Moves its wall clock; [`Wall::TRUE`] restores it.
    ///
    /// # Errors
    /// When the system refuses.
    fn set_wall(&self, wall: Wall) -> io::Result<()>;

    /// Lets its wall clock jump to and fro, `amplitude` ahead of the true time and behind it,
    /// once each in a period, until it is set.
    ///
    /// # Errors
    /// When the system refuses.
    fn strobe_wall(&self, amplitude: Duration, period: Duration) -> io::Result<()>;

    /// Sets the rate of its monotonic clock, and lets it jump forward. It never steps back:
    /// with [`Rate::TRUE`] it keeps what it has gained or lost.
    ///
    /// # Errors
    /// When the system refuses.
    fn set_monotonic(&self, rate: Rate, jump: Duration) -> io::Result<()>;
}

/// An end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A member.
    Member(MemberIndex),
    /// The harness, with all its clients.
    Clients,
    /// One of the addresses that clients of the workload connect from, counted from 0.
    Client(u16),
}

/// The network between members and clients, one directed link at a time.
pub trait Network: Send + Sync {
    /// Sets what becomes of the packets of a link from now on.
    ///
    /// # Errors
    /// When there is no such link, or the system refuses.
    fn set(&self, from: Place, to: Place, link: Link) -> io::Result<()>;

    /// How many addresses there are that clients of the workload connect from.
    fn clients(&self) -> u16;

    /// The address that a client of the workload connects from, by its number. Where there are
    /// more clients than addresses, some share one.
    fn client_address(&self, client: u16) -> IpAddr;

    /// What became of them since the target was made.
    ///
    /// # Errors
    /// When there is no such link.
    fn count(&self, from: Place, to: Place) -> io::Result<LinkCounters>;
}
