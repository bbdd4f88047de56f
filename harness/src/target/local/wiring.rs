//! How the members are wired: the userspace switch, or plain loopback where namespaces
//! are refused.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use stormglass_checkers::history::MemberIndex;
use stormglass_linux::netns::{NetNs, TcpTuning};
use stormglass_linux::switch::{Capture, Port, PortIndex, Switch};
use stormglass_linux::tun::{Tun, TunOptions};

use super::cluster::LocalOptions;
use super::command::Addresses;
use crate::target::{Link, LinkCounters, Network, Place, TargetError, Unsupported};

const CLIENT_PORT: u16 = 2379;
const PEER_PORT: u16 = 2380;
/// Where the harness sits on the switch.
const CLIENTS_HOST: u8 = 254;

/// What to wire the members with.
#[derive(Clone, Debug)]
pub enum Wiring {
    /// A network namespace a member, and the switch between them. The path is that of
    /// the TUN device.
    Switch(PathBuf),
    /// Loopback, because of this.
    Loopback(Unsupported),
}

/// The wired network.
pub(super) struct Wired {
    pub(super) addresses: Vec<Addresses>,
    pub(super) namespaces: Vec<Option<Arc<NetNs>>>,
    pub(super) network: Result<SwitchedNetwork, Unsupported>,
}

/// Wires the members.
pub(super) fn wire(options: &LocalOptions) -> Result<Wired, TargetError> {
    let members = options.members;
    match &options.wiring {
        Wiring::Switch(device) => switched(device, members, options)
            .map_err(TargetError::io("the network between the members could not be made")),
        Wiring::Loopback(reason) => loopback(members, reason)
            .map_err(TargetError::io("no free ports on the loopback interface")),
    }
}

fn switched(device: &std::path::Path, members: u16, options: &LocalOptions) -> io::Result<Wired> {
    let mut addresses = Vec::new();
    let mut namespaces = Vec::new();
    let mut ports = Vec::new();
    for number in 1..=members {
        let host = u8::try_from(number).map_err(io::Error::other)?;
        let address = Ipv4Addr::new(10, 77, 0, host);
        let namespace = NetNs::create(TcpTuning::default())?;
        let mut tun = TunOptions::new(address);
        device.clone_into(&mut tun.device);
        let tun = namespace.run(|| Tun::create(&tun))?;
        ports.push(Port { tun, address });
        namespaces.push(Some(Arc::new(namespace)));
        addresses.push(listening(number, &address.to_string(), CLIENT_PORT, PEER_PORT));
    }
    let address = Ipv4Addr::new(10, 77, 0, CLIENTS_HOST);
    let mut tun = TunOptions::new(address);
    device.clone_into(&mut tun.device);
    "clients".clone_into(&mut tun.name);
    ports.push(Port { tun: Tun::create(&tun)?, address });
    let capture = options.capture.as_deref().map(Capture::create).transpose()?;
    let switch = Switch::start(ports, options.seed, capture)?;
    let network = SwitchedNetwork { switch, members: usize::from(members) };
    Ok(Wired { addresses, namespaces, network: Ok(network) })
}

fn loopback(members: u16, reason: &Unsupported) -> io::Result<Wired> {
    // All listeners are held until every port is known, so that none is given twice.
    let mut held = Vec::new();
    let mut free_port = || -> io::Result<u16> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        held.push(listener);
        Ok(port)
    };
    let mut addresses = Vec::new();
    for number in 1..=members {
        addresses.push(listening(number, "127.0.0.1", free_port()?, free_port()?));
    }
    let namespaces = addresses.iter().map(|_| None).collect();
    Ok(Wired { addresses, namespaces, network: Err(reason.clone()) })
}

fn listening(number: u16, host: &str, client: u16, peer: u16) -> Addresses {
    Addresses {
        name: format!("m{number}"),
        client_url: format!("http://{host}:{client}"),
        peer_url: format!("http://{host}:{peer}"),
    }
}

/// The switch, spoken to in members instead of ports.
pub(super) struct SwitchedNetwork {
    switch: Switch,
    members: usize,
}

impl SwitchedNetwork {
    fn port(&self, place: Place) -> PortIndex {
        PortIndex(match place {
            Place::Member(MemberIndex(index)) => usize::from(index),
            Place::Clients => self.members,
        })
    }
}

impl Network for SwitchedNetwork {
    fn set(&self, from: Place, to: Place, link: Link) -> io::Result<()> {
        self.switch.set_link(self.port(from), self.port(to), link)
    }

    fn count(&self, from: Place, to: Place) -> io::Result<LinkCounters> {
        self.switch.counters(self.port(from), self.port(to)).map_err(io::Error::other)
    }
}
