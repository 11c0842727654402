//! ATA: what a drive says of itself, and the techniques that follow from it.

mod reveal;
mod sanitize;
mod security_erase;

use sanitize::AtaSanitize;
use security_erase::SecurityErase;
pub(super) use security_erase::notice;

use super::Spec;
use super::firmware::Machine;
use super::opal::{self, Locks, Way};
use super::survey::{Firmware, QUESTION};
use crate::device::Channel;
use crate::model::{Bus, HiddenArea, TechniqueId};
use crate::proto::ata::identify_device::{self, IdentifyDevice, Sanitize, Security};
use crate::proto::ata::sanitize_device::{self, Operation, Overwrite, Passes, Reason};
use crate::proto::ata::security::EraseMode;
use crate::proto::ata::{
    self, Registers, Width, accessible_max_address, device_configuration, max_address, sense,
};
use crate::proto::{Answer, Command, NoAnswer};

const SANITIZE_CLAUSE: &str = "NIST SP 800-88r2, section 3.1.2 (Purge by a dedicated sanitize command); ACS-4, SANITIZE DEVICE";
const SECURITY_CLAUSE: &str = "ACS-4, SECURITY ERASE UNIT";

/// The techniques, best first.
pub(super) const ROWS: &[Spec] = &[
    Spec {
        id: TechniqueId::AtaSanitizeCryptoScramble,
        name: "ATA SANITIZE DEVICE, CRYPTO SCRAMBLE EXT",
        clause: SANITIZE_CLAUSE,
        why_not: |firmware| sanitize_why_not(firmware, |sanitize| sanitize.crypto_scramble),
        machine: |firmware| sanitize(firmware, Operation::CryptoScramble),
    },
    Spec {
        id: TechniqueId::AtaSanitizeBlockErase,
        name: "ATA SANITIZE DEVICE, BLOCK ERASE EXT",
        clause: SANITIZE_CLAUSE,
        why_not: |firmware| sanitize_why_not(firmware, |sanitize| sanitize.block_erase),
        machine: |firmware| sanitize(firmware, Operation::BlockErase),
    },
    Spec {
        id: TechniqueId::AtaSanitizeOverwrite,
        name: "ATA SANITIZE DEVICE, OVERWRITE EXT",
        clause: SANITIZE_CLAUSE,
        why_not: |firmware| sanitize_why_not(firmware, |sanitize| sanitize.overwrite),
        machine: |firmware| sanitize(firmware, Operation::Overwrite(ZEROS_ONCE)),
    },
    Spec {
        id: TechniqueId::AtaSecurityEraseEnhanced,
        name: "ATA SECURITY ERASE UNIT, enhanced",
        clause: SECURITY_CLAUSE,
        why_not: |firmware| security_why_not(firmware, |security| security.enhanced_erase),
        machine: |_| Some(Box::new(SecurityErase::new(EraseMode::Enhanced))),
    },
    Spec {
        id: TechniqueId::AtaSecurityErase,
        name: "ATA SECURITY ERASE UNIT, normal",
        clause: SECURITY_CLAUSE,
        why_not: |firmware| security_why_not(firmware, |_| true),
        machine: |_| Some(Box::new(SecurityErase::new(EraseMode::Normal))),
    },
];

const ZEROS_ONCE: Overwrite =
    Overwrite { passes: Passes::ONE, invert: false, definitive_ending_pattern: false, pattern: 0 };

/// What an ATA drive says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ata {
    /// How it is attached.
    pub bus: Bus,
    /// The drive's own IDENTIFY DEVICE data, not what kernel or bridge kept of it.
    pub identify: IdentifyDevice,
    /// How its last sanitize operation goes or went: a status, or an abort that says that it
    /// failed. `Err` says in a few words why that cannot be told.
    pub sanitize_status: Result<sanitize_device::Answer, String>,
    /// What it hides at its end, by its own word; see [`Ata::hidden_from`].
    pub hidden: HiddenArea,
    /// Its own locks, beside the password.
    pub locks: Locks,
}

