//! The links and their counters: shared by the switch's thread and by who changes them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use super::lane::Lane;
use super::link::Link;

/// A port of a switch: its place in the list that the switch was started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortIndex(pub usize);

/// A port that the switch does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the switch has {ports} ports and no port {index}: count from 0", index = .port.0)]
pub struct UnknownPort {
    port: PortIndex,
    ports: usize,
}

/// What a directed link has done since the switch was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounters {
    /// Packets passed on. With segmentation offload one may be up to 64 KiB.
    pub packets: u64,
    /// Bytes passed on, IP headers included.
    pub bytes: u64,
    /// Packets lost: by the link's policy, or because the receiving end took none.
    pub dropped: u64,
    /// Packets that were passed on later than they came.
    pub delayed: u64,
    /// Packets that were passed on twice; the second time counts as a packet too.
    pub duplicated: u64,
    /// Packets with a flipped bit, passed on.
    pub corrupted: u64,
    /// Packets that were answered with the end of their connection.
    pub reset: u64,
}

/// Every directed link of a switch, in rows by the port that packets come from.
#[derive(Debug)]
pub(super) struct LinkTable {
    ports: usize,
    /// A packet holds its link until it is counted. So who sets a link knows that nothing
    /// passes by the policy before, and who reads counters misses nothing that has arrived.
    lanes: Vec<Mutex<Lane>>,
}

impl LinkTable {
    /// Open links; the seed chooses whose turn it is when policies are about shares.
    pub(super) fn new(ports: usize, seed: u64) -> Self {
        let lane = |number: usize| Mutex::new(Lane::new(seed.wrapping_add(number as u64)));
        Self { ports, lanes: (0..ports * ports).map(lane).collect() }
    }

    /// Waits for the packet that is on the link, and sets what becomes of the next.
    pub(super) fn set(
        &self,
        from: PortIndex,
        to: PortIndex,
        policy: Link,
    ) -> Result<(), UnknownPort> {
        self.lane(from, to)?.policy = policy;
        Ok(())
    }

    pub(super) fn get(&self, from: PortIndex, to: PortIndex) -> Result<Link, UnknownPort> {
        Ok(self.lane(from, to)?.policy)
    }

    pub(super) fn counters(
        &self,
        from: PortIndex,
        to: PortIndex,
    ) -> Result<LinkCounters, UnknownPort> {
        Ok(self.lane(from, to)?.counters)
    }

    /// Whether any link from a port needs packets as they are on a wire.
    pub(super) fn needs_single_packets(&self, from: PortIndex) -> bool {
        let links = (0..self.ports).map(|to| self.get(from, PortIndex(to)));
        links.flatten().any(|link| link.needs_single_packets())
    }

    /// A directed link, held.
    pub(super) fn lane(
        &self,
        from: PortIndex,
        to: PortIndex,
    ) -> Result<MutexGuard<'_, Lane>, UnknownPort> {
        let ports = self.ports;
        for port in [from, to] {
            if port.0 >= ports {
                return Err(UnknownPort { port, ports });
            }
        }
        let lane = &self.lanes[from.0 * ports + to.0];
        Ok(lane.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::super::share::Share;
    use super::{Link, LinkTable, PortIndex};

    const A: PortIndex = PortIndex(0);
    const B: PortIndex = PortIndex(1);

    #[test]
    fn links_are_directed() {
        let table = LinkTable::new(2, 1);
        table.set(A, B, Link { loss: Share::percent(1), ..Link::open() }).expect("both exist");
        assert!(table.needs_single_packets(A) && !table.needs_single_packets(B));
        assert_eq!(table.get(B, A), Ok(Link::open()));
        table.set(A, B, Link::cut()).expect("both exist");
        assert_eq!(table.get(A, B), Ok(Link::cut()));
    }

    #[test]
    fn a_port_that_does_not_exist_is_refused() {
        let table = LinkTable::new(2, 1);
        let error = table.set(A, PortIndex(2), Link::cut()).expect_err("two ports");
        assert_eq!(error.to_string(), "the switch has 2 ports and no port 2: count from 0");
        assert!(table.counters(PortIndex(2), A).is_err());
    }

    #[test]
    fn a_link_is_cut_only_after_the_packet_that_is_on_it() {
        let table = LinkTable::new(2, 1);
        let (tell, arrival) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut lane = table.lane(A, B).expect("both exist");
                tell.send(()).expect("the other end waits");
                // Long enough for a cut that does not wait to be counted before.
                thread::sleep(Duration::from_millis(50));
                lane.counters.packets += 1;
            });
            arrival.recv().expect("a packet is on the link");
            table.set(A, B, Link::cut()).expect("both exist");
            assert_eq!(table.counters(A, B).expect("both exist").packets, 1);
        });
    }
}
