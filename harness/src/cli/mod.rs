//! The commands: each parses nothing, calls the library, and returns an exit code.

mod args;
mod check;
mod cleanup;
mod cluster;
mod completions;
mod connection_args;
mod containers;
mod device_args;
mod docker;
mod docker_image;
mod docker_powers;
mod doctor;
mod error;
mod etcd;
mod etcd_image;
mod explain;
mod external;
mod facts;
mod helper;
mod init;
mod inner;
mod list;
mod output;
mod pipeline;
mod porcupine;
mod powers;
mod prepare;
mod probe;
mod progress;
mod progress_words;
mod reading_args;
mod release_progress;
mod report;
mod run;
mod run_args;
mod runs;
mod schema;
mod selftest;
mod selftest_args;
mod simulated;
mod style;
mod suite;
mod summary;
mod table;
mod undo;

pub use args::Cli;
pub use error::CommandError;

use crate::exit::ExitCode;
use args::Command;
use inner::Means;

/// Carries out one command.
///
/// # Errors
/// What went wrong, in one sentence, with its exit code.
pub fn execute(cli: &Cli) -> Result<ExitCode, CommandError> {
    let format = cli.output();
    match (&cli.command, cli.input()) {
        (Command::Check(args), Some(input)) => return porcupine::check(args, input, format),
        (_, Some(_)) => {
            let message = "only `check` reads Porcupine's formats: leave `--format` out here";
            return Err(CommandError::usage(message));
        }
        (_, None) => {}
    }
    match &cli.command {
        Command::Run(args) => {
            run::run(args, format).inspect_err(|error| pipeline::failed(args.ci, error))
        }
        Command::Suite(args) => {
            suite::suite(args, format).inspect_err(|error| pipeline::failed(args.ci, error))
        }
        Command::Check(args) => check::check(args, format),
        Command::Report(args) => report::report(args, format),
        Command::Explain(args) => explain::explain(args, format),
        Command::Runs(args) => runs::runs(args, format),
        Command::Schema(args) => schema::schema(args),
        Command::SelfTest(args) => selftest::selftest(args, format),
        Command::List(args) => list::list(args, format),
        Command::Init(args) => init::init(args, format),
        Command::Probe(args) => probe::run(args, format),
        Command::Etcd(args) => etcd::etcd(args, format),
        Command::Doctor(args) => doctor::doctor(args, format),
        Command::Cleanup(args) => cleanup::cleanup(args, format),
        Command::Completions(args) => completions::completions(args, format),
        Command::Helper(args) => helper::helper(args),
        Command::Inner(args) => inner::inner(args, None, Means::default(), format)
            .inspect_err(|error| pipeline::failed(args.ci, error)),
    }
}
