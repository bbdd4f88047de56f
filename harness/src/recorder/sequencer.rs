//! Puts every event into one order, and on disk before the world can see its effect.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stormglass_checkers::history::{
    Body, CodecError, Event, HistoryWriter, Invoke, MemberIndex, Nanos, Note, Outcome, Preamble,
    ProcessId, Request, WatchEvent, WatchFrame, WatchId,
};

use super::granted::Granted;
use super::moments::Moments;
use super::tally::Tally;
use crate::clock::Clock;

/// Bytes gathered before they are handed to the kernel; an invocation hands over
/// everything at once, because its request must not overtake it.
const BUFFER_BYTES: usize = 256 << 10;

/// Why a history could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The file could not be made.
    #[error("the history {path} could not be made: {source}")]
    Create {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file could not be written any more.
    #[error(
        "the history could not be written ({0}): free some space or choose another directory \
         with --out; what was written so far can still be judged with `stormglass check`"
    )]
    Write(String),
}

/// The recorder of a run. Cheap to clone; all clones write one history.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    sequence: Mutex<Sequence>,
    processes: AtomicU32,
    watches: AtomicU32,
    /// Events so far, for progress displays.
    events: AtomicU64,
    moments: Moments,
    granted: Granted,
    tally: Tally,
}

struct Sequence {
    writer: HistoryWriter<BufWriter<File>>,
    next: u64,
    judge: Option<Sender<Arc<Event>>>,
    /// The first failure to write; the run is stopped for it.
    failure: Option<String>,
}

impl Recorder {
    /// Begins a history in a new file. The receiver gets every event in order, for the
    /// checkers that judge while the run goes on.
    ///
    /// # Errors
    /// When the file cannot be made or its first line not be written.
    pub fn create(
        path: &Path,
        preamble: &Preamble,
        clock: Clock,
    ) -> Result<(Self, Receiver<Arc<Event>>), RecorderError> {
        let file = File::create(path)
            .map_err(|source| RecorderError::Create { path: path.to_owned(), source })?;
        let buffer = BufWriter::with_capacity(BUFFER_BYTES, file);
        let mut writer = HistoryWriter::new(buffer, preamble).map_err(write_error)?;
        writer.flush().map_err(write_error)?;
        let (judge, events) = mpsc::channel();
        let sequence = Sequence { writer, next: 0, judge: Some(judge), failure: None };
        let shared = Shared {
            clock,
            sequence: Mutex::new(sequence),
            processes: AtomicU32::new(0),
            watches: AtomicU32::new(0),
            events: AtomicU64::new(0),
            moments: Moments::default(),
            granted: Granted::default(),
            tally: Tally::default(),
        };
        Ok((Self { shared: Arc::new(shared) }, events))
    }

    /// The run's clock.
    pub fn clock(&self) -> Clock {
        self.shared.clock
    }

    /// A process that nobody has yet.
    pub fn new_process(&self) -> ProcessId {
        ProcessId(self.shared.processes.fetch_add(1, Ordering::Relaxed))
    }

    /// A watch that nobody has yet.
    pub fn new_watch(&self) -> WatchId {
        WatchId(self.shared.watches.fetch_add(1, Ordering::Relaxed))
    }

    /// What passes, for those who wait for it.
    pub fn moments(&self) -> &Moments {
        &self.shared.moments
    }

    /// Leases of the run.
    pub fn granted(&self) -> &Granted {
        &self.shared.granted
    }

    /// What has happened so far.
    pub fn tally(&self) -> &Tally {
        &self.shared.tally
    }

    /// How many events there are so far.
    pub fn event_count(&self) -> u64 {
        self.shared.events.load(Ordering::Relaxed)
    }

    /// Records an invocation and hands everything to the kernel before it returns: only
    /// then may the request go to the wire.
    pub fn invoke(
        &self,
        process: ProcessId,
        member: MemberIndex,
        intended: Nanos,
        request: Request,
    ) -> Arc<Event> {
        let body = Body::Invoke(Invoke { intended, request });
        self.write(Some(process), Some(member), body, true)
    }

    /// Records the end of the process's open operation.
    pub fn complete(
        &self,
        process: ProcessId,
        member: MemberIndex,
        outcome: Outcome,
    ) -> Arc<Event> {
        self.write(Some(process), Some(member), Body::Complete(outcome), false)
    }

