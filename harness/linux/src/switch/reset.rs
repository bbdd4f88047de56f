//! Packets that end a TCP connection, made from one that is under way.

use super::checksum::{Sum, complete};
use super::packet::{IPV4_HEADER_BYTES, Packet, TCP_HEADER_BYTES};
use crate::tun::HEADER_BYTES;

const LENGTH: usize = HEADER_BYTES + IPV4_HEADER_BYTES + TCP_HEADER_BYTES;

const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// Where the parts of a packet are, behind the offload header.
const SOURCE: usize = 12;
const DESTINATION: usize = 16;

/// What ends a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Resets {
    /// To the end that sent the packet.
    pub(super) sender: [u8; LENGTH],
    /// To the end that the packet was for.
    pub(super) receiver: [u8; LENGTH],
}

impl Resets {
    /// Packets for both ends of the connection that a packet belongs to. Nothing if it is not
    /// the first fragment of a TCP packet, or itself ends a connection.
    ///
    /// An end obeys if the sequence number is the very next one that it expects (RFC 5961):
    /// for the receiver that is the packet's own, for the sender the one that the packet
    /// acknowledges.
    pub(super) fn of(packet: &Packet<'_>) -> Option<Self> {
        let (ip, tcp) = packet.tcp()?;
        let flags = tcp[13];
        if flags & RST != 0 {
            return None;
        }
        let word = |at: usize| [tcp[at], tcp[at + 1], tcp[at + 2], tcp[at + 3]];
        let (sequence, acknowledged) = (word(4), word(8));
        let ports = [tcp[0], tcp[1], tcp[2], tcp[3]];
        let back = [tcp[2], tcp[3], tcp[0], tcp[1]];
        let address = |at: usize| [ip[at], ip[at + 1], ip[at + 2], ip[at + 3]];
        let (source, destination) = (address(SOURCE), address(DESTINATION));
        let sender = if flags & ACK == 0 {
            // Who opens a connection obeys an answer to that, and nothing else.
            let opened = u32::from(flags & SYN != 0);
            let next = u32::from_be_bytes(sequence).wrapping_add(opened);
            packet_of(destination, source, back, [0; 4], Some(next.to_be_bytes()))
        } else {
            packet_of(destination, source, back, acknowledged, None)
        };
        let receiver = packet_of(source, destination, ports, sequence, None);
        Some(Self { sender, receiver })
    }
}

fn packet_of(
    source: [u8; 4],
    destination: [u8; 4],
    ports: [u8; 4],
    sequence: [u8; 4],
    acknowledged: Option<[u8; 4]>,
) -> [u8; LENGTH] {
    let mut frame = [0; LENGTH];
    let (ip, tcp) = frame[HEADER_BYTES..].split_at_mut(IPV4_HEADER_BYTES);
    // Version 4, five words of header; the length; don't fragment; time to live; TCP.
    ip[0] = 0x45;
    ip[2..4].copy_from_slice(&[0, 40]);
    ip[6] = 0x40;
    ip[8..10].copy_from_slice(&[64, 6]);
    ip[SOURCE..SOURCE + 4].copy_from_slice(&source);
    ip[DESTINATION..DESTINATION + 4].copy_from_slice(&destination);
    complete(ip, 10, Sum::default());
    tcp[..4].copy_from_slice(&ports);
    tcp[4..8].copy_from_slice(&sequence);
    tcp[8..12].copy_from_slice(&acknowledged.unwrap_or_default());
    // Five words of header.
    tcp[12] = 5 << 4;
    tcp[13] = if acknowledged.is_some() { RST | ACK } else { RST };
    let mut sum = Sum::default();
    sum.add(&source);
    sum.add(&destination);
    sum.add(&[0, 6, 0, 20]);
    complete(tcp, 16, sum);
    frame
}

#[cfg(test)]
mod tests {
    use super::super::packet::{Packet, test_tcp};
    use super::{ACK, HEADER_BYTES, RST, Resets, SYN, Sum};

    /// Sequence number, acknowledged number and flags.
    fn parts(frame: &[u8]) -> (u32, u32, u8) {
        let tcp = &frame[HEADER_BYTES + 20..];
        let word = |at: usize| u32::from_be_bytes([tcp[at], tcp[at + 1], tcp[at + 2], tcp[at + 3]]);
        (word(4), word(8), tcp[13])
    }

    fn resets(flags: u8) -> Option<Resets> {
        let frame = test_tcp([10, 77, 0, 1], [10, 77, 0, 2], (1000, 77), flags);
        Resets::of(&Packet::parse(&frame).expect("an IPv4 packet"))
    }

    #[test]
    fn each_end_gets_the_number_that_it_expects() {
        let resets = resets(ACK).expect("it is a TCP packet");
        assert_eq!(parts(&resets.receiver), (1000, 0, RST));
        assert_eq!(parts(&resets.sender), (77, 0, RST));
        let sender = Packet::parse(&resets.sender).expect("an IPv4 packet");
        assert_eq!(sender.destination, std::net::Ipv4Addr::new(10, 77, 0, 1));
    }

    #[test]
    fn who_opens_a_connection_is_refused() {
        let resets = resets(SYN).expect("it is a TCP packet");
        assert_eq!(parts(&resets.sender), (0, 1001, RST | ACK));
    }

    #[test]
    fn a_reset_is_not_answered() {
        assert_eq!(resets(RST), None);
    }

    #[test]
    fn checksums_are_right() {
        let frame = resets(ACK).expect("it is a TCP packet").receiver;
        let (ip, tcp) = frame[HEADER_BYTES..].split_at(20);
        let mut sum = Sum::default();
        sum.add(ip);
        assert_eq!(sum.checksum(), [0, 0]);
        let mut sum = Sum::default();
        sum.add(&ip[12..20]);
        sum.add(&[0, 6, 0, 20]);
        sum.add(tcp);
        assert_eq!(sum.checksum(), [0, 0]);
    }
}
