//! SCSI: what a drive says of itself, and the techniques that follow from it.

mod condition;
mod format_unit;
mod operation;
mod sanitize;

use super::Spec;
use super::firmware::TRIES;
use super::opal::{self, Locks, Way};
use super::survey::{Firmware, QUESTION};
use crate::device::Channel;
use crate::model::TechniqueId;
use crate::proto::opal::PROTOCOL;
use crate::proto::scsi::inquiry::{Inquiry, Standard};
use crate::proto::scsi::read_capacity::{Capacity, ReadCapacity};
use crate::proto::scsi::report_luns::{self, ReportLuns};
use crate::proto::scsi::report_supported_operation_codes::{
    ReportSupportedOperationCodes, Support,
};
use crate::proto::scsi::request_sense::RequestSense;
use crate::proto::scsi::sanitize::{Erase, ServiceAction};
use crate::proto::scsi::security_protocol::{self, SecurityProtocolIn};
use crate::proto::scsi::sense::{Meaning, Sense};
use crate::proto::scsi::vpd::block_device_characteristics::{self, BlockDeviceCharacteristics};
use crate::proto::scsi::vpd::logical_block_provisioning::{self, LogicalBlockProvisioning};
use crate::proto::scsi::vpd::{ata_information, supported_pages};
use crate::proto::scsi::{self, format_unit as format_command, sanitize as sanitize_command};
use crate::proto::{Answer, Command, NoAnswer};

const SANITIZE_CLAUSE: &str = "NIST SP 800-88r2, section 3.1.2 (Purge by a dedicated sanitize command); SCSI Block Commands \
     (SBC-4), SANITIZE command";
const FORMAT_CLAUSE: &str = "SCSI Block Commands (SBC-4), FORMAT UNIT command";

/// The techniques, best first.
pub(super) const ROWS: &[Spec] = &[
    Spec {
        id: TechniqueId::ScsiSanitizeCryptoErase,
        name: "SCSI SANITIZE, cryptographic erase",
        clause: SANITIZE_CLAUSE,
        why_not: |firmware| why_not(firmware, |scsi| scsi.cryptographic_erase),
        machine: |_| Some(sanitize::machine(Erase::CryptographicErase)),
    },
    Spec {
        id: TechniqueId::ScsiSanitizeBlockErase,
        name: "SCSI SANITIZE, block erase",
        clause: SANITIZE_CLAUSE,
        why_not: |firmware| why_not(firmware, |scsi| scsi.block_erase),
        machine: |_| Some(sanitize::machine(Erase::BlockErase)),
    },
    Spec {
        id: TechniqueId::ScsiSanitizeOverwrite,
        name: "SCSI SANITIZE, overwrite",
        clause: SANITIZE_CLAUSE,
        why_not: |firmware| why_not(firmware, |scsi| scsi.overwrite),
        machine: |_| sanitize::overwrite().map(sanitize::machine),
    },
    Spec {
        id: TechniqueId::ScsiFormatUnit,
        name: "SCSI FORMAT UNIT",
        clause: FORMAT_CLAUSE,
        why_not: |firmware| why_not(firmware, |scsi| scsi.format_unit),
        machine: |_| Some(format_unit::machine()),
    },
];

/// What a SCSI drive says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scsi {
    /// Who it is.
    pub inquiry: Standard,
    /// The codes of its VPD pages; none if it does not list them.
    pub pages: Vec<u8>,
    /// Whether anything rotates, and what reads do after an erase.
    pub characteristics: Option<BlockDeviceCharacteristics>,
    /// What unmapped blocks read as.
    pub provisioning: Option<LogicalBlockProvisioning>,
    /// How it is formatted; none while it is being erased.
    pub capacity: Option<Capacity>,
    /// How many logical units the drive has; none if it does not say.
    pub units: Option<u32>,
    /// Whether it knows SANITIZE with CRYPTOGRAPHIC ERASE.
    pub cryptographic_erase: Support,
    /// Whether it knows SANITIZE with BLOCK ERASE.
    pub block_erase: Support,
    /// Whether it knows SANITIZE with OVERWRITE.
    pub overwrite: Support,
    /// Whether it knows FORMAT UNIT.
    pub format_unit: Support,
    /// What it was doing when it was asked.
    pub doing: Option<Sense>,
    /// Its own locks.
    pub locks: Locks,
}

