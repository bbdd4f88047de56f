//! The links and their counters: shared by the switch's thread and by who changes them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

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
    links: Mutex<Vec<Link>>,
    /// Counts changes, so that the forwarding thread takes the lock only after one.
    generation: AtomicU64,
    counters: Vec<AtomicCounters>,
}

#[derive(Debug, Default)]
struct AtomicCounters {
    packets: AtomicU64,
    bytes: AtomicU64,
    dropped: AtomicU64,
}

/// The forwarding thread's own copy of the links.
#[derive(Debug, Default)]
pub(super) struct LinkView {
    generation: Option<u64>,
    links: Vec<Link>,
}

impl LinkTable {
    pub(super) fn new(ports: usize) -> Self {
        Self {
            ports,
            links: Mutex::new(vec![Link::default(); ports * ports]),
            generation: AtomicU64::new(0),
            counters: std::iter::repeat_with(AtomicCounters::default).take(ports * ports).collect(),
        }
    }

    pub(super) fn set(
        &self,
        from: PortIndex,
        to: PortIndex,
        link: Link,
    ) -> Result<(), UnknownPort> {
        let cell = self.cell(from, to)?;
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links[cell] = link;
        // Inside the lock: who sees the new generation waits for the new link.
        self.generation.fetch_add(1, Ordering::Release);
        Ok(())
    }

    pub(super) fn get(&self, from: PortIndex, to: PortIndex) -> Result<Link, UnknownPort> {
        let cell = self.cell(from, to)?;
        Ok(self.links.lock().unwrap_or_else(PoisonError::into_inner)[cell])
    }

    pub(super) fn counters(
        &self,
        from: PortIndex,
        to: PortIndex,
    ) -> Result<LinkCounters, UnknownPort> {
        let counters = &self.counters[self.cell(from, to)?];
        Ok(LinkCounters {
            packets: counters.packets.load(Ordering::Relaxed),
            bytes: counters.bytes.load(Ordering::Relaxed),
            dropped: counters.dropped.load(Ordering::Relaxed),
        })
    }

    /// Brings the view up to date; one atomic load when nothing changed.
    pub(super) fn refresh(&self, view: &mut LinkView) {
        let generation = self.generation.load(Ordering::Acquire);
        if view.generation != Some(generation) {
            let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
            view.links.clone_from(&links);
            view.generation = Some(generation);
        }
    }

    /// The link between two ports of this switch, in the view.
    pub(super) fn link(&self, view: &LinkView, from: usize, to: usize) -> Link {
        view.links.get(from * self.ports + to).copied().unwrap_or_default()
    }

    pub(super) fn count_forwarded(&self, from: usize, to: usize, bytes: u64) {
        if let Some(counters) = self.counters.get(from * self.ports + to) {
            counters.packets.fetch_add(1, Ordering::Relaxed);
            counters.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    pub(super) fn count_dropped(&self, from: usize, to: usize) {
        if let Some(counters) = self.counters.get(from * self.ports + to) {
            counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn cell(&self, from: PortIndex, to: PortIndex) -> Result<usize, UnknownPort> {
        for port in [from, to] {
            if port.0 >= self.ports {
                return Err(UnknownPort { port, ports: self.ports });
            }
        }
        Ok(from.0 * self.ports + to.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Link, LinkTable, LinkView, PortIndex};

    #[test]
    fn links_are_directed_and_seen_after_a_refresh() {
        let table = LinkTable::new(2);
        let mut view = LinkView::default();
        table.refresh(&mut view);
        table.set(PortIndex(0), PortIndex(1), Link::cut()).expect("both ports exist");
        assert_eq!(table.link(&view, 0, 1), Link::default());
        table.refresh(&mut view);
        assert_eq!(table.link(&view, 0, 1), Link::cut());
        assert_eq!(table.link(&view, 1, 0), Link::default());
        assert_eq!(table.get(PortIndex(0), PortIndex(1)), Ok(Link::cut()));
    }

    #[test]
    fn a_port_that_does_not_exist_is_refused() {
        let table = LinkTable::new(2);
        let error = table.set(PortIndex(0), PortIndex(2), Link::cut()).expect_err("two ports");
        assert_eq!(error.to_string(), "the switch has 2 ports and no port 2: count from 0");
        assert!(table.counters(PortIndex(2), PortIndex(0)).is_err());
    }

    #[test]
    fn each_directed_link_counts_for_itself() {
        let table = LinkTable::new(2);
        table.count_forwarded(0, 1, 1500);
        table.count_dropped(1, 0);
        let forth = table.counters(PortIndex(0), PortIndex(1)).expect("both ports exist");
        assert_eq!((forth.packets, forth.bytes, forth.dropped), (1, 1500, 0));
        let back = table.counters(PortIndex(1), PortIndex(0)).expect("both ports exist");
        assert_eq!((back.packets, back.bytes, back.dropped), (0, 0, 1));
    }
}
