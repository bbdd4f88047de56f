//! Options of `suite`.

use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use clap::Args;
use stormglass_scenarios::scenario::Span;

use crate::cli::args::TargetKind;
use crate::cli::pipeline::PipelineChoice;
use crate::cli::run_args::parse_seed;

/// Cores that one run keeps busy: three members and a harness.
const CORES_OF_A_RUN: usize = 2;

/// `suite`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass suite smoke --etcd 3.5.30
  stormglass suite standard --repeat 3 --fail-fast
  stormglass suite my-suite.toml --for 2h --seed 1")]
pub struct SuiteArgs {
    /// A built-in suite, as `list suites` names it, or a TOML file (docs/suites.md).
    pub suite: String,
    /// Where the clusters run.
    #[arg(long, value_enum, default_value_t, help_heading = "Cluster")]
    pub target: TargetKind,
    /// An etcd release, or the path of a binary or its folder, for every scenario that the suite
    /// gives none.
    #[arg(long, value_name = "VERSION|PATH", env = "STORMGLASS_ETCD", help_heading = "Cluster")]
    pub etcd: Option<String>,
    /// Fetch nothing: take what is installed or in the cache.
    #[arg(long, env = "STORMGLASS_OFFLINE", help_heading = "Cluster")]
    pub offline: bool,
    /// The seed of each scenario's first run, decimal or 0x…; further runs of it count up from
    /// there. Drawn and printed when it is not given.
    #[arg(long, value_parser = parse_seed, help_heading = "Runs")]
    pub seed: Option<u64>,
    /// How often to go through the suite, each time with other seeds; once, or as often as
    /// `--for` leaves time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Runs")]
    pub repeat: Option<u64>,
    /// Go through the suite again and again, and begin no run after this time, such as 2h.
    #[arg(long = "for", value_name = "DURATION", help_heading = "Runs")]
    pub time: Option<Span>,
    /// Begin no run after the first that does not end valid.
    #[arg(long, help_heading = "Runs")]
    pub fail_fast: bool,
    /// How many scenarios to run side by side; otherwise one for every two cores.
    #[arg(long, value_name = "N", help_heading = "Runs")]
    pub jobs: Option<usize>,
    /// Show the runs of the first round, and stop.
    #[arg(long, help_heading = "Runs")]
    pub dry_run: bool,
    /// The suite's directory, with a run directory for each run below it; otherwise one below
    /// `runs`.
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Which pipeline to tell the result in its own way, beside the exit code.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub ci: PipelineChoice,
}

impl SuiteArgs {
    /// How many runs go on side by side.
    pub(super) fn at_once(&self) -> usize {
        let cores = available_parallelism().map_or(1, usize::from);
        self.jobs.unwrap_or(cores / CORES_OF_A_RUN).max(1)
    }

    /// Where everything goes.
    pub(super) fn dir(&self, usual: &str) -> PathBuf {
        self.out.clone().unwrap_or_else(|| Path::new("runs").join(usual))
    }
}
