//! Notices members that end without being told to, and starts them again.

use std::collections::BTreeMap;
use std::time::Duration;

use stormglass_checkers::history::MemberIndex;

use crate::session::{Session, Stop, record_end, record_start, start_member};

const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// A member that crashes is started again so often, to see whether its data survived.
const RESTARTS: u32 = 3;

/// Watches the members' processes until `stop`.
pub(super) async fn watch_exits(session: Session, stop: Stop) {
    let mut restarts: BTreeMap<MemberIndex, u32> = BTreeMap::new();
    while !stop.sleep(LOOK_AGAIN).await {
        for index in session.members() {
            let Some(end) = session.member(index).take_end() else { continue };
            let ended = record_end(&session, index, end);
            if ended.excused {
                // While the fault holds, its heal starts the member.
                if !session.excuses.hold(index) {
                    restart(&session, index).await;
                }
                continue;
            }
            let count = restarts.entry(index).or_default();
            *count += 1;
            if *count <= RESTARTS {
                restart(&session, index).await;
            } else {
                let text = format!("{index} ended {count} times by itself and is left as it is");
                session.recorder.note(text);
            }
        }
    }
}

async fn restart(session: &Session, index: MemberIndex) {
    match start_member(session, index).await {
        Ok(incarnation) => record_start(session, index, incarnation),
        Err(error) => {
            session.recorder.note(format!("{index} is not started again: {error}"));
        }
    }
}
