//! NVMe: what a drive says of itself, and the techniques that follow from it.

mod events;
mod format;
mod sanitize;

pub use events::Events;
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
        let list = |question: Identify| {
            let page = page(question)?;
            NamespaceList::parse(&page).map_err(|error| error.to_string())
        };
        let active = list(Identify::ActiveNamespaces { after: None })
            .map_err(|why| format!("The controller does not list its namespaces ({why})."))?;
        let allocated = list(Identify::AllocatedNamespaces { after: None }).ok();
        // One page holds 1024. Nobody has seen so many, and a drive that makes up more and more
        // must not be asked for ever.
        if [Some(&active), allocated.as_ref()]
            .into_iter()
            .flatten()
            .any(|l| l.more_after().is_some())
        {
            let why = "The controller lists 1024 namespaces or more, which is more than is \
                       looked at; delete those that are not needed.";
            return Err(why.to_owned());
        }
        let sanitize_log =
            data(send(SanitizeLog::command())).ok().and_then(|page| SanitizeLog::parse(&page).ok());
        let ids = |list: NamespaceList| list.ids().to_vec();
        let locks = match controller.admin.security() {
            true => Locks::ask(channel, &[Way::Nvme]),
            false => Locks::None,
        };
        Ok(Self {
            controller,
            namespace_id,
            namespace,
            allocated: allocated.map(ids),
            active: ids(active),
            sanitize_log,
            locks,
        })
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
        other => Err(other.speaks()),
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
            alone(nvme)
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
            if every { alone(nvme) } else { Ok(()) }
        })
        .err()
}

/// An erase of the whole subsystem is planned only where this drive is all there is in it.
pub(super) fn alone(nvme: &Nvme) -> Result<(), String> {
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
        assert_eq!(alone(&nvme), Ok(()));
        for highest in [0, 2, u32::MAX] {
            nvme.controller.highest_namespace = highest;
            assert!(alone(&nvme).unwrap_err().contains("does not say"), "{highest}");
        }
        nvme.allocated = Some(vec![id(1)]);
        assert_eq!(alone(&nvme), Ok(()));
        nvme.allocated = Some(vec![id(1), id(7)]);
        assert!(alone(&nvme).unwrap_err().contains("another namespace"));
    }

    /// A controller with as many namespaces as anybody asks for.
    struct Endless {
        ids: std::ops::Range<u32>,
        asked: std::sync::Mutex<u32>,
    }

    impl Channel for Endless {
        fn protocol(&self) -> Result<crate::device::Protocol, String> {
            Err(String::new())
        }

        fn send(&self, command: &Command, _: std::time::Duration) -> Result<Answer, NoAnswer> {
            *self.asked.lock().unwrap() += 1;
            let Command::Nvme(admin) = command else { panic!("{command:?}") };
            let ids: Vec<_> = self.ids.clone().filter_map(NamespaceId::new).collect();
            let data = match Identify::decode(admin) {
                Some(
                    Identify::ActiveNamespaces { after } | Identify::AllocatedNamespaces { after },
                ) => NamespaceList::encode(&ids, after),
                _ => vec![0; Identify::BYTES],
            };
            Ok(Answer::Nvme { status: crate::proto::nvme::Status::from_raw(0), data })
        }
    }

    #[test]
    fn a_controller_with_endless_namespaces_is_not_asked_for_ever() {
        let ask = |ids| {
            let endless = Endless { ids, asked: std::sync::Mutex::default() };
            let nvme = Nvme::ask(NamespaceId::new(1).unwrap(), &endless);
            assert!(endless.asked.into_inner().unwrap() < 8);
            nvme.map(|nvme| nvme.others().len())
        };
        assert_eq!(ask(1..1024), Ok(1022));
        assert!(ask(1..1025).unwrap_err().contains("1024 namespaces or more"));
        assert!(ask(1..100_000).unwrap_err().contains("delete those that are not needed"));
    }
}
