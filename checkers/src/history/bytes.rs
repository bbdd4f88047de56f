//! Keys and values: untrusted bytes with a readable, exact JSON form.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

/// Marks a JSON string whose rest is base64 (standard alphabet, padded).
const ENCODED: &str = "base64:";

/// A key or a value of the store: arbitrary bytes, cheap to clone.
///
/// In JSON it is a string: the text itself where the bytes are UTF-8, otherwise
/// `base64:` and the encoding. Text that happens to begin with `base64:` is encoded
/// too, so every sequence of bytes survives a round trip.
///
/// Most keys and many values are short: those are kept in place, because a history is
/// mostly keys and values, and an allocation for each would be most of the time of
/// reading one.
#[derive(Clone)]
pub struct Bytes(Repr);

#[derive(Clone)]
enum Repr {
    /// The first `length` bytes of `data`.
    Short { length: u8, data: [u8; SHORT_BYTES] },
    /// Longer than that.
    Long(Arc<[u8]>),
}

/// With its length and the mark of its kind, a short one is as large as three words.
const SHORT_BYTES: usize = 22;

impl Bytes {
    /// The bytes themselves.
    pub fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Repr::Short { length, data } => &data[..usize::from(*length)],
            Repr::Long(bytes) => bytes,
        }
    }

    /// Whether there are no bytes at all (etcd: "the whole key space" as a range end
    /// is the single byte zero, an empty range end means one key).
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self(Repr::Short { length: 0, data: [0; SHORT_BYTES] })
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Short { length, data }, Repr::Short { length: its_length, data: its_data }) => {
                length == its_length && words(data) == words(its_data)
            }
            (Repr::Long(bytes), Repr::Long(its_bytes)) => bytes == its_bytes,
            // Which one it is depends on the length alone.
            _ => false,
        }
    }
}

impl Eq for Bytes {}

impl PartialOrd for Bytes {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bytes {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            // What is behind the end of a short one is zero: of two that are the same
            // until there, the shorter one comes first.
            (Repr::Short { length, data }, Repr::Short { length: its_length, data: its_data }) => {
                words(data).cmp(&words(its_data)).then(length.cmp(its_length))
            }
            _ => self.as_slice().cmp(other.as_slice()),
        }
    }
}

impl Hash for Bytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Short { length, data } => {
                let [first, second, last] = words(data);
                state.write_u64(first);
                if usize::from(*length) > size_of::<u64>() {
                    state.write_u64(second);
                    state.write_u64(last);
                }
                state.write_usize((*length).into());
            }
            Repr::Long(bytes) => bytes.hash(state),
        }
    }
}

/// Short bytes as numbers that have the same order; the last one overlaps the second.
/// Numbers are compared in place, without a call.
fn words(data: &[u8; SHORT_BYTES]) -> [u64; 3] {
    const WORD: usize = size_of::<u64>();
    let word = |bytes: Option<&[u8; WORD]>| bytes.map_or(0, |bytes| u64::from_be_bytes(*bytes));
    [word(data.first_chunk()), word(data[WORD..].first_chunk()), word(data.last_chunk())]
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        match u8::try_from(bytes.len()) {
            Ok(length) if bytes.len() <= SHORT_BYTES => {
                let mut data = [0; SHORT_BYTES];
                data[..bytes.len()].copy_from_slice(bytes);
                Self(Repr::Short { length, data })
            }
            _ => Self(Repr::Long(bytes.into())),
        }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Self::from(text.as_bytes())
    }
}

impl From<String> for Bytes {
    fn from(text: String) -> Self {
        Self::from(text.as_bytes())
    }
}

impl fmt::Display for Bytes {
    /// For people: text as it is with control characters escaped, other bytes as `\xNN`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.as_slice().utf8_chunks() {
            write!(formatter, "{}", chunk.valid().escape_debug())?;
            for byte in chunk.invalid() {
                write!(formatter, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{self}\"")
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.as_slice()) {
            Ok(text) if !text.starts_with(ENCODED) => serializer.serialize_str(text),
            _ => {
                serializer.serialize_str(&format!("{ENCODED}{}", STANDARD.encode(self.as_slice())))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FromText)
    }
}

/// Reads the text where it lies, without a copy of it in between.
struct FromText;

impl Visitor<'_> for FromText {
    type Value = Bytes;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "text, or {ENCODED} and base64")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Bytes, E> {
        match text.strip_prefix(ENCODED) {
            None => Ok(Bytes::from(text)),
            Some(encoded) => STANDARD.decode(encoded).map(Bytes::from).map_err(E::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, SHORT_BYTES};

    #[test]
    fn every_kind_of_bytes_survives_json() {
        let (short, long) = ([7_u8; SHORT_BYTES], [7_u8; SHORT_BYTES + 1]);
        let odd = [&b""[..], b"k1", b"base64:", b"\xff\x00", "κ\u{202e}".as_bytes()];
        for bytes in odd.into_iter().chain([&short[..], &long[..]]) {
            let bytes = Bytes::from(bytes);
            let json = serde_json::to_string(&bytes).expect("bytes serialise");
            assert_eq!(bytes, serde_json::from_str(&json).expect("bytes parse"), "{json}");
        }
    }

    #[test]
    fn order_is_that_of_the_bytes_whatever_their_length() {
        let long = "a".repeat(SHORT_BYTES + 1);
        let sorted = ["", "a", &long[..SHORT_BYTES], &long, "b"].map(Bytes::from);
        assert!(sorted.is_sorted() && sorted.iter().all(|bytes| *bytes == bytes.clone()));
        assert_eq!(size_of::<Bytes>(), 3 * size_of::<usize>());
    }

    #[test]
    fn people_see_escapes_instead_of_control_characters() {
        assert_eq!(Bytes::from(&b"a\n\xff"[..]).to_string(), "a\\n\\xff");
    }
}
