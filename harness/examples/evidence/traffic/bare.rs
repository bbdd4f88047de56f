//! The arm without Stormglass: a loop that asks the generator, calls etcd-client, and tells
//! the generator what came back. No recorder, no recorder watches, no judge.
//!
//! Both arms translate between the generator's requests and etcd-client's with the same
//! adapter: a load needs that whoever sends it, so it is no part of the difference.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use stormglass::client::Connection;
use stormglass::clock::Clock;
use stormglass::session::Stop;
use stormglass_checkers::history::{
    Body, Event, Invoke, MemberIndex, Nanos, ProcessId, Request, Revision,
};
use stormglass_scenarios::workload::{Context, Step, Workload, workload};
use tokio::task::JoinSet;

use super::arm::{Slice, Stopwatch};
use super::cluster::Cluster;

/// Beyond the operations' deadline, for clients that are between two steps.
const GRACE: Duration = Duration::from_secs(5);

/// Sends traffic for so long; with the time that each operation took.
pub(crate) async fn bare(
    cluster: &Cluster,
    length: Duration,
) -> io::Result<(Slice, Vec<Duration>)> {
    let (session, _) = cluster.session("bare", Revision(1))?;
    let completed = Arc::new(AtomicU32::new(0));
    let stop = Stop::new();
    let clock = Clock::start();
    let plan = cluster.plan();
    let entry = workload(&plan.scenario.workload.kind)
        .ok_or_else(|| io::Error::other("there is no such workload"))?;
    let mut clients = JoinSet::new();
    let watch = Stopwatch::start();
    for (process, actor) in (0..).map(ProcessId).zip((entry.actors)(plan, "")) {
        let client = Client {
            process,
            member: actor.member,
            members: session.member_count(),
            clock,
            connection: session.connect(actor.member).await,
            workload: actor.workload,
            completed: Arc::clone(&completed),
            times: Vec::new(),
        };
        clients.spawn(client.run(stop.clone()));
    }
    tokio::time::sleep(length).await;
    let slice = watch.slice(completed.load(Ordering::Relaxed));
    stop.raise();
    let mut times = Vec::new();
    let all = async {
        while let Some(client) = clients.join_next().await {
            times.extend(client.into_iter().flatten());
        }
    };
    // Clients that hang are aborted when the set is dropped.
    let _ = tokio::time::timeout(session.deadline + GRACE, all).await;
    Ok((slice, times))
}

struct Client {
    process: ProcessId,
    member: MemberIndex,
    members: u16,
    clock: Clock,
    connection: Connection,
    workload: Box<dyn Workload>,
    completed: Arc<AtomicU32>,
    times: Vec<Duration>,
}

impl Client {
    async fn run(mut self, stop: Stop) -> Vec<Duration> {
        while !stop.is_raised() {
            let context = Context {
                process: self.process,
                member: self.member,
                members: self.members,
                now: self.clock.now(),
            };
            match self.workload.next(&context) {
                // Watches are no part of the comparison: the scenario has none.
                Step::Done | Step::Watch(_) => break,
                Step::Wait(duration) => tokio::time::sleep(duration).await,
                Step::Invoke(request) => self.call(request).await,
            }
        }
        self.times
    }

    async fn call(&mut self, request: Request) {
        // The generator is told what it would be told by a recorder.
        let body = Body::Invoke(Invoke { intended: Nanos(0), request: request.clone() });
        self.workload.observe(&self.event(body));
        let sent = self.clock.now();
        let outcome = self.connection.call(&request).await;
        self.times.push(Duration::from_nanos(self.clock.now().0 - sent.0));
        self.completed.fetch_add(1, Ordering::Relaxed);
        self.workload.observe(&self.event(Body::Complete(outcome)));
    }

    fn event(&self, body: Body) -> Event {
        let (process, member) = (Some(self.process), Some(self.member));
        Event { index: 0, at: self.clock.now(), process, member, body }
    }
}
