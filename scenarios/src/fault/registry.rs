//! Every kind of fault.

use std::time::Duration;

use super::clock::{CLOCK_MONO, CLOCK_WALL};
use super::{disks, maintenance, membership, processes};

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultEntry {
    /// Its name in scenarios.
    pub kind: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What a target must be able to do for it.
    pub power: Power,
    /// How long it holds where the scenario does not say; zero for a fault that is over
    /// as soon as it is done, which then takes no `for` at all.
    pub duration: Duration,
    /// Whether it takes its members out of service. Such faults of different specs are
    /// never planned at the same time.
    pub disruptive: bool,
    /// How long its members need after it before another disruptive fault may begin.
    pub settle: Duration,
    /// Its parameters.
    pub params: &'static [ParamEntry],
}

impl FaultEntry {
    /// Whether etcd promises to survive it, with as many members hit as it promises. The others
    /// are controls, whose damage must be seen: nothing draws them that is to end valid.
    pub fn in_model(&self) -> bool {
        !OUT_OF_MODEL.contains(&self.kind)
    }

    /// Whether it can only hit all members.
    pub fn hits_all(&self) -> bool {
        OF_ALL.contains(&self.kind)
    }
}

/// A parameter of a kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamEntry {
    /// Its name.
    pub name: &'static str,
    /// Its value where the scenario does not give one; empty for one that it must give.
    pub default: &'static str,
    /// What it means, with its unit.
    pub summary: &'static str,
    /// What its value must be.
    pub form: ParamForm,
}

/// What a parameter's value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamForm {
    /// A whole number, not negative.
    Count,
    /// A duration, such as `150ms`.
    Span,
    /// `true` or `false`.
    Flag,
    /// A percentage, such as `2.5`.
    Percent,
    /// A whole number and a unit, such as `1500ms`; one with a minus sign only where it may
    /// go back.
    Jump {
        /// Whether it may go back.
        back: bool,
    },
    /// How many seconds a clock counts in a true second, such as `1.5`.
    Rate,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A release of etcd, such as `3.5.30`. A run needs its binary before it begins.
    Release,
}

/// What a target must be able to do for a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    /// End and restart a member's process.
    Kill,
    /// Stop and continue a member's process.
    Pause,
    /// Cut, slow down and spoil the network between members, and to clients.
    Network,
    /// Move the clocks that a member sees.
    Clocks,
    /// Limit the memory that a member takes.
    Memory,
    /// Send a member requests of the maintenance kind; every target can.
    Maintenance,
    /// Remove a member from the cluster, and start a new one in its place.
    Membership,
    /// Start a member with the binary of another release.
    Upgrade,
    /// Slow down, fill up and fail the disk that a member's data is on, and lose what was not
    /// synced.
    Disk,
}

/// Every kind of fault.
pub fn faults() -> &'static [FaultEntry] {
    &FAULTS
}

/// The kind of this name.
pub fn fault(kind: &str) -> Option<&'static FaultEntry> {
    FAULTS.iter().find(|entry| entry.kind == kind)
}

/// Faults that etcd does not promise to survive.
const OUT_OF_MODEL: &[&str] = &["lying-disk", "corrupt", "lose-data", "restore"];

/// Faults that are of the cluster as a whole.
const OF_ALL: &[&str] = &["restore"];