impl Ata {
    /// `None` if no ATA drive answers: one that is there tells its size.
    pub(super) fn ask(channel: &dyn Channel, bus: Bus) -> Option<Self> {
        let send = |command| channel.send(&Command::Ata(command), QUESTION);
        let identify = identified(send(identify_device::command())).ok()?;
        let accessible = identify.sectors()?;
        let sanitize_status = match identify.sanitize {
            Some(_) => sanitize_status(send(sanitize_device::Request::Status.command())),
            None => Err("the drive has no such commands".to_owned()),
        };
        let hidden = hidden(&identify, accessible, send)
            .unwrap_or_else(|reason| HiddenArea::Unknown { reason });
        let locks = match identify.trusted_computing {
            // A bridge may stop answering over a command that it does not know.
            true if bus == Bus::Usb => Locks::ask(channel, &[Way::Ata]),
            true => Locks::ask(channel, &[Way::Ata, Way::Scsi]),
            false => Locks::None,
        };
        Some(Self { bus, identify, sanitize_status, hidden, locks })
    }
}

/// The IDENTIFY DEVICE data in an answer.
fn identified(answer: Result<Answer, NoAnswer>) -> Result<IdentifyDevice, String> {
    let data = read(answer)?;
    IdentifyDevice::parse(&data).map_err(|error| error.to_string())
}

