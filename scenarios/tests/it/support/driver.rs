//! Drives the actors of a plan against the store, in turn.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Body, Doubt, Event, Indefinite, Invoke, MemberIndex, Nanos, Outcome, ProcessId, Request,
    Revision, WatchCanceled, WatchEvent, WatchEvents, WatchFrame, WatchHeader, WatchId, WatchKind,
    WatchOpen,
};
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::random;
use stormglass_scenarios::scenario::Scenario;
use stormglass_scenarios::workload::{Context, Role, Step, WatchStep, workload};

use super::store::{Store, inside};

/// The plan of a scenario given by its text after name and schema.
///
/// # Panics
/// When it is no scenario.
pub fn plan(text: &str, seed: u64) -> Plan {
    let text = format!("schema = 1\nname = \"test\"\n{text}");
    let scenario = Scenario::parse(&text, "test.toml").expect("a scenario");
    Plan::build(&scenario, seed, "3.5.30").expect("a plan")
}

/// A step that an actor took.
pub struct Taken {
    /// Which actor.
    pub actor: usize,
    /// What it is.
    pub role: Role,
    /// What it did.
    pub step: Step,
    /// The answer, for requests.
    pub outcome: Option<Outcome>,
    /// The store's revision before it.
    pub revision: i64,
    /// The store's compact revision before it.
    pub compacted: i64,
}

/// Time from one step to the next.
pub const TICK: u64 = 2_000_000;
/// Events that a watch delivers at most before it is cancelled.
const DELIVERED_MAX: usize = 16;

/// Takes `count` steps of the actors of a plan, one actor after the other.
///
/// # Panics
/// When the plan has no known workload.
pub fn drive(plan: &Plan, prefix: &str, count: usize) -> Vec<Taken> {
    let entry = workload(&plan.scenario.workload.kind).expect("a known workload");
    let mut actors = (entry.actors)(plan, prefix);
    let mut store = Store::default();
    let mut rng = random::stream(plan.seed, "test/driver");
    let members = plan.scenario.cluster.members;
    let mut taken = Vec::with_capacity(count);
    for turn in 0..count {
        let number = turn % actors.len();
        let actor = &mut actors[number];
        let now = Nanos(turn as u64 * TICK);
        let process = ProcessId(u32::try_from(number).expect("few actors"));
        let context = Context { process, member: actor.member, members, now };
        let (revision, compacted) = (store.revision, store.compacted);
        let step = actor.workload.next(&context);
        let frames = frames(&step, &mut store, &mut rng);
        let outcome = frames.iter().find_map(|(_, body)| match body {
            Body::Complete(outcome) => Some(outcome.clone()),
            _ => None,
        });
        for (member, body) in frames {
            let member = Some(member.unwrap_or(actor.member));
            let index = taken.len() as u64;
            actor.workload.observe(&Event { index, at: now, process: Some(process), member, body });
        }
        taken.push(Taken { actor: number, role: actor.role, step, outcome, revision, compacted });
    }
    taken
}

fn frames(
    step: &Step,
    store: &mut Store,
    rng: &mut ChaCha8Rng,
) -> Vec<(Option<MemberIndex>, Body)> {
    match step {
        Step::Invoke(request) => {
            let invoke = Invoke { intended: Nanos(0), request: request.clone() };
            let complete = Body::Complete(complete(request, store, rng));
            vec![(None, Body::Invoke(invoke)), (None, complete)]
        }
        Step::Watch(watch) => {
            let bodies = watch_frames(watch, store);
            let event = |frame| Body::Watch(WatchEvent { watch: WatchId(0), frame });
            bodies.into_iter().map(|frame| (Some(watch.member), event(frame))).collect()
        }
        Step::Wait(_) | Step::Done => Vec::new(),
    }
}

fn complete(request: &Request, store: &mut Store, rng: &mut ChaCha8Rng) -> Outcome {
    let doubt = || Indefinite { reason: Doubt::Timeout, message: String::new() };
    match rng.random_range(0..20) {
        0 => Outcome::Unknown(doubt()),
        1 => {
            store.apply(request);
            Outcome::Unknown(doubt())
        }
        _ => store.apply(request),
    }
}

fn watch_frames(step: &WatchStep, store: &Store) -> Vec<WatchFrame> {
    let request = step.request.clone();
    let (first, end) = (request.key.clone(), request.range_end.clone());
    let start = match request.start_revision.0 {
        // Nothing happens while the driver delivers, so a watch of the present would
        // stay empty: let it have begun a little earlier.
        0 => (store.revision - 20).max(store.compacted + 1),
        start => start,
    };
    let open = WatchOpen { kind: WatchKind::Workload, request, resumes: None };
    let header = WatchHeader { header: Some(store.header()) };
    let mut frames = vec![WatchFrame::Open(open), WatchFrame::Created(header)];
    if start < store.compacted {
        frames.push(WatchFrame::Canceled(WatchCanceled {
            header: Some(store.header()),
            compact_revision: Revision(store.compacted),
            reason: "required revision has been compacted".to_owned(),
        }));
        return frames;
    }
    let from = store.log.partition_point(|event| event.kv.mod_revision.0 < start);
    let events = store.log[from..].iter().filter(|event| inside(&first, &end, &event.kv.key));
    let events: Vec<_> = events.take(DELIVERED_MAX).cloned().collect();
    if !events.is_empty() {
        let fragment = false;
        frames.push(WatchFrame::Events(WatchEvents {
            header: Some(store.header()),
            fragment,
            events,
        }));
    }
    frames.push(WatchFrame::Cancel {});
    frames.push(WatchFrame::Broken { error: "closed by the harness".to_owned() });
    frames
}
