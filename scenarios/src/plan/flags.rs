//! Members' flags that a storm draws: small values that are legal, at which bugs of the
//! bookkeeping show soon.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use crate::random;
use crate::scenario::{Release, ReleaseRange, Scenario};

/// A flag, the releases that have it, and values to draw from.
struct Flag {
    name: &'static str,
    releases: &'static str,
    values: &'static [&'static str],
    /// How often it is drawn.
    odds: f64,
}

/// How often a flag is drawn with which the backend commits so soon again that a crash hardly
/// ever finds a commit which fell into the middle of something: bugs of that (#13766) hide.
const SELDOM: f64 = 0.125;

const FLAGS: [Flag; 5] = [
    Flag {
        name: "snapshot-count",
        releases: "*",
        values: &["50", "100", "500", "2000"],
        odds: 0.5,
    },
    Flag {
        name: "backend-batch-interval",
        releases: ">=3.4",
        values: &["1ms", "20ms", "500ms"],
        odds: SELDOM,
    },
    Flag {
        name: "backend-batch-limit",
        releases: ">=3.4",
        values: &["1", "10", "1000"],
        odds: SELDOM,
    },
    Flag {
        name: "experimental-compaction-batch-limit",
        releases: ">=3.4,<3.6",
        values: &["1", "5", "50"],
        odds: 0.5,
    },
    Flag {
        name: "experimental-watch-progress-notify-interval",
        releases: ">=3.4,<3.6",
        values: &["20ms", "200ms"],
        odds: 0.5,
    },
];

/// What the seed draws for a scenario with a storm. Flags of the scenario are left alone. Every release of the run must have it.
pub(super) fn drawn(scenario: &Scenario, seed: u64, all: &[Release]) -> BTreeMap<String, String> {
    let mut drawn = BTreeMap::new();
    if !scenario.storm.as_ref().is_some_and(|storm| storm.flags) {
        return drawn;
    }
    let mut rng = random::stream(seed, "storm/flags");
    for Flag { name, releases, values, odds } in FLAGS {
        // Drawn for every release, so that a seed's flags are the same on all that have them.
        let (taken, value) = (rng.random_bool(odds), values.choose(&mut rng));
        let range = ReleaseRange::parse(releases);
        let known = range.is_ok_and(|range| all.iter().all(|release| range.contains(*release)));
        if let Some(value) = value.filter(|_| taken && known)
            && !scenario.cluster.flags.contains_key(name)
        {
            drawn.insert(name.to_owned(), (*value).to_owned());
        }
    }
    drawn
}
