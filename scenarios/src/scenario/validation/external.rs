//! Rules of `[external]`.

use super::{Flaw, ensure};
use crate::scenario::ExternalSpec;

pub(super) fn check(external: &ExternalSpec) -> Result<(), Flaw> {
    let commands = [
        ("kill", &external.kill),
        ("start", &external.start),
        ("pause", &external.pause),
        ("resume", &external.resume),
    ];
    for (name, command) in commands {
        let empty = command.as_ref().is_some_and(|command| command.trim().is_empty());
        ensure(!empty, &format!("external.{name}"), || {
            "an empty command does nothing: write one, or leave the key out".to_owned()
        })?;
    }
    undone("kill", external.kill.is_some(), "start", external.start.is_some())?;
    undone("pause", external.pause.is_some(), "resume", external.resume.is_some())
}

/// What is done must be undone.
fn undone(name: &str, does: bool, undo: &str, undoes: bool) -> Result<(), Flaw> {
    ensure(!does || undoes, &format!("external.{name}"), || {
        format!("what `{name}` does must be undone: add the command `{undo}`")
    })
}
