//! The journal: written before a fault is injected, so that `cleanup` can undo it when
//! the harness was killed meanwhile.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use stormglass_checkers::history::{FaultId, MemberIndex};

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Which planned fault.
    pub id: FaultId,
    /// Its kind.
    pub kind: String,
    /// Whom it hits.
    pub members: Vec<MemberIndex>,
    /// The members' processes, as the harness sees them.
    pub pids: Vec<u32>,
    /// How far it is.
    pub state: JournalState,
}

/// How far a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalState {
    /// It is about to be injected.
    Injecting,
    /// It is over.
    Healed,
}

/// The journal of a run, a JSON object a line.
pub struct Journal {
    file: Mutex<File>,
}

impl Journal {
    /// Begins a journal.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file: Mutex::new(file) })
    }

    /// Appends an entry; it is with the kernel when this returns.
    ///
    /// # Errors
    /// When the file cannot be written: then the fault must not be injected.
    pub fn write(&self, entry: &JournalEntry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry).map_err(io::Error::from)?;
        line.push(b'\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }

    /// The faults of a journal that were injected and never healed.
    ///
    /// # Errors
    /// When the file cannot be read. A torn last line is left out: its fault was not
    /// injected yet.
    pub fn unhealed(path: &Path) -> io::Result<Vec<JournalEntry>> {
        let text = std::fs::read_to_string(path)?;
        let mut open: Vec<JournalEntry> = Vec::new();
        for entry in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            let entry: JournalEntry = entry;
            open.retain(|other| other.id != entry.id);
            if entry.state == JournalState::Injecting {
                open.push(entry);
            }
        }
        Ok(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_healed_is_known_after_a_crash() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.jsonl");
        let journal = Journal::create(&path).expect("a journal");
        let entry = |id, state| JournalEntry {
            id: FaultId(id),
            kind: "pause".to_owned(),
            members: vec![MemberIndex(0)],
            pids: vec![7],
            state,
        };
        for (id, state) in
            [(1, JournalState::Injecting), (2, JournalState::Injecting), (1, JournalState::Healed)]
        {
            journal.write(&entry(id, state)).expect("written");
        }
        let mut file = OpenOptions::new().append(true).open(&path).expect("the journal");
        file.write_all(b"{\"id\":3,\"ki").expect("a torn line");
        let open = Journal::unhealed(&path).expect("read");
        assert_eq!(open, vec![entry(2, JournalState::Injecting)]);
    }
}
