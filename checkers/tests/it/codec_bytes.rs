//! The reader of histories takes any bytes: it never panics, and its errors say where.

use proptest::prelude::*;
use stormglass_checkers::history::{CodecError, History, HistoryReader};

const FIXTURE: &[u8] = include_bytes!("../data/history-v1.jsonl");

/// Reads bytes to their end; a malformed line is told with a place that exists.
fn read(bytes: &[u8]) -> Result<(), TestCaseError> {
    let read = HistoryReader::new(bytes).and_then(History::read);
    let (line, column) = match read {
        Ok(_) | Err(CodecError::Empty | CodecError::TooNew { .. }) => return Ok(()),
        Err(CodecError::Io(error)) => return Err(TestCaseError::fail(error.to_string())),
        Err(CodecError::NotAHistory { column, .. }) => (1, column),
        Err(CodecError::Malformed { line, column, .. }) => (line, column),
    };
    let number = usize::try_from(line).unwrap_or(usize::MAX);
    let text = bytes.split(|byte| *byte == b'\n').nth(number - 1);
    let text = text.ok_or_else(|| TestCaseError::fail(format!("there is no line {line}")))?;
    let width = String::from_utf8_lossy(text).chars().count();
    prop_assert!((1..=width + 1).contains(&column), "column {column} of a line of {width}");
    Ok(())
}

#[test]
fn an_early_end_and_wide_characters_have_columns_in_characters() {
    let preamble: &[u8] = FIXTURE.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    for (line, expected) in [("\n", 1), ("{\"index\"\n", 9), ("{\"κκκ\":1,x}\n", 10)] {
        let bytes = [preamble, line.as_bytes()].concat();
        let error = HistoryReader::new(&bytes[..]).and_then(History::read).err();
        let Some(CodecError::Malformed { line: 2, column, .. }) = error else {
            panic!("{line:?}: {error:?}")
        };
        assert_eq!(column, expected, "{line:?}");
    }
}

/// Any byte, those that shape lines and objects more often.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![Just(b'\n'), Just(b'{'), Just(b'"'), any::<u8>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&bytes)?;
    }

    #[test]
    fn any_lines_after_a_preamble_are_read_or_refused(
        bytes in prop::collection::vec(byte(), 0..200),
    ) {
        let preamble = FIXTURE.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        read(&[preamble, &bytes].concat())?;
    }

    #[test]
    fn a_damaged_history_is_read_or_refused(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = FIXTURE[..=end.index(FIXTURE.len())].to_vec();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read(&bytes)?;
    }
}
