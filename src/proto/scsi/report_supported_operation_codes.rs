//! REPORT SUPPORTED OPERATION CODES (SPC-5), for one command: whether the drive knows it, without
//! trying it.
//!
//! Checked against sg3_utils (`sg_opcodes.c`). Linux answers this for a SATA drive on its own
//! port, and says "not available" (0) for what it does not translate, never "no"
//! (libata-scsi, `ata_scsiop_maint_in`).

use super::super::field::be16;
use super::super::{Data, Malformed};
use super::Command;

/// The first byte of the command: MAINTENANCE IN.
pub const OPERATION_CODE: u8 = 0xa3;
/// Which of its service actions this is.
pub const SERVICE_ACTION: u8 = 0x0c;

const NAME: &str = "REPORT SUPPORTED OPERATION CODES";
/// The header and the longest command's usage map.
const ANSWER_BYTES: u8 = 36;

/// The question: does the drive know this command?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportSupportedOperationCodes {
    /// The first byte of the command that is asked about.
    pub operation_code: u8,
    /// Its service action. A command that has them must be asked about with one, others without.
    pub service_action: Option<u16>,
}

impl ReportSupportedOperationCodes {
    /// As sent.
    #[must_use]
    pub fn command(self) -> Command {
        let option = if self.service_action.is_some() { 2 } else { 1 };
        let [high, low] = self.service_action.unwrap_or(0).to_be_bytes();
        let asked = self.operation_code;
        let cdb =
            [OPERATION_CODE, SERVICE_ACTION, option, asked, high, low, 0, 0, 0, ANSWER_BYTES, 0, 0];
        Command::new(NAME, cdb, Data::In(ANSWER_BYTES.into()))
    }

    pub(super) fn decode(cdb: &[u8]) -> Option<Self> {
        let service_action = match cdb.get(2)? {
            1 => None,
            2 => Some(be16(cdb, 4)?),
            _ => return None,
        };
        Some(Self { operation_code: *cdb.get(3)?, service_action })
    }
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// The drive does not say.
    NotAvailable,
    /// It does not know the command.
    No,
    /// As the standard has it.
    Standard,
    /// In some way of the vendor's own.
    Vendor,
}

impl Support {
    /// # Errors
    /// Fewer than 4 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let [_, support, _, _, ..] = bytes else {
            return Err(Malformed::Short { page: NAME, needed: 4, got: bytes.len() });
        };
        Ok(match support & 0x07 {
            1 => Self::No,
            3 => Self::Standard,
            5 => Self::Vendor,
            _ => Self::NotAvailable,
        })
    }

    /// As a drive sends it, without the usage map.
    #[must_use]
    pub fn bytes(self) -> [u8; 4] {
        let support = match self {
            Self::NotAvailable => 0,
            Self::No => 1,
            Self::Standard => 3,
            Self::Vendor => 5,
        };
        [0, support, 0, 0]
    }
}

#[cfg(test)]
mod tests {
    use super::super::hostile;
    use super::*;

    #[test]
    fn requests() {
        let ask = |operation_code, service_action| {
            ReportSupportedOperationCodes { operation_code, service_action }.command()
        };
        let command = ask(0x48, Some(0x021f));
        assert_eq!(command.cdb(), [0xa3, 0x0c, 2, 0x48, 0x02, 0x1f, 0, 0, 0, 36, 0, 0]);
        assert_eq!(command.data(), &Data::In(36));
        assert_eq!(ask(0x04, None).cdb(), [0xa3, 0x0c, 1, 0x04, 0, 0, 0, 0, 0, 36, 0, 0]);
    }

    #[test]
    fn answers() {
        let expected = [
            Support::NotAvailable,
            Support::No,
            Support::NotAvailable,
            Support::Standard,
            Support::NotAvailable,
            Support::Vendor,
            Support::NotAvailable,
            Support::NotAvailable,
        ];
        for (code, support) in (0..).zip(expected) {
            // The flags above, and a usage map behind, say something else.
            assert_eq!(Support::parse(&[0xff, 0xf8 | code, 0, 10, 0x48, 0xff]), Ok(support));
            assert_eq!(Support::parse(&support.bytes()), Ok(support));
        }
        assert_eq!(Support::Vendor.bytes(), [0, 5, 0, 0]);
        assert!(Support::parse(&[0, 3, 0]).is_err());
        hostile(&[0, 3, 0, 0], Support::parse);
    }
}
