//! SMART (B0h): the attribute table, and the drive's own opinion of its health.

use super::{Command, Registers, Width, block};
use crate::proto::{Data, Malformed};

const CODE: u8 = 0xb0;
const READ_DATA: u16 = 0xd0;
const RETURN_STATUS: u16 = 0xda;

/// LBA 23:8 of every SMART command, and of the answer of a drive in good health.
const KEY: u32 = 0xc2_4f00;
/// LBA 23:8 in the answer of a drive that expects to fail.
const THRESHOLD_EXCEEDED: u32 = 0x2c_f400;

const PAGE: &str = "SMART READ DATA";

/// What can be asked. Neither changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// The attribute table.
    ReadData,
    /// The drive's opinion.
    ReturnStatus,
}

impl Request {
    /// The command.
    #[must_use]
    pub fn command(&self) -> Command {
        let new = Command { lba: KEY.into(), ..Command::new(CODE, Width::Lba28) };
        match self {
            Self::ReadData => Command { feature: READ_DATA, count: 1, data: Data::In(512), ..new },
            Self::ReturnStatus => Command { feature: RETURN_STATUS, ..new },
        }
    }

    /// The request that this command is; `None` if any of its bits is not as [`Request::command`]
    /// sets it.
    #[must_use]
    pub fn decode(command: &Command) -> Option<Self> {
        [Self::ReadData, Self::ReturnStatus]
            .into_iter()
            .find(|request| request.command() == *command)
    }
}

/// What a drive thinks of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// No attribute is beyond its threshold.
    Good,
    /// An attribute is, and the drive may fail soon.
    Failing,
}

impl Health {
    /// The answer to [`Request::ReturnStatus`]; `None` if there is none, as behind some bridges.
    /// Checked against smartmontools' atacmds.cpp.
    #[must_use]
    pub fn parse(registers: &Registers) -> Option<Self> {
        match registers.lba & 0xff_ff00 {
            _ if !registers.succeeded() => None,
            KEY => Some(Self::Good),
            THRESHOLD_EXCEEDED => Some(Self::Failing),
            _ => None,
        }
    }
}

/// One row of the attribute table. What an id counts, and how, is the vendor's own business; the
/// usual meanings are reallocated sectors (5), power-on hours (9), reported uncorrectable errors
/// (187), reallocation events (196), pending sectors (197), uncorrectable sectors found offline
/// (198) and interface CRC errors (199).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// 1 to 255.
    pub id: u8,
    /// Bit 0: the drive fails soon when the value reaches its threshold; otherwise it is worn.
    pub flags: u16,
    /// The normalized value now; less is worse.
    pub value: u8,
    /// The worst it ever was.
    pub worst: u8,
    /// 48 bits of the vendor's. A count is usually in the low 16 or 32.
    pub raw: u64,
}

/// The attribute table: rows in use, in the drive's order. Layout checked against smartmontools'
/// ata.h.
///
/// # Errors
/// Fewer than 512 bytes, or a wrong checksum.
pub fn attributes(bytes: &[u8]) -> Result<Vec<Attribute>, Malformed> {
    let data = block::first(PAGE, bytes)?;
    if !block::adds_up(data) {
        return Err(Malformed::Invalid { page: PAGE, why: "its checksum is wrong" });
    }
    // Two bytes of revision, and 30 rows of 12 bytes.
    let rows = data[2..362].as_chunks::<12>().0.iter();
    Ok(rows
        .filter(|row| row[0] != 0)
        .map(|[id, f0, f1, value, worst, r0, r1, r2, r3, r4, r5, _]| Attribute {
            id: *id,
            flags: u16::from_le_bytes([*f0, *f1]),
            value: *value,
            worst: *worst,
            raw: u64::from_le_bytes([*r0, *r1, *r2, *r3, *r4, *r5, 0, 0]),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::pass_through::{cdb16, decode};
    use crate::proto::ata::tests::noise;

    #[test]
    fn requests_byte_by_byte() {
        let read = Request::ReadData.command();
        let cdb = [0x85, 0x08, 0x0e, 0, 0xd0, 0, 1, 0, 0, 0, 0x4f, 0, 0xc2, 0x40, 0xb0, 0];
        assert_eq!((read.name(), cdb16(&read)), ("SMART READ DATA", cdb));
        assert_eq!(Request::decode(&decode(&cdb, &[]).unwrap()), Some(Request::ReadData));
        let status = Request::ReturnStatus.command();
        let cdb = [0x85, 0x06, 0x20, 0, 0xda, 0, 0, 0, 0, 0, 0x4f, 0, 0xc2, 0x40, 0xb0, 0];
        assert_eq!((status.name(), cdb16(&status)), ("SMART RETURN STATUS", cdb));
        assert_eq!(Request::decode(&decode(&cdb, &[]).unwrap()), Some(Request::ReturnStatus));
        assert_eq!(Request::decode(&Command { lba: 0, ..status }), None, "without the key");
    }

    #[test]
    fn the_opinion_is_in_the_address() {
        let health = |lba| Health::parse(&Registers::done(Width::Lba28, 0, lba));
        assert_eq!(health(0xc2_4f00), Some(Health::Good));
        assert_eq!(health(0x2c_f400), Some(Health::Failing));
        assert_eq!(health(0x2c_f4ff), Some(Health::Failing));
        assert_eq!(health(0x00_0000), None);
        assert_eq!(health(0xc2_f400), None, "half of each");
        assert_eq!(Health::parse(&Registers::refused(Width::Lba28, 0xc2_4f00)), None);
    }

    #[test]
    fn rows_byte_by_byte() {
        let mut page = [0; 512];
        page[..2].copy_from_slice(&[0x10, 0x00]);
        page[2..14]
            .copy_from_slice(&[5, 0x33, 0x01, 100, 99, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xff]);
        // The second row is not in use, whatever is in it; the last of 30 is.
        page[15] = 0x12;
        page[350..362].copy_from_slice(&[197, 0x12, 0x00, 200, 200, 8, 0, 0, 0, 0, 0, 0]);
        page[362] = 0x82;
        block::seal(&mut page);
        let expected = [
            Attribute { id: 5, flags: 0x0133, value: 100, worst: 99, raw: 0xa6a5_a4a3_a2a1 },
            Attribute { id: 197, flags: 0x0012, value: 200, worst: 200, raw: 8 },
        ];
        assert_eq!(attributes(&page), Ok(expected.to_vec()));
        page[5] ^= 1;
        assert!(attributes(&page).is_err(), "its checksum");
        for bytes in 0..512 {
            assert!(attributes(&page[..bytes]).is_err());
        }
        for noise in noise(512) {
            let mut noise = *noise.first_chunk().unwrap();
            block::seal(&mut noise);
            assert!(attributes(&noise).unwrap().len() <= 30);
        }
    }
}
