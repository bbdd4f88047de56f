//! The switch between real network namespaces, as root and as an ordinary user.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use crate::support::{User, in_isolation, wait_until};
use stormglass_linux::netns::{NetNs, TcpTuning};
use stormglass_linux::switch::{Link, LinkCounters, Port, PortIndex, Switch};
use stormglass_linux::tun::{Tun, TunOptions};

const A: PortIndex = PortIndex(0);
const B: PortIndex = PortIndex(1);
const ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 77, 0, 1), Ipv4Addr::new(10, 77, 0, 2)];
const PORT: u16 = 2379;
const LIMIT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_millis(300);

/// Two namespaces and the switch between them.
struct Wire {
    a: NetNs,
    b: NetNs,
    switch: Switch,
}

impl Wire {
    fn new() -> Self {
        let namespaces = ADDRESSES.map(|_| NetNs::create(TcpTuning::default()).expect("a netns"));
        let ports = namespaces.iter().zip(ADDRESSES).map(|(netns, address)| {
            let tun = netns.run(|| Tun::create(&TunOptions::new(address))).expect("a TUN device");
            Port { tun, address }
        });
        let switch = Switch::start(ports.collect()).expect("a switch");
        let [a, b] = namespaces;
        Self { a, b, switch }
    }

    fn set(&self, from: PortIndex, to: PortIndex, link: Link) {
        self.switch.set_link(from, to, link).expect("both ports exist");
    }

    fn count(&self, from: PortIndex, to: PortIndex) -> LinkCounters {
        self.switch.counters(from, to).expect("both ports exist")
    }

    /// A connection from B to a server in A that sends everything back.
    fn connect_to_echo(&self) -> TcpStream {
        let address = SocketAddrV4::new(ADDRESSES[0], PORT);
        let listener = self.a.run(|| TcpListener::bind(address)).expect("A can listen");
        thread::spawn(move || {
            if let Ok((mut stream, _)) = listener.accept() {
                let mut writer = stream.try_clone().expect("a descriptor");
                // Ends with the connection.
                let _ = std::io::copy(&mut stream, &mut writer);
            }
        });
        let connect = || TcpStream::connect_timeout(&address.into(), LIMIT);
        let stream = self.b.run(connect).expect("B reaches A");
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout can be set");
        stream
    }
}

fn echo(stream: &mut TcpStream, sent: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(sent)?;
    let mut received = vec![0; sent.len()];
    stream.read_exact(&mut received)?;
    Ok(received)
}

fn tcp_crosses() {
    let wire = Wire::new();
    let mut stream = wire.connect_to_echo();
    let sent: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
    let mut reader = stream.try_clone().expect("a descriptor");
    // Sent and read at once: an echo of more than the buffers hold would stop both ends.
    let length = sent.len();
    let received = thread::spawn(move || {
        let mut received = vec![0; length];
        reader.read_exact(&mut received).map(|()| received)
    });
    stream.write_all(&sent).expect("the connection holds");
    let received = received.join().expect("the reader ends").expect("the connection holds");
    assert!(received == sent, "bytes changed on the way");
    for (from, to) in [(A, B), (B, A)] {
        // A packet is counted once it is delivered, so the last may be read before.
        let counted = || wire.count(from, to).bytes > sent.len() as u64;
        assert!(wait_until(LIMIT, counted).is_some(), "{:?}", wire.count(from, to));
        let counters = wire.count(from, to);
        assert!(counters.packets > 4, "{counters:?}");
        assert_eq!(counters.dropped, 0);
    }
    assert!(wire.switch.is_running());
    wire.switch.stop().expect("the switch ran until now");
}

#[test]
fn tcp_crosses_the_switch() {
    in_isolation("switch::tcp_crosses_the_switch", User::Caller, tcp_crosses);
}

#[test]
fn tcp_crosses_the_switch_of_an_ordinary_user() {
    in_isolation("switch::tcp_crosses_the_switch_of_an_ordinary_user", User::Ordinary, tcp_crosses);
}

#[test]
fn a_cut_stalls_a_connection_and_a_heal_revives_it() {
    in_isolation("switch::a_cut_stalls_a_connection_and_a_heal_revives_it", User::Ordinary, || {
        let wire = Wire::new();
        let mut stream = wire.connect_to_echo();
        assert_eq!(echo(&mut stream, b"before").expect("the links are open"), b"before");
        wire.set(A, B, Link::cut());
        wire.set(B, A, Link::cut());
        let before = (wire.count(A, B), wire.count(B, A));
        stream.set_read_timeout(Some(SILENCE)).expect("a timeout can be set");
        let error = echo(&mut stream, b"during").expect_err("the links are cut");
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        let after = wire.count(B, A);
        assert!(after.dropped > before.1.dropped, "{after:?}");
        assert_eq!(after.packets, before.1.packets, "nothing passes a cut link");
        wire.set(A, B, Link::default());
        wire.set(B, A, Link::default());
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout can be set");
        let mut late = [0; 6];
        stream.read_exact(&mut late).expect("the connection outlived the cut");
        assert_eq!(&late, b"during");
    });
}

