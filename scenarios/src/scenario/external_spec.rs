//! What may be done to a cluster that somebody else runs.

use serde::{Deserialize, Serialize};

/// A cluster that runs already, and what its owner lets Stormglass do to it: `[external]`.
///
/// A command is given to `sh -c` with the member's name in `STORMGLASS_MEMBER` and its client
/// URL in `STORMGLASS_ENDPOINT`. The plan shows it: secrets belong into the environment, which
/// it has too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ExternalSpec {
    /// Ends a member without any grace, as SIGKILL does; it returns when the process is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kill: Option<String>,
    /// Starts a member on the data that it had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Stops a member from running for now, as SIGSTOP does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<String>,
    /// Lets it go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
}
