//! The convergence checker: every anomaly fires, everything legal is silent.

use crate::common::{self, Cluster, get_serializable, put_with_lease, remove};
use crate::streams::{self, Make, assert_silent, run, step};
use proptest::prelude::*;
use stormglass_checkers::convergence::checker;
use stormglass_checkers::history::{
    Body, Definite, Environment, History, Outcome, Phase, Refusal, Request, Response, Revision,
};
use stormglass_checkers::verdict::Status;

const CONVERGENCE: Make = checker;

fn traffic() -> Cluster {
    let mut cluster = Cluster::new(3);
    for number in 0..12_u16 {
        cluster.put(number % 3, &format!("k{number}"), &format!("v{number}"));
    }
    cluster.delete(0, "k3");
    cluster
}

/// Calls `change` with the answer of every final range of a member: whether it was
/// serializable comes first.
fn edit_final(history: &mut History, member: u16, mut change: impl FnMut(bool, &mut Outcome)) {
    let is_final =
        |body: &Body| matches!(body, Body::Environment(Environment::Phase(Phase::Final)));
    let begin = history.events.iter().position(|event| is_final(&event.body)).unwrap_or(0);
    let mut local = None;
    for event in &mut history.events[begin..] {
        let of_member = event.member.is_some_and(|of| of.0 == member);
        match &mut event.body {
            Body::Invoke(invoke) if of_member => {
                local = match &invoke.request {
                    Request::Range(range) => Some(range.serializable),
                    _ => None,
                };
            }
            Body::Complete(outcome) if of_member => {
                local.take().into_iter().for_each(|local| change(local, outcome));
            }
            _ => {}
        }
    }
}

/// Changes what a member's final serializable read shows.
fn edit_content(
    history: &mut History,
    member: u16,
    mut change: impl FnMut(&mut stormglass_checkers::history::RangeResponse),
) {
    edit_final(history, member, |local, outcome| {
        if let (true, Outcome::Ok(Response::Range(answer))) = (local, outcome) {
            change(answer);
        }
    });
}

#[test]
fn members_at_rest_that_hold_the_same_are_silent() {
    assert_silent(CONVERGENCE, &traffic().finish());
}

#[test]
fn a_key_that_one_member_lacks_is_divergence() {
    let mut history = traffic().finish();
    edit_content(&mut history, 1, |answer| {
        answer.kvs.remove(2);
    });
    assert_eq!(streams::anomalies(CONVERGENCE, &history), ["diverged-members"]);
    let verdict = streams::verdict(CONVERGENCE, &history);
    let sentence = &verdict.findings[0].sentence;
    assert!(sentence.contains("m1 and m2 differ, both at revision 14: key k10 is"), "{sentence}");
    assert!(sentence.ends_with("and absent on m2"), "{sentence}");
}

#[test]
fn a_key_that_one_member_holds_differently_is_divergence() {
    for field in 0..4 {
        let mut history = traffic().finish();
        edit_content(&mut history, 2, |answer| match field {
            0 => answer.kvs[0].value = "other".into(),
            1 => answer.kvs[0].version = 2,
            2 => answer.kvs[0].lease.0 = 5,
            _ => answer.kvs[0].mod_revision = Revision(14),
        });
        assert_eq!(streams::anomalies(CONVERGENCE, &history), ["diverged-members"], "{field}");
    }
}

#[test]
fn a_member_that_skipped_entries_for_ever_is_divergence() {
    // It lacks the last two puts: its revision is lower, and stays so.
    let mut history = traffic().finish();
    edit_final(&mut history, 1, |_, outcome| {
        if let Outcome::Ok(Response::Range(answer)) = outcome {
            answer.header = streams::header(12);
            answer.kvs.retain(|pair| pair.mod_revision <= Revision(12));
        }
    });
    let verdict = streams::verdict(CONVERGENCE, &history);
    assert_eq!(verdict.status, Status::Invalid);
    let sentence = &verdict.findings[0].sentence;
    assert!(sentence.contains("m2 is at revision 12"), "{sentence}");
}

#[test]
fn contents_at_different_revisions_are_compared_all_the_same() {
    // An older content with a key that the newer one contradicts.
    let mut history = traffic().finish();
    edit_content(&mut history, 1, |answer| {
        answer.header = streams::header(12);
        answer.kvs.retain(|pair| pair.mod_revision <= Revision(12));
        answer.kvs[0].value = "other".into();
    });
    assert_eq!(streams::anomalies(CONVERGENCE, &history), ["diverged-members"]);
}

