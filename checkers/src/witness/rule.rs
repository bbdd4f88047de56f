//! The rules, one for each anomaly.

use super::case::Case;
use super::proof::Proof;
use super::rules;

/// What a rule looks at beside the steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Operations that may write, and those about leases and hashes.
    pub writes: bool,
    /// Every operation.
    pub reads: bool,
    /// Every event of every watch.
    pub watches: bool,
    /// Faults, the environment and measurements.
    pub surroundings: bool,
}

impl Needs {
    /// Nothing but the steps.
    pub(super) const STEPS: Self =
        Self { writes: false, reads: false, watches: false, surroundings: false };
    /// What shows the changes of the store.
    pub(super) const CHANGES: Self = Self { writes: true, watches: true, ..Self::STEPS };
    /// Every event.
    pub(super) const ALL: Self =
        Self { writes: true, reads: true, watches: true, surroundings: true };

    /// The needs of both.
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            writes: self.writes || other.writes,
            reads: self.reads || other.reads,
            watches: self.watches || other.watches,
            surroundings: self.surroundings || other.surroundings,
        }
    }
}

/// What the events of a witness must show for an anomaly to be told.
#[derive(Clone, Copy)]
pub struct Rule {
    /// The anomaly.
    pub anomaly: &'static str,
    /// What it looks at beside the steps.
    pub needs: Needs,
    pub(super) proves: fn(&Case<'_>) -> Proof,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Rule").field("anomaly", &self.anomaly).finish_non_exhaustive()
    }
}

impl Rule {
    /// A rule.
    pub(super) const fn new(
        anomaly: &'static str,
        needs: Needs,
        proves: fn(&Case<'_>) -> Proof,
    ) -> Self {
        Self { anomaly, needs, proves }
    }
}

/// The rule of an anomaly. There is none for an anomaly that nobody has written one for,
/// and findings of it are then refused.
pub fn rule_of(anomaly: &str) -> Option<&'static Rule> {
    rules::ALL.iter().copied().flatten().find(|rule| rule.anomaly == anomaly)
}
