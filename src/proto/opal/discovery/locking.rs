//! Locking: of the drive, by namespace, and by single users.

use super::super::super::field::be32;
use super::{bit, byte};

/// Byte 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locking {
    /// Bit 0: the drive can lock.
    pub supported: bool,
    /// Bit 1: somebody has taken it into use and owns the drive.
    pub enabled: bool,
    /// Bit 2: at least one range is locked; it cannot be read or not be written.
    pub locked: bool,
    /// Bit 3: the drive encrypts.
    pub media_encryption: bool,
    /// Bit 4: a shadow MBR is set up.
    pub mbr_enabled: bool,
    /// Bit 5: it has been put away until the next reset. Enabled and not done means that reads
    /// show the shadow, and not the data.
    pub mbr_done: bool,
    /// Bit 6: there can be no shadow MBR.
    pub mbr_shadowing_not_supported: bool,
    /// Bit 7: a hardware reset can lock, and bring the shadow MBR back.
    pub hardware_reset: bool,
}

/// Single user mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SingleUserMode {
    /// Bytes 0 to 3.
    pub locking_objects: u32,
    /// Byte 4, bit 0: some are in this mode.
    pub any: bool,
    /// Byte 4, bit 1: all are.
    pub all: bool,
    /// Byte 4, bit 2: the administrator sets the ranges.
    pub policy: bool,
}

/// Locking by namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamespaceLocking {
    /// Byte 0, bit 7: ranges beyond those for whole namespaces.
    pub ranges: bool,
    /// Byte 0, bit 6.
    pub ranges_per_namespace: bool,
    /// Bytes 4 to 7.
    pub max_keys: u32,
    /// Bytes 8 to 11.
    pub unused_keys: u32,
    /// Bytes 12 to 15.
    pub max_ranges_per_namespace: u32,
}

impl Locking {
    pub(super) const fn from_bits(bits: u8) -> Self {
        Self {
            supported: bit(bits, 0),
            enabled: bit(bits, 1),
            locked: bit(bits, 2),
            media_encryption: bit(bits, 3),
            mbr_enabled: bit(bits, 4),
            mbr_done: bit(bits, 5),
            mbr_shadowing_not_supported: bit(bits, 6),
            hardware_reset: bit(bits, 7),
        }
    }

    pub(super) fn to_bits(self) -> u8 {
        byte([
            self.supported,
            self.enabled,
            self.locked,
            self.media_encryption,
            self.mbr_enabled,
            self.mbr_done,
            self.mbr_shadowing_not_supported,
            self.hardware_reset,
        ])
    }
}

impl SingleUserMode {
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let bits = *data.get(4)?;
        Some(Self {
            locking_objects: be32(data, 0)?,
            any: bit(bits, 0),
            all: bit(bits, 1),
            policy: bit(bits, 2),
        })
    }

    pub(super) fn encode(self) -> Vec<u8> {
        let bits = byte([self.any, self.all, self.policy, false, false, false, false, false]);
        [&self.locking_objects.to_be_bytes()[..], &[bits], &[0; 7]].concat()
    }
}

impl NamespaceLocking {
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let bits = *data.first()?;
        Some(Self {
            ranges: bit(bits, 7),
            ranges_per_namespace: bit(bits, 6),
            max_keys: be32(data, 4)?,
            unused_keys: be32(data, 8)?,
            max_ranges_per_namespace: be32(data, 12)?,
        })
    }

    pub(super) fn encode(self) -> Vec<u8> {
        let bits = u8::from(self.ranges) << 7 | u8::from(self.ranges_per_namespace) << 6;
        let counts = [self.max_keys, self.unused_keys, self.max_ranges_per_namespace];
        let counts = counts.map(u32::to_be_bytes);
        [&[bits, 0, 0, 0], counts.as_flattened()].concat()
    }
}
