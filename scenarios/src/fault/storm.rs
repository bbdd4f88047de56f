//! How a storm draws each kind of fault: how often, whom it hits, how long, and with which
//! parameters. Kinds that etcd does not promise to survive are not here.

use crate::scenario::{Occasion, Selector};
use crate::trigger;

/// How a storm draws a kind of fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    pub(crate) kind: &'static str,
    /// How often, relative to the others.
    pub(crate) weight: u32,
    /// Whom it hits: one of these.
    pub(crate) targets: &'static [Selector],
    /// How long it holds, in milliseconds: between these two.
    pub(crate) hold: (u64, u64),
    /// Its parameters: one of these sets; none leaves all as they are.
    pub(crate) params: &'static [Params],
    /// What it may wait for.
    pub(crate) when: &'static [Occasion],
    /// The trigger that it is: a scenario that leaves that out does without the kind.
    pub(crate) avoided_by: Option<&'static str>,
}

/// Parameters with their values.
type Params = &'static [(&'static str, &'static str)];

const ANYONE: &[Selector] = &[Selector::One, Selector::Leader];
/// One member most of the time.
const ALL_TOO: &[Selector] =
    &[Selector::One, Selector::One, Selector::Leader, Selector::Leader, Selector::All];
/// A process is lost at any moment or at the worst. Right behind a transaction whose guards took
/// long, crashes find what is written in the wrong order (#13766): half of the losses aim at that.
const OFTEN_GUARDED: &[Occasion] = &[
    Occasion::Now,
    Occasion::Acknowledged,
    Occasion::Compacting,
    Occasion::Guarded,
    Occasion::Guarded,
    Occasion::Guarded,
];
const NOW: &[Occasion] = &[Occasion::Now];

const USUAL: Draw = Draw {
    kind: "",
    weight: 1,
    targets: ANYONE,
    hold: (500, 2_000),
    params: &[],
    when: NOW,
    avoided_by: None,
};

/// Every kind that a storm draws.
pub(crate) fn draws() -> &'static [Draw] {
    &DRAWS
}

/// Why a storm leaves out a kind that etcd promises to survive, if it does.
pub(crate) fn left_out(kind: &str) -> Option<&'static str> {
    LEFT_OUT.iter().find(|(left_out, _)| *left_out == kind).map(|(_, why)| *why)
}

/// Kinds of the model that no storm draws, with the reason.
const LEFT_OUT: &[(&str, &str)] = &[
    ("limit-memory", "few users may make control groups, and a storm is the same for all"),
    ("change-release", "a storm is about one release, and no seed can know another"),
];

