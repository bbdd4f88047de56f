//! Which seeds are run on which release, and what is expected of them.

use std::ops::RangeInclusive;
use std::str::FromStr;

use stormglass::releases::Version;

use crate::Rows;
use crate::ran::USUAL_DURATION;

/// What a release is expected to end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// `invalid`, with lost or diverging data, in nine of ten seeds.
    DataBug,
    /// `valid`, with every seed.
    Valid,
    /// `invalid` with at least one seed, whatever is found.
    Finding,
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

/// What is run of a scenario.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The scenario of the catalogue; the file of its rows is called the same.
    pub(crate) scenario: &'static str,
    /// The traffic of every run.
    duration: &'static str,
    /// Releases, what is expected of each, and how many seeds are run.
    releases: &'static [(Version, Expected, u64)],
    /// What CI runs of it.
    ci: Ci,
}

/// What CI runs.
#[derive(Debug)]
struct Ci {
    /// The traffic of every run.
    duration: &'static str,
    /// The releases that it runs.
    releases: &'static [Version],
    /// How many seeds it tries on a release with bugs until one shows them.
    tries: u64,
}

/// Releases with data bugs that the scenario provokes (#13766, #14685), and the two fixed
/// releases that the catalogue has.
pub(crate) static DEMO: Plan = Plan {
    scenario: "demo",
    duration: USUAL_DURATION,
    releases: &[
        (Version::new(3, 5, 0), Expected::DataBug, 10),
        (Version::new(3, 5, 1), Expected::DataBug, 10),
        (Version::new(3, 5, 16), Expected::Valid, 20),
        (Version::new(3, 5, 30), Expected::Valid, 20),
    ],
    // Its other two are those of `make demo`, which CI runs too.
    ci: Ci {
        duration: USUAL_DURATION,
        releases: &[Version::new(3, 5, 0), Version::new(3, 5, 30)],
        tries: 3,
    },
};

/// Half an hour of storm on each of the releases that must bear it; and ten minutes on one
/// whose known bugs are about watches and compactions.
pub(crate) static STORM: Plan = Plan {
    scenario: "storm",
    duration: "80s",
    releases: &[
        (Version::new(3, 5, 30), Expected::Valid, 23),
        (Version::new(3, 5, 16), Expected::Valid, 23),
        (Version::new(3, 5, 0), Expected::DataBug, 10),
        (Version::new(3, 5, 1), Expected::DataBug, 10),
        (Version::new(3, 4, 23), Expected::Finding, 8),
    ],
    ci: Ci { duration: USUAL_DURATION, releases: &[Version::new(3, 5, 30)], tries: 1 },
};

impl Plan {
    /// The traffic of every run.
    pub(crate) fn duration(&self, rows: Rows) -> &'static str {
        if rows == Rows::Ci { self.ci.duration } else { self.duration }
    }

    /// The series of a full measurement or of one for CI.
    pub(crate) fn series(&self, rows: Rows) -> Vec<Series> {
        let all = rows == Rows::All;
        let releases =
            self.releases.iter().filter(|(release, ..)| all || self.ci.releases.contains(release));
        let one = |(release, expected, seeds): &(Version, Expected, u64)| {
            let last = match (rows, expected) {
                (Rows::All, _) => *seeds,
                (Rows::Ci, Expected::Valid) => 1,
                (Rows::Ci, _) => self.ci.tries,
            };
            Series {
                release: release.to_string(),
                expected: *expected,
                seeds: Seeds(1..=last),
                one_is_enough: rows == Rows::Ci,
            }
        };
        releases.map(one).collect()
    }
}

impl Series {
    /// How many of `run` seeds must end as expected.
    pub(crate) fn needed(&self, run: usize) -> usize {
        match self.expected {
            _ if self.one_is_enough => 1,
            Expected::Valid => run,
            Expected::DataBug => run - run / 10,
            Expected::Finding => 1,
        }
    }
}
