//! A cluster of local etcd processes.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stormglass_checkers::history::MemberIndex;
use stormglass_linux::disk::{Disk, Places};
use stormglass_linux::memory::Group;
use stormglass_linux::process::Spawner;

use super::member::{LocalMember, MemberPlan};
use super::releases::Binary;
use super::wiring::{Wired, Wiring, wire};
use crate::target::command::Addresses;
use crate::target::files::make_dir;
use crate::target::releases::Releases;
use crate::target::switched::SwitchedNetwork;
use crate::target::{ClusterOptions, Member, Network, Target, TargetError, Unsupported};

/// Where a member's files are, in its own folder.
const DATA: &str = "data";

/// What a local cluster is made of.
#[derive(Clone, Debug)]
pub struct LocalOptions {
    /// What every target has.
    pub cluster: ClusterOptions,
    /// etcd's binary.
    pub binary: Binary,
    /// Those of other releases that members may be changed to, by the release that was asked for.
    pub others: BTreeMap<String, Binary>,
    /// The network.
    pub wiring: Wiring,
    /// The FUSE device, where members' data is to be on disks that can be touched.
    pub disks: Result<PathBuf, Unsupported>,
    /// The folder of control groups, where members' memory is to be limited.
    pub memory: Result<PathBuf, Unsupported>,
}

/// A cluster of local etcd processes; they die with this process, SIGKILL included.
pub struct LocalCluster {
    members: Vec<Arc<dyn Member>>,
    network: Result<SwitchedNetwork, Unsupported>,
}

impl LocalCluster {
    /// Makes network, folders and command lines; nothing is started yet.
    ///
    /// # Errors
    /// When the system refuses, or a flag of the scenario is one of ours.
    pub fn prepare(options: &LocalOptions) -> Result<Self, TargetError> {
        let Wired { addresses, namespaces, network } = wire(options)?;
        let spawner =
            Spawner::start().map_err(TargetError::io("the process spawner did not start"))?;
        let spawner = Arc::new(spawner);
        let addresses: Arc<[Addresses]> = addresses.into();
        let mut members: Vec<Arc<dyn Member>> = Vec::new();
        for (position, netns) in namespaces.into_iter().enumerate() {
            let own = &addresses[position];
            let home = options.cluster.home(&own.name)?;
            let disk = mount_disk(options, &home, position)?;
            let data_dir = match &disk {
                Ok(disk) => disk.mountpoint().to_owned(),
                Err(_) => home.join(DATA),
            };
            let arguments = options.cluster.arguments(&addresses, position, &data_dir)?;
            let plan = MemberPlan {
                index: MemberIndex(u16::try_from(position).unwrap_or(u16::MAX)),
                all: Arc::clone(&addresses),
                releases: Releases::new(options.binary.clone(), options.others.clone()),
                arguments,
                data_dir,
                log_path: options.cluster.log(&own.name)?,
                netns,
                disk,
                memory: memory_group(options, &own.name)?,
            };
            members.push(Arc::new(LocalMember::new(plan, Arc::clone(&spawner))));
        }
        Ok(Self { members, network })
    }
}

impl Target for LocalCluster {
    fn kind(&self) -> &'static str {
        "local"
    }

    fn members(&self) -> &[Arc<dyn Member>] {
        &self.members
    }

    fn network(&self) -> Result<&dyn Network, Unsupported> {
        match &self.network {
            Ok(network) => Ok(network),
            Err(reason) => Err(reason.clone()),
        }
    }
}

/// A disk for a member, with its files where its data would be without one.
fn mount_disk(
    options: &LocalOptions,
    home: &Path,
    position: usize,
) -> Result<Result<Disk, Unsupported>, TargetError> {
    let device = match &options.disks {
        Ok(device) => device.clone(),
        Err(reason) => return Ok(Err(reason.clone())),
    };
    let places = Places {
        device,
        files: make_dir(&home.join(DATA))?,
        removed: make_dir(&home.join("removed"))?,
        mountpoint: make_dir(&home.join("disk"))?,
        name: None,
    };
    let private = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(&places.files, private)
        .map_err(TargetError::io("the mode of a data directory could not be set"))?;
    let seed = options.cluster.seed.wrapping_add(position as u64);
    let disk = Disk::mount(&places, seed);
    disk.map(Ok).map_err(TargetError::io("the disk of a member could not be made"))
}

/// A control group for a member.
fn memory_group(
    options: &LocalOptions,
    name: &str,
) -> Result<Result<Group, Unsupported>, TargetError> {
    match &options.memory {
        Ok(groups) => Group::make(groups, name)
            .map(Ok)
            .map_err(TargetError::io("the control group of a member could not be made")),
        Err(reason) => Ok(Err(reason.clone())),
    }
}
