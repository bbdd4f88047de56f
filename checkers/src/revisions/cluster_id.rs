//! All answers come from one cluster.

use crate::evidence::{Findings, Place, finding};
use crate::history::{Body, Environment, Event, Header, HexId};

/// The cluster that answers.
#[derive(Clone, Debug, Default)]
pub(super) struct ClusterId {
    known: Option<(HexId, Place)>,
}

impl ClusterId {
    /// Takes the next event: a cluster that was built anew may have a new ID.
    pub(super) fn observe(&mut self, event: &Event) {
        let rebuilt = match &event.body {
            Body::Environment(Environment::ClusterChanged(cluster)) => cluster.number > 1,
            Body::Environment(Environment::MemberStarted(life)) => life.data_generation > 1,
            _ => false,
        };
        if rebuilt {
            self.known = None;
        }
    }

    /// A header came.
    pub(super) fn header(&mut self, header: &Header, place: Place, findings: &mut Findings) {
        let id = header.cluster_id;
        if id == HexId(0) {
            return;
        }
        let (known, first) = *self.known.get_or_insert((id, place));
        if id == known {
            return;
        }
        findings.add("cluster-id-changed", || {
            let member = place.member_name();
            finding(
                ("cluster-id-changed", "K2"),
                format!("{member} answered for cluster {id}, while the run is on cluster {known}"),
                format!("because {} had answered for cluster {known}", first.member_name()),
                format!("however a later header names cluster {id}"),
                vec![
                    first.step("a header", format!("cluster {known}")),
                    place.step("a header", format!("cluster {id}")).contradicting(),
                ],
            )
        });
    }
}
