//! One power of the operating system, and whether it can be used here.

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
