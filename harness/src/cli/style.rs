//! Colours of results, never as the only bearer of a meaning.

use std::env;
use std::ffi::OsStr;
use std::io::{self, IsTerminal as _};

/// What a text is, for its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    /// Text.
    #[default]
    Plain,
    /// A heading or a name.
    Strong,
    /// Something that works.
    Good,
    /// Something that does not.
    Bad,
}

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    coloured: bool,
}

impl Style {
    /// For standard output: coloured on a terminal, unless `NO_COLOR` or `CLICOLOR_FORCE` says
    /// otherwise.
    pub(super) fn of_stdout() -> Self {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
        let terminal =
            io::stdout().is_terminal() && variable("TERM").is_none_or(|term| term != "dumb");
        let forced = variable("CLICOLOR_FORCE");
        Self { coloured: coloured(variable("NO_COLOR").is_some(), forced.as_deref(), terminal) }
    }

    /// No colour at all.
    #[cfg(test)]
    pub(super) const fn plain() -> Self {
        Self { coloured: false }
    }

    /// The text, coloured where that is wanted.
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Strong => "1",
            Tone::Good => "32",
            Tone::Bad => "33",
            Tone::Plain => return text.to_owned(),
        };
        if self.coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// `NO_COLOR` wins, as its convention asks; `CLICOLOR_FORCE=0` forces nothing.
fn coloured(no_color: bool, forced: Option<&OsStr>, terminal: bool) -> bool {
    !no_color && (terminal || forced.is_some_and(|value| value != "0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_win_over_the_terminal() {
        assert!(coloured(false, None, true));
        assert!(!coloured(false, None, false));
        assert!(coloured(false, Some(OsStr::new("1")), false));
        assert!(!coloured(false, Some(OsStr::new("0")), false));
        assert!(!coloured(true, Some(OsStr::new("1")), true));
    }

    #[test]
    fn plain_text_is_left_as_it_is() {
        let style = Style { coloured: true };
        assert_eq!(style.paint(Tone::Plain, "x"), "x");
        assert_eq!(style.paint(Tone::Good, "x"), "\u{1b}[32mx\u{1b}[0m");
        assert_eq!(Style::plain().paint(Tone::Good, "x"), "x");
    }
}
