//! `run --ci`, and the scripts of the action, as GitHub would start them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Home, Ran};

const WORDS: [&str; 8] =
    ["run", "quick", "--target", "simulated", "--duration", "6s", "--seed", "7"];

/// What a step of GitHub's has: a file for its summary and one for its outputs.
struct Step {
    home: Home,
    summary: PathBuf,
    output: PathBuf,
}

impl Step {
    fn new() -> Self {
        let home = Home::new();
        let [summary, output] = ["summary", "output"].map(|name| home.path().join(name));
        fs::write(&summary, "of a step before\n").expect("written");
        fs::write(&output, "before=yes\n").expect("written");
        Self { home, summary, output }
    }

    fn run(&self, words: &[&str], github: bool) -> Ran {
        let words = [&WORDS[..], &["--out", "rd", "--progress", "none"], words].concat();
        let mut command = self.home.command(&words);
        if github {
            command.env("GITHUB_ACTIONS", "true");
        }
        command.env("GITHUB_STEP_SUMMARY", &self.summary).env("GITHUB_OUTPUT", &self.output);
        Ran::of(command.output().expect("the binary runs"))
    }

    /// A script of the action, with these inputs.
    fn script(&self, name: &str, inputs: &[(&str, &str)]) -> Ran {
        let action = repository();
        let mut command = Command::new("bash");
        command.arg(action.join(".github/action").join(name)).current_dir(self.home.path());
        let all = ["BINARY", "VERSION", "SCENARIO", "ETCD", "IMAGE", "ENDPOINTS", "SEED"];
        for name in all.iter().chain(&["DURATION", "ARGS", "ALLOW_UNKNOWN"]) {
            command.env(name, "");
        }
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_ACTION_PATH", &action);
        command.env("GITHUB_STEP_SUMMARY", &self.summary).env("GITHUB_OUTPUT", &self.output);
        command.env("BIN", self.home.path().join("bin")).env("STORMGLASS_CACHE", self.home.cache());
        command.envs(inputs.iter().copied());
        Ran::of(command.output().expect("bash runs"))
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.output).expect("outputs")
    }

    /// The value of an output.
    fn value(&self, name: &str) -> String {
        let said = self.said();
        let mut lines = said.lines();
        let start = format!("{name}<<");
        let delimiter = lines.find_map(|line| line.strip_prefix(&start)).expect("the output");
        lines.take_while(|line| *line != delimiter).collect::<Vec<_>>().join("\n")
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn commands<'a>(ran: &'a Ran, start: &str) -> Vec<&'a str> {
    ran.stderr.lines().filter(|line| line.starts_with(start)).collect()
}

#[test]
fn a_valid_run_is_a_notice_a_summary_and_outputs() {
    let step = Step::new();
    let ran = step.run(&[], true);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(commands(&ran, "::notice title=Stormglass%3A valid::").len(), 1, "{ran:?}");
    assert_eq!(commands(&ran, "::").len(), 1, "{ran:?}");
    let dir = step.home.path().join("rd");
    let summary = fs::read_to_string(&step.summary).expect("a summary");
    let own = fs::read_to_string(dir.join("summary.md")).expect("a summary");
    assert_eq!(summary, format!("of a step before\n{own}"));
    assert!(step.said().starts_with("before=yes\n"));
    assert_eq!(step.value("verdict"), "valid");
    assert_eq!(step.value("exit-code"), "0");
    assert!(step.value("repeat").contains("--seed 7"), "{}", step.said());
    assert!(Path::new(&step.value("run-dir")).is_absolute());
    for file in ["report", "summary", "junit", "verdicts"] {
        assert!(Path::new(&step.value(file)).is_file(), "{file}: {}", step.said());
    }
}

#[test]
fn findings_are_errors_and_no_more_than_github_shows() {
    let step = Step::new();
    let ran = step.run(&["--bug", "stale-read", "--format", "json"], true);
    assert_eq!(ran.code, 1, "{ran:?}");
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON alone");
    let findings = told["findings"].as_array().map_or(0, Vec::len);
    assert!(findings > 9, "{findings}");
    let errors = commands(&ran, "::error title=Stormglass%3A stale-read (linearizability%2C ");
    assert!(!errors.is_empty(), "{ran:?}");
    let annotations = [commands(&ran, "::error"), commands(&ran, "::notice")].concat();
    assert_eq!(annotations.len(), 9, "{annotations:#?}");
    let more = format!("and {} more", findings - 8);
    assert!(annotations.last().is_some_and(|last| last.contains(&more)), "{annotations:#?}");
    assert_eq!(step.value("verdict"), "invalid");
    assert_eq!(step.value("sentence"), told["sentence"].as_str().expect("a sentence"));
}

