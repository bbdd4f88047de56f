//! Conducts one run, from the first process to the last read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stormglass_checkers::history::{
    Body, ClusterGeneration, Environment, MemberIndex, Nanos, Phase, Revision,
};
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::trigger::{PROGRESS_REQUEST, WATCH_FUTURE_START};
use stormglass_scenarios::workload::{Role, workload};
use tokio::sync::watch as signal;
use tokio::task::JoinSet;

use super::actor::act;
use super::exits::watch_exits;
use super::final_reads::{read_all, revoke_leases};
use super::health::{Healthy, await_healthy};
use super::interrupt::Interrupts;
use super::log_scan::scan_logs;
use super::pace::Pace;
use super::prepare::{note_running, start_all};
use super::recorder_watch::{Progress, keep};
use super::sampling::{sample_clock, sample_lag, sample_links, sample_process, sample_status};
use super::traces::remove_traces;
use crate::nemesis::{Journal, NemesisReport, Site, carry_out};
use crate::session::{Session, Stop, record_ready};
use crate::target::TargetError;

/// Hard deadline of a cluster's first health.
pub const START_LIMIT: Duration = Duration::from_secs(30);
/// Bound on creating the recorder watches.
const WATCH_LIMIT: Duration = Duration::from_secs(10);
/// Beyond the operations' deadline, for actors that have to end a watch.
const ACTOR_GRACE: Duration = Duration::from_secs(5);
/// A heal waits for its member's answer.
const NEMESIS_LIMIT: Duration = Duration::from_secs(60);
/// How often members of a store that others use are asked how far a quiet watch has come.
const PROGRESS_EVERY: Duration = Duration::from_millis(300);
/// Bound on the recorder watches' catching up with the final revision.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(5);

/// What came of conducting.
#[derive(Clone, Debug, Default)]
pub struct Conducted {
    /// The nemesis's account.
    pub nemesis: NemesisReport,
    /// Whether the run ended by itself.
    pub completed: bool,
}

/// The parts of a run that outlive its phases.
struct Stage<'a> {
    session: Session,
    plan: &'a Plan,
    interrupts: &'a Interrupts,
    /// Raised by the judge, where traffic is to end at the first violation.
    violated: Option<Arc<AtomicBool>>,
    /// Ends recorder watches, samplers and the watch over exits.
    closing: Stop,
    background: JoinSet<()>,
    progress: Vec<signal::Receiver<Progress>>,
}

/// Runs the plan on a prepared cluster, recording everything. Where `violated` is given,
/// traffic ends when it is raised.
///
/// # Errors
/// When the cluster never became healthy; what happened until then is recorded.
pub async fn conduct(
    session: Session,
    plan: &Plan,
    journal: Journal,
    interrupts: &Interrupts,
    violated: Option<Arc<AtomicBool>>,
) -> Result<Conducted, TargetError> {
    phase(&session, Phase::Prepare);
    if session.target.runs_already() {
        note_running(&session);
    } else {
        start_all(&session).await?;
    }
    let healthy = start_healthy(&session).await?;
    let mut stage = Stage {
        session,
        plan,
        interrupts,
        violated,
        closing: Stop::new(),
        background: JoinSet::new(),
        progress: Vec::new(),
    };
    let start = stage.record_cluster(&healthy);
    stage.watch_everything(start).await;
    let nemesis = stage.traffic(journal).await;
    let recovered = stage.recover().await;
    if recovered && !interrupts.hurry() {
        Box::pin(stage.final_reads(start)).await;
    }
    scan_logs(&stage.session);
    let completed = !interrupts.interrupted() && stage.session.recorder.failure().is_none();
    if completed {
        phase(&stage.session, Phase::Done);
    }
    stage.close().await;
    Ok(Conducted { nemesis, completed })
}

fn phase(session: &Session, phase: Phase) {
    session.recorder.environment(None, Body::Environment(Environment::Phase(phase)));
}

/// The first health, or a member's early end, whichever comes first.
async fn start_healthy(session: &Session) -> Result<Vec<Healthy>, TargetError> {
    let not_healthy = |detail: String| TargetError::NotHealthy {
        seconds: START_LIMIT.as_secs(),
        detail,
        logs: super::prepare::log_folder(session),
    };
    let healthy = tokio::select! {
        healthy = await_healthy(session, START_LIMIT) => healthy.map_err(not_healthy)?,
        early = super::prepare::early_end(session) => return Err(early),
    };
    for member in session.members() {
        record_ready(session, member);
    }
    Ok(healthy)
}

