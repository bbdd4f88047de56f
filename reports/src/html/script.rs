//! The page's one script, and the policy that lets it run and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// In this order they are one script: each part uses what stands before it.
const PARTS: [&str; 5] = [
    include_str!("../../templates/timeline/model.js"),
    include_str!("../../templates/timeline/view.js"),
    include_str!("../../templates/timeline/draw.js"),
    include_str!("../../templates/timeline/panel.js"),
    include_str!("../../templates/timeline/input.js"),
];

/// The script, which reads the timeline's data.
pub(crate) fn script() -> String {
    format!("\"use strict\";(()=>{{\n{}}})();\n", PARTS.concat())
}

/// What the page may do: nothing over the network, and of scripts this one only, by its
/// checksum. Whatever a key or a value holds, it is not run.
pub(crate) fn policy(script: &str) -> String {
    let sum = STANDARD.encode(Sha256::digest(script));
    format!(
        "default-src 'none'; script-src 'sha256-{sum}'; style-src 'unsafe-inline'; img-src data:; \
         base-uri 'none'; form-action 'none'"
    )
}
