//! Parses the command line, calls the library, maps the result to an exit code.

use clap::Parser as _;

use stormglass::cli::{Cli, execute};

/// A history is many small things, made by one thread and dropped by another: judging one
/// takes an eighth less time with this than with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let code = match execute(&cli) {
        Ok(code) => code,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the one place where errors are told")]
            {
                eprintln!("stormglass: {error}");
            }
            error.code
        }
    };
    std::process::exit(code.number());
}
