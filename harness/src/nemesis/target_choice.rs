//! From a selector to members, at the moment of the injection.

use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use stormglass_checkers::history::{FaultId, MemberIndex};
use stormglass_scenarios::random::stream;
use stormglass_scenarios::scenario::Selector;

use crate::session::{Session, leader};

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
        Selector::Leader => match leader(session).await {
            Some(leader) => Ok(vec![leader]),
            None => Err("no member said that it leads".to_owned()),
        },
        Selector::Followers => match leader(session).await {
            Some(leader) => {
                all.retain(|member| *member != leader);
                Ok(all)
            }
            None => Err("no member said that it leads".to_owned()),
        },
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
