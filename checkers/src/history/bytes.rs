//! Keys and values: untrusted bytes with a readable, exact JSON form.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

/// Marks a JSON string whose rest is base64 (standard alphabet, padded).
const ENCODED: &str = "base64:";

/// A key or a value of the store: arbitrary bytes, cheap to clone.
///
/// In JSON it is a string: the text itself where the bytes are UTF-8, otherwise
/// `base64:` and the encoding. Text that happens to begin with `base64:` is encoded
/// too, so every sequence of bytes survives a round trip.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(Arc<[u8]>);

impl Bytes {
    /// The bytes themselves.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Whether there are no bytes at all (etcd: "the whole key space" as a range end
    /// is the single byte zero, an empty range end means one key).
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<String> for Bytes {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl fmt::Display for Bytes {
    /// For people: text as it is with control characters escaped, other bytes as `\xNN`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
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
        match std::str::from_utf8(&self.0) {
            Ok(text) if !text.starts_with(ENCODED) => serializer.serialize_str(text),
            _ => serializer.serialize_str(&format!("{ENCODED}{}", STANDARD.encode(&self.0))),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        match text.strip_prefix(ENCODED) {
            None => Ok(Self::from(text.as_ref())),
            Some(encoded) => STANDARD.decode(encoded).map(Self::from).map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn every_kind_of_bytes_survives_json() {
        for bytes in [&b""[..], b"k1", b"base64:", b"\xff\x00", "κ\u{202e}".as_bytes()] {
            let bytes = Bytes::from(bytes);
            let json = serde_json::to_string(&bytes).expect("bytes serialise");
            assert_eq!(bytes, serde_json::from_str(&json).expect("bytes parse"), "{json}");
        }
    }

    #[test]
    fn people_see_escapes_instead_of_control_characters() {
        assert_eq!(Bytes::from(&b"a\n\xff"[..]).to_string(), "a\\n\\xff");
    }
}
