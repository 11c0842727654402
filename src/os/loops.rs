//! What lies behind a loop device.

use std::fs;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use super::blocks::Blocks;
use super::ioctl;
use super::system::{Dev, FileId, FileRef, System};

/// What an attached loop device shows.
#[derive(Debug, Clone)]
pub(super) struct Backing {
    /// The file, or the device's node.
    pub(super) file: FileRef,
    /// Whether it is another block device, and which, where that can be told.
    pub(super) device: Option<Option<Dev>>,
    /// Where in it the loop device begins, in bytes.
    pub(super) offset: u64,
}

/// What is attached to the loop device `name` with the number `dev`; `None` if nothing is.
pub(super) fn backing(
    system: &System,
    blocks: &Blocks,
    name: &str,
    dev: Option<Dev>,
) -> Option<Backing> {
    let dir = format!("sys/block/{name}/loop");
    let mut path = system.bytes(format!("{dir}/backing_file")).ok()?;
    if path.last() == Some(&b'\n') {
        path.pop();
    }
    let path = PathBuf::from(std::ffi::OsString::from_vec(path));
    let offset = system.number(format!("{dir}/offset")).unwrap_or(0);
    let (id, device) = match ask_kernel(system, name, dev) {
        Some((id, device)) => (Some(id), device.map(Some)),
        None => match system.is_live().then(|| fs::metadata(&path)).and_then(Result::ok) {
            Some(found) => {
                let device = found.file_type().is_block_device();
                (Some(FileId::of(&found)), device.then(|| Some(Dev::unpack(found.rdev()))))
            }
            // A recording, or a path that leads nowhere from here: only the name is left.
            None => {
                let is_node = path.starts_with("/dev") && !path.starts_with("/dev/shm");
                (None, is_node.then(|| blocks.find(system, &path).and_then(|node| node.dev)))
            }
        },
    };
    Some(Backing { file: FileRef { path, id }, device, offset })
}

/// The file behind a loop device as the kernel holds it. Its path is not enough: the file may
/// have been deleted, or its file system unmounted lazily (as live systems do with the stick they
/// started from), or moved out of sight by a change of root.
fn ask_kernel(system: &System, name: &str, dev: Option<Dev>) -> Option<(FileId, Option<Dev>)> {
    if !system.is_live() {
        return None;
    }
    let node = fs::OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(format!("/dev/{name}"))
        .ok()?;
    let found = node.metadata().ok()?;
    if !found.file_type().is_block_device() || Some(Dev::unpack(found.rdev())) != dev {
        return None;
    }
    let [device, inode, rdevice] = ioctl::loop_backing(node.as_fd()).ok()?;
    let id = FileId { dev: Dev::unpack(device), inode };
    Some((id, (rdevice != 0).then(|| Dev::unpack(rdevice))))
}
