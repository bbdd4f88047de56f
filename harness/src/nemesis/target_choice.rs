//! From a selector to members, at the moment of the injection.

use std::time::Duration;

use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use stormglass_checkers::history::{FaultId, MemberIndex};
use stormglass_scenarios::random::stream;
use stormglass_scenarios::scenario::Selector;

use crate::session::{Session, leader};

/// An election takes a second or two.
const LEADER_LOOKS: u32 = 20;
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The members that a fault hits now. Random choices come from the seed and the fault's
/// number; who leads is asked for.
pub(super) async fn choose(
    session: &Session,
    seed: u64,
    id: FaultId,
    selector: &Selector,
) -> Result<Vec<MemberIndex>, String> {
    let mut rng = stream(seed, &format!("nemesis/{id}"));
    let mut all: Vec<MemberIndex> = session.members().collect();
    let minority = all.len().saturating_sub(1) / 2;
    match selector {
        Selector::All => Ok(all),
        Selector::One => {
            let place = rng.random_range(0..all.len());
            Ok(vec![all[place]])
        }
        Selector::Minority | Selector::Majority => {
            let wanted = match selector {
                Selector::Minority => minority,
                _ => all.len() / 2 + 1,
            };
            all.shuffle(&mut rng);
            all.truncate(wanted.max(1));
            all.sort_unstable();
            Ok(all)
        }
        Selector::Leader => Ok(vec![some_leader(session).await?]),
        Selector::Followers => {
            let leader = some_leader(session).await?;
            all.retain(|member| *member != leader);
            Ok(all)
        }
        Selector::Members(names) => {
            let named = |name: &String| {
                let members = session.target.members();
                members
                    .iter()
                    .find(|member| member.name() == name)
                    .map(|member| member.index())
                    .ok_or_else(|| format!("there is no member {name}"))
            };
            names.iter().map(named).collect()
        }
    }
}

/// The leader, as soon as there is one: after the fault before there may be none.
pub(super) async fn some_leader(session: &Session) -> Result<MemberIndex, String> {
    for _ in 0..LEADER_LOOKS {
        if let Some(leader) = leader(session).await {
            return Ok(leader);
        }
        if session.stop.sleep(LOOK_AGAIN).await {
            break;
        }
    }
    Err("no member said that it leads".to_owned())
}
