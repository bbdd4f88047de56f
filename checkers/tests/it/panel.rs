//! A panel of judges says what one judge says, and errors are those of reading alone.

use std::sync::Arc;

use proptest::prelude::*;
use stormglass_checkers::checker::{Budget, CheckContext};
use stormglass_checkers::history::{
    CodecError, Event, History, HistoryReader, HistoryWriter, Preamble,
};
use stormglass_checkers::judge::Judge;
use stormglass_checkers::panel;
use stormglass_checkers::registry::checkers;
use stormglass_checkers::synthetic::Mix;
use stormglass_checkers::verdict::{Judgement, Status};

const FIXTURE: &[u8] = include_bytes!("../data/history-v1.jsonl");

fn context(preamble: &Preamble) -> CheckContext {
    let sometimes = vec!["operations >= 10".to_owned()];
    CheckContext { preamble: preamble.clone(), sometimes, budget: Budget::default() }
}

/// What one judge says, event by event.
fn alone(bytes: &[u8]) -> Result<(Judgement, History), CodecError> {
    let history = History::read(HistoryReader::new(bytes)?)?;
    let mut judge = Judge::new(&context(&history.preamble));
    // Not from the history's own events: those end where its structure breaks.
    for line in HistoryReader::new(bytes)? {
        if let stormglass_checkers::history::Line::Event(event) = line? {
            judge.observe(&Arc::new(event));
        }
    }
    Ok((judge.finish(history.torn), history))
}

fn compare(bytes: &[u8]) -> Result<Status, TestCaseError> {
    let reader = HistoryReader::new(bytes).expect("the first line is a preamble");
    let context = context(reader.preamble());
    let together = panel::judge_and_keep(reader, checkers(), &context);
    let reader = HistoryReader::new(bytes).expect("the first line is a preamble");
    let unkept = panel::judge(reader, checkers(), &context);
    match (alone(bytes), together, unkept) {
        (Ok((judgement, history)), Ok((together, kept)), Ok(unkept)) => {
            prop_assert_eq!(&judgement, &together);
            prop_assert_eq!(&judgement, &unkept);
            prop_assert_eq!(history.events, kept.events);
            prop_assert_eq!((history.torn, history.broken), (kept.torn, kept.broken));
            prop_assert_eq!(history.preamble, kept.preamble);
            Ok(judgement.status)
        }
        (Err(error), Err(together), Err(unkept)) => {
            prop_assert_eq!(error.to_string(), together.to_string());
            prop_assert_eq!(error.to_string(), unkept.to_string());
            Ok(Status::Unknown)
        }
        (alone, together, _) => {
            let told = (alone.map(|(judgement, _)| judgement), together.map(|(one, _)| one));
            Err(TestCaseError::fail(format!("one of them is an error: {told:?}")))
        }
    }
}

fn written(preamble: &Preamble, events: &[Event]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = HistoryWriter::new(&mut bytes, preamble).expect("memory");
    for event in events {
        writer.write(event).expect("memory");
    }
    drop(writer);
    bytes
}

#[test]
fn the_fixture_torn_and_damaged_is_judged_or_refused_alike() {
    compare(FIXTURE).expect("whole");
    compare(&FIXTURE[..FIXTURE.len() - 9]).expect("torn");
    let text = String::from_utf8_lossy(FIXTURE);
    compare(text.replacen("\"phase\"", "\"haze\"", 3).as_bytes()).expect("malformed");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    compare([&lines[..5], &lines[6..]].concat().concat().as_bytes()).expect("broken");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_panel_says_what_one_judge_says(
        seed in any::<u64>(),
        operations in 1_u64..2_000,
        members in 1_u16..4,
        unknown_mille in 0_u64..60,
        stale in any::<bool>(),
        removed in prop::option::of(any::<prop::sample::Index>()),
        cut in 0_usize..60,
    ) {
        let stale_read = stale.then_some(operations / 2);
        let mix = Mix { seed, operations, members, unknown_mille, stale_read, ..Mix::default() };
        let mut events: Vec<Event> = mix.events().collect();
        if let Some(removed) = removed.filter(|_| seed % 4 == 0) {
            events.remove(removed.index(events.len()));
        }
        let bytes = written(&mix.preamble(), &events);
        compare(&bytes[..bytes.len() - cut])?;
    }
}

#[test]
fn a_finding_and_a_longer_history_than_a_block_are_the_same_for_both() {
    let mix = Mix { operations: 5_000, members: 3, stale_read: Some(4_000), ..Mix::default() };
    let events: Vec<Event> = mix.events().collect();
    assert!(events.len() > 10_000);
    let status = compare(&written(&mix.preamble(), &events)).expect("alike");
    assert_eq!(status, Status::Invalid);
}
