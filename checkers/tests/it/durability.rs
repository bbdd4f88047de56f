//! The durability checker: lost writes are found, whatever explains an absence is heard.

use crate::common::{
    self, Cluster, Legal, anomalies, delete, delete_range, edit_last, grant, listing, put,
    put_with_lease, revoke, told, verdict,
};
use proptest::prelude::*;
use stormglass_checkers::history::{
    Body, Environment, Event, Header, History, KeyValue, Nanos, Outcome, Phase, Response, Revision,
};
use stormglass_checkers::verdict::Status;

const NAME: &str = "durability";

fn silent(history: &History) {
    let verdict = verdict(NAME, history);
    assert_eq!(verdict.status, Status::Valid, "{}\n{}", told(&verdict), listing(history));
}

/// Changes what one member's final reads show.
fn edit_final(
    history: &mut History,
    member: u16,
    change: impl Fn(&mut Vec<KeyValue>, &mut Header),
) {
    let mut is_final = false;
    for event in &mut history.events {
        if matches!(event.body, Body::Environment(Environment::Phase(Phase::Final))) {
            is_final = true;
        }
        let of_member = event.member.is_some_and(|found| found.0 == member);
        if let Body::Complete(Outcome::Ok(Response::Range(range))) = &mut event.body
            && is_final
            && of_member
            && let Some(header) = &mut range.header
        {
            change(&mut range.kvs, header);
        }
    }
}

fn without(kvs: &mut Vec<KeyValue>, key: &str) {
    kvs.retain(|kv| kv.key != key.into());
}

#[test]
fn an_acknowledged_put_that_is_gone_from_one_member_is_lost() {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    let fault = cluster.fault_begin("kill", &[2]);
    cluster.kill(2);
    cluster.put(1, "k2", "v2");
    cluster.restart(2);
    cluster.fault_end(fault, Nanos(0));
    let mut history = cluster.finish();
    edit_final(&mut history, 2, |kvs, header| {
        without(kvs, "k1");
        header.revision = Revision(2);
    });
    let verdict = verdict(NAME, &history);
    let finding = &verdict.findings[0];
    assert_eq!(finding.anomaly, "lost-write", "{}", told(&verdict));
    assert!(finding.sentence.contains("m3") && finding.sentence.contains("k1"), "{finding:?}");
    let what: Vec<&str> = finding.witness.steps.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(what, ["put k1 = \"v1\"", "fault kill", "read of every key"]);
    assert!(verdict.findings.iter().any(|finding| finding.anomaly == "revision-lost"));
}

#[test]
fn a_key_that_is_older_than_its_acknowledged_write_is_lost() {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    cluster.put(0, "k1", "v2");
    let mut history = cluster.finish();
    edit_final(&mut history, 1, |kvs, _| {
        kvs[0].mod_revision = Revision(2);
        kvs[0].value = "v1".into();
    });
    assert_eq!(anomalies(NAME, &history), ["lost-write"]);
}

#[test]
fn another_value_at_the_acknowledged_revision_is_lost() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    let mut history = cluster.finish();
    edit_final(&mut history, 0, |kvs, _| kvs[0].value = "v7".into());
    assert_eq!(anomalies(NAME, &history), ["lost-write"]);
}

#[test]
fn a_revision_that_went_back_for_good_is_lost() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    cluster.delete(0, "k1");
    let mut history = cluster.finish();
    edit_final(&mut history, 0, |_, header| header.revision = Revision(1));
    assert_eq!(anomalies(NAME, &history), ["revision-lost"]);
}

#[test]
fn a_deleted_key_that_is_back_is_lost() {
    for request in [delete("k1"), delete_range("k0", "k9")] {
        let mut cluster = Cluster::new(1);
        cluster.put(0, "k1", "v1");
        let _ = cluster.at(0, request);
        let mut history = cluster.finish();
        common::remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
        edit_final(&mut history, 0, |kvs, _| {
            let (mod_revision, create_revision) = (Revision(2), Revision(2));
            let (key, value) = ("k1".into(), "v1".into());
            let lease = stormglass_checkers::history::LeaseId(0);
            kvs.push(KeyValue { key, create_revision, mod_revision, version: 1, value, lease });
        });
        assert_eq!(anomalies(NAME, &history), ["lost-write"]);
    }
}