static FAULTS: [FaultEntry; 29] = [
    FaultEntry {
        kind: "kill",
        summary: "SIGKILL the member's process; start it again when `for` is over",
        power: Power::Kill,
        duration: Duration::from_secs(1),
        disruptive: true,
        settle: Duration::from_secs(1),
        params: &[ParamEntry {
            name: "after",
            default: "0ms",
            summary: "how long the kill comes after the moment that `when` waits for",
            form: ParamForm::Span,
        }],
    },
    FaultEntry {
        kind: "pause",
        summary: "SIGSTOP the member's process; SIGCONT it when `for` is over",
        power: Power::Pause,
        duration: Duration::from_millis(1_500),
        disruptive: true,
        settle: Duration::from_millis(500),
        params: &[],
    },
    FaultEntry {
        kind: "isolate",
        summary: "cut the member off its peers both ways; clients still reach it",
        power: Power::Network,
        duration: Duration::from_secs(2),
        disruptive: true,
        settle: Duration::from_secs(1),
        params: &[],
    },
    FaultEntry {
        kind: "defragment",
        summary: "defragment the member's database file, which blocks it meanwhile",
        power: Power::Maintenance,
        duration: Duration::ZERO,
        disruptive: false,
        settle: Duration::ZERO,
        params: &[ParamEntry {
            name: "together",
            default: "false",
            summary: "whether several members do it at the same time, instead of one after the \
                      other",
            form: ParamForm::Flag,
        }],
    },
    FaultEntry {
        kind: "compact",
        summary: "compact the store's history up to some revisions behind its head",
        power: Power::Maintenance,
        duration: Duration::ZERO,
        disruptive: false,
        settle: Duration::ZERO,
        params: &[
            ParamEntry {
                name: "lag",
                default: "200",
                summary: "how far behind the head, in revisions",
                form: ParamForm::Count,
            },
            ParamEntry {
                name: "physical",
                default: "false",
                summary: "whether the answer waits until the entries are gone from the file",
                form: ParamForm::Flag,
            },
        ],
    },
    FaultEntry {
        kind: "kill-defragment",
        summary: "SIGKILL the member while it defragments; start it again when `for` is over",
        power: Power::Kill,
        duration: Duration::from_secs(1),
        disruptive: true,
        settle: Duration::from_secs(1),
        params: &[ParamEntry {
            name: "within",
            default: "100ms",
            summary: "latest time of the kill after the defragmentation began; the plan draws \
                      one up to it, as the parameter `kill-after`",
            form: ParamForm::Span,
        }],
    },
    FaultEntry {
        kind: "partition",
        summary: "cut links so that the members fall apart in a shape; clients reach them still",
        power: Power::Network,
        duration: Duration::from_secs(2),
        disruptive: true,
        settle: Duration::from_secs(1),
        params: &[
            ParamEntry {
                name: "shape",
                default: "halves",
                summary: "what is cut",
                form: ParamForm::Word(&["halves", "deaf", "mute", "bridge", "ring", "clients"]),
            },
            CLIENT,
        ],
    },
    FaultEntry {
        kind: "disturb",
        summary: "delay, lose, repeat, reorder, spoil or throttle what the member and its peers \
                  send each other",
        power: Power::Network,
        duration: Duration::from_secs(3),
        disruptive: true,
        settle: Duration::from_secs(1),
        params: &DISTURBANCES,
    },
    FaultEntry {
        kind: "reset",
        summary: "reset every TCP connection of the member that is used, until `for` is over",
        power: Power::Network,
        duration: Duration::from_millis(200),
        disruptive: true,
        settle: Duration::from_secs(1),
        params: &[CLIENTS_TOO, CLIENT],
    },
    disks::POWER_FAILURE,
    disks::SLOW_DISK,
    disks::DISK_FULL,
    disks::DISK_ERROR,
    disks::LYING_DISK,
    disks::CORRUPT,
    CLOCK_WALL,
    CLOCK_MONO,
    processes::TERMINATE,
    processes::KILL_START,
    processes::KILL_COMPACT,
    processes::KILL_SNAPSHOT,
    processes::STARVE,
    processes::LIMIT_MEMORY,
    processes::LOSE_DATA,
    membership::REPLACE_MEMBER,
    membership::MOVE_LEADER,
    membership::FORCE_SNAPSHOT,
    maintenance::CHANGE_RELEASE,
    maintenance::RESTORE,
];

const CLIENTS_TOO: ParamEntry = ParamEntry {
    name: "clients",
    default: "false",
    summary: "whether the links between the member and the clients are hit too",
    form: ParamForm::Flag,
};

/// Which clients a fault of the network is about.
const CLIENT: ParamEntry = ParamEntry {
    name: "client",
    default: "all",
    summary: "with `one` it is about the links between the member and one client alone",
    form: ParamForm::Word(&["all", "one"]),
};

static DISTURBANCES: [ParamEntry; 9] = [
    ParamEntry {
        name: "delay",
        default: "0s",
        summary: "how long every packet takes, one way",
        form: ParamForm::Span,
    },
    ParamEntry {
        name: "jitter",
        default: "0s",
        summary: "how much longer it may take, at random, in order",
        form: ParamForm::Span,
    },
    percent("loss", "packets that are lost, in percent"),
    percent("duplicate", "packets that arrive twice, in percent"),
    percent("reorder", "packets that arrive 10 ms and the jitter after their turn, in percent"),
    percent("corrupt", "packets of which a bit is flipped, in percent"),
    ParamEntry {
        name: "bandwidth",
        default: "0",
        summary: "bytes a second on each link; 0: no limit",
        form: ParamForm::Count,
    },
    CLIENTS_TOO,
    CLIENT,
];

const fn percent(name: &'static str, summary: &'static str) -> ParamEntry {
    ParamEntry { name, default: "0", summary, form: ParamForm::Percent }
}
