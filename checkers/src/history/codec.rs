//! The file form: JSON Lines, the preamble first, then one event a line.
//!
//! Written as the run goes on, so that a killed harness leaves everything up to its
//! last whole line. A torn last line is therefore expected, and told apart from a file
//! that is not a history.

use std::io::{self, BufRead, Write};

use super::event::Event;
use super::preamble::{Preamble, SCHEMA};

/// Why a history could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The medium failed.
    #[error("the history could not be read or written: {0}")]
    Io(#[from] io::Error),
    /// There is nothing in it.
    #[error("the history is empty: not even its first line was written")]
    Empty,
    /// Line 1 is not a preamble.
    #[error(
        "line 1, column {column}: this is not a Stormglass history ({message}); \
         its first line must be an object with \"stormglass_history\""
    )]
    NotAHistory {
        /// Where, in characters from 1.
        column: usize,
        /// What the parser said.
        message: String,
    },
    /// A newer Stormglass wrote it.
    #[error(
        "this history has format version {found}, and this Stormglass reads up to {SCHEMA}: \
         check it with a newer one"
    )]
    TooNew {
        /// The version it has.
        found: u32,
    },
    /// A line in the middle is not an event.
    #[error("line {line}, column {column}: not an event of the history format ({message})")]
    Malformed {
        /// Which line, from 1.
        line: u64,
        /// Where, in characters from 1.
        column: usize,
        /// What the parser said.
        message: String,
    },
}

/// Writes a history, a line at a time.
pub struct HistoryWriter<W: Write> {
    out: W,
    line: Vec<u8>,
}

impl<W: Write> HistoryWriter<W> {
    /// Begins a history with its preamble.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn new(out: W, preamble: &Preamble) -> Result<Self, CodecError> {
        let mut writer = Self { out, line: Vec::with_capacity(1024) };
        writer.write_line(preamble)?;
        Ok(writer)
    }

    /// Appends an event: one write call, so that a line is whole or torn, never mixed.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn write(&mut self, event: &Event) -> Result<(), CodecError> {
        self.write_line(event)
    }

    /// Hands everything on to the medium.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn flush(&mut self) -> Result<(), CodecError> {
        Ok(self.out.flush()?)
    }

    fn write_line(&mut self, value: &impl serde::Serialize) -> Result<(), CodecError> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, value).map_err(io::Error::from)?;
        self.line.push(b'\n');
        Ok(self.out.write_all(&self.line)?)
    }
}

/// A line of a history after the preamble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// An event.
    Event(Event),
    /// The last line, cut short: its writer was killed.
    Torn {
        /// Which line, from 1.
        line: u64,
    },
}

/// Reads a history.
pub struct HistoryReader<R: BufRead> {
    input: R,
    preamble: Preamble,
    line: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> HistoryReader<R> {
    /// Reads the preamble.
    ///
    /// # Errors
    /// When the medium fails, or line 1 is not the preamble of a version that we read.
    pub fn new(mut input: R) -> Result<Self, CodecError> {
        let mut buffer = Vec::new();
        if input.read_until(b'\n', &mut buffer)? == 0 {
            return Err(CodecError::Empty);
        }
        let preamble: Preamble = serde_json::from_slice(&buffer).map_err(|error| {
            let column = column(&buffer, &error);
            CodecError::NotAHistory { column, message: error.to_string() }
        })?;
        if preamble.stormglass_history > SCHEMA {
            return Err(CodecError::TooNew { found: preamble.stormglass_history });
        }
        Ok(Self { input, preamble, line: 1, buffer })
    }

    /// Line 1.
    pub fn preamble(&self) -> &Preamble {
        &self.preamble
    }

    fn read(&mut self) -> Result<Option<Line>, CodecError> {
        self.buffer.clear();
        if self.input.read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(None);
        }
        self.line += 1;
        let whole = self.buffer.ends_with(b"\n");
        match parsed(&self.buffer) {
            Ok(event) => Ok(Some(Line::Event(event))),
            Err(_) if !whole => Ok(Some(Line::Torn { line: self.line })),
            Err(error) => Err(CodecError::Malformed {
                line: self.line,
                column: column(&self.buffer, &error),
                message: error.to_string(),
            }),
        }
    }
}

/// Text that is known to be UTF-8 as a whole need not be looked at again string by string.
/// A line that is not may still be an event, or is refused with its place.
fn parsed(line: &[u8]) -> serde_json::Result<Event> {
    match std::str::from_utf8(line) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(line),
    }
}

/// Where an error is in a line, in characters from 1. The parser counts bytes, from 0 at an
/// end that comes too early, and takes the line's own end for the beginning of another.
fn column(line: &[u8], error: &serde_json::Error) -> usize {
    let end = line.strip_suffix(b"\n").unwrap_or(line).len();
    let bytes = if error.line() > 1 { end } else { error.column().saturating_sub(1).min(end) };
    String::from_utf8_lossy(&line[..bytes]).chars().count() + 1
}

impl<R: BufRead> Iterator for HistoryReader<R> {
    type Item = Result<Line, CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
