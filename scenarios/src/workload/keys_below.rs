//! Every key of a run, as requests name it.

use stormglass_checkers::history::Bytes;

/// Every key with this prefix, as the first key and the range end of a request; every key at all
/// where it is empty.
pub fn keys_below(prefix: &str) -> (Bytes, Bytes) {
    let zero = || Bytes::from(&b"\0"[..]);
    if prefix.is_empty() {
        return (zero(), zero());
    }
    (Bytes::from(prefix), prefix_end(prefix.as_bytes()).unwrap_or_else(zero))
}

/// The first key behind all keys with this prefix, as `clientv3.GetPrefixRangeEnd`:
/// none where the prefix is nothing but bytes of 255.
fn prefix_end(prefix: &[u8]) -> Option<Bytes> {
    let last = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(Bytes::from(end))
}

#[cfg(test)]
mod tests {
    use stormglass_checkers::history::Bytes;

    use super::prefix_end;

    #[test]
    fn a_prefix_ends_behind_its_last_key() {
        assert_eq!(prefix_end(b"run/"), Some(Bytes::from("run0")));
        assert_eq!(prefix_end(b"a\xff"), Some(Bytes::from("b")));
        assert_eq!(prefix_end(b"\xff"), None);
    }
}
