//! One actor of the workload: asks its generator for a step, carries it out, records it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use stormglass_checkers::history::{
    MemberIndex, Nanos, Outcome, ProcessId, Refusal, Request, WatchId,
};
use stormglass_scenarios::workload::{Actor, Context, Step, Workload};

use super::caught_up::caught_up;
use super::pace::Pace;
use super::watching::{WatchRun, watch};
use crate::client::Connection;
use crate::session::Session;

/// A member that refuses connections is not asked again at once.
const BACK_OFF: Duration = Duration::from_millis(100);

/// Runs one actor until it is done or traffic stops. An operation that is under way is
/// waited for: its deadline bounds it.
///
/// `client` is its number, if it is a client.
pub async fn act(
    session: Session,
    actor: Actor,
    client: Option<u16>,
    mut pace: Pace,
    traffic_began: Nanos,
) {
    let mut running = Running {
        process: session.recorder.new_process(),
        member: actor.member,
        client,
        connections: BTreeMap::new(),
        last_watch: None,
        workload: actor.workload,
        traffic_began,
        session,
    };
    while !running.session.stop.is_raised() {
        match running.next() {
            Step::Done => return,
            Step::Wait(duration) => {
                if running.session.stop.sleep(duration).await {
                    return;
                }
                pace.skip_to(running.session.recorder.clock().now());
            }
            Step::Watch(step) => running.watch(&step).await,
            Step::Invoke(request) => {
                let clock = running.session.recorder.clock();
                let intended = pace.take(clock.now());
                if running.session.stop.sleep(clock.until(intended)).await {
                    return;
                }
                running.invoke(request, intended).await;
            }
        }
    }
}

struct Running {
    session: Session,
    process: ProcessId,
    member: MemberIndex,
    client: Option<u16>,
    connections: BTreeMap<MemberIndex, Connection>,
    last_watch: Option<WatchId>,
    workload: Box<dyn Workload>,
    traffic_began: Nanos,
}

impl Running {
    fn next(&mut self) -> Step {
        let now = self.session.recorder.clock().now();
        let context = Context {
            process: self.process,
            member: self.member,
            members: self.session.member_count(),
            now: Nanos(now.0.saturating_sub(self.traffic_began.0)),
        };
        self.workload.next(&context)
    }

    async fn invoke(&mut self, request: Request, intended: Nanos) {
        let recorder = self.session.recorder.clone();
        let member = self.member;
        let (session, client) = (&self.session, self.client);
        let connection = connection(session, client, &mut self.connections, member).await;
        let event = recorder.invoke(self.process, member, intended, request.clone());
        self.workload.observe(&event);
        let outcome = connection.call(&request).await;
        let unknown = matches!(outcome, Outcome::Unknown(_));
        let refused = matches!(
            &outcome,
            Outcome::Failed(definite) if definite.reason == Refusal::NotConnected
        );
        let event = recorder.complete(self.process, member, outcome);
        self.workload.observe(&event);
        if unknown {
            // Its operation may still take effect: the process never acts again.
            self.process = recorder.new_process();
        }
        if refused {
            self.session.stop.sleep(BACK_OFF).await;
        }
    }

    async fn watch(&mut self, step: &stormglass_scenarios::workload::WatchStep) {
        if step.caught_up {
            let ready = tokio::select! {
                ready = caught_up(&self.session, step.member, step.request.start_revision) => ready,
                () = self.session.stop.raised() => false,
            };
            if !ready {
                return;
            }
        }
        let resumes = if step.resumes { self.last_watch } else { None };
        let (session, client) = (&self.session, self.client);
        let connection = connection(session, client, &mut self.connections, step.member).await;
        let run = WatchRun { session: &self.session, process: self.process, step, resumes };
        let workload = &mut self.workload;
        let id = watch(run, connection, &mut |event| workload.observe(event)).await;
        self.last_watch = Some(id);
    }
}

async fn connection<'a>(
    session: &Session,
    client: Option<u16>,
    connections: &'a mut BTreeMap<MemberIndex, Connection>,
    member: MemberIndex,
) -> &'a mut Connection {
    match connections.entry(member) {
        Entry::Occupied(open) => open.into_mut(),
        Entry::Vacant(none) => none.insert(match client {
            Some(client) => session.connect_client(client, member).await,
            None => session.connect(member).await,
        }),
    }
}
