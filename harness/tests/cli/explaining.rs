//! `explain`: what anomalies mean.

use stormglass_checkers::registry::checkers;

use crate::support::Home;

#[test]
fn an_anomaly_is_explained_with_picture_guarantee_and_bugs() {
    let home = Home::new();
    let ran = home.run(&["explain", "stale-read"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for told in [
        "stale-read  (checker `linearizability`)",
        "A linearizable read (or",
        "  client 2 on m2 │    ✕ read k → a, revision 7",
        "K1 Real time.",
        "#20418",
        "docs/checkers/linearizability.md",
    ] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 92), "{}", ran.stdout);
    let told = home.json(&["explain", "stale-read"]);
    assert_eq!(told["guarantees"][0]["number"], "K1");
    assert_eq!(told["known_bugs"][0]["issue"], 20418);
}

#[test]
fn without_a_name_all_are_listed_and_a_wrong_one_is_corrected() {
    let home = Home::new();
    let ran = home.run(&["explain"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for name in checkers().iter().flat_map(|entry| entry.anomalies) {
        assert!(ran.stdout.contains(name), "{name}: {}", ran.stdout);
    }
    let ran = home.run(&["explain", "watch-gaps"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("did you mean watch-gap"), "{ran:?}");
}
