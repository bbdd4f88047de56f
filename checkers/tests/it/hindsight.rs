//! Findings whose writer was forgotten get his name when the history is read again.

use std::convert::Infallible;
use std::sync::Arc;

use crate::common::{Cluster, get_at, put, txn, verdict};
use stormglass_checkers::checker::{Budget, CheckContext};
use stormglass_checkers::confirm::confirm;
use stormglass_checkers::history::{Event, History};
use stormglass_checkers::judge::Judge;
use stormglass_checkers::verdict::{Judgement, Status};

const NAME: &str = "linearizability";

/// So little memory that only the last revisions are remembered.
const BYTES: u64 = 1 << 20;

/// What all checkers say in little memory, confirmed.
fn judge(history: &History) -> Judgement {
    let mut judge = Judge::new(&CheckContext {
        preamble: history.preamble.clone(),
        sometimes: Vec::new(),
        budget: Budget { bytes: BYTES, ..Budget::default() },
    });
    history.events.iter().for_each(|event| judge.observe(&Arc::new(event.clone())));
    let mut judgement = judge.finish(history.torn);
    let again = || {
        Ok::<Vec<Result<Event, Infallible>>, Infallible>(
            history.events.iter().cloned().map(Ok).collect(),
        )
    };
    confirm(&history.preamble, &mut judgement, again);
    judgement
}

/// Long after what the cluster has done so far, key k1 gets a value.
fn long_after(mut cluster: Cluster, value: &str) -> History {
    for number in 0..300 {
        cluster.put(0, "k2", &format!("other {number}"));
    }
    let next = cluster.store.revision() + 1;
    cluster.forge(0, next, "k1", Some(value));
    cluster.stop()
}

/// The anomaly of the one finding.
fn named(judgement: &Judgement) -> &str {
    let findings = judgement.verdicts.iter().flat_map(|verdict| &verdict.findings);
    let of_check: Vec<&str> = findings.map(|finding| finding.anomaly.as_str()).collect();
    assert_eq!(judgement.status, Status::Invalid, "{}", judgement.sentence);
    let sentence = &judgement.headline().expect("it is invalid").sentence;
    assert!(judgement.sentence.starts_with(sentence.as_str()), "{}", judgement.sentence);
    of_check[0]
}

#[test]
fn a_forgotten_write_that_takes_effect_again_is_doubled() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    let history = long_after(cluster, "v1");
    let judgement = judge(&history);
    assert_eq!(named(&judgement), "doubled-write");
    let finding = judgement.headline().expect("it is invalid");
    assert_eq!(finding.witness.steps.len(), 2, "{finding:?}");
    assert_eq!(finding.witness.steps[0].what, "put k1 = \"v1\"");
    // With more memory the check needs no second reading.
    assert_eq!(verdict(NAME, &history).findings[0].sentence, finding.sentence);
}

#[test]
fn a_forgotten_refusal_that_takes_effect_is_no_phantom() {
    let mut cluster = Cluster::new(1);
    let refused = txn(Vec::new(), vec![put("k1", "v1"), get_at("k2", 99)], Vec::new());
    assert!(cluster.at(0, refused).is_err());
    assert_eq!(named(&judge(&long_after(cluster, "v1"))), "refused-write-applied");
}

#[test]
fn a_value_that_nobody_ever_wrote_stays_a_phantom() {
    let mut cluster = Cluster::new(1);
    cluster.put(0, "k1", "v1");
    assert_eq!(named(&judge(&long_after(cluster, "ghost"))), "phantom-write");
}

#[test]
fn a_forgotten_write_in_doubt_may_explain_it() {
    let mut cluster = Cluster::new(1);
    let _ = cluster.lose_answer(0, put("k1", "v1"));
    // As long as its pair exists, its maker is known.
    assert_eq!(named(&judge(&long_after(cluster.clone(), "v1"))), "doubled-write");
    cluster.delete(0, "k1");
    let judgement = judge(&long_after(cluster, "v1"));
    assert_eq!(judgement.status, Status::Unknown, "{}", judgement.sentence);
    let mut reasons = judgement.verdicts.iter().flat_map(|verdict| &verdict.reasons);
    assert!(reasons.any(|reason| reason.contains("was forgotten")), "{judgement:?}");
}
