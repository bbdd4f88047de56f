//! How watchers watch.

use serde::{Deserialize, Serialize};

/// How the watchers of `mixed` watch: `[workload.watch]`. Plain numbers say how many of
/// a hundred watches do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct WatchSpec {
    /// Ask for the pair before each event.
    pub prev_kv: u32,
    /// Ask for progress notifications, at the server's own interval.
    pub progress_notify: u32,
    /// Send requests for progress.
    pub progress_request: u32,
    /// Let the server split large responses.
    pub fragment: u32,
    /// Leave puts out.
    pub no_put: u32,
    /// Leave deletes out; never together with puts.
    pub no_delete: u32,
    /// Take nothing for a while once the watch exists, as a slow reader.
    pub slow: u32,
    /// Continue the watch before where it stopped.
    pub resume: u32,
    /// Of those that are continued: on another member.
    pub resume_elsewhere: u32,
    /// Where watches start that are not continued.
    pub start: WatchStarts,
    /// What they watch.
    pub range: WatchRanges,
}

/// How often each start is drawn, relative to the others: `[workload.watch.start]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct WatchStarts {
    /// From now on.
    pub present: u32,
    /// From a past revision.
    pub past: u32,
    /// From revision 1, compacted or not.
    pub oldest: u32,
    /// From the revision before the compacted one.
    pub below_compacted: u32,
    /// From the compacted revision.
    pub compacted: u32,
    /// From the revision behind it.
    pub above_compacted: u32,
    /// From the newest revision that the watcher knows.
    pub head: u32,
    /// From a revision that is yet to come.
    pub future: u32,
}

/// How often each range of keys is drawn, relative to the others:
/// `[workload.watch.range]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct WatchRanges {
    /// One hot key.
    pub key: u32,
    /// A few neighbouring hot keys.
    pub neighbours: u32,
    /// All hot keys, a prefix.
    pub hot: u32,
    /// All keys of leases.
    pub leased: u32,
    /// Every key of the run.
    pub everything: u32,
    /// Every key from a hot key on.
    pub from_key: u32,
}

impl Default for WatchSpec {
    fn default() -> Self {
        Self {
            prev_kv: 40,
            progress_notify: 30,
            progress_request: 20,
            fragment: 30,
            no_put: 10,
            no_delete: 10,
            slow: 5,
            resume: 60,
            resume_elsewhere: 85,
            start: WatchStarts::default(),
            range: WatchRanges::default(),
        }
    }
}

impl Default for WatchStarts {
    fn default() -> Self {
        Self {
            present: 10,
            past: 5,
            oldest: 1,
            below_compacted: 1,
            compacted: 2,
            above_compacted: 1,
            head: 1,
            future: 2,
        }
    }
}

impl Default for WatchRanges {
    fn default() -> Self {
        Self { key: 2, neighbours: 2, hot: 3, leased: 1, everything: 2, from_key: 1 }
    }
}

impl WatchSpec {
    /// Its shares of a hundred, by their keys.
    pub(super) fn shares(&self) -> [(&'static str, u32); 9] {
        [
            ("prev-kv", self.prev_kv),
            ("progress-notify", self.progress_notify),
            ("progress-request", self.progress_request),
            ("fragment", self.fragment),
            ("no-put", self.no_put),
            ("no-delete", self.no_delete),
            ("slow", self.slow),
            ("resume", self.resume),
            ("resume-elsewhere", self.resume_elsewhere),
        ]
    }
}

impl WatchStarts {
    /// Its weights.
    pub(super) fn weights(&self) -> [u32; 8] {
        [
            self.present,
            self.past,
            self.oldest,
            self.below_compacted,
            self.compacted,
            self.above_compacted,
            self.head,
            self.future,
        ]
    }
}

impl WatchRanges {
    /// Its weights.
    pub(super) fn weights(&self) -> [u32; 6] {
        [self.key, self.neighbours, self.hot, self.leased, self.everything, self.from_key]
    }
}
