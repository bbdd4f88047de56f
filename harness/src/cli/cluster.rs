//! The cluster of a run, of whatever target, from its plan and launch.

use std::collections::BTreeMap;
use std::io::{self, Error};
use std::path::PathBuf;
use std::sync::Arc;

use stormglass_linux::tun::DEFAULT_DEVICE;
use stormglass_scenarios::plan::Plan;

use super::containers;
use crate::client::Access;
use crate::run_dir::{ExternalLaunch, Launch, OtherRelease, RunDir};
use crate::target::docker::{self, DockerCluster, DockerOptions, Engine, Etcd, Images};
use crate::target::external::{ExternalCluster, ExternalOptions};
use crate::target::local::{Binary, LocalCluster, LocalOptions, Wiring};
use crate::target::{ClusterOptions, Target, TargetError, Unsupported};

/// A cluster that is prepared.
pub(super) enum Cluster {
    /// It dies with this process.
    Local(Arc<LocalCluster>),
    /// It is removed when the run ends.
    Docker(Arc<DockerCluster>),
    /// It was there before, and stays.
    External(Arc<ExternalCluster>),
}

impl Cluster {
    /// Prepares it; with an engine, in containers. `access` is for one that runs already.
    pub(super) fn prepare(
        plan: &Plan,
        launch: &Launch,
        dir: &RunDir,
        engine: Option<&Arc<Engine>>,
        access: &Access,
    ) -> Result<Self, TargetError> {
        if let Some(external) = &launch.external {
            let options = external_options(plan, external, dir, access);
            return Ok(Self::External(Arc::new(ExternalCluster::prepare(&options)?)));
        }
        if let (Some(engine), Some(images)) = (engine, &launch.images) {
            let options = docker_options(plan, launch, dir, images)
                .map_err(TargetError::io("this process does not know itself"))?;
            let cluster = DockerCluster::prepare(&options, engine)?;
            return Ok(Self::Docker(Arc::new(cluster)));
        }
        let cluster = LocalCluster::prepare(&local_options(plan, launch, dir))?;
        Ok(Self::Local(Arc::new(cluster)))
    }

    /// For the run.
    pub(super) fn target(&self) -> Arc<dyn Target> {
        match self {
            Self::Local(cluster) => Arc::<LocalCluster>::clone(cluster),
            Self::Docker(cluster) => Arc::<DockerCluster>::clone(cluster),
            Self::External(cluster) => Arc::<ExternalCluster>::clone(cluster),
        }
    }

    /// Removes what would outlive this process.
    pub(super) fn close(&self) -> io::Result<()> {
        match self {
            Self::Local(_) | Self::External(_) => Ok(()),
            Self::Docker(cluster) => cluster.close(),
        }
    }
}

fn external_options(
    plan: &Plan,
    external: &ExternalLaunch,
    dir: &RunDir,
    access: &Access,
) -> ExternalOptions {
    ExternalOptions {
        members: external.members.clone(),
        access: access.clone(),
        owned: external.owned,
        watches: external.watches,
        spec: plan.scenario.external.clone().unwrap_or_default(),
        log_root: dir.members(),
    }
}

fn docker_options(
    plan: &Plan,
    launch: &Launch,
    dir: &RunDir,
    images: &Images,
) -> io::Result<DockerOptions> {
    Ok(DockerOptions {
        cluster: cluster_options(plan, launch, dir),
        etcd: Etcd { images: images.clone(), version: launch.version.clone() },
        others: other_images(launch),
        owner: containers::owner().map_err(Error::other)?,
        wiring: match &launch.network_refused {
            None => docker::Wiring::Switch(tun_device(launch)),
            Some(why) => docker::Wiring::Bridge(Unsupported::because(why)),
        },
        disks: disks(launch),
        memory: launch.memory_refused.as_ref().map_or(Ok(()), |why| Err(Unsupported::because(why))),
    })
}

fn tun_device(launch: &Launch) -> PathBuf {
    launch.tun_device.clone().unwrap_or_else(|| DEFAULT_DEVICE.into())
}

fn local_options(plan: &Plan, launch: &Launch, dir: &RunDir) -> LocalOptions {
    let wiring = match (&launch.tun_device, &launch.network_refused) {
        (Some(device), _) => Wiring::Switch(device.clone()),
        (None, reason) => Wiring::Loopback(Unsupported::because(
            reason.as_deref().unwrap_or("the members are wired by plain loopback"),
        )),
    };
    LocalOptions {
        cluster: cluster_options(plan, launch, dir),
        binary: Binary { path: launch.binary.clone(), version: launch.version.clone() },
        others: other_binaries(launch),
        wiring,
        disks: disks(launch),
        memory: prepared(
            launch.memory_groups.as_ref(),
            launch.memory_refused.as_ref(),
            "the plan had no fault of memory when the run began",
        ),
    }
}

fn cluster_options(plan: &Plan, launch: &Launch, dir: &RunDir) -> ClusterOptions {
    let capture = launch.pcap.then(|| dir.capture());
    ClusterOptions { capture, ..ClusterOptions::of(plan, dir.data(), dir.members()) }
}

/// Those of the releases that the plan's faults name.
fn other_binaries(launch: &Launch) -> BTreeMap<String, Binary> {
    let others = launch.other_releases.iter();
    let binary = |other: &OtherRelease| Binary {
        path: other.binary.clone(),
        version: other.version.clone(),
    };
    others.map(|other| (other.requested.clone(), binary(other))).collect()
}

/// Those of the releases that the plan's faults name.
fn other_images(launch: &Launch) -> BTreeMap<String, Etcd> {
    let etcd = |other: &OtherRelease| {
        let (images, version) = (other.images.clone()?, other.version.clone());
        Some((other.requested.clone(), Etcd { images, version }))
    };
    launch.other_releases.iter().filter_map(etcd).collect()
}

fn disks(launch: &Launch) -> Result<PathBuf, Unsupported> {
    prepared(
        launch.fuse_device.as_ref(),
        launch.disk_refused.as_ref(),
        "the plan had no fault of disks when the run began",
    )
}

/// What the outer process has prepared for a power, or why it has not.
fn prepared(
    path: Option<&PathBuf>,
    refused: Option<&String>,
    otherwise: &str,
) -> Result<PathBuf, Unsupported> {
    let reason = refused.map_or(otherwise, String::as_str);
    path.cloned().ok_or_else(|| Unsupported::because(reason))
}
