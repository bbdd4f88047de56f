//! `run --target simulated`: a run on the model of a cluster, in this process.

use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;

use stormglass_checkers::history::{CodecError, HistoryWriter, Nanos};
use stormglass_checkers::judge::Judge;
use stormglass_checkers::verdict::Judgement;
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::simulation::{Bug, Simulation, bug, bugs};

use super::args::Format;
use super::error::CommandError;
use super::facts;
use super::output;
use super::pipeline;
use super::prepare;
use super::run::{dir_error, dry_run, repeat_command, shown_dir};
use super::run_args::RunArgs;
use super::summary::{self, Ended};
use crate::clock::{Clock, utc_now};
use crate::exit::ExitCode;
use crate::run::{confirm, context};
use crate::run_dir::{Launch, RunDir, compress};

/// What stands where other targets have a binary.
const BINARY: &str = "none: the store is simulated";
/// Files of a run directory that a simulated run does not make.
const NOT_MADE: [&str; 2] = ["journal.jsonl", "members/"];

/// Runs a scenario on the simulated store.
pub(super) fn run(args: &RunArgs, format: Format) -> Result<ExitCode, CommandError> {
    let chosen = args.bug.as_deref().map(known_bug).transpose()?;
    if args.pcap {
        let message = "the simulated store sends no packets: leave out --pcap";
        return Err(CommandError::usage(message));
    }
    let (scenario, mut settings) = prepare::scenario(args)?;
    let (release, etcd_setting) = prepare::simulated_release(args, &scenario);
    let (seed, seed_setting) = prepare::seed(args);
    settings.extend([etcd_setting, seed_setting]);
    settings.extend(args.bug.iter().map(|name| ("bug".to_owned(), name.clone())));
    let plan = Plan::build(&scenario, seed, &release).map_err(CommandError::usage)?;
    if args.dry_run {
        return dry_run(&plan, &settings, format);
    }
    let stamp = utc_now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let dir = RunDir::create(args.out.as_deref(), &plan.scenario.name, seed, &stamp)
        .map_err(|error| dir_error(&error))?;
    let launch = launch(args, &plan, &dir, settings);
    RunDir::write(&dir.plan(), &plan).map_err(|error| dir_error(&error))?;
    RunDir::write(&dir.launch(), &launch).map_err(|error| dir_error(&error))?;
    output::narrate(format_args!(
        "{} · simulated store × {} · seed {seed} · {}",
        plan.scenario.name, plan.scenario.cluster.members, launch.shown_dir
    ));
    let started = utc_now().to_string();
    let (ended, judgement) = carry_out(&plan, chosen, &dir)?;
    let code = finish(&dir, &plan, &launch, (&ended, &judgement), &started, format)?;
    pipeline::tell(args.ci, &dir, &launch, &judgement, code);
    Ok(code)
}

fn known_bug(name: &str) -> Result<Bug, CommandError> {
    bug(name).ok_or_else(|| {
        let names: Vec<_> = bugs().iter().map(|entry| entry.name).collect();
        let known = names.join(", ");
        CommandError::usage(format!("there is no bug `{name}`: name one of {known}"))
    })
}

fn launch(args: &RunArgs, plan: &Plan, dir: &RunDir, settings: Vec<prepare::Setting>) -> Launch {
    let shown = shown_dir(args, dir);
    let mut command = format!("{} --target simulated", repeat_command(args, plan));
    if let Some(bug) = &args.bug {
        command = format!("{command} --bug {bug}");
    }
    Launch {
        binary: BINARY.into(),
        version: plan.release.clone(),
        release_note: args.bug.as_ref().map(|bug| format!("The bug {bug} was switched on.")),
        // A simulated run is over before anybody could want to stop it.
        stop_on_violation: false,
        command,
        check_command: format!("stormglass check {shown}"),
        settings,
        shown_dir: shown,
        ..Launch::default()
    }
}

/// Simulates, writes and judges.
fn carry_out(
    plan: &Plan,
    chosen: Option<Bug>,
    dir: &RunDir,
) -> Result<(Ended, Judgement), CommandError> {
    let clock = Clock::start();
    let simulation = Simulation::new(plan);
    let simulation = match chosen {
        Some(bug) => simulation.with_bug(bug),
        None => simulation,
    };
    let preamble = simulation.preamble();
    let file = File::create(dir.history()).map_err(CommandError::environment)?;
    let mut writer =
        HistoryWriter::new(BufWriter::new(file), &preamble).map_err(|error| not_written(&error))?;
    let mut judge = Judge::new(&context(&preamble, Some(plan)));
    let mut written = Ok(());
    simulation.run(&mut |event| {
        if written.is_ok() {
            written = writer.write(&event);
        }
        judge.observe(&Arc::new(event));
    });
    written.and_then(|()| writer.flush()).map_err(|error| not_written(&error))?;
    let judged_from = clock.now();
    let mut judgement = judge.finish(None);
    confirm(&dir.history(), &preamble, &mut judgement);
    let duration = clock.now();
    let judging = Nanos(duration.0.saturating_sub(judged_from.0));
    Ok((Ended { interrupted: None, failure: None, duration, judging }, judgement))
}

fn not_written(error: &CodecError) -> CommandError {
    CommandError::environment(format!(
        "the history could not be written ({error}): free some space or choose another directory \
         with --out"
    ))
}

fn finish(
    dir: &RunDir,
    plan: &Plan,
    launch: &Launch,
    (ended, judgement): (&Ended, &Judgement),
    started: &str,
    format: Format,
) -> Result<ExitCode, CommandError> {
    compress(&dir.history(), &dir.compressed_history()).map_err(CommandError::environment)?;
    let code = summary::exit_code(judgement, ended);
    let mut facts = facts::of_run(plan, launch, started, ended, code);
    facts.files.retain(|file| !NOT_MADE.contains(&file.path.as_str()));
    facts::write_all(dir, judgement, &facts).map_err(CommandError::environment)?;
    facts::render(dir)?;
    summary::tell(dir, launch, judgement, ended, code, format)
}
