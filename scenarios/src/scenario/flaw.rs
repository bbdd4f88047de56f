//! A broken rule and its place in the scenario.

use std::fmt;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// Where it is, as keys and indices from the root.
    pub(super) path: Vec<String>,
    /// Whether the key itself is wrong, not its value.
    pub(super) in_key: bool,
    /// One sentence that says what to do.
    pub(super) message: String,
}

impl Flaw {
    /// A flaw of the value at a dotted path.
    pub(crate) fn value(path: &str, message: impl Into<String>) -> Self {
        let path = path.split('.').map(str::to_owned).collect();
        Self { path, in_key: false, message: message.into() }
    }

    /// A flaw of the key `key` in the table at a dotted path.
    pub(super) fn key(path: &str, key: &str, message: impl Into<String>) -> Self {
        let mut flaw = Self::value(path, message);
        flaw.path.push(key.to_owned());
        Self { in_key: true, ..flaw }
    }

    /// Where it is in the text, as near as the text says: a value that was left out is
    /// at its table.
    pub(super) fn place(&self, text: &str) -> Range<usize> {
        let Ok(root) = DeTable::parse(text) else { return 0..0 };
        let mut place = 0..0;
        let mut inner = None;
        for segment in &self.path {
            let found = match inner {
                None => self.in_table(root.get_ref(), segment),
                Some(value) => self.in_value(value, segment),
            };
            let Some((at, value)) = found else { break };
            place = at;
            inner = Some(value);
        }
        place
    }

    fn in_value<'a>(
        &self,
        value: &'a DeValue<'a>,
        segment: &str,
    ) -> Option<(Range<usize>, &'a DeValue<'a>)> {
        match value {
            DeValue::Table(table) => self.in_table(table, segment),
            DeValue::Array(list) => {
                let item = list.get(segment.parse::<usize>().ok()?)?;
                Some((item.span(), item.get_ref()))
            }
            _ => None,
        }
    }

    fn in_table<'a>(
        &self,
        table: &'a DeTable<'a>,
        segment: &str,
    ) -> Option<(Range<usize>, &'a DeValue<'a>)> {
        let mut entries = table.iter();
        let (key, value) = entries.find(|(key, _)| key.get_ref().as_ref() == segment)?;
        // A table's own span is its whole body or only its header: the key is clearer.
        let at_key = self.in_key || value.get_ref().is_table();
        Some((if at_key { key.span() } else { value.span() }, value.get_ref()))
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path.join("."), self.message)
    }
}
