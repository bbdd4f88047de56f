//! The registry of renderers.

use crate::artifact::Artifact;
use crate::digest::Digest;
use crate::record::RunRecord;

/// Draws one kind of report.
pub trait Renderer {
    /// The renderer's name, as messages use it.
    fn name(&self) -> &'static str;

    /// Draws the record, whose events have been read into the digest. The same record gives the
    /// same bytes.
    ///
    /// # Errors
    /// When a drawing library refuses; never because of what the record holds.
    fn render(&self, record: &RunRecord<'_>, digest: &Digest)
    -> Result<Vec<Artifact>, ReportError>;
}

/// Why a report could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The page's template failed.
    #[error("the page could not be rendered ({0}); report this as a bug of Stormglass")]
    Page(#[from] askama::Error),
    /// A plot failed.
    #[error("plot `{plot}` could not be drawn ({reason}); report this as a bug of Stormglass")]
    Plot {
        /// Which plot.
        plot: &'static str,
        /// What the drawing library says.
        reason: String,
    },
    /// The JUnit file failed.
    #[error("junit.xml could not be written ({0}); report this as a bug of Stormglass")]
    Junit(#[from] quick_junit::SerializeError),
    /// The scenario could not be shown.
    #[error("the plan could not be shown ({0}); report this as a bug of Stormglass")]
    Plan(#[from] serde_json::Error),
}

/// Every renderer, in the order in which their files are written.
pub fn renderers() -> Vec<Box<dyn Renderer>> {
    vec![
        Box::new(crate::markdown::Markdown),
        Box::new(crate::junit::Junit),
        Box::new(crate::metrics::Metrics),
        Box::new(crate::plot::Plots),
        Box::new(crate::html::Html),
    ]
}

/// Draws everything.
///
/// # Errors
/// The first renderer's that fails.
pub fn render_all(record: &RunRecord<'_>) -> Result<Vec<Artifact>, ReportError> {
    let digest = Digest::of(record);
    let mut artifacts = Vec::new();
    for renderer in renderers() {
        artifacts.extend(renderer.render(record, &digest)?);
    }
    Ok(artifacts)
}
