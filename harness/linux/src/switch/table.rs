//! The links and their counters: shared by the switch's thread and by who changes them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use super::lane::Lane;
use super::link::Link;

/// A station of a switch, which is an address behind a port: its place in the list of all
/// addresses, those of the first port first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StationIndex(pub usize);

/// A station that the switch does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the switch has {stations} stations and no station {index}: count from 0", index = .station.0)]
pub struct UnknownStation {
    station: StationIndex,
    stations: usize,
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

impl LinkCounters {
    /// What two links have done together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            packets: self.packets + other.packets,
            bytes: self.bytes + other.bytes,
            dropped: self.dropped + other.dropped,
            delayed: self.delayed + other.delayed,
            duplicated: self.duplicated + other.duplicated,
            corrupted: self.corrupted + other.corrupted,
            reset: self.reset + other.reset,
        }
    }

    /// What a link has done since it had done that.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            packets: self.packets - before.packets,
            bytes: self.bytes - before.bytes,
            dropped: self.dropped - before.dropped,
            delayed: self.delayed - before.delayed,
            duplicated: self.duplicated - before.duplicated,
            corrupted: self.corrupted - before.corrupted,
            reset: self.reset - before.reset,
        }
    }
}

/// Every directed link of a switch, in rows by the station that packets come from.
#[derive(Debug)]
pub(super) struct LinkTable {
    stations: usize,
    /// A packet holds its link until it is counted. So who sets a link knows that nothing
    /// passes by the policy before, and who reads counters misses nothing that has arrived.
    lanes: Vec<Mutex<Lane>>,
}

impl LinkTable {
    /// Open links; the seed chooses whose turn it is when policies are about shares.
    pub(super) fn new(stations: usize, seed: u64) -> Self {
        let lane = |number: usize| Mutex::new(Lane::new(seed.wrapping_add(number as u64)));
        Self { stations, lanes: (0..stations * stations).map(lane).collect() }
    }

    /// Waits for the packet that is on the link, and sets what becomes of the next.
    pub(super) fn set(
        &self,
        from: StationIndex,
        to: StationIndex,
        policy: Link,
    ) -> Result<(), UnknownStation> {
        self.lane(from, to)?.policy = policy;
        Ok(())
    }

    pub(super) fn get(&self, from: StationIndex, to: StationIndex) -> Result<Link, UnknownStation> {
        Ok(self.lane(from, to)?.policy)
    }

    pub(super) fn counters(
        &self,
        from: StationIndex,
        to: StationIndex,
    ) -> Result<LinkCounters, UnknownStation> {
        Ok(self.lane(from, to)?.counters)
    }

    /// Whether any link from a station needs packets as they are on a wire.
    pub(super) fn needs_single_packets(&self, from: StationIndex) -> bool {
        let links = (0..self.stations).map(|to| self.get(from, StationIndex(to)));
        links.flatten().any(|link| link.needs_single_packets())
    }

    /// A directed link, held.
    pub(super) fn lane(
        &self,
        from: StationIndex,
        to: StationIndex,
    ) -> Result<MutexGuard<'_, Lane>, UnknownStation> {
        let stations = self.stations;
        for station in [from, to] {
            if station.0 >= stations {
                return Err(UnknownStation { station, stations });
            }
        }
        let lane = &self.lanes[from.0 * stations + to.0];
        Ok(lane.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::super::share::Share;
    use super::{Link, LinkTable, StationIndex};

    const A: StationIndex = StationIndex(0);
    const B: StationIndex = StationIndex(1);

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
    fn a_station_that_does_not_exist_is_refused() {
        let table = LinkTable::new(2, 1);
        let error = table.set(A, StationIndex(2), Link::cut()).expect_err("two stations");
        assert_eq!(error.to_string(), "the switch has 2 stations and no station 2: count from 0");
        assert!(table.counters(StationIndex(2), A).is_err());
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