static DRAWS: [Draw; 23] = [
    Draw {
        kind: "kill",
        weight: 12,
        targets: ALL_TOO,
        params: &[&[], &[], &[("after", "30ms")]],
        when: OFTEN_GUARDED,
        ..USUAL
    },
    // Shorter than any lease lives: a leader that sleeps longer ends leases early (#15247).
    Draw { kind: "pause", weight: 2, hold: (200, 1_400), ..USUAL },
    Draw { kind: "isolate", weight: 2, hold: (500, 3_000), ..USUAL },
    Draw { kind: "defragment", hold: (0, 0), ..USUAL },
    Draw {
        kind: "compact",
        weight: 2,
        hold: (0, 0),
        params: &[
            &[("lag", "0")],
            &[("lag", "1")],
            &[("lag", "50")],
            &[("lag", "200"), ("physical", "true")],
        ],
        ..USUAL
    },
    Draw { kind: "kill-defragment", weight: 5, hold: (300, 1_000), ..USUAL },
    Draw {
        kind: "partition",
        weight: 2,
        hold: (500, 3_000),
        params: &[
            &[("shape", "halves")],
            &[("shape", "deaf")],
            &[("shape", "mute")],
            // No ring: three members have none.
            &[("shape", "bridge")],
            &[("shape", "clients")],
            &[("shape", "clients"), ("client", "one")],
        ],
        ..USUAL
    },
    Draw {
        kind: "disturb",
        weight: 2,
        hold: (1_000, 4_000),
        params: &[
            &[("delay", "20ms"), ("jitter", "20ms")],
            &[("delay", "150ms")],
            &[("loss", "5"), ("clients", "true")],
            &[("loss", "20")],
            &[("loss", "20"), ("delay", "100ms"), ("client", "one")],
            &[("duplicate", "10"), ("reorder", "10")],
            &[("corrupt", "1")],
            &[("bandwidth", "200000")],
        ],
        ..USUAL
    },
    Draw {
        kind: "reset",
        hold: (100, 500),
        params: &[&[("clients", "false")], &[("clients", "true")], &[("client", "one")]],
        ..USUAL
    },
    Draw {
        kind: "power-failure",
        weight: 3,
        targets: ALL_TOO,
        params: &[&[("lost", "all")], &[("lost", "prefix")], &[("lost", "torn")]],
        when: OFTEN_GUARDED,
        ..USUAL
    },
    Draw {
        kind: "slow-disk",
        hold: (1_000, 3_000),
        params: &[&[("delay", "30ms"), ("spread", "30ms")], &[("delay", "300ms")]],
        ..USUAL
    },
    Draw { kind: "disk-full", hold: (300, 1_500), ..USUAL },
    Draw { kind: "disk-error", hold: (300, 1_500), ..USUAL },
    // Which way the clocks go wrong is drawn as for every scenario that does not say it.
    Draw { kind: "clock-wall", hold: (1_000, 5_000), ..USUAL },
    Draw { kind: "clock-mono", hold: (1_000, 4_000), ..USUAL },
    Draw { kind: "terminate", targets: ALL_TOO, ..USUAL },
    Draw { kind: "kill-start", ..USUAL },
    Draw {
        kind: "kill-compact",
        weight: 2,
        params: &[&[("lag", "0")], &[("lag", "100")], &[("lag", "500")]],
        ..USUAL
    },
    Draw { kind: "kill-snapshot", ..USUAL },
    Draw {
        kind: "starve",
        hold: (1_000, 3_000),
        params: &[&[("share", "10")], &[("share", "30")]],
        ..USUAL
    },
    // Joining without a vote, as etcd advises: one more voter that knows nothing can cost the
    // others their majority.
    Draw { kind: "replace-member", weight: 2, hold: (300, 3_000), ..USUAL },
    Draw { kind: "move-leader", weight: 2, hold: (0, 0), ..USUAL },
    Draw {
        kind: "force-snapshot",
        weight: 2,
        hold: (0, 1_000),
        avoided_by: Some(trigger::SNAPSHOT_TO_FOLLOWER),
        ..USUAL
    },
];

#[cfg(test)]
mod tests {
    use super::{LEFT_OUT, draws, left_out};
    use crate::fault::faults;

    #[test]
    fn a_storm_draws_every_kind_of_the_model_but_those_that_it_leaves_out_and_no_other() {
        let model = faults().iter().filter(|entry| entry.in_model()).map(|entry| entry.kind);
        let wanted = model.clone().filter(|kind| left_out(kind).is_none());
        let drawn = draws().iter().map(|draw| draw.kind);
        assert_eq!(drawn.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
        let known = |(kind, _): &(&str, &str)| model.clone().any(|other| other == *kind);
        assert!(LEFT_OUT.iter().all(known), "what is left out is in the model");
    }

    #[test]
    fn what_is_drawn_holds_as_long_as_its_kind_does() {
        for draw in draws() {
            let entry = crate::fault::fault(draw.kind).expect("a known kind");
            assert_eq!(entry.duration.is_zero(), draw.hold.1 == 0, "{}", draw.kind);
            assert!(draw.hold.0 <= draw.hold.1 && draw.weight > 0, "{}", draw.kind);
            let names: Vec<_> = entry.params.iter().map(|param| param.name).collect();
            let mut drawn = draw.params.iter().flat_map(|set| set.iter());
            assert!(drawn.all(|(name, _)| names.contains(name)), "{}", draw.kind);
        }
    }
}
