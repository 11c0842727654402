//! The few questions that only an ioctl answers. All `unsafe` of the program is here.
#![allow(unsafe_code, reason = "ioctls have no safe interface; every block says why it is sound")]

use std::os::fd::{AsRawFd as _, BorrowedFd};

use nix::errno::Errno;

mod raw {
    // <linux/fs.h>: _IOR(0x12, 114, size_t), _IO(0x12, 104), _IO(0x12, 123),
    // _IOR(0x12, 128, __u64), _IO(0x12, 95).
    nix::ioctl_read!(blkgetsize64, 0x12, 114, u64);
    nix::ioctl_read_bad!(blksszget, nix::request_code_none!(0x12, 104), i32);
    nix::ioctl_read_bad!(blkpbszget, nix::request_code_none!(0x12, 123), u32);
    nix::ioctl_read!(blkgetdiskseq, 0x12, 128, u64);
    nix::ioctl_none!(blkrrpart, 0x12, 95);
    // <linux/loop.h>: LOOP_GET_STATUS64.
    nix::ioctl_read_bad!(loop_get_status64, 0x4c05, [u64; 29]);
}

/// Size in bytes (BLKGETSIZE64).
///
/// # Errors
/// Not a block device, or gone.
pub(super) fn capacity_bytes(fd: BorrowedFd<'_>) -> Result<u64, Errno> {
    let mut bytes = 0;
    // SAFETY: the kernel writes one u64 to `bytes`, which lives through the call.
    unsafe { raw::blkgetsize64(fd.as_raw_fd(), &raw mut bytes) }?;
    Ok(bytes)
}

/// Logical block size in bytes (BLKSSZGET).
///
/// # Errors
/// Not a block device, or gone.
pub(super) fn logical_block_bytes(fd: BorrowedFd<'_>) -> Result<u32, Errno> {
    let mut bytes = 0;
    // SAFETY: the kernel writes one int to `bytes`, which lives through the call.
    unsafe { raw::blksszget(fd.as_raw_fd(), &raw mut bytes) }?;
    u32::try_from(bytes).map_err(|_| Errno::EINVAL)
}

/// Physical block size in bytes (BLKPBSZGET).
///
/// # Errors
/// Not a block device, or gone.
pub(super) fn physical_block_bytes(fd: BorrowedFd<'_>) -> Result<u32, Errno> {
    let mut bytes = 0;
    // SAFETY: the kernel writes one unsigned int to `bytes`, which lives through the call.
    unsafe { raw::blkpbszget(fd.as_raw_fd(), &raw mut bytes) }?;
    Ok(bytes)
}

/// The kernel's number of this attachment (BLKGETDISKSEQ, Linux 5.15).
///
/// # Errors
/// Not a block device, gone, or an older kernel.
pub(super) fn diskseq(fd: BorrowedFd<'_>) -> Result<u64, Errno> {
    let mut number = 0;
    // SAFETY: the kernel writes one u64 to `number`, which lives through the call.
    unsafe { raw::blkgetdiskseq(fd.as_raw_fd(), &raw mut number) }?;
    Ok(number)
}

/// Makes the kernel read the partition table again (BLKRRPART).
///
/// # Errors
/// A partition is in use, or the device has no partitions (EINVAL on most loop devices).
pub(super) fn reread_partitions(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: the request takes no argument.
    unsafe { raw::blkrrpart(fd.as_raw_fd()) }?;
    Ok(())
}

/// What lies behind a loop device: `lo_device`, `lo_inode` and `lo_rdevice`, the first three
/// fields of `struct loop_info64` (232 bytes).
///
/// # Errors
/// Not a loop device, or nothing is attached.
pub(super) fn loop_backing(fd: BorrowedFd<'_>) -> Result<[u64; 3], Errno> {
    let mut info = [0; 29];
    // SAFETY: the kernel writes the 232 bytes of a loop_info64 to `info`, which has that size and
    // lives through the call.
    unsafe { raw::loop_get_status64(fd.as_raw_fd(), &raw mut info) }?;
    let [device, inode, rdevice, ..] = info;
    Ok([device, inode, rdevice])
}
