//! Labels of containers: whose they are.

/// The run that a container is of; every container of ours has it.
pub(super) const RUN: &str = "stormglass.run";
/// The run's process, in words that only the harness reads.
pub(super) const HARNESS: &str = "stormglass.harness";
/// The member that it is of.
const MEMBER: &str = "stormglass.member";
/// On images that were built here.
pub(super) const IMAGE: &str = "stormglass.image";

/// Whose containers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The run.
    pub run: String,
    /// The run's process, in words that only the harness reads.
    pub harness: String,
}

impl Owner {
    /// The labels of a container of a member.
    pub(super) fn labels(&self, member: &str) -> Vec<(String, String)> {
        let labels = [(RUN, self.run.as_str()), (HARNESS, &self.harness), (MEMBER, member)];
        labels.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }
}

/// Whom a container belongs to, by its labels.
pub(super) fn owner<'a>(label: impl Fn(&str) -> Option<&'a String>) -> Option<Owner> {
    let harness = label(HARNESS).cloned().unwrap_or_default();
    Some(Owner { run: label(RUN)?.clone(), harness })
}
