//! Transactions.

use stormglass_checkers::history::{
    Bytes, Compare, CompareOperator, CompareTarget, LeaseId, Put, Range, Refusal, Request,
    Response, Revision, Txn, TxnOp,
};

use crate::probe::answer::{Answer, Step, must};
use crate::probe::session::Asked;

pub(in crate::probe) async fn check(asked: &mut Asked) {
    asked.group = "transactions";
    let step = branches(asked).await;
    asked.note("transaction", step);
    for (feature, which) in [
        ("compare values", Which::Value),
        ("compare versions", Which::Version),
        ("compare create revisions", Which::CreateRevision),
        ("compare mod revisions", Which::ModRevision),
        ("compare leases", Which::Lease),
    ] {
        let step = compares(asked, which).await;
        asked.note(feature, step);
    }
    let step = create_if_absent(asked).await;
    asked.note("create if absent", step);
    let step = compare_range(asked).await;
    asked.note("compare a range", step);
    let step = several(asked).await;
    asked.note("several operations", step);
    let step = nested(asked).await;
    asked.note("nested transaction", step);
    let step = duplicate(asked).await;
    asked.note("two puts of one key are refused", step);
}

#[derive(Clone, Copy)]
enum Which {
    Value,
    Version,
    CreateRevision,
    ModRevision,
    Lease,
}

fn put(asked: &Asked, name: &str, value: &str) -> TxnOp {
    TxnOp::Put(Put { key: asked.key(name), value: Bytes::from(value), ..Put::default() })
}

fn get(asked: &Asked, name: &str) -> TxnOp {
    TxnOp::Range(Range { key: asked.key(name), ..Range::default() })
}

fn guard(asked: &Asked, name: &str, operator: CompareOperator, target: CompareTarget) -> Compare {
    Compare { key: asked.key(name), range_end: Bytes::default(), operator, target }
}

async fn branches(asked: &mut Asked) -> Step {
    asked.put("t", "one").await?;
    let equal = |asked: &Asked, value: &str| {
        guard(asked, "t", CompareOperator::Equal, CompareTarget::Value(Bytes::from(value)))
    };
    for (value, succeeds) in [("one", true), ("one", false)] {
        let txn = Txn {
            compare: vec![equal(asked, value)],
            success: vec![put(asked, "t", "two")],
            failure: vec![get(asked, "t")],
        };
        let answer = asked.txn(txn).await?;
        must(answer.succeeded == succeeds, "the wrong branch is taken")?;
        must(answer.responses.len() == 1, format!("{} answers come", answer.responses.len()))?;
        if let (false, Some(Response::Range(read))) = (succeeds, answer.responses.first()) {
            let value = read.kvs.first().map(|pair| pair.value.clone());
            must(value == Some(Bytes::from("two")), format!("the other branch reads {value:?}"))?;
        }
    }
    Ok(())
}

/// Every operator, where it holds and where it does not.
async fn compares(asked: &mut Asked, which: Which) -> Step {
    asked.put("compared", "m").await?;
    let read = asked.get("compared", Range::default()).await?;
    let pair = read.kvs.first().cloned();
    let pair = pair.ok_or_else(|| Answer::Differs("a key that was put is not there".to_owned()))?;
    let beside = |number: i64, by: i64| number.saturating_add(by);
    let target = |by: i64| match which {
        Which::Value => CompareTarget::Value(Bytes::from(match by {
            -1 => "l",
            0 => "m",
            _ => "n",
        })),
        Which::Version => CompareTarget::Version(beside(pair.version, by)),
        Which::CreateRevision => {
            CompareTarget::CreateRevision(Revision(beside(pair.create_revision.0, by)))
        }
        Which::ModRevision => CompareTarget::ModRevision(Revision(beside(pair.mod_revision.0, by))),
        Which::Lease => CompareTarget::Lease(LeaseId(beside(pair.lease.0, by))),
    };
    let cases = [
        (CompareOperator::Equal, 0, true),
        (CompareOperator::Equal, 1, false),
        (CompareOperator::NotEqual, 0, false),
        (CompareOperator::NotEqual, 1, true),
        (CompareOperator::Greater, -1, true),
        (CompareOperator::Greater, 0, false),
        (CompareOperator::Less, 1, true),
        (CompareOperator::Less, 0, false),
    ];
    for (operator, by, holds) in cases {
        let compare = vec![guard(asked, "compared", operator, target(by))];
        let (success, failure) = (vec![get(asked, "compared")], vec![get(asked, "compared")]);
        let answer = asked.txn(Txn { compare, success, failure }).await?;
        must(answer.succeeded == holds, format!("{operator:?} is wrong"))?;
    }
    Ok(())
}

async fn create_if_absent(asked: &mut Asked) -> Step {
    for expected in [true, false] {
        let absent = CompareTarget::ModRevision(Revision(0));
        let txn = Txn {
            compare: vec![guard(asked, "created", CompareOperator::Equal, absent)],
            success: vec![put(asked, "created", "x")],
            failure: vec![get(asked, "created")],
        };
        let answer = asked.txn(txn).await?;
        must(answer.succeeded == expected, "a key is created twice, or never")?;
    }
    Ok(())
}

async fn compare_range(asked: &mut Asked) -> Step {
    asked.put("range/1", "x").await?;
    asked.put("range/2", "y").await?;
    let (key, range_end) = (asked.key("range/"), asked.key("range0"));
    let target = CompareTarget::Value(Bytes::from("x"));
    let all_equal = Compare { key, range_end, operator: CompareOperator::Equal, target };
    let answer = asked.txn(Txn { compare: vec![all_equal], ..Txn::default() }).await?;
    must(!answer.succeeded, "it holds though one key of the range differs")
}

async fn several(asked: &mut Asked) -> Step {
    let success = vec![put(asked, "s/1", "x"), put(asked, "s/2", "x"), get(asked, "s/1")];
    let answer = asked.txn(Txn { success, ..Txn::default() }).await?;
    must(answer.responses.len() == 3, format!("{} answers come", answer.responses.len()))?;
    match answer.responses.last() {
        Some(Response::Range(read)) => {
            must(read.kvs.len() == 1, "a read does not see the put before it")
        }
        _ => Err(Answer::Differs("the read has no answer".to_owned())),
    }
}

async fn nested(asked: &mut Asked) -> Step {
    let inner = Txn { success: vec![put(asked, "n", "x")], ..Txn::default() };
    let answer = asked.txn(Txn { success: vec![TxnOp::Txn(inner)], ..Txn::default() }).await?;
    let inner = matches!(answer.responses.first(), Some(Response::Txn(_)));
    must(inner, "the inner transaction has no answer")
}

async fn duplicate(asked: &mut Asked) -> Step {
    let success = vec![put(asked, "d", "x"), put(asked, "d", "y")];
    let request = Request::Txn(Txn { success, ..Txn::default() });
    asked.ask_in_vain(request, Refusal::InvalidRequest).await
}
