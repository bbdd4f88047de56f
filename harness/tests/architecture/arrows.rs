//! The arrows of `ARCHITECTURE.md`, against `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, Node, PackageId};

use super::workspace::{files, metadata};

/// Every package and the packages of ours that it uses, tests included: exactly these.
const ARROWS: [(&str, &[&str]); 6] = [
    ("stormglass-checkers", &[]),
    ("stormglass-scenarios", &["stormglass-checkers"]),
    ("stormglass-reports", &["stormglass-checkers", "stormglass-scenarios"]),
    ("stormglass-linux", &[]),
    (
        "stormglass",
        &["stormglass-checkers", "stormglass-linux", "stormglass-reports", "stormglass-scenarios"],
    ),
    // Help for the build; nothing of ours depends on it, nor it on us.
    ("stormglass-protoc", &[]),
];

/// Packages that touch nothing outside themselves.
const PURE: [&str; 3] = ["stormglass-checkers", "stormglass-scenarios", "stormglass-reports"];

/// What the pure packages must not have anywhere below them.
const WORLD: [&str; 8] =
    ["bollard", "etcd-client", "hyper", "mio", "reqwest", "tokio", "tonic", "ureq"];

/// The modules of the harness, each of which may use those before it.
const LAYERS: [&str; 13] = [
    "clock", "exit", "tool", "releases", "client", "probe", "target", "recorder", "run_dir",
    "session", "nemesis", "run", "cli",
];

#[test]
fn the_arrows_are_exactly_those_of_the_design() {
    let metadata = metadata();
    let expected: BTreeMap<String, BTreeSet<String>> = ARROWS
        .iter()
        .map(|(package, uses)| {
            ((*package).to_owned(), uses.iter().map(ToString::to_string).collect())
        })
        .collect();
    assert_eq!(arrows(&metadata), expected);
}

#[test]
fn the_pure_packages_know_neither_network_nor_runtime() {
    let metadata = metadata();
    for package in PURE {
        let below = normal_tree(&metadata, package);
        let touching: Vec<&str> = WORLD.into_iter().filter(|name| below.contains(*name)).collect();
        assert!(touching.is_empty(), "{package} must be pure, but it depends on {touching:?}");
    }
}

#[test]
fn the_levers_know_neither_runtime_nor_etcd() {
    let below = normal_tree(&metadata(), "stormglass-linux");
    for name in ["tokio", "tonic", "etcd-client", "serde"] {
        assert!(!below.contains(name), "stormglass-linux is quick to compile: no {name}");
    }
}

/// The search below would pass if it found nothing at all: the harness has what the pure
/// packages must not have.
#[test]
fn the_harness_is_the_one_that_touches_the_world() {
    let below = normal_tree(&metadata(), "stormglass");
    for name in ["tokio", "tonic", "etcd-client", "ureq", "bollard"] {
        assert!(below.contains(name), "stormglass depends on {name}");
    }
}

#[test]
fn the_modules_of_the_harness_lean_one_way() {
    let place = |module: &str| LAYERS.iter().position(|layer| *layer == module);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, text) in files(&[".rs"]) {
        let Some(inner) = path.strip_prefix("harness/src/") else { continue };
        let module = inner.split(['/', '.']).next().unwrap_or_default();
        if ["lib", "main"].contains(&module) {
            continue;
        }
        for used in text.split("crate::").skip(1) {
            let used = used.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let used = used.into_iter().next().unwrap_or_default();
            seen += 1;
            let leans_back = place(used) < place(module);
            if used != module && (place(used).is_none() || !leans_back) {
                wrong.push(format!("{path} uses {used}"));
            }
        }
    }
    assert!(seen > 50, "the search finds what there is: {seen}");
    assert!(wrong.is_empty(), "against the order {LAYERS:?}: {wrong:#?}");
}

fn arrows(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    let packages = metadata.workspace_packages();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    packages
        .iter()
        .map(|package| {
            let uses = package.dependencies.iter().map(|dependency| dependency.name.as_str());
            // A package may use itself in its tests with other features; that is no arrow.
            let uses = uses.filter(|name| ours.contains(name) && *name != package.name.as_str());
            (package.name.to_string(), uses.map(str::to_owned).collect())
        })
        .collect()
}

/// Names of all packages below one, over dependencies that end up in its library or program.
fn normal_tree(metadata: &Metadata, root: &str) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().expect("the lock file resolves the workspace");
    let nodes: BTreeMap<&PackageId, &Node> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let start = metadata.workspace_packages().into_iter().find(|package| package.name == root);
    let mut open = vec![&start.unwrap_or_else(|| panic!("{root} is a package of ours")).id];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let normal = nodes[id].deps.iter().filter(|dependency| {
            dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
        });
        open.extend(normal.map(|dependency| &dependency.pkg));
    }
    seen.into_iter().map(|id| metadata[id].name.to_string()).collect()
}
