//! SECURITY PROTOCOL IN and OUT (SPC-5): what TCG storage and ATA security speak through.
//!
//! Checked against opensea-transport (`scsi_cmds.c`) and Linux (`sd_sec_submit` in
//! `drivers/scsi/sd.c`, which counts bytes).

use zeroize::Zeroizing;

use super::super::Data;
use super::super::field::{be16, be32};
use super::Command;

/// The first byte of SECURITY PROTOCOL IN.
pub const IN_OPERATION_CODE: u8 = 0xa2;
/// The first byte of SECURITY PROTOCOL OUT.
pub const OUT_OPERATION_CODE: u8 = 0xb5;

const BLOCK: u32 = 512;
const INC_512: u8 = 0x80;

/// How much comes from the drive, and what the command counts (INC_512).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many bytes.
    Bytes(u32),
    /// So many blocks of 512 bytes. A translation to ATA takes no more than 16 bits.
    Blocks(u16),
}

/// The request for data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecurityProtocolIn {
    /// 01h and 02h are TCG's, EFh is ATA security.
    pub protocol: u8,
    /// What the protocol makes of it: the ComID for TCG.
    pub specific: u16,
    /// How much.
    pub length: Length,
}

impl SecurityProtocolIn {
    /// As sent.
    #[must_use]
    pub fn command(self) -> Command {
        let (inc_512, count, bytes) = match self.length {
            Length::Bytes(bytes) => (0, bytes, bytes),
            // 65535 * 512 is below 2^32.
            Length::Blocks(blocks) => (INC_512, blocks.into(), u32::from(blocks) * BLOCK),
        };
        let cdb = cdb(IN_OPERATION_CODE, self.protocol, self.specific, inc_512, count);
        Command::new("SECURITY PROTOCOL IN", cdb, Data::In(bytes))
    }

    pub(super) fn decode(cdb: &[u8]) -> Option<Self> {
        let count = be32(cdb, 6)?;
        let length = if cdb.get(4)? & INC_512 == 0 {
            Length::Bytes(count)
        } else {
            Length::Blocks(count.try_into().ok()?)
        };
        Some(Self { protocol: *cdb.get(1)?, specific: be16(cdb, 2)?, length })
    }
}

/// The codes in the answer to protocol 00h, specific 0000h: every security protocol that the drive
/// speaks. `None` if the list does not end within the answer. (Six bytes are reserved, then two
/// give the list's length; checked against EDK2's `TcgStorageCore.h`.)
#[must_use]
pub fn listed(page: &[u8]) -> Option<&[u8]> {
    let length = usize::from(be16(page, 6)?);
    page.get(8..)?.get(..length)
}

/// Data for the drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityProtocolOut {
    protocol: u8,
    specific: u16,
    blocks: bool,
    data: Zeroizing<Vec<u8>>,
}

impl SecurityProtocolOut {
    /// Counted in bytes. `None` if there are 4 GiB of them or more.
    #[must_use]
    pub fn bytes(protocol: u8, specific: u16, data: Vec<u8>) -> Option<Self> {
        u32::try_from(data.len()).ok()?;
        Some(Self { protocol, specific, blocks: false, data: data.into() })
    }

    /// Counted in blocks of 512 bytes. `None` for a broken block, or more than 65535 of them.
    #[must_use]
    pub fn blocks(protocol: u8, specific: u16, data: Vec<u8>) -> Option<Self> {
        let (blocks, rest) = data.as_chunks::<{ BLOCK as usize }>();
        (rest.is_empty() && u16::try_from(blocks.len()).is_ok()).then_some(Self {
            protocol,
            specific,
            blocks: true,
            data: data.into(),
        })
    }

    /// 01h and 02h are TCG's, EFh is ATA security.
    #[must_use]
    pub fn protocol(&self) -> u8 {
        self.protocol
    }

    /// What the protocol makes of it: the ComID for TCG.
    #[must_use]
    pub fn specific(&self) -> u16 {
        self.specific
    }

