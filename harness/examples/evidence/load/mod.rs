//! What Stormglass costs: operations a second through it, against the same traffic without
//! recorder, recorder watches and judge, on the same cluster, in turns.

mod measure;
mod recorded;
mod report;
mod watched;
mod whole_run;

pub(crate) use measure::{InnerArguments, LoadArguments, measure, measure_inside, release};
pub(crate) use report::{SCENARIO, median};
