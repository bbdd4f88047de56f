//! The switch's thread: packets from port to port.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::sync::Arc;

use super::handle::Port;
use super::link::Verdict;
use super::packet::Packet;
use super::poller::{Poller, Ready};
use super::table::{LinkTable, LinkView};

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
    view: LinkView,
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
        Ok(Self { ports, routes, table, poller, view: LinkView::default() })
    }

    /// Forwards until told to stop.
    pub(super) fn run(mut self) -> io::Result<()> {
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
    fn drain(&mut self, from: usize, buffer: &mut [u8]) {
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

    fn forward(&mut self, from: usize, frame: &[u8]) {
        let Some(packet) = Packet::parse(frame) else { return };
        let Some(&to) = self.routes.get(&packet.destination) else { return };
        self.table.refresh(&mut self.view);
        match self.table.link(&self.view, from, to).judge(&packet) {
            Verdict::Drop => self.table.count_dropped(from, to),
            Verdict::Forward => self.deliver(from, to, &packet),
        }
    }

    fn deliver(&self, from: usize, to: usize, packet: &Packet<'_>) {
        match self.ports[to].tun.send(packet.frame) {
            Ok(()) => self.table.count_forwarded(from, to, packet.length()),
            // A full queue or an interface that is down loses packets, as on a real path.
            Err(_) => self.table.count_dropped(from, to),
        }
    }
}
