//! What every task of a run shares.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use stormglass_checkers::history::{Bytes, MemberIndex, Outcome, ProcessId, Request};

use super::excuses::Excuses;
use super::stop::Stop;
use crate::client::{Connection, Dial};
use crate::recorder::Recorder;
use crate::run_dir::ActiveRun;
use crate::target::{Member, Target};

/// Bound on making a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// What every task of a run shares. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    /// The history.
    pub recorder: Recorder,
    /// The cluster.
    pub target: Arc<dyn Target>,
    /// Every key of the run, as requests name it.
    pub keys: (Bytes, Bytes),
    /// Bound on each operation of the workload.
    pub deadline: Duration,
    /// Raised when traffic shall end.
    pub stop: Stop,
    /// Where members' processes are noted that no namespace ends with the harness.
    pub register: Option<Arc<ActiveRun>>,
    /// What members may do because of a fault that holds.
    pub excuses: Excuses,
}

impl Session {
    /// How many members there are.
    pub fn member_count(&self) -> u16 {
        u16::try_from(self.target.members().len()).unwrap_or(u16::MAX)
    }

    /// The members' indices.
    pub fn members(&self) -> impl Iterator<Item = MemberIndex> + use<> {
        (0..self.member_count()).map(MemberIndex)
    }

    /// A member.
    ///
    /// # Panics
    /// When the cluster has no such member: indices come from the cluster itself.
    pub fn member(&self, index: MemberIndex) -> &Arc<dyn Member> {
        &self.target.members()[usize::from(index.0)]
    }

    /// A new connection to one member.
    ///
    /// # Panics
    /// When the member's URL is no URL: the target made it.
    pub async fn connect(&self, member: MemberIndex) -> Connection {
        self.connect_from(None, member).await
    }

    /// A new connection of a client of the workload, by its number, to one member: from an
    /// address of its own, so that the network can tell it from others.
    ///
    /// # Panics
    /// When the member's URL is no URL: the target made it.
    pub async fn connect_client(&self, client: u16, member: MemberIndex) -> Connection {
        let from = self.target.network().ok().map(|network| network.client_address(client));
        self.connect_from(from, member).await
    }

    async fn connect_from(&self, from: Option<IpAddr>, member: MemberIndex) -> Connection {
        let endpoint = self.member(member).client_url().to_owned();
        let (connect_timeout, deadline) = (CONNECT_TIMEOUT, self.deadline);
        let access = self.target.access();
        let dial = Dial { endpoint, from, access, connect_timeout, deadline };
        Connection::open(&dial).await.expect("a target's member has a URL")
    }

    /// One recorded operation of the harness itself, under a process of its own.
    pub async fn operate(
        &self,
        connection: &mut Connection,
        member: MemberIndex,
        request: Request,
        deadline: Duration,
    ) -> Outcome {
        let process = self.recorder.new_process();
        self.operate_as(process, connection, member, request, deadline).await
    }

    /// One recorded operation under a given process, which must have none open.
    pub async fn operate_as(
        &self,
        process: ProcessId,
        connection: &mut Connection,
        member: MemberIndex,
        request: Request,
        deadline: Duration,
    ) -> Outcome {
        let intended = self.recorder.clock().now();
        self.recorder.invoke(process, member, intended, request.clone());
        let outcome = connection.call_within(&request, deadline).await;
        self.recorder.complete(process, member, outcome.clone());
        outcome
    }
}
