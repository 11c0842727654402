//! The structures in which the kernel takes a command for a drive's firmware. Their layout is the
//! kernel's; the numbers were measured on x86-64 by compiling against the headers of Linux 6.1.
//!
//! Pointers and lengths are filled in by [`super::ioctl`], from what they point to.

use std::ptr;

/// What moves with a command, and in which direction.
#[derive(Debug)]
pub(super) enum Payload<'a> {
    /// Nothing.
    None,
    /// From the drive to here.
    In(&'a mut [u8]),
    /// From here to the drive.
    Out(&'a [u8]),
}

impl Payload<'_> {
    /// Where it is and how many bytes it has. No longer than 32 bits can say: the rest, which
    /// nobody asks for, would not be moved.
    pub(super) fn place(&mut self) -> (*mut u8, u32) {
        let bytes = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        match self {
            Self::None => (ptr::null_mut(), 0),
            Self::In(to) => (to.as_mut_ptr(), bytes(to.len())),
            Self::Out(from) => (from.as_ptr().cast_mut(), bytes(from.len())),
        }
    }

    /// `SG_DXFER_*`.
    pub(super) const fn scsi_direction(&self) -> i32 {
        match self {
            Self::None => -1,
            Self::Out(_) => -2,
            Self::In(_) => -3,
        }
    }
}

/// `struct nvme_passthru_cmd`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NvmeCommand {
    pub(super) opcode: u8,
    pub(super) flags: u8,
    pub(super) rsvd1: u16,
    pub(super) nsid: u32,
    pub(super) cdw2: u32,
    pub(super) cdw3: u32,
    pub(super) metadata: u64,
    pub(super) addr: u64,
    pub(super) metadata_len: u32,
    pub(super) data_len: u32,
    /// Dwords 10 to 15.
    pub(super) words: [u32; 6],
    pub(super) timeout_ms: u32,
    pub(super) result: u32,
}

/// `struct sg_io_hdr`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct ScsiRequest {
    pub(super) interface_id: i32,
    pub(super) dxfer_direction: i32,
    pub(super) cmd_len: u8,
    pub(super) mx_sb_len: u8,
    pub(super) iovec_count: u16,
    pub(super) dxfer_len: u32,
    pub(super) dxferp: *mut u8,
    pub(super) cmdp: *const u8,
    pub(super) sbp: *mut u8,
    pub(super) timeout_ms: u32,
    pub(super) flags: u32,
    pub(super) pack_id: i32,
    pub(super) usr_ptr: *mut u8,
    pub(super) status: u8,
    pub(super) masked_status: u8,
    pub(super) msg_status: u8,
    pub(super) sb_len_wr: u8,
    pub(super) host_status: u16,
    pub(super) driver_status: u16,
    pub(super) resid: i32,
    pub(super) duration: u32,
    pub(super) info: u32,
}

impl ScsiRequest {
    /// Room for sense data: all that fits its descriptor form with several descriptors.
    pub(super) const SENSE_BYTES: u8 = 252;

    /// A request that has nothing in it yet but its time.
    pub(super) const fn new(timeout_ms: u32) -> Self {
        Self {
            interface_id: b'S' as i32,
            dxfer_direction: -1,
            cmd_len: 0,
            mx_sb_len: 0,
            iovec_count: 0,
            dxfer_len: 0,
            dxferp: ptr::null_mut(),
            cmdp: ptr::null(),
            sbp: ptr::null_mut(),
            timeout_ms,
            flags: 0,
            pack_id: 0,
            usr_ptr: ptr::null_mut(),
            status: 0,
            masked_status: 0,
            msg_status: 0,
            sb_len_wr: 0,
            host_status: 0,
            driver_status: 0,
            resid: 0,
            duration: 0,
            info: 0,
        }
    }
}

