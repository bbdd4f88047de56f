//! What links do to packets between real network namespaces, told by the kernel at their ends.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddrV4, TcpStream, UdpSocket};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{User, in_isolation};
use crate::wire::{A, ADDRESSES, B, LIMIT, PORT, Wire, echo, echo_many};
use stormglass_linux::switch::{Link, Share};

const PACKETS: u32 = 2000;

/// So many packets wait for B at most: a tenth of what its socket has room for.
const WAITING: u64 = 60;

/// Sends numbered packets to B, never more at once than its socket has room for: what B does
/// not get then, the link has dropped, on however busy a machine.
fn send(wire: &Wire, socket: &UdpSocket, received: &AtomicU64) {
    for number in 0..PACKETS {
        socket.send_to(&number.to_be_bytes(), (ADDRESSES[B.0], PORT)).expect("sending works");
        if number % 20 == 19 {
            // What is held back is overtaken by what comes within ten milliseconds, not by all.
            thread::sleep(Duration::from_millis(1));
            wait_for_room(wire, u64::from(number + 1), received);
        }
    }
}

/// Until few of the packets that left A, and were not dropped or spoilt, wait for B.
fn wait_for_room(wire: &Wire, sent: u64, received: &AtomicU64) {
    for _ in 0..LIMIT.as_millis() {
        let counters = wire.count(A, B);
        let gone = counters.dropped + counters.corrupted;
        let arriving = (sent + counters.duplicated).saturating_sub(gone);
        if arriving <= received.load(Ordering::Relaxed) + WAITING {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("B got {received:?} packets of {sent}: {:?}", wire.count(A, B));
}

/// The numbers of the packets that B gets, until none comes any more.
fn receive(socket: &UdpSocket, received: &AtomicU64) -> Vec<u32> {
    let mut numbers = Vec::new();
    let mut buffer = [0; 4];
    while socket.recv(&mut buffer).is_ok() {
        numbers.push(u32::from_be_bytes(buffer));
        received.fetch_add(1, Ordering::Relaxed);
    }
    numbers
}

/// What B gets of what A sends over such a link.
fn sent_over(wire: &Wire, link: Link) -> Vec<u32> {
    let (a, b) = (wire.udp(A), wire.udp(B));
    let received = AtomicU64::new(0);
    wire.set(A, B, link);
    thread::scope(|scope| {
        let numbers = scope.spawn(|| receive(&b, &received));
        send(wire, &a, &received);
        numbers.join().expect("the receiver ends")
    })
}

#[expect(clippy::disallowed_methods, reason = "a test measures how long something takes")]
fn seconds(what: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    what();
    begun.elapsed().as_secs_f64()
}

/// Best of some echoes, in seconds: the machine may be busy.
fn round_trip(stream: &mut TcpStream) -> f64 {
    let one = |_| seconds(|| drop(echo(stream, b"x").expect("the connection holds")));
    (0..5).map(one).fold(f64::INFINITY, f64::min)
}

#[test]
fn a_delay_is_added_and_taken_away() {
    in_isolation("links::a_delay_is_added_and_taken_away", User::Ordinary, || {
        let wire = Wire::new();
        let mut stream = wire.connect_to_echo();
        let before = round_trip(&mut stream);
        let mut link = Link::open();
        (link.delay, link.jitter) = (Duration::from_millis(20), Duration::from_millis(5));
        wire.set_both(link);
        let late = round_trip(&mut stream);
        assert!((0.040..0.100).contains(&late), "{late}");
        assert!(wire.count(A, B).delayed > 4, "{:?}", wire.count(A, B));
        wire.set_both(Link::open());
        let after = round_trip(&mut stream);
        assert!(before < 0.010 && after < 0.010, "{before}, then {after}");
    });
}

#[test]
fn some_packets_are_lost() {
    in_isolation("links::some_packets_are_lost", User::Ordinary, || {
        let wire = Wire::new();
        let mut link = Link::open();
        link.loss = Share::percent(20);
        let received = sent_over(&wire, link);
        let counters = wire.count(A, B);
        assert_eq!(received.len() as u64 + counters.dropped, u64::from(PACKETS), "{counters:?}");
        assert!((300..500).contains(&counters.dropped), "{counters:?}");
        assert!(received.is_sorted());
    });
}

#[test]
fn some_packets_arrive_twice() {
    in_isolation("links::some_packets_arrive_twice", User::Ordinary, || {
        let wire = Wire::new();
        let mut link = Link::open();
        link.duplicate = Share::percent(50);
        let received = sent_over(&wire, link);
        let (counters, different) = (wire.count(A, B), received.iter().collect::<BTreeSet<_>>());
        assert_eq!(different.len(), PACKETS as usize);
        assert_eq!((received.len() - different.len()) as u64, counters.duplicated);
        assert!((900..1100).contains(&counters.duplicated), "{counters:?}");
    });
}

#[test]
fn some_packets_are_overtaken() {
    in_isolation("links::some_packets_are_overtaken", User::Ordinary, || {
        let wire = Wire::new();
        let mut link = Link::open();
        link.reorder = Share::percent(10);
        let received = sent_over(&wire, link);
        assert_eq!(received.iter().collect::<BTreeSet<_>>().len(), PACKETS as usize);
        // Those that are let go at once arrive in their order: each is held against all before.
        let mut highest = 0;
        let late = received.iter().filter(|number| {
            highest = highest.max(**number);
            **number < highest
        });
        let overtaken = late.count();
        assert!(overtaken > 50, "{overtaken}");
    });
}

#[test]
fn spoilt_packets_are_found_out_by_the_receiver() {
    in_isolation("links::spoilt_packets_are_found_out_by_the_receiver", User::Ordinary, || {
        let wire = Wire::new();
        let mut link = Link::open();
        link.corrupt = Share::ALL;
        let received = sent_over(&wire, link);
        assert_eq!(received, [] as [u32; 0], "a spoilt packet was taken for a good one");
        assert_eq!(wire.count(A, B).corrupted, u64::from(PACKETS));
        let errors = wire.namespaces[B.0].run(checksum_errors).expect("/proc tells");
        // On a busy machine most of them find no room to wait for the check.
        assert!(errors > 0, "nobody looked at a checksum");
    });
}

/// Of this thread's network namespace: packets whose UDP checksum was wrong.
fn checksum_errors() -> io::Result<u64> {
    let told = fs::read_to_string("/proc/thread-self/net/snmp")?;
    let mut lines = told.lines().filter(|line| line.starts_with("Udp:"));
    let (names, values) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let place = names.split(' ').position(|name| name == "InCsumErrors");
    let value = place.and_then(|place| values.split(' ').nth(place)?.parse().ok());
    value.ok_or_else(|| io::Error::other(told.clone()))
}

#[test]
fn connections_survive_every_nuisance() {
    in_isolation("links::connections_survive_every_nuisance", User::Ordinary, || {
        let wire = Wire::new();
        let stream = wire.connect_to_echo();
        echo_many(&stream, 100_000);
        let mut link = Link::open();
        (link.loss, link.corrupt) = (Share::percent(2), Share::percent(2));
        (link.duplicate, link.reorder) = (Share::percent(2), Share::percent(2));
        (link.delay, link.jitter) = (Duration::from_millis(1), Duration::from_millis(1));
        wire.set_both(link);
        echo_many(&stream, 600_000);
        let (forth, back) = (wire.count(A, B), wire.count(B, A));
        for counters in [forth, back] {
            assert!(counters.dropped > 0 && counters.duplicated > 0, "{counters:?}");
            assert!(counters.corrupted > 0 && counters.delayed > 100, "{counters:?}");
        }
        wire.set_both(Link::open());
        echo_many(&stream, 100_000);
    });
}

#[test]
fn a_slow_link_takes_its_time() {
    in_isolation("links::a_slow_link_takes_its_time", User::Ordinary, || {
        let wire = Wire::new();
        let stream = wire.connect_to_echo();
        let mut link = Link::open();
        link.bandwidth = NonZeroU64::new(200_000);
        wire.set(B, A, link);
        // At least 100 kB of the 150 kB have to wait: queues hold some.
        let slow = seconds(|| echo_many(&stream, 150_000));
        assert!((0.5..5.0).contains(&slow), "{slow}");
        wire.set(B, A, Link::open());
        let fast = seconds(|| echo_many(&stream, 150_000));
        assert!(fast < 0.5, "{fast}");
    });
}

#[test]
fn a_reset_ends_connections_at_both_ends() {
    in_isolation("links::a_reset_ends_connections_at_both_ends", User::Ordinary, || {
        let wire = Wire::new();
        let mut stream = wire.connect_to_echo();
        assert_eq!(echo(&mut stream, b"before").expect("the links are open"), b"before");
        let mut link = Link::open();
        link.reset = true;
        wire.set_both(link);
        let error = echo(&mut stream, b"during").expect_err("the connection is over");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert!(stream.write(b"again").is_err() || stream.read(&mut [0]).is_err());
        let address = SocketAddrV4::new(ADDRESSES[A.0], PORT).into();
        let connect = || TcpStream::connect_timeout(&address, LIMIT);
        let error = wire.namespaces[B.0].run(connect).expect_err("connections are refused");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(wire.count(B, A).reset >= 2, "{:?}", wire.count(B, A));
        // The server's end is over too: its thread has ended, and with it the listener.
        wire.set_both(Link::open());
        let error = wire.namespaces[B.0].run(connect).expect_err("nobody listens any more");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let mut stream = wire.connect_to_echo();
        assert_eq!(echo(&mut stream, b"after").expect("the links are open"), b"after");
    });
}
