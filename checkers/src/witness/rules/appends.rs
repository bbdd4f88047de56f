//! Lists that no order of appends explains, without any cycle.

use super::lists::{Append, Fate, Lists, Read, Transaction};
use crate::history::{Bytes, Request, Response, TxnOp};
use crate::witness::case::Case;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::{Needs, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::new("lost-update", OPERATIONS, lost_update),
    Rule::new("G1a", OPERATIONS, aborted_read),
    Rule::new("G1b", OPERATIONS, intermediate_read),
    Rule::new("dirty-update", OPERATIONS, dirty_update),
    Rule::new("internal", OPERATIONS, internal),
    Rule::new("duplicate-elements", OPERATIONS, duplicate_elements),
    Rule::new("phantom-element", OPERATIONS, phantom_element),
    Rule::new("incompatible-order", OPERATIONS, incompatible_order),
];

/// Every operation.
pub(super) const OPERATIONS: Needs = Needs { writes: true, reads: true, ..Needs::STEPS };

/// The steps as transactions over lists.
pub(super) fn transactions<'a, 'b>(
    case: &Case<'_>,
    lists: &'b Lists<'a>,
) -> Result<Vec<&'b Transaction<'a>>, String> {
    let of = |step: &crate::witness::case::Step| lists.get(step.operation()?);
    let found: Option<Vec<_>> = case.steps.iter().map(of).collect();
    required(found, "has a step that is no transaction over lists")
}

/// Whether something holds of two steps, whichever comes first.
fn either_way(
    case: &Case<'_>,
    holds: impl Fn(&Lists<'_>, &Transaction<'_>, &Transaction<'_>) -> bool,
) -> Result<bool, String> {
    let lists = Lists::of(case);
    let steps = transactions(case, &lists)?;
    let [one, other] = steps.as_slice() else {
        return Err("has not two transactions".to_owned());
    };
    Ok(holds(&lists, one, other) || holds(&lists, other, one))
}

fn aborted(transaction: &Transaction<'_>) -> bool {
    matches!(transaction.fate, Fate::Rejected | Fate::Refused)
}

fn reads_of<'a>(reader: &'a Transaction<'_>, append: &Append) -> impl Iterator<Item = &'a Read> {
    let list = append.list.clone();
    reader.reads.iter().filter(move |(name, _)| *name == list)
}

fn lost_update(case: &Case<'_>) -> Proof {
    let found = either_way(case, |lists, one, other| {
        let both = lists.applied(one) && lists.applied(other);
        let apart = one.operation.invocation != other.operation.invocation;
        both && apart
            && one.appends.iter().any(|first| {
                let mut others = other.appends.iter();
                others.any(|second| {
                    first.list == second.list && first.base.is_some() && first.base == second.base
                })
            })
    })?;
    demand(found, "has no two appends to one state of a list")
}

fn aborted_read(case: &Case<'_>) -> Proof {
    let found = either_way(case, |_, writer, reader| {
        aborted(writer)
            && writer.appends.iter().any(|append| {
                let mut reads = reads_of(reader, append);
                reads.any(|(_, all)| append.elements.iter().any(|one| all.contains(one)))
            })
    })?;
    demand(found, "has no read of what an aborted transaction appends")
}

fn intermediate_read(case: &Case<'_>) -> Proof {
    let found = either_way(case, |_, writer, reader| {
        writer.operation.invocation != reader.operation.invocation
            && writer.appends.iter().any(|append| {
                let mut reads = reads_of(reader, append);
                reads.any(|(_, all)| {
                    let some = append.elements.iter().any(|one| all.contains(one));
                    let many = append.elements.len();
                    some && !all.windows(many).any(|part| part == append.elements)
                })
            })
    })?;
    demand(found, "has no read of a part of a transaction")
}

fn dirty_update(case: &Case<'_>) -> Proof {
    let found = either_way(case, |lists, under, over| {
        let applied = aborted(under) && lists.applied(over);
        applied
            && over.appends.iter().any(|append| {
                let last = append.base.as_ref().and_then(|base| base.last());
                last.and_then(|last| lists.origin(&append.list, last))
                    == Some(under.operation.invocation)
            })
    })?;
    demand(found, "has no append behind one of an aborted transaction")
}

fn phantom_element(case: &Case<'_>) -> Proof {
    let ours = case.preamble.territory().empty_at().is_some();
    demand(ours, "is of a store with data of others")?;
    let lists = Lists::of(case);
    let steps = transactions(case, &lists)?;
    let [reader] = steps.as_slice() else {
        return Err("has not one transaction".to_owned());
    };
    let found = reader.reads.iter().any(|(list, all)| {
        all.iter().any(|element| {
            let origin = lists.origin(list, element);
            origin.is_none_or(|origin| origin > reader.operation.ended())
        })
    });
    demand(found, "shows nothing but what somebody was asked to append")
}

fn duplicate_elements(case: &Case<'_>) -> Proof {
    let lists = Lists::of(case);
    let steps = transactions(case, &lists)?;
    let doubled = |reader: &&&Transaction<'_>| -> Vec<(Bytes, Bytes)> {
        let twice = |all: &[Bytes], one: &Bytes| all.iter().filter(|other| *other == one).count();
        let reads = reader.reads.iter().flat_map(|(list, all)| {
            let doubled = all.iter().filter(|one| twice(all, one) > 1);
            doubled.map(|one| (list.clone(), one.clone())).collect::<Vec<_>>()
        });
        reads.collect()
    };
    let found = steps.iter().any(|reader| {
        doubled(&reader).iter().any(|(list, element)| {
            let origin = lists.origin(list, element);
            steps.iter().any(|step| Some(step.operation.invocation) == origin)
        })
    });
    demand(found && steps.len() <= 2, "shows no element twice whose append it names")
}

