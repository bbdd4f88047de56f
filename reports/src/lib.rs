//! From a run's record to what people and machines read of it, as bytes.
//!
//! This package is pure: no clock, no files, no network. The harness gives it a
//! [`RunRecord`] and writes the [`Artifact`]s wherever the run's directory is; `report`
//! on a stored run does the same from the files of that directory.

mod artifact;
mod digest;
mod html;
mod junit;
mod markdown;
mod markup;
mod metrics;
mod plot;
mod record;
mod renderer;
mod suite;
mod svg;
mod text;
mod timeline;

pub use artifact::Artifact;
pub use digest::Digest;
pub use record::{FileEntry, RunFacts, RunRecord, ServerFeature};
pub use renderer::{Renderer, ReportError, render_all, renderers};
pub use suite::{RunEnd, SuiteRecord, SuiteRun, render_suite};
pub use text::grouped;
