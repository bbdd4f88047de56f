//! Whether headers and revisions mean anything.

use stormglass_checkers::history::{KeyValue, Put, Range, Request, Revision, Txn, TxnOp};

use crate::probe::answer::{Answer, Step, must};
use crate::probe::session::{Asked, revision};

pub(in crate::probe) async fn check(asked: &mut Asked) {
    asked.group = "headers";
    let step = on_put(asked).await;
    asked.note("revision in the header of a put", step);
    let step = on_read(asked).await;
    asked.note("revision in the header of a read", step);
    let step = on_txn(asked).await;
    asked.note("revision in the header of a transaction", step);
    let step = identity(asked).await;
    asked.note("IDs of cluster and member", step);
    let step = term(asked).await;
    asked.note("term of Raft", step);
    let step = pair_revisions(asked).await;
    asked.note("create and mod revision of a pair", step);
    let step = versions(asked).await;
    asked.note("version of a pair", step);
}

fn known(told: Revision) -> Step {
    must(!told.is_zero(), "there is no header, or no revision in it")
}

async fn on_put(asked: &mut Asked) -> Step {
    let first = asked.put("h", "1").await?;
    known(first)?;
    let second = asked.put("h", "2").await?;
    must(second > first, format!("it is {first} after one put and {second} after the next"))
}

async fn on_read(asked: &mut Asked) -> Step {
    let written = asked.put("h", "3").await?;
    let read = asked.get("h", Range::default()).await?;
    let told = revision(read.header.as_ref());
    known(told)?;
    must(told >= written, format!("it is {told} after a put at {written}"))
}

async fn on_txn(asked: &mut Asked) -> Step {
    let before = asked.put("h", "4").await?;
    let put = Put { key: asked.key("h"), value: "5".into(), ..Put::default() };
    let answer = asked.txn(Txn { success: vec![TxnOp::Put(put)], ..Txn::default() }).await?;
    let told = revision(answer.header.as_ref());
    known(told)?;
    must(told > before, format!("it is {told} after a put at {before}"))
}

async fn identity(asked: &mut Asked) -> Step {
    let put = Put { key: asked.key("h"), value: "6".into(), ..Put::default() };
    let response = asked.ask(Request::Put(put)).await?;
    let header = response.header().copied().unwrap_or_default();
    must(header.cluster_id.0 != 0 && header.member_id.0 != 0, "one of them is 0")
}

async fn term(asked: &mut Asked) -> Step {
    let put = Put { key: asked.key("h"), value: "7".into(), ..Put::default() };
    let response = asked.ask(Request::Put(put)).await?;
    must(response.header().is_some_and(|header| header.raft_term > 0), "it is 0")
}

async fn pair(asked: &mut Asked, name: &str) -> Step<KeyValue> {
    let read = asked.get(name, Range::default()).await?;
    let none = || Answer::Differs("a key that was put is not there".to_owned());
    read.kvs.first().cloned().ok_or_else(none)
}

async fn pair_revisions(asked: &mut Asked) -> Step {
    let created = asked.put("revisions", "1").await?;
    let changed = asked.put("revisions", "2").await?;
    let pair = pair(asked, "revisions").await?;
    let (create, change) = (pair.create_revision, pair.mod_revision);
    must(!create.is_zero() && !change.is_zero(), "they are 0")?;
    must(create == created && change == changed, "they are not those of the puts")
}

async fn versions(asked: &mut Asked) -> Step {
    asked.put("versions", "1").await?;
    asked.put("versions", "2").await?;
    let version = pair(asked, "versions").await?.version;
    must(version == 2, format!("after two puts it is {version}"))
}
