//! A small picture of an anomaly: a lane for each step, later ones further right.

use super::super::style::{Style, Tone};

/// How much further right the next step begins.
const LATER: usize = 3;
const CONTRADICTS: &str = " !";

/// The steps, `who: what`, as lines. The one that contradicts the others ends with `!`.
pub(super) fn drawn(steps: &[String], style: Style) -> Vec<String> {
    let parts: Vec<(&str, &str)> =
        steps.iter().map(|step| step.split_once(": ").unwrap_or(("", step))).collect();
    let widest = parts.iter().map(|(who, _)| who.chars().count()).max().unwrap_or(0);
    let line = |(place, (who, what)): (usize, (&str, &str))| {
        let padding = " ".repeat(widest - who.chars().count());
        let offset = " ".repeat(LATER * place);
        match what.strip_suffix(CONTRADICTS) {
            Some(what) => {
                let what = style.paint(Tone::Bad, &format!("✕ {what}"));
                format!("  {who}{padding} │{offset} {what}")
            }
            None => format!("  {who}{padding} │{offset} ● {what}"),
        }
    };
    parts.into_iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_aligned_and_time_goes_to_the_right() {
        let steps = ["p1: put k = b → ok".to_owned(), "reader: read k → a !".to_owned()];
        let lines = drawn(&steps, Style::plain());
        assert_eq!(lines, ["  p1     │ ● put k = b → ok", "  reader │    ✕ read k → a"]);
    }
}
