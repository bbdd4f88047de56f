//! Members in containers: the same verdicts as of local ones, what starts and kills take, and what
//! is left of runs whose harness gets SIGKILL.

mod kills;
mod measure;
mod row;
mod times;

pub(crate) use kills::listed_by;
pub(crate) use measure::{DockerArguments, measure};
pub(crate) use times::{InnerArguments, measure_inside};
