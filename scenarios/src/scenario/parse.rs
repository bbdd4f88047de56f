//! From the text of a file to a valid scenario, or another document of the format.

use std::ops::Range;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::document::Scenario;
use super::error::ScenarioError;
use super::flaw::Flaw;
use super::suggestion::did_you_mean;
use super::validation::{flaw, version};

/// A document of any version.
#[derive(Deserialize)]
struct Version {
    schema: Option<u32>,
}

impl Scenario {
    /// Reads a scenario. `origin` names the text in errors: a file's name, or
    /// `catalog:NAME`.
    ///
    /// # Errors
    /// When the text is no TOML, has an unknown key, a value of the wrong type, an
    /// unknown name, or settings that contradict each other; with line and caret.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ScenarioError> {
        document(text, origin, flaw)
    }

    /// Checks every rule, for a scenario that was built or changed in a program.
    ///
    /// # Errors
    /// The first rule that is broken, with the key.
    pub fn validate(&self) -> Result<(), ScenarioError> {
        match flaw(self) {
            None => Ok(()),
            Some(Flaw { path, message, .. }) => {
                Err(ScenarioError::Invalid { path: path.join("."), message })
            }
        }
    }
}

/// Reads a document of this format's version, and checks its rules.
pub(crate) fn document<T: DeserializeOwned>(
    text: &str,
    origin: &str,
    flaw: impl FnOnce(&T) -> Option<Flaw>,
) -> Result<T, ScenarioError> {
    // The version first: a newer document may have any keys.
    if let Ok(Version { schema: Some(schema) }) = toml::from_str(text)
        && let Err(flaw) = version(schema)
    {
        return Err(file_error(text, origin, flaw.place(text), flaw.message));
    }
    let document: T = toml::from_str(text).map_err(|error| {
        file_error(text, origin, error.span().unwrap_or(0..0), sentence(error.message()))
    })?;
    match flaw(&document) {
        None => Ok(document),
        Some(flaw) => Err(file_error(text, origin, flaw.place(text), flaw.message)),
    }
}

/// The parser's message as a sentence that says what to do.
pub(super) fn sentence(message: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match names.split_first() {
        Some((unknown, known)) if message.starts_with("unknown field") => {
            format!("unknown key `{unknown}`{}", did_you_mean(unknown, known))
        }
        Some((unknown, known)) if message.starts_with("unknown variant") => {
            format!("unknown value `{unknown}`{}", did_you_mean(unknown, known))
        }
        Some((missing, _)) if message.starts_with("missing field") => {
            format!("the key `{missing}` is missing: add it, as docs/scenarios.md describes it")
        }
        _ if message.starts_with("invalid type") || message.starts_with("invalid value") => {
            format!("{}: correct it as docs/scenarios.md describes the key", in_words(message))
        }
        _ => message.lines().collect::<Vec<_>>().join("; "),
    }
}

/// The types of a program in the words of a file.
fn in_words(message: &str) -> String {
    let Some((found, expected)) = message.split_once(", expected ") else {
        return message.to_owned();
    };
    let expected = match expected {
        "u16" | "u32" | "u64" | "usize" => "a whole number, not negative",
        "a string" | "a borrowed string" => "a string in quotes",
        other if other.starts_with("struct ") => "a table",
        other => other,
    };
    format!("{found}, expected {expected}")
}

fn file_error(text: &str, origin: &str, span: Range<usize>, message: String) -> ScenarioError {
    let start = floor(text, span.start);
    let before = &text[..start];
    let line = before.matches('\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let content = text[line_start..].lines().next().unwrap_or_default();
    let column = text[line_start..start].chars().count() + 1;
    let end = floor(text, span.end.min(line_start + content.len())).max(start);
    let carets = "^".repeat(text[start..end].chars().count().max(1));
    let gutter = " ".repeat(line.to_string().len());
    let indent = " ".repeat(column - 1);
    let excerpt = format!("{gutter} |\n{line} | {content}\n{gutter} | {indent}{carets}");
    ScenarioError::File { origin: origin.to_owned(), line, column, message, excerpt }
}

/// The last boundary between characters at or before `index`.
fn floor(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
