//! Members apply what is committed, each at its own pace.

use std::rc::Rc;

use stormglass_checkers::history::{MemberIndex, Outcome, Refusal, Request, Response};

use super::agenda::SECOND;
use super::bug::Bug;
use super::entry::{Command, Entry, Quirk};
use super::store::{Store, chosen_ttl};
use super::world::World;

impl World<'_> {
    /// A member learns that so many entries are committed.
    pub(super) fn learn(&mut self, member: MemberIndex, index: usize) {
        let place = self.member(member);
        let cut_off = place.isolated && self.members.len() > 1;
        if !place.up || (cut_off && index > place.known) {
            return;
        }
        let index = index.min(self.consensus.log.len());
        let place = self.member_mut(member);
        place.known = place.known.max(index);
        self.catch_up_with_log(member);
    }

    fn catch_up_with_log(&mut self, member: MemberIndex) {
        let now = self.agenda.now();
        let mut applied = false;
        loop {
            let place = self.member(member);
            if !place.serves(now) || place.applied >= place.known {
                break;
            }
            let at = place.applied;
            let Some(entry) = self.consensus.log.get(at).cloned() else { break };
            let newest = at + 1 == self.consensus.log.len();
            if newest && self.mischief.may_strike(Bug::SplitRevision) {
                // It comes with the next one, perhaps behind it.
                break;
            }
            if let Some(next) = self.swapped(member, at) {
                self.apply(member, &next);
                self.member_mut(member).known = self.member(member).known.max(at + 2);
            }
            self.apply(member, &entry);
            applied = true;
        }
        if applied {
            self.flush_later(member);
            self.serve_readers(member);
        }
    }

    /// Applies an entry on a member, and answers whoever asked the member for it.
    fn apply(&mut self, member: MemberIndex, entry: &Rc<Entry>) {
        let diverges = matches!(&entry.command, Command::Request(Request::Put(_)))
            && usize::from(member.0) + 1 == self.members.len()
            && self.mischief.strikes(Bug::DivergedMember);
        let altered = diverges
            .then(|| Rc::new(Entry { quirk: Some(Quirk::OtherValue), ..Entry::clone(entry) }));
        let election = self.plan.scenario.cluster.election.as_nanos().0;
        let entry = altered.as_ref().unwrap_or(entry);
        let place = self.member_mut(member);
        let answer = apply_with_ttl(&mut place.store, entry, election);
        place.applied += 1;
        let incarnation = place.incarnation;
        if self.consensus.leader == Some(member) {
            self.note_leases(entry, &answer);
        }
        if let Some((origin, life, id)) = entry.origin
            && (origin, life) == (member, incarnation)
        {
            let answer = self.shorten(answer);
            self.reply(member, id, answer);
        }
    }

    /// The leader keeps the time of leases.
    fn note_leases(&mut self, entry: &Entry, answer: &Result<Response, Refusal>) {
        let now = self.agenda.now();
        match (&entry.command, answer) {
            (Command::EndLease(lease), _) => {
                self.consensus.expiry.remove(lease);
                self.consensus.ending.remove(lease);
            }
            (Command::Request(Request::LeaseRevoke(revoke)), Ok(_)) => {
                self.consensus.expiry.remove(&revoke.lease);
                self.consensus.ending.remove(&revoke.lease);
            }
            (Command::Request(Request::LeaseGrant(_)), Ok(Response::LeaseGrant(granted))) => {
                let end = now + self.lease_time(granted.ttl_seconds);
                self.consensus.expiry.insert(granted.lease, end);
            }
            _ => {}
        }
    }

    /// How long a lease lives from now, in nanoseconds.
    pub(super) fn lease_time(&mut self, ttl_seconds: i64) -> u64 {
        let ttl = u64::try_from(ttl_seconds).unwrap_or(0) * SECOND;
        if self.mischief.strikes(Bug::EarlyExpiry) { ttl / 4 } else { ttl }
    }

    /// A grant for less than was asked for.
    fn shorten(&mut self, answer: Result<Response, Refusal>) -> Result<Response, Refusal> {
        match answer {
            Ok(Response::LeaseGrant(mut granted)) if granted.ttl_seconds > 1 => {
                if self.mischief.strikes(Bug::ShortTtl) {
                    granted.ttl_seconds = 1;
                }
                Ok(Response::LeaseGrant(granted))
            }
            answer => answer,
        }
    }

    /// The next entry, where one member applies it before this one.
    fn swapped(&mut self, member: MemberIndex, at: usize) -> Option<Rc<Entry>> {
        if !self.mischief.is_on(Bug::SplitRevision) {
            return None;
        }
        let (entry, next) = (self.consensus.log.get(at)?, self.consensus.log.get(at + 1)?);
        let (Command::Request(Request::Put(one)), Command::Request(Request::Put(other))) =
            (&entry.command, &next.command)
        else {
            return None;
        };
        let own = entry.origin.is_some_and(|(origin, _, _)| origin == member);
        let others = next.origin.is_some_and(|(origin, _, _)| origin != member);
        let plain = one.key != other.key && one.lease.is_none() && other.lease.is_none();
        let next = Rc::clone(next);
        (own && others && plain && self.mischief.strikes(Bug::SplitRevision)).then_some(next)
    }

    /// A member's process starts with what its disk has: the log up to some entry.
    pub(super) fn rebuild(&mut self, member: MemberIndex, applied: usize) {
        let election = self.plan.scenario.cluster.election.as_nanos().0;
        let mut store = Store::default();
        for entry in &self.consensus.log[..applied] {
            // What it answers was answered when it happened.
            let _ = apply_with_ttl(&mut store, entry, election);
        }
        let place = self.member_mut(member);
        place.store = store;
        place.applied = applied;
        place.known = applied;
    }

    /// The newest acknowledged writes are gone, everywhere.
    pub(super) fn lose_newest(&mut self) {
        let kept = self.consensus.log.len().saturating_sub(3);
        self.consensus.log.truncate(kept);
        for member in self.member_indices() {
            if self.member(member).applied > kept {
                self.rebuild(member, kept);
            }
            let place = self.member_mut(member);
            place.known = place.known.min(kept);
        }
    }

    /// Sends an outcome without asking anybody.
    pub(super) fn ok(&mut self, id: super::operation::OpId, response: Response) {
        self.answer(id, Outcome::Ok(response));
    }
}

/// Grants get the time to live that the server chooses.
fn apply_with_ttl(store: &mut Store, entry: &Entry, election: u64) -> Result<Response, Refusal> {
    let Command::Request(Request::LeaseGrant(grant)) = &entry.command else {
        return store.apply(entry);
    };
    let mut grant = grant.clone();
    grant.ttl_seconds = chosen_ttl(grant.ttl_seconds, election);
    let command = Command::Request(Request::LeaseGrant(grant));
    store.apply(&Entry { command, origin: None, quirk: None })
}
