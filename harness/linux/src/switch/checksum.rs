//! The Internet checksum (RFC 1071).

/// A sum of 16-bit words.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum(u64);

impl Sum {
    /// Adds bytes, as words; one that is left over counts as the first half of a word.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        for pair in bytes.chunks(2) {
            let word = u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]);
            self.0 += u64::from(word);
        }
    }

    /// The checksum of what was added; 0 if that has its checksum in it.
    pub(super) fn checksum(self) -> [u8; 2] {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        let folded = u16::try_from(sum).unwrap_or(u16::MAX);
        (!folded).to_be_bytes()
    }
}

/// Writes the checksum of a header and what was summed before to a place in the header.
pub(super) fn complete(header: &mut [u8], place: usize, mut before: Sum) {
    header[place..place + 2].fill(0);
    before.add(header);
    header[place..place + 2].copy_from_slice(&before.checksum());
}

#[cfg(test)]
mod tests {
    use super::{Sum, complete};

    #[test]
    fn the_example_of_rfc_1071() {
        let mut sum = Sum::default();
        sum.add(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
        assert_eq!(sum.checksum(), (!0xddf2_u16).to_be_bytes());
    }

    #[test]
    fn what_is_complete_sums_up_to_nothing() {
        let mut header = [7, 1, 2, 3, 9, 9, 4];
        complete(&mut header, 4, Sum::default());
        let mut sum = Sum::default();
        sum.add(&header);
        assert_eq!(sum.checksum(), [0, 0]);
    }
}
