//! Every version that any list ever had, as a tree: each is the one before it and one
//! element more.

use std::collections::BTreeMap;

use super::list::{list_elements, list_value};
use crate::history::Bytes;
use crate::keys::KeyRange;

/// A list, by its place among those that were seen.
pub(super) type KeyId = u32;
/// A version of a list.
pub(super) type VersionId = u32;
/// An element of a list.
pub(super) type ElementId = u32;
/// A transaction, by the order of invocations.
pub(super) type TransactionId = u32;

/// A version of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version {
    pub(super) key: KeyId,
    /// The version without the last element; of the empty list itself.
    pub(super) parent: VersionId,
    /// The last element; none of the empty list.
    pub(super) element: Option<ElementId>,
    /// How many elements it has.
    length: u32,
    /// The transaction that makes this version, on its way to a longer one perhaps.
    pub(super) writer: Option<TransactionId>,
    /// Whether its writer appends more behind it in the same transaction.
    pub(super) intermediate: bool,
    /// Of a list in many keys: whether it has an element twice, or one of nobody.
    strange: bool,
}

/// Where an element comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The transaction that appends it.
    pub(super) transaction: TransactionId,
    /// The version that it is then the last of, where the transaction says that itself.
    pub(super) version: Option<VersionId>,
    /// Whether the transaction appends more behind it.
    intermediate: bool,
}

/// An element: unique among all of its list's.
#[derive(Clone, Debug)]
struct Element {
    text: Bytes,
    origin: Option<Origin>,
    shown: bool,
}

#[derive(Clone, Debug)]
struct List {
    name: Bytes,
    empty: VersionId,
    /// Versions by their value, so that a value is taken apart once.
    values: BTreeMap<Bytes, VersionId>,
    elements: BTreeMap<Bytes, ElementId>,
    /// Whether it is kept in many keys, whose puts do not say which version they extend.
    many_keys: bool,
}

/// What a transaction appends to one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Append {
    pub(super) key: KeyId,
    /// The elements, first to last.
    pub(super) elements: Vec<ElementId>,
    /// The version that its guard demands, and the one that it leaves behind; nothing
    /// where it says neither.
    pub(super) versions: Option<(VersionId, VersionId)>,
}

/// Every version of every list.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions {
    lists: Vec<List>,
    names: BTreeMap<Bytes, KeyId>,
    elements: Vec<Element>,
    tree: Vec<Version>,
    longer: BTreeMap<(VersionId, ElementId), VersionId>,
}

impl Versions {
    /// The list of this name; one that ends with a slash is kept in many keys.
    pub(super) fn list(&mut self, name: &Bytes) -> KeyId {
        if let Some(key) = self.names.get(name) {
            return *key;
        }
        let (key, empty) = (id(self.lists.len()), id(self.tree.len()));
        let many_keys = name.as_slice().ends_with(b"/");
        let (values, elements) = (BTreeMap::new(), BTreeMap::new());
        self.lists.push(List { name: name.clone(), empty, values, elements, many_keys });
        self.names.insert(name.clone(), key);
        let parent = empty;
        let writer = None;
        self.tree.push(Version {
            key,
            parent,
            element: None,
            length: 0,
            writer,
            intermediate: false,
            strange: false,
        });
        key
    }

    /// The lists whose name is in a range of keys.
    pub(super) fn within<'a>(&'a self, range: &'a KeyRange) -> impl Iterator<Item = KeyId> + 'a {
        let from = self.names.range::<Bytes, _>(range.first()..);
        from.take_while(|(name, _)| range.contains(name)).map(|(_, key)| *key)
    }

    /// The version of a list without elements.
    pub(super) fn empty(&self, key: KeyId) -> VersionId {
        self.lists[key as usize].empty
    }

    /// The version that a value holds. What is no list is taken for one strange element.
    pub(super) fn version(&mut self, key: KeyId, value: &Bytes) -> VersionId {
        if let Some(version) = self.lists[key as usize].values.get(value) {
            return *version;
        }
        let elements = list_elements(value).unwrap_or_else(|| vec![value.clone()]);
        let version = self.version_of(key, &elements);
        self.lists[key as usize].values.insert(value.clone(), version);
        version
    }

