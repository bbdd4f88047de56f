//! Randomness: independent, named streams of one seed.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// The stream `name` of `seed`.
///
/// Streams of different names are independent, so that a new fault or client does not
/// change what the others draw. The derivation is part of the plan's format and never
/// changes: FNV-1a (64 bits) of the name, mixed with the seed, is the start of a
/// SplitMix64 sequence, four words of which seed ChaCha8.
pub fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    let mut state = mix(seed) ^ fnv1a(name.as_bytes());
    let mut bytes = [0; 32];
    for word in bytes.chunks_exact_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        word.copy_from_slice(&mix(state).to_le_bytes());
    }
    ChaCha8Rng::from_seed(bytes)
}

/// Fowler, Noll and Vo's hash, variant 1a, 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The finalizer of Steele, Lea and Flood's SplitMix64.
fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use rand::Rng as _;

    use super::{fnv1a, stream};

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn streams_never_change() {
        let first = |seed, name| stream(seed, name).next_u64();
        assert_eq!(first(0, ""), 0xbfec_d726_2624_787c);
        assert_eq!(first(42, "fault/0/kill"), 0xdbb9_1a25_129c_0e0c);
        assert_eq!(first(u64::MAX, "workload/mixed/client-3"), 0xce5a_71a3_2ad7_ada4);
    }

    #[test]
    fn streams_of_different_names_or_seeds_differ() {
        let first = |seed, name| stream(seed, name).next_u64();
        assert_ne!(first(1, "fault/0"), first(1, "fault/1"));
        assert_ne!(first(1, "fault/0"), first(2, "fault/0"));
        assert_ne!(first(0, ""), 0);
    }
}
