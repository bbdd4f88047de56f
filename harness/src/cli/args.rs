//! The command line.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::connection_args::ConnectionArgs;
use super::device_args::DeviceArgs;
use super::pipeline::PipelineChoice;
use super::reading_args::{ExplainArgs, ReportArgs, RunsArgs, SchemaArgs};
use super::run_args::RunArgs;
use super::selftest_args::SelfTestArgs;
use super::suite::SuiteArgs;

/// Chaos and correctness for etcd and every store that speaks its v3 API.
#[derive(Debug, Parser)]
#[command(name = "stormglass", version, max_term_width = 100, after_help = MAIN_EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Form of the results on standard output; with `check` also that of its files, and then
    /// it can be given twice.
    #[arg(
        long = "format",
        global = true,
        value_enum,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    pub formats: Vec<FormatChoice>,
}

impl Cli {
    /// Form of the results.
    pub fn output(&self) -> Format {
        match self.formats.iter().rfind(|choice| choice.input().is_none()) {
            Some(FormatChoice::Json) => Format::Json,
            _ => Format::Human,
        }
    }

    /// Form of the files that are read, if it is not our own.
    pub fn input(&self) -> Option<ForeignFormat> {
        self.formats.iter().rev().find_map(|choice| choice.input())
    }
}

const MAIN_EXAMPLES: &str = "\
Examples:
  stormglass run demo --etcd 3.5.1      find a known data bug of etcd 3.5.1
  stormglass run my.toml --seed 7       run a scenario of your own, with a seed
  stormglass check runs/latest          judge a stored run again, without a cluster";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a scenario: cluster, traffic, faults, checks, report.
    Run(Box<RunArgs>),
    /// Run several scenarios, with many seeds if wanted: one summary, the worst verdict wins.
    Suite(SuiteArgs),
    /// Judge the history of a run again, or any history file.
    Check(CheckArgs),
    /// Draw the report of a run again.
    Report(ReportArgs),
    /// Say what an anomaly means, what guarantee it breaks, and which known bugs show it.
    Explain(ExplainArgs),
    /// List the runs on this disk, or remove old ones.
    Runs(RunsArgs),
    /// Print the JSON schema of a file that Stormglass writes.
    Schema(SchemaArgs),
    /// Plant faults in a stored run and see whether the checkers catch them.
    #[command(name = "selftest")]
    SelfTest(SelfTestArgs),
    /// List scenarios, suites, workloads, faults or checkers.
    List(ListArgs),
    /// Write a commented scenario to start from.
    Init(InitArgs),
    /// Find, install and list etcd releases.
    Etcd(EtcdArgs),
    /// Ask a server what it really has of etcd's v3 API.
    Probe(ProbeArgs),
    /// Look at this machine: what works, what does not, and how to get it.
    Doctor(DoctorArgs),
    /// Undo what a killed run left behind.
    Cleanup(CleanupArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
    /// The inner process of a run, started by `run` itself.
    #[command(hide = true)]
    Inner(InnerArgs),
    /// A command of an ordinary user's, in a helper container.
    #[command(hide = true)]
    Helper(HelperArgs),
}

/// A form, of results or of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatChoice {
    /// Results for people, as without this option.
    Human,
    /// Results as one JSON value.
    Json,
    /// `check` reads logs of Jepsen's test of etcd, as Porcupine has them.
    PorcupineEtcd,
    /// `check` reads key-value histories of Porcupine.
    PorcupineKv,
}

impl FormatChoice {
    fn input(self) -> Option<ForeignFormat> {
        match self {
            Self::Human | Self::Json => None,
            Self::PorcupineEtcd => Some(ForeignFormat::PorcupineEtcd),
            Self::PorcupineKv => Some(ForeignFormat::PorcupineKv),
        }
    }
}

/// Form of the results on standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON value.
    Json,
}

/// A form of histories that is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignFormat {
    /// One register: Jepsen's test of etcd.
    PorcupineEtcd,
    /// Texts by key.
    PorcupineKv,
}

/// How to show progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgressStyle {
    /// A bar on a terminal, plain lines otherwise.
    #[default]
    Auto,
    /// A bar.
    Bar,
    /// A line every ten seconds.
    Plain,
    /// A JSON object every ten seconds.
    Json,
    /// Nothing.
    None,
}

/// Whether to isolate the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum IsolationChoice {
    /// Namespaces where the kernel allows them.
    #[default]
    Auto,
    /// Plain loopback, or a network of the container engine's; network faults are then not
    /// tested.
    None,
}

/// Where the cluster runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TargetKind {
    /// Real etcd processes on this machine.
    #[default]
    Local,
    /// Containers of an engine; on this machine and as root, with every fault.
    Docker,
    /// A cluster that runs already, below a prefix of its keys.
    External,
    /// A model of a cluster, in this program: no etcd, exact replay.
    Simulated,
}

/// `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass check runs/latest
  stormglass check history.jsonl.zst --format json | jq .status
  stormglass check --format porcupine-etcd etcd_000.log etcd_001.log")]
