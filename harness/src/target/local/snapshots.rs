//! Snapshots of a local member, with the tools that lie beside its binary.

use std::ffi::OsStr;
use std::io::{self, Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::member::LocalMember;
use super::releases::Binary;
use crate::target::command::initial_cluster;
use crate::target::files::replace;
use crate::target::{Data, Snapshots, Unsupported, remove_folder};
use crate::tool::Tool;

/// A store of a test run is small; one that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// The tools of a release.
pub(super) struct Tools {
    /// Saves snapshots.
    client: PathBuf,
    /// Looks at them and restores them: a program of its own from 3.5 on.
    files: PathBuf,
}

/// The tools beside a binary.
pub(super) fn tools(binary: &Binary) -> Result<Tools, Unsupported> {
    let beside = |name: &str| Some(binary.path.with_file_name(name)).filter(|path| path.is_file());
    let Some(client) = beside("etcdctl") else {
        let folder = binary.path.parent().unwrap_or(Path::new("/"));
        return Err(Unsupported::because(format!(
            "snapshots are saved and restored by etcdctl of the same release: put it into {}",
            folder.display()
        )));
    };
    let files = beside("etcdutl").unwrap_or_else(|| client.clone());
    Ok(Tools { client, files })
}

impl LocalMember {
    /// Runs a tool; what it prints.
    fn tool(
        &self,
        choose: impl FnOnce(Tools) -> PathBuf,
        arguments: &[&OsStr],
    ) -> io::Result<String> {
        let tools =
            tools(&self.binary()).map_err(|missing| Error::new(ErrorKind::NotFound, missing))?;
        let folder = self.folder()?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let tool = Tool::new(choose(tools), &path, LIMIT, folder);
        // Before 3.4 etcdctl speaks the second API unless it is told.
        tool.env("ETCDCTL_API", "3").args(arguments).text().map_err(Error::other)
    }

    fn found_anew(&self, data: &Path, snapshot: &Path, token: &str) -> io::Result<()> {
        let made = data.with_file_name("restored");
        remove_folder(&made)?;
        let name = self.addresses().name.as_str();
        let cluster = initial_cluster(self.all());
        let arguments: [&OsStr; 13] = [
            "snapshot".as_ref(),
            "restore".as_ref(),
            snapshot.as_ref(),
            "--name".as_ref(),
            name.as_ref(),
            "--initial-cluster".as_ref(),
            cluster.as_ref(),
            "--initial-cluster-token".as_ref(),
            token.as_ref(),
            "--initial-advertise-peer-urls".as_ref(),
            self.addresses().peer_url.as_ref(),
            "--data-dir".as_ref(),
            made.as_ref(),
        ];
        self.tool(|tools| tools.files, &arguments)?;
        replace(data, &made)
    }
}

impl Snapshots for LocalMember {
    fn save(&self) -> io::Result<PathBuf> {
        let to = self.folder()?.join("snapshot.db");
        let endpoint = format!("--endpoints={}", self.addresses().client_url);
        let arguments: [&OsStr; 4] =
            [endpoint.as_ref(), "snapshot".as_ref(), "save".as_ref(), to.as_ref()];
        self.tool(|tools| tools.client, &arguments)?;
        Ok(to)
    }

    fn describe(&self, snapshot: &Path) -> io::Result<String> {
        let arguments: [&OsStr; 4] = [
            "--write-out=json".as_ref(),
            "snapshot".as_ref(),
            "status".as_ref(),
            snapshot.as_ref(),
        ];
        let told = self.tool(|tools| tools.files, &arguments)?;
        Ok(told.trim().to_owned())
    }

    fn restore(&self, snapshot: &Path, token: &str) -> io::Result<()> {
        self.with_data(&mut |data| self.found_anew(data, snapshot, token))
    }

    fn refound(&self) {
        LocalMember::refound(self);
    }
}