/// As after a restore from an older snapshot: other writes get the revisions again.
#[test]
fn a_write_whose_revision_was_given_again_is_lost() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    cluster.put(0, "k2", "v2");
    let client = cluster.client(0);
    let again = cluster.invoke(client, put("k3", "v3"));
    let answer = cluster.take_effect(&again);
    let completion = cluster.answer(&again, answer);
    let mut history = cluster.finish();
    common::edit(&mut history, completion, |event| {
        common::with_response(event, |response| common::set_revision(response, 3));
    });
    common::remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
    edit_final(&mut history, 0, |kvs, header| {
        without(kvs, "k2");
        kvs.iter_mut().filter(|kv| kv.key == "k3".into()).for_each(|kv| {
            (kv.mod_revision, kv.create_revision) = (Revision(3), Revision(3));
        });
        header.revision = Revision(3);
    });
    assert_eq!(anomalies(NAME, &history), ["lost-write"]);
}

#[test]
fn what_a_read_returned_and_nobody_deleted_has_vanished() {
    let mut cluster = Cluster::new(3);
    cluster.lose_answer(0, put("k1", "v1"));
    cluster.get(1, "k1");
    let mut history = cluster.finish();
    edit_final(&mut history, 2, |kvs, _| without(kvs, "k1"));
    assert_eq!(anomalies(NAME, &history), ["vanished-read"]);
}

#[test]
fn unknown_deletes_range_deletes_and_leases_explain_an_absence() {
    // A delete whose answer was lost.
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    cluster.lose_answer(0, delete("k1"));
    silent(&cluster.finish());
    // The same, with no watch that shows it.
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    cluster.lose_answer(0, delete_range("k0", "k5"));
    let mut history = cluster.finish();
    common::remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
    silent(&history);
    // A lease that ended, seen and unseen.
    for seen in [true, false] {
        let mut cluster = Cluster::new(3);
        let _ = cluster.at(0, grant(7, 5));
        let _ = cluster.at(0, put_with_lease("k1", "v1", 7));
        cluster.expire(7);
        let mut history = cluster.finish();
        if !seen {
            common::remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
        }
        silent(&history);
    }
}

#[test]
fn a_lease_that_was_detached_explains_nothing() {
    let mut cluster = Cluster::new(3);
    let _ = cluster.at(0, grant(7, 5));
    let _ = cluster.at(0, put_with_lease("k1", "v1", 7));
    cluster.put(0, "k1", "v2");
    let _ = cluster.at(0, revoke(7));
    let mut history = cluster.finish();
    edit_final(&mut history, 0, |kvs, _| without(kvs, "k1"));
    assert_eq!(anomalies(NAME, &history), ["lost-write"]);
}

#[test]
fn where_two_writes_made_one_revision_a_lease_may_have_ended_there_too() {
    for split in [false, true] {
        let mut cluster = Cluster::new(3);
        let _ = cluster.at(0, grant(7, 5));
        let _ = cluster.at(0, put_with_lease("k1", "v1", 7));
        cluster.put(0, "k2", "v2");
        cluster.put(1, "k3", "v3");
        let mut history = cluster.finish();
        edit_final(&mut history, 2, |kvs, _| without(kvs, "k1"));
        if split {
            for event in &mut history.events {
                if let Body::Complete(Outcome::Ok(Response::Put(put))) = &mut event.body
                    && let Some(header) = &mut put.header
                    && header.revision == Revision(4)
                {
                    header.revision = Revision(3);
                }
            }
        }
        let found = anomalies(NAME, &history);
        assert_eq!(found.contains(&"lost-write".to_owned()), !split, "{found:?}");
    }
}

