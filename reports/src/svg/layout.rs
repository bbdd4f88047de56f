//! Where the steps of a witness stand: lanes, rows within lanes, and labels that never
//! meet.

use stormglass_checkers::history::Nanos;

use super::measure::{LABEL, fitted, text_width};

/// Free pixels between two things in one row.
const APART: f64 = 14.0;
/// The smallest width of a step.
const NARROWEST: f64 = 10.0;
/// Between a step and its label.
const BESIDE: f64 = 8.0;

/// A step, as far as its place depends on it.
#[derive(Clone, Debug)]
pub(crate) struct Box {
    /// The lane's place.
    pub(crate) lane: usize,
    /// When it began.
    pub(crate) from: Nanos,
    /// When it ended.
    pub(crate) to: Nanos,
    /// The label's two lines.
    pub(crate) lines: [String; 2],
}

/// Where a step stands.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// The row, counted within its lane.
    pub(crate) row: usize,
    /// Left and right end of the step itself.
    pub(crate) bar: (f64, f64),
    /// Where the label begins.
    pub(crate) label: f64,
    /// Where it ends, at most.
    pub(crate) label_end: f64,
    /// The label's lines, cut to the room that there is.
    pub(crate) lines: [String; 2],
}

impl Placed {
    fn footprint(&self) -> (f64, f64) {
        (self.bar.0.min(self.label), self.bar.1.max(self.label_end))
    }
}

/// Where labels stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Labels {
    /// In the step if it is wide enough, otherwise beside it.
    Beside,
    /// Below it.
    Below,
}

/// The steps' times on an axis from `left` to `right`. Real distances are kept in order
/// but compressed, so that microseconds and minutes can be seen on one axis.
pub(crate) fn axis(boxes: &[Box], left: f64, right: f64) -> Vec<(Nanos, f64)> {
    let mut times: Vec<Nanos> = boxes.iter().flat_map(|step| [step.from, step.to]).collect();
    times.sort_unstable();
    times.dedup();
    let gaps: Vec<f64> = times
        .windows(2)
        .map(|pair| 1.0 + (1.0 + Nanos(pair[1].0 - pair[0].0).seconds() * 1e3).log10())
        .collect();
    let all: f64 = gaps.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let mut x = left;
    let mut places = Vec::with_capacity(times.len());
    for (place, time) in times.into_iter().enumerate() {
        if place > 0 {
            x += gaps[place - 1] / all * (right - left);
        }
        places.push((time, x));
    }
    places
}

/// The place of a time on the axis.
pub(crate) fn x(axis: &[(Nanos, f64)], at: Nanos) -> f64 {
    let place = axis.partition_point(|(time, _)| *time < at).min(axis.len().saturating_sub(1));
    axis.get(place).map_or(0.0, |(_, x)| *x)
}

/// Places every step: the same order as the boxes, which is the order of time.
pub(crate) fn place(
    boxes: &[Box],
    axis: &[(Nanos, f64)],
    (left, right): (f64, f64),
    labels: Labels,
) -> Vec<Placed> {
    let mut placed: Vec<Placed> = Vec::with_capacity(boxes.len());
    for step in boxes {
        let from = x(axis, step.from).min(right - NARROWEST);
        let bar = (from, x(axis, step.to).max(from + NARROWEST));
        let mut candidate = label(step, bar, (left, right), labels);
        let (begin, end) = candidate.footprint();
        let meets = |row: usize| {
            placed.iter().zip(boxes).any(|(other, other_step)| {
                let (other_begin, other_end) = other.footprint();
                other_step.lane == step.lane
                    && other.row == row
                    && begin < other_end + APART
                    && other_begin < end + APART
            })
        };
        // Bounded: one row a step is always enough.
        candidate.row = (0..boxes.len()).find(|row| !meets(*row)).unwrap_or(boxes.len());
        placed.push(candidate);
    }
    placed
}

/// Number of rows in each lane.
pub(crate) fn rows(boxes: &[Box], placed: &[Placed], lanes: usize) -> Vec<usize> {
    let mut rows = vec![1; lanes];
    for (step, placed) in boxes.iter().zip(placed) {
        rows[step.lane] = rows[step.lane].max(placed.row + 1);
    }
    rows
}

/// The label of a step whose row is still open.
fn label(step: &Box, bar: (f64, f64), (left, right): (f64, f64), labels: Labels) -> Placed {
    let wanted = width(&step.lines);
    let spot = |label: f64, room: f64| {
        let lines = step.lines.clone().map(|line| fitted(&line, room, LABEL));
        Placed { row: 0, bar, label, label_end: label + width(&lines).min(room), lines }
    };
    if labels == Labels::Below {
        let label = bar.0.min(right - wanted).max(left);
        return spot(label, right - label);
    }
    let (inside, after, before) =
        (bar.1 - bar.0 - 2.0 * BESIDE, right - bar.1 - BESIDE, bar.0 - BESIDE - left);
    if wanted <= inside {
        spot(bar.0 + BESIDE, inside)
    } else if wanted <= after || (after >= before && after >= inside) {
        spot(bar.1 + BESIDE, after)
    } else if wanted <= before || before >= inside {
        spot(bar.0 - BESIDE - wanted.min(before), wanted.min(before))
    } else {
        spot(bar.0 + BESIDE, inside)
    }
}

/// Width of the wider of two lines.
fn width(lines: &[String; 2]) -> f64 {
    text_width(&lines[0], LABEL).max(text_width(&lines[1], LABEL))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(lane: usize, from: u64, to: u64, what: &str) -> Box {
        let lines = [what.to_owned(), "ok, revision 5312".to_owned()];
        Box { lane, from: Nanos(from), to: Nanos(to), lines }
    }

    fn crowd() -> Vec<Box> {
        let long = "transaction on user/000017 and 14 others with a very long description of it";
        (0..24u64)
            .map(|number| {
                let from = number / 3 * 1_000 + number % 3;
                step((number % 4) as usize, from, from + number * 700, long)
            })
            .collect()
    }

    fn assert_nothing_meets(width: f64, labels: Labels) {
        let boxes = crowd();
        let axis = axis(&boxes, 10.0, width - 10.0);
        let placed = place(&boxes, &axis, (10.0, width - 10.0), labels);
        for (one, (first, first_step)) in placed.iter().zip(&boxes).enumerate() {
            let (begin, end) = first.footprint();
            assert!(begin >= 9.9 && end <= width - 9.9, "{one} leaves the drawing: {first:?}");
            for (second, second_step) in placed.iter().zip(&boxes).skip(one + 1) {
                let same = first.row == second.row && first_step.lane == second_step.lane;
                let (other_begin, other_end) = second.footprint();
                assert!(!same || end <= other_begin || other_end <= begin, "{first:?} {second:?}");
            }
        }
    }

    #[test]
    fn labels_never_meet_and_never_leave_the_drawing() {
        for width in [320.0, 360.0, 700.0, 1040.0] {
            assert_nothing_meets(width, Labels::Beside);
            assert_nothing_meets(width, Labels::Below);
        }
    }

    #[test]
    fn time_keeps_its_order_on_the_axis() {
        let axis = axis(&crowd(), 0.0, 500.0);
        assert!(axis.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
        assert!((axis.last().map_or(0.0, |(_, x)| *x) - 500.0).abs() < 1e-6);
    }
}
