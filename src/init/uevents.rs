//! What the kernel says of devices that come and go (netlink(7), NETLINK_KOBJECT_UEVENT). Only that
//! it says something counts: what is there is read from /sys.

use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, socket,
};

/// The multicast group of the kernel's own messages.
const KERNEL: u32 = 1;

/// The kernel's messages.
#[derive(Debug)]
pub(super) struct Uevents(UnixDatagram);

impl Uevents {
    /// Listens from now on.
    pub(super) fn open() -> io::Result<Self> {
        let socket = socket(
            AddressFamily::Netlink,
            SockType::Datagram,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkKObjectUEvent,
        )?;
        bind(socket.as_raw_fd(), &NetlinkAddr::new(0, KERNEL))?;
        // To read it, with a time limit, all kinds of datagram sockets are alike.
        Ok(Self(UnixDatagram::from(socket)))
    }

    /// Waits for messages, at most `time`, and takes those that are there; whether any came.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let mut message = [0; 4096];
        let _ = self.0.set_nonblocking(false);
        let _ = self.0.set_read_timeout(Some(time));
        // More messages than the kernel keeps are an error, and messages all the same.
        let nothing = |kind| matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
        match self.0.recv(&mut message) {
            Err(error) if nothing(error.kind()) => return false,
            _ => {}
        }
        let _ = self.0.set_nonblocking(true);
        while self.0.recv(&mut message).is_ok() {}
        true
    }
}
