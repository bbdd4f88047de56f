//! A container that runs once, and whose output matters.

use std::path::PathBuf;
use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType};
use bollard::query_parameters::{
    CreateContainerOptions, LogsOptionsBuilder, StartContainerOptions,
};
use futures_util::StreamExt as _;

use super::labels::Owner;
use super::life;

/// What to run.
pub(super) struct Errand {
    pub(super) owner: Owner,
    /// The member that it is for.
    pub(super) member: String,
    /// The image, as the engine knows it.
    pub(super) image: String,
    pub(super) program: String,
    pub(super) arguments: Vec<String>,
    /// `none`, or `container:ID` of whom it shares the network with.
    pub(super) network: String,
    /// What it runs as, unless the image says.
    pub(super) user: Option<String>,
    /// Folders of this machine, and where they are in the container.
    pub(super) folders: Vec<(PathBuf, &'static str)>,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Answer {
    /// Its exit code; nothing when it was still running at the limit.
    pub(super) code: Option<i64>,
    pub(super) out: String,
    /// What it complained about.
    pub(super) complaints: String,
}

/// Runs it, for so long at most, and removes it.
pub(super) async fn run(docker: &Docker, errand: Errand, limit: Duration) -> Result<Answer, Error> {
    let created = docker.create_container(None::<CreateContainerOptions>, body(errand)).await?;
    let answer = answer(docker, &created.id, limit).await;
    life::remove(docker, &created.id).await?;
    answer
}

fn body(errand: Errand) -> ContainerCreateBody {
    let mounts = errand.folders.into_iter().map(|(folder, place)| Mount {
        typ: Some(MountType::BIND),
        source: Some(folder.to_string_lossy().into_owned()),
        target: Some(place.to_owned()),
        ..Mount::default()
    });
    ContainerCreateBody {
        image: Some(errand.image),
        entrypoint: Some(vec![errand.program]),
        cmd: Some(errand.arguments),
        user: errand.user,
        // Before 3.4 etcdctl speaks the second API unless it is told.
        env: Some(vec!["ETCDCTL_API=3".to_owned()]),
        labels: Some(errand.owner.labels(&errand.member).into_iter().collect()),
        host_config: Some(HostConfig {
            network_mode: Some(errand.network),
            mounts: Some(mounts.collect()),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

async fn answer(docker: &Docker, id: &str, limit: Duration) -> Result<Answer, Error> {
    docker.start_container(id, None::<StartContainerOptions>).await?;
    let code = tokio::time::timeout(limit, life::exit_code(docker, id)).await.ok();
    let options = LogsOptionsBuilder::default().stdout(true).stderr(true).build();
    let mut logs = docker.logs(id, Some(options));
    let (mut out, mut complaints) = (String::new(), String::new());
    while let Some(said) = logs.next().await {
        let said = said?;
        let to = if matches!(said, LogOutput::StdErr { .. }) { &mut complaints } else { &mut out };
        to.push_str(&said.to_string());
    }
    Ok(Answer { code, out, complaints })
}
