//! A line, word by word, with the column of each.

use super::fault::Malformed;

/// The rest of a line that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    line: usize,
    whole: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    /// The lines of a file that are not blank, by their numbers.
    ///
    /// # Errors
    /// The first byte that is no UTF-8.
    pub(super) fn lines(bytes: &'a [u8]) -> Result<impl Iterator<Item = Self>, Malformed> {
        let text = str::from_utf8(bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let line = before.split(|byte| *byte == b'\n').count();
            let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let column = before.len() - start + 1;
            Malformed { line, column, message: "this is no UTF-8 text".to_owned() }
        })?;
        let lines = (1..).zip(text.lines()).map(|(line, whole)| Self { line, whole, at: 0 });
        Ok(lines.filter(|words| !words.whole.trim().is_empty()))
    }

    /// The line's number, from 1.
    pub(super) fn line(self) -> usize {
        self.line
    }

    /// What is wrong where the next word begins.
    pub(super) fn malformed(self, message: impl Into<String>) -> Malformed {
        let space = self.rest().len() - self.rest().trim_start().len();
        Malformed { line: self.line, column: self.at + space + 1, message: message.into() }
    }

    /// The next word, up to white space.
    pub(super) fn word(&mut self) -> &'a str {
        let rest = self.rest().trim_start();
        let start = self.whole.len() - rest.len();
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.at = start + length;
        &rest[..length]
    }

    /// Whether nothing but white space is left.
    pub(super) fn is_over(self) -> bool {
        self.rest().trim().is_empty()
    }

    /// Whether the next word begins with a letter.
    pub(super) fn is_at(self, letter: char) -> bool {
        self.rest().trim_start().starts_with(letter)
    }

    /// Reads a piece of text, behind white space.
    ///
    /// # Errors
    /// It is not there.
    pub(super) fn expect(&mut self, piece: &str) -> Result<(), Malformed> {
        let rest = self.rest().trim_start();
        if !rest.starts_with(piece) {
            return Err(self.malformed(format!("`{piece}` is expected here")));
        }
        self.at = self.whole.len() - rest.len() + piece.len();
        Ok(())
    }

    /// Reads one of some pieces of text, behind white space.
    ///
    /// # Errors
    /// None is there.
    pub(super) fn one_of(&mut self, pieces: &[&'static str]) -> Result<&'static str, Malformed> {
        let rest = self.rest().trim_start();
        if let Some(piece) = pieces.iter().find(|piece| rest.starts_with(**piece)) {
            return self.expect(piece).map(|()| *piece);
        }
        let pieces: Vec<String> = pieces.iter().map(|piece| format!("`{piece}`")).collect();
        Err(self.malformed(format!("one of {} is expected here", pieces.join(", "))))
    }

    /// Reads a number, behind white space.
    ///
    /// # Errors
    /// There is none, or it is too large.
    pub(super) fn number<T: std::str::FromStr>(&mut self) -> Result<T, Malformed> {
        let rest = self.rest().trim_start();
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let length = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        let length = length + (rest.len() - digits.len());
        let number = rest[..length].parse();
        let number = number.map_err(|_| self.malformed("a number is expected here"))?;
        self.at = self.whole.len() - rest.len() + length;
        Ok(number)
    }

    /// Reads a text in quotation marks, behind white space, with `\"`, `\\`, `\n`, `\t`
    /// and `\r` for what they stand for elsewhere.
    ///
    /// # Errors
    /// It is not there, or does not end, or has another escape.
    pub(super) fn quoted(&mut self) -> Result<String, Malformed> {
        let begin = *self;
        self.expect("\"")?;
        let mut text = String::new();
        let mut letters = self.rest().char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.at += at + 1;
                    return Ok(text);
                }
                '\\' => match letters.next() {
                    Some((_, same @ ('"' | '\\'))) => text.push(same),
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, 'r')) => text.push('\r'),
                    _ => {
                        self.at += at;
                        return Err(self.malformed("this escape is not known"));
                    }
                },
                other => text.push(other),
            }
        }
        Err(begin.malformed("a text in quotation marks does not end"))
    }

    fn rest(self) -> &'a str {
        &self.whole[self.at..]
    }
}
