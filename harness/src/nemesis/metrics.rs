//! What a member tells of itself in its metrics.

use std::time::Duration;

use stormglass_checkers::history::MemberIndex;

use super::site::{Site, blocking};
use crate::client::get;

const LIMIT: Duration = Duration::from_secs(2);
const WAL_SYNCS: &str = "etcd_disk_wal_fsync_duration_seconds";

/// How long a member's syncs of its raft log took, by its own measure, since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SyncTimes {
    /// How many there were.
    pub count: f64,
    /// How long they took together.
    pub seconds: f64,
}

impl SyncTimes {
    /// The mean of those since an earlier look, in milliseconds.
    pub(super) fn mean_since(self, before: Self) -> Option<f64> {
        let count = self.count - before.count;
        (count > 0.0).then(|| (self.seconds - before.seconds) * 1_000.0 / count)
    }
}

/// Asks a member; `None` where it does not tell.
pub(super) async fn sync_times(site: &Site, index: MemberIndex) -> Option<SyncTimes> {
    let member = site.member(index);
    let fetch = move || Ok(get(member.client_url(), "/metrics", LIMIT, u64::MAX)?);
    let told = blocking(fetch).await.ok()?;
    let value = |name: &str| value(&told, &format!("{WAL_SYNCS}_{name}"));
    Some(SyncTimes { count: value("count")?, seconds: value("sum")? })
}

fn value(metrics: &str, name: &str) -> Option<f64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_of_what_happened_in_between() {
        let metrics = "# HELP etcd_disk_wal_fsync_duration_seconds The latency\n\
                       etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\"} 7\n\
                       etcd_disk_wal_fsync_duration_seconds_sum 1.5\n\
                       etcd_disk_wal_fsync_duration_seconds_count 10\n";
        assert_eq!(value(metrics, "etcd_disk_wal_fsync_duration_seconds_sum"), Some(1.5));
        assert_eq!(value(metrics, "etcd_disk_wal_fsync_duration_seconds_count"), Some(10.0));
        let (before, after) =
            (SyncTimes { count: 6.0, seconds: 1.1 }, SyncTimes { count: 10.0, seconds: 1.5 });
        let mean = after.mean_since(before).expect("there were some");
        assert!((mean - 100.0).abs() < 0.001, "{mean}");
        assert_eq!(after.mean_since(after), None);
    }
}
