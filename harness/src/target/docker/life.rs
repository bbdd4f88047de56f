//! One life of a member: a container that is started once, and removed when it has ended.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::models::ContainerUpdateBody;
use bollard::query_parameters::{
    InspectContainerOptions, KillContainerOptionsBuilder, LogsOptionsBuilder,
    RemoveContainerOptionsBuilder, WaitContainerOptions,
};
use futures_util::{Stream, StreamExt as _};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use stormglass_linux::memory::Meter;
use testcontainers::core::{IntoContainerPort as _, Mount};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerRequest, GenericImage, ImageExt as _, TestcontainersError};

use super::bridge;
use super::engine::Engine;
use super::labels::Owner;
use crate::target::switched::CLIENT_PORT;

/// Where a member's data is in its container.
pub(super) const DATA: &str = "/data";

/// A container to start.
pub(super) struct Birth {
    pub(super) owner: Owner,
    /// The member.
    pub(super) member: String,
    pub(super) name: String,
    /// The image, as the engine knows it.
    pub(super) image: String,
    pub(super) program: Option<String>,
    pub(super) arguments: Vec<String>,
    /// `none`, the name of one, or `container:ID` of whom it shares the network with.
    pub(super) network: String,
    /// Whether the clients' port is published on this machine.
    pub(super) publishes: bool,
    /// What its process runs as, unless the image says.
    pub(super) user: Option<String>,
    /// What of the machine it finds at [`DATA`].
    pub(super) data: PathBuf,
    /// How much memory it may take, in bytes.
    pub(super) memory: Option<i64>,
}

/// Starts a container; its ID.
pub(super) async fn start(birth: Birth) -> Result<String, TestcontainersError> {
    // By its content: whatever becomes of the name, every member has the same.
    let (kind, digest) = birth.image.split_once(':').unwrap_or(("sha256", &birth.image));
    let mut image = GenericImage::new(kind, digest);
    if let Some(program) = &birth.program {
        image = image.with_entrypoint(program);
    }
    if birth.publishes {
        image = image.with_exposed_port(CLIENT_PORT.tcp());
    }
    let request: ContainerRequest<GenericImage> = image
        .with_container_name(birth.name)
        // Not `with_network`: that one makes a network of every name that it does not find.
        .with_host_config_modifier(move |host| {
            host.network_mode = Some(birth.network.clone());
            host.publish_all_ports = Some(false);
            host.port_bindings = birth.publishes.then(bridge::published);
            host.memory = birth.memory;
            host.memory_swap = birth.memory;
        })
        .with_labels(birth.owner.labels(&birth.member))
        .with_mount(Mount::bind_mount(birth.data.to_string_lossy(), DATA))
        .with_cmd(birth.arguments);
    let request = match birth.user {
        Some(user) => request.with_user(user),
        None => request,
    };
    let container = request.start().await?;
    let id = container.id().to_owned();
    // Its drop would remove the container, and wants a runtime wherever it happens. Removal is
    // ours, by the labels, which is how what a killed run has left is found too.
    std::mem::forget(container);
    Ok(id)
}

/// The process of a container on this machine; 0 when it has ended.
pub(super) async fn pid(docker: &Docker, id: &str) -> Result<u32, Error> {
    let found = docker.inspect_container(id, None::<InspectContainerOptions>).await?;
    let pid = found.state.and_then(|state| state.pid).unwrap_or(0);
    Ok(u32::try_from(pid).unwrap_or(0))
}

/// Whether a process is one of a container. A number from another machine, or from another pid
/// namespace, may be somebody else here.
pub(super) fn is_of(pid: u32, id: &str) -> io::Result<bool> {
    Ok(fs::read_to_string(format!("/proc/{pid}/cgroup"))?.contains(id))
}

/// How a container has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) code: i64,
    /// Whether the kernel ended it for want of memory.
    pub(super) out_of_memory: bool,
}

/// A container that runs, or has run.
pub(super) struct Life {
    id: String,
    /// Its process.
    pub(super) pid: u32,
    /// The process by a handle that can never mean another one.
    process: Option<OwnedFd>,
    /// What it takes of the memory, where that is told.
    pub(super) meter: Option<Meter>,
    ending: Arc<Ending>,
}

impl Life {
    /// Starts a container, and writes what it says to a log from its first line to its last.
    pub(super) fn begin(engine: &Engine, birth: Birth, log: File) -> io::Result<Self> {
        let docker = engine.docker();
        let begun = async move {
            let id = start(birth).await.map_err(|error| error.to_string())?;
            let pid = pid(&docker, &id).await.map_err(|error| error.to_string())?;
            Ok::<_, String>((id, pid))
        };
        let (id, pid) = engine.wait("its container could not be started", begun)?;
        let ending = Arc::new(Ending::default());
        engine.spawn(accompany(engine.docker(), id.clone(), log, Arc::clone(&ending)));
        // One that ended at once has no process.
        let process = process(pid).filter(|_| is_of(pid, &id).is_ok_and(|it_is| it_is));
        let meter = process.as_ref().and_then(|_| Meter::of_process(pid).ok());
        Ok(Self { id, pid, process, meter, ending })
    }

    /// Its process, where that is one of this machine.
    pub(super) fn pid_here(&self) -> Option<u32> {
        self.process.as_ref().map(|_| self.pid)
    }

