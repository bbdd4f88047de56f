//! The links and their counters: shared by the switch's thread and by who changes them.

use std::iter;
use std::sync::{Mutex, MutexGuard, PoisonError};

use thiserror::Error;

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
}

/// Every directed link of a switch, in rows by the port that packets come from.
#[derive(Debug)]
pub(super) struct LinkTable {
    ports: usize,
    /// A packet holds its link until it is counted. So who sets a link knows that nothing
    /// passes by the policy before, and who reads counters misses nothing that has arrived.
    links: Vec<Mutex<DirectedLink>>,
}

#[derive(Debug, Default)]
struct DirectedLink {
    policy: Link,
    counters: LinkCounters,
}

impl LinkTable {
    pub(super) fn new(ports: usize) -> Self {
        Self { ports, links: iter::repeat_with(Mutex::default).take(ports * ports).collect() }
    }

    /// Waits for the packet that is on the link, and sets what becomes of the next.
    pub(super) fn set(
        &self,
        from: PortIndex,
        to: PortIndex,
        policy: Link,
    ) -> Result<(), UnknownPort> {
        self.link(from, to)?.policy = policy;
        Ok(())
    }

    pub(super) fn get(&self, from: PortIndex, to: PortIndex) -> Result<Link, UnknownPort> {
        Ok(self.link(from, to)?.policy)
    }

    pub(super) fn counters(
        &self,
        from: PortIndex,
        to: PortIndex,
    ) -> Result<LinkCounters, UnknownPort> {
        Ok(self.link(from, to)?.counters)
    }

    /// Takes one packet over a link. `send` gets the policy and tells the bytes that it
    /// passed on; none means that the packet is lost.
    pub(super) fn pass(
        &self,
        from: PortIndex,
        to: PortIndex,
        send: impl FnOnce(Link) -> Option<u64>,
    ) -> Result<(), UnknownPort> {
        let mut link = self.link(from, to)?;
        match send(link.policy) {
            Some(bytes) => {
                link.counters.packets += 1;
                link.counters.bytes += bytes;
            }
            None => link.counters.dropped += 1,
        }
        Ok(())
    }

    fn link(
        &self,
        from: PortIndex,
        to: PortIndex,
    ) -> Result<MutexGuard<'_, DirectedLink>, UnknownPort> {
        let ports = self.ports;
        for port in [from, to] {
            if port.0 >= ports {
                return Err(UnknownPort { port, ports });
            }
        }
        let link = &self.links[from.0 * ports + to.0];
        Ok(link.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::{Link, LinkTable, PortIndex};

    const A: PortIndex = PortIndex(0);
    const B: PortIndex = PortIndex(1);

    #[test]
    fn links_are_directed() {
        let table = LinkTable::new(2);
        table.set(A, B, Link::cut()).expect("both ports exist");
        assert_eq!(table.get(A, B), Ok(Link::cut()));
        assert_eq!(table.get(B, A), Ok(Link::default()));
    }

    #[test]
    fn a_port_that_does_not_exist_is_refused() {
        let table = LinkTable::new(2);
        let error = table.set(A, PortIndex(2), Link::cut()).expect_err("two ports");
        assert_eq!(error.to_string(), "the switch has 2 ports and no port 2: count from 0");
        assert!(table.counters(PortIndex(2), A).is_err());
    }

    #[test]
    fn each_directed_link_counts_for_itself() {
        let table = LinkTable::new(2);
        table.pass(A, B, |_| Some(1500)).expect("both ports exist");
        table.pass(B, A, |_| None).expect("both ports exist");
        let forth = table.counters(A, B).expect("both ports exist");
        assert_eq!((forth.packets, forth.bytes, forth.dropped), (1, 1500, 0));
        let back = table.counters(B, A).expect("both ports exist");
        assert_eq!((back.packets, back.bytes, back.dropped), (0, 0, 1));
    }

    #[test]
    fn a_link_is_cut_only_after_the_packet_that_is_on_it() {
        let table = LinkTable::new(2);
        let (tell, arrival) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let pass = |_| {
                    tell.send(()).expect("the other end waits");
                    // Long enough for a cut that does not wait to be counted before.
                    thread::sleep(std::time::Duration::from_millis(50));
                    Some(1)
                };
                table.pass(A, B, pass).expect("both ports exist");
            });
            arrival.recv().expect("a packet is on the link");
            table.set(A, B, Link::cut()).expect("both ports exist");
            assert_eq!(table.counters(A, B).expect("both ports exist").packets, 1);
        });
    }
}