#[test]
fn a_lease_that_ends_between_the_final_reads_is_legal() {
    let mut cluster = traffic();
    let _ = cluster.at(0, common::grant(7, 3));
    let _ = cluster.at(0, put_with_lease("leased", "v", 7));
    cluster.put(0, "last", "v");
    let mut history = cluster.finish();
    // The first member was read before the last put and with the delete still to come:
    // its serializable answer is older, and the watches tell what changed.
    edit_content(&mut history, 0, |answer| {
        answer.header = streams::header(15);
        answer.kvs.retain(|pair| pair.mod_revision <= Revision(15));
    });
    assert_silent(CONVERGENCE, &history);
    // Without the watches it cannot be known what changed.
    remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
    let verdict = streams::verdict(CONVERGENCE, &history);
    assert_eq!(verdict.status, Status::Unknown);
    assert!(verdict.reasons[0].contains("read at revisions 15 and 16"), "{:?}", verdict.reasons);
}

#[test]
fn hashes_that_differ_over_equal_content_are_found() {
    let change = |history: &mut History, member: u16, compacted: Option<i64>| {
        for event in &mut history.events {
            let of_member = event.member.is_some_and(|of| of.0 == member);
            if let Body::Complete(Outcome::Ok(Response::HashKv(answer))) = &mut event.body
                && of_member
            {
                answer.hash ^= 1;
                answer.compact_revision = compacted.map_or(answer.compact_revision, Revision);
            }
        }
    };
    let mut history = traffic().finish();
    change(&mut history, 2, None);
    assert_eq!(streams::anomalies(CONVERGENCE, &history), ["hash-mismatch"]);
    // Another compact revision, or another release: not comparable.
    let mut history = traffic().finish();
    change(&mut history, 2, Some(9));
    assert_silent(CONVERGENCE, &history);
    let mut history = traffic().finish();
    change(&mut history, 2, None);
    for event in &mut history.events {
        if let Body::Environment(Environment::MemberStarted(life)) = &mut event.body
            && event.member.is_some_and(|of| of.0 == 2)
        {
            life.version = "3.4.23".to_owned();
        }
    }
    assert_silent(CONVERGENCE, &history);
    // Content that differs is told once, not twice.
    let mut history = traffic().finish();
    change(&mut history, 2, None);
    edit_content(&mut history, 2, |answer| answer.kvs[0].value = "other".into());
    assert_eq!(streams::anomalies(CONVERGENCE, &history), ["diverged-members"]);
}

#[test]
fn what_was_not_read_is_unknown() {
    let verdict = streams::verdict(CONVERGENCE, &traffic().stop());
    assert_eq!(verdict.status, Status::Unknown);
    assert!(verdict.reasons[0].contains("no final reads"), "{:?}", verdict.reasons);

    let mut history = traffic().finish();
    edit_final(&mut history, 1, |_, outcome| {
        let message = "deadline exceeded".to_owned();
        *outcome = Outcome::Failed(Definite { reason: Refusal::ReadFailed, message });
    });
    let verdict = streams::verdict(CONVERGENCE, &history);
    assert_eq!(verdict.status, Status::Unknown);
    assert_eq!(verdict.reasons, ["the final read of m2 failed: deadline exceeded"]);
}

#[test]
fn old_serializable_reads_during_the_run_are_no_divergence() {
    let mut cluster = traffic();
    cluster.lag(2);
    cluster.put(0, "k1", "newer");
    let _ = cluster.at(2, get_serializable("k1"));
    cluster.kill(2);
    cluster.restart(2);
    assert_silent(CONVERGENCE, &cluster.finish());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn random_legal_runs_are_silent(steps in proptest::collection::vec(step(), 1..60)) {
        assert_silent(CONVERGENCE, &run(&steps));
    }

    #[test]
    fn a_pair_that_one_member_lost_is_found(
        steps in proptest::collection::vec(step(), 10..60),
        member in 0_u16..3,
        pick in any::<prop::sample::Index>(),
    ) {
        let mut history = run(&steps);
        let mut lost = false;
        edit_content(&mut history, member, |answer| {
            if !answer.kvs.is_empty() {
                let at = pick.index(answer.kvs.len());
                answer.kvs.remove(at);
                lost = true;
            }
        });
        prop_assume!(lost);
        prop_assert_eq!(streams::anomalies(CONVERGENCE, &history), ["diverged-members"]);
    }
}