#[test]
fn an_unknown_delete_does_not_explain_what_every_watch_denies() {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    cluster.lose_request(0, delete("k1"));
    let mut history = cluster.finish();
    edit_final(&mut history, 0, |kvs, _| without(kvs, "k1"));
    assert_eq!(anomalies(NAME, &history), ["lost-write"]);
}

#[test]
fn a_write_that_lands_during_the_final_reads_is_held_against_nobody() {
    let mut cluster = Cluster::new(2);
    let late = cluster.lose_request(0, put("k1", "v1"));
    cluster.phase(Phase::Final);
    let _ = cluster.at(0, stormglass_checkers::history::Request::Range(common::everything()));
    let _ = cluster.take_effect(&late);
    let _ = cluster.at(1, stormglass_checkers::history::Request::Range(common::everything()));
    silent(&cluster.stop());
}

#[test]
fn a_serializable_read_may_be_behind() {
    let mut cluster = Cluster::new(2);
    cluster.put(0, "k1", "v1");
    cluster.lag(1);
    cluster.put(0, "k1", "v2");
    cluster.phase(Phase::Final);
    let local = stormglass_checkers::history::Range { serializable: true, ..common::everything() };
    for member in 0..2 {
        let whole = stormglass_checkers::history::Request::Range(common::everything());
        let _ = cluster.at(member, whole);
        let _ = cluster.at(member, stormglass_checkers::history::Request::Range(local.clone()));
    }
    silent(&cluster.stop());
}

#[test]
fn without_final_reads_it_is_unknown() {
    let mut cluster = Cluster::new(3);
    cluster.put(0, "k1", "v1");
    let verdict_of_killed = verdict(NAME, &cluster.clone().stop());
    assert_eq!(verdict_of_killed.status, Status::Unknown);
    let mut history = cluster.finish();
    let is_read =
        |event: &Event| matches!(&event.body, Body::Complete(Outcome::Ok(Response::Range(_))));
    edit_last(
        &mut history,
        |event| is_read(event) && event.member.is_some_and(|m| m.0 == 1),
        |event| {
            event.member = Some(stormglass_checkers::history::MemberIndex(0));
        },
    );
    let missing = verdict(NAME, &history);
    assert_eq!(missing.status, Status::Valid, "{}", told(&missing));
    common::remove(&mut history, |event| {
        matches!(event.body, Body::Invoke(_) | Body::Complete(_))
            && event.member.is_some_and(|member| member.0 == 1)
    });
    let missing = verdict(NAME, &history);
    assert_eq!(missing.status, Status::Unknown);
    assert!(missing.reasons[0].contains("m2 gave no final read"), "{}", told(&missing));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn legal_runs_are_silent(seed in any::<u64>(), unknown in 0_u64..20, watched in any::<bool>()) {
        let shape = Legal { seed, operations: 120, keys: 4, open: 5, unknown, disturbed: true };
        let mut history = shape.history();
        if !watched {
            common::remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
        }
        let verdict = verdict(NAME, &history);
        prop_assert_eq!(verdict.status, Status::Valid, "{}\n{}", told(&verdict), listing(&history));
    }

    #[test]
    fn a_key_that_one_member_lost_is_found(seed in any::<u64>(), member in 0_u16..3) {
        let shape = Legal { seed, operations: 60, keys: 4, open: 4, unknown: 8, disturbed: true };
        let mut history = shape.history();
        let mut lost = false;
        let mut keys = Vec::new();
        edit_final(&mut history, member, |_, _| {});
        for event in &history.events {
            if let Body::Complete(Outcome::Ok(Response::Range(range))) = &event.body {
                keys = range.kvs.iter().map(|kv| kv.key.to_string()).collect();
            }
        }
        if let Some(key) = keys.first() {
            edit_final(&mut history, member, |kvs, _| without(kvs, key));
            lost = true;
        }
        let verdict = verdict(NAME, &history);
        prop_assert_eq!(verdict.status == Status::Invalid, lost, "{}\n{}", told(&verdict), listing(&history));
    }
}
