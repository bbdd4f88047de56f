//! Whether a sequence of events is a history at all.
//!
//! Checkers lean on three things: indices are dense, a process has at most one open
//! operation, and every completion has its invocation. A history that breaks them says
//! nothing about the store: its verdict is unknown, never invalid.

use std::collections::BTreeMap;
use std::io::BufRead;

use super::codec::{CodecError, HistoryReader, Line};
use super::event::{Body, Event};
use super::ids::{Nanos, ProcessId};
use super::preamble::Preamble;

/// How a sequence of events fails to be a history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StructureError {
    /// An index is missing or doubled.
    #[error("event {found} stands where event {expected} should: the history is not whole")]
    IndexGap {
        /// The index that should be there.
        expected: u64,
        /// The index that is.
        found: u64,
    },
    /// Time went back.
    #[error("event {index} is older than the one before it: the recorder's clock went back")]
    TimeWentBack {
        /// The younger place with the older time.
        index: u64,
    },
    /// An operation event without a process.
    #[error("event {index} is an operation without a process")]
    NoProcess {
        /// Which event.
        index: u64,
    },
    /// A second invocation before the first completed.
    #[error("event {index}: process {process} invokes while its operation {open} is open")]
    AlreadyOpen {
        /// Which event.
        index: u64,
        /// Whose.
        process: ProcessId,
        /// The operation that is open.
        open: u64,
    },
    /// A completion of nothing.
    #[error("event {index}: process {process} completes an operation it never invoked")]
    NotOpen {
        /// Which event.
        index: u64,
        /// Whose.
        process: ProcessId,
    },
}

/// Checks the structure event by event.
#[derive(Clone, Debug, Default)]
pub struct Structure {
    next: u64,
    last: Nanos,
    open: BTreeMap<ProcessId, u64>,
}

impl Structure {
    /// Takes the next event.
    ///
    /// # Errors
    /// When the events so far are not the beginning of a history.
    pub fn observe(&mut self, event: &Event) -> Result<(), StructureError> {
        let index = event.index;
        if index != self.next {
            return Err(StructureError::IndexGap { expected: self.next, found: index });
        }
        if event.at < self.last {
            return Err(StructureError::TimeWentBack { index });
        }
        self.next += 1;
        self.last = event.at;
        match (&event.body, event.process) {
            (Body::Invoke(_) | Body::Complete(_), None) => Err(StructureError::NoProcess { index }),
            (Body::Invoke(_), Some(process)) => match self.open.insert(process, index) {
                Some(open) => Err(StructureError::AlreadyOpen { index, process, open }),
                None => Ok(()),
            },
            (Body::Complete(_), Some(process)) => match self.open.remove(&process) {
                Some(_) => Ok(()),
                None => Err(StructureError::NotOpen { index, process }),
            },
            _ => Ok(()),
        }
    }
}

/// A whole history in memory.
#[derive(Clone, Debug)]
pub struct History {
    /// Line 1.
    pub preamble: Preamble,
    /// The events, dense from index 0. Where the structure broke, what came before it.
    pub events: Vec<Event>,
    /// The torn last line's number, if there was one.
    pub torn: Option<u64>,
    /// Why the rest was left out, if the structure broke.
    pub broken: Option<StructureError>,
}

impl History {
    /// A history of which only the first line has been read.
    pub(crate) fn of(preamble: Preamble) -> Self {
        Self { preamble, events: Vec::new(), torn: None, broken: None }
    }

    /// Reads a whole history.
    ///
    /// # Errors
    /// When the medium fails or what it holds is not the format.
    pub fn read<R: BufRead>(mut reader: HistoryReader<R>) -> Result<Self, CodecError> {
        let mut history = Self::of(reader.preamble().clone());
        let mut structure = Structure::default();
        for line in &mut reader {
            match line? {
                Line::Torn { line } => history.torn = Some(line),
                Line::Event(event) => history.push(event, &mut structure),
            }
        }
        Ok(history)
    }

    /// Takes the next event, unless the structure is broken already.
    pub(crate) fn push(&mut self, event: Event, structure: &mut Structure) {
        if self.broken.is_some() {
            return;
        }
        match structure.observe(&event) {
            Ok(()) => self.events.push(event),
            Err(error) => self.broken = Some(error),
        }
    }
}
