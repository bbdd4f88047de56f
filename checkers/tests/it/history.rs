//! The history's format: the frozen fixture of version 1, malformed input, torn lines.

use std::collections::BTreeSet;

use serde_json::Value;
use stormglass_checkers::history::{
    CodecError, Event, History, HistoryReader, HistoryWriter, Line, StructureError,
};

/// Written once by hand; every later version of the code must read it. Never regenerate.
const FIXTURE: &str = include_str!("../data/history-v1.jsonl");

fn read(text: &str) -> Result<History, CodecError> {
    History::read(HistoryReader::new(text.as_bytes())?)
}

fn fixture() -> History {
    read(FIXTURE).expect("version 1 is readable for ever")
}

#[test]
fn the_fixture_of_version_1_is_read_whole() {
    let history = fixture();
    assert_eq!(history.events.len() + 1, FIXTURE.lines().count());
    assert_eq!((history.torn, history.broken), (None, None));
    assert_eq!(history.preamble.scenario, "fixture");
    assert_eq!(history.preamble.members[2].version, "3.4.23");
}

#[test]
fn the_fixture_survives_a_round_trip() {
    let history = fixture();
    let mut written = Vec::new();
    let mut writer = HistoryWriter::new(&mut written, &history.preamble).expect("memory");
    for event in &history.events {
        writer.write(event).expect("memory");
    }
    let written = String::from_utf8(written).expect("JSON is UTF-8");
    let again = read(&written).expect("what we write we read");
    assert_eq!(again.preamble, history.preamble);
    assert_eq!(again.events, history.events);
    // Nothing of the fixture is dropped on the way, and nothing is renamed: field by field.
    for (before, after) in FIXTURE.lines().zip(written.lines()) {
        let (before, after): (Value, Value) = (value(before), value(after));
        assert!(contains(&after, &before), "{after}\nlacks something of\n{before}");
    }
}

fn value(line: &str) -> Value {
    serde_json::from_str(line).expect("a line is JSON")
}

/// Whether every field of `part` is in `whole` with the same content. (An empty value
/// may be left out.)
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part.iter().all(|(name, part)| {
            whole.get(name).map_or(part.as_str() == Some(""), |whole| contains(whole, part))
        }),
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(w, p)| contains(w, p))
        }
        _ => whole == part,
    }
}

/// Every word that names a kind of something, wherever it stands in a line.
fn words(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                found.insert(name.clone());
                words(field, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        Value::String(word) => {
            found.insert(word.clone());
        }
        _ => {}
    }
}

#[test]
fn the_fixture_has_every_kind_of_everything() {
    let mut found = BTreeSet::new();
    FIXTURE.lines().for_each(|line| words(&value(line), &mut found));
    let kinds = "invoke complete watch fault-begin fault-end environment sample note \
        put range delete txn compact lease-grant lease-revoke lease-keep-alive \
        lease-time-to-live lease-list lock unlock campaign proclaim election-leader resign \
        member-add member-remove member-promote member-update member-list members defragment \
        snapshot alarm hash-kv status move-leader \
        ok failed unknown not-connected invalid-request key-not-found compacted \
        future-revision lease-not-found lease-exists lease-ttl-too-large too-many-requests \
        no-leader membership auth corrupt unimplemented read-failed other timeout \
        disconnected cancelled leader-changed server-stopped no-space unreadable-answer \
        unrecognised never-completed \
        open created events progress request-progress cancel canceled broken recorder \
        workload final \
        phase prepare traffic recover recovered not-recovered done member-started \
        member-ready member-exited cluster-changed lease-expired auto-compaction \
        log-finding fault-unavailable timer-lag process link \
        equal not-equal greater less version create-revision mod-revision value lease key \
        ascend descend none";
    for kind in kinds.split_whitespace() {
        assert!(found.contains(kind), "the fixture lacks {kind}");
    }
}