    /// What goes to the drive.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// As sent.
    #[must_use]
    pub fn command(&self) -> Command {
        // The constructors have seen that it fits.
        let bytes = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
        let (inc_512, count) = if self.blocks { (INC_512, bytes / BLOCK) } else { (0, bytes) };
        let data = if self.data.is_empty() { Data::None } else { Data::Out(self.data.to_vec()) };
        let cdb = cdb(OUT_OPERATION_CODE, self.protocol, self.specific, inc_512, count);
        Command::new("SECURITY PROTOCOL OUT", cdb, data)
    }

    pub(super) fn decode(cdb: &[u8], out: &[u8]) -> Option<Self> {
        let (protocol, specific) = (*cdb.get(1)?, be16(cdb, 2)?);
        if cdb.get(4)? & INC_512 == 0 {
            Self::bytes(protocol, specific, out.to_vec())
        } else {
            Self::blocks(protocol, specific, out.to_vec())
        }
    }
}

fn cdb(operation_code: u8, protocol: u8, specific: u16, inc_512: u8, count: u32) -> [u8; 12] {
    let ([s0, s1], [c0, c1, c2, c3]) = (specific.to_be_bytes(), count.to_be_bytes());
    [operation_code, protocol, s0, s1, inc_512, 0, c0, c1, c2, c3, 0, 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_in() {
        let ask = |length| SecurityProtocolIn { protocol: 0x01, specific: 0x1234, length };
        let command = ask(Length::Bytes(0x0102_0304)).command();
        assert_eq!(command.cdb(), [0xa2, 0x01, 0x12, 0x34, 0, 0, 1, 2, 3, 4, 0, 0]);
        assert_eq!(command.data(), &Data::In(0x0102_0304));
        let command = ask(Length::Blocks(0xffff)).command();
        assert_eq!(command.cdb(), [0xa2, 0x01, 0x12, 0x34, 0x80, 0, 0, 0, 0xff, 0xff, 0, 0]);
        assert_eq!(command.data(), &Data::In(65535 * 512));
    }

    #[test]
    fn data_out() {
        let data = vec![7; 1024];
        let out = SecurityProtocolOut::blocks(0x01, 0x07fe, data.clone()).unwrap();
        assert_eq!(out.command().cdb(), [0xb5, 0x01, 0x07, 0xfe, 0x80, 0, 0, 0, 0, 2, 0, 0]);
        assert_eq!(out.command().data(), &Data::Out(data));
        assert_eq!((out.protocol(), out.specific(), out.data().len()), (0x01, 0x07fe, 1024));
        let out = SecurityProtocolOut::bytes(0xef, 4, vec![9; 36]).unwrap();
        assert_eq!(out.command().cdb(), [0xb5, 0xef, 0, 4, 0, 0, 0, 0, 0, 36, 0, 0]);
        // ERASE PREPARE of ATA security has nothing to send.
        let out = SecurityProtocolOut::bytes(0xef, 3, Vec::new()).unwrap();
        assert_eq!(out.command().data(), &Data::None);
    }

    #[test]
    fn a_list_of_protocols() {
        let page = [0, 0, 0, 0, 0, 0, 0, 3, 0x00, 0x01, 0xef, 0xaa, 0xbb];
        assert_eq!(listed(&page), Some(&[0x00, 0x01, 0xef][..]));
        assert_eq!(listed(&page[..10]), None);
        assert_eq!(listed(&page[..7]), None);
        assert_eq!(listed(&[0; 512]), Some(&[][..]));
    }

    #[test]
    fn blocks_are_whole() {
        let blocks = |bytes| SecurityProtocolOut::blocks(1, 1, vec![0; bytes]).is_some();
        assert_eq!([0, 511, 512, 513].map(blocks), [true, false, true, false]);
        assert!(blocks(65535 * 512));
        assert!(!blocks(65536 * 512));
    }
}
