//! Members that differ when everything is over.

use std::collections::BTreeMap;

use super::durability::is_final;
use crate::history::{
    Body, Bytes, Environment, KeyValue, MemberIndex, Request, Response, Revision, WatchFrame,
};
use crate::witness::case::{Case, Step};
use crate::witness::ledger::Held;
use crate::witness::operation::Operation;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::span::holds;

pub(super) const RULES: &[Rule] = &[
    Rule::new("diverged-members", Needs::ALL, diverged_members),
    Rule::new("hash-mismatch", Needs::ALL, hash_mismatch),
];

fn diverged_members(case: &Case<'_>) -> Proof {
    let [one, other] = case.exactly::<2>()?;
    let second = required(other.operation(), "does not end with a read")?;
    demand(is_final(case, second), "ends with a read that is not a final one")?;
    if is_behind(one, second) {
        return Ok(());
    }
    let first = required(one.operation(), "does not begin with a read")?;
    demand(first.member != second.member, "has two reads of one member")?;
    demand(is_final(case, first), "begins with a read that is not a final one")?;
    let (older, newer) = if first.header() <= second.header() {
        (content(first)?, content(second)?)
    } else {
        (content(second)?, content(first)?)
    };
    differ(case, &older, &newer)
}

/// A linearizable read that is behind what had been shown before it was sent.
fn is_behind(shown: &Step, read: &Operation) -> bool {
    let header = match (shown.operation(), shown.frame()) {
        (Some(operation), _) if matches!(operation.request, Request::Compact(_)) => None,
        (Some(operation), _) => operation.header(),
        (None, Some((_, WatchFrame::Created(frame) | WatchFrame::Progress(frame)))) => {
            frame.header.map(|header| header.revision)
        }
        (None, Some((_, WatchFrame::Events(events)))) => {
            events.header.map(|header| header.revision)
        }
        _ => None,
    };
    let reads = matches!(read.request, Request::Range(_)) && !read.local();
    let before = shown.end() < read.invocation;
    reads && before && header.zip(read.header()).is_some_and(|(known, read)| read < known)
}

/// A member's pairs, the range that was read, and at which revision.
struct Content<'a> {
    pairs: BTreeMap<&'a Bytes, &'a KeyValue>,
    span: (&'a Bytes, &'a Bytes),
    at: Revision,
}

fn content(read: &Operation) -> Result<Content<'_>, String> {
    let (Request::Range(range), Some(Response::Range(answer))) = (&read.request, read.answer())
    else {
        return Err("has something else than an answered read".to_owned());
    };
    let cut = range.limit != 0 || range.keys_only || range.count_only || answer.more;
    let past = !range.revision.is_zero() || !range.min_mod_revision.is_zero();
    demand(!cut && !past, "has a read that is not of everything")?;
    let at = required(read.header(), "has a read without a revision")?;
    let pairs = answer.kvs.iter().map(|pair| (&pair.key, pair)).collect();
    Ok(Content { pairs, span: (&range.key, &range.range_end), at })
}

fn differ(case: &Case<'_>, older: &Content<'_>, newer: &Content<'_>) -> Proof {
    demand(older.span == newer.span, "has two reads of different ranges")?;
    let all = older.pairs.keys().chain(newer.pairs.keys());
    let ledger = case.context.ledger(case.preamble);
    let found = all.filter(|key| holds(older.span, key)).any(|key| {
        let (old, new) = (older.pairs.get(*key), newer.pairs.get(*key));
        if old == new {
            return false;
        }
        let unmoved = new.is_some_and(|pair| pair.mod_revision <= older.at);
        if older.at == newer.at || unmoved {
            return true;
        }
        // Between the two the key changed, or not, as the watches show.
        let moved = ledger.changed(key, newer.at).filter(|at| *at > older.at);
        let known = ledger.are_whole(older.at.next(), newer.at);
        let held = match moved {
            None => old.map(|pair| (*pair).clone()),
            Some(_) => match ledger.held(key, newer.at) {
                Held::Unknown => return false,
                Held::Absent => None,
                Held::Pair(pair, _) => Some(pair),
            },
        };
        let bare = |pair: &KeyValue| (pair.mod_revision, pair.value.clone());
        known && held.as_ref().map(bare) != new.map(|pair| bare(pair))
    });
    demand(found, "has two reads that fit each other")
}

fn hash_mismatch(case: &Case<'_>) -> Proof {
    let [one, other] = case.two_operations()?;
    let hash = |operation: &Operation| match (&operation.request, operation.answer()) {
        (Request::HashKv(asked), Some(Response::HashKv(answer))) => {
            let release = release(case, operation);
            Some(((asked.revision, answer.compact_revision, release), answer.hash))
        }
        _ => None,
    };
    let reason = "has something else than two hashes";
    let ((class, hash_one), (other_class, hash_two)) =
        (required(hash(one), reason)?, required(hash(other), reason)?);
    demand(one.member != other.member, "has two hashes of one member")?;
    let comparable = class == other_class && !class.0.is_zero() && class.2.is_some();
    demand(comparable, "has hashes of different revisions or releases")?;
    demand(hash_one != hash_two, "has two equal hashes")
}

/// The release of the member that was asked.
fn release(case: &Case<'_>, operation: &Operation) -> Option<String> {
    let member: MemberIndex = operation.member?;
    let started = case
        .context
        .surroundings
        .iter()
        .filter(|event| event.member == Some(member) && event.index < operation.ended());
    let mut started = started.filter_map(|event| match &event.body {
        Body::Environment(Environment::MemberStarted(life)) => Some(life.version.clone()),
        _ => None,
    });
    let first = case.preamble.members.get(usize::from(member.0));
    started.next_back().or_else(|| first.map(|member| member.version.clone()))
}
