//! Pairs that exclude each other, revisions that nothing made, clusters that change.

use std::collections::BTreeSet;

use crate::history::{
    Body, Environment, Header, HexId, KeyValue, MemberIndex, Response, Revision, Sample, WatchFrame,
};
use crate::witness::case::{Case, Step};
use crate::witness::operation::Operation;
use crate::witness::pairs::{Seen, pairs};
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};
use crate::witness::windows::{Window, watches};

pub(super) const RULES: &[Rule] = &[
    Rule::new("conflicting-observations", Needs::STEPS, conflicting_observations),
    Rule::new("key-arithmetic", Needs::STEPS, key_arithmetic),
    Rule::new("revision-gap", Needs::CHANGES, revision_gap),
    Rule::new("cluster-id-changed", SURROUNDINGS, cluster_id_changed),
];

pub(super) const SURROUNDINGS: Needs = Needs { surroundings: true, ..Needs::STEPS };

/// Pairs of one key that two steps show, each with each.
fn with_each_other(
    case: &Case<'_>,
    wrong: fn(&Seen<'_>, &Seen<'_>) -> bool,
) -> Result<bool, String> {
    let [one, other] = case.exactly::<2>()?;
    let (one, other) = (pairs(one), pairs(other));
    Ok(one.iter().any(|a| other.iter().any(|b| a.pair.key == b.pair.key && wrong(a, b))))
}

fn conflicting_observations(case: &Case<'_>) -> Proof {
    let found = with_each_other(case, |one, other| {
        let (a, b) = (one.pair, other.pair);
        let numbers = |pair: &KeyValue| (pair.create_revision, pair.version, pair.lease);
        let values = one.valued && other.valued && a.value != b.value;
        a.mod_revision == b.mod_revision && (values || numbers(a) != numbers(b))
    })?;
    demand(found, "shows no key in two states of one revision")
}

fn key_arithmetic(case: &Case<'_>) -> Proof {
    if let [step] = case.steps.as_slice() {
        return demand(pairs(step).iter().any(cannot_be), "shows no pair that cannot be");
    }
    let found = with_each_other(case, |one, other| {
        let (old, new) = (one.pair, other.pair);
        let excluded = |old: &KeyValue, new: &KeyValue| {
            old.mod_revision < new.mod_revision && !can_follow(old, new)
        };
        excluded(old, new) || excluded(new, old)
    })?;
    demand(found, "shows no two states that exclude each other")
}

/// A pair that no key can have.
fn cannot_be(seen: &Seen<'_>) -> bool {
    let pair = seen.pair;
    let (create, modified) = (pair.create_revision.0, pair.mod_revision.0);
    let fresh = create == modified;
    create < 1
        || modified < create
        || pair.version < 1
        || (pair.version == 1) != fresh
        || pair.version - 1 > modified - create
        || seen.header.is_some_and(|header| pair.mod_revision > header)
}

/// Whether a key can be in one state and then in another.
fn can_follow(old: &KeyValue, new: &KeyValue) -> bool {
    if old.create_revision == new.create_revision {
        let puts = new.version - old.version;
        (1..=new.mod_revision.0 - old.mod_revision.0).contains(&puts)
    } else {
        new.create_revision > old.mod_revision
    }
}

/// A revision that the harness's watches on every member passed without a change, and
/// that no answer claims.
fn revision_gap(case: &Case<'_>) -> Proof {
    let context = case.context;
    demand(case.preamble.exclusive && case.preamble.prefix.is_empty(), "is of a shared store")?;
    let claimed: BTreeSet<Revision> = context
        .operations
        .iter()
        .filter_map(Operation::made)
        .chain(context.watches.iter().flat_map(super::delivered).map(|one| one.kv.mod_revision))
        .collect();
    let windows: Vec<Window<'_>> = watches(context)
        .into_iter()
        .filter_map(|watch| Window::of(context, watch))
        .filter(|window| window.open.kind == crate::history::WatchKind::Recorder)
        .collect();
    let members = || (0..case.preamble.members.len()).filter_map(|one| u16::try_from(one).ok());
    let passed = |at: Revision| {
        members().map(MemberIndex).all(|member| {
            windows.iter().any(|window| window.member == Some(member) && window.covers(at))
        })
    };
    let mut named = Vec::new();
    for step in &case.steps {
        let (watch, _) = required(step.frame(), "has a step that is no frame of a watch")?;
        named.push(required(Window::of(context, watch), "names a watch that was not opened")?);
    }
    let newest = named.iter().map(|window| window.passed).max().unwrap_or_default();
    let from = case.preamble.start_revision.0 + 1;
    let found = (from..=newest.0).map(Revision).any(|at| {
        !claimed.contains(&at) && passed(at) && named.iter().all(|window| window.covers(at))
    });
    let each = members().count().min(3);
    demand(found && named.len() >= each, "names watches that passed nothing in vain")
}

/// Every header of a step.
fn headers(step: &Step) -> Vec<Header> {
    let found = match (step.operation(), step.frame()) {
        (Some(operation), _) => operation.answer().and_then(Response::header).copied(),
        (_, Some((_, WatchFrame::Created(frame) | WatchFrame::Progress(frame)))) => frame.header,
        (_, Some((_, WatchFrame::Events(events)))) => events.header,
        (_, Some((_, WatchFrame::Canceled(canceled)))) => canceled.header,
        _ => match step.event().map(|event| &event.body) {
            Some(Body::Sample(Sample::Status(status))) => status.header,
            _ => None,
        },
    };
    found.into_iter().collect()
}

fn cluster_id_changed(case: &Case<'_>) -> Proof {
    let [one, other] = case.exactly::<2>()?;
    let ids = |step: &Step| -> Vec<HexId> {
        headers(step).iter().map(|header| header.cluster_id).filter(|id| id.0 != 0).collect()
    };
    let (first, second) = (ids(one), ids(other));
    let differ = first.iter().any(|id| second.iter().any(|other| other != id));
    demand(differ, "has headers of one cluster")?;
    let rebuilt = case.context.surroundings.iter().any(|event| {
        let between = event.index > one.begin() && event.index < other.end();
        between
            && match &event.body {
                Body::Environment(Environment::ClusterChanged(cluster)) => cluster.number > 1,
                Body::Environment(Environment::MemberStarted(life)) => life.data_generation > 1,
                _ => false,
            }
    });
    demand(!rebuilt, "is of a cluster that was built anew")
}
