//! What the tests of the stream checkers share: watchers of any kind on top of the
//! common builder, random runs, and short ways to run one checker.

use proptest::prelude::*;
use stormglass_checkers::checker::{CheckContext, Checker};
use stormglass_checkers::history::{
    Body, Event, Header, History, KeyEvent, Request, Revision, WatchEvents, WatchFrame,
    WatchHeader, WatchId, WatchKind, WatchOpen, WatchRequest,
};
use stormglass_checkers::keys::KeyRange;
use stormglass_checkers::verdict::{Status, Verdict};

use crate::common::{self, Cluster};

/// A checker's maker, as the registry has it.
pub type Make = fn(&CheckContext) -> Box<dyn Checker>;

/// The verdict of one checker.
pub fn verdict(make: Make, history: &History) -> Verdict {
    common::feed(make(&common::run::context(history)), history)
}

/// The anomalies that a checker finds, sorted, each once.
///
/// # Panics
/// When a finding has no sentence or its witness points outside the history.
pub fn anomalies(make: Make, history: &History) -> Vec<String> {
    let findings = verdict(make, history).findings;
    for finding in &findings {
        assert!(!finding.sentence.is_empty() && !finding.witness.steps.is_empty(), "{finding:?}");
        let last = history.events.len() as u64;
        assert!(finding.witness.steps.iter().all(|step| step.index < last), "{finding:?}");
    }
    let mut names: Vec<String> = findings.into_iter().map(|finding| finding.anomaly).collect();
    names.sort();
    names.dedup();
    names
}

/// Fails unless the checker has nothing to say.
///
/// # Panics
/// When it has.
pub fn assert_silent(make: Make, history: &History) {
    let verdict = verdict(make, history);
    assert_eq!(verdict.status, Status::Valid, "{:#?} {:#?}", verdict.findings, verdict.reasons);
}

/// Fails unless the checker finds this anomaly.
///
/// # Panics
/// When it does not.
pub fn assert_fires(make: Make, history: &History, anomaly: &str) {
    let found = anomalies(make, history);
    assert!(found.iter().any(|name| name == anomaly), "{anomaly} is not among {found:?}");
}

/// A header at a revision.
pub fn header(revision: i64) -> Option<Header> {
    Some(Header { revision: Revision(revision), ..Header::default() })
}

/// A frame that carries only a header.
pub fn only_header(revision: i64) -> WatchHeader {
    WatchHeader { header: header(revision) }
}

/// A request for every key of a prefix-free range.
pub fn watching(key: &str, range_end: &str, start: i64) -> WatchRequest {
    WatchRequest {
        key: key.into(),
        range_end: range_end.into(),
        start_revision: Revision(start),
        prev_kv: true,
        ..WatchRequest::default()
    }
}

/// A workload's watcher.
#[derive(Clone, Debug)]
pub struct Watcher {
    /// The watch.
    pub id: WatchId,
    member: u16,
    request: WatchRequest,
}

impl Watcher {
    /// Opens a watch and has it created at the store's current revision.
    pub fn open(cluster: &mut Cluster, id: u32, member: u16, request: WatchRequest) -> Self {
        Self::resume(cluster, (id, None), member, request)
    }

    /// Opens a watch that continues another.
    pub fn resume(
        cluster: &mut Cluster,
        (id, resumes): (u32, Option<WatchId>),
        member: u16,
        request: WatchRequest,
    ) -> Self {
        let id = WatchId(id);
        let kind = WatchKind::Workload;
        let open = WatchOpen { kind, request: request.clone(), resumes };
        cluster.frame(member, id, WatchFrame::Open(open));
        let created = WatchFrame::Created(only_header(cluster.store.revision()));
        cluster.frame(member, id, created);
        Self { id, member, request }
    }

    /// Records a frame.
    pub fn frame(&self, cluster: &mut Cluster, frame: WatchFrame) {
        cluster.frame(self.member, self.id, frame);
    }

    /// What the watch shows of these revisions.
    pub fn changes(&self, cluster: &Cluster, from: i64, to: i64) -> Vec<KeyEvent> {
        let request = &self.request;
        let range = KeyRange::new(&request.key, &request.range_end);
        let wanted = |event: &&KeyEvent| {
            let kind = match event.kind {
                stormglass_checkers::history::KeyEventKind::Put => !request.no_put,
                stormglass_checkers::history::KeyEventKind::Delete => !request.no_delete,
            };
            kind && range.contains(&event.kv.key)
        };
        (from..=to)
            .flat_map(|revision| cluster.store.changes(revision))
            .filter(wanted)
            .cloned()
            .collect()
    }

    /// Delivers these revisions in one response whose header is the newest revision.
    pub fn deliver(&self, cluster: &mut Cluster, from: i64, to: i64) {
        let events = self.changes(cluster, from, to);
        let header = header(cluster.store.revision());
        self.frame(cluster, WatchFrame::Events(WatchEvents { header, fragment: false, events }));
    }

    /// A progress notification.
    pub fn progress(&self, cluster: &mut Cluster, revision: i64) {
        self.frame(cluster, WatchFrame::Progress(only_header(revision)));
    }
}

