//! How a list is written down in a store that knows no lists.
//!
//! There are two ways, and each shows what the other cannot. **In one value**: the key
//! `list/NAME` holds the whole list, and an append is a transaction that rewrites it,
//! guarded by what the client saw last. Such an append says itself which version it
//! extends. **In many keys**: the list is whatever is below `list/NAME/`, one key for
//! each element in the order of creation, and an append is a put that needs no guard:
//! nothing says where it lands but what is read later.

use crate::history::Bytes;

/// What the key of a list begins with, behind the run's prefix.
pub const LIST_KEYS: &str = "list/";

/// The value that holds a list: `[1-1,2-1,1-2]`.
pub fn list_value<'a>(elements: impl IntoIterator<Item = &'a Bytes>) -> Bytes {
    let mut text = vec![b'['];
    for (place, element) in elements.into_iter().enumerate() {
        if place > 0 {
            text.push(b',');
        }
        text.extend_from_slice(element.as_slice());
    }
    text.push(b']');
    Bytes::from(text)
}

/// The elements of a value that holds a list; nothing where it holds none. Elements are
/// not empty and have neither commas nor brackets.
pub fn list_elements(value: &Bytes) -> Option<Vec<Bytes>> {
    let inside = value.as_slice().strip_prefix(b"[")?.strip_suffix(b"]")?;
    if inside.is_empty() {
        return Some(Vec::new());
    }
    let element = |text: &[u8]| {
        let plain = !text.is_empty() && !text.iter().any(|byte| matches!(byte, b'[' | b']'));
        plain.then(|| Bytes::from(text))
    };
    inside.split(|byte| *byte == b',').map(element).collect()
}

/// The list of many keys that a key belongs to, with its slash, and the element that the
/// key is; nothing for the key of a list in one value. The key is given without what all
/// keys of lists begin with, the answer too.
pub(super) fn element_key(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = rest.iter().position(|byte| *byte == b'/')?;
    let (list, element) = rest.split_at(slash + 1);
    Some((list, element)).filter(|(_, element)| !element.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_survives_being_written_down() {
        for elements in [&[][..], &["1-1"], &["1-1", "2-1", "1-2"]] {
            let elements: Vec<Bytes> = elements.iter().map(|text| Bytes::from(*text)).collect();
            assert_eq!(list_elements(&list_value(&elements)), Some(elements));
        }
        assert_eq!(list_value(&["1-1".into(), "2-7".into()]), "[1-1,2-7]".into());
    }

    #[test]
    fn what_is_no_list_is_not_taken_for_one() {
        for text in ["", "[", "1,2", "[1,2", "[1,,2]", "[,]", "[[1]]", "4-211....."] {
            assert_eq!(list_elements(&text.into()), None, "{text}");
        }
    }

    #[test]
    fn keys_of_elements_name_their_list() {
        assert_eq!(element_key(b"03-1/2-7"), Some((&b"03-1/"[..], &b"2-7"[..])));
        assert_eq!(element_key(b"03-1"), None);
        assert_eq!(element_key(b"03-1/"), None);
    }
}
