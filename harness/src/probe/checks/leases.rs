//! Leases.

use std::time::Duration;

use stormglass_checkers::history::{
    Bytes, LeaseGrant, LeaseId, LeaseRef, LeaseTimeToLive, Put, Range, Refusal, Request, Response,
};

use crate::probe::answer::{Answer, Step, must};
use crate::probe::session::{Asked, strange};

const TTL_SECONDS: i64 = 30;
/// The shortest time to live; servers may grant a longer one.
const SHORT_SECONDS: i64 = 1;
/// Bound on waiting for a lease's end, beyond its time to live.
const EXPIRY_GRACE: Duration = Duration::from_secs(4);
/// Who grants a short lease so much longer is not waited for.
const WAIT_MOST_SECONDS: i64 = 10;

pub(in crate::probe) async fn check(asked: &mut Asked, patient: bool) {
    asked.group = "leases";
    let lease = asked.new_lease();
    let step = grant(asked, lease).await;
    asked.note("grant with an ID of ours", step);
    let step = grant_again(asked, lease).await;
    asked.note("grant of an ID that is taken is refused", step);
    let step = attach(asked, lease).await;
    asked.note("attach a key", step);
    let step = attach_to_none(asked).await;
    asked.note("attach to no lease is refused", step);
    let step = keep_alive(asked, lease).await;
    asked.note("keepalive", step);
    let step = time_to_live(asked, lease).await;
    asked.note("time to live, with keys", step);
    let step = list(asked, lease).await;
    asked.note("list", step);
    let step = revoke(asked, lease).await;
    asked.note("revocation deletes its keys", step);
    let step = if patient {
        expire(asked).await
    } else {
        Err(Answer::NotAsked("it takes seconds: `stormglass probe` asks".to_owned()))
    };
    asked.note("a lease ends by itself and takes its keys", step);
}

async fn granted(asked: &mut Asked, lease: LeaseId, ttl_seconds: i64) -> Step<(LeaseId, i64)> {
    match asked.ask(Request::LeaseGrant(LeaseGrant { lease, ttl_seconds })).await? {
        Response::LeaseGrant(answer) => Ok((answer.lease, answer.ttl_seconds)),
        other => Err(strange(&other)),
    }
}

async fn grant(asked: &mut Asked, lease: LeaseId) -> Step {
    let (id, ttl) = granted(asked, lease, TTL_SECONDS).await?;
    must(id == lease, format!("the lease has the ID {id} instead of ours"))?;
    must(ttl >= TTL_SECONDS, format!("{ttl} s are granted instead of {TTL_SECONDS}"))
}

async fn grant_again(asked: &mut Asked, lease: LeaseId) -> Step {
    let request = Request::LeaseGrant(LeaseGrant { lease, ttl_seconds: TTL_SECONDS });
    asked.ask_in_vain(request, Refusal::LeaseExists).await
}

async fn put_attached(asked: &mut Asked, name: &str, lease: LeaseId) -> Step {
    let put = Put { key: asked.key(name), value: Bytes::from("x"), lease, ..Put::default() };
    asked.ask(Request::Put(put)).await.map(drop)
}

async fn attach(asked: &mut Asked, lease: LeaseId) -> Step {
    put_attached(asked, "attached", lease).await?;
    let read = asked.get("attached", Range::default()).await?;
    let found = read.kvs.first().map(|pair| pair.lease);
    must(found == Some(lease), "the pair does not name its lease")
}

async fn attach_to_none(asked: &mut Asked) -> Step {
    let lease = asked.new_lease();
    let put = Put { key: asked.key("x"), value: Bytes::from("x"), lease, ..Put::default() };
    asked.ask_in_vain(Request::Put(put), Refusal::LeaseNotFound).await
}

async fn keep_alive(asked: &mut Asked, lease: LeaseId) -> Step {
    match asked.ask(Request::LeaseKeepAlive(LeaseRef { lease })).await? {
        Response::LeaseKeepAlive(answer) => {
            let ttl = answer.ttl_seconds;
            must(ttl >= TTL_SECONDS, format!("{ttl} s are left after it"))
        }
        other => Err(strange(&other)),
    }
}

async fn time_to_live(asked: &mut Asked, lease: LeaseId) -> Step {
    match asked.ask(Request::LeaseTimeToLive(LeaseTimeToLive { lease, keys: true })).await? {
        Response::LeaseTimeToLive(answer) => {
            let ttl = answer.ttl_seconds;
            must((1..=TTL_SECONDS).contains(&ttl), format!("{ttl} s are left"))?;
            let attached = asked.key("attached");
            must(answer.keys == [attached], format!("it has {} keys", answer.keys.len()))
        }
        other => Err(strange(&other)),
    }
}

async fn list(asked: &mut Asked, lease: LeaseId) -> Step {
    match asked.ask(Request::LeaseList {}).await? {
        Response::LeaseList(answer) => must(answer.leases.contains(&lease), "ours is not in it"),
        other => Err(strange(&other)),
    }
}

async fn revoke(asked: &mut Asked, lease: LeaseId) -> Step {
    asked.ask(Request::LeaseRevoke(LeaseRef { lease })).await?;
    let read = asked.get("attached", Range::default()).await?;
    must(read.kvs.is_empty(), "the key outlives its lease")
}

async fn expire(asked: &mut Asked) -> Step {
    let lease = asked.new_lease();
    let (_, ttl) = granted(asked, lease, SHORT_SECONDS).await?;
    if ttl > WAIT_MOST_SECONDS {
        return Err(Answer::NotAsked(format!("the shortest lease lives {ttl} s")));
    }
    put_attached(asked, "short", lease).await?;
    let seconds = u64::try_from(ttl).unwrap_or(0);
    tokio::time::sleep(Duration::from_secs(seconds) + EXPIRY_GRACE).await;
    let read = asked.get("short", Range::default()).await?;
    must(read.kvs.is_empty(), format!("the key is still there {} s later", seconds + 4))
}
