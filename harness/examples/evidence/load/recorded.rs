//! The arm through Stormglass: recorder watches on every member, every event recorded,
//! flushed and judged while the traffic goes on.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use stormglass::clock::Clock;
use stormglass::run::{Judging, Pace, Progress, act, context, keep};
use stormglass::session::{Session, Stop};
use stormglass_checkers::history::{Event, Revision};
use stormglass_checkers::verdict::Status;
use stormglass_scenarios::workload::{Actor, Context, Step, Workload, workload};
use tokio::sync::watch as signal;
use tokio::task::JoinSet;

use crate::traffic::{Cluster, Slice, Stopwatch};

/// Bound on the recorder watches' creation.
const WATCH_LIMIT: Duration = Duration::from_secs(10);
/// Beyond the operations' deadline, for actors that are between two steps.
const GRACE: Duration = Duration::from_secs(5);

/// A slice, and what its judge says.
pub(super) struct Recorded {
    pub(super) slice: Slice,
    pub(super) status: Status,
    /// From the last event to the verdict.
    pub(super) judge_lag: Duration,
}

/// Sends traffic for so long.
pub(super) async fn recorded(
    cluster: &Cluster,
    name: &str,
    start: Revision,
    length: Duration,
) -> io::Result<Recorded> {
    let (session, events) = cluster.session(name, start)?;
    let judging = Judging::start(context(&cluster.preamble(start), Some(cluster.plan())), events)?;
    let closing = Stop::new();
    let watches = watch_members(&session, start, &closing).await?;
    let completed = Arc::new(AtomicU32::new(0));
    let watch = Stopwatch::start();
    let clients = start_clients(cluster, &session, &completed);
    tokio::time::sleep(length).await;
    let slice = watch.slice(completed.load(Ordering::Relaxed));
    session.stop.raise();
    join(clients, session.deadline + GRACE).await;
    closing.raise();
    join(watches, GRACE).await;
    session.recorder.finish().map_err(io::Error::other)?;
    let clock = Clock::start();
    let judgement = judging.finish().map_err(io::Error::other)?;
    let judge_lag = Duration::from_nanos(clock.now().0);
    Ok(Recorded { slice, status: judgement.status, judge_lag })
}

async fn watch_members(
    session: &Session,
    start: Revision,
    closing: &Stop,
) -> io::Result<JoinSet<()>> {
    let mut watches = JoinSet::new();
    for member in session.members() {
        let (sender, mut receiver) = signal::channel(Progress::default());
        watches.spawn(keep(
            session.clone(),
            member,
            (start.next(), false),
            None,
            closing.clone(),
            sender,
        ));
        let created = receiver.wait_for(|progress| progress.created);
        let created = tokio::time::timeout(WATCH_LIMIT, created).await.map_err(io::Error::other)?;
        created.map_err(io::Error::other)?;
    }
    Ok(watches)
}

fn start_clients(cluster: &Cluster, session: &Session, completed: &Arc<AtomicU32>) -> JoinSet<()> {
    let mut clients = JoinSet::new();
    let plan = cluster.plan();
    let Some(entry) = workload(&plan.scenario.workload.kind) else { return clients };
    let began = session.recorder.clock().now();
    for (client, actor) in (0..).zip((entry.actors)(plan, "")) {
        let counting = Counting { inner: actor.workload, completed: Arc::clone(completed) };
        let actor = Actor { workload: Box::new(counting), ..actor };
        let pace = Pace::new(None, 1, 0, began);
        clients.spawn(act(session.clone(), actor, Some(client), pace, began));
    }
    clients
}

/// A workload that counts its completions on the way.
struct Counting {
    inner: Box<dyn Workload>,
    completed: Arc<AtomicU32>,
}

impl Workload for Counting {
    fn next(&mut self, context: &Context) -> Step {
        self.inner.next(context)
    }

    fn observe(&mut self, event: &Event) {
        if matches!(event.body, stormglass_checkers::history::Body::Complete(_)) {
            self.completed.fetch_add(1, Ordering::Relaxed);
        }
        self.inner.observe(event);
    }
}

async fn join(mut tasks: JoinSet<()>, limit: Duration) {
    let all = async { while tasks.join_next().await.is_some() {} };
    // Tasks that hang are aborted when the set is dropped.
    let _ = tokio::time::timeout(limit, all).await;
}