    /// Its end, once it has ended and its log is whole.
    pub(super) fn end(&self) -> Option<End> {
        *self.ending.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its end, or nothing when it still runs after `limit`.
    pub(super) fn await_end(&self, limit: Duration) -> Option<End> {
        let end = self.ending.end.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.ending.known.wait_timeout_while(end, limit, |end| end.is_none());
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Sends SIGKILL, and not by the engine: that one answers when the process is gone, which
    /// may have to wait for a sync that only we can answer.
    pub(super) fn kill(&self, engine: &Engine) -> io::Result<()> {
        let Some(process) = &self.process else { return self.signal(engine, "SIGKILL") };
        match pidfd_send_signal(process, Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            // Somebody else's, whatever it was to run as.
            Err(Errno::PERM) => self.signal(engine, "SIGKILL"),
            Err(error) => Err(error.into()),
        }
    }

    /// Sets how much memory it may take, in bytes; one that has ended meanwhile does not mind.
    pub(super) fn limit_memory(&self, engine: &Engine, bytes: i64) -> io::Result<()> {
        let (docker, id) = (engine.docker(), self.id.clone());
        let limits = ContainerUpdateBody {
            memory: Some(bytes),
            memory_swap: Some(bytes),
            ..ContainerUpdateBody::default()
        };
        engine.wait("the container's memory could not be limited", async move {
            unless_in_that_state(docker.update_container(&id, limits).await)
        })
    }

    /// Sends a signal; one that has ended meanwhile does not mind.
    pub(super) fn signal(&self, engine: &Engine, signal: &'static str) -> io::Result<()> {
        let (docker, id) = (engine.docker(), self.id.clone());
        engine.wait(format!("{signal} could not be sent"), async move {
            let options = KillContainerOptionsBuilder::default().signal(signal).build();
            unless_in_that_state(docker.kill_container(&id, Some(options)).await)
        })
    }

    /// Freezes all its processes.
    pub(super) fn pause(&self, engine: &Engine) -> io::Result<()> {
        let (docker, id) = (engine.docker(), self.id.clone());
        let paused = async move { docker.pause_container(&id).await };
        engine.wait("the container could not be paused", paused)
    }

    /// Lets them go on; one that is not paused does not mind.
    pub(super) fn resume(&self, engine: &Engine) -> io::Result<()> {
        let (docker, id) = (engine.docker(), self.id.clone());
        engine.wait("the container could not be resumed", async move {
            match docker.unpause_container(&id).await {
                Err(Error::DockerResponseServerError { status_code: 500, message })
                    if message.contains("is not paused") =>
                {
                    Ok(())
                }
                answer => unless_in_that_state(answer),
            }
        })
    }
}

/// The engine refuses what is the case already: for us that is no error.
fn unless_in_that_state(answer: Result<(), Error>) -> Result<(), Error> {
    match answer {
        Err(Error::DockerResponseServerError { status_code: 304 | 404 | 409, .. }) => Ok(()),
        answer => answer,
    }
}

/// The end of a container, once it is known.
#[derive(Default)]
struct Ending {
    end: Mutex<Option<End>>,
    known: Condvar,
}

/// Writes the log, learns the exit code, and removes the container, in this order: who knows
/// of the end finds the log whole.
async fn accompany(docker: Docker, id: String, mut log: File, ending: Arc<Ending>) {
    let mut said = said(&docker, &id);
    while let Some(Ok(output)) = said.next().await {
        // A full disk is told by the history, which is on it too.
        let _ = log.write_all(&output.into_bytes());
    }
    let code = exit_code(&docker, &id).await;
    let out_of_memory = is_out_of_memory(&docker, &id).await;
    let end = End { code, out_of_memory };
    *ending.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
    ending.known.notify_all();
    // What cannot be removed now goes with the run.
    let _ = remove(&docker, &id).await;
}

/// Removes a container, whatever state it is in, with the volumes that its image asked for.
pub(super) async fn remove(docker: &Docker, id: &str) -> Result<(), Error> {
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    docker.remove_container(id, Some(options)).await
}

/// What a container says, from its beginning to its end.
pub(super) fn said(docker: &Docker, id: &str) -> impl Stream<Item = Result<LogOutput, Error>> {
    let options = LogsOptionsBuilder::default().follow(true).stdout(true).stderr(true).build();
    docker.logs(id, Some(options))
}

/// The exit code of a container, once it has ended.
pub(super) async fn exit_code(docker: &Docker, id: &str) -> i64 {
    let mut waiting = docker.wait_container(id, None::<WaitContainerOptions>);
    match waiting.next().await {
        Some(Ok(ended)) => ended.status_code,
        Some(Err(Error::DockerContainerWaitError { code, .. })) => code,
        Some(Err(_)) | None => -1,
    }
}

async fn is_out_of_memory(docker: &Docker, id: &str) -> bool {
    let found = docker.inspect_container(id, None::<InspectContainerOptions>).await;
    let state = found.ok().and_then(|found| found.state);
    state.and_then(|state| state.oom_killed).unwrap_or(false)
}

fn process(pid: u32) -> Option<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
    pidfd_open(pid, PidfdFlags::empty()).ok()
}
