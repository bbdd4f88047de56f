//! The runs that a suite asks for, one after the other.

use std::path::{Path, PathBuf};

use clap::Parser as _;
use stormglass_scenarios::scenario::catalog;
use stormglass_scenarios::suite::{Suite, SuiteScenario};

use super::args::SuiteArgs;
use crate::cli::args::{Cli, Command, TargetKind, value_name};
use crate::cli::error::CommandError;
use crate::cli::prepare;

/// One run.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// The scenario, as the suite names it.
    pub(super) scenario: String,
    pub(super) seed: u64,
    /// Its run directory's name.
    pub(super) name: String,
    /// Its run directory.
    pub(super) dir: PathBuf,
    /// What decides what is run: the words after `stormglass`, without those of output.
    pub(super) words: Vec<String>,
}

impl Job {
    /// All words for the program: those that decide, and those that say where to put what.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut arguments = self.words.clone();
        arguments.extend(["--out".to_owned(), self.dir.display().to_string()]);
        let quiet =
            ["--progress", "none", "--ci", "none", "--format", "json", "--ends-with-parent"];
        arguments.extend(quiet.map(str::to_owned));
        arguments
    }

    /// A file beside its run directory.
    pub(super) fn beside(&self, extension: &str) -> PathBuf {
        self.dir.with_file_name(format!("{}.{extension}", self.name))
    }

    /// The command that runs it again.
    pub(super) fn repeat(&self) -> String {
        format!("stormglass {}", self.words.join(" "))
    }
}

/// Every run, round by round.
pub(super) struct Jobs {
    /// One round: the words that decide without the seed, and the scenario.
    round: Vec<(SuiteScenario, Vec<String>)>,
    rounds: Option<u64>,
    first_seed: u64,
    dir: PathBuf,
    /// Runs that were given out.
    given: u64,
    /// What comes next: the round, the place in it, and which of its seeds.
    next: (u64, usize, u32),
}

impl Jobs {
    pub(super) fn new(
        suite: &Suite,
        folder: Option<&Path>,
        args: &SuiteArgs,
        first_seed: u64,
        dir: &Path,
    ) -> Self {
        let of = |run: &SuiteScenario| (run.clone(), words(run, folder, args));
        Self {
            round: suite.run.iter().map(of).collect(),
            // Without a number, time alone may be the limit.
            rounds: args.repeat.or(if args.time.is_some() { None } else { Some(1) }),
            first_seed,
            dir: dir.to_owned(),
            given: 0,
            next: (0, 0, 0),
        }
    }

    /// How many there are in all, where that is known.
    pub(super) fn asked(&self) -> Option<u64> {
        self.rounds.map(|rounds| rounds.saturating_mul(self.in_a_round()))
    }

    /// How many there are in one round.
    pub(super) fn in_a_round(&self) -> u64 {
        self.round.iter().map(|(run, _)| u64::from(run.seeds)).sum()
    }

    /// The first round.
    pub(super) fn first_round(&self) -> Vec<Job> {
        let runs = self.round.iter().flat_map(|(run, words)| {
            (0..run.seeds).map(move |number| (run, words, u64::from(number)))
        });
        runs.map(|(run, words, number)| self.job(run, words, number, 0)).collect()
    }

    /// Refuses what no run could begin with: unknown scenarios, settings that do not fit.
    pub(super) fn validate(&self) -> Result<(), CommandError> {
        for job in self.first_round() {
            let words = [vec!["stormglass".to_owned()], job.arguments()].concat();
            let cli = Cli::try_parse_from(words).map_err(CommandError::bug)?;
            let Command::Run(args) = &cli.command else {
                return Err(CommandError::bug("a suite's run is no `run`"));
            };
            prepare::scenario(args).map_err(|error| CommandError {
                message: format!("the suite's scenario `{}`: {error}", job.scenario),
                ..error
            })?;
        }
        Ok(())
    }

    fn job(&self, run: &SuiteScenario, words: &[String], number: u64, given: u64) -> Job {
        let seed = self.first_seed.wrapping_add(number);
        let stem = Path::new(&run.scenario).file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{given:03}-{stem}-{seed}");
        let mut words = words.to_vec();
        words.extend(["--seed".to_owned(), seed.to_string()]);
        Job { scenario: run.scenario.clone(), seed, dir: self.dir.join(&name), name, words }
    }
}

impl Iterator for Jobs {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        let (round, place, number) = self.next;
        if self.rounds.is_some_and(|rounds| round >= rounds) {
            return None;
        }
        let (run, words) = self.round.get(place)?;
        let seeds_before = round.wrapping_mul(u64::from(run.seeds));
        let job =
            self.job(run, words, seeds_before.wrapping_add(u64::from(number)), self.given + 1);
        self.next = if number + 1 < run.seeds {
            (round, place, number + 1)
        } else if place + 1 < self.round.len() {
            (round, place + 1, 0)
        } else {
            (round + 1, 0, 0)
        };
        self.given += 1;
        Some(job)
    }
}

/// The words of a scenario's runs, without the seed.
fn words(run: &SuiteScenario, folder: Option<&Path>, args: &SuiteArgs) -> Vec<String> {
    let known = catalog().iter().any(|entry| entry.name == run.scenario);
    let scenario = match folder {
        Some(folder) if !known => folder.join(&run.scenario).display().to_string(),
        _ => run.scenario.clone(),
    };
    let mut words = vec!["run".to_owned(), scenario];
    if let Some(etcd) = run.etcd.as_ref().or(args.etcd.as_ref()) {
        words.extend(["--etcd".to_owned(), etcd.clone()]);
    }
    if args.target != TargetKind::default() {
        words.extend(["--target".to_owned(), value_name(&args.target)]);
    }
    if args.offline {
        words.push("--offline".to_owned());
    }
    if let Some(duration) = run.duration {
        // Without spaces, so that the words can be pasted into a shell.
        let duration = format!("{}ms", duration.as_duration().as_millis());
        words.extend(["--duration".to_owned(), duration]);
    }
    for (key, value) in &run.set {
        words.extend(["--set".to_owned(), format!("{key}={value}")]);
    }
    words
}
