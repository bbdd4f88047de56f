//! What happened around the operations: lives of members, faults, watches and their frames.

use std::collections::BTreeMap;

use stormglass_checkers::history::{
    Body, Environment, Event, MemberIndex, Nanos, Span, WatchEvent, WatchFrame, WatchId, WatchKind,
    WatchOpen,
};
use stormglass_checkers::keys::KeyRange;

use super::lanes::Rows;
use crate::digest::{Digest, Fault, FaultState};
use crate::text::moment;

/// What a bar means, as the script knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// A member's process runs.
    Life = 0,
    /// A fault holds.
    Fault = 1,
    /// The plan wanted a fault.
    Planned = 2,
    /// A watch is open.
    Watch = 3,
    /// Something arrived, or ended, at one moment.
    Moment = 4,
}

/// Who has a row, beside the clients.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// A kind of fault.
    Fault(String),
    /// A member.
    Member(MemberIndex),
    /// The harness's own watches.
    Recorder(usize),
    /// Watches of the workload.
    Watcher(usize),
}

impl Owner {
    /// The row's name.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Fault(kind) => kind.clone(),
            Self::Member(member) => member.to_string(),
            Self::Recorder(row) => format!("recorder {}", row + 1),
            Self::Watcher(row) => format!("watcher {}", row + 1),
        }
    }
}

/// A stretch of time in somebody's row.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    pub(super) owner: Owner,
    pub(super) span: Span,
    pub(super) look: Look,
    /// The event that it begins with, where it is one's.
    pub(super) event: Option<u64>,
    pub(super) text: String,
}

/// All of them.
pub(super) fn bars(digest: &Digest, events: &[Event]) -> Vec<Bar> {
    let mut bars: Vec<Bar> = digest.faults.iter().flat_map(of_fault).collect();
    bars.extend(lives(events, digest.window.to));
    bars.extend(watches(events, digest.window.to));
    bars
}

fn of_fault(fault: &Fault) -> Vec<Bar> {
    let members: Vec<String> = fault.members.iter().map(ToString::to_string).collect();
    let on = if members.is_empty() { fault.selector.clone() } else { members.join(" ") };
    let evidence: Vec<String> =
        fault.evidence.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let told = match fault.state {
        FaultState::Landed => "landed and healed".to_owned(),
        FaultState::Open => "landed, never healed".to_owned(),
        FaultState::NeverBegun => "never tried".to_owned(),
        FaultState::HealFailed | FaultState::Missed => {
            let what = if fault.has_landed() { "not healed well" } else { "did not land" };
            format!("{what}: {}", fault.error.as_deref().unwrap_or("nobody knows why"))
        }
    };
    let text = format!("{} on {on}: {told}. {}", fault.kind, evidence.join(", "));
    let bar = |owner, span, look| Bar { owner, span, look, event: None, text: text.clone() };
    let owner = Owner::Fault(fault.kind.clone());
    let mut bars = vec![bar(owner.clone(), fault.planned, Look::Planned)];
    if let Some(landed) = fault.landed {
        bars.push(bar(owner, landed, Look::Fault));
        let on_member = |member: &MemberIndex| bar(Owner::Member(*member), landed, Look::Fault);
        bars.extend(fault.members.iter().map(on_member));
    }
    bars
}

/// From the start of each process to its end.
fn lives(events: &[Event], end: Nanos) -> Vec<Bar> {
    let mut open: BTreeMap<MemberIndex, Bar> = BTreeMap::new();
    let mut bars = Vec::new();
    for event in events {
        let (Some(member), Body::Environment(environment)) = (event.member, &event.body) else {
            continue;
        };
        let owner = Owner::Member(member);
        match environment {
            Environment::MemberStarted(incarnation) => {
                let text = format!(
                    "{member}, life {}: etcd {}, process {}",
                    incarnation.number, incarnation.version, incarnation.pid
                );
                let span = Span { from: event.at, to: end };
                let bar = Bar { owner, span, look: Look::Life, event: Some(event.index), text };
                bars.extend(open.insert(member, bar));
            }
            Environment::MemberExited(exit) => {
                let why = if exit.expected { "as the harness wanted" } else { "by itself" };
                if let Some(mut life) = open.remove(&member) {
                    life.span.to = event.at;
                    bars.push(life);
                }
                let text = format!("{member} ended with {}, {why}", exit.status);
                bars.push(moment_of(owner, event, text));
            }
            _ => {}
        }
    }
    bars.extend(open.into_values());
    bars
}

