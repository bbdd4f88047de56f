//! Containers and networks by their labels: what a run has, and what dead runs have left.

use std::io;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::ContainerSummary;
use bollard::query_parameters::ListContainersOptionsBuilder;

use super::bridge;
use super::engine::Engine;
use super::labels::{Owner, RUN, owner};
use super::life;

/// A removal that is under way already is waited for: five seconds.
const LOOKS: u32 = 100;
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What is there of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Whose it is.
    pub owner: Owner,
    /// Their names.
    pub containers: Vec<String>,
    /// The names of its networks.
    pub networks: Vec<String>,
}

/// What there is of all runs, dead or alive.
///
/// # Errors
/// When the engine refuses.
pub fn leftovers(engine: &Engine) -> io::Result<Vec<Leftover>> {
    let docker = engine.docker();
    let (containers, networks) = engine.wait("containers could not be listed", async move {
        Ok::<_, Error>((list(&docker, RUN).await?, bridge::list(&docker, RUN).await?))
    })?;
    let mut found = Found::default();
    for container in containers {
        let labels = container.labels.as_ref();
        if let Some(run) = found.run(labels.and_then(|all| owner(|name| all.get(name)))) {
            run.containers.push(name_of(&container));
        }
    }
    for network in networks {
        let labels = network.labels.as_ref();
        if let Some(run) = found.run(labels.and_then(|all| owner(|name| all.get(name)))) {
            run.networks.extend(network.name);
        }
    }
    for run in &mut found.runs {
        run.containers.sort();
        run.networks.sort();
    }
    found.runs.sort_by(|one, other| one.owner.run.cmp(&other.owner.run));
    Ok(found.runs)
}

/// Runs, by the labels of what they own.
#[derive(Default)]
struct Found {
    runs: Vec<Leftover>,
}

impl Found {
    /// The run of something with this owner, if it has one.
    fn run(&mut self, owner: Option<Owner>) -> Option<&mut Leftover> {
        let owner = owner?;
        let known = self.runs.iter().position(|run| run.owner == owner);
        let position = known.unwrap_or_else(|| {
            let (containers, networks) = (Vec::new(), Vec::new());
            self.runs.push(Leftover { owner, containers, networks });
            self.runs.len() - 1
        });
        self.runs.get_mut(position)
    }
}

/// Removes the containers of a run, whatever state they are in, with the volumes that their
/// image asked for, and then its networks; nothing of it is there when this returns.
///
/// # Errors
/// When the engine refuses, or something is still there after five seconds.
pub fn remove(engine: &Engine, run: &str) -> io::Result<()> {
    let docker = engine.docker();
    let of_run = format!("{RUN}={run}");
    let what = format!("the containers of run {run} could not be removed");
    engine.wait(what, async move {
        remove_all(&docker, &of_run, Kind::Container).await?;
        remove_all(&docker, &of_run, Kind::Network).await
    })
}

/// A kind of thing that the engine keeps for a run.
#[derive(Clone, Copy)]
enum Kind {
    Container,
    Network,
}

impl Kind {
    async fn all(self, docker: &Docker, label: &str) -> Result<Vec<String>, Error> {
        Ok(match self {
            Self::Container => {
                list(docker, label).await?.into_iter().filter_map(|it| it.id).collect()
            }
            Self::Network => {
                bridge::list(docker, label).await?.into_iter().filter_map(|it| it.id).collect()
            }
        })
    }

    async fn remove(self, docker: &Docker, id: &str) -> Result<(), Error> {
        match self {
            Self::Container => life::remove(docker, id).await,
            Self::Network => docker.remove_network(id).await,
        }
    }
}

async fn remove_all(docker: &Docker, label: &str, kind: Kind) -> Result<(), String> {
    let mut refused = None;
    for _ in 0..LOOKS {
        let left = kind.all(docker, label).await.map_err(|error| error.to_string())?;
        if left.is_empty() {
            return Ok(());
        }
        let mut again = false;
        let removals = left.iter().map(|id| kind.remove(docker, id));
        for removed in futures_util::future::join_all(removals).await {
            match removed {
                // Somebody else was quicker, or is about to be.
                Ok(()) | Err(Error::DockerResponseServerError { status_code: 404, .. }) => {}
                Err(error) => {
                    again = true;
                    refused = Some(error.to_string());
                }
            }
        }
        if again {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
    Err(refused.unwrap_or_else(|| "they are still there".to_owned()))
}

async fn list(docker: &Docker, label: &str) -> Result<Vec<ContainerSummary>, Error> {
    let filters = [("label", vec![label])].into();
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    docker.list_containers(Some(options)).await
}

/// Its name, which the engine tells with a slash before it.
fn name_of(container: &ContainerSummary) -> String {
    let name = container.names.as_ref().and_then(|names| names.first());
    let name = name.or(container.id.as_ref()).map(String::as_str).unwrap_or_default();
    name.trim_start_matches('/').to_owned()
}