impl Scsi {
    pub(super) fn ask(channel: &dyn Channel) -> Result<Self, String> {
        let inquiry = ask(channel, &Inquiry::Standard.command())
            .and_then(|page| Standard::parse(&page).map_err(|error| error.to_string()))
            .map_err(|why| format!("the drive does not identify itself ({why})"))?;
        let pages = ask(channel, &Inquiry::Page(supported_pages::CODE).command())
            .and_then(|page| supported_pages::parse(&page).map_err(|error| error.to_string()))
            .unwrap_or_default();
        let page = |code: u8| {
            pages.contains(&code).then(|| ask(channel, &Inquiry::Page(code).command()).ok())?
        };
        // Linux answers for an ATA drive, and a bridge that knows no pages may stop answering.
        let mute = translates(&inquiry, &pages) || pages.is_empty();
        let support = |operation_code: u8, action: Option<ServiceAction>| {
            let service_action = action.map(|action| u16::from(action.code()));
            let question = ReportSupportedOperationCodes { operation_code, service_action };
            let answer = if mute { None } else { ask(channel, &question.command()).ok() };
            answer.and_then(|page| Support::parse(&page).ok()).unwrap_or(Support::NotAvailable)
        };
        let sanitize = |action| support(sanitize_command::OPERATION_CODE, Some(action));
        Ok(Self {
            characteristics: page(block_device_characteristics::CODE)
                .and_then(|page| BlockDeviceCharacteristics::parse(&page).ok()),
            provisioning: page(logical_block_provisioning::CODE)
                .and_then(|page| LogicalBlockProvisioning::parse(&page).ok()),
            capacity: ask(channel, &ReadCapacity.command())
                .ok()
                .and_then(|page| Capacity::parse(&page).ok()),
            units: if mute { None } else { ask(channel, &ReportLuns.command()).ok() }
                .and_then(|list| report_luns::units(&list).ok()),
            cryptographic_erase: sanitize(ServiceAction::CryptographicErase),
            block_erase: sanitize(ServiceAction::BlockErase),
            overwrite: sanitize(ServiceAction::Overwrite),
            format_unit: support(format_command::OPERATION_CODE, None),
            doing: ask(channel, &RequestSense { descriptors: false }.command())
                .ok()
                .and_then(|sense| Sense::parse(&sense).ok()),
            locks: match support(security_protocol::IN_OPERATION_CODE, None) {
                Support::Standard => locks(channel),
                Support::No => Locks::None,
                Support::Vendor | Support::NotAvailable => {
                    Locks::Unknown("it does not say whether it has such commands".to_owned())
                }
            },
            inquiry,
            pages,
        })
    }

    /// Whether this is an ATA drive for which somebody translates.
    #[must_use]
    pub fn translated(&self) -> bool {
        translates(&self.inquiry, &self.pages)
    }
}

/// Why an erase or a PSID revert would reach more than this logical unit, if it would or may: what
/// a drive with several does to the others is up to its maker.
pub(super) fn alone(scsi: &Scsi) -> Result<(), String> {
    match scsi.units {
        Some(1) => Ok(()),
        Some(0) | None => Err(
            "the drive does not say which other logical units it has, and they could be erased too"
                .to_owned(),
        ),
        Some(2) => Err("it could erase the drive's other logical unit too".to_owned()),
        Some(n) => Err(format!("it could erase the drive's {} other logical units too", n - 1)),
    }
}

fn translates(inquiry: &Standard, pages: &[u8]) -> bool {
    inquiry.vendor.as_deref() == Some("ATA") || pages.contains(&ata_information::CODE)
}

