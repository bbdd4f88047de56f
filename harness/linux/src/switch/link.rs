//! What a directed link does with a packet.

use super::packet::Packet;

/// The policy of one directed link. The default passes everything on at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// Every packet is lost.
    pub drop: bool,
}

impl Link {
    /// A link that loses every packet.
    pub const fn cut() -> Self {
        Self { drop: true }
    }

    /// Decides the fate of one packet. A policy with more than one effect decides them here,
    /// in the order in which a real path would have them.
    pub(super) fn judge(self, _packet: &Packet<'_>) -> Verdict {
        if self.drop { Verdict::Drop } else { Verdict::Forward }
    }
}

/// The fate of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Passed on now.
    Forward,
    /// Lost.
    Drop,
}

#[cfg(test)]
mod tests {
    use super::super::packet::{Packet, test_bytes};
    use super::{Link, Verdict};

    #[test]
    fn only_a_cut_link_loses_packets() {
        let bytes = test_bytes([10, 77, 0, 2]);
        let packet = Packet::parse(&bytes).expect("an IPv4 packet");
        assert_eq!(Link::default().judge(&packet), Verdict::Forward);
        assert_eq!(Link::cut().judge(&packet), Verdict::Drop);
    }
}
