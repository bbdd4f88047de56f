//! A running switch.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::forward::Forwarder;
use super::link::Link;
use super::poller::Poller;
use super::table::{LinkCounters, LinkTable, PortIndex, UnknownPort};
use crate::tun::Tun;

/// A TUN device and the one address that is behind it.
#[derive(Debug)]
pub struct Port {
    /// The device; the switch keeps it open.
    pub tun: Tun,
    /// Packets to this address are written to the device.
    pub address: Ipv4Addr,
}

/// A switch with its thread. Dropping it stops the switch; its interfaces then go away.
#[derive(Debug)]
pub struct Switch {
    table: Arc<LinkTable>,
    poller: Arc<Poller>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Switch {
    /// Starts forwarding between the ports, every link open. Port N of the list is
    /// [`PortIndex`] N.
    ///
    /// # Errors
    /// When two ports have one address, or descriptors or a thread are not to be had.
    pub fn start(ports: Vec<Port>) -> io::Result<Self> {
        let table = Arc::new(LinkTable::new(ports.len()));
        let poller = Arc::new(Poller::new()?);
        let forwarder = Forwarder::new(ports, Arc::clone(&table), Arc::clone(&poller))?;
        let thread =
            thread::Builder::new().name("switch".to_owned()).spawn(move || forwarder.run())?;
        Ok(Self { table, poller, thread: Some(thread) })
    }

    /// Sets the policy of the directed link. It holds from the next packet on, and no packet
    /// passes by the policy before once this returns.
    ///
    /// # Errors
    /// When the switch has no such port.
    pub fn set_link(&self, from: PortIndex, to: PortIndex, link: Link) -> Result<(), UnknownPort> {
        self.table.set(from, to, link)
    }

    /// The policy of the directed link.
    ///
    /// # Errors
    /// When the switch has no such port.
    pub fn link(&self, from: PortIndex, to: PortIndex) -> Result<Link, UnknownPort> {
        self.table.get(from, to)
    }

    /// What the directed link has done so far.
    ///
    /// # Errors
    /// When the switch has no such port.
    pub fn counters(&self, from: PortIndex, to: PortIndex) -> Result<LinkCounters, UnknownPort> {
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
