//! The built-in scenarios.

use super::document::Scenario;
use super::error::ScenarioError;
use super::suggestion::did_you_mean;

/// A built-in scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogEntry {
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

/// Every built-in scenario.
pub fn catalog() -> &'static [CatalogEntry] {
    &CATALOG
}

/// The built-in scenario of this name.
///
/// # Errors
/// When there is none; the message proposes the nearest.
pub fn catalog_scenario(name: &str) -> Result<Scenario, ScenarioError> {
    let entry = CATALOG.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let names: Vec<&str> = CATALOG.iter().map(|entry| entry.name).collect();
        ScenarioError::NotInCatalog { name: name.to_owned(), hint: did_you_mean(name, &names) }
    })?;
    Scenario::parse(entry.text, &format!("catalog:{name}"))
}

/// The commented scenario that `stormglass init` writes.
pub fn template() -> &'static str {
    include_str!("../../catalog/template.toml")
}

/// A file of the catalogue under its name.
macro_rules! entry {
    ($name:literal) => {
        CatalogEntry { name: $name, text: include_str!(concat!("../../catalog/", $name, ".toml")) }
    };
}

static CATALOG: [CatalogEntry; 23] = [
    entry!("clocks"),
    entry!("compaction"),
    entry!("defragment-staggered"),
    entry!("defragment-together"),
    entry!("demo"),
    entry!("downgrade"),
    entry!("kubernetes"),
    entry!("lists"),
    entry!("locks"),
    entry!("partitions"),
    entry!("power"),
    entry!("quick"),
    entry!("quiet"),
    entry!("quorum"),
    entry!("quorum-of-five"),
    entry!("quorum-of-one"),
    entry!("registers"),
    entry!("sets"),
    entry!("shared"),
    entry!("storm"),
    entry!("upgrade"),
    entry!("upgrade-path"),
    entry!("watches"),
];
