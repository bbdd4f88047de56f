//! What the documentation says of anomalies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stormglass_checkers::registry::{CheckerEntry, checkers};

use super::Guarantee;

/// Every checker's page.
const PAGES: [(&str, &str); 10] = [
    ("durability", include_str!("../../../../docs/checkers/durability.md")),
    ("linearizability", include_str!("../../../../docs/checkers/linearizability.md")),
    ("append", include_str!("../../../../docs/checkers/append.md")),
    ("convergence", include_str!("../../../../docs/checkers/convergence.md")),
    ("revisions", include_str!("../../../../docs/checkers/revisions.md")),
    ("watch", include_str!("../../../../docs/checkers/watch.md")),
    ("leases", include_str!("../../../../docs/checkers/leases.md")),
    ("locks", include_str!("../../../../docs/checkers/locks.md")),
    ("availability", include_str!("../../../../docs/checkers/availability.md")),
    ("logs", include_str!("../../../../docs/checkers/logs.md")),
];
const GUARANTEES: &str = include_str!("../../../../docs/guarantees.md");
const PICTURES: &str = include_str!("../../../../docs/anomalies.toml");
/// What begins the number of a guarantee.
const LETTERS: [char; 5] = ['K', 'W', 'L', 'F', 'A'];

/// An anomaly, explained.
#[derive(Debug, Serialize)]
pub(super) struct Anomaly {
    pub(super) name: String,
    pub(super) checker: String,
    pub(super) meaning: String,
    pub(super) picture: Vec<String>,
    pub(super) guarantees: Vec<Guarantee>,
    pub(super) known_bugs: Vec<KnownBug>,
    /// The page, in the repository.
    pub(super) page: String,
}

/// A bug of a released etcd.
#[derive(Debug, Serialize)]
pub(super) struct KnownBug {
    /// Its issue's number in etcd's repository.
    pub(super) issue: u32,
    pub(super) what: String,
    pub(super) fixed: String,
    pub(super) seen: String,
}

#[derive(Deserialize)]
struct Pictures {
    bug: BTreeMap<String, Bug>,
    anomaly: BTreeMap<String, Picture>,
}

#[derive(Deserialize)]
struct Bug {
    what: String,
    fixed: String,
    seen: String,
}

#[derive(Deserialize)]
struct Picture {
    picture: Vec<String>,
    bugs: Vec<u32>,
}

/// The documentation, opened.
pub(super) struct Book {
    pictures: Pictures,
}

impl Book {
    /// Reads what is compiled in.
    pub(super) fn open() -> Result<Self, toml::de::Error> {
        Ok(Self { pictures: toml::from_str(PICTURES)? })
    }

    /// Every anomaly that a checker can find.
    pub(super) fn names() -> Vec<&'static str> {
        checkers().iter().flat_map(|entry| entry.anomalies).copied().collect()
    }

    /// One of them, explained.
    pub(super) fn find(&self, name: &str) -> Option<Anomaly> {
        let entry = checkers().iter().find(|entry| entry.anomalies.contains(&name))?;
        let (_, page) = PAGES.iter().find(|(checker, _)| *checker == entry.name)?;
        let cells = row(page, name)?;
        let picture = self.pictures.anomaly.get(name)?;
        Some(Anomaly {
            name: name.to_owned(),
            checker: entry.name.to_owned(),
            meaning: sentence(cells.last()?),
            picture: picture.picture.clone(),
            guarantees: guarantees(entry, &cells),
            known_bugs: picture.bugs.iter().filter_map(|issue| self.bug(*issue)).collect(),
            page: format!("docs/checkers/{}.md", entry.name),
        })
    }

    fn bug(&self, issue: u32) -> Option<KnownBug> {
        let Bug { what, fixed, seen } = self.pictures.bug.get(&issue.to_string())?;
        let [what, fixed, seen] = [what, fixed, seen].map(ToOwned::to_owned);
        Some(KnownBug { issue, what, fixed, seen })
    }
}