/// The events of a response, if the event is one.
pub fn events_of(event: &mut Event) -> Option<&mut WatchEvents> {
    match &mut event.body {
        Body::Watch(watch) => match &mut watch.frame {
            WatchFrame::Events(events) => Some(events),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an event is a response of a member that begins with a revision.
pub fn shows(event: &Event, member: u16, revision: i64) -> bool {
    let mut event = event.clone();
    event.member.is_some_and(|of| of.0 == member)
        && events_of(&mut event)
            .and_then(|events| events.events.first())
            .is_some_and(|first| first.kv.mod_revision == Revision(revision))
}

/// The index of a member's first response that begins with a revision.
///
/// # Panics
/// When there is none.
pub fn index_of(history: &History, member: u16, revision: i64) -> u64 {
    let found = history.events.iter().find(|event| shows(event, member, revision));
    found.unwrap_or_else(|| panic!("m{} never shows revision {revision}", member + 1)).index
}

/// A step of a random run.
#[derive(Clone, Debug)]
pub enum Step {
    /// A put.
    Put(u16, u8),
    /// A delete.
    Delete(u16, u8),
    /// A transaction of a put and a delete.
    Txn(u16, u8, u8),
    /// A put whose answer is lost.
    LoseAnswer(u16, u8),
    /// A delete that never arrives.
    LoseRequest(u16, u8),
    /// A lease with a key, that ends by itself.
    Lease(u16, u8),
    /// A serializable read.
    Read(u16, u8),
    /// A member lags, or catches up again.
    Lag(u16, bool),
    /// A member dies and comes back.
    Restart(u16),
    /// A compaction some revisions ago.
    Compact(u16, u8),
}

/// A random step.
pub fn step() -> impl Strategy<Value = Step> {
    let (member, key) = (0..3_u16, 0..5_u8);
    prop_oneof![
        8 => (member.clone(), key.clone()).prop_map(|(m, k)| Step::Put(m, k)),
        4 => (member.clone(), key.clone()).prop_map(|(m, k)| Step::Delete(m, k)),
        4 => (member.clone(), key.clone(), key.clone()).prop_map(|(m, k, l)| Step::Txn(m, k, l)),
        2 => (member.clone(), key.clone()).prop_map(|(m, k)| Step::LoseAnswer(m, k)),
        1 => (member.clone(), key.clone()).prop_map(|(m, k)| Step::LoseRequest(m, k)),
        1 => (member.clone(), key.clone()).prop_map(|(m, k)| Step::Lease(m, k)),
        3 => (member.clone(), key.clone()).prop_map(|(m, k)| Step::Read(m, k)),
        2 => (member.clone(), any::<bool>()).prop_map(|(m, lags)| Step::Lag(m, lags)),
        1 => member.clone().prop_map(Step::Restart),
        1 => (member, key).prop_map(|(m, back)| Step::Compact(m, back)),
    ]
}

/// The run that the steps make, from start to final reads.
pub fn run(steps: &[Step]) -> History {
    let mut cluster = Cluster::new(3);
    for (number, step) in steps.iter().enumerate() {
        take(&mut cluster, number, step);
    }
    cluster.finish()
}

fn take(cluster: &mut Cluster, number: usize, step: &Step) {
    let key = |key: u8| format!("k{key}");
    let value = format!("v{number}");
    // A member answers for the cluster only when it has caught up.
    if let Step::Put(member, _)
    | Step::Delete(member, _)
    | Step::Txn(member, _, _)
    | Step::Lease(member, _)
    | Step::Compact(member, _) = *step
    {
        cluster.catch_up(member);
    }
    match *step {
        Step::Put(member, k) => {
            cluster.put(member, &key(k), &value);
        }
        Step::Delete(member, k) => {
            cluster.delete(member, &key(k));
        }
        Step::Txn(member, k, other) => {
            let other = if other == k { "other".to_owned() } else { key(other) };
            let ops = vec![common::put(&key(k), &value), common::delete(&other)];
            let _ = cluster.at(member, common::txn(Vec::new(), ops, Vec::new()));
        }
        Step::LoseAnswer(member, k) => {
            cluster.lose_answer(member, common::put(&key(k), &value));
        }
        Step::LoseRequest(member, k) => {
            cluster.lose_request(member, common::delete(&key(k)));
        }
        Step::Lease(member, k) => {
            let lease = i64::try_from(number).unwrap_or(0) + 1;
            let _ = cluster.at(member, common::grant(lease, 3));
            let _ = cluster.at(member, common::put_with_lease(&key(k), &value, lease));
            cluster.expire(lease);
        }
        Step::Read(member, k) => {
            let _ = cluster.at(member, common::get_serializable(&key(k)));
        }
        Step::Lag(member, true) => cluster.lag(member),
        Step::Lag(member, false) => cluster.catch_up(member),
        Step::Restart(member) => {
            cluster.kill(member);
            cluster.restart(member);
        }
        Step::Compact(member, back) => {
            let revision = Revision(cluster.store.revision() - i64::from(back));
            let physical = false;
            let compact = stormglass_checkers::history::Compact { revision, physical };
            let _ = cluster.at(member, Request::Compact(compact));
        }
    }
}

/// Five puts of five keys (revisions 2 to 6) and one more of the first (7), seen by all.
pub fn puts() -> Cluster {
    let mut cluster = Cluster::new(3);
    for (number, key) in ["a", "b", "c", "d", "e", "a"].into_iter().enumerate() {
        cluster.put(u16::try_from(number % 3).unwrap_or(0), key, &format!("v{number}"));
    }
    cluster
}
