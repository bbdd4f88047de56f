//! Time on a horizontal axis.

use stormglass_checkers::history::{Nanos, Span};

/// Maps times of the run to pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeScale {
    /// The stretch of time that is shown.
    pub(crate) window: Span,
    /// Where it begins, in pixels.
    pub(crate) left: f64,
    /// Where it ends, in pixels.
    pub(crate) right: f64,
}

impl TimeScale {
    /// The place of a moment, within the axis.
    pub(crate) fn x(&self, at: Nanos) -> f64 {
        let length = (self.window.to.0.saturating_sub(self.window.from.0)).max(1);
        let share =
            Nanos(at.0.saturating_sub(self.window.from.0)).seconds() / Nanos(length).seconds();
        self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
    }

    /// Round times for ticks with at least `apart` pixels between them.
    pub(crate) fn ticks(&self, apart: f64) -> Vec<Nanos> {
        let length = Nanos(self.window.to.0.saturating_sub(self.window.from.0)).seconds();
        let most = ((self.right - self.left) / apart).max(1.0);
        let step = nanoseconds(nice_step(length / most)).max(1);
        let first = self.window.from.0.div_ceil(step);
        let last = self.window.to.0 / step;
        // Bounded: `nice_step` leaves about `most` steps.
        (first..=last).take(100).map(|number| Nanos(number * step)).collect()
    }
}

/// Seconds as whole nanoseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "steps of an axis: positive and far below the limit"
)]
fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below `least`.
pub(crate) fn nice_step(least: f64) -> f64 {
    if !least.is_finite() || least <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= least * 0.999);
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert!((nice_step(0.3) - 0.5).abs() < 1e-9);
        assert!((nice_step(7.0) - 10.0).abs() < 1e-9);
        assert!((nice_step(2.0) - 2.0).abs() < 1e-9);
        assert!((nice_step(0.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn ticks_are_round_and_within_the_window() {
        let window = Span { from: Nanos(3_200_000_000), to: Nanos(33_200_000_000) };
        let scale = TimeScale { window, left: 100.0, right: 1000.0 };
        let ticks: Vec<_> = scale.ticks(120.0).iter().map(|at| at.0 / 1_000_000_000).collect();
        assert_eq!(ticks, [5, 10, 15, 20, 25, 30]);
        assert!((scale.x(Nanos(0)) - 100.0).abs() < 1e-9);
        assert!((scale.x(window.to) - 1000.0).abs() < 1e-9);
    }
}
