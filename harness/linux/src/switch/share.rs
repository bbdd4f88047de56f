//! How many of the packets something happens to.

use std::fmt;

/// A share of packets, in parts of a million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    /// Every packet.
    pub const ALL: Self = Self(MILLION);

    /// So many of a million packets; more than a million are all.
    pub const fn of_million(packets: u32) -> Self {
        Self(if packets < MILLION { packets } else { MILLION })
    }

    /// So many of a hundred packets.
    pub const fn percent(packets: u32) -> Self {
        Self::of_million(packets.saturating_mul(MILLION / 100))
    }

    /// Whether it is no packet at all.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether it happens, by a number that was drawn.
    pub(super) fn has(self, drawn: u64) -> bool {
        drawn % u64::from(MILLION) < u64::from(self.0)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} %", f64::from(self.0) / 10_000.0)
    }
}

const MILLION: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn shares_hit_as_many_as_they_say() {
        let hits = |share: Share| (0..1_000_000).filter(|drawn| share.has(*drawn)).count();
        assert_eq!(hits(Share::default()), 0);
        assert_eq!(hits(Share::percent(1)), 10_000);
        assert_eq!(hits(Share::of_million(7)), 7);
        assert_eq!((hits(Share::ALL), hits(Share::percent(700))), (1_000_000, 1_000_000));
        assert_eq!(Share::of_million(12_500).to_string(), "1.25 %");
    }
}
