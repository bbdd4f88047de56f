//! Requests and responses in a few words, for sentences and witnesses.

use crate::history::{
    Bytes, Compare, CompareOperator, CompareTarget, Indefinite, KeyValue, Outcome, Range, Request,
    Response, Revision, Txn, TxnOp,
};
use crate::keys::KeyRange;

/// Longest text of a value, in characters.
const VALUE: usize = 40;

/// Longest text of a request or response, in characters.
const LINE: usize = 160;

/// A request: `put k17 = "4-211"`.
pub fn request(request: &Request) -> String {
    cut(&request_whole(request), LINE)
}

fn request_whole(request: &Request) -> String {
    match request {
        Request::Put(_) | Request::Range(_) | Request::Delete(_) | Request::Txn(_) => {
            operation(request)
        }
        Request::Compact(compact) => format!("compact up to revision {}", compact.revision),
        Request::LeaseGrant(grant) => {
            format!("grant lease {} for {} s", grant.lease, grant.ttl_seconds)
        }
        Request::LeaseRevoke(lease) => format!("revoke lease {}", lease.lease),
        Request::LeaseKeepAlive(lease) => format!("keep lease {} alive", lease.lease),
        Request::LeaseTimeToLive(lease) => format!("time to live of lease {}", lease.lease),
        Request::HashKv(hash) => format!("hash at revision {}", hash.revision),
        Request::Lock(lock) => format!("lock {}", lock.name),
        Request::Unlock(unlock) => format!("unlock {}", unlock.key),
        Request::LeaseList {} => "list leases".to_owned(),
        Request::Status {} => "status".to_owned(),
        Request::Defragment {} => "defragment".to_owned(),
        Request::Snapshot {} => "snapshot".to_owned(),
        Request::Alarm(_) => "alarm".to_owned(),
        Request::MoveLeader(_) => "move the leader".to_owned(),
        Request::Campaign(_)
        | Request::Proclaim(_)
        | Request::ElectionLeader(_)
        | Request::Resign(_) => "election request".to_owned(),
        Request::MemberAdd(_)
        | Request::MemberRemove(_)
        | Request::MemberPromote(_)
        | Request::MemberUpdate(_)
        | Request::MemberList { .. } => "membership request".to_owned(),
    }
}

fn operation(request: &Request) -> String {
    match request {
        Request::Put(put) => {
            let value =
                if put.ignore_value { "its own value".to_owned() } else { quoted(&put.value) };
            let lease = match put.lease {
                lease if lease.is_none() => String::new(),
                lease => format!(" with lease {lease}"),
            };
            format!("put {} = {value}{lease}", put.key)
        }
        Request::Range(range) => read(range),
        Request::Delete(delete) => {
            format!("delete {}", KeyRange::new(&delete.key, &delete.range_end))
        }
        Request::Txn(txn) => transaction(txn),
        other => request_whole(other),
    }
}

fn read(range: &Range) -> String {
    let keys = KeyRange::new(&range.key, &range.range_end);
    let kind = if range.serializable { "serializable read" } else { "read" };
    match range.revision {
        Revision(0) => format!("{kind} of {keys}"),
        revision => format!("{kind} of {keys} at revision {revision}"),
    }
}

fn transaction(txn: &Txn) -> String {
    let guards: Vec<String> = txn.compare.iter().map(guard).collect();
    let branch = |ops: &[TxnOp]| match ops {
        [] => "nothing".to_owned(),
        ops => ops.iter().map(part).collect::<Vec<_>>().join(", "),
    };
    let when = match guards.as_slice() {
        [] => String::new(),
        guards => format!(" if {}", guards.join(" and ")),
    };
    let otherwise = match txn.failure.as_slice() {
        [] => String::new(),
        failure => format!(" else {}", branch(failure)),
    };
    format!("transaction{when}: {}{otherwise}", branch(&txn.success))
}

fn part(op: &TxnOp) -> String {
    operation(&match op {
        TxnOp::Put(put) => Request::Put(put.clone()),
        TxnOp::Range(range) => Request::Range(range.clone()),
        TxnOp::Delete(delete) => Request::Delete(delete.clone()),
        TxnOp::Txn(txn) => Request::Txn(txn.clone()),
    })
}

