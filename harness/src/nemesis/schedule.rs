//! Carries out the plan's faults at their times.

use std::sync::Arc;
use std::time::Duration;

use stormglass_checkers::history::{
    Body, Environment, FaultBegin, FaultEnd, FaultRecord, MemberIndex, Nanos, Span,
};
use stormglass_scenarios::plan::{Plan, PlannedFault};

use super::injector::{Evidence, InjectError, Injector, injector};
use super::journal::{JournalEntry, JournalState};
use super::site::Site;
use super::target_choice::choose;
use super::ward::Ward;
use crate::clock::after;

/// What came of the plan's faults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NemesisReport {
    /// Faults that took hold and were healed.
    pub landed: u32,
    /// Faults that did not, or whose heal could not be verified.
    pub failed: u32,
    /// Faults that cannot be injected here.
    pub unavailable: u32,
}

/// When a fault held, and its verified heal.
type Held = (Span, Result<Evidence, InjectError>);

/// What a fault waits for may never come; then it begins all the same.
const OCCASION_LIMIT: Duration = Duration::from_secs(5);

/// Carries out every fault of the plan; returns when all are healed. A raised stop ends
/// faults early, heals them, and begins no more.
pub async fn carry_out(site: Arc<Site>, plan: &Plan, traffic_began: Nanos) -> NemesisReport {
    let mut report = NemesisReport::default();
    let mut told = Vec::new();
    let limits = &plan.scenario.limits;
    let ward = Arc::new(Ward::new(limits.overlap, site.session.target.members().len()));
    let mut running = Vec::new();
    for fault in &plan.faults {
        let Some(injector) = injector(&fault.kind) else { continue };
        if let Err(unsupported) = injector.supports(site.session.target.as_ref()) {
            report.unavailable += 1;
            if !told.contains(&fault.kind) {
                told.push(fault.kind.clone());
                let (kind, reason) = (fault.kind.clone(), unsupported.reason);
                let body = Body::Environment(Environment::FaultUnavailable { kind, reason });
                site.session.recorder.environment(None, body);
            }
            continue;
        }
        let one = One {
            site: Arc::clone(&site),
            injector,
            seed: plan.seed,
            planned: Span {
                from: Nanos(traffic_began.0 + fault.from.0),
                to: Nanos(traffic_began.0 + fault.from.0 + fault.duration.0),
            },
            fault: fault.clone(),
            ward: Arc::clone(&ward),
        };
        running.push(tokio::spawn(one.carry_out()));
    }
    for fault in running {
        match fault.await {
            Ok(Some(true)) => report.landed += 1,
            Ok(None) => {}
            Ok(Some(false)) | Err(_) => report.failed += 1,
        }
    }
    report
}

/// One fault of the plan.
struct One {
    site: Arc<Site>,
    injector: &'static dyn Injector,
    seed: u64,
    planned: Span,
    fault: PlannedFault,
    ward: Arc<Ward>,
}

impl One {
    /// Whether it landed; `None` when traffic stopped before its time.
    async fn carry_out(self) -> Option<bool> {
        let session = &self.site.session;
        let clock = session.recorder.clock();
        if session.stop.sleep(clock.until(self.planned.from)).await {
            return None;
        }
        let entry = stormglass_scenarios::fault::fault(&self.fault.kind)?;
        // Later than planned is fine, over each other is not.
        let turn = tokio::select! {
            turn = self.ward.turn(entry) => turn,
            () = session.stop.raised() => return None,
        };
        let chosen = choose(session, self.seed, self.fault.id, &self.fault.selector).await;
        let result = match chosen {
            Ok(members) => {
                let _stay = tokio::select! {
                    stay = self.ward.enter(turn, entry, &members) => stay,
                    () = session.stop.raised() => return None,
                };
                let came = self.await_occasion().await;
                if session.stop.is_raised() {
                    return None;
                }
                self.inject_and_heal(members, came).await
            }
            Err(reason) => {
                self.record_begin(Vec::new());
                Err(InjectError::Failed(reason))
            }
        };
        let end = self.end(result);
        let well = end.landed.is_some() && end.error.is_none();
        session.recorder.environment(None, Body::FaultEnd(end));
        Some(well)
    }

    /// Whether what the fault waits for came; nothing if it waits for nothing.
    async fn await_occasion(&self) -> Option<bool> {
        if self.fault.when.is_now() {
            return None;
        }
        let session = &self.site.session;
        tokio::select! {
            () = session.recorder.moments().next(self.fault.when) => Some(true),
            () = tokio::time::sleep(OCCASION_LIMIT) => Some(false),
            () = session.stop.raised() => Some(false),
        }
    }

    /// When the fault held, and what its heal said.
    async fn inject_and_heal(
        &self,
        members: Vec<MemberIndex>,
        came: Option<bool>,
    ) -> Result<Held, InjectError> {
        let site = &self.site;
        let clock = site.session.recorder.clock();
        self.record_begin(members.clone());
        self.journal(&members, JournalState::Injecting)?;
        let mut active = self.injector.inject(site, &self.fault, &members).await?;
        if let Some(came) = came {
            active.evidence.insert("occasion-came".to_owned(), came.to_string());
        }
        let since = active.since;
        let end = after(since, Duration::from_nanos(self.fault.duration.0));
        site.session.stop.sleep(clock.until(end)).await;
        let until = clock.now();
        let healed = self.injector.heal(site, active).await;
        self.journal(&members, JournalState::Healed)?;
        Ok((Span { from: since, to: until }, healed))
    }

    fn journal(&self, members: &[MemberIndex], state: JournalState) -> Result<(), InjectError> {
        let pids = members.iter().filter_map(|member| self.site.member(*member).pid()).collect();
        let entry = JournalEntry {
            id: self.fault.id,
            kind: self.fault.kind.clone(),
            members: members.to_vec(),
            pids,
            state,
        };
        Ok(self.site.journal.write(&entry)?)
    }

    fn record_begin(&self, members: Vec<MemberIndex>) {
        let fault = FaultRecord {
            kind: self.fault.kind.clone(),
            members,
            params: self.fault.params.clone(),
        };
        let begin = FaultBegin { id: self.fault.id, fault, planned: self.planned };
        self.site.session.recorder.environment(None, Body::FaultBegin(begin));
    }

    fn end(&self, result: Result<Held, InjectError>) -> FaultEnd {
        let none =
            FaultEnd { id: self.fault.id, landed: None, evidence: Evidence::new(), error: None };
        match result {
            Ok((span, Ok(evidence))) => FaultEnd { landed: Some(span), evidence, ..none },
            Ok((_, Err(error @ InjectError::Missed(_)))) | Err(error) => {
                FaultEnd { error: Some(error.to_string()), ..none }
            }
            // It held, and nobody knows whether it is over.
            Ok((span, Err(error))) => {
                FaultEnd { landed: Some(span), error: Some(error.to_string()), ..none }
            }
        }
    }
}
