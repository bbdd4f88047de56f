//! The container engine, spoken to from threads of its own.

use std::env;
use std::fmt::Display;
use std::fs;
use std::future::Future;
use std::io;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, Docker};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// Where the engine listens unless it is said otherwise; the library that starts containers
/// looks there too.
const HOST_VARIABLE: &str = "DOCKER_HOST";
const USUAL_HOST: &str = "unix:///var/run/docker.sock";
/// How long the engine may take for a request, in seconds.
const REQUEST_LIMIT: u64 = 120;
/// How long it may take to say that it is there.
const PING_LIMIT: Duration = Duration::from_secs(5);

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// An address of a kind that is not understood.
    #[error("{HOST_VARIABLE} is `{host}`: write unix:///PATH or tcp://HOST:PORT")]
    Address {
        /// The address.
        host: String,
    },
    /// Nobody answers.
    #[error(
        "no container engine answers at {host} ({reason}): start Docker, or let {HOST_VARIABLE} \
         name where it listens"
    )]
    Unreachable {
        /// The address.
        host: String,
        /// What came instead of an answer.
        reason: String,
    },
    /// No thread is to be had.
    #[error("the threads that speak to the container engine could not be started: {0}")]
    Threads(#[source] io::Error),
}

/// A connection to the engine.
///
/// Its threads stay in the network namespace in which it was made, so that it reaches an engine
/// on the network wherever its callers are.
#[derive(Debug)]
pub struct Engine {
    docker: Docker,
    /// Taken when this is dropped, which may be where nobody may wait.
    runtime: Option<Runtime>,
}

impl Engine {
    /// Connects to the engine of this machine, and waits for its answer.
    ///
    /// # Errors
    /// In one sentence, when there is none.
    pub fn connect() -> Result<Self, EngineError> {
        let host = env::var(HOST_VARIABLE).ok().filter(|host| !host.is_empty());
        let host = host.unwrap_or_else(|| USUAL_HOST.to_owned());
        let unreachable = |reason: String| EngineError::Unreachable { host: host.clone(), reason };
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("engine")
            .enable_all()
            .build()
            .map_err(EngineError::Threads)?;
        let docker = client(&host)?.map_err(|error| unreachable(error.to_string()))?;
        let engine = Self { docker, runtime: Some(runtime) };
        let docker = engine.docker.clone();
        let ping = async move {
            match timeout(PING_LIMIT, docker.ping()).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(reason(&error)),
                Err(_) => Err(format!("no answer within {} s", PING_LIMIT.as_secs())),
            }
        };
        engine.block(ping).and_then(|answer| answer).map_err(unreachable)?;
        Ok(engine)
    }

    /// Whether it can limit the memory of containers.
    ///
    /// # Errors
    /// In one sentence, why it cannot.
    pub fn limits_memory(&self) -> Result<(), String> {
        let docker = self.docker();
        let info = self.wait("the container engine does not tell what it can do", async move {
            docker.info().await
        });
        match info.map_err(|error| error.to_string())?.memory_limit {
            Some(true) => Ok(()),
            Some(false) | None => {
                Err("the container engine cannot limit memory on this kernel: boot it with its \
                 control groups for memory (`cgroup_enable=memory`)"
                    .to_owned())
            }
        }
    }

    /// Whether its containers are processes of this machine.
    ///
    /// # Errors
    /// In one sentence, why they are not.
    pub fn is_of_this_machine(&self) -> Result<(), String> {
        let docker = self.docker();
        let info = self.wait("the container engine does not tell where it runs", async move {
            docker.info().await
        });
        let info = info.map_err(|error| error.to_string())?;
        let there = (info.name.unwrap_or_default(), info.kernel_version.unwrap_or_default());
        let own = |name: &str| {
            let told = fs::read_to_string(format!("/proc/sys/kernel/{name}"));
            told.map(|told| told.trim().to_owned()).unwrap_or_default()
        };
        let here = (own("hostname"), own("osrelease"));
        if here == there {
            return Ok(());
        }
        let ((name, kernel), (this, this_kernel)) = (there, here);
        Err(format!(
            "the container engine is that of `{name}` (kernel {kernel}), and this is `{this}` \
             (kernel {this_kernel})"
        ))
    }

    /// Its client.
    pub(super) fn docker(&self) -> Docker {
        self.docker.clone()
    }

    /// Starts work on the engine's threads.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(work);
        }
    }

    /// Carries out work on the engine's threads and waits for it, wherever the caller is.
    ///
    /// # Errors
    /// Those of the work, with what was tried.
    pub(super) fn wait<T: Send + 'static, E: Display + Send + 'static>(
        &self,
        what: impl Display,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> io::Result<T> {
        match self.block(work) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(io::Error::other(format!("{what}: {error}"))),
            Err(error) => Err(io::Error::other(format!("{what}: {error}"))),
        }
    }

    fn block<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, String> {
        let (sender, receiver) = sync_channel(1);
        self.spawn(async move {
            // A caller that panicked does not wait any more.
            let _ = sender.send(work.await);
        });
        receiver.recv().map_err(|_| "it ended with a panic, which is a bug".to_owned())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A client for the address; nothing is sent yet.
fn client(host: &str) -> Result<Result<Docker, bollard::errors::Error>, EngineError> {
    let version = API_DEFAULT_VERSION;
    match host.split_once("://") {
        Some(("unix", path)) => Ok(Docker::connect_with_unix(path, REQUEST_LIMIT, version)),
        Some(("tcp" | "http", _)) => Ok(Docker::connect_with_http(host, REQUEST_LIMIT, version)),
        _ => Err(EngineError::Address { host: host.to_owned() }),
    }
}

/// The last link of a chain of errors: the others only say that something went wrong.
fn reason(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
