//! The place of a member in containers: its data, its release, and who takes the place after it.

use std::io::{self, Error, ErrorKind};
use std::path::Path;

use stormglass_checkers::history::{Incarnation, MemberIndex};

use super::member::DockerMember;
use crate::target::command::joining;
use crate::target::{Data, Kill, Seat, Upgrade, clear};

impl Data for DockerMember {
    fn with_data(&self, work: &mut dyn FnMut(&Path) -> io::Result<()>) -> io::Result<()> {
        match &self.plan.home.disk {
            // We serve it: we may not go through it ourselves.
            Ok(disk) => disk.with_files(work),
            Err(_) => work(&self.plan.home.files),
        }
    }
}

impl Upgrade for DockerMember {
    fn set_release(&self, release: &str) -> io::Result<String> {
        let etcd = self.plan.releases.find(release)?.clone();
        let version = etcd.version.clone();
        self.state().etcd = Some(etcd);
        Ok(version)
    }
}

impl Seat for DockerMember {
    fn peer_url(&self) -> &str {
        &self.addresses().peer_url
    }

    fn join(&self, cluster: &[MemberIndex]) -> io::Result<Incarnation> {
        if self.state().life.is_some() {
            return Err(Error::new(ErrorKind::AlreadyExists, "the member runs already"));
        }
        self.with_data(&mut clear)?;
        let members: Vec<_> =
            cluster.iter().filter_map(|index| self.plan.all.get(usize::from(index.0))).collect();
        self.state().joined = Some(joining(&self.plan.arguments, &members));
        Kill::start(self)
    }
}
