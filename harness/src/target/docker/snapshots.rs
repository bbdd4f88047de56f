//! Snapshots of a member in containers, with the tools that are in its image.

use std::io::{self, Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::errand::{self, Answer, Errand};
use super::image::Etcd;
use super::member::DockerMember;
use super::tools::Tools;
use crate::target::command::initial_cluster;
use crate::target::files::replace;
use crate::target::{Data, Snapshots, Unsupported, remove_folder};

/// A store of a test run is small; one that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);
/// Where a tool finds the folder of the member that it works for, and that of a snapshot.
const OWN: &str = "/own";
const FROM: &str = "/from";

/// The tools in an image.
pub(super) fn tools(etcd: &Etcd) -> Result<&Tools, Unsupported> {
    etcd.images.tools.as_ref().ok_or_else(|| {
        Unsupported::because(format!(
            "snapshots are saved and restored by etcdctl, and the image `{}` has none beside its \
             etcd: add it to the image, or name a release with --etcd whose package brings it",
            etcd.images.name
        ))
    })
}

impl DockerMember {
    /// Runs a tool in the member's network; what it prints.
    fn tool(
        &self,
        choose: impl FnOnce(&Tools) -> &String,
        arguments: Vec<String>,
        snapshots: Option<&Path>,
    ) -> io::Result<String> {
        let etcd = self.etcd();
        let tools = tools(&etcd).map_err(|missing| Error::new(ErrorKind::NotFound, missing))?;
        let program = choose(tools).clone();
        let mut folders = vec![(self.folder()?.to_owned(), OWN)];
        folders.extend(snapshots.map(|folder| (folder.to_owned(), FROM)));
        let errand = Errand {
            owner: self.plan.owner.clone(),
            member: self.addresses().name.clone(),
            image: etcd.images.etcd.clone(),
            program: program.clone(),
            arguments,
            network: format!("container:{}", self.plan.pause),
            user: self.plan.user.clone(),
            folders,
        };
        let docker = self.engine.docker();
        let answer = self.engine.wait(format!("{program} could not be run"), async move {
            errand::run(&docker, errand, LIMIT).await
        })?;
        match answer {
            Answer { code: Some(0), out, .. } => Ok(out),
            Answer { code: Some(code), complaints, .. } => {
                let complaints = complaints.trim();
                Err(Error::other(format!("{program} ended with code {code}: {complaints}")))
            }
            Answer { code: None, .. } => {
                let seconds = LIMIT.as_secs();
                Err(Error::other(format!("{program} was stopped after {seconds} s")))
            }
        }
    }

    /// Where its own files are, beside its data.
    fn folder(&self) -> io::Result<&Path> {
        let none = || Error::new(ErrorKind::NotFound, "the member's log is in no folder");
        self.plan.log_path.parent().ok_or_else(none)
    }

    fn found_anew(&self, data: &Path, snapshot: &Path, token: &str) -> io::Result<()> {
        let made = self.folder()?.join("restored");
        remove_folder(&made)?;
        let Place { folder, inside } = place(snapshot)?;
        let name = &self.addresses().name;
        let arguments = [
            "snapshot",
            "restore",
            &inside,
            "--name",
            name,
            "--initial-cluster",
            &initial_cluster(&*self.plan.all),
            "--initial-cluster-token",
            token,
            "--initial-advertise-peer-urls",
            &self.addresses().peer_url,
            "--data-dir",
            &format!("{OWN}/restored"),
        ];
        let arguments = arguments.map(ToOwned::to_owned).to_vec();
        self.tool(|tools| &tools.files, arguments, Some(folder))?;
        replace(data, &made)
    }
}

impl Snapshots for DockerMember {
    fn save(&self) -> io::Result<PathBuf> {
        let endpoint = format!("--endpoints={}", self.addresses().client_url);
        let to = format!("{OWN}/snapshot.db");
        let arguments = vec![endpoint, "snapshot".to_owned(), "save".to_owned(), to];
        self.tool(|tools| &tools.client, arguments, None)?;
        Ok(self.folder()?.join("snapshot.db"))
    }

    fn describe(&self, snapshot: &Path) -> io::Result<String> {
        let Place { folder, inside } = place(snapshot)?;
        let arguments = ["--write-out=json", "snapshot", "status", &inside];
        let arguments = arguments.map(ToOwned::to_owned).to_vec();
        let told = self.tool(|tools| &tools.files, arguments, Some(folder))?;
        Ok(told.trim().to_owned())
    }

    fn restore(&self, snapshot: &Path, token: &str) -> io::Result<()> {
        self.with_data(&mut |data| self.found_anew(data, snapshot, token))
    }

    fn refound(&self) {
        self.state().refounded += 1;
    }
}

/// Where a snapshot is.
struct Place<'a> {
    /// On this machine.
    folder: &'a Path,
    /// The file, where a tool finds it.
    inside: String,
}

fn place(snapshot: &Path) -> io::Result<Place<'_>> {
    let parts = snapshot.parent().zip(snapshot.file_name());
    let (folder, name) = parts.ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
    Ok(Place { folder, inside: format!("{FROM}/{}", name.to_string_lossy()) })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{place, tools};
    use crate::target::docker::{Etcd, Images};

    #[test]
    fn an_image_without_tools_is_named_with_what_helps() {
        let text = String::new;
        let (name, program) = ("my/etcd:1".to_owned(), "etcd".to_owned());
        let images = Images { name, etcd: text(), program, pause: text(), tools: None };
        let refused = tools(&Etcd { images, version: text() }).expect_err("it has none");
        assert!(refused.reason.contains("`my/etcd:1`") && refused.reason.contains("--etcd"));
    }

    #[test]
    fn a_snapshot_is_found_below_its_folder() {
        let found = place(Path::new("/runs/a/members/m1/snapshot.db")).expect("a file");
        assert_eq!(found.folder, Path::new("/runs/a/members/m1"));
        assert_eq!(found.inside, "/from/snapshot.db");
        assert!(place(Path::new("/")).is_err());
    }
}
