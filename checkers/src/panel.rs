//! A stored history, judged on several threads at once.
//!
//! One thread reads, two judge. On two cores that takes about three quarters of the time
//! that a reading and one judging thread take (the benchmark `file` measures it), though
//! one checker alone is a small part of the judging. What comes of it is what one judge
//! would say.

use std::io::BufRead;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};

use crate::checker::CheckContext;
use crate::history::{CodecError, Event, History, HistoryReader, Line, Structure};
use crate::judge::{Conclusion, Judge};
use crate::registry::CheckerEntry;
use crate::verdict::Judgement;

/// Events that are handed on at a time.
const BLOCK_EVENTS: usize = 1024;
/// Blocks that a judge may be behind: reading waits for the slower one.
const BLOCKS_AHEAD: usize = 16;
/// The checker that has a thread of its own.
const ALONE: &str = "linearizability";

/// Events on their way to both judges.
type Block = Arc<Vec<Arc<Event>>>;

/// Judges a history with these checkers while it is read.
///
/// # Errors
/// When the medium fails or what it holds is not the format: the first such error, and
/// then there is no judgement.
pub fn judge<R: BufRead>(
    reader: HistoryReader<R>,
    entries: &[CheckerEntry],
    context: &CheckContext,
) -> Result<Judgement, CodecError> {
    judged(reader, entries, context, |_| {})
}

/// The same, and keeps the history that was read, for those who draw it.
///
/// # Errors
/// As [`judge`].
pub fn judge_and_keep<R: BufRead>(
    reader: HistoryReader<R>,
    entries: &[CheckerEntry],
    context: &CheckContext,
) -> Result<(Judgement, History), CodecError> {
    let mut history = History::of(reader.preamble().clone());
    let mut blocks: Vec<Block> = Vec::new();
    let mut torn = None;
    let judgement = judged(reader, entries, context, |read| match read {
        Read::Block(block) => blocks.push(Arc::clone(block)),
        Read::Torn(line) => torn = Some(line),
    })?;
    let mut structure = Structure::default();
    for block in blocks {
        // Both judges have ended, so nobody else holds it.
        let events = Arc::unwrap_or_clone(block).into_iter();
        events.for_each(|event| history.push(Arc::unwrap_or_clone(event), &mut structure));
    }
    history.torn = torn;
    Ok((judgement, history))
}

/// What the reading thread tells of.
enum Read<'a> {
    Block(&'a Block),
    Torn(u64),
}

fn judged<R: BufRead>(
    reader: HistoryReader<R>,
    entries: &[CheckerEntry],
    context: &CheckContext,
    keep: impl FnMut(Read<'_>),
) -> Result<Judgement, CodecError> {
    let (one, other): (Vec<CheckerEntry>, Vec<CheckerEntry>) =
        entries.iter().partition(|entry| entry.name == ALONE);
    thread::scope(|scope| {
        let start = |entries: Vec<CheckerEntry>| {
            let (sender, blocks) = sync_channel(BLOCKS_AHEAD);
            (sender, scope.spawn(move || conclude(&entries, context, &blocks)))
        };
        let ((to_one, one), (to_other, other)) = (start(one), start(other));
        let read = read(reader, &[to_one, to_other], keep);
        let conclusion = joined(one).joined(joined(other), entries);
        Ok(conclusion.judgement(read?))
    })
}

/// Reads to the end, or to the first error; the number of a torn last line. The senders
/// are dropped with that, which ends the judges.
fn read<R: BufRead>(
    reader: HistoryReader<R>,
    judges: &[SyncSender<Block>; 2],
    mut keep: impl FnMut(Read<'_>),
) -> Result<Option<u64>, CodecError> {
    let mut torn = None;
    let mut events = Vec::with_capacity(BLOCK_EVENTS);
    let mut hand_on = |events: Vec<Arc<Event>>| {
        let block = Arc::new(events);
        keep(Read::Block(&block));
        for judge in judges {
            // A judge that is gone has panicked, which joining it tells.
            drop(judge.send(Arc::clone(&block)));
        }
    };
    for line in reader {
        match line? {
            Line::Event(event) => events.push(Arc::new(event)),
            Line::Torn { line } => torn = Some(line),
        }
        if events.len() == BLOCK_EVENTS {
            hand_on(std::mem::replace(&mut events, Vec::with_capacity(BLOCK_EVENTS)));
        }
    }
    hand_on(events);
    if let Some(line) = torn {
        keep(Read::Torn(line));
    }
    Ok(torn)
}

fn conclude(
    entries: &[CheckerEntry],
    context: &CheckContext,
    blocks: &Receiver<Block>,
) -> Conclusion {
    let mut judge = Judge::with(entries, context);
    for block in blocks {
        block.iter().for_each(|event| judge.observe(event));
    }
    judge.conclude()
}

fn joined(judge: ScopedJoinHandle<'_, Conclusion>) -> Conclusion {
    judge.join().unwrap_or_else(|panic| resume_unwind(panic))
}
