//! ATA: commands as a drive's COMMAND register takes them, and the registers that come back.
//!
//! On Linux a command travels inside a SCSI command ([`pass_through`]), and the registers come
//! back inside sense data ([`sense`]). What a command means is in the file that has its name; each
//! such file reads its commands back as well, because a simulated drive has to.

use super::Data;

pub mod accessible_max_address;
mod block;
pub mod device_configuration;
pub mod device_statistics;
pub mod identify_device;
pub mod identify_device_data_log;
pub mod max_address;
pub mod pass_through;
pub mod pending_defects;
pub mod read_log;
pub mod sanitize_device;
pub mod security;
pub mod sense;
pub mod smart;
pub mod trusted;

/// BSY: the drive is at work, and no other bit of STATUS means anything.
pub const BUSY: u8 = 0x80;
/// DRDY: the drive takes commands.
pub const READY: u8 = 0x40;
/// DF: the drive is broken in a way that repeating will not mend.
pub const DEVICE_FAULT: u8 = 0x20;
/// DRQ: the drive still waits for data to be moved.
pub const DATA_REQUEST: u8 = 0x08;
/// ERR: the command ended in an error, and ERROR says which.
pub const ERROR: u8 = 0x01;
/// ABRT in the ERROR register: the drive did not do what the command says.
pub const ABORT: u8 = 0x04;

/// How wide a command's registers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// FEATURE and COUNT have 8 bits, LBA has 28.
    Lba28,
    /// FEATURE and COUNT have 16 bits, LBA has 48.
    Lba48,
}

/// A command for a drive's firmware. Only the builders in the files beside this one make it, so a
/// combination that they do not offer does not exist.
///
/// Data is moved in blocks of 512 bytes, and COUNT always says how many, even where the standard
/// gives COUNT no meaning (IDENTIFY DEVICE, the SECURITY commands): a translation layer takes the
/// length of the transfer from it. Checked against hdparm's and openSeaChest's senders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    code: u8,
    feature: u16,
    count: u16,
    lba: u64,
    width: Width,
    data: Data,
}

impl Command {
    /// A command without data, its other registers zero.
    fn new(code: u8, width: Width) -> Self {
        Self { code, feature: 0, count: 0, lba: 0, width, data: Data::None }
    }

    /// What the command moves besides itself.
    #[must_use]
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The command's name in the standard, for messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match (self.code, self.feature) {
            (0x27, _) => "READ NATIVE MAX ADDRESS EXT",
            (0x2f, _) => "READ LOG EXT",
            (0x37, _) => "SET MAX ADDRESS EXT",
            (0x5c, _) => "TRUSTED RECEIVE",
            (0x5e, _) => "TRUSTED SEND",
            (0x78, 0x00) => "GET NATIVE MAX ADDRESS EXT",
            (0x78, 0x01) => "SET ACCESSIBLE MAX ADDRESS EXT",
            (0xb0, 0xd0) => "SMART READ DATA",
            (0xb0, 0xda) => "SMART RETURN STATUS",
            (0xb1, 0xc0) => "DEVICE CONFIGURATION RESTORE",
            (0xb1, 0xc2) => "DEVICE CONFIGURATION IDENTIFY",
            (0xb4, 0x00) => "SANITIZE STATUS EXT",
            (0xb4, 0x11) => "CRYPTO SCRAMBLE EXT",
            (0xb4, 0x12) => "BLOCK ERASE EXT",
            (0xb4, 0x14) => "OVERWRITE EXT",
            (0xb4, 0x20) => "SANITIZE FREEZE LOCK EXT",
            (0xb4, 0x40) => "SANITIZE ANTIFREEZE LOCK EXT",
            (0xec, _) => "IDENTIFY DEVICE",
            (0xf1, _) => "SECURITY SET PASSWORD",
            (0xf2, _) => "SECURITY UNLOCK",
            (0xf3, _) => "SECURITY ERASE PREPARE",
            (0xf4, _) => "SECURITY ERASE UNIT",
            (0xf5, _) => "SECURITY FREEZE LOCK",
            (0xf6, _) => "SECURITY DISABLE PASSWORD",
            (0xf8, _) => "READ NATIVE MAX ADDRESS",
            (0xf9, 0x00) => "SET MAX ADDRESS",
            _ => "an ATA command that this tool does not send",
        }
    }
}

/// A drive's registers after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registers {
    /// ERROR, which means something only if STATUS has [`ERROR`].
    pub error: u8,
    /// STATUS.
    pub status: u8,
    /// DEVICE; after a 28-bit command its low four bits are LBA 27:24.
    pub device: u8,
    /// COUNT 7:0.
    pub count: u8,
    /// LBA 23:0.
    pub lba: u32,
    /// What only a 48-bit command has and only some adapters pass on. `None` says that these bytes
    /// are not known, never that they are zero.
    pub high: Option<High>,
}

/// The upper bytes of [`Registers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct High {
    /// COUNT 15:8.
    pub count: u8,
    /// LBA 47:24.
    pub lba: u32,
}