fn incompatible_order(case: &Case<'_>) -> Proof {
    let found = either_way(case, |_, one, other| {
        let reads = one.reads.iter().any(|(list, first)| {
            let mut others = other.reads.iter().filter(|(name, _)| name == list);
            others.any(|(_, second)| !first.starts_with(second) && !second.starts_with(first))
        });
        reads || contradicts_base(one, other)
    })?;
    demand(found, "shows lists that one order of appends explains")
}

/// Whether a read shows an appended element behind something else than its writer
/// appended it to.
fn contradicts_base(reader: &Transaction<'_>, writer: &Transaction<'_>) -> bool {
    writer.appends.iter().any(|append| {
        let Some(base) = &append.base else { return false };
        reads_of(reader, append).any(|(_, all)| {
            append.elements.iter().enumerate().any(|(number, element)| {
                let at = all.iter().position(|one| one == element);
                let right: Vec<&Bytes> =
                    base.iter().chain(append.elements.iter().take(number)).collect();
                at.is_some_and(|at| all[..at].iter().collect::<Vec<_>>() != right)
            })
        })
    })
}

/// A transaction whose parts contradict each other.
fn internal(case: &Case<'_>) -> Proof {
    let lists = Lists::of(case);
    let steps = transactions(case, &lists)?;
    let [transaction] = steps.as_slice() else {
        return Err("has not one transaction".to_owned());
    };
    let operation = transaction.operation;
    let (Request::Txn(txn), Some(Response::Txn(answer))) = (&operation.request, operation.answer())
    else {
        return Err("has not one answered transaction".to_owned());
    };
    let mut known: Vec<Read> = Vec::new();
    let mut own: Vec<Read> = Vec::new();
    if answer.succeeded {
        let based = transaction.appends.iter();
        known.extend(based.filter_map(|one| Some((one.list.clone(), one.base.clone()?))));
    }
    let branch = if answer.succeeded { &txn.success } else { &txn.failure };
    let mut wrong = false;
    for (op, part) in branch.iter().zip(&answer.responses) {
        match (op, part) {
            (TxnOp::Put(put), _) => append(transaction, &put.key, &mut own),
            (TxnOp::Range(range), Response::Range(answer)) => {
                for (list, all) in lists.shown(range, answer) {
                    wrong |= !agrees(&list, &all, &mut known, &own);
                }
            }
            _ => {}
        }
    }
    demand(wrong, "fits its own parts")
}

/// A put of the transaction's own, as its later reads see it.
fn append(transaction: &Transaction<'_>, key: &Bytes, own: &mut Vec<Read>) {
    for one in &transaction.appends {
        let elements: Vec<Bytes> = if one.base.is_some() {
            if one.list == *key { one.elements.clone() } else { Vec::new() }
        } else {
            let of = |element: &&Bytes| {
                key.as_slice().strip_prefix(one.list.as_slice()) == Some(element.as_slice())
            };
            one.elements.iter().filter(of).cloned().collect()
        };
        if elements.is_empty() {
            continue;
        }
        match own.iter_mut().find(|(list, _)| *list == one.list) {
            Some((_, all)) => all.extend(elements),
            None => own.push((one.list.clone(), elements)),
        }
        own.iter_mut().filter(|_| one.base.is_none()).for_each(|(_, all)| all.sort());
    }
}

/// Whether a read fits what the transaction knows, which it then knows better.
fn agrees(list: &Bytes, all: &[Bytes], known: &mut Vec<Read>, own: &[Read]) -> bool {
    let own = own.iter().find(|(name, _)| name == list).map_or(&[][..], |(_, own)| own);
    if let Some((_, before)) = known.iter().find(|(name, _)| name == list) {
        return before.iter().chain(own).eq(all);
    }
    let fits = all.ends_with(own);
    if fits {
        known.push((list.clone(), all[..all.len() - own.len()].to_vec()));
    }
    fits
}