#[test]
fn what_cannot_be_decided_is_a_warning_and_what_cannot_be_done_an_error() {
    let step = Step::new();
    let much = "check.sometimes=[\"operations >= 100000000\"]";
    let ran = step.run(&["--set", much], true);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(commands(&ran, "::warning title=Stormglass%3A unknown (").len(), 1, "{ran:?}");
    let step = Step::new();
    let ran = step.run(&["--bug", "gremlin"], true);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(commands(&ran, "::error title=Stormglass::there is no bug").len(), 1, "{ran:?}");
    assert_eq!(step.said(), "before=yes\nverdict=none\nexit-code=2\n");
}

#[test]
fn nobody_is_told_outside_a_pipeline_or_against_the_users_will() {
    for (words, github) in [(&[][..], false), (&["--ci", "none"], true)] {
        let step = Step::new();
        let ran = step.run(words, github);
        assert_eq!((ran.code, commands(&ran, "::").len()), (0, 0), "{ran:?}");
        assert_eq!(step.said(), "before=yes\n");
    }
    let step = Step::new();
    let ran = step.run(&["--ci", "github"], false);
    assert_eq!((ran.code, commands(&ran, "::").len()), (0, 1), "{ran:?}");
}

#[test]
fn a_summary_that_cannot_be_written_is_a_note() {
    let mut step = Step::new();
    step.summary = step.home.path().join("none/summary");
    let ran = step.run(&[], true);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("note: GITHUB_STEP_SUMMARY names"), "{ran:?}");
    assert_eq!(step.value("verdict"), "valid");
}

#[test]
fn the_action_takes_a_binary_and_says_where_it_is_from() {
    let step = Step::new();
    let binary = env!("CARGO_BIN_EXE_stormglass");
    let ran = step.script("binary.sh", &[("BINARY", binary)]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains(&format!("comes from the file {binary}")), "{ran:?}");
    let ran = step.script("binary.sh", &[]);
    assert!(ran.stdout.contains("built in an earlier run and cached"), "{ran:?}");
    let ran = step.script("binary.sh", &[("BINARY", "no/such/file")]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("::error title=Stormglass::`binary` is no/such/file"), "{ran:?}");
    let ran = step.script("key.sh", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(step.said().contains("key=stormglass-Linux-"), "{}", step.said());
}

#[test]
fn the_action_ends_as_its_run_does() {
    let binary = env!("CARGO_BIN_EXE_stormglass");
    let much = "--set\ncheck.sometimes=[\"operations >= 100000000\"]";
    for (more, allow, code, verdict) in [
        ("", "", 0, "valid"),
        ("--bug\nstale-read", "", 1, "invalid"),
        (much, "false", 3, "unknown"),
        (much, "true", 0, "unknown"),
    ] {
        let step = Step::new();
        step.script("binary.sh", &[("BINARY", binary)]);
        let args = format!("--target\nsimulated\n{more}");
        let inputs = [
            ("SCENARIO", "quick"),
            ("SEED", "7"),
            ("DURATION", "6s"),
            ("ARGS", &args),
            ("ALLOW_UNKNOWN", allow),
        ];
        let ran = step.script("run.sh", &inputs);
        assert_eq!(ran.code, code, "{ran:?}");
        assert_eq!(step.value("verdict"), verdict);
        assert!(ran.stdout.contains("the run directory has "), "{ran:?}");
    }
}

/// Inputs reach the scripts as variables: in the text of a script they would be commands.
#[test]
fn every_variable_of_the_scripts_is_an_input_of_the_action() {
    let action = fs::read_to_string(repository().join("action.yml")).expect("the action");
    for name in ["BINARY", "VERSION", "SCENARIO", "ETCD", "IMAGE", "ENDPOINTS", "SEED"]
        .iter()
        .chain(&["DURATION", "ARGS", "ALLOW_UNKNOWN"])
    {
        let input = name.to_lowercase().replace('_', "-");
        assert!(action.contains(&format!("  {input}:\n    description: ")), "{input}");
        assert!(action.contains(&format!("        {name}: ${{{{ inputs.{input} }}}}")), "{name}");
    }
    let scripts = action.lines().filter(|line| line.trim_start().starts_with("run:"));
    assert!(scripts.clone().count() >= 3);
    for script in scripts {
        assert!(!script.contains("${{"), "{script}");
    }
}
