//! The options of `selftest`.

use std::path::PathBuf;

use clap::Args;

use super::run_args::parse_seed;

/// `selftest`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass selftest runs/latest
  stormglass selftest runs/latest --places 50 --format json
  stormglass selftest runs/latest --class lost-write --all")]
pub struct SelfTestArgs {
    /// The directory of a valid run.
    pub run_dir: PathBuf,
    /// Mutants of each class, at most.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub places: usize,
    /// Chooses the places, decimal or 0x….
    #[arg(long, value_parser = parse_seed, default_value = "1")]
    pub seed: u64,
    /// This class of faults only; can be repeated.
    #[arg(long, value_name = "NAME")]
    pub class: Vec<String>,
    /// Judge each mutant with every checker, not only with the one named for its class.
    #[arg(long)]
    pub all: bool,
    /// Switch a checker off: its classes must then be missed.
    #[arg(long, value_name = "CHECKER", hide = true)]
    pub without: Option<String>,
}
