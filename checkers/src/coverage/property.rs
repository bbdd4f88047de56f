//! The names of sometimes-properties, and how a scenario asks for them.

/// What begins the name of a property that counts a kind of fault.
pub(super) const FAULT: &str = "fault:";

/// A property that is counted in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownProperty {
    /// Its name.
    pub name: &'static str,
    /// What is counted.
    pub summary: &'static str,
}

/// Every property with a fixed name. Beside them `fault:KIND` counts the faults of a
/// kind that really took hold.
pub fn known_properties() -> &'static [KnownProperty] {
    PROPERTIES
}

const fn property(name: &'static str, summary: &'static str) -> KnownProperty {
    KnownProperty { name, summary }
}

const PROPERTIES: &[KnownProperty] = &[
    property("operations", "operations that the store answered"),
    property("unknown-outcome", "operations whose outcome nobody knows"),
    property("definite-failure", "operations that were definitely refused"),
    property("serializable-read", "answered reads of a member's own state"),
    property("history-read", "answered reads of a past revision"),
    property("txn-succeeded", "transactions whose guards held"),
    property("txn-failed", "transactions whose guards did not hold"),
    property("compaction", "acknowledged compactions"),
    property("lease-revoked", "acknowledged revocations of leases"),
    property("lease-expired", "leases that ended by themselves and took keys along"),
    property("watch-resumed", "watches that continued an earlier one"),
    property("watch-resumed-elsewhere", "watches that continued an earlier one of another member"),
    property("watch-canceled", "watches that the server ended"),
    property("watch-compacted", "watches that the server ended because their start was compacted"),
    property("watch-past", "workload watches from a revision that the member had"),
    property("watch-future", "workload watches from a revision that the member had not yet"),
    property("watch-filtered", "events on workload watches that leave puts or deletes out"),
    property("watch-previous", "events on workload watches with the previous pair"),
    property("watch-fragment", "responses on workload watches that the server split"),
    property("watch-progress", "progress notifications on workload watches"),
    property("leader-changed", "elections that gave the cluster a leader in a new term"),
    property("member-restarted", "members started again"),
    property("packets-dropped", "packets that the switch dropped"),
    property(
        "served-by-majority",
        "requests that need a majority, answered while other members were down or cut off",
    ),
    property(
        "unserved-by-minority",
        "requests that need a majority, not answered by a member while a majority was down or cut \
         off",
    ),
];

/// A property that a scenario asks for: `NAME` (once) or `NAME >= N`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The property.
    pub name: String,
    /// How often it must happen.
    pub needed: u64,
}

/// Why a text asks for nothing that can be counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WantedError {
    /// It is neither `NAME` nor `NAME >= N`.
    #[error("`{0}` is no property: write a name such as `compaction`, or `operations >= 2000`")]
    Syntax(String),
    /// Nobody counts it.
    #[error(
        "no property is called `{0}`: choose one of those that `docs/checkers/coverage.md` lists, \
         or `fault:` and a kind of fault"
    )]
    Unknown(String),
}

impl Wanted {
    /// Reads what a scenario asks for.
    ///
    /// # Errors
    /// When the text has another form or names a property that is not counted. Kinds of
    /// faults are the scenarios' vocabulary: `fault:` with any kind is taken.
    pub fn parse(text: &str) -> Result<Self, WantedError> {
        let syntax = || WantedError::Syntax(text.to_owned());
        let (name, needed) = match text.split_once(">=") {
            None => (text.trim(), 1),
            Some((name, number)) => {
                (name.trim(), number.trim().replace('_', "").parse().map_err(|_| syntax())?)
            }
        };
        let in_name = |letter: char| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | ':')
        };
        if name.is_empty() || !name.chars().all(in_name) || needed == 0 {
            return Err(syntax());
        }
        let fault = name.strip_prefix(FAULT).is_some_and(|kind| !kind.is_empty());
        if !fault && !PROPERTIES.iter().any(|property| property.name == name) {
            return Err(WantedError::Unknown(name.to_owned()));
        }
        Ok(Self { name: name.to_owned(), needed })
    }
}

/// What is counted, in words: `compactions`.
pub(super) fn words(name: &str) -> String {
    match name.strip_prefix(FAULT) {
        Some(kind) => format!("faults of kind {kind} that took hold"),
        None => PROPERTIES
            .iter()
            .find(|property| property.name == name)
            .map_or(name, |property| property.summary)
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_asks_for_once_and_a_number_for_as_often() {
        let wanted = |name: &str, needed| Ok(Wanted { name: name.to_owned(), needed });
        assert_eq!(Wanted::parse("compaction"), wanted("compaction", 1));
        assert_eq!(Wanted::parse("operations >= 2000"), wanted("operations", 2000));
        assert_eq!(Wanted::parse("operations>=2_000"), wanted("operations", 2000));
        assert_eq!(
            Wanted::parse(" fault:kill-defragment >= 2"),
            wanted("fault:kill-defragment", 2)
        );
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        for text in ["", "Compaction", "operations > 3", "operations >= many", "operations >= 0"] {
            assert_eq!(Wanted::parse(text), Err(WantedError::Syntax(text.to_owned())), "{text}");
        }
        for text in ["compactions", "fault:"] {
            assert_eq!(Wanted::parse(text), Err(WantedError::Unknown(text.to_owned())), "{text}");
        }
        assert_eq!(Wanted::parse("fault"), Err(WantedError::Unknown("fault".to_owned())));
    }
}
