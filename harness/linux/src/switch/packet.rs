//! The little that the switch reads of a packet.

use std::net::Ipv4Addr;

use crate::tun::HEADER_BYTES;

/// The shortest IPv4 header, in bytes.
pub(super) const IPV4_HEADER_BYTES: usize = 20;
/// The shortest TCP header, in bytes.
pub(super) const TCP_HEADER_BYTES: usize = 20;

const TCP: u8 = 6;
/// Of the offload header's first byte: the checksum is to be completed by who sends it.
const NEEDS_CHECKSUM: u8 = 1;

/// One IPv4 packet as it came from a TUN device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// With the offload header in front, as it must be written again.
    pub(super) frame: &'a [u8],
    /// Where it comes from, as it says.
    pub(super) source: Ipv4Addr,
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
        let source = Ipv4Addr::new(header[12], header[13], header[14], header[15]);
        let destination = Ipv4Addr::new(header[16], header[17], header[18], header[19]);
        Some(Self { frame, source, destination })
    }

    /// The length in bytes, without the offload header.
    pub(super) fn length(&self) -> u64 {
        (self.frame.len() - HEADER_BYTES) as u64
    }

    /// Whether it belongs to a TCP connection.
    pub(super) fn is_tcp(&self) -> bool {
        self.frame[HEADER_BYTES + 9] == TCP
    }

    /// The headers of IPv4 and TCP, the latter as far as it always goes; nothing if it is not
    /// TCP, or a fragment behind the first.
    pub(super) fn tcp(&self) -> Option<(&'a [u8], &'a [u8])> {
        let ip = &self.frame[HEADER_BYTES..];
        let fragment = u16::from_be_bytes([ip[6], ip[7]]) & 0x1fff;
        if !self.is_tcp() || fragment != 0 {
            return None;
        }
        let tcp = usize::from(ip[0] & 0xf) * 4;
        Some((ip.get(..tcp)?, ip.get(tcp..tcp + TCP_HEADER_BYTES)?))
    }

    /// Whether the receiver can tell when it is spoilt: its checksum is in it, and it is no
    /// bundle of packets.
    pub(super) fn is_checked(&self) -> bool {
        self.frame[0] & NEEDS_CHECKSUM == 0 && self.frame[1] == 0
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

/// A TCP packet with sequence numbers (its own and the one that it acknowledges) and flags.
#[cfg(test)]
pub(super) fn test_tcp(
    source: [u8; 4],
    destination: [u8; 4],
    (sequence, acknowledged): (u32, u32),
    flags: u8,
) -> Vec<u8> {
    let mut bytes = test_bytes(destination);
    bytes[HEADER_BYTES + 9] = TCP;
    bytes[HEADER_BYTES + 12..HEADER_BYTES + 16].copy_from_slice(&source);
    bytes.extend([0x10, 0x00, 0x09, 0x4b]);
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(acknowledged.to_be_bytes());
    bytes.extend([0x50, flags, 0, 0, 0, 0, 0, 0]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::{HEADER_BYTES, Packet, test_bytes, test_tcp};

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

    #[test]
    fn tcp_is_told_from_the_rest() {
        let mut bytes = test_tcp([10, 77, 0, 1], [10, 77, 0, 2], (1, 2), 0);
        let has_tcp = |bytes: &[u8]| Packet::parse(bytes).expect("an IPv4 packet").tcp().is_some();
        assert!(has_tcp(&bytes));
        assert!(!has_tcp(&bytes[..bytes.len() - 1]), "its header is cut short");
        bytes[HEADER_BYTES + 7] = 1;
        assert!(!has_tcp(&bytes), "it is a later fragment");
        assert!(!has_tcp(&test_bytes([10, 77, 0, 2])));
    }

    #[test]
    fn only_a_complete_checksum_protects() {
        let mut bytes = test_bytes([10, 77, 0, 2]);
        let checked = |bytes: &[u8]| Packet::parse(bytes).expect("an IPv4 packet").is_checked();
        assert!(checked(&bytes));
        bytes[1] = 1;
        assert!(!checked(&bytes), "a bundle");
        bytes[..2].copy_from_slice(&[1, 0]);
        assert!(!checked(&bytes), "a checksum that is not complete");
    }
}
