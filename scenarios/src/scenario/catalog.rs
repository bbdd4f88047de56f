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

static CATALOG: [CatalogEntry; 8] = [
    CatalogEntry { name: "demo", text: include_str!("../../catalog/demo.toml") },
    CatalogEntry { name: "lists", text: include_str!("../../catalog/lists.toml") },
    CatalogEntry { name: "locks", text: include_str!("../../catalog/locks.toml") },
    CatalogEntry { name: "quick", text: include_str!("../../catalog/quick.toml") },
    CatalogEntry { name: "quiet", text: include_str!("../../catalog/quiet.toml") },
    CatalogEntry { name: "shared", text: include_str!("../../catalog/shared.toml") },
    CatalogEntry { name: "storm", text: include_str!("../../catalog/storm.toml") },
    CatalogEntry { name: "upgrade", text: include_str!("../../catalog/upgrade.toml") },
];
