//! Settings of the command line, over those of the file.

use toml::{Table, Value};

use super::document::Scenario;
use super::error::ScenarioError;
use super::parse::sentence;
use super::validation::flaw;

impl Scenario {
    /// Changes one setting, as `--set key=value` does; see [`Scenario::set_all`].
    ///
    /// # Errors
    /// When the key is unknown, the value does not fit, or contradicts the others; the
    /// scenario is then as it was.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ScenarioError> {
        self.set_all([(key, value)])
    }

    /// Changes some settings together, and checks them when all are in place.
    ///
    /// A key is dotted, as in the file (`workload.rate`); a number stands for a place in
    /// a list (`fault.0.every`). A value is TOML; what is no TOML, such as `10s`, or
    /// does not fit as such, such as `3.5` for a release, is taken as a string.
    ///
    /// # Errors
    /// When a key is unknown, or a value does not fit; the scenario is then as it was.
    pub fn set_all<'a>(
        &mut self,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), ScenarioError> {
        let mut changed = self.clone();
        let mut last = None;
        for (key, value) in settings {
            changed = with(&changed, key, value).map_err(|message| setting(key, value, message))?;
            last = Some((key, value));
        }
        if let (Some((key, value)), Some(flaw)) = (last, flaw(&changed)) {
            return Err(setting(key, value, flaw.to_string()));
        }
        *self = changed;
        Ok(())
    }
}

fn setting(key: &str, value: &str, message: String) -> ScenarioError {
    ScenarioError::Setting { key: key.to_owned(), value: value.to_owned(), message }
}

fn with(scenario: &Scenario, key: &str, text: &str) -> Result<Scenario, String> {
    let root = Table::try_from(scenario).map_err(|error| error.to_string())?;
    let attempt = |value: Value| {
        let mut root = Value::Table(root.clone());
        *slot(&mut root, key)? = value;
        root.try_into().map_err(|error: toml::de::Error| sentence(error.message()))
    };
    let string = Value::String(text.to_owned());
    match toml::from_str::<Table>(&format!("value = {text}")) {
        Err(_) => attempt(string),
        Ok(mut parsed) => {
            let value = parsed.remove("value").unwrap_or_else(|| string.clone());
            attempt(value).or_else(|error| attempt(string).map_err(|_| error))
        }
    }
}

/// The place of a dotted key, made where a table has none of that name yet.
fn slot<'a>(root: &'a mut Value, key: &str) -> Result<&'a mut Value, String> {
    let mut place = root;
    for segment in key.split('.') {
        place = match place {
            Value::Table(table) => {
                table.entry(segment).or_insert_with(|| Value::Table(Table::new()))
            }
            Value::Array(list) => {
                let count = list.len();
                let index = segment.parse::<usize>().ok();
                index.and_then(|index| list.get_mut(index)).ok_or_else(|| {
                    format!("`{segment}` is no place in a list of {count}: count from 0")
                })?
            }
            _ => return Err(format!("`{segment}` is inside a plain value: shorten the key")),
        };
    }
    Ok(place)
}
