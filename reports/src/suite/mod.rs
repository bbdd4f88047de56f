//! What came of a suite: some runs, and the worst of their verdicts.

mod junit;
mod markdown;
mod record;

pub use record::{RunEnd, SuiteRecord, SuiteRun};

use crate::artifact::Artifact;
use crate::renderer::ReportError;

/// Draws `summary.md` and `junit.xml` of a suite. The same record gives the same bytes.
///
/// # Errors
/// When the JUnit file cannot be written; never because of what the record holds.
pub fn render_suite(record: &SuiteRecord) -> Result<Vec<Artifact>, ReportError> {
    Ok(vec![Artifact::text("summary.md", markdown::summary(record)), junit::junit(record)?])
}
