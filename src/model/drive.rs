//! What makes a drive this drive and no other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A real block device or a file standing in for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DriveKind {
    /// A whole block device of the kernel.
    BlockDevice,
    /// A regular file. Its certificate says so and never claims Purge.
    DiskImage,
}

/// How the drive is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the field's own")]
pub enum Bus {
    Nvme,
    Sata,
    Pata,
    Sas,
    Scsi,
    Usb,
    Mmc,
    Virtio,
    Loop,
    /// A disk image: no bus at all.
    File,
    /// Something else, or not recognised.
    Other,
}

/// What holds the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Medium {
    /// Rotating magnetic disk.
    Hdd,
    /// Flash behind a controller that remaps blocks.
    Ssd,
    /// Soldered flash with an MMC controller.
    Emmc,
    /// SD card.
    SdCard,
    /// A virtual machine's or the kernel's own device; what lies beneath is not known.
    Virtual,
    /// A regular file.
    DiskImage,
    /// Not known, for instance behind a USB bridge.
    Unknown,
}

impl Medium {
    /// Whether host writes cannot reach every cell, because the medium remaps blocks (SP 800-88r2,
    /// section 3.1.1). Unknown counts as yes.
    #[must_use]
    pub const fn remaps(self) -> bool {
        match self {
            Self::Ssd | Self::Emmc | Self::SdCard | Self::Unknown => true,
            Self::Hdd | Self::Virtual | Self::DiskImage => false,
        }
    }
}

/// Everything that tells one drive from another. Part of the plan's digest, compared again on the
/// opened descriptor right before the first write, and part of the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Block device or disk image.
    pub kind: DriveKind,
    /// How it is attached.
    pub bus: Bus,
    /// What holds the data.
    pub medium: Medium,
    /// Maker, where the drive says one.
    pub vendor: Option<String>,
    /// Model as the drive says it.
    pub model: Option<String>,
    /// Serial number as the drive, or the bridge before it, says it.
    pub serial_number: Option<String>,
    /// Firmware revision.
    pub firmware: Option<String>,
    /// World Wide Name, EUI-64 or NGUID, with the prefix the kernel gives it (`naa.`, `eui.`, ...).
    pub wwn: Option<String>,
    /// What tells this unit from others that share the fields above: the NVMe namespace id, the
    /// file behind a loop device, the inode of a disk image.
    pub unit: Option<String>,
    /// Capacity in bytes as this interface shows it.
    pub capacity_bytes: u64,
    /// Logical block size in bytes; the unit of block addresses in this document.
    pub logical_block_bytes: u32,
    /// Physical block size in bytes; the unit down to which media errors are bisected.
    pub physical_block_bytes: u32,
    /// The kernel's number of this attachment (BLKGETDISKSEQ); changes when the drive is replaced
    /// and at a reboot.
    pub diskseq: Option<u64>,
    /// Where each of vendor, model, serialNumber, firmware and wwn came from.
    pub sources: BTreeMap<String, String>,
}

/// Whether what is attached this way is plugged in from outside: by USB, or as an SD card.
#[must_use]
pub const fn is_pluggable(bus: Bus, medium: Medium) -> bool {
    matches!((bus, medium), (Bus::Usb, _) | (_, Medium::SdCard))
}

impl Identity {
    /// Whether it is plugged in from outside, so that it may be anybody's.
    #[must_use]
    pub const fn is_pluggable(&self) -> bool {
        is_pluggable(self.bus, self.medium)
    }

    /// Whether the drive has a name of its own that survives a reboot.
    #[must_use]
    pub const fn is_distinct(&self) -> bool {
        self.serial_number.is_some() || self.wwn.is_some()
    }

    /// Whether `other` is this drive in this attachment: every field but the record of sources.
    #[must_use]
    pub fn same_attachment(&self, other: &Self) -> bool {
        self.diskseq == other.diskseq && self.same_drive(other)
    }

    /// Whether `other` is this drive, whatever the kernel calls it today: every field but
    /// `diskseq` and the record of sources.
    #[must_use]
    pub fn same_drive(&self, other: &Self) -> bool {
        let core =
            |identity: &Self| Self { diskseq: None, sources: BTreeMap::new(), ..identity.clone() };
        core(self) == core(other)
    }

    /// Whether `other` is this drive in this attachment, of whatever capacity now.
    #[must_use]
    pub fn same_but_for_size(&self, other: &Self) -> bool {
        let other = Self { capacity_bytes: self.capacity_bytes, ..other.clone() };
        self.same_attachment(&other)
    }

    /// The number of logical blocks; a disk image of odd size has a short last one.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.capacity_bytes.div_ceil(u64::from(self.logical_block_bytes.max(1)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn identity() -> Identity {
        Identity {
            kind: DriveKind::BlockDevice,
            bus: Bus::Sata,
            medium: Medium::Hdd,
            vendor: None,
            model: Some("WDC WD5000".to_owned()),
            serial_number: Some("WD-1".to_owned()),
            firmware: Some("01.0".to_owned()),
            wwn: None,
            unit: None,
            capacity_bytes: 1 << 30,
            logical_block_bytes: 512,
            physical_block_bytes: 4096,
            diskseq: Some(7),
            sources: BTreeMap::new(),
        }
    }

    #[test]
    fn a_new_attachment_is_not_the_old_one() {
        let now = identity();
        let later = Identity { diskseq: Some(8), ..identity() };
        assert!(now.same_drive(&later) && !now.same_attachment(&later));
        let shrunk = Identity { capacity_bytes: 1 << 29, ..identity() };
        assert!(!now.same_drive(&shrunk) && now.same_but_for_size(&shrunk));
        assert!(!now.same_but_for_size(&Identity { diskseq: Some(8), ..shrunk }));
        let other = Identity { serial_number: Some("WD-2".to_owned()), ..identity() };
        assert!(!now.same_drive(&other));
    }
}
