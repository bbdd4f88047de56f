//! The whole cluster is restored from a snapshot, as after a disaster. What was acknowledged since
//! the snapshot is gone: that damage must be seen.

use std::fs;
use std::path::{Path, PathBuf};

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::data::{can_reach_data, with_data};
use super::data_copy::{Kept, discard, keep, put_back};
use super::disks::has_ended;
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::kill::{can_kill, kill};
use super::kill_during::start_again;
use super::membership::record;
use super::params::span;
use super::release::await_leader;
use super::restart::restart_all;
use super::site::{Site, blocking};
use crate::target::{Snapshots, Target, Unsupported};

/// The fault `restore`.
pub(super) struct Restore;

impl Injector for Restore {
    fn kind(&self) -> &'static str {
        "restore"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_kill(target)?;
        can_reach_data(target)?;
        target.members().iter().try_for_each(|member| member.snapshots().map(drop))
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let mut evidence = Evidence::new();
            let snapshot = save(site, members, &mut evidence).await?;
            site.session.stop.sleep(span(fault, "age")).await;
            let restored = restore(site, members, &snapshot, &mut evidence).await;
            let removed = remove(snapshot).await;
            let founded = match restored.and(removed) {
                Ok(()) => found(site, members).await,
                failed => failed,
            };
            if let Err(error) = founded {
                go_back(site, members, &mut evidence).await?;
                return Err(error);
            }
            let since = site.session.recorder.clock().now();
            Ok(Active::of(members.to_vec(), since, evidence))
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            for member in &active.members {
                with_data(site, *member, |data| discard(data, Kept::Newest)).await?;
            }
            restart_all(site, &active.members, &mut evidence).await?;
            for member in &active.members {
                await_leader(site, *member).await;
            }
            if let Some(member) = active.members.first() {
                record(site, *member).await;
            }
            Ok(evidence)
        })
    }
}

/// Saves a snapshot of the first member that gives one.
async fn save(
    site: &Site,
    members: &[MemberIndex],
    evidence: &mut Evidence,
) -> Result<PathBuf, InjectError> {
    let mut refused = InjectError::Failed("no member to take a snapshot of".to_owned());
    for member in members {
        let saved = site.with_snapshots(*member, |power| {
            let snapshot = power.save()?;
            Ok((power.describe(&snapshot)?, snapshot))
        });
        match saved.await {
            Ok((told, snapshot)) => {
                evidence.insert("snapshot-of".to_owned(), member.to_string());
                evidence.insert("snapshot".to_owned(), told);
                return Ok(snapshot);
            }
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// Kills all members, and gives each the data of a new cluster that begins with the snapshot:
/// none must meet another one of the old cluster.
async fn restore(
    site: &Site,
    members: &[MemberIndex],
    snapshot: &Path,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    for member in members {
        kill(site, *member, evidence).await?;
    }
    let token = format!("stormglass-{}", site.clusters() + 1);
    for member in members {
        with_data(site, *member, |data| keep(data, Kept::Newest)).await?;
        let (snapshot, token) = (snapshot.to_owned(), token.clone());
        site.with_snapshots(*member, move |power| power.restore(&snapshot, &token)).await?;
    }
    evidence.insert("token".to_owned(), token);
    Ok(())
}

/// Notes that there is another cluster from now on, when all members have its data: else everyone
/// goes back to the old one.
async fn found(site: &Site, members: &[MemberIndex]) -> Result<(), InjectError> {
    for member in members {
        let refound = |power: &dyn Snapshots| {
            power.refound();
            Ok(())
        };
        site.with_snapshots(*member, refound).await?;
    }
    site.found_cluster();
    Ok(())
}

/// After a restore that failed, members get back what they had.
async fn go_back(
    site: &Site,
    members: &[MemberIndex],
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    for member in members {
        if has_ended(site, *member) {
            with_data(site, *member, |data| put_back(data, Kept::Newest)).await?;
        }
    }
    start_again(site, members, evidence).await
}

async fn remove(snapshot: PathBuf) -> Result<(), InjectError> {
    blocking(move || Ok(fs::remove_file(snapshot)?)).await
}
