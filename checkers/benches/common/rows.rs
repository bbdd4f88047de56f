//! What was measured, as lines for people and as JSON for other programs.

use std::path::Path;

use serde::Serialize;

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    name: String,
    /// How many operations the history has.
    operations: u64,
    value: f64,
    unit: &'static str,
    /// What the value may be at most or, of `times faster`, must be at least.
    bound: Option<f64>,
    holds: Option<bool>,
}

/// The measurements so far.
#[derive(Debug, Default)]
pub struct Rows(Vec<Row>);

impl Rows {
    /// A measurement without a bound.
    pub fn tell(
        &mut self,
        name: impl Into<String>,
        operations: u64,
        (value, unit): (f64, &'static str),
    ) {
        let name = name.into();
        self.add(Row { name, operations, value, unit, bound: None, holds: None });
    }

    /// A measurement that must not be larger than a bound.
    pub fn at_most(
        &mut self,
        name: impl Into<String>,
        operations: u64,
        (value, unit): (f64, &'static str),
        bound: f64,
    ) {
        let holds = Some(value <= bound);
        let (name, bound) = (name.into(), Some(bound));
        self.add(Row { name, operations, value, unit, bound, holds });
    }

    /// A measurement that must not be smaller than a bound.
    pub fn at_least(
        &mut self,
        name: impl Into<String>,
        operations: u64,
        (value, unit): (f64, &'static str),
        bound: f64,
    ) {
        let holds = Some(value >= bound);
        let (name, bound) = (name.into(), Some(bound));
        self.add(Row { name, operations, value, unit, bound, holds });
    }

    fn add(&mut self, row: Row) {
        let Row { name, operations, value, unit, .. } = &row;
        let told = match (row.bound, row.holds) {
            (Some(bound), Some(true)) => format!("bound {bound}: holds"),
            (Some(bound), _) => format!("bound {bound}: DOES NOT HOLD"),
            _ => String::new(),
        };
        println!("{name:<58} {operations:>9} operations {value:>10.3} {unit:<14} {told}");
        self.0.push(row);
    }

    /// Writes them to a file, as one list.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) {
        let text = serde_json::to_string_pretty(&self.0).expect("rows are plain");
        std::fs::write(path, text + "\n").expect("the file for --json can be written");
    }
}
