//! What was measured, with its bounds, as lines and as JSON.

use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;

/// One measurement. `holds` says whether the value is at most its bound.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    name: String,
    operations: Option<u64>,
    value: f64,
    unit: &'static str,
    bound: Option<f64>,
    holds: Option<bool>,
}

/// All measurements of a run.
#[derive(Debug, Default)]
pub(super) struct Rows(Vec<Row>);

impl Rows {
    /// Tells a value that is not to be above a bound, if there is one.
    pub(super) fn tell(
        &mut self,
        name: impl Into<String>,
        operations: usize,
        (value, unit): (f64, &'static str),
        bound: Option<f64>,
    ) {
        let name = name.into();
        let holds = bound.map(|bound| value <= bound);
        let against = match (bound, holds) {
            (Some(bound), Some(true)) => format!("at most {bound}: holds"),
            (Some(bound), _) => format!("at most {bound}: DOES NOT HOLD"),
            (None, _) => String::new(),
        };
        say(&format!("{name:<58} {operations:>6} operations {value:>10.3} {unit:<9} {against}"));
        let operations = Some(operations as u64);
        self.0.push(Row { name, operations, value, unit, bound, holds });
    }

    /// Writes them as a JSON array.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let json = serde_json::to_string_pretty(&self.0).map_err(io::Error::other)?;
        std::fs::write(path, json + "\n")
    }
}

/// Prints a line.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}
