//! The linearizability checker: legal runs are silent, planted mistakes are found.

pub mod common;

use common::{
    Cluster, Legal, anomalies, completion_of, delete, edit, get, get_at, get_serializable, grant,
    if_mod_revision, listing, put, put_with_lease, revoke, told, txn, verdict,
};
use proptest::prelude::*;
use stormglass_checkers::history::{
    Body, Definite, Event, History, KeyEventKind, Outcome, Put, Refusal, Request, Response,
    Revision, WatchFrame,
};
use stormglass_checkers::verdict::{Status, Verdict};

const NAME: &str = "linearizability";

fn check(history: &History) -> Verdict {
    verdict(NAME, history)
}

fn silent(history: &History) {
    let verdict = check(history);
    assert_eq!(verdict.status, Status::Valid, "{}\n{}", told(&verdict), listing(history));
}

fn legal(seed: u64, operations: u64, unknown: u64) -> Legal {
    Legal { seed, operations, keys: 4, open: 5, unknown, disturbed: true }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn legal_runs_are_silent(seed in any::<u64>(), unknown in 0_u64..20) {
        let history = legal(seed, 120, unknown).history();
        let verdict = check(&history);
        prop_assert_eq!(verdict.status, Status::Valid, "{}\n{}", told(&verdict), listing(&history));
    }

    #[test]
    fn legal_runs_that_were_cut_off_are_never_invalid(seed in any::<u64>(), cut in 10_usize..400) {
        let mut history = legal(seed, 120, 10).history();
        history.events.truncate(cut);
        let verdict = check(&history);
        prop_assert!(verdict.status != Status::Invalid, "{}\n{}", told(&verdict), listing(&history));
    }

    #[test]
    fn legal_runs_without_watches_are_never_invalid(seed in any::<u64>()) {
        let mut history = legal(seed, 60, 10).history();
        common::remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
        let verdict = check(&history);
        prop_assert!(verdict.status != Status::Invalid, "{}\n{}", told(&verdict), listing(&history));
    }
}
