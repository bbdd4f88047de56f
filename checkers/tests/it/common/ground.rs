//! A small run in which there is a place for a fault of every class.

use stormglass_checkers::history::{
    Body, Bytes, Compact, Header, HexId, History, KeyEventKind, Outcome, Put, Range, Request,
    Response, Revision, WatchEvents, WatchFrame, WatchHeader, WatchId, WatchKind, WatchOpen,
    WatchRequest,
};
use stormglass_checkers::keys::KeyRange;

use super::cluster::Cluster;
use super::random::Dice;
use super::requests::{
    delete, get, get_at, get_serializable, grant, if_mod_revision, put, put_with_lease, revoke, txn,
};

const KEYS: u64 = 8;

/// A legal run on three members with everything that classes of faults need.
pub fn ground(seed: u64) -> History {
    let mut cluster = Cluster::new(3);
    let mut dice = Dice(seed);
    for number in 0..40 {
        step(&mut cluster, &mut dice, number);
    }
    cluster.kill(1);
    cluster.restart(1);
    let _ = cluster.at(0, Request::Compact(Compact { revision: Revision(9), physical: false }));
    leases(&mut cluster);
    let from = cluster.store.revision();
    for number in 40..160 {
        step(&mut cluster, &mut dice, number);
    }
    watch(&mut cluster, 50, &WatchRequest { prev_kv: true, ..watching("k1", "", from) });
    watch(&mut cluster, 51, &WatchRequest { no_delete: true, ..watching("k", "l", from) });
    for number in 160..200 {
        step(&mut cluster, &mut dice, number);
    }
    cluster.put(0, "k6", "gone soon");
    cluster.delete(0, "k6");
    with_cluster_id(cluster.finish())
}

/// One request of one client; some are several, so that there are pairs to look at.
fn step(cluster: &mut Cluster, dice: &mut Dice, number: u64) {
    let member = u16::try_from(number % 3).unwrap_or(0);
    let key = format!("k{}", dice.below(KEYS));
    let revision = cluster.store.revision();
    let value = format!("v{number}");
    let request = match number % 10 {
        0 | 1 => Request::Put(Put {
            key: Bytes::from(key.as_str()),
            value: value.into(),
            prev_kv: true,
            ..Put::default()
        }),
        2 => get(&key),
        3 => get_serializable(&key),
        4 => delete(&key),
        5 => txn(Vec::new(), vec![put("k0", &value), put("k5", &format!("{value}b"))], vec![]),
        6 => Request::Range(range("k", "l")),
        7 => txn(vec![if_mod_revision("k9", 0)], vec![put(&key, &value)], vec![get(&key)]),
        8 => txn(Vec::new(), vec![get("k0"), get("k5")], Vec::new()),
        _ => get_at("k0", revision.max(2) - 1),
    };
    let _ = cluster.at(member, request);
}

fn range(from: &str, to: &str) -> Range {
    Range { key: from.into(), range_end: to.into(), ..Range::default() }
}

/// One lease is revoked, one ends by itself with two keys.
fn leases(cluster: &mut Cluster) {
    for lease in [7, 8] {
        let _ = cluster.at(0, grant(lease, 5));
        let _ = cluster.at(0, put_with_lease(&format!("l{lease}"), &format!("a{lease}"), lease));
        let _ = cluster.at(0, put_with_lease(&format!("m{lease}"), &format!("b{lease}"), lease));
    }
    let _ = cluster.at(0, revoke(7));
    cluster.pass(6);
    cluster.expire(8);
}

fn watching(key: &str, range_end: &str, start: i64) -> WatchRequest {
    let start_revision = Revision(start);
    WatchRequest {
        key: key.into(),
        range_end: range_end.into(),
        start_revision,
        ..WatchRequest::default()
    }
}

/// A watch of the workload, which delivers each revision in a response of its own.
fn watch(cluster: &mut Cluster, id: u32, request: &WatchRequest) {
    let watch = WatchId(id);
    let newest = Revision(cluster.store.revision());
    let header = Some(Header { revision: newest, ..Header::default() });
    let (kind, resumes) = (WatchKind::Workload, None);
    let open = WatchOpen { kind, request: request.clone(), resumes };
    cluster.frame(0, watch, WatchFrame::Open(open));
    cluster.frame(0, watch, WatchFrame::Created(WatchHeader { header }));
    let keys = KeyRange::new(&request.key, &request.range_end);
    for revision in request.start_revision.0..=newest.0 {
        let mut events = cluster.store.changes(revision).to_vec();
        events.retain(|event| {
            let filtered = event.kind == KeyEventKind::Delete && request.no_delete;
            keys.contains(&event.kv.key) && !filtered
        });
        for event in &mut events {
            event.prev_kv = event.prev_kv.take().filter(|_| request.prev_kv);
        }
        let events = WatchEvents { header, fragment: false, events };
        cluster.frame(0, watch, WatchFrame::Events(events));
    }
}

/// Answers to ranges name their cluster, as etcd's do.
fn with_cluster_id(mut history: History) -> History {
    for event in &mut history.events {
        if let Body::Complete(Outcome::Ok(Response::Range(range))) = &mut event.body
            && let Some(header) = &mut range.header
        {
            header.cluster_id = HexId(7);
        }
    }
    history
}
