//! TUN devices: a network interface whose packets a program reads and writes.
//!
//! Layer 3, so there is no ARP, no MAC address and no broadcast; with segmentation offload, so
//! one read may carry up to 64 KiB of TCP, which is what makes the switch fast enough.

use std::ffi::CStr;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::call::{check, named, or_errno};
use crate::interface;

/// Where the TUN device usually is.
pub const DEFAULT_DEVICE: &str = "/dev/net/tun";

/// Bytes of `virtio_net_hdr` in front of every packet: offload instructions between the two
/// kernels' ends, passed through unread.
pub(crate) const HEADER_BYTES: usize = 10;

/// What a TUN device is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TunOptions {
    /// The path of the device; without udev it may be elsewhere, or not be open to all.
    pub device: PathBuf,
    /// The interface's name inside its namespace, 1 to 15 ASCII characters.
    pub name: String,
    /// The interface's address, in a network of [`TunOptions::NETMASK`].
    pub address: Ipv4Addr,
    /// Further addresses of the interface, in the same network.
    pub more: Vec<Ipv4Addr>,
    /// The largest packet in bytes, offload aside.
    pub mtu: u16,
}

impl TunOptions {
    /// All ports of a switch are in one /24 network.
    pub const NETMASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);

    /// `eth0` on [`DEFAULT_DEVICE`] with an MTU of 1500 bytes.
    pub fn new(address: Ipv4Addr) -> Self {
        let (device, name) = (DEFAULT_DEVICE.into(), "eth0".to_owned());
        Self { device, name, address, more: Vec::new(), mtu: 1500 }
    }
}

/// A TUN device. The interface goes away when this is dropped.
#[derive(Debug)]
pub struct Tun {
    file: std::fs::File,
}

impl Tun {
    /// Makes an interface, up, in the *calling thread's* network namespace: usually inside
    /// [`crate::netns::NetNs::run`].
    ///
    /// # Errors
    /// When the device cannot be opened, or the interface cannot be made or set up.
    pub fn create(options: &TunOptions) -> io::Result<Self> {
        let file = open(&options.device)?;
        let fd = file.as_raw_fd();
        let mut request = interface::request(&options.name)?;
        request.ifr_ifru.ifru_flags = device_flags();
        // SAFETY: the descriptor is open and TUNSETIFF reads one ifreq, which the pointer is to.
        let result = unsafe { libc::ioctl(fd, libc::TUNSETIFF, &raw mut request) };
        check(result, "TUNSETIFF")?;
        let tun = Self { file };
        tun.set_offload(true)?;
        interface::set_address(&options.name, options.address, TunOptions::NETMASK)?;
        interface::set_mtu(&options.name, options.mtu)?;
        interface::bring_up(&options.name)?;
        for (number, address) in options.more.iter().enumerate() {
            // Old, but it needs no netlink: a label makes it a further address.
            let label = format!("{}:{number}", options.name);
            interface::set_address(&label, *address, TunOptions::NETMASK)?;
        }
        Ok(tun)
    }

    /// Whether packets may come in bundles, without their checksums; otherwise each comes as
    /// on a wire. What the kernel has queued by then still comes as it was.
    pub(crate) fn set_offload(&self, on: bool) -> io::Result<()> {
        let all = libc::TUN_F_CSUM | libc::TUN_F_TSO4 | libc::TUN_F_TSO6;
        let offloads = libc::c_ulong::from(if on { all } else { 0 });
        // SAFETY: the descriptor is open and TUNSETOFFLOAD takes an integer.
        let result = unsafe { libc::ioctl(self.file.as_raw_fd(), libc::TUNSETOFFLOAD, offloads) };
        check(result, "TUNSETOFFLOAD").map(drop)
    }

    /// Reads one packet with its header; `WouldBlock` when there is none.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.file).read(buffer)
    }

    /// Writes one packet with its header.
    pub(crate) fn send(&self, packet: &[u8]) -> io::Result<()> {
        match (&self.file).write(packet)? {
            written if written == packet.len() => Ok(()),
            _ => Err(io::ErrorKind::WriteZero.into()),
        }
    }
}

impl AsFd for Tun {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Whether an interface can be made on the device here; it is gone at once. Allocates nothing,
/// so a forked child may use it; the error is an `errno`.
pub(crate) fn try_device(device: &CStr) -> Result<(), i32> {
    // SAFETY: the path is NUL-terminated; the flags ask for no mode argument.
    let fd = or_errno(unsafe { libc::open(device.as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) })?;
    // SAFETY: the kernel just returned this descriptor, and nobody else owns it.
    let device = unsafe { OwnedFd::from_raw_fd(fd) };
    let mut request = interface::request("probe0").map_err(|_| libc::EINVAL)?;
    request.ifr_ifru.ifru_flags = device_flags();
    // SAFETY: the descriptor is open and TUNSETIFF reads one ifreq, which the pointer is to.
    or_errno(unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETIFF, &raw mut request) })
        .map(|_| ())
}

fn open(device: &Path) -> io::Result<std::fs::File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(device)
        .map_err(|error| named(&format!("cannot open {}", device.display()), &error))
}

fn device_flags() -> libc::c_short {
    interface::flag_bits(libc::IFF_TUN | libc::IFF_NO_PI | libc::IFF_VNET_HDR)
}
