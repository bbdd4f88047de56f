//! What remains of this package where there is no Linux: the same calls, refusing.
//!
//! Compiled in tests on Linux too, so that it cannot rot unseen.

const CAUSE: &str = "they exist on Linux only";
const REMEDY: &str = "use the target `external`, or run Stormglass on Linux";

/// Levers of the operating system: there are none.
pub mod capability {
    pub use crate::lever::{Devices, Lever, LeverStatus};

    /// One lever, unavailable.
    pub fn report(_devices: &Devices) -> Vec<Lever> {
        vec![Lever {
            name: "namespaces",
            purpose: "isolates local members and wires them for network faults",
            status: LeverStatus::Unavailable {
                why: super::CAUSE.to_owned(),
                fix: super::REMEDY.to_owned(),
            },
        }]
    }
}

/// Isolation: always refused.
pub mod isolation {
    pub use crate::refusal::IsolationRefused;

    /// Never made off Linux.
    #[derive(Debug)]
    pub enum Isolation {}

    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn enter() -> Result<Isolation, IsolationRefused> {
        Err(refused())
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn probe() -> Result<(), IsolationRefused> {
        Err(refused())
    }

    /// Nothing is ever started as the inner process here.
    pub fn is_inner() -> bool {
        false
    }

    fn refused() -> IsolationRefused {
        IsolationRefused::new(super::CAUSE, super::REMEDY)
    }
}

#[cfg(test)]
mod tests {
    use super::{capability, isolation};

    #[test]
    fn every_call_refuses_in_one_sentence() {
        let refused = isolation::enter().expect_err("there is no such system call");
        assert_eq!(
            refused.to_string(),
            "namespaces are refused: they exist on Linux only; use the target `external`, or run \
             Stormglass on Linux"
        );
        assert_eq!(isolation::probe(), Err(refused));
        assert!(!isolation::is_inner());
        let levers = capability::report(&capability::Devices::default());
        assert!(levers.iter().all(|lever| !lever.is_available()));
    }
}
