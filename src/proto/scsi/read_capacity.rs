//! READ CAPACITY (16) (SBC-4): how many blocks of which size, and what is kept beside them.
//!
//! Checked against sg3_utils (`sg_readcap.c`).

use super::super::field::{be16, be32, be64};
use super::super::{Data, Malformed};
use super::Command;
use super::protection::{Protection, ProtectionType};

/// The first byte of the command: SERVICE ACTION IN (16).
pub const OPERATION_CODE: u8 = 0x9e;
/// Which of its service actions this is.
pub const SERVICE_ACTION: u8 = 0x10;

const NAME: &str = "READ CAPACITY (16)";
const ANSWER_BYTES: u8 = 32;

/// The request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadCapacity;

impl ReadCapacity {
    /// As sent.
    #[must_use]
    pub fn command(self) -> Command {
        let mut cdb = [0; 16];
        (cdb[0], cdb[1], cdb[13]) = (OPERATION_CODE, SERVICE_ACTION, ANSWER_BYTES);
        Command::new(NAME, cdb, Data::In(ANSWER_BYTES.into()))
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// The address of the last logical block; there is one block more.
    pub last_block: u64,
    /// Bytes of user data in a logical block.
    pub block_bytes: u32,
    /// What the drive is formatted with beside the data; `None` for type 0.
    pub protection: Option<Protection>,
    /// RC_BASIS. On a host-managed zoned drive `last_block` is the last one of the drive if this
    /// is 1, and the last one before the sequential zones if it is 0.
    pub basis: u8,
    /// A physical block holds two to the power of this many logical ones: 0 to 15. A 0 may also
    /// mean that the drive does not say.
    pub physical_exponent: u8,
    /// Blocks can be unmapped (LBPME).
    pub provisioned: bool,
    /// Unmapped blocks read as zeros (LBPRZ).
    pub unmapped_reads_zero: bool,
    /// The first logical block that starts a physical one: 0 to 16383.
    pub lowest_aligned_block: u16,
}

impl Capacity {
    /// # Errors
    /// Fewer than 16 bytes, or a protection type that SBC-4 does not know.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let short = Malformed::Short { page: NAME, needed: 16, got: bytes.len() };
        let [flags, exponents] = *bytes.get(12..).and_then(<[u8]>::first_chunk).ok_or(short)?;
        let alignment = be16(bytes, 14).ok_or(short)?;
        let protection = match (flags & 1, flags >> 1 & 0x07) {
            (0, _) => None,
            (_, 0) => Protection::new(ProtectionType::Type1, exponents >> 4),
            (_, 1) => Protection::new(ProtectionType::Type2, exponents >> 4),
            (_, 2) => Protection::new(ProtectionType::Type3, exponents >> 4),
            _ => return Err(Malformed::Invalid { page: NAME, why: "unknown protection type" }),
        };
        Ok(Self {
            last_block: be64(bytes, 0).ok_or(short)?,
            block_bytes: be32(bytes, 8).ok_or(short)?,
            protection,
            basis: flags >> 4 & 0x03,
            physical_exponent: exponents & 0x0f,
            provisioned: alignment & 0x8000 != 0,
            unmapped_reads_zero: alignment & 0x4000 != 0,
            lowest_aligned_block: alignment & 0x3fff,
        })
    }

    /// Bytes of user data on the drive; `None` if 64 bits do not hold the number.
    #[must_use]
    pub fn total_bytes(&self) -> Option<u64> {
        self.last_block.checked_add(1)?.checked_mul(self.block_bytes.into())
    }

    /// As a drive sends it.
    #[must_use]
    pub fn bytes(&self) -> [u8; 32] {
        let kind = self.protection.map_or(0, |protection| match protection.kind() {
            ProtectionType::Type1 => 0b001,
            ProtectionType::Type2 => 0b011,
            ProtectionType::Type3 => 0b101,
        });
        let interval = self.protection.map_or(0, Protection::interval_exponent);
        let alignment = u16::from(self.provisioned) << 15
            | u16::from(self.unmapped_reads_zero) << 14
            | self.lowest_aligned_block & 0x3fff;
        let mut page = [0; 32];
        page[..8].copy_from_slice(&self.last_block.to_be_bytes());
        page[8..12].copy_from_slice(&self.block_bytes.to_be_bytes());
        page[12] = (self.basis & 0x03) << 4 | kind;
        page[13] = interval << 4 | self.physical_exponent & 0x0f;
        page[14..16].copy_from_slice(&alignment.to_be_bytes());
        page
    }
}

