//! What a drive thinks of its own health: the one question that each protocol has for it. It decides
//! nothing: a drive that expects to fail may be erased like any other, and whoever erases it should know.

use super::survey::{Firmware, QUESTION};
use crate::device::Channel;
use crate::model::Bus;
use crate::proto::ata::smart;
use crate::proto::mmc::ext_csd::PreEol;
use crate::proto::nvme::SmartLog;
use crate::proto::scsi::log_sense::{InformationalExceptions, LogSense};
use crate::proto::{Answer, Command};

/// What a drive thinks of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It sees nothing wrong.
    Good,
    /// It expects to fail.
    Failing,
    /// It does not say, or cannot be asked.
    Unknown,
}

/// The additional sense code of a predicted failure (SPC-5).
const FAILURE_PREDICTED: u8 = 0x5d;

impl Health {
    /// Asks a drive whose firmware said this.
    #[must_use]
    pub fn ask(firmware: &Firmware, channel: &dyn Channel) -> Self {
        let found = match firmware {
            Firmware::Nvme(_) => of_nvme(channel),
            // A bridge may stop answering over a command that it does not know.
            Firmware::Ata(ata) if ata.bus == Bus::Usb => None,
            Firmware::Ata(_) => of_ata(channel),
            Firmware::Scsi(scsi) if scsi.translated() => None,
            Firmware::Scsi(_) => of_scsi(channel),
            Firmware::Mmc(mmc) => mmc.ext_csd.pre_eol.map(|spare| spare == PreEol::Urgent),
            Firmware::Silent(_) => None,
        };
        match found {
            Some(true) => Self::Failing,
            Some(false) => Self::Good,
            None => Self::Unknown,
        }
    }
}

/// The critical warnings of the SMART log that are about the medium: not the temperature.
fn of_nvme(channel: &dyn Channel) -> Option<bool> {
    let answer = channel.send(&Command::Nvme(SmartLog::command()), QUESTION).ok()?;
    let Answer::Nvme { status, data } = answer else { return None };
    let log = status.is_success().then(|| SmartLog::parse(&data).ok())??;
    let warning = log.critical_warning;
    Some(warning.spare_low() || warning.unreliable() || warning.read_only())
}

/// SMART RETURN STATUS.
fn of_ata(channel: &dyn Channel) -> Option<bool> {
    let command = Command::Ata(smart::Request::ReturnStatus.command());
    let Answer::Scsi { sense, .. } = channel.send(&command, QUESTION).ok()? else { return None };
    let answer = crate::proto::ata::sense::Answer::parse(&sense);
    Some(smart::Health::parse(answer.registers()?)? == smart::Health::Failing)
}

/// The informational exceptions log page.
fn of_scsi(channel: &dyn Channel) -> Option<bool> {
    let command = Command::Scsi(LogSense::InformationalExceptions.command());
    let Answer::Scsi { status: 0, data, .. } = channel.send(&command, QUESTION).ok()? else {
        return None;
    };
    match InformationalExceptions::parse(&data).ok()?.asc {
        0 => Some(false),
        FAILURE_PREDICTED => Some(true),
        _ => None,
    }
}