fn moment_of(owner: Owner, event: &Event, text: String) -> Bar {
    let span = Span { from: event.at, to: event.at };
    Bar { owner, span, look: Look::Moment, event: Some(event.index), text }
}

/// A watch while it is read.
struct Open<'a> {
    from: &'a Event,
    asked: &'a WatchOpen,
    frames: Vec<(&'a Event, String)>,
}

/// Every watch from its opening to its end, and what it delivered.
fn watches(events: &[Event], end: Nanos) -> Vec<Bar> {
    let mut open: BTreeMap<WatchId, Open<'_>> = BTreeMap::new();
    let mut done = Vec::new();
    for event in events {
        let Body::Watch(WatchEvent { watch, frame }) = &event.body else { continue };
        if let WatchFrame::Open(asked) = frame {
            open.insert(*watch, Open { from: event, asked, frames: Vec::new() });
            continue;
        }
        let Some(known) = open.get_mut(watch) else { continue };
        if let Some(told) = told(frame) {
            known.frames.push((event, told));
        }
        if matches!(frame, WatchFrame::Canceled(_) | WatchFrame::Broken { .. })
            && let Some(known) = open.remove(watch)
        {
            done.push((known, event.at));
        }
    }
    done.extend(open.into_values().map(|known| (known, end)));
    done.sort_by_key(|(known, _)| known.from.index);
    let (mut recorders, mut watchers) = (Rows::default(), Rows::default());
    let mut bars = Vec::new();
    for (known, until) in done {
        let span = Span { from: known.from.at, to: until };
        let owner = match known.asked.kind {
            WatchKind::Recorder => Owner::Recorder(recorders.take(span)),
            WatchKind::Workload | WatchKind::Final => Owner::Watcher(watchers.take(span)),
        };
        bars.push(Bar {
            owner: owner.clone(),
            span,
            look: Look::Watch,
            event: Some(known.from.index),
            text: asked(&known),
        });
        let moments = known.frames.into_iter();
        bars.extend(moments.map(|(event, told)| moment_of(owner.clone(), event, told)));
    }
    bars
}

fn asked(watch: &Open<'_>) -> String {
    let request = &watch.asked.request;
    let keys = KeyRange::new(&request.key, &request.range_end);
    let from = match request.start_revision {
        revision if revision.is_zero() => "now".to_owned(),
        revision => format!("revision {revision}"),
    };
    let member = watch.from.member.map_or_else(|| "?".to_owned(), |member| member.to_string());
    format!("watch of {keys} from {from} on {member}, opened at {}", moment(watch.from.at))
}

/// What a frame says, where it says something.
fn told(frame: &WatchFrame) -> Option<String> {
    match frame {
        WatchFrame::Events(frame) => {
            let revisions = frame.events.iter().map(|change| change.kv.mod_revision);
            let (first, last) = (revisions.clone().min()?, revisions.max()?);
            let number = frame.events.len();
            let first_key = frame.events.first().map(|change| &change.kv.key)?;
            Some(match number {
                1 => format!("delivers a change of {first_key}, revision {first}"),
                _ => format!("delivers {number} changes, revisions {first} to {last}"),
            })
        }
        WatchFrame::Progress(header) => {
            let revision = header.header.map(|header| header.revision).unwrap_or_default();
            Some(format!("progress up to revision {revision}"))
        }
        WatchFrame::Canceled(canceled) => Some(format!("the server ends it: {}", canceled.reason)),
        WatchFrame::Broken { error } => Some(format!("ends: {error}")),
        WatchFrame::Open(_)
        | WatchFrame::Created(_)
        | WatchFrame::RequestProgress {}
        | WatchFrame::Cancel {} => None,
    }
}
