//! A cluster of containers.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::try_join_all;
use stormglass_checkers::history::MemberIndex;

use super::bridge;
use super::disk::Home;
use super::engine::Engine;
use super::image::Etcd;
use super::labels::Owner;
use super::life::{self, Birth, DATA};
use super::member::{DockerMember, MemberPlan};
use super::sweep;
use super::wiring::{Pause, Wired, Wiring, wire};
use crate::target::releases::Releases;
use crate::target::switched::SwitchedNetwork;
use crate::target::{ClusterOptions, Member, Network, Target, TargetError, Unsupported};

/// What a cluster of containers is made of.
#[derive(Clone, Debug)]
pub struct DockerOptions {
    /// What every target has.
    pub cluster: ClusterOptions,
    /// What members are started with.
    pub etcd: Etcd,
    /// Other releases that members may be changed to, by the release that was asked for.
    pub others: BTreeMap<String, Etcd>,
    /// Whose containers they are.
    pub owner: Owner,
    /// How the members are joined.
    pub wiring: Wiring,
    /// The FUSE device, where members' data is to be on disks that can be touched.
    pub disks: Result<PathBuf, Unsupported>,
    /// Whether members' memory is to be limited.
    pub memory: Result<(), Unsupported>,
}

/// A cluster of containers. They outlive this process: [`DockerCluster::close`] removes them.
pub struct DockerCluster {
    engine: Arc<Engine>,
    run: String,
    members: Vec<Arc<DockerMember>>,
    shown: Vec<Arc<dyn Member>>,
    network: Result<SwitchedNetwork, Unsupported>,
}

impl DockerCluster {
    /// Makes network, folders and command lines; no member is started yet. The clients are in
    /// the network namespace of the calling thread.
    ///
    /// # Errors
    /// When engine or system refuse, or a flag of the scenario is one of ours; then nothing of
    /// it is left.
    pub fn prepare(options: &DockerOptions, engine: &Arc<Engine>) -> Result<Self, TargetError> {
        let run = options.owner.run.clone();
        let made = Self::make(options, engine);
        if made.is_err() {
            // The error that made it fail is the one to tell.
            let _ = sweep::remove(engine, &run);
        }
        made
    }

    fn make(options: &DockerOptions, engine: &Arc<Engine>) -> Result<Self, TargetError> {
        let homes = (1..=options.cluster.members).map(|number| Home::make(options, number));
        let homes = homes.collect::<Result<Vec<_>, _>>()?;
        let pauses = start_pauses(options, engine, &homes)
            .map_err(TargetError::io("the containers that hold the network did not start"))?;
        let wired = wire(options, engine, &pauses, &homes)?;
        let mut members = Vec::new();
        for (position, (pause, home)) in pauses.into_iter().zip(homes).enumerate() {
            let home = home.without_unseen(&options.owner.run, pause.pid);
            let plan = plan(options, &wired, position, (pause.id, home))?;
            members.push(Arc::new(DockerMember::new(plan, Arc::clone(engine))));
        }
        let (engine, run) = (Arc::clone(engine), options.owner.run.clone());
        let shown = members.iter().map(|member| Arc::<DockerMember>::clone(member) as _).collect();
        Ok(Self { engine, run, members, shown, network: wired.network })
    }

    /// Ends every member, removes every container of the run and unmounts the members' disks.
    ///
    /// # Errors
    /// When something is left.
    pub fn close(&self) -> io::Result<()> {
        let releases: Vec<_> = self.members.iter().map(|member| member.release_disk()).collect();
        let removed = sweep::remove(&self.engine, &self.run);
        drop(releases);
        let unmounted = self.members.iter().try_for_each(|member| member.unmount());
        removed.and(unmounted)
    }
}

impl Target for DockerCluster {
    fn kind(&self) -> &'static str {
        "docker"
    }

    fn members(&self) -> &[Arc<dyn Member>] {
        &self.shown
    }

    fn network(&self) -> Result<&dyn Network, Unsupported> {
        self.network.as_ref().map(|network| network as _).map_err(Clone::clone)
    }
}

/// What a member needs to be started.
fn plan(
    options: &DockerOptions,
    wired: &Wired,
    position: usize,
    (pause, home): (String, Home),
) -> Result<MemberPlan, TargetError> {
    let all = &wired.addresses;
    Ok(MemberPlan {
        index: MemberIndex(u16::try_from(position).unwrap_or(u16::MAX)),
        all: Arc::clone(all),
        reached: wired.reached[position].clone(),
        releases: Releases::new(options.etcd.clone(), options.others.clone()),
        arguments: options.cluster.arguments(all, position, Path::new(DATA))?,
        owner: options.owner.clone(),
        pause,
        user: options.wiring.user(),
        entered: options.wiring.entered(),
        home,
        memory: options.memory.clone(),
        log_path: options.cluster.log(&all[position].name)?,
    })
}

/// Starts one for each member, all at once.
fn start_pauses(
    options: &DockerOptions,
    engine: &Engine,
    homes: &[Home],
) -> io::Result<Vec<Pause>> {
    if let Wiring::Bridge(_) = options.wiring {
        bridge::make(engine, &options.owner)?;
    }
    let docker = engine.docker();
    let births: Vec<Birth> =
        (1..).zip(homes).map(|(number, home)| pause(options, number, home)).collect();
    engine.wait("the engine refused", async move {
        let starts = births.into_iter().map(async |birth| {
            let id = life::start(birth).await.map_err(|error| error.to_string())?;
            let pid = life::pid(&docker, &id).await.map_err(|error| error.to_string())?;
            Ok::<_, String>(Pause { id, pid })
        });
        try_join_all(starts).await
    })
}

/// It is given the member's data too: what it finds there is what the member would find.
fn pause(options: &DockerOptions, number: u16, home: &Home) -> Birth {
    let member = format!("m{number}");
    let (network, publishes) = match options.wiring {
        Wiring::Switch(_) => ("none".to_owned(), false),
        Wiring::Bridge(_) => (bridge::name(&options.owner), true),
    };
    Birth {
        owner: options.owner.clone(),
        name: format!("stormglass-{}-{member}-network", options.owner.run),
        member,
        image: options.etcd.images.pause.clone(),
        program: None,
        arguments: Vec::new(),
        network,
        publishes,
        user: None,
        data: home.place().to_owned(),
        memory: None,
    }
}
