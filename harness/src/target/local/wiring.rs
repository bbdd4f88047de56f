//! How the members are wired: the userspace switch, or plain loopback where namespaces
//! are refused.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use stormglass_linux::netns::{NetNs, TcpTuning};

use super::cluster::LocalOptions;
use crate::target::command::Addresses;
use crate::target::switched::{SwitchedNetwork, connect};
use crate::target::{TargetError, Unsupported};

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
    let members = options.cluster.members;
    match &options.wiring {
        Wiring::Switch(device) => switched(device, members, options)
            .map_err(TargetError::io("the network between the members could not be made")),
        Wiring::Loopback(reason) => loopback(members, reason)
            .map_err(TargetError::io("no free ports on the loopback interface")),
    }
}

fn switched(device: &std::path::Path, members: u16, options: &LocalOptions) -> io::Result<Wired> {
    let mut namespaces = Vec::new();
    for _ in 0..members {
        namespaces.push(NetNs::create(TcpTuning::default())?);
    }
    let (addresses, network) = connect(&namespaces, &options.cluster.wires(device))?;
    let namespaces = namespaces.into_iter().map(|namespace| Some(Arc::new(namespace))).collect();
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
        addresses.push(Addresses::of(number, "127.0.0.1", free_port()?, free_port()?));
    }
    let namespaces = addresses.iter().map(|_| None).collect();
    Ok(Wired { addresses, namespaces, network: Err(reason.clone()) })
}
