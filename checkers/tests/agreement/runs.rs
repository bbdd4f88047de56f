//! Small random runs of a cluster that behaves.

use stormglass_checkers::history::{Body, Compact, History, Request, Revision, WatchId};

use super::common::cluster::Answer;
use super::common::{Cluster, Dice, Op, Requests, grant, put_with_lease, remove, revoke};

/// Operations of a run, at most.
const OPERATIONS_MAX: u64 = 9;
/// Clients of a run, at most.
const CLIENTS_MAX: u64 = 4;
/// Leases that are asked for, by their numbers from 1 on.
pub const LEASES: i64 = 2;
const MEMBERS: u64 = 2;

/// How outcomes get lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Losses {
    /// None does.
    None,
    /// Now and then, one by one.
    Spread,
    /// Of all that is open at once.
    Bursts,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Run {
    /// What was recorded.
    pub history: History,
    /// How outcomes got lost in it.
    pub losses: Losses,
    /// Whether a watch of every key stands beside.
    pub watched: bool,
}

/// Clients at work.
struct Work {
    cluster: Cluster,
    requests: Requests,
    losses: Losses,
    /// An open operation of each client, with its answer once it took effect.
    open: Vec<Option<(Op, Option<Answer>)>>,
    /// Given up, and still to take effect.
    late: Vec<Op>,
    left: u64,
}

/// A run that is right by its making.
pub fn legal(dice: &mut Dice) -> Run {
    let losses = dice.pick(&[Losses::None, Losses::Spread, Losses::Bursts]);
    let watched = dice.percent(40);
    // What a watch shows has a place in the order too, and the orders of many are many.
    let many = if watched { OPERATIONS_MAX - 2 } else { OPERATIONS_MAX };
    let clients = usize::try_from(1 + dice.below(CLIENTS_MAX)).unwrap_or(1);
    let mut work = Work {
        cluster: Cluster::new(u16::try_from(MEMBERS).unwrap_or(1)),
        requests: Requests::new(dice.below(u64::MAX), 2, LEASES.unsigned_abs()),
        losses,
        open: vec![None; clients],
        late: Vec::new(),
        left: 2 + dice.below(many - 1),
    };
    while work.left > 0 || work.open.iter().any(Option::is_some) {
        work.step(dice);
    }
    let mut history = work.cluster.stop();
    remove(&mut history, |event| match &event.body {
        Body::Watch(watch) => !watched || watch.watch != WatchId(1),
        _ => false,
    });
    Run { history, losses, watched }
}

impl Work {
    fn step(&mut self, dice: &mut Dice) {
        self.surroundings(dice);
        if self.losses == Losses::Bursts && dice.percent(6) {
            (0..self.open.len()).for_each(|client| self.give_up(client, dice));
        }
        let client = usize::try_from(dice.below(self.open.len() as u64)).unwrap_or(0);
        match &mut self.open[client] {
            None if self.left > 0 => {
                self.left -= 1;
                let request = self.request(dice);
                let member = u16::try_from(dice.below(MEMBERS)).unwrap_or(0);
                let process = self.cluster.client(member);
                self.open[client] = Some((self.cluster.invoke(process, request), None));
            }
            None => {}
            Some(_) if self.losses == Losses::Spread && dice.percent(15) => {
                self.give_up(client, dice);
            }
            Some((op, answer)) => match answer.take() {
                None => *answer = Some(self.cluster.take_effect(op)),
                Some(answer) => {
                    self.cluster.answer(op, answer);
                    self.open[client] = None;
                }
            },
        }
    }

    /// What happens beside the clients.
    fn surroundings(&mut self, dice: &mut Dice) {
        if !self.late.is_empty() && dice.percent(20) {
            let at = usize::try_from(dice.below(self.late.len() as u64)).unwrap_or(0);
            let op = self.late.swap_remove(at);
            let _ = self.cluster.take_effect(&op);
        }
        match dice.below(60) {
            0 => self.cluster.lag(1),
            1 | 2 => self.cluster.catch_up(1),
            3 => self.cluster.expire(lease(dice)),
            _ => {}
        }
    }

    fn request(&mut self, dice: &mut Dice) -> Request {
        let revision = self.cluster.store.revision();
        match dice.below(100) {
            0..=7 => grant(lease(dice), 10),
            8..=15 => {
                let key = format!("k{}", dice.below(2));
                put_with_lease(&key, &format!("l{}", self.left), lease(dice))
            }
            16..=19 => revoke(lease(dice)),
            20..=23 => {
                let revision = 1 + dice.below(revision.unsigned_abs() + 1);
                let revision = Revision(i64::try_from(revision).unwrap_or(1));
                Request::Compact(Compact { revision, physical: false })
            }
            _ => self.requests.next(revision),
        }
    }

    fn give_up(&mut self, client: usize, dice: &mut Dice) {
        let Some((op, answer)) = self.open[client].take() else { return };
        if answer.is_none() && dice.percent(60) {
            self.late.push(op.clone());
        }
        self.cluster.give_up(&op);
    }
}

fn lease(dice: &mut Dice) -> i64 {
    1 + i64::try_from(dice.below(LEASES.unsigned_abs())).unwrap_or(0)
}