/// The data that a command brought.
fn read(answer: Result<Answer, NoAnswer>) -> Result<Vec<u8>, String> {
    match answer {
        Ok(Answer::Scsi { status: 0, data, .. }) => Ok(data),
        Ok(Answer::Scsi { status, sense, .. }) => Err(refusal(status, &sense)),
        Ok(_) => Err("an answer of another protocol".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The registers that a command without data brought.
fn registers(answer: Result<Answer, NoAnswer>) -> Result<Registers, String> {
    match answer {
        Ok(Answer::Scsi { sense, .. }) => match sense::Answer::parse(&sense).registers() {
            Some(registers) => Ok(*registers),
            None => Err("the adapter does not pass on the drive's registers".to_owned()),
        },
        Ok(_) => Err("an answer of another protocol".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// What an adapter or a drive said instead of doing it.
fn refusal(status: u8, sense: &[u8]) -> String {
    match sense::Answer::parse(sense).registers() {
        Some(r) if r.aborted() => "the drive aborted the command".to_owned(),
        Some(r) => format!("STATUS {:02x}h, ERROR {:02x}h", r.status, r.error),
        None => format!("SCSI status {status:02x}h, without the drive's registers"),
    }
}

fn sanitize_status(answer: Result<Answer, NoAnswer>) -> Result<sanitize_device::Answer, String> {
    let registers = registers(answer)?;
    let cut_short = || "the adapter does not pass on all of the drive's registers".to_owned();
    match sanitize_device::Answer::parse(&registers) {
        // An idle drive has FFFFh where the progress would be (checked against the tables for B4h
        // in Western Digital's Ultrastar DC HC310 and HC580 specifications): registers that are all
        // zero are those of an adapter that empties them, as some HBAs do.
        sanitize_device::Answer::Status(_)
            if registers.count48() == Some(0) && registers.lba48() == Some(0) =>
        {
            Err(cut_short())
        }
        sanitize_device::Answer::Unreadable => Err(cut_short()),
        answer @ (sanitize_device::Answer::Status(_)
        | sanitize_device::Answer::Aborted(Reason::Unsuccessful)) => Ok(answer),
        sanitize_device::Answer::Aborted(_) | sanitize_device::Answer::Failed => {
            Err("the drive does not tell it".to_owned())
        }
    }
}

/// What the drive hides at its end, by the questions that it says it answers. `Err` if it cannot be
/// told.
fn hidden(
    identify: &IdentifyDevice,
    accessible: u64,
    send: impl Fn(ata::Command) -> Result<Answer, NoAnswer>,
) -> Result<HiddenArea, String> {
    let mut native = accessible;
    // USB bridges invent these answers: less than what the drive shows is not one, and neither is
    // more than 48 bits can address.
    let mut take = |sectors: u64| {
        if sectors < native || sectors >> 48 != 0 {
            return Err(
                "the native size makes no sense; an adapter may have invented it".to_owned()
            );
        }
        native = sectors;
        Ok(())
    };
    if identify.accessible_max_address {
        take(told(&send, accessible_max_address::Request::GetNative.command(), Width::Lba48)?)?;
    } else {
        let set = identify
            .host_protected_area
            .ok_or("the drive does not say whether it can hide an area")?;
        if set.supported {
            let width = width(identify);
            take(told(&send, max_address::Request::ReadNative(width).command(), width)?)?;
        }
    }
    if identify.device_configuration_overlay {
        let overlay = overlay(send(device_configuration::Request::Identify.command()));
        match overlay.and_then(&mut take) {
            // What is known to be hidden is not less hidden by what is not known.
            Err(_) if native > accessible => {}
            told => told?,
        }
    }
    Ok(match native {
        native if native > accessible => HiddenArea::Present { accessible, native },
        _ => HiddenArea::None,
    })
}

/// The native size that a drive tells when it is asked by this command.
fn told(
    send: impl Fn(ata::Command) -> Result<Answer, NoAnswer>,
    command: Option<ata::Command>,
    width: Width,
) -> Result<u64, String> {
    let command = command.ok_or("there is no such question")?;
    let registers = registers(send(command))?;
    max_address::sectors(width, &registers)
        .ok_or_else(|| "the drive does not tell its native size".to_owned())
}

/// The size that the drive has from its factory.
fn overlay(answer: Result<Answer, NoAnswer>) -> Result<u64, String> {
    let data = read(answer)
        .map_err(|why| format!("the device configuration overlay cannot be read: {why}"))?;
    let found = device_configuration::DeviceConfiguration::parse(&data);
    found.map(|found| found.sectors).map_err(|error| error.to_string())
}

/// The width of the commands that tell and set the host protected area.
fn width(identify: &IdentifyDevice) -> Width {
    if identify.sectors48.is_some() { Width::Lba48 } else { Width::Lba28 }
}

fn ata(firmware: &Firmware) -> Result<&Ata, String> {
    match firmware {
        Firmware::Ata(ata) => Ok(ata),
        other => Err(other.speaks()),
    }
}

fn sanitize_why_not(firmware: &Firmware, can: fn(&Sanitize) -> bool) -> Option<String> {
    ata(firmware)
        .and_then(|ata| {
            if !ata.identify.sanitize.as_ref().is_some_and(can) {
                return Err("the drive does not support it".to_owned());
            }
            opal::open(firmware)?;
            if ata.identify.security.is_some_and(|security| security.locked) {
                return Err(
                    "a password locks the drive; unlock it with the computer that set it, or ask \
                     its owner"
                        .to_owned(),
                );
            }
            match &ata.sanitize_status {
                Err(why) => Err(format!(
                    "how a sanitize goes could not be told: {why}; attach the drive to a SATA port"
                )),
                Ok(sanitize_device::Answer::Status(status)) if status.frozen => {
                    Err(sanitize::FROZEN.to_owned())
                }
                Ok(_) => Ok(()),
            }
        })
        .err()
}

fn security_why_not(firmware: &Firmware, can: fn(&Security) -> bool) -> Option<String> {
    ata(firmware)
        .and_then(|ata| {
            let supported = ata.identify.security.filter(can);
            let security = supported.ok_or_else(|| "the drive does not support it".to_owned())?;
            opal::open(firmware)?;
            if ata.bus == Bus::Usb {
                return Err(
                    "a USB bridge that fails half-way would leave the drive locked; attach it to a \
                     SATA port"
                        .to_owned(),
                );
            }
            match &ata.sanitize_status {
                Ok(sanitize_device::Answer::Status(status)) if status.in_progress => {
                    Err("the drive is sanitizing itself; wait until it is done".to_owned())
                }
                Ok(sanitize_device::Answer::Aborted(_)) => {
                    Err("the drive's last sanitize failed; it needs another one".to_owned())
                }
                _ => security_erase::hindrance(&security),
            }
        })
        .err()
}

/// Whether a password locks the drive, and what can open it: an erase that tries ours. `Err` says
/// why nothing here can.
fn locked(firmware: &Firmware) -> Option<Result<TechniqueId, String>> {
    let security = ata(firmware).ok()?.identify.security.filter(|security| security.locked)?;
    let rows = [
        (TechniqueId::AtaSecurityEraseEnhanced, security.enhanced_erase),
        (TechniqueId::AtaSecurityErase, true),
    ];
    let (id, _) = rows.into_iter().find(|(_, can)| *can)?;
    Some(security_why_not(firmware, |_| true).map_or(Ok(id), |why| {
        Err(format!("a password locks the drive, and it cannot be tried here: {why}"))
    }))
}

/// The erase that opens a drive that a password locks, if the password may be ours.
#[must_use]
pub fn opener(firmware: &Firmware) -> Option<TechniqueId> {
    locked(firmware)?.ok()
}

/// Why a drive that a password locks cannot be written.
pub(super) fn stays_locked(firmware: &Firmware) -> Option<String> {
    locked(firmware)?.err()
}

fn sanitize(firmware: &Firmware, operation: Operation) -> Option<Box<dyn Machine>> {
    let antifreeze = ata(firmware).ok()?.identify.sanitize?.antifreeze_lock;
    Some(Box::new(AtaSanitize::new(operation, antifreeze)))
}
