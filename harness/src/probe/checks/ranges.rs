//! Reads of several keys, of other revisions, and of a member alone.

use stormglass_checkers::history::{
    Bytes, Compact, KeyValue, Range, RangeResponse, Refusal, Request, Revision, Sort, SortOrder,
    SortTarget,
};

use crate::probe::answer::{Answer, Step, must};
use crate::probe::session::Asked;

pub(in crate::probe) async fn check(asked: &mut Asked, owned: bool) {
    asked.group = "ranges";
    let written = write(asked).await;
    let first = match &written {
        Ok(first) => *first,
        Err(_) => Revision(0),
    };
    let step = whole(asked, Range::default(), &["a", "b", "c"]).await;
    asked.note("range", step);
    let step = limited(asked).await;
    asked.note("limit", step);
    let step = counted(asked).await;
    asked.note("count only", step);
    let step = keys_only(asked).await;
    asked.note("keys only", step);
    for (feature, target, order, expected) in [
        ("sort by key", SortTarget::Key, SortOrder::Descend, ["c", "b", "a"]),
        ("sort by value", SortTarget::Value, SortOrder::Ascend, ["c", "b", "a"]),
        ("sort by version", SortTarget::Version, SortOrder::Descend, ["b", "a", "c"]),
        (
            "sort by create revision",
            SortTarget::CreateRevision,
            SortOrder::Descend,
            ["c", "a", "b"],
        ),
        ("sort by mod revision", SortTarget::ModRevision, SortOrder::Ascend, ["a", "c", "b"]),
    ] {
        let range = Range { sort: Sort { target, order }, ..Range::default() };
        let step = match target {
            // Keys of one version keep their order, whichever that is.
            SortTarget::Version => first_is(asked, range, "b").await,
            _ => whole(asked, range, &expected).await,
        };
        asked.note(feature, step);
    }
    let step =
        whole(asked, Range { serializable: true, ..Range::default() }, &["a", "b", "c"]).await;
    asked.note("serializable read", step);
    let step = filtered(asked, first).await;
    asked.note("filters by revision", step);
    let step = at_past(asked).await;
    asked.note("read at a past revision", step);
    let step = at_future(asked).await;
    asked.note("read at a future revision is refused", step);
    let step = compaction(asked, owned).await;
    asked.note("compaction", step);
}

/// Three keys: `b` first and last, `a` and `c` between; returns the revision of the first put.
async fn write(asked: &mut Asked) -> Step<Revision> {
    let first = asked.put("r/b", "2").await?;
    asked.put("r/a", "3").await?;
    asked.put("r/c", "1").await?;
    asked.put("r/b", "2").await?;
    Ok(first)
}

async fn read(asked: &mut Asked, range: Range) -> Step<RangeResponse> {
    let (key, range_end) = (asked.key("r/"), asked.key("r0"));
    asked.range(Range { key, range_end, ..range }).await
}

fn names(asked: &Asked, pairs: &[KeyValue]) -> Vec<String> {
    let before = asked.prefix.len() + 2;
    let name = |pair: &KeyValue| {
        String::from_utf8_lossy(pair.key.as_slice().get(before..).unwrap_or_default()).into_owned()
    };
    pairs.iter().map(name).collect()
}

/// All keys, in this order.
async fn whole(asked: &mut Asked, range: Range, expected: &[&str]) -> Step {
    let answer = read(asked, range).await?;
    let names = names(asked, &answer.kvs);
    must(names == expected, format!("the keys come as {}", names.join(", ")))
}

async fn first_is(asked: &mut Asked, range: Range, expected: &str) -> Step {
    let answer = read(asked, range).await?;
    let names = names(asked, &answer.kvs);
    let first = names.first().is_some_and(|name| name == expected);
    must(first && names.len() == 3, format!("the keys come as {}", names.join(", ")))
}

async fn limited(asked: &mut Asked) -> Step {
    let answer = read(asked, Range { limit: 2, ..Range::default() }).await?;
    must(answer.kvs.len() == 2, format!("{} keys come instead of 2", answer.kvs.len()))?;
    must(answer.more && answer.count == 3, "it does not say that there are more, and how many")
}

async fn counted(asked: &mut Asked) -> Step {
    let answer = read(asked, Range { count_only: true, ..Range::default() }).await?;
    must(answer.count == 3 && answer.kvs.is_empty(), format!("it counts {} of 3", answer.count))
}

async fn keys_only(asked: &mut Asked) -> Step {
    let answer = read(asked, Range { keys_only: true, ..Range::default() }).await?;
    let bare = answer.kvs.iter().all(|pair| pair.value.is_empty());
    must(bare && answer.kvs.len() == 3, "values come too")
}

async fn filtered(asked: &mut Asked, first: Revision) -> Step {
    if first.is_zero() {
        return Err(Answer::No("no revision is known".to_owned()));
    }
    let newer = Range { min_create_revision: first.next(), ..Range::default() };
    let answer = read(asked, newer).await?;
    must(answer.kvs.len() == 2, format!("{} keys come instead of 2", answer.kvs.len()))?;
    let answer = read(asked, Range { max_mod_revision: first, ..Range::default() }).await?;
    must(answer.kvs.is_empty(), "keys come that were changed later")
}

async fn at_past(asked: &mut Asked) -> Step {
    let past = asked.put("past", "before").await?;
    asked.put("past", "after").await?;
    if past.is_zero() {
        return Err(Answer::No("no revision is known".to_owned()));
    }
    let answer = asked.get("past", Range { revision: past, ..Range::default() }).await?;
    let value = answer.kvs.first().map(|pair| pair.value.clone());
    must(value == Some(Bytes::from("before")), format!("the value then is told as {value:?}"))
}

async fn at_future(asked: &mut Asked) -> Step {
    let now = asked.put("past", "now").await?;
    let (key, revision) = (asked.key("past"), Revision(now.0 + 1_000_000));
    let range = Range { key, revision, ..Range::default() };
    asked.ask_in_vain(Request::Range(range), Refusal::FutureRevision).await
}

async fn compaction(asked: &mut Asked, owned: bool) -> Step {
    if !owned {
        let why = "it takes history from the store's other users: add --i-own-this-cluster";
        return Err(Answer::NotAsked(why.to_owned()));
    }
    let old = asked.put("past", "old").await?;
    let revision = asked.put("past", "new").await?;
    asked.ask(Request::Compact(Compact { revision, physical: false })).await?;
    let range = Range { key: asked.key("past"), revision: old, ..Range::default() };
    asked.ask_in_vain(Request::Range(range), Refusal::Compacted).await
}
