//! Members on a network of the engine's, where their containers are not entered.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::helper::{SOCKET, Started, User, until};
use super::support::{Said, events};
use super::{containers, landed, networks, scenario_text};

/// What is left without a way into the containers, and a cut, which is not.
const FAULTS: [super::Planned; 7] = [
    ("kill", "500ms", "[\"m2\"]", ""),
    ("pause", "1500ms", "\"one\"", ""),
    ("terminate", "500ms", "[\"m3\"]", ""),
    ("replace-member", "500ms", "[\"m1\"]", ""),
    ("starve", "2s", "[\"m2\"]", "share = \"20\""),
    ("corrupt", "500ms", "[\"m3\"]", "file = \"wal\""),
    ("partition", "2s", "\"leader\"", "shape = \"deaf\""),
];

#[test]
fn a_user_without_a_helper_has_the_faults_that_the_engine_injects() {
    let Some(user) = User::take() else { return };
    fs::write(user.at("faults.toml"), scenario_text(&FAULTS)).expect("written");
    let output = user.run("faults.toml").args(["--isolation", "none"]).output();
    // What was planned and could not be tested makes a run no valid one.
    let said = Said::of(&output.expect("setpriv runs")).expect(3);
    assert!(said.out.starts_with("? UNKNOWN: Undecided: partition was not tested"), "{}", said.out);
    assert!(said.out.contains("--isolation none\n"), "{}", said.out);
    let cut = "the fault partition is not tested: the members are on a network of the container \
               engine's, because --isolation none";
    assert!(said.err.contains(cut), "{}", said.err);
    let events = events(&user.at("rd"));
    for (kind, ..) in FAULTS.iter().filter(|(kind, ..)| *kind != "partition") {
        landed(&events, kind);
    }
    let page = fs::read_to_string(user.at("rd/report.html")).expect("a report");
    assert!(page.contains("Network faults were not tested: the members are on a network"));
    assert_eq!(containers(), [""; 0]);
    assert_eq!(networks(), [""; 0]);
    assert!(!user.at("rd/data").exists(), "the members' data is gone");
}

#[test]
fn members_are_reached_from_elsewhere_too_and_a_killed_run_s_network_is_cleaned_up() {
    let Some(user) = User::take() else { return };
    let quiet = scenario_text(&[("kill", "500ms", "[\"m2\"]", ""); 12]);
    fs::write(user.at("long.toml"), quiet).expect("written");
    let mut command = user.run("long.toml");
    command.args(["--isolation", "none"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut started = Started(command.spawn().expect("setpriv runs"));
    let history = user.at("rd/history.jsonl");
    until("traffic", || fs::metadata(&history).is_ok_and(|file| file.len() > 100_000));
    // As from a machine around the engine's, which has no way to the network itself.
    let holder = containers().into_iter().find(|name| name.ends_with("-m1-network"));
    assert!(health(published(&holder.expect("it runs"))).contains("\"health\":\"true\""));
    started.0.kill().expect("killed");
    started.0.wait().expect("reaped");
    assert_eq!(networks().len(), 1, "it is what the test is about");
    let output = user.command().arg("cleanup").output().expect("setpriv runs");
    let said = Said::of(&output).expect(0);
    assert!(said.out.contains("removed networks of run"), "{}", said.out);
    assert_eq!(containers(), [""; 0]);
    assert_eq!(networks(), [""; 0]);
}

/// The port of this machine that leads to the clients' port of a member.
fn published(holder: &str) -> u16 {
    let output = Command::new("docker").args(["port", holder, "2379/tcp"]).output();
    let said = Said::of(&output.expect("the engine's client is installed")).expect(0);
    let port = said.out.trim().strip_prefix("127.0.0.1:").expect("on this machine only");
    port.parse().expect("a port")
}

fn health(port: u16) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it is published");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a limit");
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n").expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

/// The engine, behind rules that refuse whoever wants the machine's processes, as an owner's may.
fn strict_engine() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(engine) = UnixStream::connect(SOCKET) else { return };
            let (mut answers, mut to_client) =
                (engine.try_clone().expect("one more"), client.try_clone().expect("one more"));
            thread::spawn(move || {
                let _ = std::io::copy(&mut answers, &mut to_client);
            });
            thread::spawn(move || hand_on(client, engine));
        }
    });
    port
}

/// Hands requests on until one is refused.
fn hand_on(mut client: TcpStream, mut engine: UnixStream) {
    let mut seen = String::new();
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = client.read(&mut bytes) {
        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
        if seen.contains("\"PidMode\":\"host\"") {
            let said = "{\"message\":\"no processes of the machine here\"}";
            let answer = format!(
                "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\n\r\n{said}",
                said.len()
            );
            let _ = client.write_all(answer.as_bytes());
            return;
        }
        if engine.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
    let _ = engine.shutdown(std::net::Shutdown::Write);
}

#[test]
fn where_the_engine_refuses_a_helper_its_own_network_is_used() {
    let Some(user) = User::take() else { return };
    let engine = format!("tcp://127.0.0.1:{}", strict_engine());
    fs::write(user.at("kill.toml"), scenario_text(&FAULTS[..1])).expect("written");
    let output = user.run("kill.toml").env("DOCKER_HOST", &engine).output();
    let said = Said::of(&output.expect("setpriv runs")).expect(0);
    assert!(said.out.starts_with("✓ VALID"), "{}", said.out);
    assert!(said.err.contains("no processes of the machine here"), "{}", said.err);
    landed(&events(&user.at("rd")), "kill");
    assert_eq!(networks(), [""; 0]);
    let mut command = user.command();
    command.args(["list", "faults", "--target", "docker", "--format", "json"]);
    let output = command.env("DOCKER_HOST", &engine).output().expect("setpriv runs");
    let said = Said::of(&output).expect(0);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&said.out).expect("JSON");
    let row = |kind: &str| rows.iter().find(|row| row["kind"] == kind).expect("listed").clone();
    assert_eq!(row("kill")["available"], true);
    assert_eq!(row("partition")["available"], false);
    let why = row("partition")["why"].as_str().expect("a reason").to_owned();
    assert!(why.contains("no processes of the machine here"), "{why}");
}
