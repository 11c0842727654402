//! REQUEST SENSE (SPC-5): the drive's state without a command that fails. A sanitize
//! operation reports its progress here; the answer is [`Sense`](super::sense::Sense).
//!
//! Linux answers this for a SATA drive on its own port itself, always with 00/00/00 (libata-scsi,
//! `ata_scsi_simulate`): there it says nothing about the drive.

use super::super::Data;
use super::Command;

/// The first byte of the command.
pub const OPERATION_CODE: u8 = 0x03;

/// The most that the one-byte length may say (SPC-5).
const ALLOCATION: u8 = 252;

/// The request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestSense {
    /// Asks for the descriptor format; a drive older than SPC-3 knows only the fixed one.
    pub descriptors: bool,
}

impl RequestSense {
    /// As sent.
    #[must_use]
    pub fn command(self) -> Command {
        let cdb = [OPERATION_CODE, u8::from(self.descriptors), 0, 0, ALLOCATION, 0];
        Command::new("REQUEST SENSE", cdb, Data::In(ALLOCATION.into()))
    }

    pub(super) fn decode(cdb: &[u8]) -> Option<Self> {
        Some(Self { descriptors: cdb.get(1)? & 1 == 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        let command = RequestSense { descriptors: false }.command();
        assert_eq!(command.cdb(), [0x03, 0, 0, 0, 0xfc, 0]);
        assert_eq!(command.data(), &Data::In(252));
        assert_eq!(RequestSense { descriptors: true }.command().cdb(), [0x03, 1, 0, 0, 0xfc, 0]);
    }
}
