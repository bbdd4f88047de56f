//! A cluster that runs already.

use std::path::PathBuf;
use std::sync::Arc;

use stormglass_scenarios::scenario::ExternalSpec;

use super::member::{ExternalMember, ExternalStart};
use crate::client::Access;
use crate::target::files::make_dir;
use crate::target::{Member, Network, Target, TargetError, Unsupported};

/// What is known of a cluster that runs already.
#[derive(Clone, Debug)]
pub struct ExternalOptions {
    /// Its members.
    pub members: Vec<ExternalStart>,
    /// What it takes to be let in.
    pub access: Access,
    /// Whether whoever started this run has said that the cluster is theirs.
    pub owned: bool,
    /// Whether the recorder can watch its members.
    pub watches: bool,
    /// What the scenario says may be done to it.
    pub spec: ExternalSpec,
    /// Where `m1/commands.txt` and so on are made.
    pub log_root: PathBuf,
}

/// A cluster that runs already. Nothing of it is started or ended but by its owner's commands.
pub struct ExternalCluster {
    members: Vec<Arc<dyn Member>>,
    access: Access,
    owned: bool,
    watches: bool,
}

impl ExternalCluster {
    /// Prepares what the run needs of it.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn prepare(options: &ExternalOptions) -> Result<Self, TargetError> {
        let cluster = Self::of(options);
        for member in &cluster.members {
            make_dir(&options.log_root.join(member.name()))?;
        }
        Ok(cluster)
    }

    /// The same, to be asked what could be done to it.
    pub fn of(options: &ExternalOptions) -> Self {
        let starts = (0..).zip(&options.members);
        let members = starts.map(|(position, start)| {
            Arc::new(ExternalMember::new(position, start, options)) as Arc<dyn Member>
        });
        Self {
            members: members.collect(),
            access: options.access.clone(),
            owned: options.owned,
            watches: options.watches,
        }
    }
}

impl Target for ExternalCluster {
    fn kind(&self) -> &'static str {
        "external"
    }

    fn members(&self) -> &[Arc<dyn Member>] {
        &self.members
    }

    fn runs_already(&self) -> bool {
        true
    }

    fn can_be_watched(&self) -> bool {
        self.watches
    }

    fn access(&self) -> Access {
        self.access.clone()
    }

    fn network(&self) -> Result<&dyn Network, Unsupported> {
        Err(super::member::out_of_reach("its network"))
    }

    fn maintenance(&self) -> Result<(), Unsupported> {
        if self.owned { Ok(()) } else { Err(super::member::not_owned()) }
    }
}
