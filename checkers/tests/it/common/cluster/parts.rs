//! Small pieces of histories.

use stormglass_checkers::history::{
    Definite, Header, KeyEvent, MemberPreamble, Outcome, Refusal, Request, Response, Revision,
    TxnOp, WatchEvents, WatchFrame,
};

pub(super) fn events_frame(revision: i64, events: Vec<KeyEvent>) -> WatchFrame {
    WatchFrame::Events(WatchEvents { header: Some(header(revision)), fragment: false, events })
}

pub(super) fn header(revision: i64) -> Header {
    Header { revision: Revision(revision), ..Header::default() }
}

pub(super) fn member_preamble(number: u16) -> MemberPreamble {
    let (name, store) = (format!("m{number}"), "etcd".to_owned());
    MemberPreamble { name, store, version: "3.5.16".to_owned() }
}

/// An outcome, from what the store said.
pub fn outcome(answer: Result<Response, Refusal>) -> Outcome {
    match answer {
        Ok(response) => Outcome::Ok(response),
        Err(reason) => Outcome::Failed(Definite { reason, message: String::new() }),
    }
}

/// Whether the member that is asked answers alone.
pub(super) fn is_local(request: &Request) -> bool {
    let serializable = |op: &TxnOp| matches!(op, TxnOp::Range(range) if range.serializable);
    match request {
        Request::Range(range) => range.serializable,
        Request::Txn(txn) => txn.success.iter().chain(&txn.failure).all(serializable),
        _ => false,
    }
}