#[cfg(test)]
mod tests {
    use super::super::hostile;
    use super::*;

    #[test]
    fn request() {
        let command = ReadCapacity.command();
        let expected = [0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0];
        assert_eq!(command.cdb(), expected);
        assert_eq!(command.data(), &Data::In(32));
    }

    /// A 600 GB SAS disk with 512-byte blocks, type 2.
    #[test]
    fn a_sas_disk() {
        let mut page = [0; 32];
        page[..16].copy_from_slice(&[
            0, 0, 0, 0, 0x45, 0xdd, 0x2f, 0xaf, 0, 0, 2, 0, 0x03, 0x03, 0xc0, 0x01,
        ]);
        let capacity = Capacity::parse(&page).unwrap();
        let expected = Capacity {
            last_block: 0x45dd_2faf,
            block_bytes: 512,
            protection: Protection::new(ProtectionType::Type2, 0),
            basis: 0,
            physical_exponent: 3,
            provisioned: true,
            unmapped_reads_zero: true,
            lowest_aligned_block: 1,
        };
        assert_eq!(capacity, expected);
        assert_eq!(capacity.total_bytes(), Some(600_127_266_816));
        assert_eq!(capacity.bytes(), page);
        hostile(&page, Capacity::parse);
    }

    #[test]
    fn each_field_is_its_own() {
        let blank = Capacity::parse(&[0; 16]).unwrap();
        assert_eq!(blank.protection, None);
        let with = |at: usize, byte: u8| {
            let mut page = [0; 32];
            page[at] = byte;
            let capacity = Capacity::parse(&page).unwrap();
            assert_eq!(Capacity::parse(&capacity.bytes()).as_ref(), Ok(&capacity));
            capacity
        };
        let protection = |kind, exponent| Capacity {
            protection: Some(Protection::new(kind, exponent).unwrap()),
            ..blank.clone()
        };
        assert_eq!(with(0, 0x80), Capacity { last_block: 1 << 63, ..blank.clone() });
        assert_eq!(with(7, 1), Capacity { last_block: 1, ..blank.clone() });
        assert_eq!(with(8, 0x80), Capacity { block_bytes: 1 << 31, ..blank.clone() });
        assert_eq!(with(11, 1), Capacity { block_bytes: 1, ..blank.clone() });
        assert_eq!(with(12, 0x01), protection(ProtectionType::Type1, 0));
        assert_eq!(with(12, 0x03), protection(ProtectionType::Type2, 0));
        assert_eq!(with(12, 0x05), protection(ProtectionType::Type3, 0));
        assert_eq!(with(12, 0x0e), blank, "P_TYPE without PROT_EN");
        assert_eq!(with(12, 0x10), Capacity { basis: 1, ..blank.clone() });
        assert_eq!(with(13, 0x0f), Capacity { physical_exponent: 15, ..blank.clone() });
        assert_eq!(with(13, 0xf0), blank, "an interval exponent without protection");
        assert_eq!(with(14, 0x80), Capacity { provisioned: true, ..blank.clone() });
        assert_eq!(with(14, 0x40), Capacity { unmapped_reads_zero: true, ..blank.clone() });
        assert_eq!(with(14, 0x20), Capacity { lowest_aligned_block: 0x2000, ..blank.clone() });
        let mut page = [0; 32];
        (page[12], page[13]) = (0x01, 0xf0);
        assert_eq!(Capacity::parse(&page), Ok(protection(ProtectionType::Type1, 15)));
        assert_eq!(protection(ProtectionType::Type1, 15).bytes(), page);
        for reserved in [0x07, 0x09, 0x0b, 0x0d, 0x0f] {
            page[12] = reserved;
            assert!(Capacity::parse(&page).is_err(), "{reserved:x}");
        }
        assert!(Capacity::parse(&[0; 15]).is_err());
    }

    #[test]
    fn sizes_do_not_wrap() {
        let mut page = [0xff; 32];
        page[12] = 0;
        assert_eq!(Capacity::parse(&page).unwrap().total_bytes(), None);
        page[7] = 0xfe;
        assert_eq!(Capacity::parse(&page).unwrap().total_bytes(), None);
    }
}
