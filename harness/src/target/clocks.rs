//! Whether members' clocks can be moved on this machine.

use std::sync::OnceLock;

use stormglass_linux::vdso;

use super::Unsupported;

/// What the machine allows, tried once: it does not change during a run.
pub(super) fn clocks_allowed() -> Result<(), Unsupported> {
    static ALLOWED: OnceLock<Result<(), Unsupported>> = OnceLock::new();
    ALLOWED.get_or_init(|| vdso::probe().map_err(Unsupported::because)).clone()
}
