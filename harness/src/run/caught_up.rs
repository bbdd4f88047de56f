//! Watches whose start is in no member's future.

use std::time::Duration;

use stormglass_checkers::history::{MemberIndex, Revision};

use crate::session::{Session, Wait, header};

/// A member that is cut off may not catch up for long.
const LIMIT: Duration = Duration::from_secs(3);
const ASK_LIMIT: Duration = Duration::from_millis(500);
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// Waits until a member has the revision before a watch's start; whether it has. To one that
/// lags, the start would be in the future, which releases with #20221 do not bear.
pub(super) async fn caught_up(session: &Session, member: MemberIndex, start: Revision) -> bool {
    if start.is_zero() {
        return true;
    }
    let mut wait = Wait::new(session, LIMIT, ASK_AGAIN);
    while wait.look().await {
        let told = header(session, member, ASK_LIMIT).await;
        if told.is_some_and(|header| header.revision >= start.previous()) {
            return true;
        }
    }
    false
}
