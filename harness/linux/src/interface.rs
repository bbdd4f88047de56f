//! Network interfaces of the calling thread's network namespace, set up by ioctl: no
//! iproute2, no netlink.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use libc::c_int;

use crate::call::check;

/// Brings the interface up.
pub(crate) fn bring_up(name: &str) -> io::Result<()> {
    let mut request = request(name)?;
    configure(libc::SIOCGIFFLAGS, &mut request, "SIOCGIFFLAGS")?;
    // SAFETY: the kernel just wrote the flags, and every bit pattern is a valid integer.
    let flags = unsafe { request.ifr_ifru.ifru_flags };
    request.ifr_ifru.ifru_flags = flags | flag_bits(libc::IFF_UP | libc::IFF_RUNNING);
    configure(libc::SIOCSIFFLAGS, &mut request, "SIOCSIFFLAGS")
}

/// Gives the interface an address and a netmask.
pub(crate) fn set_address(name: &str, address: Ipv4Addr, netmask: Ipv4Addr) -> io::Result<()> {
    let mut request = request(name)?;
    request.ifr_ifru.ifru_addr = socket_address(address);
    configure(libc::SIOCSIFADDR, &mut request, "SIOCSIFADDR")?;
    request.ifr_ifru.ifru_netmask = socket_address(netmask);
    configure(libc::SIOCSIFNETMASK, &mut request, "SIOCSIFNETMASK")
}

/// Sets the largest packet, in bytes.
pub(crate) fn set_mtu(name: &str, mtu: u16) -> io::Result<()> {
    let mut request = request(name)?;
    request.ifr_ifru.ifru_mtu = c_int::from(mtu);
    configure(libc::SIOCSIFMTU, &mut request, "SIOCSIFMTU")
}

/// A request about the interface, everything else zero.
pub(crate) fn request(name: &str) -> io::Result<libc::ifreq> {
    // SAFETY: ifreq is plain data of integers and byte arrays; all zeroes is a valid value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    // One byte stays for the terminating NUL.
    if name.is_empty() || name.len() >= request.ifr_name.len() || !name.is_ascii() {
        let message = format!("{name:?} is no interface name: use 1 to 15 ASCII characters");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    for (slot, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *slot = libc::c_char::from_ne_bytes([byte]);
    }
    Ok(request)
}

/// The low half of interface flags, which is what an `ifreq` holds.
pub(crate) fn flag_bits(flags: c_int) -> libc::c_short {
    // Truncation is meant: the ioctl interface knows sixteen flags.
    (flags & 0xffff) as libc::c_short
}

fn configure(what: libc::c_ulong, request: &mut libc::ifreq, attempt: &str) -> io::Result<()> {
    let control = control_socket()?;
    // SAFETY: the descriptor is open, and each of the requests used here reads or writes one
    // ifreq, which the pointer is to.
    let result = unsafe { libc::ioctl(control.as_raw_fd(), what as _, &raw mut *request) };
    check(result, attempt).map(|_| ())
}

/// Any socket of this namespace carries the interface requests.
fn control_socket() -> io::Result<OwnedFd> {
    // SAFETY: socket takes no pointers.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    let fd = check(fd, "socket")?;
    // SAFETY: the kernel just returned this descriptor, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn socket_address(address: Ipv4Addr) -> libc::sockaddr {
    // SAFETY: sockaddr is plain data; all zeroes is a valid value.
    let mut socket_address: libc::sockaddr = unsafe { std::mem::zeroed() };
    socket_address.sa_family = (libc::AF_INET & 0xff) as libc::sa_family_t;
    // sockaddr_in: two bytes of port, then the address in network order.
    for (slot, byte) in socket_address.sa_data[2..6].iter_mut().zip(address.octets()) {
        *slot = libc::c_char::from_ne_bytes([byte]);
    }
    socket_address
}

#[cfg(test)]
mod tests {
    use super::{bring_up, request};

    #[test]
    fn names_that_do_not_fit_are_refused() {
        assert!(request("").is_err());
        assert!(request("sixteen-letters-").is_err());
        assert!(request("fifteen-letters").is_ok());
    }

    #[test]
    fn an_absent_interface_is_an_error_that_names_the_call() {
        let error = bring_up("absent0").expect_err("there is no such interface");
        assert!(error.to_string().starts_with("SIOCGIFFLAGS: "), "{error}");
    }
}
