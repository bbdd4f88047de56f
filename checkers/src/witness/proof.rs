//! What a rule says: that a witness proves its finding, or why it does not.

/// Nothing, or why the events do not prove the finding, to follow "the witness".
pub(super) type Proof = Result<(), String>;

/// Fails with a reason unless something holds.
pub(super) fn demand(holds: bool, reason: &str) -> Proof {
    if holds { Ok(()) } else { Err(reason.to_owned()) }
}

/// What is there, or a reason.
pub(super) fn required<T>(found: Option<T>, reason: &str) -> Result<T, String> {
    found.ok_or_else(|| reason.to_owned())
}
