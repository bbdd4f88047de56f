//! What a run leaves in a store that it has not started: nothing.

use std::time::Duration;

use stormglass_checkers::history::{Delete, Outcome, Request};

use crate::session::Session;

/// Bound on one member's answer.
const LIMIT: Duration = Duration::from_secs(10);

/// Deletes the keys of the run, after the last read. It is not an operation of the history:
/// nobody watches any more.
pub(super) async fn remove_traces(session: &Session) {
    let (key, range_end) = session.keys.clone();
    let request = Request::Delete(Delete { key, range_end, prev_kv: false });
    let mut last = "there is no member".to_owned();
    for member in session.members() {
        let mut connection = session.connect(member).await;
        match connection.call_within(&request, LIMIT).await {
            Outcome::Ok(_) => return,
            Outcome::Failed(failure) => last = failure.message,
            Outcome::Unknown(doubt) => last = doubt.message,
        }
    }
    session.recorder.note(format!("the keys of the run could not be deleted: {last}"));
}
