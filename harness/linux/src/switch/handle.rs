//! A running switch.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::capture::Capture;
use super::forward::Forwarder;
use super::link::Link;
use super::poller::Poller;
use super::stations::Stations;
use super::table::{LinkCounters, LinkTable, StationIndex, UnknownStation};
use crate::tun::Tun;

/// A TUN device and the addresses that are behind it.
#[derive(Debug)]
pub struct Port {
    /// The device; the switch keeps it open.
    pub tun: Tun,
    /// Packets to these addresses are written to the device, and those that come from it are
    /// known apart by them. What comes from another address counts as from the first.
    pub addresses: Vec<Ipv4Addr>,
}

/// A switch with its thread. Dropping it stops the switch; its interfaces then go away.
#[derive(Debug)]
pub struct Switch {
    stations: Arc<Stations>,
    table: Arc<LinkTable>,
    /// Held while a link is set, so that a port's offloads fit its links.
    setting: Mutex<()>,
    poller: Arc<Poller>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Switch {
    /// Starts forwarding between the ports, every link open. The seed chooses the packets that
    /// policies with shares hit; what is delivered is written to a capture, if there is one.
    ///
    /// # Errors
    /// When an address is there twice, a port has none, or descriptors or a thread are not to be
    /// had.
    pub fn start(ports: Vec<Port>, seed: u64, capture: Option<Capture>) -> io::Result<Self> {
        let stations = Arc::new(Stations::new(ports)?);
        let table = Arc::new(LinkTable::new(stations.len(), seed));
        let poller = Arc::new(Poller::new()?);
        let forwarder = Forwarder::new(
            Arc::clone(&stations),
            Arc::clone(&table),
            Arc::clone(&poller),
            capture,
        )?;
        let thread =
            thread::Builder::new().name("switch".to_owned()).spawn(move || forwarder.run())?;
        Ok(Self { stations, table, setting: Mutex::default(), poller, thread: Some(thread) })
    }

    /// Sets the policy of the directed link. It holds from the next packet on, and no packet
    /// passes by the policy before once this returns.
    ///
    /// # Errors
    /// When the switch has no such station, or the kernel does not let go of segmentation
    /// offload for a policy that is about single packets.
    pub fn set_link(&self, from: StationIndex, to: StationIndex, link: Link) -> io::Result<()> {
        let _held = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        self.table.set(from, to, link).map_err(unknown)?;
        let mut beside = self.stations.beside(from);
        let single = beside.any(|one| self.table.needs_single_packets(one));
        self.stations.tun(from).map_or(Ok(()), |tun| tun.set_offload(!single))
    }

    /// The policy of the directed link.
    ///
    /// # Errors
    /// When the switch has no such station.
    pub fn link(&self, from: StationIndex, to: StationIndex) -> Result<Link, UnknownStation> {
        self.table.get(from, to)
    }

    /// What the directed link has done so far.
    ///
    /// # Errors
    /// When the switch has no such station.
    pub fn counters(
        &self,
        from: StationIndex,
        to: StationIndex,
    ) -> Result<LinkCounters, UnknownStation> {
        self.table.counters(from, to)
    }

    /// Whether the switch still forwards; if not, [`Switch::stop`] says why.
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Stops the switch and waits for its thread.
    ///
    /// # Errors
    /// What made the thread end before it was told to.
    pub fn stop(mut self) -> io::Result<()> {
        self.finish()
    }

    fn finish(&mut self) -> io::Result<()> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        self.poller.request_stop();
        let panicked = || io::Error::other("the switch's thread panicked: this is a bug");
        thread.join().map_err(|_| panicked())?
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        // Nobody is left to tell; `stop` is for who wants to know.
        let _ = self.finish();
    }
}
