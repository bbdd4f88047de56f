//! Scenario files: their schema, their validation and the catalogue of built-in ones.

mod bounds;
mod catalog;
mod check;
mod cluster;
mod document;
mod error;
mod fault_spec;
mod flaw;
mod occasion;
mod parse;
mod property;
mod release;
mod selector;
mod settings;
mod span;
mod storm_spec;
mod suggestion;
mod validation;
mod watch_spec;
mod workload_spec;

pub use bounds::{ByteRange, SecondsRange};
pub use catalog::{CatalogEntry, catalog, catalog_scenario, template};
pub use check::{Avoid, Check, Limits};
pub use cluster::{Cluster, Storage};
pub use document::{SCHEMA, Scenario};
pub use error::ScenarioError;
pub use fault_spec::FaultSpec;
pub use occasion::Occasion;
pub use property::{PROPERTIES, Property, PropertyEntry};
pub use release::{Release, ReleaseRange};
pub use selector::Selector;
pub use span::Span;
pub use storm_spec::StormSpec;
pub use watch_spec::{WatchRanges, WatchSpec, WatchStarts};
pub use workload_spec::WorkloadSpec;
