//! `explain`: what an anomaly means.
//!
//! Everything comes from the documentation, which is compiled in: the checkers' pages, the page of
//! guarantees, and `docs/anomalies.toml` for pictures and known bugs.

mod book;
mod picture;

use serde::Serialize;

use self::book::{Anomaly, Book};
use super::args::Format;
use super::error::CommandError;
use super::output;
use super::reading_args::ExplainArgs;
use super::style::{Style, Tone};
use super::table::{Cell, Table};
use crate::exit::ExitCode;

/// Lines for people are at most so wide.
const WIDTH: usize = 92;

/// Explains one anomaly.
pub(super) fn explain(args: &ExplainArgs, format: Format) -> Result<ExitCode, CommandError> {
    let book = Book::open().map_err(CommandError::bug)?;
    let Some(name) = &args.anomaly else { return list(&book, format) };
    let anomaly = book.find(name).ok_or_else(|| unknown(name))?;
    match format {
        Format::Json => output::json(&anomaly),
        Format::Human => output::lines(&lines(&anomaly, Style::of_stdout())),
    }
}

/// Every anomaly with what it means, in the order in which checkers tell them.
fn list(book: &Book, format: Format) -> Result<ExitCode, CommandError> {
    let all: Vec<Anomaly> = Book::names().into_iter().filter_map(|name| book.find(name)).collect();
    if format == Format::Json {
        return output::json(&all);
    }
    let mut table = Table::new(["ANOMALY", "CHECKER", "MEANING"]);
    for anomaly in all {
        let name = Cell::toned(Tone::Strong, anomaly.name);
        table.row([name, anomaly.checker.into(), anomaly.meaning.into()]);
    }
    output::lines(&table.lines(Style::of_stdout()))
}

fn unknown(wanted: &str) -> CommandError {
    let names = Book::names();
    let mut near: Vec<&str> = names.clone();
    near.sort_by_key(|name| strsim::levenshtein(name, wanted));
    near.truncate(3);
    CommandError::usage(format!(
        "there is no anomaly `{wanted}`: did you mean {}? `stormglass explain` names all {}",
        near.join(", "),
        names.len()
    ))
}

fn lines(anomaly: &Anomaly, style: Style) -> Vec<String> {
    let mut lines = vec![format!(
        "{}  (checker `{}`)",
        style.paint(Tone::Strong, &anomaly.name),
        anomaly.checker
    )];
    lines.push(String::new());
    lines.extend(wrapped(&anomaly.meaning, ""));
    lines.push(String::new());
    lines.extend(picture::drawn(&anomaly.picture, style));
    for guarantee in &anomaly.guarantees {
        lines.push(String::new());
        lines.extend(wrapped(&format!("{} {}", guarantee.number, guarantee.text), "    "));
    }
    lines.push(String::new());
    if anomaly.known_bugs.is_empty() {
        lines.push("No release is known here that shows it.".to_owned());
    } else {
        lines.push("Known bugs of etcd that show it:".to_owned());
    }
    for bug in &anomaly.known_bugs {
        let text =
            format!("#{}: {}; seen on {}, fixed in {}", bug.issue, bug.what, bug.seen, bug.fixed);
        lines.extend(wrapped(&format!("  {text}"), "      "));
    }
    lines.push(String::new());
    lines.push(format!("More, with a witness and the limits: {}", anomaly.page));
    lines
}

/// A text in lines that fit, all but the first indented.
fn wrapped(text: &str, indent: &str) -> Vec<String> {
    let start = &text[..text.len() - text.trim_start().len()];
    let mut lines = vec![start.to_owned()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > indent.len().max(start.len()) && line + 1 + word.chars().count() > WIDTH {
            lines.push(indent.to_owned());
        }
        if let Some(line) = lines.last_mut() {
            if !line.trim().is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[derive(Debug, Serialize)]
struct Guarantee {
    number: String,
    text: String,
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn long_texts_are_cut_between_words() {
        let lines = wrapped(&format!("  {}", "word ".repeat(40)), "      ");
        assert!(
            lines.len() > 1 && lines[0].starts_with("  word") && lines[1].starts_with("      word")
        );
        assert!(
            lines.iter().all(|line| line.chars().count() <= super::WIDTH && !line.ends_with(' '))
        );
    }
}
