//! Lets the cluster fall apart in a shape.

use stormglass_checkers::history::MemberIndex;

use super::injector::InjectError;
use super::links::{LinkFault, is_of_one_client, of_one_client};
use super::params::text;
use crate::target::{Link, Place};

/// The fault `partition`.
pub(super) static PARTITION: LinkFault = LinkFault {
    kind: "partition",
    aim: |site, fault, members| {
        let all: Vec<MemberIndex> = site.session.members().collect();
        let shape = text(fault, "shape");
        let links = match shape {
            "clients" if is_of_one_client(fault) => of_one_client(site, fault, members)?,
            _ => cut_links(shape, &all, members),
        };
        if links.is_empty() {
            let (chosen, many) = (members.len(), all.len());
            return Err(InjectError::Failed(format!(
                "the shape {shape} cuts nothing with {chosen} of {many} members: choose other \
                 members, or a larger cluster"
            )));
        }
        Ok((links, Link::cut()))
    },
    bit: |counted| counted.dropped > 0,
};

/// The directed links that a shape cuts, given who was chosen.
fn cut_links(shape: &str, all: &[MemberIndex], chosen: &[MemberIndex]) -> Vec<(Place, Place)> {
    let is_chosen = |member: MemberIndex| chosen.contains(&member);
    if shape == "clients" {
        let links = chosen.iter().map(|member| Place::Member(*member));
        return links
            .flat_map(|member| [(member, Place::Clients), (Place::Clients, member)])
            .collect();
    }
    let others: Vec<MemberIndex> =
        all.iter().copied().filter(|member| !is_chosen(*member)).collect();
    let side = |member: MemberIndex| {
        let place = others.iter().position(|other| *other == member);
        place.map(|place| place < others.len() / 2)
    };
    let around = |member: MemberIndex| all.iter().position(|other| *other == member).unwrap_or(0);
    let is_cut = |from: MemberIndex, to: MemberIndex| match shape {
        "deaf" => is_chosen(to) && !is_chosen(from),
        "mute" => is_chosen(from) && !is_chosen(to),
        // The chosen reach both sides of the others.
        "bridge" => side(from).zip(side(to)).is_some_and(|(one, other)| one != other),
        // Everyone reaches so many next ones that they are a majority, and no two the same.
        "ring" => {
            let apart = around(from).abs_diff(around(to));
            apart.min(all.len() - apart) > (all.len() / 2).div_ceil(2)
        }
        _ => is_chosen(from) != is_chosen(to),
    };
    let pairs = all.iter().flat_map(|from| all.iter().map(move |to| (*from, *to)));
    pairs
        .filter(|(from, to)| from != to && is_cut(*from, *to))
        .map(|(from, to)| (Place::Member(from), Place::Member(to)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{MemberIndex, Place, cut_links};

    fn members(numbers: &[u16]) -> Vec<MemberIndex> {
        numbers.iter().copied().map(MemberIndex).collect()
    }

    /// Whom each of so many members can hear, by number, itself left out.
    fn heard(shape: &str, many: u16, chosen: &[u16]) -> Vec<Vec<u16>> {
        let all: Vec<u16> = (0..many).collect();
        let cut: BTreeSet<(Place, Place)> =
            cut_links(shape, &members(&all), &members(chosen)).into_iter().collect();
        let place = |number: u16| Place::Member(MemberIndex(number));
        let hears = |to: u16| {
            let from = |from: &u16| *from != to && !cut.contains(&(place(*from), place(to)));
            all.iter().copied().filter(from).collect()
        };
        all.iter().map(|to| hears(*to)).collect()
    }

    #[test]
    fn halves_hear_nothing_of_each_other() {
        assert_eq!(heard("halves", 3, &[1]), [vec![2], vec![], vec![0]]);
        assert_eq!(heard("halves", 5, &[0, 4])[0], [4]);
        assert_eq!(heard("halves", 5, &[0, 4])[2], [1, 3]);
    }

    #[test]
    fn one_way_shapes_cut_one_way() {
        assert_eq!(heard("deaf", 3, &[1]), [vec![1, 2], vec![], vec![0, 1]]);
        assert_eq!(heard("mute", 3, &[1]), [vec![2], vec![0, 2], vec![0]]);
    }

    #[test]
    fn a_bridge_reaches_both_sides() {
        assert_eq!(heard("bridge", 3, &[1]), [vec![1], vec![0, 2], vec![1]]);
        assert_eq!(heard("bridge", 5, &[2])[0], [1, 2]);
        assert_eq!(heard("bridge", 5, &[2])[2], [0, 1, 3, 4]);
        assert_eq!(heard("bridge", 5, &[2])[4], [2, 3]);
    }

    #[test]
    fn in_a_ring_everyone_has_a_majority_and_no_two_the_same() {
        assert_eq!(heard("ring", 5, &[0])[0], [1, 4]);
        assert_eq!(heard("ring", 5, &[0])[2], [1, 3]);
        assert_eq!(heard("ring", 7, &[0])[0], [1, 2, 5, 6]);
        assert!(cut_links("ring", &members(&[0, 1, 2]), &members(&[0])).is_empty());
    }

    #[test]
    fn clients_lose_the_chosen_and_peers_do_not() {
        let links = cut_links("clients", &members(&[0, 1, 2]), &members(&[1]));
        let one = Place::Member(MemberIndex(1));
        assert_eq!(links, [(one, Place::Clients), (Place::Clients, one)]);
    }
}
