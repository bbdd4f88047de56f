//! Regenerates the project's evidence: `make evidence-checkers`, `make evidence-demo`,
//! `make evidence-load`, `make evidence-storm`, `make evidence-kills`,
//! `make evidence-faults`.
//!
//! Each subcommand measures rows, writes them to `evidence/NAME.json`, prints them as a
//! table, and ends with exit code 0 only if what the project claims holds.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

mod campaign;
mod checkers;
mod faults;
mod kills;
mod launch;
mod ledger;
mod load;
mod provenance;
mod ran;
mod series;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

#[derive(Debug, Parser)]
#[command(name = "evidence", about = "Regenerates the project's evidence")]
struct Arguments {
    #[command(subcommand)]
    evidence: Evidence,
}

#[derive(Debug, Subcommand)]
enum Evidence {
    /// The checkers: speed, agreement with others, what they catch, and their silence.
    Checkers(checkers::CheckersArguments),
    /// The scenario demo on releases with known data bugs, and on releases without.
    Demo(campaign::CampaignArguments),
    /// The scenario storm: everything that etcd promises to survive, composed by seeds.
    Storm(campaign::CampaignArguments),
    /// Every fault alone: what shows that it bit, and its heal.
    Faults(faults::FaultsArguments),
    /// What is left of storms whose harness gets SIGKILL.
    Kills(kills::KillsArguments),
    /// What recording and judging cost, against a bare client loop.
    Load(load::LoadArguments),
    /// The process that has the load's cluster, started by the load itself.
    #[command(hide = true)]
    LoadInner(load::InnerArguments),
}

/// How much to measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Rows {
    /// Everything, into `evidence/`.
    #[default]
    All,
    /// One row of each, printed only: for continuous integration.
    Ci,
}

fn inside(arguments: &load::InnerArguments) -> ExitCode {
    match load::measure_inside(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the load could not be measured: {error}");
            ExitCode::from(4)
        }
    }
}

fn main() -> ExitCode {
    let result = match Arguments::parse().evidence {
        Evidence::Checkers(arguments) => checkers::measure(&arguments),
        Evidence::Demo(arguments) => campaign::measure(&series::DEMO, &arguments),
        Evidence::Storm(arguments) => campaign::measure(&series::STORM, &arguments),
        Evidence::Faults(arguments) => faults::measure(&arguments),
        Evidence::Kills(arguments) => kills::measure(&arguments),
        Evidence::Load(arguments) => load::measure(&arguments),
        Evidence::LoadInner(arguments) => return inside(&arguments),
    };
    match result {
        Ok(true) => {
            println!("The claim holds.");
            ExitCode::SUCCESS
        }
        Ok(false) => {
            println!("THE CLAIM DOES NOT HOLD.");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("the evidence could not be measured: {error}");
            ExitCode::from(4)
        }
    }
}
