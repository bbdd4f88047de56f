//! How members are joined: by the switch of the target `local`, or by a network of the engine's.

use std::io::{self, Error};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::process::{getegid, geteuid};
use stormglass_linux::netns::{NetNs, TcpTuning};

use super::bridge;
use super::cluster::DockerOptions;
use super::disk::Home;
use super::engine::Engine;
use super::life::is_of;
use crate::target::command::Addresses;
use crate::target::switched::{SwitchedNetwork, connect};
use crate::target::{TargetError, Unsupported};

/// How members are to be joined.
#[derive(Clone, Debug)]
pub enum Wiring {
    /// By a TUN device of each, which we enter their networks to make; it is at this path.
    Switch(PathBuf),
    /// By a network of the engine's, which nobody can touch, and why.
    Bridge(Unsupported),
}

impl Wiring {
    /// What the containers of members run as: where they are not entered from outside, as who
    /// calls, so that their files are the caller's.
    pub(super) fn user(&self) -> Option<String> {
        match self {
            Self::Switch(_) => None,
            Self::Bridge(_) => Some(format!("{}:{}", geteuid().as_raw(), getegid().as_raw())),
        }
    }

    /// Whether members' containers may be entered, or why not.
    pub(super) fn entered(&self) -> Result<(), Unsupported> {
        match self {
            Self::Switch(_) => Ok(()),
            Self::Bridge(reason) => Err(reason.clone()),
        }
    }
}

/// A container that holds a member's network.
pub(super) struct Pause {
    pub(super) id: String,
    pub(super) pid: u32,
}

impl Pause {
    /// Its network namespace.
    fn namespace(&self) -> io::Result<NetNs> {
        // A number from another machine, or another pid namespace, may be somebody else here.
        if !is_of(self.pid, &self.id)? {
            let message = format!("process {} is not that container's", self.pid);
            return Err(Error::other(message));
        }
        NetNs::of_process(self.pid, TcpTuning::default())
    }
}

/// Members that are joined.
pub(super) struct Wired {
    pub(super) addresses: Arc<[Addresses]>,
    /// Where the harness reaches each.
    pub(super) reached: Vec<String>,
    pub(super) network: Result<SwitchedNetwork, Unsupported>,
}

/// Joins the members whose networks these containers hold.
pub(super) fn wire(
    options: &DockerOptions,
    engine: &Engine,
    pauses: &[Pause],
    homes: &[Home],
) -> Result<Wired, TargetError> {
    match &options.wiring {
        Wiring::Switch(device) => by_switch(options, device, pauses),
        Wiring::Bridge(reason) => by_bridge(options, engine, (pauses, homes), reason.clone()),
    }
}

fn by_switch(
    options: &DockerOptions,
    device: &Path,
    pauses: &[Pause],
) -> Result<Wired, TargetError> {
    let mut namespaces = Vec::new();
    for pause in pauses {
        namespaces.push(pause.namespace().map_err(TargetError::io(
            "the network of a container is out of reach: do without it, by `--isolation none`",
        ))?);
    }
    let wires = options.cluster.wires(device);
    let (addresses, network) = connect(&namespaces, &wires)
        .map_err(TargetError::io("the network between the members could not be made"))?;
    let reached = addresses.iter().map(|member| member.client_url.clone()).collect();
    Ok(Wired { addresses: addresses.into(), reached, network: Ok(network) })
}

fn by_bridge(
    options: &DockerOptions,
    engine: &Engine,
    (pauses, homes): (&[Pause], &[Home]),
    reason: Unsupported,
) -> Result<Wired, TargetError> {
    let (mut addresses, mut reached) = (Vec::new(), Vec::new());
    for (number, (pause, home)) in (1..).zip(pauses.iter().zip(homes)) {
        bridge::must_see(engine, &pause.id, &home.files)
            .map_err(TargetError::io("members in containers keep their data on this machine"))?;
        let place = bridge::place(engine, &pause.id, &options.owner)
            .map_err(TargetError::io("the address of a container is not to be had"))?;
        addresses.push(place.addresses(number));
        reached.push(place.client_url());
    }
    Ok(Wired { addresses: addresses.into(), reached, network: Err(reason) })
}
