//! NVMe: what a drive says of itself, and the techniques that follow from it.

mod format;
mod sanitize;

use format::NvmeFormat;
use sanitize::NvmeSanitize;

use super::Spec;
use super::firmware::Machine;
use super::opal::{self, Locks, Way};
use super::survey::{Firmware, QUESTION};
use crate::device::Channel;
use crate::model::TechniqueId;
use crate::proto::nvme::{
    Afterwards, Identify, IdentifyController, IdentifyNamespace, NamespaceId, NamespaceList,
    OverwritePasses, Sanitize, SanitizeAction, SanitizeLog, SecureErase,
};
use crate::proto::{Answer, Command, NoAnswer};

const SANITIZE_CLAUSE: &str = "NIST SP 800-88r2, section 3.1.2 (Purge by a dedicated sanitize command); NVM Express Base \
     Specification 2.1, section 8.1.24";
const FORMAT_CLAUSE: &str = "NVM Express Base Specification 2.1, section 5.1.10";

/// The techniques, best first.
pub(super) const ROWS: &[Spec] = &[
    Spec {
        id: TechniqueId::NvmeSanitizeCryptoErase,
        name: "NVMe Sanitize, Crypto Erase",
        clause: SANITIZE_CLAUSE,
        why_not: |firmware| {
            sanitize_why_not(firmware, |nvme| nvme.controller.sanitize.crypto_erase())
        },
        machine: |_| sanitize(SanitizeAction::CryptoErase(Afterwards::Deallocate)),
    },
    Spec {
        id: TechniqueId::NvmeSanitizeBlockErase,
        name: "NVMe Sanitize, Block Erase",
        clause: SANITIZE_CLAUSE,
        why_not: |firmware| {
            sanitize_why_not(firmware, |nvme| nvme.controller.sanitize.block_erase())
        },
        machine: |_| sanitize(SanitizeAction::BlockErase(Afterwards::Deallocate)),
    },
    Spec {
        id: TechniqueId::NvmeSanitizeOverwrite,
        name: "NVMe Sanitize, Overwrite",
        clause: SANITIZE_CLAUSE,
        why_not: |firmware| sanitize_why_not(firmware, |nvme| nvme.controller.sanitize.overwrite()),
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
        why_not: |firmware| format_why_not(firmware, |nvme| nvme.controller.format.crypto_erase()),
        machine: |firmware| format(firmware, SecureErase::Cryptographic),
    },
    Spec {
        id: TechniqueId::NvmeFormatUserDataErase,
        name: "NVMe Format NVM, user data erase",
        clause: FORMAT_CLAUSE,
        why_not: |firmware| format_why_not(firmware, |_| true),
        machine: |firmware| format(firmware, SecureErase::UserData),
    },
];

/// What an NVMe drive says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nvme {
    /// The controller.
    pub controller: IdentifyController,
    /// The namespace that the kernel shows as this drive.
    pub namespace_id: NamespaceId,
    /// That namespace.
    pub namespace: IdentifyNamespace,
    /// Every namespace of the subsystem, attached or not; none if the drive does not list them.
    pub allocated: Option<Vec<NamespaceId>>,
    /// Namespaces attached to this controller.
    pub active: Vec<NamespaceId>,
    /// The sanitize status log; none if it cannot be read.
    pub sanitize_log: Option<SanitizeLog>,
    /// Its own locks.
    pub locks: Locks,
}

impl Nvme {
    pub(super) fn ask(namespace_id: NamespaceId, channel: &dyn Channel) -> Result<Self, String> {
        let send = |command| channel.send(&Command::Nvme(command), QUESTION);
        let page = |question: Identify| data(send(question.command()));
        let controller = page(Identify::Controller)
            .and_then(|page| IdentifyController::parse(&page).map_err(|e| e.to_string()))
            .map_err(|why| format!("The controller does not identify itself ({why})."))?;
        let namespace = page(Identify::Namespace(namespace_id))
            .and_then(|page| IdentifyNamespace::parse(&page).map_err(|e| e.to_string()))
            .map_err(|why| format!("The namespace does not identify itself ({why})."))?;
        let list = |question: fn(Option<NamespaceId>) -> Identify| {
            let mut found = Vec::new();
            let mut after = None;
            loop {
                let page = page(question(after)).ok()?;
                let list = NamespaceList::parse(&page).ok()?;
                found.extend_from_slice(list.ids());
                match list.more_after() {
                    // Each page begins behind the one before, or the drive turns in circles.
                    Some(last) if after.is_none_or(|before| last > before) => after = Some(last),
                    Some(_) => return None,
                    None => return Some(found),
                }
            }
        };
        let active = list(|after| Identify::ActiveNamespaces { after })
            .ok_or("The controller does not list its namespaces.")?;
        let allocated = list(|after| Identify::AllocatedNamespaces { after });
        let sanitize_log =
            data(send(SanitizeLog::command())).ok().and_then(|page| SanitizeLog::parse(&page).ok());
        let locks = match controller.admin.security() {
            true => Locks::ask(channel, &[Way::Nvme]),
            false => Locks::None,
        };
        Ok(Self { controller, namespace_id, namespace, allocated, active, sanitize_log, locks })
    }

