//! What a drive's firmware says of itself when it is asked harmless questions: the facts from
//! which techniques are chosen.

use std::time::Duration;

use super::ata::Ata;
use super::mmc::Mmc;
use super::nvme::{self, Nvme};
use super::opal::Locks;
use super::scsi::{self, Scsi};
use crate::device::{Channel, Protocol};
use crate::model::{Bus, HiddenArea, Identity, Lock};

/// The firmware of one drive, as far as it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Firmware {
    /// An NVMe namespace and what it belongs to.
    Nvme(Box<Nvme>),
    /// An ATA drive, whatever adapter is in between.
    Ata(Box<Ata>),
    /// A SCSI logical unit.
    Scsi(Box<Scsi>),
    /// An eMMC.
    Mmc(Box<Mmc>),
    /// There is nothing to ask, or no way to ask it: why, in one sentence.
    Silent(String),
}

/// How long a harmless question may take.
pub(super) const QUESTION: Duration = Duration::from_secs(30);

impl Firmware {
    /// Asks a drive's firmware what it is and can do. `bus` is how it is attached.
    #[must_use]
    pub fn ask(channel: &dyn Channel, bus: Bus) -> Self {
        let answered = channel.protocol().and_then(|protocol| match protocol {
            Protocol::Nvme(namespace) => {
                Nvme::ask(namespace, channel).map(|nvme| Self::Nvme(Box::new(nvme)))
            }
            // A translator answers in SCSI for an ATA drive; whether there is one only the drive
            // itself can tell.
            Protocol::Scsi => match Ata::ask(channel, bus) {
                Some(ata) => Ok(Self::Ata(Box::new(ata))),
                None => Scsi::ask(channel).map(|scsi| Self::Scsi(Box::new(scsi))),
            },
            Protocol::Mmc(address) => {
                Mmc::ask(address, channel).map(|mmc| Self::Mmc(Box::new(mmc)))
            }
        });
        answered.unwrap_or_else(Self::Silent)
    }

    /// Why a technique of another protocol is not for this drive. The same for all of them, and no
    /// more than what is known: a bridge may answer in place of the drive.
    pub(super) fn speaks(&self) -> String {
        match self {
            Self::Nvme(_) => "it answers as an NVMe drive".to_owned(),
            Self::Ata(_) => "it answers as an ATA drive".to_owned(),
            Self::Scsi(_) => "it answers as a SCSI drive".to_owned(),
            Self::Mmc(_) => "it answers as an eMMC".to_owned(),
            Self::Silent(why) => why.clone(),
        }
    }

    /// What is hidden at the end of the drive that the host sees as `drive`.
    #[must_use]
    pub fn hidden(&self, drive: &Identity) -> HiddenArea {
        let reason = match self {
            Self::Ata(ata) => return ata.hidden_from(drive),
            Self::Nvme(_) => {
                "such areas are a matter of ATA; what an NVMe controller has outside of its \
                 namespaces was not asked"
            }
            Self::Scsi(scsi) if scsi.translated() => {
                "its adapter does not pass on the questions of ATA"
            }
            Self::Scsi(_) => {
                "such areas are a matter of ATA; whether a SCSI drive was made smaller by MODE \
                 SELECT was not asked"
            }
            Self::Mmc(_) => {
                "such areas are a matter of ATA; what a card has outside of its user area was not \
                 asked"
            }
            Self::Silent(why) => why,
        };
        HiddenArea::Unknown { reason: reason.to_owned() }
    }

    /// Whether a lock stands between whoever reads the drive and what is on it. A drive that is
    /// locked may show something else in its place.
    #[must_use]
    pub fn lock(&self) -> Lock {
        let unknown = |why: &str| Lock::Unknown { reason: why.to_owned() };
        match (self, self.locks()) {
            (Self::Ata(ata), _) if ata.identify.security.is_some_and(|has| has.locked) => {
                Lock::Closed { by: "a password (ATA security)".to_owned() }
            }
            (_, Some(Locks::Opal(opal))) if opal.is_closed() => {
                Lock::Closed { by: opal.name().to_owned() }
            }
            (Self::Silent(why), _) | (_, Some(Locks::Unknown(why))) => unknown(why),
            (Self::Scsi(scsi), _) if scsi.translated() => {
                unknown("its adapter does not pass on the questions of ATA")
            }
            (_, Some(Locks::Opal(_) | Locks::None)) => Lock::Open,
            (_, None) => unknown("whether a password locks the card was not asked"),
        }
    }

    /// What the computer froze of it when it started, in a few words: a drive forgets that when it
    /// loses its power.
    #[must_use]
    pub fn frozen(&self) -> Option<&'static str> {
        match (self, self.locks()) {
            (Self::Ata(ata), _) if ata.identify.security.is_some_and(|word| word.frozen) => {
                Some("the computer froze its security when it started")
            }
            (_, Some(Locks::Opal(opal))) if opal.sid_blocked => {
                Some("the computer blocked the owner's password of its locks (Block SID)")
            }
            _ => None,
        }
    }

    /// What is known of the drive's own locks; none where nobody asked for them.
    #[must_use]
    pub fn locks(&self) -> Option<&Locks> {
        match self {
            Self::Nvme(nvme) => Some(&nvme.locks),
            Self::Ata(ata) => Some(&ata.locks),
            Self::Scsi(scsi) => Some(&scsi.locks),
            Self::Mmc(_) | Self::Silent(_) => None,
        }
    }
}

/// Why what is done to the whole drive, an erase or a PSID revert, would reach more than what the
/// host sees as this drive, if it would or may.
#[must_use]
pub fn reaches_others(firmware: &Firmware) -> Option<String> {
    match firmware {
        Firmware::Nvme(nvme) => nvme::alone(nvme).err(),
        Firmware::Scsi(scsi) if !scsi.translated() => scsi::alone(scsi).err(),
        _ => None,
    }
}
