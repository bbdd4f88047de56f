//! The append checker against a search through all orders: it finds something if and
//! only if there is no order that explains every answer and keeps to real time.

use std::collections::BTreeMap;

use crate::common::{Dice, listing, told, verdict};
use crate::lists::{Lists, Part, Sent};
use stormglass_checkers::history::History;
use stormglass_checkers::verdict::Status;

const ELEMENTS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
/// Two lists in one value, two in many keys.
const NAMES: [&str; 4] = ["v", "w", "x/", "y/"];

type Store = BTreeMap<&'static str, Vec<&'static str>>;

/// A part of a transaction, and what a read shows.
#[derive(Clone, Debug)]
enum Step {
    Rewrite(&'static str, Vec<&'static str>, &'static str),
    Insert(&'static str, &'static str),
    Read(&'static str, Vec<&'static str>),
}

/// A transaction: when it was sent, when it ended, what happened in between.
#[derive(Clone, Debug)]
struct Done {
    sent: usize,
    ended: usize,
    steps: Vec<Step>,
}

/// A random run on a real order of effects: legal, before anything is changed.
fn run(dice: &mut Dice, count: usize) -> Vec<Done> {
    let (mut store, mut done) = (Store::new(), Vec::new());
    let mut fresh = ELEMENTS.into_iter();
    for number in 0..count {
        let jitter = |dice: &mut Dice| usize::try_from(dice.below(25)).unwrap_or(0);
        // It takes effect at 20 × number.
        let (sent, ended) = (20 * number + 30 - jitter(dice), 20 * number + 31 + jitter(dice));
        done.push(Done { sent, ended, steps: steps(dice, &mut store, &mut fresh) });
    }
    let everything =
        NAMES.map(|name| Step::Read(name, store.get(name).cloned().unwrap_or_default()));
    let end = 20 * count + 100;
    done.push(Done { sent: end, ended: end + 1, steps: everything.to_vec() });
    done
}

fn steps(
    dice: &mut Dice,
    store: &mut Store,
    fresh: &mut impl Iterator<Item = &'static str>,
) -> Vec<Step> {
    let mut names = NAMES.to_vec();
    (0..=dice.below(3))
        .map(|_| {
            let name =
                names.swap_remove(usize::try_from(dice.below(names.len() as u64)).unwrap_or(0));
            let list = store.entry(name).or_default();
            let before = list.clone();
            let Some(element) = fresh.next().filter(|_| dice.percent(55)) else {
                return Step::Read(name, before);
            };
            list.push(element);
            if name.ends_with('/') {
                Step::Insert(name, element)
            } else {
                Step::Rewrite(name, before, element)
            }
        })
        .collect()
}

/// Changes what some read shows, or when a transaction was sent or ended. The result may
/// be legal.
fn disturb(dice: &mut Dice, done: &mut [Done]) {
    let last = done.len() - 1;
    let chosen = usize::try_from(dice.below(last as u64)).unwrap_or(0);
    if dice.percent(20) {
        done[chosen].ended += usize::try_from(dice.below(60)).unwrap_or(0);
        return;
    }
    if dice.percent(20) {
        let early = usize::try_from(dice.below(60)).unwrap_or(0);
        done[chosen].sent = done[chosen].sent.saturating_sub(early);
        return;
    }
    let mut reads: Vec<(&'static str, &mut Vec<&'static str>)> = done[..last]
        .iter_mut()
        .flat_map(|done| &mut done.steps)
        .filter_map(|step| match step {
            Step::Read(name, shown) => Some((*name, shown)),
            _ => None,
        })
        .collect();
    if reads.is_empty() {
        return;
    }
    let at = usize::try_from(dice.below(reads.len() as u64)).unwrap_or(0);
    let (_, shown) = &mut reads[at];
    match dice.below(4) {
        0 | 1 => drop(shown.pop()),
        2 if shown.len() > 1 => shown.swap(0, 1),
        3 if shown.len() > 1 => drop(shown.remove(0)),
        _ => {}
    }
}

/// Whether some order explains everything.
fn explained(done: &[Done]) -> bool {
    search(done, &mut vec![false; done.len()], &Store::new())
}

fn search(done: &[Done], placed: &mut Vec<bool>, store: &Store) -> bool {
    if placed.iter().all(|placed| *placed) {
        return true;
    }
    let first_end =
        done.iter().zip(placed.iter()).filter(|(_, placed)| !**placed).map(|(done, _)| done.ended);
    let first_end = first_end.min().unwrap_or(usize::MAX);
    for next in 0..done.len() {
        if placed[next] || done[next].sent > first_end {
            continue;
        }
        let Some(after) = apply(&done[next], store) else { continue };
        placed[next] = true;
        if search(done, placed, &after) {
            return true;
        }
        placed[next] = false;
    }
    false
}

fn apply(done: &Done, store: &Store) -> Option<Store> {
    let mut after = store.clone();
    for step in &done.steps {
        match step {
            Step::Read(name, shown) => {
                if after.get(name).map_or(&[][..], Vec::as_slice) != shown {
                    return None;
                }
            }
            Step::Rewrite(name, before, element) => {
                let list = after.entry(name).or_default();
                if list != before {
                    return None;
                }
                list.push(element);
            }
            Step::Insert(name, element) => after.entry(name).or_default().push(element),
        }
    }
    Some(after)
}

/// The run as a history.
fn history(done: &[Done]) -> History {
    let before: Vec<Vec<String>> = done
        .iter()
        .map(|done| {
            let text = |step: &Step| match step {
                Step::Rewrite(_, list, _) | Step::Read(_, list) => list.join(" "),
                Step::Insert(..) => String::new(),
            };
            done.steps.iter().map(text).collect()
        })
        .collect();
    let parts: Vec<Vec<Part<'_>>> = done
        .iter()
        .zip(&before)
        .map(|(done, texts)| {
            let steps = done.steps.iter().zip(texts);
            steps.map(|(step, text)| part(step, text)).collect()
        })
        .collect();
    let mut moments: Vec<(usize, bool, usize)> = (0..done.len())
        .flat_map(|at| [(done[at].sent, false, at), (done[at].ended, true, at)])
        .collect();
    moments.sort_unstable();
    let mut run = Lists::default();
    let mut open: BTreeMap<usize, Sent<'_>> = BTreeMap::new();
    for (_, end, at) in moments {
        if end {
            let sent = open.remove(&at).expect("it was sent");
            let steps = done[at].steps.iter().zip(&before[at]);
            let shown: Vec<&str> = steps
                .filter(|(step, _)| matches!(step, Step::Read(..)))
                .map(|(_, text)| text.as_str())
                .collect();
            run.end(&sent, &shown);
        } else {
            open.insert(at, run.send(&parts[at]));
        }
    }
    run.stop()
}

fn part<'a>(step: &Step, text: &'a str) -> Part<'a> {
    match step {
        Step::Rewrite(name, _, element) => Part::Rewrite(name, text, element),
        Step::Insert(name, element) => Part::Insert(name, element),
        Step::Read(name, _) => Part::Read(name),
    }
}

