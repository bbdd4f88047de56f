//! Where the nemesis works.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use stormglass_checkers::history::MemberIndex;

use super::injector::InjectError;
use super::journal::Journal;
use super::starve::Starved;
use super::work::Durations;
use crate::session::Session;
use crate::target::{Clocks, Disk, Kill, Member, Memory, Pause, Snapshots};

/// Where the nemesis works: the run, and what it has learnt on the way.
pub struct Site {
    /// The run.
    pub session: Session,
    /// What has been injected and must be undone if we die.
    pub journal: Journal,
    /// How long work of the members takes.
    pub(super) durations: Durations,
    /// Held while the cluster's membership changes.
    pub(super) membership: tokio::sync::Mutex<()>,
    /// How often the cluster was founded.
    clusters: AtomicU32,
    /// Members that hardly run.
    pub(super) starved: Starved,
}

impl Site {
    /// A site.
    pub fn new(session: Session, journal: Journal) -> Self {
        Self {
            session,
            journal,
            durations: Durations::default(),
            membership: tokio::sync::Mutex::default(),
            clusters: AtomicU32::new(1),
            starved: Starved::default(),
        }
    }

    /// How often the cluster was founded.
    pub(super) fn clusters(&self) -> u32 {
        self.clusters.load(Ordering::Relaxed)
    }

    /// The cluster was founded anew.
    pub(super) fn found_cluster(&self) {
        self.clusters.fetch_add(1, Ordering::Relaxed);
    }

    /// A member.
    pub fn member(&self, index: MemberIndex) -> Arc<dyn Member> {
        Arc::clone(self.session.member(index))
    }

    /// Calls into a member's power to kill, where blocking hurts nobody.
    pub(super) async fn with_kill<T: Send + 'static>(
        &self,
        index: MemberIndex,
        call: impl FnOnce(&dyn Kill) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, InjectError> {
        let member = self.member(index);
        blocking(move || Ok(call(member.kill()?)?)).await
    }

    /// Calls into a member's power to pause, where blocking hurts nobody.
    pub(super) async fn with_pause<T: Send + 'static>(
        &self,
        index: MemberIndex,
        call: impl FnOnce(&dyn Pause) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, InjectError> {
        let member = self.member(index);
        blocking(move || Ok(call(member.pause()?)?)).await
    }

    /// Calls into the power over a member's disk, where blocking hurts nobody.
    pub(super) async fn with_disk<T: Send + 'static>(
        &self,
        index: MemberIndex,
        call: impl FnOnce(&dyn Disk) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, InjectError> {
        let member = self.member(index);
        blocking(move || Ok(call(member.disk()?)?)).await
    }

    /// Calls into the power over a member's memory, where blocking hurts nobody.
    pub(super) async fn with_memory<T: Send + 'static>(
        &self,
        index: MemberIndex,
        call: impl FnOnce(&dyn Memory) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, InjectError> {
        let member = self.member(index);
        blocking(move || Ok(call(member.memory()?)?)).await
    }

    /// Calls into a member's power over its snapshots, where blocking hurts nobody.
    pub(super) async fn with_snapshots<T: Send + 'static>(
        &self,
        index: MemberIndex,
        call: impl FnOnce(&dyn Snapshots) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, InjectError> {
        let member = self.member(index);
        blocking(move || Ok(call(member.snapshots()?)?)).await
    }

    /// Calls into a member's power over its clocks, where blocking hurts nobody.
    pub(super) async fn with_clocks(
        &self,
        index: MemberIndex,
        call: impl FnOnce(&dyn Clocks) -> std::io::Result<()> + Send + 'static,
    ) -> Result<(), InjectError> {
        let member = self.member(index);
        blocking(move || Ok(call(member.clocks()?)?)).await
    }
}

/// Calls what may block where that hurts nobody.
pub(super) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, InjectError> + Send + 'static,
) -> Result<T, InjectError> {
    match tokio::task::spawn_blocking(call).await {
        Ok(result) => result,
        Err(error) => Err(InjectError::Failed(format!("the injector panicked: {error}"))),
    }
}