    /// The other namespaces that an erase of the whole subsystem would reach.
    #[must_use]
    pub fn others(&self) -> Vec<NamespaceId> {
        let mut all = self.active.clone();
        all.extend(self.allocated.iter().flatten());
        all.sort_unstable();
        all.dedup();
        all.retain(|id| *id != self.namespace_id);
        all
    }
}

fn data(reply: Result<Answer, NoAnswer>) -> Result<Vec<u8>, String> {
    match reply {
        Ok(Answer::Nvme { status, data }) if status.is_success() => Ok(data),
        Ok(Answer::Nvme { status, .. }) => Err(status.to_string()),
        Ok(_) => Err("an answer of another protocol".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn nvme(firmware: &Firmware) -> Result<&Nvme, String> {
    match firmware {
        Firmware::Nvme(nvme) => Ok(nvme),
        Firmware::Ata(_) => Err("the drive does not speak NVMe".to_owned()),
        Firmware::Silent(why) => Err(why.clone()),
        _ => Err("the drive does not speak NVMe".to_owned()),
    }
}

fn sanitize_why_not(firmware: &Firmware, can: fn(&Nvme) -> bool) -> Option<String> {
    nvme(firmware)
        .and_then(|nvme| {
            if !can(nvme) {
                return Err("the drive does not support it".to_owned());
            }
            opal::open(firmware)?;
            if nvme.sanitize_log.is_none() {
                return Err("the drive's sanitize status cannot be read".to_owned());
            }
            reaches_others(nvme)
        })
        .err()
}

fn format_why_not(firmware: &Firmware, can: fn(&Nvme) -> bool) -> Option<String> {
    nvme(firmware)
        .and_then(|nvme| {
            if !nvme.controller.admin.format() || !can(nvme) {
                return Err("the drive does not support it".to_owned());
            }
            opal::open(firmware)?;
            let every = nvme.controller.format.erases_every_namespace()
                || nvme.controller.format.formats_every_namespace();
            if every { reaches_others(nvme) } else { Ok(()) }
        })
        .err()
}

/// An erase of the whole subsystem is planned only where this drive is all there is in it.
fn reaches_others(nvme: &Nvme) -> Result<(), String> {
    match nvme.others().len() {
        // Where the highest namespace that there can be is the first, there is no other.
        0 if nvme.allocated.is_none() && nvme.controller.highest_namespace != 1 => Err(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_missing_matters_only_where_there_can_be_others() {
        let id = |n| NamespaceId::new(n).unwrap();
        let mut controller = IdentifyController::parse(&[0; Identify::BYTES]).unwrap();
        controller.highest_namespace = 1;
        let mut nvme = Nvme {
            controller,
            namespace_id: id(1),
            namespace: IdentifyNamespace::parse(&[0; Identify::BYTES]).unwrap(),
            allocated: None,
            active: vec![id(1)],
            sanitize_log: None,
            locks: Locks::None,
        };
        assert_eq!(reaches_others(&nvme), Ok(()));
        for highest in [0, 2, u32::MAX] {
            nvme.controller.highest_namespace = highest;
            assert!(reaches_others(&nvme).unwrap_err().contains("does not say"), "{highest}");
        }
        nvme.allocated = Some(vec![id(1)]);
        assert_eq!(reaches_others(&nvme), Ok(()));
        nvme.allocated = Some(vec![id(1), id(7)]);
        assert!(reaches_others(&nvme).unwrap_err().contains("another namespace"));
    }
}
