//! One command on its way to a drive's firmware, and one answer on its way back, whatever the
//! protocol.

use super::{ata, mmc, nvme, scsi};

/// A command of any protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// For the admin queue of an NVMe controller.
    Nvme(nvme::Admin),
    /// For an ATA drive, through SCSI / ATA Translation.
    Ata(ata::Command),
    /// For a SCSI drive.
    Scsi(scsi::Command),
    /// For an MMC card.
    Mmc(mmc::Command),
}

/// What came back. An answer is no success: each protocol says in its own way how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// From an NVMe controller.
    Nvme {
        /// The status field of the completion.
        status: nvme::Status,
        /// Bytes that came.
        data: Vec<u8>,
    },
    /// From a SCSI target, or a translator that speaks for an ATA drive.
    Scsi {
        /// The SCSI status byte: 00h good, 02h check condition.
        status: u8,
        /// Sense data, empty if there is none.
        sense: Vec<u8>,
        /// Bytes that came.
        data: Vec<u8>,
    },
    /// From an MMC card.
    Mmc {
        /// The response words.
        response: [u32; 4],
        /// Bytes that came.
        data: Vec<u8>,
    },
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The command never reached the drive: this adapter or kernel does not pass it on.
    #[error("the command was not passed on ({0})")]
    NotSent(String),
    /// It was sent, and a time-out or a reset came in between: it may have been carried out.
    #[error("the answer was lost ({0})")]
    Lost(String),
    /// The drive is gone.
    #[error("the drive is gone ({0})")]
    Gone(String),
}

impl Command {
    /// The command's name in its specification.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Nvme(command) => command.name(),
            Self::Ata(command) => command.name(),
            Self::Scsi(command) => command.name(),
            Self::Mmc(command) => command.name(),
        }
    }

    /// The command itself, without what it carries, which may be a password: opcode, namespace and
    /// dwords 10 to 15 of NVMe (big-endian, as people write them); an ATA or SCSI command
    /// descriptor block; opcode and argument of MMC.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Nvme(command) => {
                let mut bytes = vec![command.opcode()];
                bytes.extend(command.nsid().to_be_bytes());
                bytes.extend(command.words().iter().flat_map(|word| word.to_be_bytes()));
                bytes
            }
            Self::Ata(command) => ata::pass_through::cdb16(command).to_vec(),
            Self::Scsi(command) => command.cdb().to_vec(),
            Self::Mmc(command) => {
                let mut bytes = vec![command.opcode()];
                bytes.extend(command.argument().to_be_bytes());
                bytes
            }
        }
    }
}

impl Answer {
    /// The answer's status: the NVMe status field, the SCSI status byte and sense data, or the
    /// first response word of MMC (big-endian).
    #[must_use]
    pub fn status(&self) -> Vec<u8> {
        match self {
            Self::Nvme { status, .. } => status.raw().to_be_bytes().to_vec(),
            Self::Scsi { status, sense, .. } => [&[*status], sense.as_slice()].concat(),
            Self::Mmc { response: [first, ..], .. } => first.to_be_bytes().to_vec(),
        }
    }

    /// The bytes that came.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        match self {
            Self::Nvme { data, .. } | Self::Scsi { data, .. } | Self::Mmc { data, .. } => data,
        }
    }
}
