//! Whom a fault hits.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::suggestion::did_you_mean;

/// Whom a fault hits: in a scenario a word (`"leader"`) or a list of names
/// (`["m1", "m3"]`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selector {
    /// Any one member.
    #[default]
    One,
    /// As many members as can fail with a majority left.
    Minority,
    /// The smallest majority.
    Majority,
    /// The leader of the moment.
    Leader,
    /// Every member but the leader of the moment.
    Followers,
    /// Every member.
    All,
    /// These members, by name (`m1` is the first).
    Members(Vec<String>),
}

/// The words for selectors, in the order of their variants.
const WORDS: [(&str, Selector); 6] = [
    ("one", Selector::One),
    ("minority", Selector::Minority),
    ("majority", Selector::Majority),
    ("leader", Selector::Leader),
    ("followers", Selector::Followers),
    ("all", Selector::All),
];

impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Members(names) => formatter.write_str(&names.join(", ")),
            Self::One => formatter.write_str("one"),
            Self::Minority => formatter.write_str("minority"),
            Self::Majority => formatter.write_str("majority"),
            Self::Leader => formatter.write_str("leader"),
            Self::Followers => formatter.write_str("followers"),
            Self::All => formatter.write_str("all"),
        }
    }
}

impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Members(names) => names.serialize(serializer),
            word => serializer.collect_str(word),
        }
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SelectorVisitor)
    }
}

struct SelectorVisitor;

impl<'de> Visitor<'de> for SelectorVisitor {
    type Value = Selector;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a word such as \"leader\" or a list such as [\"m1\", \"m3\"]")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Selector, E> {
        let known = WORDS.iter().find(|(name, _)| *name == word);
        known.map(|(_, selector)| selector.clone()).ok_or_else(|| {
            let names: Vec<&str> = WORDS.iter().map(|(name, _)| *name).collect();
            E::custom(format!("unknown target `{word}`{}", did_you_mean(word, &names)))
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Selector, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = list.next_element::<String>()? {
            names.push(name);
        }
        if names.is_empty() {
            return Err(A::Error::custom("a list of members must name at least one, as [\"m1\"]"));
        }
        Ok(Selector::Members(names))
    }
}
