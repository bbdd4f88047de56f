//! Findings about locks, in words.

use super::fence::{Fence, Fenced};
use super::keys::{Fallen, Turn};
use crate::evidence::{Place, finding};
use crate::history::{Bytes, Revision};
use crate::verdict::{Finding, WitnessStep};

fn state(key: &Bytes, turn: &Turn) -> String {
    match turn.created {
        Revision(0) => format!("{key} was gone since revision {}", turn.since),
        created => format!("{key} was there, created at revision {created}"),
    }
}

fn shown(key: &Bytes, turn: &Turn) -> WitnessStep {
    let what = match turn.created {
        Revision(0) => format!("{key} deleted, revision {}", turn.since),
        created => format!("{key} created, revision {created}"),
    };
    turn.place.step("a watch of every key", what)
}

/// A fence held although it should not.
pub(super) fn accepted(fenced: &Fenced, fence: &Fence, turn: &Turn) -> Finding {
    let Fence { key, token } = fence;
    let state = state(key, turn);
    let (anomaly, claim) = match token {
        Revision(0) => ("held-lock-taken", format!("that {key} is absent")),
        token => ("stale-fence-accepted", format!("that {key} was created at revision {token}")),
    };
    let at = fenced.seen;
    finding(
        (anomaly, "F1"),
        format!("\"{}\" was accepted, guarded by {claim}, but {state}", fenced.what),
        format!("because at revision {at}, on which it was decided, {state}"),
        format!("however the guard {claim} was said to hold"),
        vec![
            shown(key, turn),
            fenced
                .place
                .step(&fenced.what, format!("guards held after revision {at}"))
                .contradicting(),
        ],
    )
}

/// A fence did not hold although it should.
pub(super) fn refused(fenced: &Fenced, fence: &Fence, turn: &Turn) -> Finding {
    let Fence { key, token } = fence;
    let (state, at) = (state(key, turn), fenced.seen);
    finding(
        ("valid-fence-refused", "F1"),
        format!(
            "\"{}\" was refused, guarded by the creation revision {token} of {key}, but {state}",
            fenced.what
        ),
        format!("because at revision {at}, on which it was decided, {state}"),
        "however the guard was said not to hold",
        vec![
            shown(key, turn),
            fenced
                .place
                .step(&fenced.what, format!("guards failed at revision {at}"))
                .contradicting(),
        ],
    )
}

/// A key came back with an old creation revision.
pub(super) fn fallen(fallen: &Fallen) -> Finding {
    let Fallen { key, before, now } = fallen;
    let (old, new) = (before.created, now.created);
    finding(
        ("lock-revision-fell", "F2"),
        format!("{key} was created at revision {old}, and later again at revision {new}"),
        "because a key that is created again has a higher creation revision, which makes it a \
         token that fences off older holders",
        format!("however the later creation has {new}, not above {old}"),
        vec![shown(key, before), shown(key, now).contradicting()],
    )
}

/// A lock was given with a token that is not above one given before.
pub(super) fn old_token(
    lock: &Bytes,
    (before, earlier): (Revision, Place),
    (token, place): (Revision, Place),
) -> Finding {
    let taken =
        |place: Place, token| place.step(format!("take {lock}"), format!("ok, token {token}"));
    finding(
        ("lock-revision-fell", "F2"),
        format!(
            "{lock} was taken with token {token}, although token {before} had been given before \
             that was asked for"
        ),
        "because each holder's token, the creation revision of its key, is above all before it",
        format!("however {token} is not above {before}"),
        vec![taken(earlier, before), taken(place, token).contradicting()],
    )
}
