//! One file of a report.

/// One file of a report, to be written below the run's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Its path relative to the run's directory, with `/` between parts, such as
    /// `report.html` or `plots/latency.svg`. Never absolute, never with `..`.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Artifact {
    /// A file of text.
    pub fn text(path: impl Into<String>, text: String) -> Self {
        Self { path: path.into(), bytes: text.into_bytes() }
    }
}
