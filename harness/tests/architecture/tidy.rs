//! Rules of style that no lint of the compiler holds.

use super::workspace::files;

/// A source file says one thing; longer ones say several.
const LINES_MAX: usize = 400;

/// Words that must not be in a source file, with what to do instead. They are written in
/// two parts, so that this file does not hold them.
const BANNED: [(&str, &str, &str); 7] = [
    ("todo", "!(", "write it, or open an issue"),
    ("unimplemented", "!(", "write it, or open an issue"),
    ("dbg", "!(", "remove it"),
    ("#[ig", "nore", "a test runs, or it is not there"),
    ("#[al", "low(", "use #[expect(…, reason = \"…\")]"),
    ("FIX", "ME", "fix it, or open an issue"),
    ("panic = \"", "abort\"", "a panicking checker must become `unknown`"),
];

/// Machines that a build or a run must not be told by us: Cargo, pip and apt-get know
/// theirs from the system.
const HOSTS: [(&str, &str); 8] = [
    ("crates", ".io"),
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("debian", ".org"),
    ("ubuntu", ".com"),
    ("docker", ".io"),
    ("gcr", ".io"),
    ("npmjs", ".com"),
];

#[test]
fn source_files_say_one_thing() {
    let mut wrong = Vec::new();
    for (path, text) in files(&[".rs"]) {
        let lines = text.lines().count();
        if lines > LINES_MAX {
            wrong.push(format!("{path} has {lines} lines"));
        }
    }
    assert!(wrong.is_empty(), "split what is longer than {LINES_MAX} lines: {wrong:#?}");
}

#[test]
fn nothing_is_left_for_later() {
    let mut wrong = Vec::new();
    for (path, text) in files(&[".rs"]) {
        for (head, tail, instead) in BANNED {
            let word = format!("{head}{tail}");
            for (number, _) in lines_with(&text, &word) {
                wrong.push(format!("{path}:{number} has `{word}`: {instead}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_registry_is_named() {
    let endings = [".rs", ".toml", ".md", ".sh", ".html", ".css", "Makefile", "run"];
    let mut wrong = Vec::new();
    for (path, text) in files(&endings) {
        for (head, tail) in HOSTS {
            for (number, line) in lines_with(&text, &format!("{head}{tail}")) {
                wrong.push(format!("{path}:{number}: {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "the system's own clients know their registries: {wrong:#?}");
}

#[test]
fn no_machine_is_assumed() {
    let ours = format!("/{}/", "work");
    for (path, text) in files(&[".rs", ".toml", ".md", "Makefile", "run"]) {
        let lines: Vec<usize> = lines_with(&text, &ours).map(|(number, _)| number).collect();
        assert!(lines.is_empty(), "{path} names a folder of one machine in lines {lines:?}");
    }
}

fn lines_with<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    (1..).zip(text.lines()).filter(move |(_, line)| line.contains(word))
}
