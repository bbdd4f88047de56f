//! Releases of etcd and comparisons with them.

use std::fmt;

use super::error::ScenarioError;

/// A release of etcd: major, minor, patch. What a distribution or a pre-release adds
/// (`3.5.30+ds-1`, `3.6.0-rc.1`) is left out of comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Release {
    /// Reads `3.5.16`, `v3.5.16` or `3.5`.
    ///
    /// # Errors
    /// When it is no version.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let error = || ScenarioError::Release { release: text.to_owned() };
        let core = text.trim().trim_start_matches('v').split(['-', '+', '~']).next();
        let mut parts = [0; 3];
        let mut count = 0;
        for part in core.unwrap_or_default().split('.') {
            let slot = parts.get_mut(count).ok_or_else(error)?;
            *slot = part.parse().map_err(|_| error())?;
            count += 1;
        }
        if count < 2 {
            return Err(error());
        }
        let [major, minor, patch] = parts;
        Ok(Self { major, minor, patch })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Some releases: `*`, or comparisons that must all hold, such as `>=3.5,<3.5.18`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRange(Vec<(Comparison, Release)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

/// Longer signs first, so that `<=` is not read as `<`.
const SIGNS: [(&str, Comparison); 5] = [
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    ("=", Comparison::Equal),
];

impl ReleaseRange {
    /// Reads `*` or a list of comparisons.
    ///
    /// # Errors
    /// One sentence, when it is neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim() == "*" {
            return Ok(Self(Vec::new()));
        }
        text.split(',').map(str::trim).map(comparison).collect::<Option<_>>().map(Self).ok_or_else(
            || format!("`{text}` names no releases: write \"*\" or comparisons, as \"<3.5.18\""),
        )
    }

    /// Whether the release is one of them.
    pub fn contains(&self, release: Release) -> bool {
        self.0.iter().all(|(comparison, bound)| match comparison {
            Comparison::Less => release < *bound,
            Comparison::LessOrEqual => release <= *bound,
            Comparison::Equal => release == *bound,
            Comparison::GreaterOrEqual => release >= *bound,
            Comparison::Greater => release > *bound,
        })
    }
}

fn comparison(text: &str) -> Option<(Comparison, Release)> {
    let (sign, comparison) = SIGNS.iter().find(|(sign, _)| text.starts_with(sign))?;
    Some((*comparison, Release::parse(text.strip_prefix(sign)?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Release, ReleaseRange};

    fn contains(range: &str, release: &str) -> bool {
        let range = ReleaseRange::parse(range).expect("a range");
        range.contains(Release::parse(release).expect("a release"))
    }

    #[test]
    fn comparisons_are_by_number_and_all_must_hold() {
        assert!(contains("*", "3.3.25"));
        assert!(contains("<3.5.18", "3.5.2") && !contains("<3.5.18", "3.5.30"));
        assert!(contains(">=3.5,<3.5.18", "3.5.16+ds-1") && !contains(">=3.5,<3.5.18", "3.4.23"));
        assert!(contains(">=3.4, <=3.5.1, >3.4.22", "v3.5.1") && contains("=3.5.1", "3.5.1"));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "main", "3", "3.5.1.2", "3.x"] {
            assert!(Release::parse(text).is_err(), "{text}");
        }
        for text in ["", "3.5", "<", "<3.5,"] {
            assert!(ReleaseRange::parse(text).is_err(), "{text}");
        }
    }
}
