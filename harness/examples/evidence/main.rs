//! Regenerates the project's evidence: `make evidence-checkers`, `make evidence-demo`,
//! `make evidence-load`, `make evidence-storm`, `make evidence-kills`,
//! `make evidence-faults`, `make evidence-switch`, `make evidence-docker`,
//! `make evidence-images`, `make evidence-report`, `make evidence-scenarios`.
//!
//! Each subcommand measures rows, writes them to `evidence/NAME.json`, prints them as a
//! table, and ends with exit code 0 only if what the project claims holds.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

mod campaign;
mod checkers;
mod docker;
mod faults;
mod images;
mod kills;
mod launch;
mod ledger;
mod load;
mod provenance;
mod ran;
mod report;
mod scenarios;
mod series;
mod switch;
mod traffic;

use std::io;
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
    /// Members in containers: verdicts, times, and what is left of killed runs.
    Docker(docker::DockerArguments),
    /// The process that measures the times of containers.
    #[command(hide = true)]
    DockerInner(docker::InnerArguments),
    /// The images, and the verdicts of a Stormglass in a container.
    Images(images::ImagesArguments),
    /// The report's page: time to draw, size, and how it feels in a browser.
    Report(report::ReportArguments),
    /// Every scenario by its name, and the suite `smoke` again and again.
    Scenarios(scenarios::ScenariosArguments),
    /// What recording and judging cost, against a bare client loop.
    Load(load::LoadArguments),
    /// The process that has the load's cluster, started by the load itself.
    #[command(hide = true)]
    LoadInner(load::InnerArguments),
    /// What the switch costs while nothing is injected, against plain loopback.
    Switch(switch::SwitchArguments),
    /// The process that has the switch's clusters.
    #[command(hide = true)]
    SwitchInner(switch::InnerArguments),
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

fn inside(measured: io::Result<()>) -> ExitCode {
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("it could not be measured: {error}");
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
        Evidence::Docker(arguments) => docker::measure(&arguments),
        Evidence::DockerInner(arguments) => return inside(docker::measure_inside(&arguments)),
        Evidence::Images(arguments) => images::measure(&arguments),
        Evidence::Report(arguments) => report::measure(&arguments),
        Evidence::Scenarios(arguments) => scenarios::measure(&arguments),
        Evidence::Load(arguments) => load::measure(&arguments),
        Evidence::LoadInner(arguments) => return inside(load::measure_inside(&arguments)),
        Evidence::Switch(arguments) => switch::measure(&arguments),
        Evidence::SwitchInner(arguments) => return inside(switch::measure_inside(&arguments)),
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
