//! Images that members are made from.

use std::io;
use std::path::Path;
use std::time::Duration;

use bollard::Docker;
use bollard::body_full;
use bollard::errors::Error;
use bollard::models::ImageInspect;
use bollard::query_parameters::{BuildImageOptionsBuilder, TagImageOptionsBuilder};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};

use super::context::{self, Context};
use super::engine::Engine;
use super::errand::{self, Errand};
use super::labels::{IMAGE, Owner};
use super::pause;
use super::tools::Tools;
use crate::target::releases::Versioned;

/// What etcd's program is called where an image does not say.
const PROGRAM: &str = "etcd";
/// It says its version in no time.
const LIMIT: Duration = Duration::from_secs(30);

/// The images of a run. They are named by their content, so that they stay what they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Images {
    /// The name that people know etcd's image by.
    pub name: String,
    /// etcd's image, as the engine knows it: `sha256:…`.
    pub etcd: String,
    /// The program in it.
    pub program: String,
    /// The image that holds a member's network.
    pub pause: String,
    /// etcd's own tools in it, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Tools>,
}

/// An etcd in containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etcd {
    /// Its images.
    pub images: Images,
    /// The version that it reports.
    pub version: String,
}

impl Versioned for Etcd {
    fn version(&self) -> &str {
        &self.version
    }
}

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// It was named, and the engine has none of that name.
    #[error("the container engine has no image `{name}`: pull or build it first")]
    Missing {
        /// Its name.
        name: String,
    },
    /// It is there, and no etcd is in it.
    #[error("the image `{name}` does not answer `{program} --version` as etcd does: {said}")]
    NotEtcd {
        /// Its name.
        name: String,
        /// What was started.
        program: String,
        /// What came instead.
        said: String,
    },
    /// No pause program is there for this machine.
    #[error(
        "the target `docker` is for {} only, and this is {}",
        pause::ARCHITECTURE,
        std::env::consts::ARCH
    )]
    Architecture,
    /// The files for it cannot be read, or the engine refuses.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The images for a release whose binary is on this machine, built if need be.
///
/// # Errors
/// When its files cannot be read, or the engine refuses.
pub fn built_of_release(engine: &Engine, etcd: &Path, version: &str) -> Result<Images, ImageError> {
    let context = context::of_release(etcd)?;
    let name = format!("stormglass/etcd:{version}-{}", context.digest);
    let image = built(engine, &name, context)?;
    let (program, tools) = (PROGRAM.to_owned(), Tools::beside(etcd));
    Ok(Images { name, etcd: image, program, pause: built_pause(engine)?, tools })
}

/// The images for one that the engine has.
///
/// # Errors
/// When it has none of that name, or refuses.
pub fn named(engine: &Engine, name: &str) -> Result<Images, ImageError> {
    let Some(found) = find(engine, name)? else {
        return Err(ImageError::Missing { name: name.to_owned() });
    };
    let program = program_of(&found);
    let etcd = found.id.unwrap_or_default();
    let pause = built_pause(engine)?;
    Ok(Images { name: name.to_owned(), etcd, program, pause, tools: None })
}

/// Gives etcd's image one more name.
///
/// # Errors
/// When it is no name for an image, or the engine refuses.
pub fn tag(engine: &Engine, images: &Images, name: &str) -> io::Result<()> {
    let (docker, image) = (engine.docker(), images.etcd.clone());
    // A port of a registry has a colon too.
    let (repository, tag) = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, "latest"),
    };
    let options = TagImageOptionsBuilder::default().repo(repository).tag(tag).build();
    let what = format!("the image could not be given the name {name}");
    engine.wait(what, async move { docker.tag_image(&image, Some(options)).await })
}

/// What the etcd in the images says of its version.
///
/// # Errors
/// When it does not start, or says nothing.
pub fn version_in(engine: &Engine, images: &Images, owner: &Owner) -> Result<String, ImageError> {
    let docker = engine.docker();
    let errand = Errand {
        owner: owner.clone(),
        member: "none".to_owned(),
        image: images.etcd.clone(),
        program: images.program.clone(),
        arguments: vec!["--version".to_owned()],
        network: "none".to_owned(),
        user: None,
        folders: Vec::new(),
    };
    let not_etcd = |said: String| ImageError::NotEtcd {
        name: images.name.clone(),
        program: images.program.clone(),
        said,
    };
    let answer = engine.wait("etcd", async move { errand::run(&docker, errand, LIMIT).await });
    let answer = answer.map_err(|error| not_etcd(error.to_string()))?;
    // A program that fails is no error of the engine's: what it says tells more.
    let said = answer.out + &answer.complaints;
    if said.trim().is_empty() { Err(not_etcd("it says nothing".to_owned())) } else { Ok(said) }
}

fn built_pause(engine: &Engine) -> Result<String, ImageError> {
    if std::env::consts::ARCH != pause::ARCHITECTURE {
        return Err(ImageError::Architecture);
    }
    let context = context::of_pause()?;
    built(engine, &format!("stormglass/pause:{}", context.digest), context)
}

/// The image of that name, which is built only where the engine does not have it.
pub(super) fn built(engine: &Engine, name: &str, context: Context) -> Result<String, ImageError> {
    if let Some(found) = find(engine, name)? {
        return Ok(found.id.unwrap_or_default());
    }
    let (docker, tag) = (engine.docker(), name.to_owned());
    let what = format!("the image {name} could not be built");
    engine.wait(what, async move { build(&docker, tag, context.archive).await })?;
    let built = find(engine, name)?;
    built.and_then(|built| built.id).ok_or_else(|| ImageError::Missing { name: name.to_owned() })
}

async fn build(docker: &Docker, name: String, archive: Vec<u8>) -> Result<(), Error> {
    let labels = [(IMAGE.to_owned(), name.clone())].into();
    let options = BuildImageOptionsBuilder::default().t(&name).labels(&labels).rm(true).build();
    let mut steps = docker.build_image(options, None, Some(body_full(archive.into())));
    while let Some(step) = steps.next().await {
        step?;
    }
    Ok(())
}

fn find(engine: &Engine, name: &str) -> io::Result<Option<ImageInspect>> {
    let (docker, wanted) = (engine.docker(), name.to_owned());
    let what = format!("the image {name} could not be looked for");
    engine.wait(what, async move {
        match docker.inspect_image(&wanted).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    })
}

/// The program that an image starts, if that is etcd; images differ in whether it is their
/// entry point or their command, and some start a script.
fn program_of(image: &ImageInspect) -> String {
    let config = image.config.clone().unwrap_or_default();
    let words = [config.entrypoint.unwrap_or_default(), config.cmd.unwrap_or_default()].concat();
    let is_etcd = |word: &String| Path::new(word).file_name().is_some_and(|name| name == PROGRAM);
    words.into_iter().find(is_etcd).unwrap_or_else(|| PROGRAM.to_owned())
}
