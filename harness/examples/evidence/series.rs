//! Which seeds are run on which release, and what is expected of them.

use std::ops::RangeInclusive;
use std::str::FromStr;

use stormglass::releases::Version;

use crate::Rows;

/// What a release is expected to end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// `invalid`, with lost or diverging data, in nine of ten seeds.
    DataBug,
    /// `valid`, with every seed.
    Valid,
}

/// Some seeds on one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    /// The release.
    pub(crate) release: String,
    /// What it is expected to end with.
    pub(crate) expected: Expected,
    /// The seeds.
    pub(crate) seeds: Seeds,
    /// Whether one seed that ends as expected is enough, so that no more are run.
    pub(crate) one_is_enough: bool,
}

/// Seeds from one to another, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seeds(pub(crate) RangeInclusive<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self(first..=last)),
            _ => Err(format!("`{text}` are no seeds: give one such as 4, or some such as 1..10")),
        }
    }
}

/// Releases with data bugs that the scenario provokes (#13766, #14685), and the two fixed
/// releases that the catalogue has.
const RELEASES: [(Version, Expected); 4] = [
    (Version::new(3, 5, 0), Expected::DataBug),
    (Version::new(3, 5, 1), Expected::DataBug),
    (Version::new(3, 5, 16), Expected::Valid),
    (Version::new(3, 5, 30), Expected::Valid),
];

/// The series of a full measurement or of one for CI.
pub(crate) fn series(rows: Rows) -> Vec<Series> {
    let one = |(release, expected): (Version, Expected)| {
        let last = match (rows, expected) {
            (Rows::All, Expected::DataBug) => 10,
            (Rows::All, Expected::Valid) => 20,
            (Rows::Ci, Expected::DataBug) => 3,
            (Rows::Ci, Expected::Valid) => 1,
        };
        Series {
            release: release.to_string(),
            expected,
            seeds: Seeds(1..=last),
            one_is_enough: rows == Rows::Ci,
        }
    };
    RELEASES.into_iter().map(one).collect()
}

impl Series {
    /// How many of `run` seeds must end as expected.
    pub(crate) fn needed(&self, run: usize) -> usize {
        match self.expected {
            _ if self.one_is_enough => 1,
            Expected::Valid => run,
            Expected::DataBug => run - run / 10,
        }
    }
}
