//! `schema`: the JSON schemas of files that others read.

use super::error::CommandError;
use super::output;
use super::reading_args::{SchemaArgs, SchemaOf};
use crate::exit::ExitCode;

const VERDICTS: &str = include_str!("../../../docs/schemas/verdicts.json");

/// Prints one of them.
pub(super) fn schema(args: &SchemaArgs) -> Result<ExitCode, CommandError> {
    match args.file {
        SchemaOf::Verdicts => output::bytes(VERDICTS.as_bytes()),
    }
}
