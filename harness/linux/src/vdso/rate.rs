//! What a clock is to do.

use std::fmt;

/// A rate of one, as a fixed-point number with 32 binary places.
const ONE: i64 = 1 << 32;
/// A slower clock would stand still, for all that a program can tell.
const SLOWEST: f64 = 0.001;
/// A faster one would run out of nanoseconds within a few months.
const FASTEST: f64 = 1_000.0;

/// How fast a clock runs: its own seconds per true second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(i64);

impl Rate {
    /// The true rate.
    pub const TRUE: Self = Self(ONE);

    /// This many seconds per true second; `None` below a thousandth and above a thousand.
    pub fn new(rate: f64) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "both are far inside what the other holds exactly"
        )]
        (SLOWEST..=FASTEST).contains(&rate).then(|| Self((rate * ONE as f64).round() as i64))
    }

    /// The rate with 32 binary places, as the hook multiplies by it.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn fixed_point(self) -> i64 {
        self.0
    }

    /// Undoes [`Rate::fixed_point`]; `None` for what is no rate.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn of_fixed_point(rate: i64) -> Option<Self> {
        (rate > 0).then_some(Self(rate))
    }

    /// As a number.
    pub fn as_f64(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a rate has at most 42 binary places")]
        let (own, one) = (self.0 as f64, ONE as f64);
        own / one
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_f64().fmt(formatter)
    }
}

/// Where a wall clock is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wall {
    /// How far it is ahead of the true time at first, in nanoseconds; negative when behind.
    pub offset: i64,
    /// How fast it runs from there.
    pub rate: Rate,
}

impl Wall {
    /// The true time.
    pub const TRUE: Self = Self { offset: 0, rate: Rate::TRUE };
}

#[cfg(test)]
mod tests {
    use super::Rate;

    #[test]
    fn rates_that_no_clock_can_run_at_are_refused() {
        for bad in [0.0, -1.0, 1e-9, 1e9, f64::NAN] {
            assert_eq!(Rate::new(bad), None, "{bad}");
        }
        assert_eq!(Rate::new(1.0), Some(Rate::TRUE));
        let slow = Rate::new(0.02).expect("within bounds");
        assert!((slow.as_f64() - 0.02).abs() < 1e-9);
    }
}
