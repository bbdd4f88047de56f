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
        character if character.is_ascii() => 0.62,
        '\u{80}'..='\u{2fff}' => 0.75,
        _ => 1.05,
    }
}

/// How many characters of ordinary text fit into a width.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small number of characters; a negative width holds none"
)]
pub(crate) fn characters_within(width: f64, size: f64) -> usize {
    (width / (0.62 * size)).max(0.0) as usize
}
