//! How wide texts will be, roughly: there are no fonts here, so widths are those of the
//! widest of the usual fonts, and a label has rather too much room than too little.

/// Size of labels in drawings, in pixels.
pub(crate) const LABEL: f64 = 12.0;

/// Width of a text of the given size in pixels, at most.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().map(|character| share(character) * size).sum()
}

/// Width of a character as a share of the text's size.
fn share(character: char) -> f64 {
    match character {
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '<' | '>' | '=' | '+' | '~' => 1.0,
        character if character.is_ascii() => 0.62,
        '\u{80}'..='\u{2fff}' => 0.75,
        _ => 1.05,
    }
}

/// The text, or its beginning with an ellipsis where it is wider than `room` pixels.
pub(crate) fn fitted(text: &str, room: f64, size: f64) -> String {
    if text_width(text, size) <= room {
        return text.to_owned();
    }
    let mut width = share('…') * size;
    let kept = text.chars().take_while(|character| {
        width += share(*character) * size;
        width <= room
    });
    let kept: String = kept.collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_or_are_cut() {
        assert_eq!(fitted("kill", 200.0, LABEL), "kill");
        let cut = fitted("<<<<<<<<<<<<<<<<<<<<", 60.0, LABEL);
        assert!(cut.ends_with('…') && text_width(&cut, LABEL) <= 60.0, "{cut}");
        assert_eq!(fitted("anything", 0.0, LABEL), "…");
    }
}
