//! What members can be started with, by its release.

use std::collections::BTreeMap;
use std::io::{self, Error, ErrorKind};

/// Something that a member can be started with.
pub(super) trait Versioned {
    /// The version that it reports.
    fn version(&self) -> &str;
}

/// What a run has.
#[derive(Clone, Debug)]
pub(super) struct Releases<T> {
    /// What members are started with at first.
    first: T,
    /// Others, by the release that was asked for: where that is not to be had any more, another
    /// one stands in for it.
    others: BTreeMap<String, T>,
}

impl<T: Versioned> Releases<T> {
    pub(super) fn new(first: T, others: BTreeMap<String, T>) -> Self {
        Self { first, others }
    }

    pub(super) fn first(&self) -> &T {
        &self.first
    }

    /// What there is of a release, by what was asked for or by what it reports.
    pub(super) fn find(&self, release: &str) -> io::Result<&T> {
        let mut all = [&self.first].into_iter().chain(self.others.values());
        let found = self.others.get(release).or_else(|| all.find(|it| it.version() == release));
        found.ok_or_else(|| {
            let message = format!("the run was not given a binary of etcd {release}");
            Error::new(ErrorKind::NotFound, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Versioned for &str {
        fn version(&self) -> &str {
            self
        }
    }

    #[test]
    fn a_release_is_found_by_what_was_asked_for_and_by_what_it_is() {
        let others = BTreeMap::from([("3.5.30".to_owned(), "3.5.31")]);
        let releases = Releases::new("3.5.16", others);
        let find = |release| releases.find(release).ok().copied();
        assert_eq!(find("3.5.30"), Some("3.5.31"));
        assert_eq!(find("3.5.31"), Some("3.5.31"));
        assert_eq!(find("3.5.16"), Some(*releases.first()));
        assert_eq!(find("3.5.17"), None);
    }
}
