//! Corners of ranges.

use stormglass_checkers::history::{Range, Sort};

use crate::Corners;
use crate::support::Taken;

/// Where a range's revision is, seen from the store.
pub(crate) fn place(range: &Range, taken: &Taken) -> Option<&'static str> {
    match range.revision.0 {
        0 => None,
        revision if revision > taken.revision => Some("future"),
        revision if revision < taken.compacted => Some("compacted"),
        _ => Some("past"),
    }
}

pub(crate) fn see(what: &str, range: &Range, taken: &Taken, found: &mut Corners) {
    let options = [
        (range.limit > 0, "limit"),
        (range.sort != Sort::default(), "order"),
        (range.keys_only, "keys only"),
        (range.count_only, "count only"),
        (!range.min_mod_revision.is_zero(), "min mod revision"),
        (!range.max_mod_revision.is_zero(), "max mod revision"),
        (!range.min_create_revision.is_zero(), "min create revision"),
        (!range.max_create_revision.is_zero(), "max create revision"),
    ];
    let there = options.iter().filter(|(there, _)| *there);
    let names: Vec<&str> = there.map(|(_, name)| *name).collect();
    for name in &names {
        found.see(format!("{what} with {name}"));
    }
    found.see_if(names.len() > 1, format!("{what} with several options"));
    let sorted = range.sort != Sort::default();
    found.see_if(sorted, format!("{what} by {:?} {:?}", range.sort.target, range.sort.order));
    found.see_if(sorted && range.limit > 0, format!("{what} with an order and a limit"));
    found.see_if(range.range_end.as_slice() == b"\0", format!("{what} from a key on"));
    found.see_if(range.serializable, format!("{what}, serializable"));
    if let Some(place) = place(range, taken) {
        found.see(format!("{what} at a {place} revision"));
    }
}

pub(crate) fn expected() -> Vec<String> {
    let mut expected = Vec::new();
    for option in [
        "with limit",
        "with order",
        "with keys only",
        "with count only",
        "with min mod revision",
        "with max mod revision",
        "with min create revision",
        "with max create revision",
        "with several options",
        "with an order and a limit",
        "from a key on",
    ] {
        expected.push(format!("range {option}"));
        expected.push(format!("transaction's range {option}"));
    }
    for target in ["Key", "Version", "CreateRevision", "ModRevision", "Value"] {
        for order in ["Ascend", "Descend", "None"] {
            // Nothing else than a range without an order.
            if (target, order) != ("Key", "None") {
                expected.push(format!("range by {target} {order}"));
            }
        }
    }
    let revisions = ["past", "future", "compacted"];
    expected.extend(revisions.map(|place| format!("range at a {place} revision")));
    expected.push("range, serializable".to_owned());
    expected
}
