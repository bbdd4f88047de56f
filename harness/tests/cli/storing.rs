//! Stored runs: their list, their removal, and the form of what they hold.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::Home;

/// Runs on the simulated store, below `runs`, the last one with a bug.
fn store(home: &Home, seeds: &[&str]) {
    for (place, seed) in seeds.iter().enumerate() {
        let fixed = ["run", "quick", "--target", "simulated", "--duration", "6s", "--seed", seed];
        let out = format!("runs/{place}");
        let bug: &[&str] = if place + 1 == seeds.len() { &["--bug", "stale-read"] } else { &[] };
        let ran = home.run(&[&fixed[..], &["--out", &out], bug].concat());
        assert!([0, 1, 3].contains(&ran.code), "{ran:?}");
    }
}

#[test]
fn runs_are_listed_newest_first_and_old_ones_removed() {
    let home = Home::new();
    assert!(home.run(&["runs"]).stdout.contains("no run is in runs"));
    store(&home, &["1", "2", "7"]);
    fs::create_dir(home.path().join("runs/3")).expect("a folder");
    let unjudged = home.path().join("runs/3/plan.json");
    fs::copy(home.path().join("runs/0/plan.json"), unjudged).expect("a plan");
    let rows = home.json(&["runs"]);
    let paths = |rows: &Value| {
        let rows = rows.as_array().expect("a list").iter();
        rows.map(|row| row["path"].as_str().expect("a path").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(paths(&rows), ["runs/3", "runs/2", "runs/1", "runs/0"]);
    assert_eq!(rows[0]["state"], "unjudged");
    assert_eq!(rows[1]["state"], "invalid");
    assert_eq!(rows[1]["seed"], 7);
    assert!(rows[1]["bytes"].as_u64().is_some_and(|bytes| bytes > 10_000), "{rows}");
    let table = home.run(&["runs"]).stdout;
    assert!(table.lines().nth(2).is_some_and(|line| line.contains("✕ invalid")), "{table}");

    let tried = home.run(&["runs", "prune", "--keep", "1", "--dry-run"]);
    assert!(tried.stdout.contains("would remove 3 runs"), "{tried:?}");
    assert_eq!(paths(&home.json(&["runs"])).len(), 4, "nothing is gone");
    let pruned = home.run(&["runs", "prune", "--keep", "1", "--keep-failed"]);
    assert_eq!(pruned.code, 0, "{pruned:?}");
    let left = home.json(&["runs"]);
    let valid = |row: &&Value| row["state"] == "valid";
    assert_eq!(left.as_array().expect("a list").iter().filter(valid).count(), 0, "{left}");
    assert!(paths(&left).contains(&"runs/2".to_owned()), "a failed run stays");
    home.run(&["runs", "prune", "--keep", "0"]);
    assert!(home.run(&["runs"]).stdout.contains("no run is in runs"));
}

#[test]
fn verdicts_have_the_form_that_the_schema_says() {
    let home = Home::new();
    store(&home, &["1", "7"]);
    let schema = home.run(&["schema", "verdicts"]);
    assert_eq!(schema.code, 0, "{schema:?}");
    let schema: Value = serde_json::from_str(&schema.stdout).expect("JSON");
    for run in ["runs/0", "runs/1"] {
        let verdicts = read(&home.path().join(run).join("verdicts.json"));
        let mut wrong = Vec::new();
        check(&schema, &schema, &verdicts, "verdicts", &mut wrong);
        assert!(wrong.is_empty(), "{wrong:?}");
        // What the schema does not know is not checked: it has to know everything.
        let mut unknown = Vec::new();
        known(&schema, &schema, &verdicts, "verdicts", &mut unknown);
        assert!(unknown.is_empty(), "{unknown:?}");
    }
    let mut broken = read(&home.path().join("runs/1/verdicts.json"));
    broken["verdicts"][0]["status"] = "fine".into();
    broken["stormglass_verdicts"] = 2.into();
    let mut wrong = Vec::new();
    check(&schema, &schema, &broken, "verdicts", &mut wrong);
    assert_eq!(wrong.len(), 2, "{wrong:?}");
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

/// What a schema refers to.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => root.pointer(&reference[1..]).expect("it is defined"),
        None => schema,
    }
}

/// As much of JSON Schema as ours uses.
fn check(root: &Value, schema: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
    let schema = resolved(root, schema);
    let of_type = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_u64(),
        Some(other) => panic!("the schema has a type {other}"),
        None => true,
    };
    let one_of = schema["enum"].as_array().is_none_or(|all| all.contains(value));
    let constant = schema.get("const").is_none_or(|constant| constant == value);
    if !of_type || !one_of || !constant {
        wrong.push(format!("{place} is {value}"));
        return;
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        let name = required.as_str().expect("a name");
        if value.get(name).is_none() {
            wrong.push(format!("{place} has no {name}"));
        }
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        let within = schema["properties"].get(name).or(schema.get("additionalProperties"));
        if let Some(within) = within {
            check(root, within, value, &format!("{place}.{name}"), wrong);
        }
    }
    for value in value.as_array().into_iter().flatten() {
        check(root, &schema["items"], value, place, wrong);
    }
}

/// Properties that the schema does not name.
fn known(root: &Value, schema: &Value, value: &Value, place: &str, unknown: &mut Vec<String>) {
    let schema = resolved(root, schema);
    for (name, value) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name).or(schema.get("additionalProperties")) {
            Some(within) => known(root, within, value, &format!("{place}.{name}"), unknown),
            None => unknown.push(format!("{place}.{name}")),
        }
    }
    for value in value.as_array().into_iter().flatten() {
        known(root, &schema["items"], value, place, unknown);
    }
}

#[test]
fn a_report_is_opened_in_the_browser_that_was_named() {
    let home = Home::new();
    store(&home, &["7"]);
    let browser = home.path().join("browser");
    fs::write(&browser, "#!/bin/sh\necho \"$1\" > \"${0%/*}/opened\"\n").expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&browser, mode).expect("executable");
    let mut command = home.command(&["report", "runs/0", "--open"]);
    command.env("BROWSER", &browser).assert().success();
    let opened = home.path().join("opened");
    for _ in 0..100 {
        if fs::read_to_string(&opened).is_ok_and(|told| told.contains("runs/0/report.html")) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let told = fs::read_to_string(&opened).expect("the browser was started");
    assert!(told.trim().ends_with("runs/0/report.html"), "{told}");
    let mut command = home.command(&["report", "runs/0", "--open"]);
    let refused = command.env("BROWSER", "no-such-browser").assert().code(4);
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(said.contains("BROWSER"), "{said}");
}
