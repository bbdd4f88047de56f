//! Members on the userspace switch, each in a network namespace of its own, and the clients
//! beside them.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use stormglass_checkers::history::MemberIndex;
use stormglass_linux::netns::NetNs;
use stormglass_linux::switch::{Capture, Port, StationIndex, Switch};
use stormglass_linux::tun::{Tun, TunOptions};

use super::command::Addresses;
use super::{Link, LinkCounters, Network, Place};

/// Where members listen.
pub(super) const CLIENT_PORT: u16 = 2379;
pub(super) const PEER_PORT: u16 = 2380;
/// Where the harness sits on the switch.
const CLIENTS_HOST: u8 = 254;
/// Where the first client of the workload sits, and how many have an address of their own:
/// there is a link between any two addresses.
const FIRST_CLIENT_HOST: u8 = 200;
const CLIENTS: u16 = 16;

/// What the switch is made of.
#[derive(Clone, Debug)]
pub(super) struct SwitchOptions {
    /// The TUN device.
    pub(super) device: PathBuf,
    /// How many clients the workload has.
    pub(super) clients: u16,
    /// Chooses the packets that the network loses or spoils when it is told to.
    pub(super) seed: u64,
    /// Where the packets are written that the network delivers, if anywhere.
    pub(super) capture: Option<PathBuf>,
}

/// Connects the members' namespaces and the clients, who are where the calling thread is.
pub(super) fn connect(
    members: &[NetNs],
    options: &SwitchOptions,
) -> io::Result<(Vec<Addresses>, SwitchedNetwork)> {
    let mut addresses = Vec::new();
    let mut ports = Vec::new();
    for (number, namespace) in (1..).zip(members) {
        let host = u8::try_from(number).map_err(io::Error::other)?;
        let address = Ipv4Addr::new(10, 77, 0, host);
        let mut tun = TunOptions::new(address);
        options.device.clone_into(&mut tun.device);
        let tun = namespace.run(|| Tun::create(&tun))?;
        ports.push(Port { tun, addresses: vec![address] });
        addresses.push(Addresses::of(number, &address.to_string(), CLIENT_PORT, PEER_PORT));
    }
    let address = Ipv4Addr::new(10, 77, 0, CLIENTS_HOST);
    let mut tun = TunOptions::new(address);
    options.device.clone_into(&mut tun.device);
    "clients".clone_into(&mut tun.name);
    let clients = options.clients.clamp(1, CLIENTS);
    tun.more = (0..clients).map(client_address).collect();
    let addresses_of_clients = [&[address], tun.more.as_slice()].concat();
    ports.push(Port { tun: Tun::create(&tun)?, addresses: addresses_of_clients });
    let capture = options.capture.as_deref().map(Capture::create).transpose()?;
    let switch = Switch::start(ports, options.seed, capture)?;
    let members = u16::try_from(members.len()).map_err(io::Error::other)?;
    Ok((addresses, SwitchedNetwork { switch, members, clients }))
}

/// An address of clients of the workload, of which there are [`CLIENTS`] at most.
fn client_address(client: u16) -> Ipv4Addr {
    let host = u8::try_from(client).unwrap_or_default();
    Ipv4Addr::new(10, 77, 0, FIRST_CLIENT_HOST + host)
}

/// The switch, spoken to in members instead of stations.
pub(super) struct SwitchedNetwork {
    switch: Switch,
    members: u16,
    clients: u16,
}

impl SwitchedNetwork {
    /// The stations of a place: members first, then the harness, then clients of the workload.
    fn stations(&self, place: Place) -> impl Iterator<Item = StationIndex> + Clone + use<> {
        let harness = self.members;
        let stations = match place {
            Place::Member(MemberIndex(index)) => index..index + 1,
            Place::Clients => harness..harness + 1 + self.clients,
            Place::Client(client) => harness + 1 + client..harness + 2 + client,
        };
        stations.map(|station| StationIndex(usize::from(station)))
    }

    /// The directed links from one place to another.
    fn links(
        &self,
        from: Place,
        to: Place,
    ) -> impl Iterator<Item = (StationIndex, StationIndex)> + use<> {
        let ends = self.stations(to);
        self.stations(from).flat_map(move |from| ends.clone().map(move |to| (from, to)))
    }
}

impl Network for SwitchedNetwork {
    fn set(&self, from: Place, to: Place, link: Link) -> io::Result<()> {
        self.links(from, to).try_for_each(|(from, to)| self.switch.set_link(from, to, link))
    }

    fn clients(&self) -> u16 {
        self.clients
    }

    fn client_address(&self, client: u16) -> IpAddr {
        client_address(client % self.clients).into()
    }

    fn count(&self, from: Place, to: Place) -> io::Result<LinkCounters> {
        let mut sum = LinkCounters::default();
        for (from, to) in self.links(from, to) {
            sum = sum.plus(self.switch.counters(from, to).map_err(io::Error::other)?);
        }
        Ok(sum)
    }
}