/// `struct mmc_ioc_cmd`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MmcCommand {
    pub(super) write_flag: i32,
    pub(super) is_acmd: i32,
    pub(super) opcode: u32,
    pub(super) arg: u32,
    pub(super) response: [u32; 4],
    pub(super) flags: u32,
    pub(super) blksz: u32,
    pub(super) blocks: u32,
    pub(super) postsleep_min_us: u32,
    pub(super) postsleep_max_us: u32,
    pub(super) data_timeout_ns: u32,
    pub(super) cmd_timeout_ms: u32,
    pub(super) pad: u32,
    pub(super) data_ptr: u64,
}

/// The layouts, against literal numbers.
#[cfg(target_arch = "x86_64")]
const _: () = {
    use std::mem::offset_of;

    assert!(size_of::<NvmeCommand>() == 72);
    assert!(offset_of!(NvmeCommand, opcode) == 0);
    assert!(offset_of!(NvmeCommand, flags) == 1);
    assert!(offset_of!(NvmeCommand, nsid) == 4);
    assert!(offset_of!(NvmeCommand, cdw2) == 8);
    assert!(offset_of!(NvmeCommand, cdw3) == 12);
    assert!(offset_of!(NvmeCommand, metadata) == 16);
    assert!(offset_of!(NvmeCommand, addr) == 24);
    assert!(offset_of!(NvmeCommand, metadata_len) == 32);
    assert!(offset_of!(NvmeCommand, data_len) == 36);
    assert!(offset_of!(NvmeCommand, words) == 40);
    assert!(offset_of!(NvmeCommand, timeout_ms) == 64);
    assert!(offset_of!(NvmeCommand, result) == 68);

    assert!(size_of::<ScsiRequest>() == 88);
    assert!(offset_of!(ScsiRequest, interface_id) == 0);
    assert!(offset_of!(ScsiRequest, dxfer_direction) == 4);
    assert!(offset_of!(ScsiRequest, cmd_len) == 8);
    assert!(offset_of!(ScsiRequest, mx_sb_len) == 9);
    assert!(offset_of!(ScsiRequest, iovec_count) == 10);
    assert!(offset_of!(ScsiRequest, dxfer_len) == 12);
    assert!(offset_of!(ScsiRequest, dxferp) == 16);
    assert!(offset_of!(ScsiRequest, cmdp) == 24);
    assert!(offset_of!(ScsiRequest, sbp) == 32);
    assert!(offset_of!(ScsiRequest, timeout_ms) == 40);
    assert!(offset_of!(ScsiRequest, flags) == 44);
    assert!(offset_of!(ScsiRequest, pack_id) == 48);
    assert!(offset_of!(ScsiRequest, usr_ptr) == 56);
    assert!(offset_of!(ScsiRequest, status) == 64);
    assert!(offset_of!(ScsiRequest, masked_status) == 65);
    assert!(offset_of!(ScsiRequest, msg_status) == 66);
    assert!(offset_of!(ScsiRequest, sb_len_wr) == 67);
    assert!(offset_of!(ScsiRequest, host_status) == 68);
    assert!(offset_of!(ScsiRequest, driver_status) == 70);
    assert!(offset_of!(ScsiRequest, resid) == 72);
    assert!(offset_of!(ScsiRequest, duration) == 76);
    assert!(offset_of!(ScsiRequest, info) == 80);

    assert!(size_of::<MmcCommand>() == 72);
    assert!(offset_of!(MmcCommand, write_flag) == 0);
    assert!(offset_of!(MmcCommand, is_acmd) == 4);
    assert!(offset_of!(MmcCommand, opcode) == 8);
    assert!(offset_of!(MmcCommand, arg) == 12);
    assert!(offset_of!(MmcCommand, response) == 16);
    assert!(offset_of!(MmcCommand, flags) == 32);
    assert!(offset_of!(MmcCommand, blksz) == 36);
    assert!(offset_of!(MmcCommand, blocks) == 40);
    assert!(offset_of!(MmcCommand, postsleep_min_us) == 44);
    assert!(offset_of!(MmcCommand, postsleep_max_us) == 48);
    assert!(offset_of!(MmcCommand, data_timeout_ns) == 52);
    assert!(offset_of!(MmcCommand, cmd_timeout_ms) == 56);
    assert!(offset_of!(MmcCommand, data_ptr) == 64);
};
