//! Durations as people write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use stormglass_checkers::history::Nanos;

/// A duration, written `"10s"`, `"150ms"` or `"1m 30s"`; at most 584 years, which
/// nanoseconds can hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Nanos);

impl Span {
    /// So many seconds.
    pub const fn seconds(seconds: u32) -> Self {
        Self::milliseconds(seconds as u64 * 1_000)
    }

    /// So many milliseconds.
    pub const fn milliseconds(milliseconds: u64) -> Self {
        Self(Nanos(milliseconds.saturating_mul(1_000_000)))
    }

    /// In nanoseconds.
    pub fn as_nanos(self) -> Nanos {
        self.0
    }

    /// As the standard library's duration.
    pub fn as_duration(self) -> Duration {
        Duration::from_nanos(self.0.0)
    }
}

impl From<Nanos> for Span {
    fn from(nanos: Nanos) -> Self {
        Self(nanos)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.as_duration()).fmt(formatter)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = humantime::parse_duration(text).ok();
        parsed
            .and_then(|duration| u64::try_from(duration.as_nanos()).ok())
            .map(|nanos| Self(Nanos(nanos)))
            .ok_or_else(|| {
                format!("`{text}` is not a duration: write a number and a unit, such as \"10s\"")
            })
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn what_is_written_is_what_is_read() {
        for text in ["0s", "150ms", "10s", "1m 30s", "2h"] {
            let span: Span = text.parse().expect("a duration");
            assert_eq!(span.to_string(), text);
        }
        assert_eq!("2m".parse(), Ok(Span::seconds(120)));
    }

    #[test]
    fn a_number_without_a_unit_is_refused() {
        let error = "10".parse::<Span>().expect_err("no unit");
        assert!(error.contains("such as \"10s\""), "{error}");
    }
}
