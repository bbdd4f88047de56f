//! Suites: scenarios that are run together, for one verdict.

mod catalog;
mod document;
mod entry;

pub use catalog::{SuiteEntry, catalog_suite, suites};
pub use document::Suite;
pub use entry::SuiteScenario;