/// A cell of a table as a sentence: the guarantees' numbers at its end are told elsewhere.
fn sentence(cell: &str) -> String {
    let bare = match cell.rfind(" (") {
        Some(begin) if cell[begin + 2..].starts_with(LETTERS) && cell.ends_with(')') => {
            &cell[..begin]
        }
        _ => cell,
    };
    let mut letters = bare.chars();
    let first = letters.next().map(char::to_uppercase);
    let mut text: String = first.into_iter().flatten().chain(letters).collect();
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// The cells of the row of a page's table of anomalies that has this name in its first.
fn row<'a>(page: &'a str, name: &str) -> Option<Vec<&'a str>> {
    let quoted = format!("`{name}`");
    page.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>())
        .find(|cells| cells.first().is_some_and(|first| first.contains(&quoted)))
}

/// Those that the row names, or else the checker's own where it has one.
fn guarantees(entry: &CheckerEntry, cells: &[&str]) -> Vec<Guarantee> {
    let text = cells.get(1..).unwrap_or_default().join(" ");
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let mut numbers: Vec<&str> = words.filter(|word| is_number(word)).collect();
    numbers.dedup();
    if numbers.is_empty() && entry.guarantees.len() == 1 {
        numbers = entry.guarantees.to_vec();
    }
    let found =
        |number: &str| Some(Guarantee { number: number.to_owned(), text: guarantee(number)? });
    numbers.into_iter().filter_map(found).collect()
}

/// Whether a word is the number of a guarantee: `K10`.
fn is_number(word: &str) -> bool {
    word.strip_prefix(LETTERS)
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|digit| digit.is_ascii_digit()))
}

/// What a guarantee promises, in one line.
fn guarantee(number: &str) -> Option<String> {
    let begin = format!("- **{number} ");
    let from = GUARANTEES.find(&begin)?;
    let rest = &GUARANTEES[from + begin.len()..];
    let end = ["\n- ", "\n\n"].iter().filter_map(|end| rest.find(end)).min();
    let text = rest.get(..end.unwrap_or(rest.len()))?.replace(['*', '†'], "");
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_anomaly_is_explained_with_a_picture_and_a_guarantee() {
        let book = Book::open().expect("the pictures are well-formed");
        for name in Book::names() {
            let anomaly = book.find(name).unwrap_or_else(|| panic!("{name} is not explained"));
            assert!(anomaly.meaning.len() > 15, "{name}: {}", anomaly.meaning);
            assert!(!anomaly.guarantees.is_empty(), "{name} breaks no guarantee");
            let wrong = anomaly.picture.iter().filter(|step| step.ends_with(" !")).count();
            assert_eq!(wrong, 1, "{name}: one step contradicts the others");
            assert!(anomaly.picture.iter().all(|step| step.contains(": ")), "{name}");
        }
    }

    #[test]
    fn nothing_is_explained_that_nobody_finds_and_no_bug_is_named_in_vain() {
        let book = Book::open().expect("the pictures are well-formed");
        let names = Book::names();
        let unknown: Vec<&String> =
            book.pictures.anomaly.keys().filter(|name| !names.contains(&name.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        for (name, picture) in &book.pictures.anomaly {
            for issue in &picture.bugs {
                assert!(book.bug(*issue).is_some(), "{name} names #{issue}");
            }
        }
        for issue in book.pictures.bug.keys() {
            let shown =
                |picture: &Picture| picture.bugs.iter().any(|bug| bug.to_string() == *issue);
            assert!(book.pictures.anomaly.values().any(shown), "#{issue} shows nowhere");
        }
    }

    #[test]
    fn guarantees_are_told_by_their_numbers() {
        let book = Book::open().expect("the pictures are well-formed");
        let read = book.find("stale-read").expect("it is explained");
        assert_eq!(read.guarantees.len(), 1);
        assert_eq!(read.guarantees[0].number, "K1");
        assert!(read.guarantees[0].text.starts_with("Real time. If one operation completes"));
        assert_eq!(read.known_bugs[0].issue, 20418);
    }
}
