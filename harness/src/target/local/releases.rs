//! The binaries that a local member can be started with.

use std::collections::BTreeMap;
use std::io::{self, Error, ErrorKind};
use std::path::PathBuf;

use super::member::LocalMember;
use crate::target::Upgrade;

/// A binary of etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// Where it is.
    pub path: PathBuf,
    /// The version that it reports.
    pub version: String,
}

/// The binaries of a run.
#[derive(Clone, Debug)]
pub(super) struct Releases {
    /// What members are started with at first.
    first: Binary,
    /// Others, by the release that was asked for: where that is not to be had any more, another
    /// one stands in for it.
    others: BTreeMap<String, Binary>,
}

impl Releases {
    pub(super) fn new(first: Binary, others: BTreeMap<String, Binary>) -> Self {
        Self { first, others }
    }

    pub(super) fn first(&self) -> &Binary {
        &self.first
    }

    /// The binary of a release, by what was asked for or by what it reports.
    fn find(&self, release: &str) -> Option<&Binary> {
        let mut all = [&self.first].into_iter().chain(self.others.values());
        self.others.get(release).or_else(|| all.find(|binary| binary.version == release))
    }
}

impl Upgrade for LocalMember {
    fn set_release(&self, release: &str) -> io::Result<String> {
        let Some(binary) = self.releases().find(release) else {
            let message = format!("the run was not given a binary of etcd {release}");
            return Err(Error::new(ErrorKind::NotFound, message));
        };
        self.choose(binary.clone());
        Ok(binary.version.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(version: &str) -> Binary {
        Binary { path: format!("/releases/{version}/etcd").into(), version: version.to_owned() }
    }

    #[test]
    fn a_release_is_found_by_what_was_asked_for_and_by_what_it_is() {
        let others = BTreeMap::from([("3.5.30".to_owned(), binary("3.5.31"))]);
        let releases = Releases::new(binary("3.5.16"), others);
        assert_eq!(releases.find("3.5.30"), Some(&binary("3.5.31")));
        assert_eq!(releases.find("3.5.31"), Some(&binary("3.5.31")));
        assert_eq!(releases.find("3.5.16"), Some(releases.first()));
        assert_eq!(releases.find("3.5.17"), None);
    }
}
