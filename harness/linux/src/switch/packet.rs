//! The little that the switch reads of a packet.

use std::net::Ipv4Addr;

use crate::tun::HEADER_BYTES;

/// The shortest IPv4 header, in bytes.
const IPV4_HEADER_BYTES: usize = 20;

/// One IPv4 packet as it came from a TUN device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// With the offload header in front, as it must be written again.
    pub(super) frame: &'a [u8],
    /// Where it goes.
    pub(super) destination: Ipv4Addr,
}

impl<'a> Packet<'a> {
    /// `None` for what is not IPv4.
    pub(super) fn parse(frame: &'a [u8]) -> Option<Self> {
        let header = frame.get(HEADER_BYTES..HEADER_BYTES + IPV4_HEADER_BYTES)?;
        if header[0] >> 4 != 4 {
            return None;
        }
        let destination = Ipv4Addr::new(header[16], header[17], header[18], header[19]);
        Some(Self { frame, destination })
    }

    /// The length in bytes, without the offload header.
    pub(super) fn length(&self) -> u64 {
        (self.frame.len() - HEADER_BYTES) as u64
    }
}

/// An empty IPv4 packet to an address.
#[cfg(test)]
pub(super) fn test_bytes(destination: [u8; 4]) -> Vec<u8> {
    let mut bytes = vec![0; HEADER_BYTES + IPV4_HEADER_BYTES];
    bytes[HEADER_BYTES] = 0x45;
    bytes[HEADER_BYTES + 16..].copy_from_slice(&destination);
    bytes
}

#[cfg(test)]
mod tests {
    use super::{HEADER_BYTES, Packet, test_bytes};

    #[test]
    fn the_destination_is_read_behind_the_offload_header() {
        let bytes = test_bytes([10, 77, 0, 2]);
        let packet = Packet::parse(&bytes).expect("an IPv4 packet");
        assert_eq!(packet.destination, std::net::Ipv4Addr::new(10, 77, 0, 2));
        assert_eq!(packet.length(), 20);
    }

    #[test]
    fn what_is_not_a_whole_ipv4_header_is_ignored() {
        let mut bytes = test_bytes([10, 77, 0, 2]);
        for length in 0..bytes.len() {
            assert!(Packet::parse(&bytes[..length]).is_none());
        }
        bytes[HEADER_BYTES] = 0x60;
        assert!(Packet::parse(&bytes).is_none());
    }
}
