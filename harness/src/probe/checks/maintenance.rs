//! What members say of themselves.

use stormglass_checkers::history::{Alarm, HashKv, Request, Response, Revision};

use crate::probe::answer::{Answer, Step, must};
use crate::probe::session::{Asked, strange};

pub(in crate::probe) async fn check(asked: &mut Asked, owned: bool) {
    asked.group = "maintenance";
    let step = status(asked).await;
    asked.note("status", step);
    let step = members(asked).await;
    asked.note("list of members", step);
    let step = alarms(asked).await;
    asked.note("list of alarms", step);
    let not_owned = || {
        let why = "it costs the store's other users: add --i-own-this-cluster";
        Err(Answer::NotAsked(why.to_owned()))
    };
    let step = if owned { hash(asked).await } else { not_owned() };
    asked.note("hash of all keys", step);
    let step = if owned { snapshot(asked).await } else { not_owned() };
    asked.note("snapshot", step);
    let step = if owned { asked.ask(Request::Defragment {}).await.map(drop) } else { not_owned() };
    asked.note("defragmentation", step);
}

async fn status(asked: &mut Asked) -> Step {
    match asked.ask(Request::Status {}).await? {
        Response::Status(answer) => {
            must(!answer.version.is_empty(), "it tells no version")?;
            must(answer.leader.0 != 0, "it tells no leader")?;
            must(answer.raft_term > 0 && answer.raft_index > 0, "it tells no term or index of Raft")
        }
        other => Err(strange(&other)),
    }
}

async fn members(asked: &mut Asked) -> Step {
    match asked.ask(Request::MemberList { linearizable: false }).await? {
        Response::Members(answer) => {
            let known = answer.members.iter().all(|member| member.member_id.0 != 0);
            must(known && !answer.members.is_empty(), "it names no member by its ID")
        }
        other => Err(strange(&other)),
    }
}

async fn alarms(asked: &mut Asked) -> Step {
    asked.ask(Request::Alarm(Alarm { disarm: false })).await.map(drop)
}

async fn hash(asked: &mut Asked) -> Step {
    match asked.ask(Request::HashKv(HashKv { revision: Revision(0) })).await? {
        Response::HashKv(answer) => must(answer.hash != 0, "it is 0"),
        other => Err(strange(&other)),
    }
}

async fn snapshot(asked: &mut Asked) -> Step {
    match asked.ask(Request::Snapshot {}).await? {
        Response::Snapshot(answer) => must(answer.bytes > 0, "it is empty"),
        other => Err(strange(&other)),
    }
}
