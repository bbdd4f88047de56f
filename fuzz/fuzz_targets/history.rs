//! The reader of histories takes any bytes, its errors say where, and what it reads it can
//! write and read again. `cargo +nightly fuzz run history`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stormglass_checkers::history::{CodecError, History, HistoryReader, HistoryWriter};

fuzz_target!(|bytes: &[u8]| {
    match HistoryReader::new(bytes).and_then(History::read) {
        Ok(history) => {
            let again = History::read(HistoryReader::new(&written(&history)[..]).expect("ours"));
            let again = again.expect("what we write we read");
            assert_eq!(again.events, history.events);
        }
        Err(CodecError::Malformed { line, column, .. }) => assert!(line >= 2 && column >= 1),
        Err(CodecError::NotAHistory { column, .. }) => assert!(column >= 1),
        Err(CodecError::Empty | CodecError::TooNew { .. }) => {}
        Err(error @ CodecError::Io(_)) => panic!("memory does not fail: {error}"),
    }
});

fn written(history: &History) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = HistoryWriter::new(&mut bytes, &history.preamble).expect("memory");
    for event in &history.events {
        writer.write(event).expect("memory");
    }
    drop(writer);
    bytes
}
