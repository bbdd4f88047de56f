//! What a moved clock shows, as a line over true time.

use super::rate::{Rate, Wall};

/// What a clock shows: `fake` at the true time `base`, and `rate` from there. The hook
/// computes the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    base: i64,
    fake: i64,
    rate: Rate,
}

impl Line {
    /// How many bytes it takes in the patched process.
    pub(super) const BYTES: usize = 24;
    /// The clock as it is.
    pub(super) const TRUE: Self = Self { base: 0, fake: 0, rate: Rate::TRUE };

    /// A wall clock that is to go so, from `now` on.
    pub(super) fn of_wall(wall: Wall, now: i64) -> Self {
        if wall == Wall::TRUE {
            return Self::TRUE;
        }
        Self { base: now, fake: now.saturating_add(wall.offset), rate: wall.rate }
    }

    /// Goes on from where this line is at `now`, after a jump.
    pub(super) fn turned(self, now: i64, rate: Rate, jump: i64) -> Self {
        Self { base: now, fake: self.at(now).saturating_add(jump), rate }
    }

    /// What the clock shows at the true time `now`.
    pub(super) fn at(self, now: i64) -> i64 {
        let elapsed = i128::from(now) - i128::from(self.base);
        let shown = ((elapsed * i128::from(self.rate.fixed_point())) >> 32) + i128::from(self.fake);
        i64::try_from(shown).unwrap_or(i64::MAX)
    }

    /// How fast the clock runs.
    pub(super) fn rate(self) -> Rate {
        self.rate
    }

    /// As the hook reads it.
    pub(super) fn encode(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let words = [self.base, self.fake, self.rate.fixed_point()];
        for (slot, word) in bytes.chunks_exact_mut(8).zip(words) {
            slot.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Undoes [`Line::encode`]; `None` for what it never writes.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(i64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        Some(Self { base: word(0)?, fake: word(8)?, rate: Rate::of_fixed_point(word(16)?)? })
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Rate, Wall};

    const SECOND: i64 = 1_000_000_000;

    fn rate(rate: f64) -> Rate {
        Rate::new(rate).expect("within bounds")
    }

    #[test]
    fn a_line_goes_on_where_the_last_one_was() {
        let fast = Line::TRUE.turned(100 * SECOND, rate(10.0), 0);
        assert_eq!(fast.at(100 * SECOND), 100 * SECOND);
        assert_eq!(fast.at(101 * SECOND), 110 * SECOND);
        let slow = fast.turned(101 * SECOND, rate(0.5), 3 * SECOND);
        assert_eq!(slow.at(101 * SECOND), 113 * SECOND);
        assert_eq!(slow.at(103 * SECOND), 114 * SECOND);
        let healed = slow.turned(103 * SECOND, Rate::TRUE, 0);
        assert_eq!(healed.at(200 * SECOND), 211 * SECOND);
    }

    #[test]
    fn a_wall_clock_is_as_far_off_as_it_was_told() {
        let wall = Wall { offset: -3_600 * SECOND, rate: rate(2.0) };
        let line = Line::of_wall(wall, 10_000 * SECOND);
        assert_eq!(line.at(10_000 * SECOND), 6_400 * SECOND);
        assert_eq!(line.at(10_001 * SECOND), 6_402 * SECOND);
        // A reading from before the line began.
        assert_eq!(line.at(9_999 * SECOND), 6_398 * SECOND);
        assert_eq!(Line::of_wall(Wall::TRUE, 5).at(123), 123);
    }

    #[test]
    fn lines_survive_their_bytes() {
        let line = Line::TRUE.turned(-7, rate(0.02), 1 << 60);
        assert_eq!(Line::decode(&line.encode()), Some(line));
        assert_eq!(Line::decode(&[0; Line::BYTES]), None);
        assert_eq!(Line::decode(&[1; 7]), None);
    }
}
