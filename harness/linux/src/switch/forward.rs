//! The switch's thread: packets from port to port.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::capture::Capture;
use super::lane::{Fate, Lane};
use super::late::Queue;
use super::packet::Packet;
use super::poller::{Poller, Ready};
use super::reset::Resets;
use super::stations::Stations;
use super::table::{LinkTable, StationIndex};
use crate::time::now;
use crate::tun::HEADER_BYTES;

/// A full segmentation offload and its headers fit.
const BUFFER_BYTES: usize = 72 * 1024;
/// One port may not starve the others.
const READS_IN_A_ROW: usize = 32;

/// What the thread works with.
pub(super) struct Forwarder {
    stations: Arc<Stations>,
    table: Arc<LinkTable>,
    poller: Arc<Poller>,
    queue: Queue,
    /// Where packets are written that are delivered, until that fails.
    capture: Option<Capture>,
}

impl Forwarder {
    /// Watches every port.
    pub(super) fn new(
        stations: Arc<Stations>,
        table: Arc<LinkTable>,
        poller: Arc<Poller>,
        capture: Option<Capture>,
    ) -> io::Result<Self> {
        for (place, port) in stations.ports().iter().enumerate() {
            poller.add(port.tun.as_fd(), place)?;
        }
        Ok(Self { stations, table, poller, queue: Queue::default(), capture })
    }

    /// Forwards until told to stop.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut ready = Ready::new();
        loop {
            self.poller.wait(&mut ready, self.until_next())?;
            if ready.is_stop() {
                return Ok(());
            }
            self.deliver_late();
            for port in ready.ports() {
                self.drain(port, &mut buffer);
            }
        }
    }

    /// How long nothing is due.
    fn until_next(&self) -> Option<Duration> {
        self.queue.next_due().map(|due| due.saturating_duration_since(now()))
    }

    /// Takes some packets from a port; what is left makes the port ready again.
    fn drain(&mut self, place: usize, buffer: &mut [u8]) {
        for _ in 0..READS_IN_A_ROW {
            let Some(port) = self.stations.ports().get(place) else { return };
            match port.tun.receive(buffer) {
                Ok(length) => self.forward(place, &mut buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The interface went away with its namespace.
                Err(_) => return self.poller.remove(port.tun.as_fd()),
            }
        }
    }

    fn forward(&mut self, place: usize, frame: &mut [u8]) {
        let Some(packet) = Packet::parse(frame) else { return };
        let Some(to) = self.stations.at(packet.destination) else { return };
        let Some(from) = self.stations.sender(place, packet.source) else { return };
        let table = Arc::clone(&self.table);
        let Ok(mut lane) = table.lane(from, to) else { return };
        match lane.judge(packet.length(), packet.is_tcp(), now) {
            Fate::Lost => lane.counters.dropped += 1,
            Fate::Reset => self.reset(&mut lane, (from, to), &packet),
            Fate::Arrives { due, spoilt, twice } => {
                let checked = packet.is_checked();
                match spoilt {
                    // Nobody would find out, which is not what a wire does. Who would, loses it.
                    Some(_) if !checked => return lane.counters.dropped += 1,
                    Some(bit) => {
                        flip(&mut frame[HEADER_BYTES..], bit);
                        lane.counters.corrupted += 1;
                    }
                    None => {}
                }
                for _ in 0..=u8::from(twice) {
                    self.pass(&mut lane, (from, to), due, frame);
                }
                lane.counters.duplicated += u64::from(twice);
            }
        }
    }

    /// Passes a packet on, now or later.
    fn pass(
        &mut self,
        lane: &mut Lane,
        (from, to): (StationIndex, StationIndex),
        due: Option<Instant>,
        frame: &[u8],
    ) {
        match due {
            None => self.deliver(lane, to, frame),
            Some(due) if self.queue.push(due, from, to, frame) => lane.counters.delayed += 1,
            Some(_) => lane.counters.dropped += 1,
        }
    }

    /// Writes a packet to the device that a station is behind; whether that took it.
    fn send(&self, to: StationIndex, frame: &[u8]) -> bool {
        self.stations.tun(to).is_some_and(|tun| tun.send(frame).is_ok())
    }

    fn deliver(&mut self, lane: &mut Lane, to: StationIndex, frame: &[u8]) {
        if self.send(to, frame) {
            self.capture(frame);
            lane.counters.packets += 1;
            lane.counters.bytes += (frame.len() - HEADER_BYTES) as u64;
        } else {
            // A full queue or an interface that is down loses packets, as on a real path.
            lane.counters.dropped += 1;
        }
    }

    /// Delivers what is due by now.
    fn deliver_late(&mut self) {
        if self.queue.next_due().is_none() {
            return;
        }
        let now = now();
        let table = Arc::clone(&self.table);
        while let Some(late) = self.queue.pop(now) {
            let lane = table.lane(late.from, late.to);
            let Ok(mut lane) = lane else { continue };
            if lane.policy.drop {
                lane.counters.dropped += 1;
            } else {
                self.deliver(&mut lane, late.to, &late.frame);
            }
        }
    }

    /// Tells both ends of a packet's connection that it is over.
    fn reset(
        &mut self,
        lane: &mut Lane,
        (from, to): (StationIndex, StationIndex),
        packet: &Packet<'_>,
    ) {
        let Some(Resets { sender, receiver }) = Resets::of(packet) else {
            // It ends the connection itself, or belongs to a packet that did not pass.
            return self.deliver(lane, to, packet.frame);
        };
        lane.counters.reset += 1;
        for (end, frame) in [(from, sender), (to, receiver)] {
            // An end that takes nothing any more has lost its connections anyway.
            if self.send(end, &frame) {
                self.capture(&frame);
            }
        }
    }

    /// Writes down what was delivered. Where that fails (a full disk), traffic goes on.
    fn capture(&mut self, frame: &[u8]) {
        if let Some(capture) = &mut self.capture
            && capture.add(frame).is_err()
        {
            self.capture = None;
        }
    }
}

/// Flips the bit of a packet that a number chooses.
fn flip(packet: &mut [u8], number: u64) {
    let bits = packet.len() as u64 * 8;
    let bit = number % bits.max(1);
    if let Some(byte) = usize::try_from(bit / 8).ok().and_then(|at| packet.get_mut(at)) {
        *byte ^= 1 << (bit % 8);
    }
}

#[cfg(test)]
mod tests {
    use super::flip;

    #[test]
    fn one_bit_is_flipped_whatever_the_number() {
        for number in [0, 7, 8, 23, 24, u64::MAX] {
            let mut packet = [0_u8; 3];
            flip(&mut packet, number);
            assert_eq!(packet.iter().map(|byte| byte.count_ones()).sum::<u32>(), 1);
        }
        flip(&mut [], 1);
    }
}
