//! Locks and elections.

use stormglass_checkers::history::{
    Bytes, Campaign, ElectionName, LeaseGrant, LeaseId, LeaseRef, Lock, Proclaim, Request,
    Response, Unlock,
};

use crate::probe::answer::{Step, must};
use crate::probe::session::{Asked, strange};

const TTL_SECONDS: i64 = 30;

pub(in crate::probe) async fn check(asked: &mut Asked) {
    asked.group = "locks";
    let lease = asked.new_lease();
    let grant = Request::LeaseGrant(LeaseGrant { lease, ttl_seconds: TTL_SECONDS });
    let granted = asked.ask(grant).await.map(drop);
    let step = match granted.clone() {
        Ok(()) => lock(asked, lease).await,
        Err(answer) => Err(answer),
    };
    asked.note("lock and unlock", step);
    let step = match granted {
        Ok(()) => election(asked, lease).await,
        Err(answer) => Err(answer),
    };
    asked.note("election", step);
    // It has served; nobody needs to hear of a failure.
    let _ = asked.ask(Request::LeaseRevoke(LeaseRef { lease })).await;
}

async fn lock(asked: &mut Asked, lease: LeaseId) -> Step {
    let name = asked.key("lock");
    match asked.ask(Request::Lock(Lock { name: name.clone(), lease })).await? {
        Response::Lock(answer) => {
            let below = answer.key.as_slice().starts_with(name.as_slice());
            must(below, "the lock's key is not below its name")?;
            asked.ask(Request::Unlock(Unlock { key: answer.key })).await.map(drop)
        }
        other => Err(strange(&other)),
    }
}

async fn election(asked: &mut Asked, lease: LeaseId) -> Step {
    let name = asked.key("election");
    let campaign = Campaign { name: name.clone(), lease, value: Bytes::from("me") };
    let leader = match asked.ask(Request::Campaign(campaign)).await? {
        Response::Campaign(answer) => answer.leader,
        other => return Err(strange(&other)),
    };
    let proclaim = Proclaim { leader: leader.clone(), value: Bytes::from("still me") };
    asked.ask(Request::Proclaim(proclaim)).await?;
    match asked.ask(Request::ElectionLeader(ElectionName { name })).await? {
        Response::ElectionLeader(answer) => {
            let value = answer.kv.map(|pair| pair.value);
            must(value == Some(Bytes::from("still me")), format!("the leader says {value:?}"))?;
        }
        other => return Err(strange(&other)),
    }
    asked.ask(Request::Resign(leader)).await.map(drop)
}