pub struct CheckArgs {
    /// A run directory, or a history file, plain or compressed; with `--format porcupine-…`
    /// any number of files in that format.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// What to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Listed {
    /// The catalogue's scenarios.
    Scenarios,
    /// The built-in suites.
    Suites,
    /// Kinds of workload.
    Workloads,
    /// Kinds of faults, and whether they are available on a target.
    Faults,
    /// Checkers and the guarantees that they check.
    Checkers,
}

/// `list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass list scenarios
  stormglass list faults --target local
  stormglass list checkers --format json")]
pub struct ListArgs {
    /// What to list.
    pub what: Listed,
    /// The target that faults are to be injected into.
    #[arg(long, value_enum, default_value_t)]
    pub target: TargetKind,
}

/// `init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass init
  stormglass init my.toml
  stormglass init my.toml && stormglass run my.toml --dry-run")]
pub struct InitArgs {
    /// The file to write; an existing one is not overwritten.
    #[arg(default_value = "scenario.toml")]
    pub file: PathBuf,
}

/// `etcd`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass etcd install 3.5.16
  stormglass etcd list
  stormglass etcd path 3.5.16")]
pub struct EtcdArgs {
    /// What to do with releases.
    #[command(subcommand)]
    pub command: EtcdCommand,
}

/// What to do with releases.
#[derive(Debug, Subcommand)]
pub enum EtcdCommand {
    /// Install a release into the cache.
    #[command(after_help = "\
Examples:
  stormglass etcd install 3.5.16
  stormglass etcd install 3.5.1 3.5.30
  STORMGLASS_ETCD_URL='/mirror/etcd-v{version}-{os}-{arch}.tar.gz' stormglass etcd install 3.6.5")]
    Install {
        /// Releases.
        #[arg(required = true)]
        versions: Vec<String>,
        /// Fetch nothing.
        #[arg(long, env = "STORMGLASS_OFFLINE")]
        offline: bool,
    },
    /// List installed and obtainable releases.
    #[command(after_help = "\
Examples:
  stormglass etcd list
  stormglass etcd list --format json
  stormglass etcd list | grep 3.5")]
    List,
    /// Build an image of a release on this machine's container engine.
    #[command(after_help = "\
Examples:
  stormglass etcd image 3.5.16
  stormglass etcd image 3.5.16 --tag my/etcd:3.5.16
  stormglass etcd image ./bin --tag my/etcd:patched")]
    Image {
        /// A release, or the path of a binary or its folder.
        release: String,
        /// A name for it, beside its own.
        #[arg(long, value_name = "NAME")]
        tag: Option<String>,
        /// Fetch nothing.
        #[arg(long, env = "STORMGLASS_OFFLINE")]
        offline: bool,
    },
    /// Print the path of an installed release's binary.
    #[command(after_help = "\
Examples:
  stormglass etcd path 3.5.16
  $(stormglass etcd path 3.5.16) --version
  stormglass etcd path 3.5.1 --format json")]
    Path {
        /// A release.
        version: String,
    },
}

/// `probe`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass probe --endpoints 127.0.0.1:2379
  stormglass probe --endpoints 127.0.0.1:2379 --i-own-this-cluster
  ETCDCTL_PASSWORD=… stormglass probe --endpoints https://a:2379 --user root --format json")]
pub struct ProbeArgs {
    /// How to reach the server.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass doctor
  stormglass doctor --format json
  stormglass doctor --tun /dev/tun")]
pub struct DoctorArgs {
    /// Where devices are.
    #[command(flatten)]
    pub devices: DeviceArgs,
}

/// `cleanup`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass cleanup
  stormglass cleanup --dry-run
  stormglass cleanup --format json")]
pub struct CleanupArgs {
    /// Say what would be undone, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// `completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass completions bash > /etc/bash_completion.d/stormglass
  stormglass completions zsh > ~/.zfunc/_stormglass
  stormglass completions fish > ~/.config/fish/completions/stormglass.fish")]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// A command in a helper container.
#[derive(Debug, Args)]
pub struct HelperArgs {
    /// The process of the user's.
    pub user_process: u32,
    /// The folder that it is in.
    pub folder: PathBuf,
    /// The arguments of its command.
    #[arg(last = true)]
    pub command: Vec<String>,
}

/// The inner process.
#[derive(Debug, Args)]
pub struct InnerArgs {
    /// The run directory.
    pub run_dir: PathBuf,
    /// How to show progress.
    #[arg(long, value_enum, default_value_t)]
    pub progress: ProgressStyle,
    /// Which pipeline to tell the result.
    #[arg(long, value_enum, default_value_t)]
    pub ci: PipelineChoice,
}

/// How an option's value is written on the command line.
pub(super) fn value_name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

impl InnerArgs {
    /// What a run hands on.
    pub(super) fn of(args: &RunArgs, run_dir: &Path) -> Self {
        Self { run_dir: run_dir.to_owned(), progress: args.progress, ci: args.ci }
    }
}
