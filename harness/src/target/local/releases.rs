//! The binaries that a local member can be started with.

use std::io;
use std::path::PathBuf;

use super::member::LocalMember;
use crate::target::Upgrade;
use crate::target::releases::Versioned;

/// A binary of etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// Where it is.
    pub path: PathBuf,
    /// The version that it reports.
    pub version: String,
}

impl Versioned for Binary {
    fn version(&self) -> &str {
        &self.version
    }
}

impl Upgrade for LocalMember {
    fn set_release(&self, release: &str) -> io::Result<String> {
        let binary = self.releases().find(release)?;
        self.choose(binary.clone());
        Ok(binary.version.clone())
    }
}