/// The drive's own locks, if it says that it speaks TCG's protocol.
fn locks(channel: &dyn Channel) -> Locks {
    let length = security_protocol::Length::Bytes(512);
    let list = SecurityProtocolIn { protocol: 0, specific: 0, length };
    let page = match ask(channel, &list.command()) {
        Ok(page) => page,
        Err(why) => return Locks::Unknown(why),
    };
    match security_protocol::listed(&page) {
        Some(listed) if listed.contains(&PROTOCOL) => Locks::ask(channel, &[Way::Scsi]),
        Some(_) => Locks::None,
        None => Locks::Unknown("its list of protocols is cut off".to_owned()),
    }
}

/// The answer to a harmless question. A unit attention is reported once, and then gone.
fn ask(channel: &dyn Channel, question: &scsi::Command) -> Result<Vec<u8>, String> {
    let mut why = String::new();
    for _ in 0..TRIES {
        match heard(channel.send(&Command::Scsi(question.clone()), QUESTION)) {
            Ok(data) => return Ok(data),
            Err(Refused::Attention(sense)) => why = sense.to_string(),
            Err(refused) => return Err(refused.to_string()),
        }
    }
    Err(why)
}

/// Why a command brought no data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Refused {
    /// The command was not looked at: something else had to be reported first.
    #[error("sense {0}")]
    Attention(Sense),
    /// The drive's answer to the command.
    #[error("sense {0}")]
    Sense(Sense),
    /// The drive took no notice of the command: busy, reserved or with too much to do.
    #[error("status {0:02X}h")]
    Busy(u8),
    /// Nothing that can be understood.
    #[error("{0}")]
    Unclear(String),
    /// There is no answer.
    #[error("{0}")]
    None(NoAnswer),
}

/// What came back: the data of a command that went well, or why it did not.
fn heard(answer: Result<Answer, NoAnswer>) -> Result<Vec<u8>, Refused> {
    const GOOD: u8 = 0x00;
    const CHECK_CONDITION: u8 = 0x02;
    const BUSY: u8 = 0x08;
    const RESERVATION_CONFLICT: u8 = 0x18;
    const TASK_SET_FULL: u8 = 0x28;
    match answer {
        Ok(Answer::Scsi { status: GOOD, data, .. }) => Ok(data),
        Ok(Answer::Scsi { status: CHECK_CONDITION, sense, .. }) => match Sense::parse(&sense) {
            Ok(sense) if sense.deferred || is_attention(sense.meaning()) => {
                Err(Refused::Attention(sense))
            }
            Ok(sense) => Err(Refused::Sense(sense)),
            Err(error) => Err(Refused::Unclear(error.to_string())),
        },
        Ok(Answer::Scsi {
            status: status @ (BUSY | RESERVATION_CONFLICT | TASK_SET_FULL), ..
        }) => Err(Refused::Busy(status)),
        Ok(Answer::Scsi { status, .. }) => Err(Refused::Unclear(format!("status {status:02X}h"))),
        Ok(_) => Err(Refused::Unclear("an answer of another protocol".to_owned())),
        Err(none) => Err(Refused::None(none)),
    }
}

fn is_attention(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Reset | Meaning::Changed | Meaning::UnitAttention)
}

