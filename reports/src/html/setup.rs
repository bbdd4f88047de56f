//! Configuration, versions, environment, what was not tested, files.

use stormglass_checkers::history::Preamble;

use crate::digest::Digest;
use crate::record::{FileEntry, RunRecord, ServerFeature};
use crate::text::{clipped, length, moment, seed, visible, visible_whole};

/// Rows that any list of this section shows.
const MOST: usize = 200;

/// The section on how the run was set up.
#[derive(Debug)]
pub(crate) struct Setup {
    /// Name and value.
    pub(crate) rows: Vec<(String, String)>,
    /// Notes on releases.
    pub(crate) releases: Vec<String>,
    /// What was not tested, and why.
    pub(crate) not_tested: Vec<String>,
    /// Remarks of the harness, with their times.
    pub(crate) notes: Vec<(String, String)>,
    /// How many more there are.
    pub(crate) more_notes: usize,
    /// What the server has of etcd's API, where it was asked.
    pub(crate) features: Vec<ServerFeature>,
    /// How many of them are as etcd's.
    pub(crate) as_etcd: usize,
    /// The scenario as it was planned, as JSON.
    pub(crate) scenario: String,
    /// The command that repeats the run.
    pub(crate) command: String,
    /// The command that judges it again.
    pub(crate) check_command: String,
    /// The files.
    pub(crate) files: Vec<FileRow>,
}

/// A file of the run's directory.
#[derive(Debug)]
pub(crate) struct FileRow {
    /// Its path.
    pub(crate) path: String,
    /// The same, for a link; none where the path leads out of the directory.
    pub(crate) link: Option<String>,
    /// What it is.
    pub(crate) what: String,
}

impl Setup {
    /// The record's set-up.
    pub(crate) fn of(record: &RunRecord<'_>, digest: &Digest) -> Result<Self, serde_json::Error> {
        let facts = record.facts;
        let scenario = serde_json::to_string_pretty(&record.plan.scenario)?;
        Ok(Self {
            rows: rows(record, digest),
            releases: facts.releases.iter().map(|note| visible(note)).collect(),
            not_tested: not_tested(record, digest),
            notes: notes(digest),
            more_notes: digest.notes.len().saturating_sub(MOST),
            features: facts.server.iter().take(MOST).map(feature).collect(),
            as_etcd: facts.server.iter().filter(|feature| feature.here == "yes").count(),
            scenario: scenario.lines().map(|line| clipped(line, 600) + "\n").collect(),
            command: visible_whole(&facts.command),
            check_command: visible_whole(&facts.check_command),
            files: facts.files.iter().take(MOST).map(file).collect(),
        })
    }
}

fn rows(record: &RunRecord<'_>, digest: &Digest) -> Vec<(String, String)> {
    let (preamble, plan, facts) = (record.preamble, record.plan, record.facts);
    let prefix =
        if preamble.prefix.is_empty() { "none, the store is ours" } else { &preamble.prefix };
    let mut rows = vec![
        ("scenario", preamble.scenario.clone()),
        ("seed", format!("{} ({})", seed(preamble.seed), preamble.seed)),
        ("target", preamble.target.clone()),
        ("release in the plan", plan.release.clone()),
        ("releases that members change to", plan.other_releases().join(", ")),
        ("stores", versions(preamble)),
        ("prefix", prefix.to_owned()),
        ("revision at the start", preamble.start_revision.to_string()),
        ("triggers of known bugs left out", joined_or_none(&plan.triggers_avoided)),
        ("exit code", facts.exit_code.to_string()),
        ("Stormglass", preamble.written_by.clone()),
    ];
    if let Some(lag) = digest.timer_lag {
        rows.push(("the harness's own worst timer lag", length(lag)));
    }
    let phases: Vec<_> = digest
        .phases
        .iter()
        .map(|(phase, at)| format!("{} at {}", format!("{phase:?}").to_lowercase(), moment(*at)))
        .collect();
    rows.push(("phases", phases.join(", ")));
    let environment = facts.environment.iter().map(|(name, value)| (name.as_str(), value.clone()));
    rows.into_iter()
        .chain(environment)
        .filter(|(_, value)| !value.is_empty())
        .take(MOST)
        .map(|(name, value)| (visible(name), visible(&value)))
        .collect()
}

fn joined_or_none(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// What the harness says was not tested, and faults that could not be injected.
fn not_tested(record: &RunRecord<'_>, digest: &Digest) -> Vec<String> {
    let mut lines: Vec<String> = record.facts.not_tested.iter().map(|line| visible(line)).collect();
    for (kind, reason) in &digest.unavailable {
        let line = visible(&format!("Fault {kind}: {reason}"));
        // The harness may have said the same in its own words.
        if !lines.iter().any(|said| said.contains(&visible(reason))) {
            lines.push(line);
        }
    }
    lines.truncate(MOST);
    lines
}

fn notes(digest: &Digest) -> Vec<(String, String)> {
    let notes = digest.notes.iter().take(MOST);
    notes.map(|(at, text)| (moment(*at), visible(text))).collect()
}

/// A server's words are not ours.
fn feature(feature: &ServerFeature) -> ServerFeature {
    let ServerFeature { group, feature, here, detail } = feature;
    let [group, feature, here, detail] = [group, feature, here, detail].map(|text| visible(text));
    ServerFeature { group, feature, here, detail }
}

fn file(entry: &FileEntry) -> FileRow {
    FileRow { path: visible(&entry.path), link: link(&entry.path), what: visible(&entry.what) }
}

/// A relative link to a file of the directory; none to anything else, such as a path with
/// a scheme.
fn link(path: &str) -> Option<String> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
    let inside =
        !path.starts_with('/') && !path.split('/').any(|part| part == ".." || part.is_empty());
    (inside && path.chars().all(plain)).then(|| path.to_owned())
}

/// The stores at the start: `etcd 3.5.1 × 3`, or several with commas.
pub(crate) fn versions(preamble: &Preamble) -> String {
    let mut groups: Vec<(String, usize)> = Vec::new();
    for member in &preamble.members {
        let name = format!("{} {}", member.store, member.version);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, number)) => *number += 1,
            None => groups.push((name, 1)),
        }
    }
    let groups: Vec<_> =
        groups.into_iter().map(|(name, number)| format!("{name} × {number}")).collect();
    groups.join(", ")
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn links_stay_within_the_directory() {
        assert_eq!(link("members/m1/etcd.log").as_deref(), Some("members/m1/etcd.log"));
        for path in ["/etc/passwd", "../x", "a/../../x", "javascript:alert(1)", "//host/x", ""] {
            assert_eq!(link(path), None, "{path}");
        }
    }
}
