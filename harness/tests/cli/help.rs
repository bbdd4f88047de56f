//! `--help` of every command, and wrong words.

use clap::{CommandFactory as _, Parser as _};
use stormglass::cli::Cli;

use crate::support::Home;

/// The words of every command that users see and that has no commands below it, and of the
/// program itself.
fn commands() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, words: &[String], found: &mut Vec<Vec<String>>) {
        let below: Vec<_> =
            command.get_subcommands().filter(|below| !below.is_hide_set()).collect();
        if below.is_empty() || words.is_empty() {
            found.push(words.to_vec());
        }
        for below in below.into_iter().filter(|below| below.get_name() != "help") {
            walk(below, &[words, &[below.get_name().to_owned()]].concat(), found);
        }
    }
    let mut found = Vec::new();
    walk(&Cli::command(), &[], &mut found);
    found
}

/// The examples at the end of a help.
fn examples(help: &str) -> Vec<String> {
    let Some((_, examples)) = help.split_once("\nExamples:\n") else { return Vec::new() };
    examples.lines().map(|line| line.trim().to_owned()).collect()
}

/// The arguments of `stormglass` in a line of a shell.
fn arguments(example: &str) -> Vec<String> {
    let (_, line) = example.split_once("stormglass ").expect("an example of stormglass");
    // Two spaces begin an explanation.
    let end = ["  ", " | ", " > ", " && ", ")"].iter().filter_map(|stop| line.find(stop)).min();
    line[..end.unwrap_or(line.len())].split_whitespace().map(ToOwned::to_owned).collect()
}

#[test]
fn every_help_ends_with_three_examples_that_parse() {
    let home = Home::new();
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for words in commands {
        let mut call: Vec<&str> = words.iter().map(String::as_str).collect();
        call.push("--help");
        let ran = home.run(&call);
        assert_eq!(ran.code, 0, "{words:?}");
        let examples = examples(&ran.stdout);
        assert_eq!(examples.len(), 3, "examples of {words:?}: {}", ran.stdout);
        for example in examples {
            let arguments = arguments(&example);
            assert_eq!(arguments[..words.len()], words, "`{example}` is of another command");
            let parsed = Cli::try_parse_from([vec!["stormglass".to_owned()], arguments].concat());
            assert!(parsed.is_ok(), "`{example}`: {}", parsed.expect_err("refused"));
        }
    }
}

#[test]
fn wrong_words_exit_with_2_and_say_what_is_wrong() {
    let home = Home::new();
    let wrong: [&[&str]; 9] = [
        &[],
        &["frobnicate"],
        &["list"],
        &["list", "nemeses"],
        &["list", "faults", "--target", "moon"],
        &["completions", "tcsh"],
        &["etcd", "install"],
        &["cleanup", "everything"],
        &["run", "--seed", "many"],
    ];
    for words in wrong {
        let ran = home.run(words);
        assert_eq!(ran.code, 2, "{words:?}: {ran:?}");
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{words:?}: {ran:?}");
    }
}