impl Registers {
    /// Whether the drive says that the command is done: ready, and neither busy nor waiting for
    /// data, without error or fault. The same bits as `ata_ok` in Linux' include/linux/ata.h.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status & (BUSY | READY | DEVICE_FAULT | DATA_REQUEST | ERROR) == READY
    }

    /// Whether the drive refused the command.
    #[must_use]
    pub fn aborted(&self) -> bool {
        self.status & (BUSY | ERROR) == ERROR && self.error & ABORT != 0
    }

    /// Whether these may be the registers that a reset leaves behind, not a command: the diagnostic
    /// code 01h in ERROR although STATUS has no error. openSeaChest takes it after SECURITY ERASE
    /// UNIT as a hint, not as proof, that a reset hit the drive while it was erasing.
    #[must_use]
    pub fn like_after_reset(&self) -> bool {
        self.status == 0x50 && self.error == 0x01
    }

    /// COUNT 15:0, if its upper byte is known.
    #[must_use]
    pub fn count48(&self) -> Option<u16> {
        self.high.map(|high| u16::from_be_bytes([high.count, self.count]))
    }

    /// LBA 47:0, if its upper bytes are known.
    #[must_use]
    pub fn lba48(&self) -> Option<u64> {
        self.high.map(|high| u64::from(high.lba) << 24 | u64::from(self.lba))
    }

    /// LBA 27:0 after a 28-bit command.
    #[must_use]
    pub fn lba28(&self) -> u32 {
        u32::from(self.device & 0x0f) << 24 | self.lba
    }

    /// What a drive answers to a command of this width that it has done.
    #[must_use]
    pub fn done(width: Width, count: u16, lba: u64) -> Self {
        let [count_high, count] = count.to_be_bytes();
        let [.., l5, l4, l3, l2, l1, l0] = lba.to_be_bytes();
        let (device, high) = match width {
            Width::Lba28 => (0x40 | l3 & 0x0f, None),
            Width::Lba48 => {
                let lba = u32::from_be_bytes([0, l5, l4, l3]);
                (0x40, Some(High { count: count_high, lba }))
            }
        };
        let lba = u32::from_be_bytes([0, l2, l1, l0]);
        Self { error: 0, status: 0x50, device, count, lba, high }
    }

    /// What a drive answers to a command of this width that it refuses.
    #[must_use]
    pub fn refused(width: Width, lba: u64) -> Self {
        Self { error: ABORT, status: 0x51, ..Self::done(width, 0, lba) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes without meaning, always the same: an LCG's upper halves.
    pub(super) fn noise(bytes: usize) -> impl Iterator<Item = Vec<u8>> {
        let mut state = 1_u64;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        };
        (0..2000).map(move |_| (0..bytes).map(|_| next()).collect())
    }

    #[test]
    fn only_a_ready_drive_without_error_has_succeeded() {
        let status = |status| Registers { status, ..Registers::done(Width::Lba28, 0, 0) };
        assert_eq!([BUSY, READY, DEVICE_FAULT, DATA_REQUEST], [0x80, 0x40, 0x20, 0x08]);
        assert_eq!([ERROR, ABORT], [0x01, 0x04]);
        // 0x10 is the old seek-complete bit, 0x02 says that sense data is available.
        for good in [0x40, 0x50, 0x42] {
            assert!(status(good).succeeded(), "{good:02x}");
        }
        for bad in [0x00, 0x10, 0x51, 0x70, 0x58, 0xd0, 0x7f, 0xff] {
            assert!(!status(bad).succeeded(), "{bad:02x}");
        }
    }

    #[test]
    fn abort_needs_both_registers() {
        let registers = |status, error| {
            let done = Registers::done(Width::Lba28, 0, 0);
            Registers { status, error, ..done }.aborted()
        };
        assert!(registers(0x51, 0x04));
        assert!(!registers(0x50, 0x04), "no error, so the error register says nothing");
        assert!(!registers(0x51, 0x40), "an uncorrectable error");
        assert!(!registers(0xd1, 0x04), "busy");
    }

    #[test]
    fn a_reset_leaves_its_diagnostic_code() {
        let done = Registers::done(Width::Lba28, 1, 1);
        assert!(!done.like_after_reset());
        assert!(Registers { error: 1, ..done }.like_after_reset());
        assert!(!Registers { error: 1, status: 0x51, ..done }.like_after_reset());
    }

    #[test]
    fn registers_of_both_widths() {
        let long = Registers::done(Width::Lba48, 0x1234, 0xa1a2_a3a4_a5a6);
        let high = Some(High { count: 0x12, lba: 0xa1_a2a3 });
        let expected =
            Registers { error: 0, status: 0x50, device: 0x40, count: 0x34, lba: 0xa4_a5a6, high };
        assert_eq!(long, expected);
        assert_eq!((long.count48(), long.lba48()), (Some(0x1234), Some(0xa1a2_a3a4_a5a6)));
        let short = Registers::done(Width::Lba28, 0x34, 0xf2a4_a5a6);
        assert_eq!(short, Registers { device: 0x42, high: None, ..expected });
        assert_eq!(short.lba28(), 0x2a4_a5a6);
        assert_eq!((short.count48(), short.lba48()), (None, None), "unknown is not zero");
        let refused = Registers::refused(Width::Lba48, 3);
        let bare = Registers::done(Width::Lba48, 0, 3);
        assert_eq!(refused, Registers { status: 0x51, error: 0x04, ..bare });
        assert!(refused.aborted() && !refused.succeeded());
    }

    #[test]
    fn names() {
        assert_eq!(Command::new(0xec, Width::Lba28).name(), "IDENTIFY DEVICE");
        let unknown = Command { feature: 0x99, ..Command::new(0xb4, Width::Lba48) };
        assert_eq!(unknown.name(), "an ATA command that this tool does not send");
    }
}
