//! Containers by their labels: what a run has, and what dead runs have left.

use std::io;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::ContainerSummary;
use bollard::query_parameters::{ListContainersOptionsBuilder, RemoveContainerOptionsBuilder};

use super::engine::Engine;
use super::labels::{Owner, RUN, owner};

/// A removal that is under way already is waited for: five seconds.
const LOOKS: u32 = 100;
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The containers of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Whose they are.
    pub owner: Owner,
    /// Their names.
    pub containers: Vec<String>,
}

/// The containers of all runs that there are, dead or alive.
///
/// # Errors
/// When the engine refuses.
pub fn leftovers(engine: &Engine) -> io::Result<Vec<Leftover>> {
    let docker = engine.docker();
    let listed =
        engine.wait("containers could not be listed", async move { list(&docker, RUN).await })?;
    let mut found: Vec<Leftover> = Vec::new();
    for container in listed {
        let Some(owner) = container.labels.as_ref().and_then(|all| owner(|name| all.get(name)))
        else {
            continue;
        };
        let name = name_of(&container);
        match found.iter_mut().find(|run| run.owner == owner) {
            Some(run) => run.containers.push(name),
            None => found.push(Leftover { owner, containers: vec![name] }),
        }
    }
    for run in &mut found {
        run.containers.sort();
    }
    found.sort_by(|one, other| one.owner.run.cmp(&other.owner.run));
    Ok(found)
}

/// Removes the containers of a run, whatever state they are in, with the volumes that their
/// image asked for; nothing of it is there when this returns.
///
/// # Errors
/// When the engine refuses, or something is still there after five seconds.
pub fn remove(engine: &Engine, run: &str) -> io::Result<()> {
    let docker = engine.docker();
    let of_run = format!("{RUN}={run}");
    let what = format!("the containers of run {run} could not be removed");
    engine.wait(what, async move { remove_all(&docker, &of_run).await })
}

async fn remove_all(docker: &Docker, label: &str) -> Result<(), String> {
    let mut refused = None;
    for _ in 0..LOOKS {
        let left = list(docker, label).await.map_err(|error| error.to_string())?;
        if left.is_empty() {
            return Ok(());
        }
        let removals = left.into_iter().filter_map(|container| container.id).map(async |id| {
            let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
            docker.remove_container(&id, Some(options)).await
        });
        let mut again = false;
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
