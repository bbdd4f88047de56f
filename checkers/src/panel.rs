//! A stored history, judged on several threads at once.
//!
//! One thread reads; of the checkers, those that take long have a thread each, and the rest
//! share one (the benchmark `file` measures which take how long). What comes of it is what
//! one judge would say.

use std::collections::VecDeque;
use std::io::BufRead;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};

use crate::checker::CheckContext;
use crate::history::{CodecError, Event, History, HistoryReader, Line, Structure};
use crate::judge::{Admission, Sitting};
use crate::registry::CheckerEntry;
use crate::verdict::{Judgement, Verdict};

/// Events that are handed on at a time.
const BLOCK_EVENTS: usize = 1024;
/// Blocks that a thread may be behind: reading waits for the slowest one.
const BLOCKS_AHEAD: usize = 16;
/// The checkers that have a thread each.
const ALONE: &[&str] = &["durability", "linearizability", "revisions", "watch", "leases"];

/// Events on their way to every thread.
#[derive(Clone)]
struct Block {
    events: Arc<Vec<Arc<Event>>>,
    /// So many of them, from the first, are to be judged.
    admitted: usize,
}

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
    let mut blocks = Vec::new();
    let mut torn = None;
    let judgement = judged(reader, entries, context, |read| match read {
        Read::Block(events) => blocks.push(Arc::clone(events)),
        Read::Torn(line) => torn = Some(line),
    })?;
    let mut structure = Structure::default();
    for block in blocks {
        // Every thread has ended, so nobody else holds it.
        let events = Arc::unwrap_or_clone(block).into_iter();
        events.for_each(|event| history.push(Arc::unwrap_or_clone(event), &mut structure));
    }
    history.torn = torn;
    Ok((judgement, history))
}

/// What the reading thread tells of.
enum Read<'a> {
    Block(&'a Arc<Vec<Arc<Event>>>),
    Torn(u64),
}

fn judged<R: BufRead>(
    reader: HistoryReader<R>,
    entries: &[CheckerEntry],
    context: &CheckContext,
    keep: impl FnMut(Read<'_>),
) -> Result<Judgement, CodecError> {
    let mut admission = Admission::new(context);
    thread::scope(|scope| {
        let start = |entries: Vec<CheckerEntry>| {
            let (sender, blocks) = sync_channel(BLOCKS_AHEAD);
            (sender, scope.spawn(move || judged_by(&entries, context, &blocks)))
        };
        let (senders, threads): (Vec<_>, Vec<_>) = groups(entries).into_iter().map(start).unzip();
        let torn = read(reader, &mut admission, &senders, keep);
        // That ends the threads.
        drop(senders);
        let mut verdicts: Vec<Verdict> = threads.into_iter().flat_map(joined).collect();
        let place = |verdict: &Verdict| entries.iter().position(|one| one.name == verdict.checker);
        verdicts.sort_by_key(place);
        Ok(admission.judgement(verdicts, torn?))
    })
}

/// The checkers of each thread.
fn groups(entries: &[CheckerEntry]) -> Vec<Vec<CheckerEntry>> {
    let (alone, others): (Vec<CheckerEntry>, Vec<CheckerEntry>) =
        entries.iter().partition(|entry| ALONE.contains(&entry.name));
    let mut groups: Vec<Vec<CheckerEntry>> = alone.into_iter().map(|entry| vec![entry]).collect();
    groups.extend((!others.is_empty()).then_some(others));
    groups
}

/// Reads to the end, or to the first error; the number of a torn last line.
fn read<R: BufRead>(
    reader: HistoryReader<R>,
    admission: &mut Admission,
    threads: &[SyncSender<Block>],
    mut keep: impl FnMut(Read<'_>),
) -> Result<Option<u64>, CodecError> {
    let mut torn = None;
    let mut events = Vec::with_capacity(BLOCK_EVENTS);
    // Memory is cheapest to have again where it was given away: what every thread is done
    // with is freed here, not by the last of them.
    let mut under_way = VecDeque::new();
    let mut hand_on = |events: Vec<Arc<Event>>| {
        let admitted = events.iter().take_while(|event| admission.admits(event)).count();
        let block = Block { events: Arc::new(events), admitted };
        keep(Read::Block(&block.events));
        for thread in threads {
            // One that is gone has panicked, which joining it tells.
            drop(thread.send(block.clone()));
        }
        under_way.push_back(block.events);
        while under_way.front().is_some_and(|events| Arc::strong_count(events) == 1) {
            under_way.pop_front();
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

fn judged_by(
    entries: &[CheckerEntry],
    context: &CheckContext,
    blocks: &Receiver<Block>,
) -> Vec<Verdict> {
    let mut sitting = Sitting::new(entries, context);
    for Block { events, admitted } in blocks {
        events[..admitted].iter().for_each(|event| sitting.observe(event));
    }
    sitting.finish()
}

fn joined(thread: ScopedJoinHandle<'_, Vec<Verdict>>) -> Vec<Verdict> {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}