#[test]
fn fields_that_we_do_not_know_are_tolerated() {
    let mut lines = FIXTURE.lines();
    let preamble = lines.next().expect("line 1").replacen('{', "{\"later\":[1,{}],", 1);
    let event = lines.next().expect("line 2").replacen('{', "{\"later\":{\"a\":null},", 1);
    let history = read(&format!("{preamble}\n{event}\n")).expect("unknown fields are no error");
    assert_eq!(history.events.as_slice(), &fixture().events[..1]);
}

#[test]
fn a_torn_last_line_is_told_and_the_rest_is_read() {
    let whole = FIXTURE.trim_end();
    let lines = whole.lines().count() as u64;
    let last = whole.lines().last().map_or(0, str::len);
    for cut in 1..last {
        let history = read(&whole[..whole.len() - cut]).expect("a torn line is no error");
        assert_eq!(history.torn, Some(lines), "cut {cut}");
        assert_eq!(history.events.len() as u64 + 2, lines);
    }
    // Without its line feed alone the last line is whole.
    assert_eq!(read(whole).expect("whole").torn, None);
}

#[test]
fn malformed_input_is_told_with_line_and_column() {
    let preamble = FIXTURE.lines().next().expect("line 1");
    let event = FIXTURE.lines().nth(1).expect("line 2");
    let newer = preamble.replacen("\"stormglass_history\":1", "\"stormglass_history\":2", 1);
    let cases = [
        (String::new(), "the history is empty: not even its first line was written"),
        ("hello\n".to_owned(), "line 1, column 1: this is not a Stormglass history"),
        ("{\"a\":1}\n".to_owned(), "line 1, column 7: this is not a Stormglass history"),
        (format!("{newer}\n"), "this history has format version 2, and this Stormglass reads"),
        (
            format!("{preamble}\nnot json\n{event}\n"),
            "line 2, column 2: not an event of the history format",
        ),
        (
            format!("{preamble}\n{event}\n{{\"index\":1}}\n"),
            "line 3, column 11: not an event of the history format (missing field `at`",
        ),
        (
            format!("{preamble}\n{}\n", event.replace("\"phase\"", "\"haze\"")),
            "not an event of the history format (unknown variant `haze`",
        ),
        (
            format!("{preamble}\n{}\n", event.replace("\"index\":0", "\"index\":-1")),
            "not an event of the history format (invalid value: integer `-1`",
        ),
    ];
    for (text, expected) in cases {
        let error = read(&text).map(|history| history.events).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}\ninstead of\n{expected}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

type Change = fn(&mut Vec<Event>);

#[test]
fn a_broken_structure_is_no_error_but_told() {
    let fixture = fixture();
    let cases: [(Change, &str); 5] = [
        (|events| drop(events.remove(3)), "event 4 stands where event 3 should"),
        (|events| events[9].at.0 = 1, "event 9 is older than the one before it"),
        (|events| events[7].process = None, "event 7 is an operation without a process"),
        (
            |events| {
                let process = events[7].process;
                events[9].process = process;
                events.swap(8, 9);
                (events[8].index, events[9].index) = (8, 9);
                events[8].at = events[7].at;
            },
            "event 8: process p0 invokes while its operation 7 is open",
        ),
        (
            |events| events[8].process = Some(stormglass_checkers::history::ProcessId(99)),
            "event 8: process p99 completes an operation it never invoked",
        ),
    ];
    for (change, expected) in cases {
        let mut events = fixture.events.clone();
        change(&mut events);
        let mut text = serde_json::to_string(&fixture.preamble).expect("a preamble is JSON");
        for event in &events {
            text = format!("{text}\n{}", serde_json::to_string(event).expect("an event is JSON"));
        }
        let history = read(&text).expect("a broken structure is readable");
        let broken: StructureError = history.broken.expect(expected);
        assert!(broken.to_string().contains(expected), "{broken}");
    }
}

#[test]
fn lines_come_one_by_one_from_a_reader() {
    let mut reader = HistoryReader::new(FIXTURE.as_bytes()).expect("version 1 is readable");
    let first = reader.next().expect("there is a line").expect("it is well formed");
    assert!(matches!(first, Line::Event(Event { index: 0, .. })));
}