fn guard(guard: &Compare) -> String {
    let operator = match guard.operator {
        CompareOperator::Equal => "=",
        CompareOperator::NotEqual => "≠",
        CompareOperator::Greater => ">",
        CompareOperator::Less => "<",
    };
    let keys = KeyRange::new(&guard.key, &guard.range_end);
    match &guard.target {
        CompareTarget::Version(version) => format!("version of {keys} {operator} {version}"),
        CompareTarget::CreateRevision(revision) => {
            format!("create_revision of {keys} {operator} {revision}")
        }
        CompareTarget::ModRevision(revision) => {
            format!("mod_revision of {keys} {operator} {revision}")
        }
        CompareTarget::Value(value) => format!("{keys} {operator} {}", quoted(value)),
        CompareTarget::Lease(lease) => format!("lease of {keys} {operator} {lease}"),
    }
}

/// A response: `ok, revision 5312`.
pub fn response(response: &Response) -> String {
    let shown = match response {
        Response::Range(range) => match range.kvs.as_slice() {
            [] => format!("{} keys", range.count),
            kvs => kvs.iter().map(pair).collect::<Vec<_>>().join(", "),
        },
        Response::Delete(delete) => format!("{} deleted", delete.deleted),
        Response::Txn(txn) if txn.succeeded => "guards held".to_owned(),
        Response::Txn(_) => "guards did not hold".to_owned(),
        Response::Put(put) => match &put.prev_kv {
            Some(previous) => format!("ok, before it {}", pair(previous)),
            None => "ok".to_owned(),
        },
        _ => "ok".to_owned(),
    };
    let shown = cut(&shown, LINE);
    match response.header() {
        Some(header) => format!("{shown}, revision {}", header.revision),
        None => shown,
    }
}

/// The end of an operation.
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok(answer) => response(answer),
        Outcome::Failed(failure) => {
            cut(&format!("definitely refused ({:?}): {}", failure.reason, failure.message), LINE)
        }
        Outcome::Unknown(Indefinite { reason, message }) => {
            cut(&format!("unknown ({reason:?}): {message}"), LINE)
        }
    }
}

/// A pair: `k1 = "a" of revision 5`.
pub fn pair(kv: &KeyValue) -> String {
    format!("{} = {} of revision {}", kv.key, quoted(&kv.value), kv.mod_revision)
}

/// A value in quotation marks, cut to a readable length and without its padding.
pub fn quoted(value: &Bytes) -> String {
    format!("\"{}\"", cut(&unpadded(&value.to_string()), VALUE))
}

/// A text without the repetition of one character that it ends with: values are padded
/// to their size, and the padding tells nothing.
pub(crate) fn unpadded(text: &str) -> String {
    const PADDING: usize = 5;
    let Some(last) = text.chars().last() else { return String::new() };
    let bare = text.trim_end_matches(last);
    let padded = text[bare.len()..].chars().count() >= PADDING && !bare.is_empty();
    if padded { format!("{bare}…") } else { text.to_owned() }
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Put;

    #[test]
    fn requests_read_like_sentences() {
        let put = Put { key: "k1".into(), value: "a".into(), ..Put::default() };
        let guard = Compare {
            key: "k1".into(),
            range_end: Bytes::default(),
            operator: CompareOperator::Equal,
            target: CompareTarget::ModRevision(Revision(7)),
        };
        let success = vec![TxnOp::Put(put.clone())];
        let txn = Txn { compare: vec![guard], success, failure: Vec::new() };
        assert_eq!(request(&Request::Put(put)), "put k1 = \"a\"");
        assert_eq!(
            request(&Request::Txn(txn)),
            "transaction if mod_revision of k1 = 7: put k1 = \"a\""
        );
    }

    #[test]
    fn padding_is_left_out() {
        assert_eq!(quoted(&"4-211..........".into()), "\"4-211…\"");
        assert_eq!(quoted(&"4-211".into()), "\"4-211\"");
        assert_eq!(quoted(&"......".into()), "\"......\"");
    }

    #[test]
    fn long_values_are_cut() {
        let put = Put { key: "k".into(), value: "x".repeat(900).into(), ..Put::default() };
        assert!(request(&Request::Put(put)).chars().count() < 60);
    }
}
