//! REPORT LUNS (SPC-5): how many logical units a drive has. A drive with two actuators, or UFS,
//! has several, and each is a disk of its own to Linux.

use super::super::field::be32;
use super::super::{Data, Malformed};
use super::Command;

/// The first byte of the command.
pub const OPERATION_CODE: u8 = 0xa0;

const NAME: &str = "REPORT LUNS";

/// The header and one number: the header tells how long the whole list is. SPC-5 allows no less.
const ALLOCATION: u8 = 16;

/// The bytes of each logical unit's number in the list.
const NUMBER_BYTES: u32 = 8;

/// The request. SELECT REPORT is 00h: logical units, without the well known ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportLuns;

impl ReportLuns {
    /// As sent.
    #[must_use]
    pub fn command(self) -> Command {
        let cdb = [OPERATION_CODE, 0, 0, 0, 0, 0, 0, 0, 0, ALLOCATION, 0, 0];
        Command::new(NAME, cdb, Data::In(ALLOCATION.into()))
    }
}

/// How many logical units there are, by the length of their list.
///
/// # Errors
/// Fewer than eight bytes, or a length that is not one of whole numbers.
pub fn units(bytes: &[u8]) -> Result<u32, Malformed> {
    let short = Malformed::Short { page: NAME, needed: 8, got: bytes.len() };
    let length = be32(bytes, 0).filter(|_| bytes.len() >= 8).ok_or(short)?;
    if !length.is_multiple_of(NUMBER_BYTES) {
        return Err(Malformed::Invalid { page: NAME, why: "its length is not that of a list" });
    }
    Ok(length / NUMBER_BYTES)
}

/// The answer of a drive with so many, cut to what the request has room for.
#[must_use]
pub fn bytes(units: u32) -> [u8; ALLOCATION as usize] {
    let mut bytes = [0; ALLOCATION as usize];
    bytes[..4].copy_from_slice(&units.saturating_mul(NUMBER_BYTES).to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_byte_by_byte() {
        let command = ReportLuns.command();
        assert_eq!(command.cdb(), [0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0]);
        assert_eq!((command.name(), command.data()), ("REPORT LUNS", &Data::In(16)));
    }

    #[test]
    fn answer_byte_by_byte() {
        let one = [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!((units(&one), bytes(1)), (Ok(1), one));
        // The second number did not fit; the length tells of it all the same.
        let two = [0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!((units(&two), bytes(2)), (Ok(2), two));
        assert_eq!(units(&two[..8]), Ok(2));
        assert_eq!(units(&[0; 8]), Ok(0));
        assert!(units(&two[..7]).is_err() && units(&[]).is_err());
        assert!(units(&[0, 0, 0, 12, 0, 0, 0, 0]).is_err());
        super::super::hostile(&two, units);
    }
}
