//! What the faults of clocks have in common.

use std::collections::BTreeMap;
use std::io;
use std::io::ErrorKind;
use std::time::Duration;

use stormglass_checkers::history::MemberIndex;

use super::injector::{Active, Evidence, InjectError};
use super::site::Site;
use crate::clock::after;
use crate::target::{Clocks, Target, Unsupported};

/// A member that another fault has killed is started again within so long, or stays down.
const START_LIMIT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Whether every member's clocks can be moved.
pub(super) fn can_move(target: &dyn Target) -> Result<(), Unsupported> {
    target.members().iter().try_for_each(|member| member.clocks().map(drop))
}

/// Changes the clocks of members; all of them, or none when one is refused. One that does not
/// run just now is waited for.
pub(super) async fn change_all(
    site: &Site,
    members: &[MemberIndex],
    change: impl Fn(&dyn Clocks) -> io::Result<()> + Copy + Send + 'static,
    undo: impl Fn(&dyn Clocks) -> io::Result<()> + Copy + Send + 'static,
) -> Result<(), InjectError> {
    for (changed, member) in members.iter().enumerate() {
        if let Err(error) = change_running(site, *member, change).await {
            for member in &members[..=changed] {
                restore(site, *member, undo).await?;
            }
            return Err(error);
        }
    }
    Ok(())
}

async fn change_running(
    site: &Site,
    member: MemberIndex,
    change: impl Fn(&dyn Clocks) -> io::Result<()> + Copy + Send + 'static,
) -> Result<(), InjectError> {
    let clock = site.session.recorder.clock();
    let end = after(clock.now(), START_LIMIT);
    loop {
        match site.with_clocks(member, change).await {
            Err(error) if is_gone(&error) && clock.now() < end => {
                if site.session.stop.sleep(LOOK_AGAIN).await {
                    return Err(error);
                }
            }
            changed => return changed,
        }
    }
}

fn is_gone(error: &InjectError) -> bool {
    matches!(error, InjectError::Io(error) if error.kind() == ErrorKind::NotFound)
}

/// Asks every member at once, by its endpoint, where blocking hurts nobody.
pub(super) async fn ask_all<T: Send + 'static>(
    site: &Site,
    members: &[MemberIndex],
    ask: impl Fn(&str) -> io::Result<T> + Copy + Send + 'static,
) -> Vec<(MemberIndex, io::Result<T>)> {
    let asking = |member: &MemberIndex| {
        let endpoint = site.member(*member).client_url().to_owned();
        (*member, tokio::task::spawn_blocking(move || ask(&endpoint)))
    };
    let asked: Vec<_> = members.iter().map(asking).collect();
    let mut told = Vec::new();
    for (member, answer) in asked {
        told.push((member, answer.await.map_err(io::Error::other).flatten()));
    }
    told
}

/// The life that each of the members is in.
pub(super) fn lives(site: &Site, members: &[MemberIndex]) -> BTreeMap<MemberIndex, u32> {
    let life = |member: &MemberIndex| Some((*member, site.member(*member).incarnation()?.number));
    members.iter().filter_map(life).collect()
}

/// Restores the clocks of the members that have not been restarted since, and returns them.
/// The others have true clocks, which the evidence tells.
pub(super) async fn restore_all(
    site: &Site,
    active: &Active,
    evidence: &mut Evidence,
    undo: impl Fn(&dyn Clocks) -> io::Result<()> + Copy + Send + 'static,
) -> Result<Vec<MemberIndex>, InjectError> {
    let mut restored = Vec::new();
    for member in &active.members {
        let same = lives(site, &[*member]).get(member) == active.lives.get(member);
        if same && restore(site, *member, undo).await? {
            restored.push(*member);
        } else {
            let told = "another fault ended it, and its clocks are true since".to_owned();
            evidence.insert(format!("{member}-restarted"), told);
        }
    }
    Ok(restored)
}

/// Restores a member's clock; whether it still runs.
async fn restore(
    site: &Site,
    member: MemberIndex,
    undo: impl FnOnce(&dyn Clocks) -> io::Result<()> + Send + 'static,
) -> Result<bool, InjectError> {
    match site.with_clocks(member, undo).await {
        Ok(()) => Ok(true),
        Err(error) if is_gone(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Members whose clock was not seen wrong, although it stayed wrong to the end.
pub(super) fn unproven(restored: &[MemberIndex], evidence: &Evidence, key: &str) -> Vec<String> {
    let proven =
        |member: &&MemberIndex| !evidence.keys().any(|known| *known == format!("{member}-{key}"));
    restored.iter().filter(proven).map(ToString::to_string).collect()
}
