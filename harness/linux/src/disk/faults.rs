//! What is wrong with a disk.

use std::time::Duration;

/// What is wrong with a disk; by default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// How long every sync takes before it is carried out and answered.
    pub sync_delay: Duration,
    /// How much longer it may take, at random.
    pub sync_spread: Duration,
    /// Whether nothing can be written any more. Overwriting is refused too, as on file systems
    /// that copy on write.
    pub full: bool,
    /// Which syncs fail.
    pub sync_errors: Errors,
    /// Which writes fail.
    pub write_errors: Errors,
    /// Whether syncs are answered without making anything durable. No store can live with that:
    /// a control, not a fault that a correct store survives.
    pub lies: bool,
}

/// Which operations of a kind fail with an input/output error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Errors {
    /// None.
    #[default]
    None,
    /// The next ones, so many.
    Next(u32),
    /// All.
    All,
}

impl Errors {
    /// Whether the operation that is asked for now fails.
    pub(super) fn strike(&mut self) -> bool {
        match self {
            Self::None | Self::Next(0) => false,
            Self::Next(left) => {
                *left -= 1;
                true
            }
            Self::All => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Errors;

    #[test]
    fn errors_strike_as_often_as_they_were_told() {
        let struck = |mut errors: Errors| [errors.strike(), errors.strike(), errors.strike()];
        assert_eq!(struck(Errors::None), [false, false, false]);
        assert_eq!(struck(Errors::Next(2)), [true, true, false]);
        assert_eq!(struck(Errors::All), [true, true, true]);
    }
}
