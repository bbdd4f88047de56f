//! The model against the reference store, which shares no code with it.

use crate::common::{Requests, Store};
use proptest::prelude::*;
use stormglass_checkers::history::{Request, Response, Revision, TxnResponse};
use stormglass_checkers::model::{State, changes_if_right};

/// The reference store fills nested headers; the model, like some releases, does not.
fn without_nested_headers(response: &mut Response) {
    if let Response::Txn(TxnResponse { responses, .. }) = response {
        for response in responses {
            match response {
                Response::Put(response) => response.header = None,
                Response::Range(response) => response.header = None,
                Response::Delete(response) => response.header = None,
                Response::Txn(inner) => inner.header = None,
                _ => {}
            }
            without_nested_headers(response);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn model_and_reference_store_answer_alike(seed in any::<u64>()) {
        let mut requests = Requests::new(seed, 5, 3);
        requests.twice = true;
        let (mut store, mut model) = (Store::default(), State::new(Revision(1)));
        for _ in 0..60 {
            let request = requests.next(store.revision());
            let mut expected = store.apply(&request);
            if let Ok(expected) = &mut expected {
                without_nested_headers(expected);
            }
            // Where several refusals are true, which of them is told is open.
            let (found, expected) = (model.apply(&request).ok(), expected.ok());
            prop_assert_eq!(found, expected, "{:?}", request);
            prop_assert_eq!(model.revision().0, store.revision());
        }
    }

    #[test]
    fn every_answer_of_the_reference_store_agrees_with_the_model(seed in any::<u64>()) {
        let mut requests = Requests::new(seed, 4, 0);
        let (mut store, mut model) = (Store::default(), State::new(Revision(1)));
        for _ in 0..60 {
            let request = requests.next(store.revision());
            let before = model.revision();
            let found = store.apply(&request);
            if let (Some(Ok(expected)), Ok(found)) = (model.evaluate(before, &request), &found) {
                prop_assert_eq!(expected.expected.agree(found), Ok(()), "{:?}", request);
            }
            let _ = model.apply(&request);
        }
    }
    #[test]
    fn comparing_in_place_says_what_building_the_answer_says(seed in any::<u64>()) {
        let mut requests = Requests::new(seed, 3, 2);
        requests.twice = true;
        let (mut store, mut model) = (Store::default(), State::new(Revision(1)));
        let mut answers: Vec<Response> = Vec::new();
        for _ in 0..60 {
            let request = requests.next(store.revision());
            let before = model.revision();
            let right = store.apply(&request).ok();
            // Answers to other requests are mostly wrong, and some of them nearly right.
            for found in answers.iter().rev().take(12).chain(&right) {
                let in_place = changes_if_right(model.index(), before, &request, found);
                let built = model.evaluate(before, &request).and_then(Result::ok);
                let built = built.filter(|built| built.expected.agree(found).is_ok());
                if let Some(changes) = in_place {
                    let built = built.map(|built| (built.changes, built.oldest_read));
                    prop_assert_eq!(Some((changes, None)), built, "{:?}", request);
                } else if let (Request::Put(put), Some(_)) = (&request, built) {
                    prop_assert!(put.ignore_value || put.ignore_lease, "{:?}", request);
                }
            }
            answers.extend(right);
            let _ = model.apply(&request);
        }
    }
}
