//! The switch between real network namespaces, as root and as an ordinary user.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::FromRawFd;
use std::thread;
use std::time::Duration;

use crate::support::{User, device, in_isolation, stat};
use crate::wire::{
    A, ADDRESSES, B, LIMIT, PORT, SILENCE, Wire, connect_to_echo, create_tun, echo, echo_many,
};
use stormglass_linux::netns::{NetNs, TcpTuning};
use stormglass_linux::switch::{Link, Port, StationIndex, Switch};
use stormglass_linux::tun::{Tun, TunOptions};

fn tcp_crosses() {
    let wire = Wire::new();
    let bytes = 200_000;
    echo_many(&wire.connect_to_echo(), bytes);
    for (from, to) in [(A, B), (B, A)] {
        let counters = wire.count(from, to);
        assert!(counters.bytes > u64::from(bytes) && counters.packets > 4, "{counters:?}");
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
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
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
        let (a, b) = (wire.udp(A), wire.udp(B));
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
fn a_port_whose_interface_dies_does_not_stop_the_others() {
    in_isolation(
        "switch::a_port_whose_interface_dies_does_not_stop_the_others",
        User::Ordinary,
        || {
            let third = Ipv4Addr::new(10, 77, 0, 3);
            let wire = Wire::of(&[third, ADDRESSES[1], ADDRESSES[0]]);
            let [doomed, b, a] = &wire.namespaces[..] else { panic!("three were asked for") };
            doomed.run(|| delete_interface("eth0")).expect("root of the namespace may");
            thread::sleep(SILENCE);
            let ticks = ticks_during(SILENCE);
            assert!(ticks < 15, "the switch spins on a dead port: {ticks} ticks of 10 ms in 30");
            assert!(wire.switch.is_running());
            let mut stream = connect_to_echo(a, b);
            assert_eq!(echo(&mut stream, b"alive").expect("the links are open"), b"alive");
        },
    );
}

/// `ip link delete NAME`, as one netlink message.
fn delete_interface(name: &str) -> io::Result<()> {
    let name = CString::new(name)?;
    // SAFETY: the name is NUL-terminated; socket takes no pointers.
    let (index, fd) = unsafe {
        let index = libc::if_nametoindex(name.as_ptr());
        (index, libc::socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE))
    };
    if fd < 0 || index == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just returned this descriptor, and nobody else owns it.
    let mut socket = unsafe { File::from_raw_fd(fd) };
    // nlmsghdr: length, type, flags, sequence, pid; ifinfomsg: family and type, index, flags,
    // change. The acknowledgement carries the error, negative, after its own nlmsghdr.
    let mut message = Vec::new();
    message.extend(32_u32.to_ne_bytes());
    message.extend(libc::RTM_DELLINK.to_ne_bytes());
    message.extend(5_u16.to_ne_bytes());
    for word in [1, 0, 0, index, 0, 0] {
        message.extend(word.to_ne_bytes());
    }
    socket.write_all(&message)?;
    let mut answer = [0; 20];
    socket.read_exact(&mut answer)?;
    match i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]) {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(-error)),
    }
}

/// Clock ticks of 10 ms that this process spends while this thread sleeps.
fn ticks_during(pause: Duration) -> u64 {
    let ticks = || -> u64 {
        let fields = stat(std::process::id()).expect("/proc is there");
        fields[11..13].iter().map(|field| field.parse::<u64>().expect("a count")).sum()
    };
    let before = ticks();
    thread::sleep(pause);
    ticks() - before
}

#[test]
fn addresses_behind_one_port_have_links_of_their_own() {
    in_isolation(
        "switch::addresses_behind_one_port_have_links_of_their_own",
        User::Ordinary,
        || {
            let further = Ipv4Addr::new(10, 77, 0, 9);
            let namespaces = [0; 2].map(|_| NetNs::create(TcpTuning::KERNEL).expect("a netns"));
            let options = TunOptions {
                device: device(),
                more: vec![further],
                ..TunOptions::new(ADDRESSES[1])
            };
            let two = namespaces[1].run(|| Tun::create(&options)).expect("a TUN device");
            let one = create_tun(&namespaces[0], ADDRESSES[0]);
            let ports = vec![
                Port { tun: one, addresses: vec![ADDRESSES[0]] },
                Port { tun: two, addresses: vec![ADDRESSES[1], further] },
            ];
            let switch = Switch::start(ports, 1, None).expect("a switch");
            let bind = |place: usize, address: Ipv4Addr| {
                let bind = || UdpSocket::bind((address, PORT));
                let socket = namespaces[place].run(bind).expect("an address");
                socket.set_read_timeout(Some(SILENCE)).expect("a timeout can be set");
                socket
            };
            let (a, b, c) = (bind(0, ADDRESSES[0]), bind(1, ADDRESSES[1]), bind(1, further));
            let reach = || {
                for socket in [&b, &c] {
                    socket.send_to(b"x", (ADDRESSES[0], PORT)).expect("sending works");
                }
                let from = |_| Some(a.recv_from(&mut [0; 8]).ok()?.1.ip());
                (0..2).filter_map(from).collect::<Vec<_>>()
            };
            assert_eq!(reach(), [ADDRESSES[1], further]);
            let (to, of_further) = (StationIndex(0), StationIndex(2));
            switch.set_link(of_further, to, Link::cut()).expect("both exist");
            assert_eq!(reach(), [ADDRESSES[1]]);
            assert_eq!(switch.counters(of_further, to).expect("both exist").dropped, 1);
            switch.set_link(of_further, to, Link::open()).expect("both exist");
            switch.set_link(to, of_further, Link::cut()).expect("both exist");
            for socket in [&b, &c] {
                a.send_to(b"y", socket.local_addr().expect("bound")).expect("sending works");
            }
            assert!(b.recv(&mut [0; 8]).is_ok());
            assert!(c.recv(&mut [0; 8]).is_err(), "that way is cut");
        },
    );
}

#[test]
fn two_ports_of_one_address_are_refused() {
    in_isolation("switch::two_ports_of_one_address_are_refused", User::Ordinary, || {
        let namespaces = [0; 2].map(|_| NetNs::create(TcpTuning::KERNEL).expect("a netns"));
        let ports = namespaces.iter().map(|netns| Port {
            tun: create_tun(netns, ADDRESSES[0]),
            addresses: vec![ADDRESSES[0]],
        });
        let error = Switch::start(ports.collect(), 1, None).expect_err("the addresses are equal");
        assert!(error.to_string().contains("10.77.0.1 is there twice"), "{error}");
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
