//! Texts that come again and again, each once.

use std::collections::BTreeMap;

use crate::text::visible;

/// A table of texts. The page's script shows them as text and never reads them as markup.
#[derive(Debug, Default)]
pub(super) struct Texts {
    all: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Texts {
    /// The place of a text that may be anybody's, made visible.
    pub(super) fn place(&mut self, text: &str) -> usize {
        let text = visible(text);
        if let Some(place) = self.places.get(&text) {
            return *place;
        }
        self.places.insert(text.clone(), self.all.len());
        self.all.push(text);
        self.all.len() - 1
    }

    /// All of them, in the order of their places.
    pub(super) fn into_all(self) -> Vec<String> {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::Texts;

    #[test]
    fn a_text_is_kept_once_and_visible() {
        let mut texts = Texts::default();
        let places = ["a", "b\u{202e}", "a"].map(|text| texts.place(text));
        assert_eq!(places, [0, 1, 0]);
        assert_eq!(texts.into_all(), ["a", "b\\u{202e}"]);
    }
}