fn why_not(firmware: &Firmware, support: fn(&Scsi) -> Support) -> Option<String> {
    let why = match firmware {
        Firmware::Scsi(scsi) if scsi.translated() => {
            "an ATA drive behind a translator; it is erased by ATA commands".to_owned()
        }
        Firmware::Scsi(scsi) => match support(scsi) {
            Support::Standard => match opal::open(firmware).and_then(|()| alone(scsi)) {
                Ok(()) => return None,
                Err(why) => why,
            },
            Support::No => "the drive does not support it".to_owned(),
            Support::Vendor => "the drive supports it in a way of its maker's own".to_owned(),
            Support::NotAvailable => {
                "the drive does not say whether it supports it, and nothing that erases is sent to \
                 find out"
                    .to_owned()
            }
        },
        other => other.speaks(),
    };
    Some(why)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::device::Protocol;

    /// Answers INQUIRY with these pages, and every question for support with this.
    struct Unit {
        pages: Option<&'static [u8]>,
        support: Support,
        attention: Mutex<bool>,
        units: Option<u32>,
        asked: Mutex<Vec<u8>>,
    }

    impl Channel for Unit {
        fn protocol(&self) -> Result<Protocol, String> {
            Ok(Protocol::Scsi)
        }

        fn send(&self, command: &Command, _: Duration) -> Result<Answer, NoAnswer> {
            // Nothing that could change anything is among the questions.
            assert!(command.only_asks(), "{command:?}");
            let bytes = command.bytes();
            self.asked.lock().unwrap().push(bytes[0]);
            let check = |sense: Sense| Answer::Scsi {
                status: 2,
                sense: sense.fixed().to_vec(),
                data: Vec::new(),
            };
            let data = match (bytes[0], bytes[1] & 1, self.pages) {
                (0x12, 0, _) => vec![0; 36],
                (0x12, 1, Some(pages)) if bytes[2] == 0 => supported_pages::bytes(pages),
                (0xa3, ..) if std::mem::take(&mut *self.attention.lock().unwrap()) => {
                    return Ok(check(Sense::new(6, 0x29, 0)));
                }
                (0xa3, ..) => self.support.bytes().to_vec(),
                (0xa0, ..) if self.units.is_some() => {
                    report_luns::bytes(self.units.unwrap()).to_vec()
                }
                _ => return Ok(check(Sense::new(5, 0x24, 0))),
            };
            Ok(Answer::Scsi { status: 0, sense: Vec::new(), data })
        }
    }

    /// Why none of the techniques can be used, the same for each; and what was asked.
    fn why(pages: Option<&'static [u8]>, support: Support) -> (Option<String>, Vec<u8>) {
        why_with(Some(1), pages, support)
    }

    fn why_with(
        units: Option<u32>,
        pages: Option<&'static [u8]>,
        support: Support,
    ) -> (Option<String>, Vec<u8>) {
        let (attention, asked) = (Mutex::new(true), Mutex::default());
        let unit = Unit { pages, support, attention, units, asked };
        let firmware = Firmware::ask(&unit, crate::model::Bus::Sas);
        let reasons: Vec<_> = ROWS.iter().map(|row| (row.why_not)(&firmware)).collect();
        assert!(reasons.iter().all(|why| *why == reasons[0]), "{reasons:?}");
        (reasons[0].clone(), unit.asked.into_inner().unwrap())
    }

    #[test]
    fn only_what_the_drive_says_it_knows_as_the_standard_has_it_is_used() {
        let pages = Some(&[0x00, 0x80][..]);
        assert_eq!(why(pages, Support::Standard).0, None);
        for (support, reason) in [
            (Support::No, "the drive does not support it"),
            (Support::Vendor, "its maker's own"),
            (Support::NotAvailable, "does not say whether"),
        ] {
            assert!(why(pages, support).0.unwrap().contains(reason), "{support:?}");
        }
    }

    #[test]
    fn a_drive_with_other_logical_units_is_not_erased_by_its_firmware() {
        let why = |units| why_with(units, Some(&[0x00, 0x80]), Support::Standard).0;
        assert_eq!(why(Some(1)), None);
        for (units, reason) in [
            (Some(2), "the drive's other logical unit"),
            (Some(4), "3 other logical units"),
            (Some(0), "does not say"),
            (None, "does not say"),
        ] {
            assert!(why(units).unwrap().contains(reason), "{units:?}");
        }
    }

    #[test]
    fn a_translator_and_a_bridge_without_pages_are_asked_no_more() {
        let (reason, asked) = why(Some(&[0x00, 0x89]), Support::Standard);
        assert!(reason.unwrap().starts_with("an ATA drive behind a translator"));
        assert!(!asked.contains(&0xa3), "{asked:x?}");
        let (reason, asked) = why(None, Support::Standard);
        assert!(reason.unwrap().contains("does not say whether"));
        assert!(!asked.contains(&0xa3), "{asked:x?}");
    }
}
