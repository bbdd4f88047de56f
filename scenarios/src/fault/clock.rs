//! Faults of the members' clocks: their vocabulary, and what is drawn where a scenario only
//! says that a clock shall be wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom as _;

use super::registry::{FaultEntry, ParamEntry, ParamForm, Power};

pub(super) const CLOCK_WALL: FaultEntry = FaultEntry {
    kind: "clock-wall",
    summary: "move the member's wall clock: a jump, a drift, or to and fro; it is true again when \
              `for` is over",
    power: Power::Clocks,
    duration: Duration::from_secs(5),
    // etcd hardly looks at it.
    disruptive: false,
    settle: Duration::from_secs(2),
    params: &[
        ParamEntry {
            name: "jump",
            default: "0s",
            summary: "how far it jumps at first; behind the true time with a minus sign",
            form: ParamForm::Jump { back: true },
        },
        RATE,
        ParamEntry {
            name: "strobe",
            default: "0s",
            summary: "how far ahead and behind it jumps in turn, instead",
            form: ParamForm::Jump { back: false },
        },
        ParamEntry {
            name: "period",
            default: "20ms",
            summary: "how long it takes to strobe once there and back",
            form: ParamForm::Jump { back: false },
        },
    ],
};

pub(super) const CLOCK_MONO: FaultEntry = FaultEntry {
    kind: "clock-mono",
    summary: "move the member's monotonic clock, which leases and elections follow: a jump \
              forward, a drift; it runs true again when `for` is over, and keeps what it gained",
    power: Power::Clocks,
    duration: Duration::from_secs(5),
    // A leader whose clock is slow or fast may lose its office, and a slow one votes late.
    disruptive: true,
    settle: Duration::from_secs(2),
    params: &[
        ParamEntry {
            name: "jump",
            default: "0s",
            summary: "how far it jumps forward at first",
            form: ParamForm::Jump { back: false },
        },
        RATE,
    ],
};

const RATE: ParamEntry = ParamEntry {
    name: "rate",
    default: "1",
    summary: "how many seconds it counts in a true second",
    form: ParamForm::Rate,
};

/// A parameter that makes a clock wrong, and values to draw from.
type Way = (&'static str, &'static [&'static str]);

/// Of each kind of fault, the ways to draw from.
const DRAWN: [(&str, &[Way]); 2] = [
    (
        "clock-wall",
        &[
            ("jump", &["-24h", "-1h", "-1m", "-5s", "-500ms", "500ms", "5s", "1m", "1h", "24h"]),
            ("rate", &["0.5", "0.9", "1.1", "2", "10"]),
            ("strobe", &["200ms", "2s", "1m", "1h"]),
        ],
    ),
    (
        "clock-mono",
        &[("jump", &["1s", "5s", "30s"]), ("rate", &["0.1", "0.5", "0.9", "1.1", "2", "10"])],
    ),
];

/// Draws how the clock shall be wrong, where the scenario has not said it. Nothing is drawn
/// for other faults.
pub(crate) fn draw(
    kind: &str,
    said: &BTreeMap<String, String>,
    rng: &mut ChaCha8Rng,
) -> Option<(String, String)> {
    let (_, ways) = DRAWN.iter().find(|(drawn, _)| *drawn == kind)?;
    if ways.iter().any(|(name, _)| said.contains_key(*name)) {
        return None;
    }
    let (name, values) = ways.choose(rng)?;
    Some(((*name).to_owned(), (*values.choose(rng)?).to_owned()))
}

/// A jump such as `-1500ms`, in nanoseconds: a whole number and one of the units `ms`, `s`,
/// `m` and `h`, so that checkers read it too.
pub fn parse_jump(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(milliseconds * 1_000_000 * sign)
}

/// A rate such as `1.5`: a plain decimal number from 0.01 to 100.
pub fn parse_rate(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let begins = text.starts_with(|c: char| c.is_ascii_digit());
    let rate: f64 = text.parse().ok()?;
    (plain && begins && (0.01..=100.0).contains(&rate)).then_some(rate)
}

#[cfg(test)]
mod tests {
    use super::{DRAWN, parse_jump, parse_rate};
    use crate::fault::fault;

    #[test]
    fn jumps_are_whole_numbers_with_a_unit() {
        assert_eq!(parse_jump("1500ms"), Some(1_500_000_000));
        assert_eq!(parse_jump("-24h"), Some(-86_400_000_000_000));
        for bad in ["1", "1.5s", "1m 30s", "s", "", "-", "+1s", "5d", "9999999999h"] {
            assert_eq!(parse_jump(bad), None, "{bad}");
        }
    }

    #[test]
    fn rates_are_plain_numbers_within_bounds() {
        assert_eq!(parse_rate("0.02"), Some(0.02));
        assert_eq!(parse_rate("10"), Some(10.0));
        for bad in ["0", "-1", "1e1", "inf", "NaN", ".5", "101", "0.001", ""] {
            assert_eq!(parse_rate(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_drawn_can_be_read() {
        for (kind, ways) in DRAWN {
            let known = fault(kind).expect("in the registry").params;
            for (name, values) in ways {
                assert!(known.iter().any(|param| param.name == *name), "{name}");
                for value in *values {
                    let read = match *name {
                        "rate" => parse_rate(value).is_some(),
                        _ => parse_jump(value).is_some(),
                    };
                    assert!(read, "{value}");
                }
            }
        }
    }
}
