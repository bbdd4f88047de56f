//! Two or more network namespaces and the switch between them.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use crate::support::device;
use stormglass_linux::netns::{NetNs, TcpTuning};
use stormglass_linux::switch::{Link, LinkCounters, Port, StationIndex, Switch};
use stormglass_linux::tun::{Tun, TunOptions};

pub(crate) const A: StationIndex = StationIndex(0);
pub(crate) const B: StationIndex = StationIndex(1);
pub(crate) const ADDRESSES: [Ipv4Addr; 2] =
    [Ipv4Addr::new(10, 77, 0, 1), Ipv4Addr::new(10, 77, 0, 2)];
pub(crate) const PORT: u16 = 2379;
pub(crate) const LIMIT: Duration = Duration::from_secs(10);
pub(crate) const SILENCE: Duration = Duration::from_millis(300);

/// Namespaces and the switch between them.
pub(crate) struct Wire {
    pub(crate) namespaces: Vec<NetNs>,
    pub(crate) switch: Switch,
}

pub(crate) fn create_tun(netns: &NetNs, address: Ipv4Addr) -> Tun {
    let options = TunOptions { device: device(), ..TunOptions::new(address) };
    netns.run(|| Tun::create(&options)).expect("a TUN device")
}

impl Wire {
    /// Ports A and B.
    pub(crate) fn new() -> Self {
        Self::of(&ADDRESSES)
    }

    pub(crate) fn of(addresses: &[Ipv4Addr]) -> Self {
        let create = |_: &Ipv4Addr| NetNs::create(TcpTuning::default()).expect("a netns");
        let namespaces: Vec<NetNs> = addresses.iter().map(create).collect();
        let ports = namespaces.iter().zip(addresses).map(|(netns, address)| Port {
            tun: create_tun(netns, *address),
            addresses: vec![*address],
        });
        let switch = Switch::start(ports.collect(), 1, None).expect("a switch");
        Self { namespaces, switch }
    }

    /// A connection from B to a server in A that sends everything back.
    pub(crate) fn connect_to_echo(&self) -> TcpStream {
        connect_to_echo(&self.namespaces[A.0], &self.namespaces[B.0])
    }

    pub(crate) fn set(&self, from: StationIndex, to: StationIndex, link: Link) {
        self.switch.set_link(from, to, link).expect("both ports exist");
    }

    /// Both directions between A and B.
    pub(crate) fn set_both(&self, link: Link) {
        self.set(A, B, link);
        self.set(B, A, link);
    }

    /// A socket of a port's namespace.
    pub(crate) fn udp(&self, port: StationIndex) -> UdpSocket {
        let bind = || UdpSocket::bind((ADDRESSES[port.0], PORT));
        let socket = self.namespaces[port.0].run(bind).expect("an address");
        socket.set_read_timeout(Some(SILENCE)).expect("a timeout can be set");
        socket
    }

    pub(crate) fn count(&self, from: StationIndex, to: StationIndex) -> LinkCounters {
        self.switch.counters(from, to).expect("both ports exist")
    }
}

/// A connection from B to a server in A that sends everything back.
pub(crate) fn connect_to_echo(a: &NetNs, b: &NetNs) -> TcpStream {
    let address = SocketAddrV4::new(ADDRESSES[0], PORT);
    let listener = a.run(|| TcpListener::bind(address)).expect("A can listen");
    thread::spawn(move || {
        if let Ok((mut stream, _)) = listener.accept() {
            let mut writer = stream.try_clone().expect("a descriptor");
            // Ends with the connection.
            let _ = io::copy(&mut stream, &mut writer);
        }
    });
    let connect = || TcpStream::connect_timeout(&address.into(), LIMIT);
    let stream = b.run(connect).expect("B reaches A");
    stream.set_read_timeout(Some(LIMIT)).expect("a timeout can be set");
    stream
}

pub(crate) fn echo(stream: &mut TcpStream, sent: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(sent)?;
    let mut received = vec![0; sent.len()];
    stream.read_exact(&mut received)?;
    Ok(received)
}

/// An echo of so many bytes comes back unchanged.
pub(crate) fn echo_many(stream: &TcpStream, bytes: u32) {
    let sent: Vec<u8> = (0..bytes).map(|number| (number % 251) as u8).collect();
    let mut reader = stream.try_clone().expect("a descriptor");
    // Sent and read at once: an echo of more than the buffers hold would stop both ends.
    let length = sent.len();
    let received = thread::spawn(move || {
        let mut received = vec![0; length];
        reader.read_exact(&mut received).map(|()| received)
    });
    let mut writer = stream;
    writer.write_all(&sent).expect("the connection holds");
    let received = received.join().expect("the reader ends").expect("the connection holds");
    assert!(received == sent, "bytes changed on the way");
}
