//! etcd's own tools, in the images that have them.

use std::io;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::errand::{self, Errand};
use super::image::Images;
use super::labels::Owner;

const CLIENT: &str = "etcdctl";
/// A program of its own from 3.5 on.
const FILES: &str = "etcdutl";
/// A tool that is there tells its version in no time.
const LIMIT: Duration = Duration::from_secs(20);

/// The tools of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tools {
    /// Saves snapshots.
    pub(super) client: String,
    /// Looks at them and restores them.
    pub(super) files: String,
}

impl Tools {
    /// Those of an image that was built of the release with this binary.
    pub(super) fn beside(etcd: &Path) -> Option<Self> {
        let is_there = |name: &str| etcd.with_file_name(name).is_file();
        is_there(CLIENT).then(|| Self {
            client: CLIENT.to_owned(),
            files: if is_there(FILES) { FILES } else { CLIENT }.to_owned(),
        })
    }
}

/// The tools that are in an image beside its etcd, which are tried.
///
/// # Errors
/// When the engine does not answer.
pub fn tools_in(engine: &Engine, images: &Images, owner: &Owner) -> io::Result<Option<Tools>> {
    let Some(client) = try_out(engine, images, owner, CLIENT)? else { return Ok(None) };
    let files = try_out(engine, images, owner, FILES)?.unwrap_or_else(|| client.clone());
    Ok(Some(Tools { client, files }))
}

/// The program of that name beside an image's etcd, if it says its version.
fn try_out(
    engine: &Engine,
    images: &Images,
    owner: &Owner,
    name: &str,
) -> io::Result<Option<String>> {
    let program = Path::new(&images.program).with_file_name(name).to_string_lossy().into_owned();
    let errand = Errand {
        owner: owner.clone(),
        member: "none".to_owned(),
        image: images.etcd.clone(),
        program: program.clone(),
        arguments: vec!["version".to_owned()],
        network: "none".to_owned(),
        user: None,
        folders: Vec::new(),
    };
    let docker = engine.docker();
    let told = engine.wait(format!("{name} could not be tried"), async move {
        // One that is not there cannot be started, which the engine tells as an error.
        let answer = errand::run(&docker, errand, LIMIT).await;
        Ok::<_, std::convert::Infallible>(answer.is_ok_and(|answer| answer.code == Some(0)))
    })?;
    Ok(told.then_some(program))
}
