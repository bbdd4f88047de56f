//! Real members that nobody but the test has started, with etcd's own client beside them.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::certificates::Certificates;
use crate::support::run;

/// The password of every user here: it may turn up nowhere.
pub(crate) const PASSWORD: &str = "open-sesame-8f1c";

/// Three members on loopback; they end with the test.
pub(crate) struct Members {
    pub(crate) folder: PathBuf,
    certificates: Option<Certificates>,
    tools: PathBuf,
    ports: Vec<u16>,
    commands: Vec<Vec<String>>,
    running: Vec<Option<Child>>,
}

impl Members {
    /// Starts three members of a release in a folder, and waits until they serve.
    pub(crate) fn start(folder: &Path, release: &str, certificates: Option<Certificates>) -> Self {
        run(&["etcd", "install", release]).expect(0);
        let installed = run(&["etcd", "path", release]).expect(0);
        let tools = Path::new(installed.out.trim()).parent().expect("a folder").to_owned();
        let free = || TcpListener::bind("127.0.0.1:0").expect("a free port");
        let held: Vec<TcpListener> = (0..6).map(|_| free()).collect();
        let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
        let ports: Vec<u16> = held.iter().map(port).collect();
        drop(held);
        let mut members = Self {
            folder: folder.to_owned(),
            certificates,
            tools,
            ports: ports[..3].to_vec(),
            commands: Vec::new(),
            running: Vec::new(),
        };
        for number in 0..3 {
            members.commands.push(members.command(number, &ports[3..]));
            members.running.push(None);
            members.start_one(number);
        }
        members.await_health();
        members
    }

    fn command(&self, number: usize, peers: &[u16]) -> Vec<String> {
        let scheme = if self.certificates.is_some() { "https" } else { "http" };
        let peer = |number: usize| format!("http://127.0.0.1:{}", peers[number]);
        let cluster: Vec<String> =
            (0..3).map(|other| format!("m{other}={}", peer(other))).collect();
        let client = format!("{scheme}://127.0.0.1:{}", self.ports[number]);
        let mut arguments = vec![
            format!("--name=m{number}"),
            format!("--data-dir={}", self.folder.join(format!("data-{number}")).display()),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={}", peer(number)),
            format!("--initial-advertise-peer-urls={}", peer(number)),
            format!("--initial-cluster={}", cluster.join(",")),
            "--logger=zap".to_owned(),
        ];
        if let Some(certificates) = &self.certificates {
            arguments.extend(certificates.of_server());
        }
        arguments
    }

    fn start_one(&mut self, number: usize) {
        let log = File::create(self.folder.join(format!("m{number}.log"))).expect("a log");
        let child = Command::new(self.tools.join("etcd"))
            .args(&self.commands[number])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn();
        self.running[number] = Some(child.expect("etcd starts"));
    }

    fn await_health(&self) {
        for _ in 0..100 {
            if self.etcdctl(&["endpoint", "health"], None).is_ok() {
                return;
            }
            sleep(Duration::from_millis(200));
        }
        panic!("the members never served: see {}", self.folder.display());
    }

    /// What etcd's own client says, as a user where one is named.
    pub(crate) fn etcdctl(&self, args: &[&str], user: Option<&str>) -> Result<String, String> {
        let mut command = Command::new(self.tools.join("etcdctl"));
        command.args(["--endpoints", &self.endpoints(), "--command-timeout", "5s"]);
        if let Some(certificates) = &self.certificates {
            command.args(certificates.of_client());
        }
        if let Some(user) = user {
            command.args(["--user", &format!("{user}:{PASSWORD}")]);
        }
        let output = command.env("ETCDCTL_API", "3").args(args).output().expect("etcdctl starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// For `--endpoints`, without a scheme.
    pub(crate) fn endpoints(&self) -> String {
        let of = |port: &u16| format!("127.0.0.1:{port}");
        self.ports.iter().map(of).collect::<Vec<_>>().join(",")
    }

    /// The process of a member.
    pub(crate) fn pid(&self, number: usize) -> u32 {
        self.running[number].as_ref().expect("it runs").id()
    }

    /// How a shell starts a member.
    pub(crate) fn shell(&self, number: usize) -> String {
        let etcd = self.tools.join("etcd");
        let log = self.folder.join(format!("m{number}.log"));
        let arguments = self.commands[number].join(" ");
        format!("{} {arguments} >>{} 2>&1", etcd.display(), log.display())
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        for child in self.running.iter_mut().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
        // Members that commands of a scenario have started say who they are.
        for number in 0..3 {
            let Ok(pid) = fs::read_to_string(self.folder.join(format!("pid-{number}"))) else {
                continue;
            };
            let _ = Command::new("kill").args(["-KILL", pid.trim()]).output();
        }
    }
}
