//! The cluster that both arms use in turns.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use stormglass::clock::Clock;
use stormglass::recorder::Recorder;
use stormglass::run::{START_LIMIT, await_healthy};
use stormglass::session::{Excuses, Session, Stop};
use stormglass::target::local::{Binary, LocalCluster, LocalOptions, Wiring};
use stormglass::target::{ClusterOptions, Target, Unsupported};
use stormglass_checkers::history::{
    Bytes, Delete, LeaseRef, MemberIndex, MemberPreamble, Outcome, Preamble, Request, Response,
    Revision, SCHEMA,
};
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::workload::keys_below;

const CLEAN_LIMIT: Duration = Duration::from_secs(10);

/// A running cluster, and what sessions on it are made of.
pub(crate) struct Cluster {
    target: Arc<dyn Target>,
    plan: Plan,
    folder: PathBuf,
}

impl Cluster {
    /// Starts every member of a local cluster and waits until all serve.
    pub(crate) async fn start(
        plan: Plan,
        binary: &Path,
        folder: &Path,
        wiring: Wiring,
    ) -> io::Result<Self> {
        let options = LocalOptions {
            cluster: ClusterOptions::of(&plan, folder.join("data"), folder.join("members")),
            binary: Binary { path: binary.to_owned(), version: plan.release.clone() },
            others: BTreeMap::new(),
            wiring,
            disks: Err(Unsupported::because("no fault is injected")),
            memory: Err(Unsupported::because("no fault is injected")),
        };
        let target = Arc::new(LocalCluster::prepare(&options).map_err(io::Error::other)?);
        Self::of(target, plan, folder).await
    }

    /// Starts every member of a prepared cluster and waits until all serve.
    pub(crate) async fn of(target: Arc<dyn Target>, plan: Plan, folder: &Path) -> io::Result<Self> {
        for member in target.members() {
            let member = Arc::clone(member);
            let start = move || member.kill().map_err(io::Error::other)?.start();
            tokio::task::spawn_blocking(start).await.map_err(io::Error::other)??;
        }
        let started = Self { target, plan, folder: folder.to_owned() };
        started.await_all().await?;
        Ok(started)
    }

    /// Waits until all members serve.
    pub(crate) async fn await_all(&self) -> io::Result<()> {
        let (session, _) = self.session("start", Revision(1))?;
        await_healthy(&session, START_LIMIT).await.map_err(io::Error::other)?;
        Ok(())
    }

    /// What is to be sent.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// A session whose history begins at a revision, and the stream of its events.
    pub(crate) fn session(
        &self,
        name: &str,
        start: Revision,
    ) -> io::Result<(Session, Receiver<Arc<stormglass_checkers::history::Event>>)> {
        let path = self.folder.join(format!("{name}.jsonl"));
        let (recorder, events) = Recorder::create(&path, &self.preamble(start), Clock::start())
            .map_err(io::Error::other)?;
        let session = Session {
            recorder,
            target: Arc::clone(&self.target),
            keys: keys_below(""),
            deadline: self.plan.scenario.workload.deadline.as_duration(),
            stop: Stop::new(),
            register: None,
            excuses: Excuses::default(),
        };
        Ok((session, events))
    }

    /// Line 1 of such a history.
    pub(crate) fn preamble(&self, start_revision: Revision) -> Preamble {
        let member = |number| MemberPreamble {
            name: format!("m{number}"),
            store: "etcd".to_owned(),
            version: self.plan.release.clone(),
        };
        Preamble {
            stormglass_history: SCHEMA,
            scenario: self.plan.scenario.name.clone(),
            seed: self.plan.seed,
            target: self.target.kind().to_owned(),
            members: (1..=self.plan.scenario.cluster.members).map(member).collect(),
            prefix: String::new(),
            start_revision,
            exclusive: true,
            revisions: true,
            started: String::new(),
            written_by: String::new(),
        }
    }

    /// Removes every lease and key, so that each slice starts alike and each history from
    /// an empty store. Returns the revision from which it starts.
    pub(crate) async fn clean(&self) -> io::Result<Revision> {
        let (session, _) = self.session("clean", Revision(1))?;
        let mut connection = session.connect(MemberIndex(0)).await;
        let answer = connection.call_within(&Request::LeaseList {}, CLEAN_LIMIT).await;
        let Outcome::Ok(Response::LeaseList(list)) = answer else {
            return Err(io::Error::other(format!("the leases could not be listed: {answer:?}")));
        };
        for lease in list.leases {
            let revoke = Request::LeaseRevoke(LeaseRef { lease });
            // One that has just expired is gone as well.
            let _ = connection.call_within(&revoke, CLEAN_LIMIT).await;
        }
        let everything = Bytes::from("\0");
        let delete = Delete { key: everything.clone(), range_end: everything, ..Delete::default() };
        match connection.call_within(&Request::Delete(delete), CLEAN_LIMIT).await {
            Outcome::Ok(answer) => {
                let header = answer.header().copied().unwrap_or_default();
                Ok(header.revision)
            }
            other => Err(io::Error::other(format!("the keys could not be deleted: {other:?}"))),
        }
    }
}
