//! Options of `run`.

use std::path::PathBuf;

use clap::Args;

use super::args::{IsolationChoice, ProgressStyle, TargetKind};
use super::connection_args::ConnectionArgs;
use super::device_args::DeviceArgs;
use super::pipeline::PipelineChoice;

/// `run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass run demo --etcd 3.5.1
  stormglass run demo --etcd ./bin/etcd --seed 0x2a91 --out /tmp/run
  stormglass run my.toml --duration 2m --set workload.rate=200 --dry-run")]
pub struct RunArgs {
    /// A scenario of the catalogue, or a TOML file; by default `demo`, and `shared` for a cluster
    /// that runs already.
    pub scenario: Option<String>,
    /// Where the cluster runs.
    #[arg(long, value_enum, default_value_t, help_heading = "Cluster")]
    pub target: TargetKind,
    /// A bug of the simulated store, for tests and demonstrations (docs/simulated.md).
    #[arg(long, value_name = "NAME", help_heading = "Cluster")]
    pub bug: Option<String>,
    /// An etcd release, or the path of a binary or its folder.
    #[arg(long, value_name = "VERSION|PATH", env = "STORMGLASS_ETCD", help_heading = "Cluster")]
    pub etcd: Option<String>,
    /// An image of etcd that the container engine has, for `--target docker`; otherwise one
    /// is built from the release.
    #[arg(long, value_name = "IMAGE", help_heading = "Cluster")]
    pub image: Option<String>,
    /// Fetch nothing: take what is installed or in the cache.
    #[arg(long, env = "STORMGLASS_OFFLINE", help_heading = "Cluster")]
    pub offline: bool,
    /// Whether to put the cluster into namespaces of its own.
    #[arg(
        long,
        value_enum,
        default_value_t,
        env = "STORMGLASS_ISOLATION",
        help_heading = "Cluster"
    )]
    pub isolation: IsolationChoice,
    /// Where devices are.
    #[command(flatten)]
    pub devices: DeviceArgs,
    /// How to reach a cluster that runs already.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How long traffic goes on, such as 30s or 2m.
    #[arg(long, help_heading = "Scenario")]
    pub duration: Option<String>,
    /// The seed of the plan, decimal or 0x…; drawn and printed when it is not given.
    #[arg(long, value_parser = parse_seed, help_heading = "Scenario")]
    pub seed: Option<u64>,
    /// Set a key of the scenario, such as workload.rate=200; can be repeated.
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Scenario")]
    pub set: Vec<String>,
    /// End the traffic at the first violation that a checker finds, instead of going on to
    /// the end of the duration.
    #[arg(long, help_heading = "Scenario")]
    pub stop_on_violation: bool,
    /// Show the plan and where each setting comes from, and stop.
    #[arg(long, help_heading = "Scenario")]
    pub dry_run: bool,
    /// The run directory itself; otherwise one below `runs`, with a link `runs/latest`.
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Keep a capture of the packets between members and clients (`capture.pcap`).
    #[arg(long, help_heading = "Output")]
    pub pcap: bool,
    /// How to show progress.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub progress: ProgressStyle,
    /// Which pipeline to tell the result in its own way, beside the exit code.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub ci: PipelineChoice,
    /// Die with the process that started this one: a suite's runs end with it.
    #[arg(long, hide = true)]
    pub ends_with_parent: bool,
}

pub(super) fn parse_seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("`{text}` is no seed: give a number such as 42 or 0x2a"))
}