/// Whether the history can be written down: no append extends, and no read shows, what
/// is sent only later.
fn possible(done: &[Done]) -> bool {
    let sent = |element: &str| {
        let with = done.iter().find(|done| {
            done.steps.iter().any(|step| match step {
                Step::Rewrite(_, _, own) | Step::Insert(_, own) => *own == element,
                Step::Read(..) => false,
            })
        });
        with.map_or(0, |done| done.sent)
    };
    done.iter().all(|done| {
        done.steps.iter().all(|step| match step {
            Step::Rewrite(_, before, _) => before.iter().all(|one| sent(one) < done.sent),
            Step::Read(_, shown) => shown.iter().all(|one| sent(one) < done.ended),
            Step::Insert(..) => true,
        })
    })
}

#[test]
fn it_fires_exactly_where_no_order_explains_the_answers() {
    let (mut legal, mut illegal) = (0, 0);
    for seed in 0..6_000 {
        let mut dice = Dice(seed);
        let count = 2 + usize::try_from(dice.below(5)).unwrap_or(0);
        let mut done = run(&mut dice, count);
        assert!(explained(&done));
        for _ in 0..dice.below(7) {
            disturb(&mut dice, &mut done);
        }
        if !possible(&done) {
            continue;
        }
        let history = history(&done);
        let verdict = verdict("append", &history);
        let expected = if explained(&done) { Status::Valid } else { Status::Invalid };
        let message = || format!("seed {seed}: {}\n{}", told(&verdict), listing(&history));
        assert_eq!(verdict.status, expected, "{}", message());
        *if expected == Status::Valid { &mut legal } else { &mut illegal } += 1;
    }
    assert!(legal > 1_000 && illegal > 1_000, "{legal} legal, {illegal} illegal");
}
