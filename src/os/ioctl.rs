//! The few questions that only an ioctl answers. All `unsafe` of the program is here.
#![allow(unsafe_code, reason = "ioctls have no safe interface; every block says why it is sound")]

use std::os::fd::{AsRawFd as _, BorrowedFd};

use nix::errno::Errno;

use super::passthrough::{MmcCommand, NvmeCommand, Payload, ScsiRequest};
use super::vt::{Character, FontOperation, Glyphs, Key, UnicodeMap};

mod raw {
    use super::{FontOperation, Key, MmcCommand, NvmeCommand, ScsiRequest, UnicodeMap};

    // <linux/fs.h>: _IOR(0x12, 114, size_t), _IO(0x12, 104), _IO(0x12, 123),
    // _IOR(0x12, 128, __u64), _IO(0x12, 95), _IO(0x12, 97).
    nix::ioctl_read!(blkgetsize64, 0x12, 114, u64);
    nix::ioctl_read_bad!(blksszget, nix::request_code_none!(0x12, 104), i32);
    nix::ioctl_read_bad!(blkpbszget, nix::request_code_none!(0x12, 123), u32);
    nix::ioctl_read!(blkgetdiskseq, 0x12, 128, u64);
    nix::ioctl_none!(blkrrpart, 0x12, 95);
    nix::ioctl_none!(blkflsbuf, 0x12, 97);
    // <linux/loop.h>: LOOP_GET_STATUS64.
    nix::ioctl_read_bad!(loop_get_status64, 0x4c05, [u64; 29]);
    // <linux/nvme_ioctl.h>: _IO('N', 0x40), _IOWR('N', 0x41, struct nvme_passthru_cmd).
    nix::ioctl_none!(nvme_ioctl_id, b'N', 0x40);
    nix::ioctl_readwrite!(nvme_ioctl_admin_cmd, b'N', 0x41, NvmeCommand);
    // <scsi/sg.h>: SG_SCSI_RESET, SG_IO.
    nix::ioctl_write_ptr_bad!(sg_scsi_reset, 0x2284, i32);
    nix::ioctl_readwrite_bad!(sg_io, 0x2285, ScsiRequest);
    // <linux/mmc/ioctl.h>: _IOWR(MMC_BLOCK_MAJOR, 0, struct mmc_ioc_cmd).
    nix::ioctl_readwrite!(mmc_ioc_cmd, 179, 0, MmcCommand);
    // <linux/kd.h>: KDSKBMODE, KDSKBENT, PIO_UNIMAP, PIO_UNIMAPCLR, KDFONTOP.
    nix::ioctl_write_int_bad!(kdskbmode, 0x4b45);
    nix::ioctl_write_ptr_bad!(kdskbent, 0x4b47, Key);
    nix::ioctl_write_ptr_bad!(pio_unimap, 0x4b67, UnicodeMap);
    nix::ioctl_write_ptr_bad!(pio_unimapclr, 0x4b68, [u16; 3]);
    nix::ioctl_readwrite_bad!(kdfontop, 0x4b72, FontOperation);

