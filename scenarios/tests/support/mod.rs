//! A small store and a driver for the actors of a workload: enough to give plausible
//! answers, with refusals and unknown outcomes among them.

mod driver;
mod store;

pub(crate) use driver::{Taken, drive};

use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::Scenario;

/// The plan of a scenario given by its text after name and schema.
pub(crate) fn plan(text: &str, seed: u64) -> Plan {
    let text = format!("schema = 1\nname = \"test\"\n{text}");
    let scenario = Scenario::parse(&text, "test.toml").expect("a scenario");
    Plan::build(&scenario, seed, "3.5.30").expect("a plan")
}