#[test]
fn a_one_way_cut_bites_one_way_only() {
    in_isolation("switch::a_one_way_cut_bites_one_way_only", User::Ordinary, || {
        let wire = Wire::new();
        let socket = |netns: &NetNs, address| {
            let socket = netns.run(|| UdpSocket::bind((address, PORT))).expect("an address");
            socket.set_read_timeout(Some(SILENCE)).expect("a timeout can be set");
            socket
        };
        let (a, b) = (socket(&wire.a, ADDRESSES[0]), socket(&wire.b, ADDRESSES[1]));
        wire.set(A, B, Link::cut());
        let mut buffer = [0; 16];
        a.send_to(b"lost", (ADDRESSES[1], PORT)).expect("sending works");
        assert!(b.recv(&mut buffer).is_err(), "a packet passed a cut link");
        b.send_to(b"passed", (ADDRESSES[0], PORT)).expect("sending works");
        assert_eq!(a.recv(&mut buffer).expect("the way back is open"), 6);
        assert_eq!((wire.count(A, B).dropped, wire.count(B, A).dropped), (1, 0));
        assert_eq!(wire.switch.link(A, B), Ok(Link::cut()));
    });
}

#[test]
fn a_port_whose_namespace_dies_does_not_stop_the_others() {
    in_isolation(
        "switch::a_port_whose_namespace_dies_does_not_stop_the_others",
        User::Ordinary,
        || {
            let wire = Wire::new();
            let doomed = NetNs::create(TcpTuning::default()).expect("a netns");
            let address = Ipv4Addr::new(10, 77, 0, 3);
            let tun = doomed.run(|| Tun::create(&TunOptions::new(address))).expect("a TUN device");
            let Wire { a, b, switch } = wire;
            switch.stop().expect("it ran until now");
            let mut ports = vec![Port { tun, address }];
            for (netns, address) in [(&a, ADDRESSES[0]), (&b, ADDRESSES[1])] {
                let create = || Tun::create(&TunOptions::new(address));
                let made = wait_until(LIMIT, || {
                    netns
                        .run(create)
                        .map(|tun| {
                            ports.push(Port { tun, address });
                        })
                        .is_ok()
                });
                assert!(made.is_some(), "the interface of the first switch did not go away");
            }
            let switch = Switch::start(ports).expect("a switch");
            drop(doomed);
            thread::sleep(SILENCE);
            assert_eq!(cpu_ticks_during(SILENCE), 0, "the switch spins on a dead port");
            let wire = Wire { a, b, switch };
            let mut stream = wire.connect_to_echo();
            assert_eq!(echo(&mut stream, b"alive").expect("the links are open"), b"alive");
        },
    );
}

/// Clock ticks of 10 ms that this process spends while this thread sleeps; a tenth of the
/// time is rounded away.
fn cpu_ticks_during(pause: Duration) -> u64 {
    let ticks = || -> u64 {
        let fields = crate::support::stat(std::process::id()).expect("/proc is there");
        fields[11..13].iter().map(|field| field.parse::<u64>().expect("a count")).sum()
    };
    let before = ticks();
    thread::sleep(pause);
    (ticks() - before) / 4
}

#[test]
fn two_ports_of_one_address_are_refused() {
    in_isolation("switch::two_ports_of_one_address_are_refused", User::Ordinary, || {
        let namespaces = [0; 2].map(|_| NetNs::create(TcpTuning::KERNEL).expect("a netns"));
        let ports = namespaces.iter().map(|netns| {
            let options = TunOptions::new(ADDRESSES[0]);
            let tun = netns.run(|| Tun::create(&options)).expect("a TUN device");
            Port { tun, address: ADDRESSES[0] }
        });
        let error = Switch::start(ports.collect()).expect_err("the addresses are equal");
        assert!(error.to_string().contains("two ports have the address 10.77.0.1"), "{error}");
    });
}

#[test]
fn a_namespace_is_tuned_where_the_kernel_can() {
    in_isolation("switch::a_namespace_is_tuned_where_the_kernel_can", User::Ordinary, || {
        let setting = "/proc/sys/net/ipv4/tcp_rto_max_ms";
        let read = |netns: &NetNs| netns.run(|| std::fs::read_to_string(setting)).ok();
        let tuned = NetNs::create(TcpTuning::bounded(Duration::from_secs(2))).expect("a netns");
        let plain = NetNs::create(TcpTuning::KERNEL).expect("a netns");
        assert_eq!(tuned.retransmission_bounded(), read(&tuned).is_some());
        assert!(!plain.retransmission_bounded());
        if let Some(value) = read(&tuned) {
            assert_eq!(value.trim(), "2000");
            assert_ne!(read(&plain).as_deref().map(str::trim), Some("2000"));
        }
    });
}
