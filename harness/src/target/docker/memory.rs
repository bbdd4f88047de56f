//! The memory of a member in containers: the engine limits it, the kernel tells what is taken.

use std::io::{self, Error};
use std::time::Duration;

use stormglass_linux::memory::Meter;

use super::life::{End, Life};
use super::member::DockerMember;
use crate::target::{Memory, MemoryUse};

/// The engine takes no request to lift a limit, and as much as this is none.
const NO_LIMIT: i64 = 1 << 50;
/// The kernel counts memory in pages.
const PAGE: u64 = 4096;
/// A container that takes more between the look at it and its limit is looked at again.
const LIMITS: u32 = 20;
/// A process without a group has ended, and its container soon has.
const END_LIMIT: Duration = Duration::from_secs(10);

/// What a member has taken over all its lives, and may take in the next one.
#[derive(Default)]
pub(super) struct Account {
    limit: Option<i64>,
    /// Of lives that have ended.
    past: MemoryUse,
    /// Of this one, when it was last asked.
    last: MemoryUse,
}

impl Account {
    /// How much the next life may take, in bytes.
    pub(super) fn limit(&self) -> Option<i64> {
        self.limit
    }

    /// What this life has taken; the kernel forgets what an ended one has.
    pub(super) fn look(&mut self, life: &Life) -> MemoryUse {
        if let Some(Ok(told)) = life.meter.as_ref().map(Meter::memory) {
            self.last = told;
        }
        if let Some(end) = life.end() {
            self.count(end);
        }
        self.last
    }

    /// This life is over.
    pub(super) fn close(&mut self, end: End) {
        self.count(end);
        self.past.hits += self.last.hits;
        self.past.kills += self.last.kills;
        self.last = MemoryUse::default();
    }

    /// It has one process: what ended that was the first.
    fn count(&mut self, end: End) {
        if end.out_of_memory {
            self.last.hits = self.last.hits.max(1);
            self.last.kills = self.last.kills.max(1);
        }
    }
}

impl Memory for DockerMember {
    fn limit(&self, bytes: Option<u64>) -> io::Result<()> {
        let bytes = bytes.map(i64::try_from).transpose().map_err(Error::other)?;
        let mut state = self.state();
        if let Some(life) = state.life.as_ref().filter(|life| life.end().is_none()) {
            life.limit_memory(&self.engine, bytes.unwrap_or(NO_LIMIT))?;
        }
        state.account.limit = bytes;
        Ok(())
    }

    fn confine(&self, spare: u64, most: u64) -> io::Result<u64> {
        let meter = |life: &Life| life.meter.as_ref().is_some_and(Meter::refuses_less);
        let gives_up = self.state().life.as_ref().is_some_and(meter);
        if spare == 0 && gives_up {
            // The kernel sets pages aside for a group, which count as taken. It gives them up
            // before it refuses a limit below what is taken.
            let _ = self.limit(Some(self.memory()?.used.saturating_sub(PAGE).min(most)));
        }
        let mut refused = None;
        for _ in 0..LIMITS {
            let limit = self.memory()?.used.saturating_add(spare).min(most);
            match self.limit(Some(limit)) {
                Ok(()) => return Ok(limit),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| Error::other("nothing was tried")))
    }

    fn memory(&self) -> io::Result<MemoryUse> {
        let mut state = self.state();
        let state = &mut *state;
        let MemoryUse { used, hits, kills } = match &state.life {
            Some(life) => {
                let told = life.meter.as_ref().map(Meter::memory);
                if told.is_none_or(|told| told.is_err()) {
                    // How it ended tells the rest.
                    life.await_end(END_LIMIT);
                }
                state.account.look(life)
            }
            None => MemoryUse { used: 0, ..state.account.last },
        };
        let past = state.account.past;
        Ok(MemoryUse { used, hits: past.hits + hits, kills: past.kills + kills })
    }
}

#[cfg(test)]
mod tests {
    use super::Account;
    use crate::target::MemoryUse;
    use crate::target::docker::life::End;

    #[test]
    fn what_ended_lives_have_taken_is_not_forgotten() {
        let last = MemoryUse { used: 7, hits: 3, kills: 0 };
        let mut account = Account { last, ..Account::default() };
        account.close(End { code: 0, out_of_memory: false });
        assert_eq!(account.past, MemoryUse { used: 0, hits: 3, kills: 0 });
        // The kernel ended this one before anybody could ask.
        account.close(End { code: 137, out_of_memory: true });
        assert_eq!(account.past, MemoryUse { used: 0, hits: 4, kills: 1 });
        assert_eq!(account.last, MemoryUse::default());
    }
}
