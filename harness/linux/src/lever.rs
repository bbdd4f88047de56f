//! One power of the operating system, and whether it can be used here.

use std::path::PathBuf;

/// Where the devices are that levers need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Devices {
    /// Of the network between members.
    pub tun: PathBuf,
    /// Of members' disks.
    pub fuse: PathBuf,
}

impl Default for Devices {
    /// Where they usually are.
    fn default() -> Self {
        Self { tun: "/dev/net/tun".into(), fuse: "/dev/fuse".into() }
    }
}

/// A lever that faults or isolation lean on, for `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lever {
    /// What it is called, in lower case: "user namespaces".
    pub name: &'static str,
    /// What Stormglass does with it.
    pub purpose: &'static str,
    /// Whether it works here; it was tried, not guessed.
    pub status: LeverStatus,
}

/// Whether a [`Lever`] works here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeverStatus {
    /// It was tried and it works.
    Available {
        /// How: "as root, without a user namespace".
        detail: String,
    },
    /// It was tried and refused.
    Unavailable {
        /// What refuses it.
        why: String,
        /// What to do about it.
        fix: String,
    },
}

impl Lever {
    /// Whether it works here.
    pub fn is_available(&self) -> bool {
        matches!(self.status, LeverStatus::Available { .. })
    }
}
