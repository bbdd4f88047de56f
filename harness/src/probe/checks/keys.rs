//! Puts, reads and deletes.

use stormglass_checkers::history::{
    Bytes, Delete, DeleteResponse, Put, Range, Refusal, Request, Response,
};

use crate::probe::answer::{Answer, Step, must};
use crate::probe::session::{Asked, strange};

pub(in crate::probe) async fn check(asked: &mut Asked) {
    asked.group = "keys";
    let step = put_and_get(asked).await;
    asked.note("put and get", step);
    let step = put_with_previous(asked).await;
    asked.note("put with the previous pair", step);
    let step = put_keeping_value(asked).await;
    asked.note("put that keeps the value", step);
    let step = put_keeping_lease(asked).await;
    asked.note("put that keeps the lease", step);
    let step = put_keeping_nothing(asked).await;
    asked.note("put that keeps the value of no key is refused", step);
    let step = empty_key(asked).await;
    asked.note("put without a key is refused", step);
    let step = delete_one(asked).await;
    asked.note("delete", step);
    let step = delete_with_previous(asked).await;
    asked.note("delete with the previous pairs", step);
    let step = delete_range(asked).await;
    asked.note("delete of a range", step);
}

async fn put_and_get(asked: &mut Asked) -> Step {
    asked.put("k", "first").await?;
    asked.put("k", "second").await?;
    let read = asked.get("k", Range::default()).await?;
    let value = read.kvs.first().map(|pair| pair.value.clone());
    must(value == Some(Bytes::from("second")), format!("after two puts the value is {value:?}"))
}

async fn put_with_previous(asked: &mut Asked) -> Step {
    asked.put("previous", "before").await?;
    let key = asked.key("previous");
    let put = Put { key, value: Bytes::from("after"), prev_kv: true, ..Put::default() };
    match asked.ask(Request::Put(put)).await? {
        Response::Put(answer) => {
            let before = answer.prev_kv.map(|pair| pair.value);
            must(before == Some(Bytes::from("before")), format!("the previous value is {before:?}"))
        }
        other => Err(strange(&other)),
    }
}

async fn put_keeping_value(asked: &mut Asked) -> Step {
    asked.put("kept", "value").await?;
    let put = Put { key: asked.key("kept"), ignore_value: true, ..Put::default() };
    asked.ask(Request::Put(put)).await?;
    let read = asked.get("kept", Range::default()).await?;
    let value = read.kvs.first().map(|pair| pair.value.clone());
    must(value == Some(Bytes::from("value")), format!("the value is then {value:?}"))
}

async fn put_keeping_lease(asked: &mut Asked) -> Step {
    asked.put("kept", "value").await?;
    let (key, value) = (asked.key("kept"), Bytes::from("other"));
    let put = Put { key, value, ignore_lease: true, ..Put::default() };
    asked.ask(Request::Put(put)).await?;
    let read = asked.get("kept", Range::default()).await?;
    let value = read.kvs.first().map(|pair| pair.value.clone());
    must(value == Some(Bytes::from("other")), format!("the value is then {value:?}"))
}

async fn put_keeping_nothing(asked: &mut Asked) -> Step {
    let put = Put { key: asked.key("never"), ignore_value: true, ..Put::default() };
    asked.ask_in_vain(Request::Put(put), Refusal::KeyNotFound).await
}

async fn empty_key(asked: &mut Asked) -> Step {
    asked.ask_in_vain(Request::Put(Put::default()), Refusal::InvalidRequest).await
}

async fn delete(asked: &mut Asked, delete: Delete) -> Step<DeleteResponse> {
    match asked.ask(Request::Delete(delete)).await? {
        Response::Delete(answer) => Ok(answer),
        other => Err(strange(&other)),
    }
}

async fn delete_one(asked: &mut Asked) -> Step {
    asked.put("gone", "x").await?;
    let key = asked.key("gone");
    let answer = delete(asked, Delete { key, ..Delete::default() }).await?;
    must(answer.deleted == 1, format!("it says that it deleted {} keys", answer.deleted))?;
    let read = asked.get("gone", Range::default()).await?;
    must(read.kvs.is_empty(), "the key is still there")
}

async fn delete_with_previous(asked: &mut Asked) -> Step {
    asked.put("gone", "last").await?;
    let key = asked.key("gone");
    let answer = delete(asked, Delete { key, prev_kv: true, ..Delete::default() }).await?;
    let last = answer.prev_kvs.first().map(|pair| pair.value.clone());
    must(last == Some(Bytes::from("last")), format!("the deleted value is {last:?}"))
}

async fn delete_range(asked: &mut Asked) -> Step {
    for name in ["several/1", "several/2", "several3"] {
        asked.put(name, "x").await?;
    }
    let (key, range_end) = (asked.key("several/"), asked.key("several0"));
    let answer = delete(asked, Delete { key, range_end, prev_kv: false }).await?;
    if answer.deleted == 2 {
        return Ok(());
    }
    Err(Answer::Differs(format!("of two keys it deleted {}", answer.deleted)))
}
