//! Made-up watches: the harness's own on one member, and a workload's that breaks.

use stormglass_checkers::history::{
    Body, Bytes, KeyEvent, KeyEventKind, KeyValue, MemberIndex, WatchEvent, WatchEvents,
    WatchFrame, WatchHeader, WatchId, WatchKind, WatchOpen, WatchRequest,
};

use super::traffic::{Loose, MS, TRAFFIC, header};

/// The watches' events. The recorder sees the write that is lost later.
pub(crate) fn watch_events(end: u64) -> Vec<Loose> {
    let written = TRAFFIC + 10_520 * MS;
    let revision = header(2, TRAFFIC + 10_500 * MS).revision;
    let kv = KeyValue {
        key: Bytes::from("k17"),
        create_revision: revision,
        mod_revision: revision,
        version: 1,
        value: Bytes::from("4-211"),
        ..KeyValue::default()
    };
    let change = KeyEvent { kind: KeyEventKind::Put, kv, prev_kv: None };
    let delivered =
        WatchEvents { header: Some(header(0, written)), fragment: false, events: vec![change] };
    let open = |kind| {
        let request = WatchRequest {
            key: Bytes::from("k"),
            range_end: Bytes::from("l"),
            ..WatchRequest::default()
        };
        WatchFrame::Open(WatchOpen { kind, request, resumes: None })
    };
    let progress = WatchHeader { header: Some(header(1, end)) };
    let broken = WatchFrame::Broken { error: "connection reset by peer".to_owned() };
    [
        (TRAFFIC, 0, 1, open(WatchKind::Recorder)),
        (written, 0, 1, WatchFrame::Events(delivered)),
        (TRAFFIC + 3_000 * MS, 1, 2, open(WatchKind::Workload)),
        (TRAFFIC + 3_500 * MS, 1, 2, WatchFrame::Progress(progress)),
        (TRAFFIC + 4_001 * MS, 1, 2, broken),
    ]
    .into_iter()
    .map(|(at, member, watch, frame)| {
        let body = Body::Watch(WatchEvent { watch: WatchId(watch), frame });
        (at, None, Some(MemberIndex(member)), body)
    })
    .collect()
}
