//! What each technique is, needs, reaches and does not reach. A new technique is one row here.

use super::firmware::Machine;
use super::survey::Firmware;
use super::{ata, mmc, nvme, opal, scsi};
use crate::model::{Identity, Medium, Method, TechniqueId};

/// One technique.
#[derive(Debug)]
pub struct Spec {
    /// Its id in plans and certificates.
    pub id: TechniqueId,
    /// What people call it.
    pub name: &'static str,
    /// The clause that describes it.
    pub clause: &'static str,
    /// Why it cannot be used on this drive, in one sentence, if so.
    pub why_not: fn(&Firmware) -> Option<String>,
    /// What carries it out, if that is the drive's own firmware.
    pub machine: fn(&Firmware) -> Option<Box<dyn Machine>>,
}

/// What the host does by itself, without the firmware's help.
const OVERWRITE: Spec = Spec {
    id: TechniqueId::Overwrite,
    name: "overwrite of every user-addressable block by the host",
    clause: "NIST SP 800-88r2, section 3.1.1 (Clear)",
    why_not: |firmware| opal::open(firmware).err().or_else(|| ata::stays_locked(firmware)),
    machine: |_| None,
};

/// Every technique there is: those of each protocol, best first, and then the one that is always
/// there.
pub fn all() -> impl Iterator<Item = &'static Spec> {
    [nvme::ROWS, ata::ROWS, scsi::ROWS, mmc::ROWS, &[OVERWRITE]].into_iter().flatten()
}

impl Spec {
    /// The row of a technique.
    #[must_use]
    pub fn of(id: TechniqueId) -> Option<&'static Self> {
        all().find(|spec| spec.id == id)
    }

    /// What whoever watches must know before it is carried out, in one sentence without its full
    /// stop.
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        self.id.sets_password().then(ata::notice)
    }

    /// Why it does not reach more on this drive, one sentence each.
    #[must_use]
    pub fn not_more(&self, drive: &Identity) -> Vec<String> {
        if self.id.claims(drive.medium) == Method::Purge {
            return Vec::new();
        }
        let why = match (self.id, drive.medium) {
            (_, Medium::DiskImage) => {
                "a disk image is a file: nothing is done to the drive it lies on"
            }
            (_, Medium::Virtual) => "what lies beneath a virtual drive is not known",
            (TechniqueId::AtaSecurityEraseEnhanced | TechniqueId::AtaSecurityErase, _) => {
                "SP 800-88r2 does not name SECURITY ERASE UNIT, and SP 800-88r1, which did, is \
                 withdrawn"
            }
            (TechniqueId::AtaSanitizeOverwrite, Medium::Ssd) => {
                "overwriting is no listed purge of flash, whoever does it"
            }
            (TechniqueId::Overwrite, Medium::Hdd) => {
                "overwriting by the host does not reach reallocated blocks"
            }
            (TechniqueId::Overwrite, _) => {
                "overwriting by the host does not reach reallocated, retired and over-provisioned \
                 blocks"
            }
            (TechniqueId::ScsiSanitizeBlockErase, _) => {
                "a block erase is made for flash memory, and this drive is not known to be such"
            }
            (TechniqueId::ScsiSanitizeOverwrite, _) => {
                "what an overwrite by the firmware reaches is only known of magnetic disks"
            }
            (TechniqueId::ScsiFormatUnit, _) => {
                "a format may leave retired blocks as they are, and how thorough it is is up to \
                 the drive's maker"
            }
            (TechniqueId::EmmcSanitize, _) => {
                "what the standards say of the sanitize operation of eMMC has not been read"
            }
            _ => "what this command reaches is up to the drive's maker",
        };
        vec![why.to_owned()]
    }
}
