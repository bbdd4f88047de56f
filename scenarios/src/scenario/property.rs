//! Sometimes-properties: what must have happened for a result to count.

use std::fmt;

use super::suggestion::did_you_mean;
use crate::fault;

/// A kind of sometimes-property, which the coverage checker counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PropertyEntry {
    /// Its name; `fault:KIND` stands for one per kind of fault.
    pub name: &'static str,
    /// What is counted.
    pub summary: &'static str,
}

/// Every kind of sometimes-property but `fault:KIND` (a fault of that kind landed).
pub const PROPERTIES: [PropertyEntry; 25] = [
    PropertyEntry { name: "operations", summary: "operations that ended with an answer" },
    PropertyEntry { name: "unknown-outcome", summary: "operations whose outcome is unknown" },
    PropertyEntry { name: "definite-failure", summary: "operations that were refused" },
    PropertyEntry { name: "lease-expired", summary: "leases that ran out" },
    PropertyEntry { name: "lease-revoked", summary: "leases that were revoked" },
    PropertyEntry { name: "compaction", summary: "compactions" },
    PropertyEntry { name: "watch-resumed", summary: "watches that continued another" },
    PropertyEntry {
        name: "watch-resumed-elsewhere",
        summary: "watches that continued another one on another member",
    },
    PropertyEntry { name: "watch-canceled", summary: "watches that the server ended" },
    PropertyEntry {
        name: "watch-compacted",
        summary: "watches that the server ended because their start was compacted",
    },
    PropertyEntry {
        name: "watch-past",
        summary: "workload watches from a revision that the member had",
    },
    PropertyEntry {
        name: "watch-future",
        summary: "workload watches from a revision that the member had not yet",
    },
    PropertyEntry {
        name: "watch-filtered",
        summary: "events on workload watches that leave puts or deletes out",
    },
    PropertyEntry {
        name: "watch-previous",
        summary: "events on workload watches with the previous pair",
    },
    PropertyEntry {
        name: "watch-fragment",
        summary: "responses on workload watches that the server split",
    },
    PropertyEntry { name: "watch-progress", summary: "progress notifications on workload watches" },
    PropertyEntry { name: "leader-changed", summary: "changes of the leader" },
    PropertyEntry { name: "packets-dropped", summary: "packets that the network dropped" },
    PropertyEntry { name: "member-restarted", summary: "restarts of a member" },
    PropertyEntry { name: "serializable-read", summary: "answered serializable reads" },
    PropertyEntry { name: "history-read", summary: "answered reads at a past revision" },
    PropertyEntry { name: "txn-failed", summary: "transactions whose guards did not hold" },
    PropertyEntry { name: "txn-succeeded", summary: "transactions whose guards held" },
    PropertyEntry {
        name: "served-by-majority",
        summary: "requests that need a majority, answered while other members were down",
    },
    PropertyEntry {
        name: "unserved-by-minority",
        summary: "requests that need a majority, not answered while a majority was down",
    },
];

/// A sometimes-property of a scenario: `NAME` (at least once) or `NAME >= N`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The name, such as `unknown-outcome` or `fault:kill`.
    pub name: String,
    /// How often at least.
    pub at_least: u64,
}

impl Property {
    /// Reads `NAME` or `NAME >= N`.
    ///
    /// # Errors
    /// One sentence, when the name is unknown or N is not a positive number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, count) = match text.split_once(">=") {
            None => (text.trim(), "1"),
            Some((name, count)) => (name.trim(), count.trim()),
        };
        let at_least = count.parse().ok().filter(|count| *count > 0).ok_or_else(|| {
            format!("`{text}` is not a property: write NAME or NAME >= N with N from 1")
        })?;
        known(name)?;
        Ok(Self { name: name.to_owned(), at_least })
    }

    /// The kind of fault that must have landed, if that is the property.
    pub fn fault(&self) -> Option<&str> {
        self.name.strip_prefix("fault:")
    }
}

impl fmt::Display for Property {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at_least {
            1 => formatter.write_str(&self.name),
            count => write!(formatter, "{} >= {count}", self.name),
        }
    }
}

fn known(name: &str) -> Result<(), String> {
    if PROPERTIES.iter().any(|entry| entry.name == name) {
        return Ok(());
    }
    if let Some(kind) = name.strip_prefix("fault:") {
        let kinds: Vec<&str> = fault::faults().iter().map(|entry| entry.kind).collect();
        return match fault::fault(kind) {
            Some(_) => Ok(()),
            None => Err(format!("unknown fault `{kind}`{}", did_you_mean(kind, &kinds))),
        };
    }
    let names: Vec<&str> = PROPERTIES.iter().map(|entry| entry.name).collect();
    Err(format!("unknown property `{name}`{}", did_you_mean(name, &names)))
}

#[cfg(test)]
mod tests {
    use super::Property;

    #[test]
    fn a_name_alone_means_once() {
        let property = Property::parse("unknown-outcome").expect("known");
        assert_eq!((property.name.as_str(), property.at_least), ("unknown-outcome", 1));
        let property = Property::parse("operations >= 2000").expect("known");
        assert_eq!(property.to_string(), "operations >= 2000");
        assert_eq!(Property::parse("fault:kill").expect("known").fault(), Some("kill"));
    }

    #[test]
    fn what_is_not_a_property_is_refused_with_a_hint() {
        let errors = ["unknown-outcom", "fault:kil", "operations >= 0", "operations >= many"]
            .map(|text| Property::parse(text).expect_err("not a property"));
        assert!(errors[0].contains("did you mean `unknown-outcome`?"), "{}", errors[0]);
        assert!(errors[1].contains("did you mean `kill`?"), "{}", errors[1]);
        assert!(errors[2].contains("N from 1") && errors[3].contains("N from 1"));
    }
}