impl Stage<'_> {
    /// Records who belongs to the cluster; returns its revision before the first operation.
    fn record_cluster(&self, healthy: &[Healthy]) -> Revision {
        let members = healthy.iter().enumerate().map(|(index, member)| {
            (MemberIndex(u16::try_from(index).unwrap_or(u16::MAX)), member.member_id)
        });
        let generation = ClusterGeneration { number: 1, members: members.collect() };
        let body = Body::Environment(Environment::ClusterChanged(generation));
        self.session.recorder.environment(None, body);
        healthy.iter().map(|member| member.revision).max().unwrap_or(Revision(1))
    }

    /// Recorder watches on every member before any traffic, samplers beside them.
    async fn watch_everything(&mut self, start: Revision) {
        for member in self.session.members() {
            if self.session.target.can_be_watched() {
                let (sender, receiver) = signal::channel(Progress::default());
                let (session, stop) = (self.session.clone(), self.closing.clone());
                let from = (start.next(), self.plan.avoids(WATCH_FUTURE_START));
                let shared = self.session.target.runs_already();
                let asks = shared && !self.plan.avoids(PROGRESS_REQUEST);
                let every = asks.then_some(PROGRESS_EVERY);
                self.background.spawn(keep(session, member, from, every, stop, sender));
                self.progress.push(receiver);
            }
            let (session, stop) = (|| self.session.clone(), || self.closing.clone());
            self.background.spawn(sample_status(session(), member, stop()));
            self.background.spawn(sample_process(session(), member, stop()));
            self.background.spawn(sample_clock(session(), member, stop()));
        }
        self.background.spawn(watch_exits(self.session.clone(), self.closing.clone()));
        self.background.spawn(sample_lag(self.session.clone(), self.closing.clone()));
        self.await_progress(WATCH_LIMIT, |progress| progress.created).await;
    }

    /// Waits until every recorder watch has come so far; returns whether all have.
    async fn await_progress(&mut self, limit: Duration, far: impl Fn(&Progress) -> bool) -> bool {
        let mut receivers = self.progress.clone();
        let all = async {
            for receiver in &mut receivers {
                if receiver.wait_for(|progress| far(progress)).await.is_err() {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(limit, all).await.unwrap_or(false)
    }

    /// Clients, watchers and nemesis, until the plan's time is over or somebody stops it.
    async fn traffic(&mut self, journal: Journal) -> NemesisReport {
        phase(&self.session, Phase::Traffic);
        let session = self.session.clone();
        let began = session.recorder.clock().now();
        let mut actors = self.start_actors(began);
        let site = Arc::new(Site::new(session.clone(), journal));
        let plan = self.plan.clone();
        let nemesis = tokio::spawn(async move { carry_out(site, &plan, began).await });
        self.await_end().await;
        session.stop.raise();
        let limit = session.deadline + ACTOR_GRACE;
        let joined =
            tokio::time::timeout(limit, async { while actors.join_next().await.is_some() {} });
        if joined.await.is_err() {
            session.recorder.note("some clients did not end in time and were abandoned");
        }
        if let Ok(Ok(report)) = tokio::time::timeout(NEMESIS_LIMIT, nemesis).await {
            return report;
        }
        session.recorder.note("the nemesis did not end in time");
        NemesisReport::default()
    }

    fn start_actors(&self, began: Nanos) -> JoinSet<()> {
        let spec = &self.plan.scenario.workload;
        let mut tasks = JoinSet::new();
        let Some(entry) = workload(&spec.kind) else { return tasks };
        let mut numbers = 0_u16..;
        for actor in (entry.actors)(self.plan, &self.plan.prefix) {
            let client = match actor.role {
                Role::Client => numbers.next(),
                Role::Watcher => None,
            };
            let pace = match client {
                Some(number) => Pace::new(spec.rate, spec.clients, number.into(), began),
                None => Pace::new(None, 1, 0, began),
            };
            tasks.spawn(act(self.session.clone(), actor, client, pace, began));
        }
        tasks
    }

    /// Until the plan's time is over, somebody interrupts, the history cannot be kept, or a
    /// violation was found that is to end it.
    async fn await_end(&self) {
        let duration = self.plan.scenario.limits.duration.as_duration();
        let over = async {
            while self.session.recorder.failure().is_none() {
                if self.violated.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)) {
                    self.session.recorder.note("traffic was ended at the first violation");
                    return;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::select! {
            () = tokio::time::sleep(duration) => {}
            () = self.interrupts.first() => {}
            () = over => {}
        }
    }

    /// Every fault is healed: the cluster must serve again within the limit.
    async fn recover(&mut self) -> bool {
        sample_links(&self.session);
        phase(&self.session, Phase::Recover);
        let limit = self.plan.scenario.limits.recovery.as_duration();
        let recovered = tokio::select! {
            healthy = await_healthy(&self.session, limit) => healthy,
            () = self.interrupts.second() => Err("interrupted".to_owned()),
        };
        match recovered {
            Ok(_) => {
                phase(&self.session, Phase::Recovered);
                true
            }
            Err(detail) => {
                self.session.recorder.note(format!("not recovered: {detail}"));
                if !self.interrupts.hurry() {
                    phase(&self.session, Phase::NotRecovered);
                }
                false
            }
        }
    }

    async fn final_reads(&mut self, start: Revision) {
        revoke_leases(&self.session, self.plan.scenario.workload.lease_ttl.max).await;
        phase(&self.session, Phase::Final);
        let above = self.plan.avoids("watch-compacted-start");
        let last = Box::pin(read_all(&self.session, start, above)).await;
        let caught_up =
            self.await_progress(CATCH_UP_LIMIT, |progress| progress.revision >= last).await;
        if !caught_up {
            self.session.recorder.note("a recorder watch did not reach the final revision");
        }
    }

    async fn close(mut self) {
        self.closing.raise();
        let end = async { while self.background.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(ACTOR_GRACE, end).await;
        if self.session.target.runs_already() {
            remove_traces(&self.session).await;
        }
    }
}
