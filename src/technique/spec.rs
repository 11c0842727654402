//! What each technique is, needs, reaches and does not reach. A new technique is one row here.

use super::firmware::Machine;
use super::nvme_format::NvmeFormat;
use super::nvme_sanitize::NvmeSanitize;
use super::survey::{Firmware, Nvme};
use crate::model::{Identity, Medium, Method, TechniqueId};
use crate::proto::nvme::{Afterwards, OverwritePasses, Sanitize, SanitizeAction, SecureErase};

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

const SANITIZE_CLAUSE: &str = "NIST SP 800-88r2, section 3.1.2 (Purge by a dedicated sanitize command); NVM Express Base \
     Specification 2.1, section 8.1.24";
const FORMAT_CLAUSE: &str = "NVM Express Base Specification 2.1, section 5.1.10";

/// Every technique there is, best first.
pub const ALL: &[Spec] = &[
    Spec {
        id: TechniqueId::NvmeSanitizeCryptoErase,
        name: "NVMe Sanitize, Crypto Erase",
        clause: SANITIZE_CLAUSE,
        why_not: |firmware| nvme_sanitize(firmware, |nvme| nvme.controller.sanitize.crypto_erase()),
        machine: |_| sanitize(SanitizeAction::CryptoErase(Afterwards::Deallocate)),
    },
    Spec {
        id: TechniqueId::NvmeSanitizeBlockErase,
        name: "NVMe Sanitize, Block Erase",
        clause: SANITIZE_CLAUSE,
        why_not: |firmware| nvme_sanitize(firmware, |nvme| nvme.controller.sanitize.block_erase()),
        machine: |_| sanitize(SanitizeAction::BlockErase(Afterwards::Deallocate)),
    },
    Spec {
        id: TechniqueId::NvmeSanitizeOverwrite,
        name: "NVMe Sanitize, Overwrite",
        clause: SANITIZE_CLAUSE,
        why_not: |firmware| nvme_sanitize(firmware, |nvme| nvme.controller.sanitize.overwrite()),
        machine: |_| {
            sanitize(SanitizeAction::Overwrite {
                passes: OverwritePasses::ONE,
                pattern: 0,
                invert: false,
                keep_allocated: false,
            })
        },
    },
    Spec {
        id: TechniqueId::NvmeFormatCryptoErase,
        name: "NVMe Format NVM, cryptographic erase",
        clause: FORMAT_CLAUSE,
        why_not: |firmware| nvme_format(firmware, |nvme| nvme.controller.format.crypto_erase()),
        machine: |firmware| format(firmware, SecureErase::Cryptographic),
    },
    Spec {
        id: TechniqueId::NvmeFormatUserDataErase,
        name: "NVMe Format NVM, user data erase",
        clause: FORMAT_CLAUSE,
        why_not: |firmware| nvme_format(firmware, |_| true),
        machine: |firmware| format(firmware, SecureErase::UserData),
    },
    Spec {
        id: TechniqueId::Overwrite,
        name: "overwrite of every user-addressable block by the host",
        clause: "NIST SP 800-88r2, section 3.1.1 (Clear)",
        why_not: |_| None,
        machine: |_| None,
    },
];

impl Spec {
    /// The row of a technique.
    #[must_use]
    pub fn of(id: TechniqueId) -> Option<&'static Self> {
        ALL.iter().find(|spec| spec.id == id)
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
            (TechniqueId::Overwrite, Medium::Hdd) => {
                "overwriting by the host does not reach reallocated blocks"
            }
            (TechniqueId::Overwrite, _) => {
                "overwriting by the host does not reach reallocated, retired and over-provisioned \
                 blocks"
            }
            _ => "what this command reaches is up to the drive's maker",
        };
        vec![why.to_owned()]
    }
}

fn nvme(firmware: &Firmware) -> Result<&Nvme, String> {
    match firmware {
        Firmware::Nvme(nvme) => Ok(nvme),
        Firmware::Silent(why) => Err(why.clone()),
    }
}

fn unless(reason: Result<(), String>) -> Option<String> {
    reason.err()
}

fn nvme_sanitize(firmware: &Firmware, can: fn(&Nvme) -> bool) -> Option<String> {
    unless(nvme(firmware).and_then(|nvme| {
        if !can(nvme) {
            return Err("the drive does not support it".to_owned());
        }
        if nvme.sanitize_log.is_none() {
            return Err("the drive's sanitize status cannot be read".to_owned());
        }
        reaches_others(nvme)
    }))
}

fn nvme_format(firmware: &Firmware, can: fn(&Nvme) -> bool) -> Option<String> {
    unless(nvme(firmware).and_then(|nvme| {
        if !nvme.controller.admin.format() || !can(nvme) {
            return Err("the drive does not support it".to_owned());
        }
        let every = nvme.controller.format.erases_every_namespace()
            || nvme.controller.format.formats_every_namespace();
        if every { reaches_others(nvme) } else { Ok(()) }
    }))
}

/// An erase of the whole subsystem is planned only where this drive is all there is in it.
fn reaches_others(nvme: &Nvme) -> Result<(), String> {
    match nvme.others().len() {
        0 if nvme.allocated.is_none() => Err(
            "the drive does not say which other namespaces it holds, and they would be erased too"
                .to_owned(),
        ),
        0 => Ok(()),
        1 => Err("it would erase another namespace of the drive too".to_owned()),
        n => Err(format!("it would erase {n} other namespaces of the drive too")),
    }
}

fn sanitize(action: SanitizeAction) -> Option<Box<dyn Machine>> {
    // If it fails, nothing but another sanitize that succeeds shall open the drive again.
    let sanitize = Sanitize::Start { action, unrestricted_exit: false };
    Some(Box::new(NvmeSanitize::new(sanitize)))
}

fn format(firmware: &Firmware, erase: SecureErase) -> Option<Box<dyn Machine>> {
    let nvme = nvme(firmware).ok()?;
    Some(Box::new(NvmeFormat::new(nvme.namespace_id, erase)))
}