    /// Records something about a watch; its opening goes to the kernel at once, as an
    /// invocation does.
    pub fn watch(
        &self,
        process: ProcessId,
        member: MemberIndex,
        watch: WatchId,
        frame: WatchFrame,
    ) -> Arc<Event> {
        let now = matches!(frame, WatchFrame::Open(_) | WatchFrame::Cancel {});
        let body = Body::Watch(WatchEvent { watch, frame });
        self.write(Some(process), Some(member), body, now)
    }

    /// Records something of a member's or the run's surroundings.
    pub fn environment(&self, member: Option<MemberIndex>, body: Body) -> Arc<Event> {
        self.write(None, member, body, true)
    }

    /// Records a measurement.
    pub fn sample(&self, member: Option<MemberIndex>, body: Body) -> Arc<Event> {
        self.write(None, member, body, false)
    }

    /// Records a remark.
    pub fn note(&self, text: impl Into<String>) -> Arc<Event> {
        self.write(None, None, Body::Note(Note { text: text.into() }), false)
    }

    /// The first failure to write, if there was one: the run cannot go on then.
    pub fn failure(&self) -> Option<String> {
        self.lock().failure.clone()
    }

    /// Hands everything to the kernel and lets the judge's stream of events end.
    ///
    /// # Errors
    /// When this or an earlier write failed.
    pub fn finish(&self) -> Result<(), RecorderError> {
        let mut sequence = self.lock();
        sequence.judge = None;
        if let Some(failure) = &sequence.failure {
            return Err(RecorderError::Write(failure.clone()));
        }
        sequence.writer.flush().map_err(write_error)
    }

    fn write(
        &self,
        process: Option<ProcessId>,
        member: Option<MemberIndex>,
        body: Body,
        flush: bool,
    ) -> Arc<Event> {
        let mut sequence = self.lock();
        // Index and time are taken under one lock: their order is the same.
        let index = sequence.next;
        let event = Arc::new(Event { index, at: self.shared.clock.now(), process, member, body });
        sequence.next += 1;
        let written = sequence.writer.write(&event);
        let flushed = if flush { sequence.writer.flush() } else { Ok(()) };
        if let Err(error) = written.and(flushed) {
            sequence.failure.get_or_insert_with(|| error.to_string());
        }
        if let Some(judge) = &sequence.judge {
            // A judge that is gone has crashed; the file is judged again afterwards.
            let _ = judge.send(Arc::clone(&event));
        }
        drop(sequence);
        self.shared.events.fetch_add(1, Ordering::Relaxed);
        self.shared.moments.pass(&event);
        self.shared.granted.pass(&event);
        self.shared.tally.pass(&event);
        event
    }

    /// A panic elsewhere must not lose the history: the sequence stays usable.
    fn lock(&self) -> MutexGuard<'_, Sequence> {
        self.shared.sequence.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_error(error: CodecError) -> RecorderError {
    match error {
        CodecError::Io(error) => RecorderError::Write(error.to_string()),
        other => RecorderError::Write(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use stormglass_checkers::history::{History, HistoryReader, Revision, SCHEMA};

    use super::*;

    fn preamble() -> Preamble {
        Preamble {
            stormglass_history: SCHEMA,
            scenario: "test".to_owned(),
            seed: 1,
            target: "local".to_owned(),
            members: Vec::new(),
            prefix: String::new(),
            start_revision: Revision(1),
            exclusive: true,
            revisions: true,
            started: String::new(),
            written_by: String::new(),
        }
    }

    #[test]
    fn an_invocation_is_in_the_file_before_its_request_can_leave() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.jsonl");
        let (recorder, _events) =
            Recorder::create(&path, &preamble(), Clock::start()).expect("a recorder");
        recorder.note("buffered, but handed over with the invocation");
        let process = recorder.new_process();
        recorder.invoke(process, MemberIndex(0), Nanos(0), Request::Status {});
        let file = File::open(&path).expect("the history");
        let reader = HistoryReader::new(BufReader::new(file)).expect("a preamble");
        let history = History::read(reader).expect("a history");
        assert_eq!(history.events.len(), 2);
        assert_eq!(history.broken, None);
    }
}
