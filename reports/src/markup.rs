//! Untrusted texts in Markdown.

use crate::text::{clipped, parts};

/// Characters of one untrusted text.
const TEXT: usize = 500;

/// A sentence whose parts between back-ticks are code: as an element, because within
/// Markdown's own back-ticks nothing can be escaped.
pub(crate) fn prose(sentence: &str) -> String {
    let parts = parts(sentence).into_iter().map(|part| {
        let text = escaped(&part.text);
        if part.code { format!("<code>{text}</code>") } else { text }
    });
    parts.collect::<Vec<_>>().concat()
}

/// An untrusted text as plain words: no character of it is markup.
pub(crate) fn untrusted(text: &str) -> String {
    escaped(&clipped(text, TEXT))
}

/// A visible text without markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // A name after an at sign would notify people.
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => {
                escaped.push('\\');
                escaped.push(character);
            }
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::untrusted;

    #[test]
    fn untrusted_text_is_no_markup() {
        let shown = untrusted("a|b `c` [x](y) <img src=x onerror=y> @all\n# head\u{202e}");
        let expected =
            "a\\|b \\`c\\` \\[x\\](y) &lt;img src=x onerror=y&gt; &#64;all\\\\n\\# head\\\\u{202e}";
        assert_eq!(shown, expected);
    }
}
