//! Corners of watches.

use stormglass_scenarios::workload::WatchStep;

use crate::Corners;
use crate::support::Taken;

pub(crate) fn see(watch: &WatchStep, taken: &Taken, found: &mut Corners) {
    let request = &watch.request;
    let (start, compacted) = (request.start_revision.0, taken.compacted);
    let known = compacted > 0;
    found.see_if(start == 0, "watch from now on");
    found.see_if(known && start == compacted - 1, "watch from below the compacted revision");
    found.see_if(known && start == compacted, "watch from the compacted revision");
    found.see_if(known && start == compacted + 1, "watch from above the compacted revision");
    let head = !watch.resumes && start > taken.revision - 8 && start <= taken.revision;
    found.see_if(head, "watch from the head");
    found.see_if(start > taken.revision + 1, "watch from the future");
    for (there, name) in [
        (request.prev_kv, "with previous pairs"),
        (request.progress_notify, "with notifications of progress"),
        (watch.progress_every.is_some(), "with requests for progress"),
        (request.no_put, "without puts"),
        (request.no_delete, "without deletes"),
        (request.fragment, "with fragments"),
        (watch.stall.is_some(), "by a slow reader"),
        (request.range_end.as_slice() == b"\0", "from a key on"),
    ] {
        found.see_if(there, format!("watch {name}"));
    }
    let patient = watch.stall.is_none_or(|stall| stall < watch.max_time);
    assert!(patient, "a slow reader stays longer than it waits: {watch:?}");
}

pub(crate) fn expected() -> Vec<String> {
    let expected = [
        "watch from now on",
        "watch from below the compacted revision",
        "watch from the compacted revision",
        "watch from above the compacted revision",
        "watch from the head",
        "watch from the future",
        "watch with previous pairs",
        "watch with notifications of progress",
        "watch with requests for progress",
        "watch without puts",
        "watch without deletes",
        "watch with fragments",
        "watch by a slow reader",
        "watch from a key on",
    ];
    expected.map(str::to_owned).to_vec()
}
