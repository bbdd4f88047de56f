//! The stations of a switch: the addresses behind its ports.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;

use super::handle::Port;
use super::table::StationIndex;
use crate::tun::Tun;

/// The ports of a switch, and the stations behind them.
#[derive(Debug)]
pub(super) struct Stations {
    ports: Vec<Port>,
    /// The port of each station.
    port_of: Vec<usize>,
    of_address: BTreeMap<Ipv4Addr, StationIndex>,
}

impl Stations {
    /// Those of a list of ports, in their order. An address that is there twice is an error, and
    /// a port without one.
    pub(super) fn new(ports: Vec<Port>) -> io::Result<Self> {
        let invalid = |message| io::Error::new(io::ErrorKind::InvalidInput, message);
        let (mut port_of, mut of_address) = (Vec::new(), BTreeMap::new());
        for (place, port) in ports.iter().enumerate() {
            if port.addresses.is_empty() {
                return Err(invalid(format!("port {place} has no address: give it one")));
            }
            for address in &port.addresses {
                if of_address.insert(*address, StationIndex(port_of.len())).is_some() {
                    return Err(invalid(format!("{address} is there twice: use each once")));
                }
                port_of.push(place);
            }
        }
        Ok(Self { ports, port_of, of_address })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.port_of.len()
    }

    /// The ports, in their order.
    pub(super) fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// The station of an address.
    pub(super) fn at(&self, address: Ipv4Addr) -> Option<StationIndex> {
        self.of_address.get(&address).copied()
    }

    /// The station that a packet from a port comes from, which says that it is from an address;
    /// of another address than the port's own the port's first.
    pub(super) fn sender(&self, port: usize, says: Ipv4Addr) -> Option<StationIndex> {
        let own = |station: &StationIndex| self.port_of[station.0] == port;
        let known = self.at(says).filter(own);
        known.or_else(|| self.at(*self.ports.get(port)?.addresses.first()?))
    }

    /// The device that a station is behind.
    pub(super) fn tun(&self, station: StationIndex) -> Option<&Tun> {
        Some(&self.ports[*self.port_of.get(station.0)?].tun)
    }

    /// The stations behind the port of one of them.
    pub(super) fn beside(&self, station: StationIndex) -> impl Iterator<Item = StationIndex> {
        let port = self.port_of.get(station.0);
        let each = self.port_of.iter().enumerate();
        each.filter(move |(_, of)| Some(*of) == port).map(|(place, _)| StationIndex(place))
    }
}