    /// The version that has these elements.
    pub(super) fn version_of(&mut self, key: KeyId, elements: &[Bytes]) -> VersionId {
        elements.iter().fold(self.empty(key), |version, text| {
            let element = self.element(key, text);
            self.elements[element as usize].shown = true;
            self.extend(version, element)
        })
    }

    /// A transaction is about to be asked to write this value. Elements that nobody has
    /// written or seen yet are what it appends; nothing where there are none, or where
    /// they are not the last.
    pub(super) fn rewrite(
        &mut self,
        key: KeyId,
        value: &Bytes,
        transaction: TransactionId,
    ) -> Option<Append> {
        let elements = list_elements(value)?;
        let known = &self.lists[key as usize].elements;
        let old = elements.iter().take_while(|text| known.contains_key(*text)).count();
        let fresh = &elements[old..];
        let repeats = (1..fresh.len()).any(|at| fresh[..at].contains(&fresh[at]));
        if fresh.is_empty() || repeats || fresh.iter().any(|text| known.contains_key(text)) {
            return None;
        }
        let base = self.version(key, &list_value(&elements[..old]));
        let mut result = base;
        let mut appended = Vec::with_capacity(fresh.len());
        for (place, text) in (1..).zip(fresh) {
            let intermediate = place < fresh.len();
            let element = self.element(key, text);
            result = self.extend(result, element);
            let version = &mut self.tree[result as usize];
            (version.writer, version.intermediate) = (Some(transaction), intermediate);
            self.elements[element as usize].origin =
                Some(Origin { transaction, version: Some(result), intermediate });
            appended.push(element);
        }
        self.lists[key as usize].values.insert(value.clone(), result);
        Some(Append { key, elements: appended, versions: Some((base, result)) })
    }

    /// A transaction is about to be asked to put an element of a list of many keys;
    /// nothing where that is not new.
    pub(super) fn insert(
        &mut self,
        key: KeyId,
        text: &Bytes,
        transaction: TransactionId,
    ) -> Option<ElementId> {
        if self.lists[key as usize].elements.contains_key(text) {
            return None;
        }
        let element = self.element(key, text);
        let origin = Origin { transaction, version: None, intermediate: false };
        self.elements[element as usize].origin = Some(origin);
        Some(element)
    }

    /// The transaction that appends an element appends more behind it.
    pub(super) fn continues(&mut self, element: ElementId) {
        if let Some(origin) = &mut self.elements[element as usize].origin {
            origin.intermediate = true;
        }
    }

    fn element(&mut self, key: KeyId, text: &Bytes) -> ElementId {
        let known = &mut self.lists[key as usize].elements;
        if let Some(element) = known.get(text) {
            return *element;
        }
        let element = id(self.elements.len());
        known.insert(text.clone(), element);
        self.elements.push(Element { text: text.clone(), origin: None, shown: false });
        element
    }

    /// The version with one element more.
    pub(super) fn extend(&mut self, parent: VersionId, element: ElementId) -> VersionId {
        if let Some(version) = self.longer.get(&(parent, element)) {
            return *version;
        }
        let (version, key) = (id(self.tree.len()), self.tree[parent as usize].key);
        let origin = self.elements[element as usize].origin;
        let origin = origin.filter(|_| self.lists[key as usize].many_keys);
        let writer = origin.map(|origin| origin.transaction);
        let intermediate = origin.is_some_and(|origin| origin.intermediate);
        let many_keys = self.lists[key as usize].many_keys;
        let twice = many_keys && self.elements(parent).contains(&element);
        let before = *self.get(parent);
        self.tree.push(Version {
            key,
            parent,
            element: Some(element),
            length: before.length + 1,
            writer,
            intermediate,
            strange: before.strange || twice || (many_keys && writer.is_none()),
        });
        self.longer.insert((parent, element), version);
        version
    }

