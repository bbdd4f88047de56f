//! The suite: one file that says which scenarios are run together.

use serde::{Deserialize, Serialize};

use super::entry::SuiteScenario;
use crate::scenario::{Flaw, ScenarioError, document, ensure, name, version};

/// A suite, as written in TOML with kebab-case keys; `docs/suites.md` lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Suite {
    /// Version of the format: 1, as of scenarios.
    pub schema: u32,
    /// Name, in small letters, digits and hyphens.
    pub name: String,
    /// What it is for, in one line.
    #[serde(default)]
    pub summary: String,
    /// Its scenarios, in the order in which they are begun.
    pub run: Vec<SuiteScenario>,
}

impl Suite {
    /// Reads a suite. `origin` names the text in errors: a file's name, or `suite:NAME`.
    ///
    /// # Errors
    /// When the text is no TOML, has an unknown key, a value of the wrong type, or asks for
    /// nothing; with line and caret.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ScenarioError> {
        document(text, origin, |suite: &Self| suite.check().err())
    }

    fn check(&self) -> Result<(), Flaw> {
        version(self.schema)?;
        name(&self.name)?;
        ensure(!self.run.is_empty(), "run", || {
            "a suite without a scenario tests nothing: add a `[[run]]`".to_owned()
        })?;
        for (index, run) in self.run.iter().enumerate() {
            ensure(run.seeds > 0, &format!("run.{index}.seeds"), || {
                "a scenario with no seed is not run: give at least 1, or leave it out".to_owned()
            })?;
        }
        Ok(())
    }
}
