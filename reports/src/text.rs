//! Texts for people: untrusted ones made visible, numbers and times made readable.

use stormglass_checkers::history::Nanos;

/// How many characters of one untrusted text are shown; the files have the rest.
const LONGEST: usize = 600;

/// An untrusted text with every control character, bidirectional mark and other
/// invisible character shown as an escape, cut to a readable length.
///
/// Quotes and backslashes stay: texts that hold keys and values have them escaped
/// already. Escaping markup is each format's own business.
pub(crate) fn visible(text: &str) -> String {
    clipped(text, LONGEST)
}

/// As [`visible`], without a limit on the length.
pub(crate) fn visible_whole(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(['"', '\'', '\\']) {
        let plain = piece.trim_end_matches(['"', '\'', '\\']);
        shown.extend(plain.escape_debug());
        shown.push_str(&piece[plain.len()..]);
    }
    shown
}

/// As [`visible`], cut to `longest` characters.
pub(crate) fn clipped(text: &str, longest: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(longest) else {
        return visible_whole(text);
    };
    let left_out = text[end..].chars().count();
    format!("{}… ({} more characters)", visible_whole(&text[..end]), grouped(left_out as u64))
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Whether it stood between back-ticks.
    pub(crate) code: bool,
    /// The text, without them.
    pub(crate) text: String,
}

/// A sentence split at its back-ticks. A lone back-tick stays as it is.
pub(crate) fn parts(sentence: &str) -> Vec<Part> {
    let sentence = visible(sentence);
    if sentence.matches('`').count() % 2 == 1 {
        return vec![Part { code: false, text: sentence }];
    }
    let split = sentence.split('`').enumerate();
    split
        .filter(|(_, text)| !text.is_empty())
        .map(|(place, text)| Part { code: place % 2 == 1, text: text.to_owned() })
        .collect()
}

/// A sentence with a capital at its beginning, unless that may be a key or a member.
pub(crate) fn opened(sentence: &str) -> String {
    const WORDS: [&str; 6] = ["after ", "at ", "key ", "lease ", "the ", "watch "];
    let is_word = WORDS.iter().any(|word| sentence.starts_with(word));
    let mut characters = sentence.chars();
    match characters.next().filter(|_| is_word) {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => sentence.to_owned(),
    }
}

/// A whole number with its thousands apart: `48,211`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 finding`, `2,000 findings`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number as u64), if number == 1 { one } else { many })
}

/// A moment of the run in seconds: `41.203 s`.
pub(crate) fn moment(at: Nanos) -> String {
    let milliseconds = at.0 / 1_000_000;
    format!("{}.{:03} s", grouped(milliseconds / 1000), milliseconds % 1000)
}

/// A moment of the run to the microsecond: `41.203118 s`.
pub(crate) fn fine_moment(at: Nanos) -> String {
    let microseconds = at.0 / 1000;
    format!("{}.{:06} s", grouped(microseconds / 1_000_000), microseconds % 1_000_000)
}

/// How to write the moments of a few events: to the microsecond where some of them would
/// otherwise look the same.
pub(crate) fn moments(times: impl Iterator<Item = Nanos>) -> fn(Nanos) -> String {
    let mut times: Vec<Nanos> = times.collect();
    times.sort_unstable();
    times.dedup();
    let close = times.windows(2).any(|pair| pair[0].0 / 1_000_000 == pair[1].0 / 1_000_000);
    if close { fine_moment } else { moment }
}

/// An argument without the word that the report puts before it, and with a full stop.
pub(crate) fn argument(text: &str, lead: &str) -> String {
    let rest = match text.split_at_checked(lead.len()) {
        Some((first, rest)) if first.eq_ignore_ascii_case(lead) => {
            rest.strip_prefix(' ').unwrap_or(text)
        }
        _ => text,
    };
    let ended = rest.is_empty() || rest.ends_with(['.', '!', '?']);
    if ended { rest.to_owned() } else { format!("{rest}.") }
}

/// A length of time with three significant digits: `812 µs`, `2.31 ms`, `10.7 s`.
pub(crate) fn length(nanos: Nanos) -> String {
    let seconds = nanos.seconds();
    let (value, unit) = match nanos.0 {
        0..1_000_000 => (seconds * 1e6, "µs"),
        1_000_000..1_000_000_000 => (seconds * 1e3, "ms"),
        _ => (seconds, "s"),
    };
    let decimals = match value {
        value if value >= 99.95 => 0,
        value if value >= 9.995 => 1,
        _ => 2,
    };
    let decimals = if unit == "µs" { 0 } else { decimals };
    format!("{value:.decimals$} {unit}")
}

/// A seed as commands take it.
pub(crate) fn seed(seed: u64) -> String {
    format!("{seed:#x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_shown_and_ordinary_ones_left_alone() {
        assert_eq!(visible("a\u{202e}b\u{200f}\u{2066}"), "a\\u{202e}b\\u{200f}\\u{2066}");
        assert_eq!(visible("line\nnext\u{7}\u{feff}"), "line\\nnext\\u{7}\\u{feff}");
        assert_eq!(visible(r#"put k = "4-2\"11" 'x'"#), r#"put k = "4-2\"11" 'x'"#);
        assert_eq!(visible("ключ 鍵 é"), "ключ 鍵 é");
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        let shown = visible(&"x".repeat(10_000));
        assert!(shown.ends_with("… (9,400 more characters)"), "{shown}");
    }

    #[test]
    fn sentences_split_at_pairs_of_back_ticks() {
        let texts: Vec<_> =
            parts("a `b` c").into_iter().map(|part| (part.code, part.text)).collect();
        let expected = [(false, "a "), (true, "b"), (false, " c")];
        assert_eq!(texts, expected.map(|(code, text)| (code, text.to_owned())));
        assert_eq!(parts("a ` b").len(), 1);
    }

    #[test]
    fn moments_that_look_the_same_are_written_finer() {
        let write = |times: &[u64]| moments(times.iter().copied().map(Nanos))(Nanos(1_000_000));
        assert_eq!(write(&[1_000_000, 3_000_000, 3_000_000]), "0.001 s");
        assert_eq!(write(&[1_000_000, 3_000_000, 3_400_000]), "0.001000 s");
    }

    #[test]
    fn the_lead_of_an_argument_is_said_once() {
        assert_eq!(argument("Because the put", "because"), "the put.");
        assert_eq!(argument("the put.", "because"), "the put.");
        assert_eq!(argument("becauseless", "because"), "becauseless.");
        assert_eq!(argument("", "because"), "");
    }

    #[test]
    fn numbers_and_times_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "step", "steps"), "1 step");
        assert_eq!(moment(Nanos(41_203_999_999)), "41.203 s");
        assert_eq!(fine_moment(Nanos(41_203_118_999)), "41.203118 s");
        assert_eq!(length(Nanos(812_345)), "812 µs");
        assert_eq!(length(Nanos(2_309_000)), "2.31 ms");
        assert_eq!(length(Nanos(10_700_000_000)), "10.7 s");
        assert_eq!(length(Nanos(123_000_000_000)), "123 s");
    }
}