    /// A version.
    pub(super) fn get(&self, version: VersionId) -> &Version {
        &self.tree[version as usize]
    }

    /// Whether a version is one that nobody was asked to make.
    pub(super) fn is_unwritten(&self, version: VersionId) -> bool {
        let version = self.get(version);
        let many_keys = self.lists[version.key as usize].many_keys;
        version.strange || (!many_keys && version.element.is_some() && version.writer.is_none())
    }

    /// Every version; a parent comes before what it is the parent of.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (VersionId, &Version)> {
        self.tree.iter().enumerate().map(|(at, version)| (id(at), version))
    }

    /// How many versions there are.
    pub(super) fn len(&self) -> usize {
        self.tree.len()
    }

    /// The name of a list.
    pub(super) fn name(&self, key: KeyId) -> &Bytes {
        &self.lists[key as usize].name
    }

    /// The text of an element.
    pub(super) fn text(&self, element: ElementId) -> &Bytes {
        &self.elements[element as usize].text
    }

    /// Where an element comes from, if anybody was asked to append it.
    pub(super) fn origin(&self, element: ElementId) -> Option<Origin> {
        self.elements[element as usize].origin
    }

    /// Whether an element was ever seen in a list.
    pub(super) fn is_shown(&self, element: ElementId) -> bool {
        self.elements[element as usize].shown
    }

    /// How many elements a version has.
    pub(super) fn length(&self, version: VersionId) -> usize {
        self.get(version).length as usize
    }

    /// The elements of a version, first to last.
    pub(super) fn elements(&self, mut version: VersionId) -> Vec<ElementId> {
        let mut elements = Vec::new();
        while let Some(element) = self.get(version).element {
            elements.push(element);
            version = self.get(version).parent;
        }
        elements.reverse();
        elements
    }

    /// The elements of a version as they are written, first to last.
    pub(super) fn texts(&self, version: VersionId) -> Vec<Bytes> {
        self.elements(version).into_iter().map(|element| self.text(element).clone()).collect()
    }
}

fn id(at: usize) -> u32 {
    u32::try_from(at).expect("four billion of anything do not fit into memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_append_is_told_from_what_was_there() {
        let mut versions = Versions::default();
        let key = versions.list(&"list/1".into());
        let first = versions.rewrite(key, &"[a]".into(), 0).expect("an append");
        let (base, one) = first.versions.expect("it says both");
        assert_eq!(base, versions.empty(key));
        let both = versions.rewrite(key, &"[a,b,c]".into(), 1).expect("an append");
        let (base, three) = both.versions.expect("it says both");
        assert_eq!((base, both.elements.len()), (one, 2));
        let middle = versions.get(three).parent;
        assert!(versions.get(middle).intermediate && !versions.get(three).intermediate);
        assert_eq!(versions.version(key, &"[a,b]".into()), middle);
        assert_eq!(versions.version(key, &"[]".into()), versions.empty(key));
        assert_eq!(versions.elements(three).len(), 3);
    }

    #[test]
    fn what_appends_nothing_or_repeats_is_no_append() {
        let mut versions = Versions::default();
        let key = versions.list(&"list/1".into());
        versions.rewrite(key, &"[a]".into(), 0).expect("an append");
        for value in ["[a]", "[]", "[b,a]", "[a,b,b]", "a"] {
            assert_eq!(versions.rewrite(key, &value.into(), 1), None, "{value}");
        }
    }

    #[test]
    fn elements_of_many_keys_have_their_place_from_what_is_read() {
        let mut versions = Versions::default();
        let key = versions.list(&"list/1/".into());
        let (one, two) =
            (versions.insert(key, &"a".into(), 0), versions.insert(key, &"b".into(), 1));
        assert!(one.is_some() && two.is_some() && versions.insert(key, &"a".into(), 2).is_none());
        let read = versions.version_of(key, &["b".into(), "a".into()]);
        assert_eq!(versions.get(read).writer, Some(0));
        assert_eq!(versions.get(versions.get(read).parent).writer, Some(1));
    }
}