    /// Against the numbers that a C compiler makes of the headers.
    #[cfg(target_arch = "x86_64")]
    const _: () = {
        assert!(nix::request_code_none!(b'N', 0x40) == 0x4e40);
        assert!(nix::request_code_readwrite!(b'N', 0x41, size_of::<NvmeCommand>()) == 0xc048_4e41);
        assert!(nix::request_code_readwrite!(179, 0, size_of::<MmcCommand>()) == 0xc048_b300);
    };
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

/// Makes the kernel write back and drop what it holds of the device's content (BLKFLSBUF).
///
/// # Errors
/// No privilege, or gone.
pub(super) fn drop_pages(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: the request takes no argument.
    unsafe { raw::blkflsbuf(fd.as_raw_fd()) }?;
    Ok(())
}

/// Resets a logical unit, and if that does not work nothing else (SG_SCSI_RESET with
/// SG_SCSI_RESET_DEVICE and SG_SCSI_RESET_NO_ESCALATE).
///
/// # Errors
/// No privilege, or its driver has no such reset (EIO).
pub(super) fn scsi_reset(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    let which = 0x101;
    // SAFETY: the kernel reads one int at `which`, which lives through the call.
    unsafe { raw::sg_scsi_reset(fd.as_raw_fd(), &raw const which) }?;
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

/// The namespace that a block device stands for (NVME_IOCTL_ID).
///
/// # Errors
/// Not an NVMe namespace, or gone.
pub(super) fn nvme_namespace(fd: BorrowedFd<'_>) -> Result<u32, Errno> {
    // SAFETY: the request takes no argument.
    let id = unsafe { raw::nvme_ioctl_id(fd.as_raw_fd()) }?;
    // FFFFFFFEh does not fit an int and comes as a negative number, which is taken for an error.
    u32::try_from(id).map_err(|_| Errno::EINVAL)
}

/// Sends a command to the admin queue of the namespace's controller (NVME_IOCTL_ADMIN_CMD) and
/// gives the status field of its completion.
///
/// # Errors
/// There is no completion.
pub(super) fn nvme_admin(
    fd: BorrowedFd<'_>,
    command: &NvmeCommand,
    payload: &mut Payload<'_>,
) -> Result<u16, Errno> {
    let (addr, data_len) = payload.place();
    let mut command = NvmeCommand { addr: addr.expose_provenance() as u64, data_len, ..*command };
    // SAFETY: the kernel reads and writes `command`, which has the size that the request number
    // says, and moves at most `data_len` bytes to or from `addr`. Both live through the call.
    // `payload` says in which direction; the opcode, made only in `proto`, agrees.
    let status = unsafe { raw::nvme_ioctl_admin_cmd(fd.as_raw_fd(), &raw mut command) }?;
    u16::try_from(status).map_err(|_| Errno::EIO)
}

/// Sends a SCSI command (SG_IO). What came of it is in the returned request.
///
/// # Errors
/// The kernel did not take it, or did not say what came of it.
pub(super) fn scsi(
    fd: BorrowedFd<'_>,
    request: ScsiRequest,
    cdb: &[u8],
    sense: &mut [u8; ScsiRequest::SENSE_BYTES as usize],
    payload: &mut Payload<'_>,
) -> Result<ScsiRequest, Errno> {
    let (dxferp, dxfer_len) = payload.place();
    let mut request = ScsiRequest {
        dxferp,
        dxfer_len,
        dxfer_direction: payload.scsi_direction(),
        cmdp: cdb.as_ptr(),
        cmd_len: u8::try_from(cdb.len()).map_err(|_| Errno::EINVAL)?,
        sbp: sense.as_mut_ptr(),
        mx_sb_len: ScsiRequest::SENSE_BYTES,
        ..request
    };
    // SAFETY: the kernel reads and writes `request`, an `sg_io_hdr`; it reads `cmd_len` bytes at
    // `cmdp`, writes at most `mx_sb_len` bytes at `sbp`, and moves at most `dxfer_len` bytes at
    // `dxferp` in the direction that `payload` says. All of them live through the call, which
    // waits for the end of the command.
    unsafe { raw::sg_io(fd.as_raw_fd(), &raw mut request) }?;
    Ok(request)
}

/// Sends a command to an MMC card (MMC_IOC_CMD) and gives its response.
///
/// # Errors
/// The kernel did not take it, or the card did not answer.
pub(super) fn mmc(
    fd: BorrowedFd<'_>,
    command: &MmcCommand,
    payload: &mut Payload<'_>,
) -> Result<[u32; 4], Errno> {
    let (place, bytes) = payload.place();
    // The kernel moves as much as the blocks say.
    if u64::from(command.blksz) * u64::from(command.blocks) != u64::from(bytes) {
        return Err(Errno::EINVAL);
    }
    let mut command = MmcCommand { data_ptr: place.expose_provenance() as u64, ..*command };
    // SAFETY: the kernel reads and writes `command`, which has the size that the request number
    // says, and moves `blksz * blocks` bytes, just checked to be the payload's length, at
    // `data_ptr`, in the direction of `write_flag`. Both live through the call.
    unsafe { raw::mmc_ioc_cmd(fd.as_raw_fd(), &raw mut command) }?;
    Ok(command.response)
}

/// Gives a terminal of the screen other glyphs (KDFONTOP).
///
/// # Errors
/// Not such a terminal, or it cannot show glyphs of this size.
pub(super) fn set_font(fd: BorrowedFd<'_>, glyphs: &Glyphs) -> Result<(), Errno> {
    let mut operation = glyphs.operation();
    // SAFETY: the kernel reads and writes `operation`, a `console_font_op`, and for "set" reads
    // `charcount` glyphs of 32 rows of whole bytes at `data`. `Glyphs` has exactly so many, and
    // both live through the call.
    unsafe { raw::kdfontop(fd.as_raw_fd(), &raw mut operation) }?;
    Ok(())
}

/// Says which glyph shows which character, and forgets what was said before (PIO_UNIMAPCLR,
/// PIO_UNIMAP).
///
/// # Errors
/// Not a terminal of the screen, or there are more than 65535.
pub(super) fn set_unicode_map(fd: BorrowedFd<'_>, map: &[Character]) -> Result<(), Errno> {
    let advice = [0; 3];
    // SAFETY: the kernel reads nothing or the three u16 of a `unimapinit`, which live through the
    // call.
    unsafe { raw::pio_unimapclr(fd.as_raw_fd(), &raw const advice) }?;
    let entry_ct = u16::try_from(map.len()).map_err(|_| Errno::EINVAL)?;
    let map = UnicodeMap { entry_ct, entries: map.as_ptr() };
    // SAFETY: the kernel reads `map`, a `unimapdesc`, and `entry_ct` pairs of u16 at `entries`,
    // which is a slice of that length. Both live through the call.
    unsafe { raw::pio_unimap(fd.as_raw_fd(), &raw const map) }?;
    Ok(())
}

/// Makes a terminal's keyboard give UTF-8 (KDSKBMODE with K_UNICODE).
///
/// # Errors
/// Not a terminal of the screen.
pub(super) fn unicode_keyboard(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    let k_unicode = 3;
    // SAFETY: the argument is a number and no pointer.
    unsafe { raw::kdskbmode(fd.as_raw_fd(), k_unicode) }?;
    Ok(())
}

/// Says what a key does (KDSKBENT), on the keyboards of all terminals.
///
/// # Errors
/// Not a terminal of the screen, no privilege, or no such key.
pub(super) fn set_key(fd: BorrowedFd<'_>, key: Key) -> Result<(), Errno> {
    // SAFETY: the kernel reads one `kbentry` at `key`, which has its layout and lives through the
    // call.
    unsafe { raw::kdskbent(fd.as_raw_fd(), &raw const key) }?;
    Ok(())
}
