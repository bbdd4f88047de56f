//! Three engines agree on small random histories: the checker by revision, the search, and
//! stateright's tester, which tries every order.
//!
//! A third of the histories is right by its making, the others have mistakes planted, of
//! which some make no difference. On each:
//!
//! - the search and the tester give the same answer to the same specification, always;
//! - the checker never says `invalid` where there is an order by all rules (no false alarm);
//! - the checker never says `valid` where there is none even by the rules of the key space
//!   alone (nothing missed). Of leases, compaction and refusals it judges what
//!   `docs/checkers/linearizability.md` says, so where these alone forbid every order it
//!   may say either; such histories are counted as `beyond_key_space`.
//!
//! `STORMGLASS_CASES` asks for more histories (100,000 take two minutes of a core, in a
//! release build), `STORMGLASS_SEED` for others. With `--nocapture` the counts are a line of
//! JSON.

#[path = "../it/common/mod.rs"]
pub mod common;
pub mod engines;
pub mod mistakes;
pub mod observed;
pub mod runs;
#[path = "../it/spans/mod.rs"]
pub mod spans;
pub mod tally;

use common::{Dice, listing, told};
use engines::Opinions;
use tally::Tally;

/// Histories that are compared without being asked for more.
const CASES: u64 = 600;

/// At most so many of a thousand histories may be unknown to the checker by revision.
const UNKNOWN_MAX: u64 = 10;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
#[expect(clippy::print_stdout, reason = "the counts are evidence")]
fn three_engines_agree_on_small_random_histories() {
    let first = number("STORMGLASS_SEED", 0);
    let mut tally = Tally::default();
    for seed in first..first + number("STORMGLASS_CASES", CASES) {
        let mut dice = Dice(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
        let mut run = runs::legal(&mut dice);
        let spoilt = seed % 3 > 0;
        if spoilt {
            mistakes::plant(&mut dice, &mut run.history);
        }
        let about = || format!("seed {seed}\n{}", listing(&run.history));
        let opinions = Opinions::of(&run.history, &about);
        assert!(spoilt || opinions.explained, "made in an order: {}", about());
        let contradiction = opinions.contradiction();
        assert_eq!(contradiction, None, "{}\n{}", told(&opinions.revisions), about());
        tally.add(&run, &opinions);
    }
    println!("{}", serde_json::to_string(&tally).expect("counts"));
    let all = tally.all;
    assert!(all.valid * 3 > all.histories && all.invalid * 5 > all.histories, "{all:?}");
    assert!(all.unknown * 1000 <= all.histories * UNKNOWN_MAX, "{all:?}");
}
