//! What a directed link is to do with packets.

use std::num::NonZeroU64;
use std::time::Duration;

use super::share::Share;

/// The policy of one directed link. The default passes everything on at once.
///
/// Effects come in the order in which a real path would have them: a packet is lost or
/// spoilt on the way, waits for the link to be free, takes its time, and arrives once,
/// twice or out of turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// Every packet is lost, those that are under way included.
    pub drop: bool,
    /// TCP connections are reset: a packet of one does not pass, and both ends are told
    /// that the connection is over.
    pub reset: bool,
    /// Packets that are lost.
    pub loss: Share,
    /// Packets of which one bit is flipped. Their checksums are complete, so a receiver
    /// finds out and the packet is lost to it.
    pub corrupt: Share,
    /// Packets that arrive twice.
    pub duplicate: Share,
    /// Packets that are held back, so that later ones overtake them.
    pub reorder: Share,
    /// How long every packet takes.
    pub delay: Duration,
    /// How much longer it may take, at random; packets keep their order all the same.
    pub jitter: Duration,
    /// Bytes a second; what exceeds them waits for at most a second, or is lost.
    pub bandwidth: Option<NonZeroU64>,
}

impl Link {
    /// A link that loses every packet.
    pub fn cut() -> Self {
        Self { drop: true, ..Self::open() }
    }

    /// A link that passes everything on at once.
    pub fn open() -> Self {
        Self::default()
    }

    /// Whether effects are about single packets as they are on a wire. Segmentation
    /// offload would make one packet of 40, and leave out checksums.
    pub(super) fn needs_single_packets(&self) -> bool {
        let shares = [self.loss, self.corrupt, self.duplicate, self.reorder];
        self.reset || self.bandwidth.is_some() || shares.iter().any(|share| !share.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Link, NonZeroU64, Share};

    #[test]
    fn an_open_link_is_the_default_and_needs_nothing() {
        assert_eq!(Link::open(), Link::default());
        assert!(!Link::cut().needs_single_packets() && !Link::open().needs_single_packets());
        let late = Link { delay: Duration::from_millis(20), ..Link::open() };
        assert!(!late.needs_single_packets());
    }

    #[test]
    fn effects_on_packets_need_packets() {
        let open = Link::open();
        let policies = [
            Link { loss: Share::percent(1), ..open },
            Link { corrupt: Share::percent(1), ..open },
            Link { duplicate: Share::percent(1), ..open },
            Link { reorder: Share::percent(1), ..open },
            Link { bandwidth: NonZeroU64::new(1000), ..open },
            Link { reset: true, ..open },
        ];
        assert!(policies.iter().all(Link::needs_single_packets));
    }
}
