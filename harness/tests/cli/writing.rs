//! `init` and `completions`: what is written for people's files.

use std::fs;

use stormglass_scenarios::scenario::Scenario;

use crate::support::Home;

#[test]
fn init_writes_a_scenario_that_parses() {
    let home = Home::new();
    let ran = home.run(&["init", "my.toml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "wrote my.toml\n"), "{ran:?}");
    assert!(ran.stderr.contains("stormglass run my.toml --dry-run"), "{ran:?}");
    let text = fs::read_to_string(home.path().join("my.toml")).expect("written");
    Scenario::parse(&text, "my.toml").expect("a scenario");

    let written = home.json(&["init"]);
    assert_eq!(written["file"], "scenario.toml");
    assert!(home.path().join("scenario.toml").is_file());
}

#[test]
fn init_overwrites_nothing() {
    let home = Home::new();
    fs::write(home.path().join("mine.toml"), "precious").expect("written");
    let ran = home.run(&["init", "mine.toml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    assert!(ran.stderr.contains("mine.toml exists"), "{ran:?}");
    let text = fs::read_to_string(home.path().join("mine.toml")).expect("still there");
    assert_eq!(text, "precious");
    let ran = home.run(&["init", "no/such/folder/x.toml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn completions_know_the_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let ran = home.run(&["completions", shell]);
        assert_eq!(ran.code, 0, "{ran:?}");
        for word in ["doctor", "cleanup", "completions", "format"] {
            assert!(ran.stdout.contains(word), "{shell} does not complete {word}");
        }
        let script = home.json(&["completions", shell]);
        assert_eq!(script["script"], ran.stdout, "{shell}");
    }
}
