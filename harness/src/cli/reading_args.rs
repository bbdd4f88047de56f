//! Options of commands that read what is there: `report`, `explain`, `runs`, `schema`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `report`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass report runs/latest
  stormglass report runs/latest --format json
  stormglass report runs/latest --open")]
pub struct ReportArgs {
    /// A run directory.
    pub run_dir: PathBuf,
    /// Show it in a browser: that of the variable BROWSER, or the desktop's own.
    #[arg(long)]
    pub open: bool,
}

/// `explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass explain stale-read
  stormglass explain watch-gap --format json
  stormglass explain                        names every anomaly")]
pub struct ExplainArgs {
    /// The anomaly, as reports name it; without one, all are listed.
    pub anomaly: Option<String>,
}

/// `runs`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass runs
  stormglass runs prune --keep 20 --keep-failed
  stormglass runs --format json | jq '.[] | select(.state == \"invalid\")'")]
pub struct RunsArgs {
    /// What to do with them; without it they are listed.
    #[command(subcommand)]
    pub action: Option<RunsAction>,
    /// The folder that they are in.
    #[arg(long, value_name = "DIR", default_value = "runs", global = true)]
    pub folder: PathBuf,
}

/// What to do with stored runs.
#[derive(Debug, Subcommand)]
pub enum RunsAction {
    /// Remove old runs, the newest of them excepted. Runs that go on are never removed.
    Prune(PruneArgs),
}

/// `runs prune`.
#[derive(Clone, Copy, Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass runs prune --keep 20
  stormglass runs prune --keep 5 --keep-failed
  stormglass runs prune --keep 0 --dry-run    what would go")]
pub struct PruneArgs {
    /// How many of the newest stay.
    #[arg(long, value_name = "NUMBER")]
    pub keep: usize,
    /// Keep every run that did not end valid, however old.
    #[arg(long)]
    pub keep_failed: bool,
    /// Only say what would be removed.
    #[arg(long)]
    pub dry_run: bool,
}

/// `schema`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass schema verdicts
  stormglass schema verdicts > verdicts.schema.json
  stormglass schema verdicts | jq '.\"$defs\".finding'")]
pub struct SchemaArgs {
    /// The file.
    #[arg(value_enum)]
    pub file: SchemaOf,
}

/// Files that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// `verdicts.json`.
    Verdicts,
}
