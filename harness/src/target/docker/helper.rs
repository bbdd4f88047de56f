//! A container that does, as root, what an ordinary user of the engine may not: it has the
//! processes, the network and the files of this machine, and runs this program in them.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::models::{
    ContainerCreateBody, DeviceMapping, HostConfig, Mount, MountBindOptions,
    MountBindOptionsPropagationEnum, MountType,
};
use bollard::query_parameters::{
    CreateContainerOptions, KillContainerOptionsBuilder, StartContainerOptions,
};
use futures_util::StreamExt as _;
use tokio::signal::unix::{SignalKind, signal};

use super::context;
use super::engine::Engine;
use super::image;
use super::labels::Owner;
use super::life;

/// Where the machine's files are in the container.
pub const MACHINE: &str = "/machine";
/// To enter namespaces and mount disks, to make TUN devices, and to move clocks.
const CAPABILITIES: [&str; 3] = ["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"];

/// What a helper is to do.
#[derive(Clone, Debug)]
pub struct Help {
    /// Whose it is.
    pub owner: Owner,
    /// The arguments of this program.
    pub arguments: Vec<String>,
    /// Its environment, as `NAME=value`.
    pub environment: Vec<String>,
    /// Devices of the machine that it may open, where they are there.
    pub devices: Vec<PathBuf>,
}

/// What came of a helper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Helped {
    /// It has ended, with this exit code.
    Ended(i64),
    /// The engine does not start such a container, or what it starts is of no use: why. Nothing
    /// of the command has been done.
    Unfit(String),
}

/// With this code a helper ends that finds itself of no use. No command ends with it.
pub const UNFIT: i32 = 75;

/// Has it done, and tells what it says as its own. Signals to this process go to the helper.
///
/// # Errors
/// When the engine ceases to answer.
pub fn help(engine: &Engine, help: Help) -> io::Result<Helped> {
    let program = std::env::current_exe()?;
    let context = context::of_helper(&program)?;
    let name = format!("stormglass/helper:{}", context.digest);
    let image = image::built(engine, &name, context)
        .map_err(|error| io::Error::other(error.to_string()))?;
    let docker = engine.docker();
    engine.wait("the helper container is out of sight", async move {
        let id = match start(&docker, &image, &help).await {
            Ok(id) => id,
            Err(error) => return Ok(Helped::Unfit(error.to_string())),
        };
        let code = accompany(&docker, &id).await;
        life::remove(&docker, &id).await?;
        Ok::<_, Error>(match code? {
            code if code == i64::from(UNFIT) => {
                Helped::Unfit("the engine's machine is not the one that this runs on".to_owned())
            }
            code => Helped::Ended(code),
        })
    })
}

/// Starts it. Where the machine's files are not shared, nothing that it mounts is seen outside,
/// and disks of members cannot be touched.
async fn start(docker: &Docker, image: &str, help: &Help) -> Result<String, Error> {
    let mut refused = None;
    for propagation in [Some(MountBindOptionsPropagationEnum::RSHARED), None] {
        let body = body(image, help, propagation);
        let created = docker.create_container(None::<CreateContainerOptions>, body).await?;
        match docker.start_container(&created.id, None::<StartContainerOptions>).await {
            Ok(()) => return Ok(created.id),
            Err(error) => refused = Some(error),
        }
        life::remove(docker, &created.id).await?;
    }
    Err(refused.unwrap_or(Error::RequestTimeoutError))
}

fn body(
    image: &str,
    help: &Help,
    propagation: Option<MountBindOptionsPropagationEnum>,
) -> ContainerCreateBody {
    let device = |path: &PathBuf| {
        let path = path.to_string_lossy().into_owned();
        DeviceMapping {
            path_on_host: Some(path.clone()),
            path_in_container: Some(path),
            cgroup_permissions: Some("rwm".to_owned()),
        }
    };
    let there = help.devices.iter().filter(|path| Path::exists(path));
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    ContainerCreateBody {
        image: Some(image.to_owned()),
        cmd: Some(help.arguments.clone()),
        env: Some(help.environment.clone()),
        labels: Some(help.owner.labels("helper").into_iter().collect()),
        host_config: Some(HostConfig {
            network_mode: Some("host".to_owned()),
            pid_mode: Some("host".to_owned()),
            // Runs are told apart by the machine's name too.
            uts_mode: Some("host".to_owned()),
            cap_add: Some(words(&CAPABILITIES)),
            security_opt: Some(words(&["apparmor=unconfined"])),
            devices: Some(there.map(device).collect()),
            mounts: Some(vec![Mount {
                typ: Some(MountType::BIND),
                source: Some("/".to_owned()),
                target: Some(MACHINE.to_owned()),
                bind_options: Some(MountBindOptions { propagation, ..MountBindOptions::default() }),
                ..Mount::default()
            }]),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

/// Tells what it says, and hands signals on, until it has ended.
async fn accompany(docker: &Docker, id: &str) -> Result<i64, Error> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    let mut said = life::said(docker, id);
    loop {
        let name = tokio::select! {
            output = said.next() => match output {
                Some(output) => { tell(output?); continue }
                None => return Ok(life::exit_code(docker, id).await),
            },
            _ = interrupted.recv() => "SIGINT",
            _ = terminated.recv() => "SIGTERM",
            _ = hung_up.recv() => "SIGHUP",
        };
        let options = KillContainerOptionsBuilder::default().signal(name).build();
        // One that has ended meanwhile does not mind.
        let _ = docker.kill_container(id, Some(options)).await;
    }
}

/// A reader that has gone away is no reason to stop.
fn tell(output: LogOutput) {
    let _ = match output {
        LogOutput::StdErr { message } => io::stderr().write_all(&message),
        other => {
            let mut out = io::stdout().lock();
            out.write_all(&other.into_bytes()).and_then(|()| out.flush())
        }
    };
}
