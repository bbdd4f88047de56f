//! The switch's thread: packets from port to port.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::sync::Arc;

use super::handle::Port;
use super::link::{Link, Verdict};
use super::packet::Packet;
use super::poller::{Poller, Ready};
use super::table::{LinkTable, PortIndex};

/// A full segmentation offload and its headers fit.
const BUFFER_BYTES: usize = 72 * 1024;
/// One port may not starve the others.
const READS_IN_A_ROW: usize = 32;

/// What the thread works with.
pub(super) struct Forwarder {
    ports: Vec<Port>,
    routes: BTreeMap<Ipv4Addr, usize>,
    table: Arc<LinkTable>,
    poller: Arc<Poller>,
}

impl Forwarder {
    /// Watches every port. Two ports of one address are an error.
    pub(super) fn new(
        ports: Vec<Port>,
        table: Arc<LinkTable>,
        poller: Arc<Poller>,
    ) -> io::Result<Self> {
        let mut routes = BTreeMap::new();
        for (index, port) in ports.iter().enumerate() {
            poller.add(port.tun.as_fd(), index)?;
            if routes.insert(port.address, index).is_some() {
                let message = format!("two ports have the address {}: use one each", port.address);
                return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
            }
        }
        Ok(Self { ports, routes, table, poller })
    }

    /// Forwards until told to stop.
    pub(super) fn run(self) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut ready = Ready::new();
        loop {
            self.poller.wait(&mut ready)?;
            if ready.is_stop() {
                return Ok(());
            }
            for port in ready.ports() {
                self.drain(port, &mut buffer);
            }
        }
    }

    /// Takes some packets from a port; what is left makes the port ready again.
    fn drain(&self, from: usize, buffer: &mut [u8]) {
        for _ in 0..READS_IN_A_ROW {
            let Some(port) = self.ports.get(from) else { return };
            match port.tun.receive(buffer) {
                Ok(length) => self.forward(from, &buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The interface went away with its namespace.
                Err(_) => return self.poller.remove(port.tun.as_fd()),
            }
        }
    }

    fn forward(&self, from: usize, frame: &[u8]) {
        let Some(packet) = Packet::parse(frame) else { return };
        let Some(&to) = self.routes.get(&packet.destination) else { return };
        let send = |link: Link| match link.judge(&packet) {
            Verdict::Drop => None,
            // A full queue or an interface that is down loses packets, as on a real path.
            Verdict::Forward => {
                self.ports[to].tun.send(packet.frame).ok().map(|()| packet.length())
            }
        };
        let passed = self.table.pass(PortIndex(from), PortIndex(to), send);
        debug_assert_eq!(passed, Ok(()), "routes lead to ports of this switch");
    }
}
