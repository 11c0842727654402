//! `adapter DEVICE DRIVES`: a SCSI host adapter for a guest. QEMU connects to the socket DEVICE, as
//! to a vhost-user device; each command that the guest sends goes to the socket DRIVES, where
//! whoever started this program answers it, and the answer goes back. It ends with the guest.
//!
//! It knows nothing of drives. To DRIVES go a target's number (1 byte), the CDB and the data that
//! came with it; back come status (1 byte), sense data and data. What has no fixed length stands
//! behind its length (4 bytes, little-endian). A status of FFh says that there is no such target.

mod virtio;

use std::error::Error;
use std::io::{Read, Result, Write};
use std::os::unix::net::UnixStream;

use vhost_user_backend::VhostUserDaemon;
use vm_memory::{GuestMemoryAtomic, GuestMemoryMmap};

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: adapter DEVICE DRIVES";
    let (device, drives) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let memory = GuestMemoryAtomic::new(GuestMemoryMmap::new());
    let adapter = virtio::Adapter::new(memory.clone(), Drives(UnixStream::connect(drives)?));
    VhostUserDaemon::new("adapter".to_owned(), adapter, memory)
        .and_then(|mut daemon| daemon.serve(&device))
        .map_err(|error| error.to_string().into())
}

/// The way to the drives.
struct Drives(UnixStream);

/// What a drive answers.
struct Reply {
    status: u8,
    sense: Vec<u8>,
    data: Vec<u8>,
}

impl Drives {
    /// `None` if there is no such target.
    fn command(&mut self, target: u8, cdb: &[u8], out: &[u8]) -> Result<Option<Reply>> {
        let mut message = vec![target];
        for part in [cdb, out] {
            message.extend((part.len() as u32).to_le_bytes());
            message.extend(part);
        }
        self.0.write_all(&message)?;
        let mut status = [0];
        self.0.read_exact(&mut status)?;
        let reply = Reply { status: status[0], sense: self.part()?, data: self.part()? };
        Ok(Some(reply).filter(|reply| reply.status != 0xff))
    }

    fn part(&mut self) -> Result<Vec<u8>> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length)?;
        let mut part = vec![0; u32::from_le_bytes(length) as usize];
        self.0.read_exact(&mut part)?;
        Ok(part)
    }
}
