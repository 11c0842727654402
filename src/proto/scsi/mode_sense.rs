//! MODE SENSE (10) (SPC-5, SBC-4) with the caching page: what to know before writing.
//!
//! Checked against sg3_utils (`sg_cmds_basic2.c`, `sg_format.c`), smartmontools (`scsicmds.cpp`)
//! and Linux (`drivers/scsi/sd.c`).

use super::super::field::{be16, be32, be64};
use super::super::{Data, Malformed};
use super::Command;

/// The first byte of the command.
pub const OPERATION_CODE: u8 = 0x5a;

const NAME: &str = "MODE SENSE (10)";
const CACHING: u8 = 0x08;
const ALLOCATION: u8 = 252;

/// The request: the caching page as it is now, with a block descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModeSense;

impl ModeSense {
    /// As sent.
    #[must_use]
    pub fn command(self) -> Command {
        let cdb = [OPERATION_CODE, 0, CACHING, 0, 0, 0, 0, 0, ALLOCATION, 0];
        Command::new(NAME, cdb, Data::In(ALLOCATION.into()))
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mode {
    /// The medium is write protected.
    pub write_protected: bool,
    /// Writes are answered before they are on the medium (WCE). `None` without a caching page.
    pub write_cache: Option<bool>,
    /// The first block descriptor.
    pub descriptor: Option<BlockDescriptor>,
}

/// How the drive is formatted, or is to be formatted next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockDescriptor {
    /// Logical blocks; `None` if the drive does not say or the field is too small for it.
    pub blocks: Option<u64>,
    /// Bytes in a logical block, without protection information: 520 on drives from some arrays.
    pub block_bytes: u32,
}

impl Mode {
    /// # Errors
    /// Shorter than it says, or lengths that do not fit into each other.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let short = |needed| Malformed::Short { page: NAME, needed, got: bytes.len() };
        let bad = |why| Malformed::Invalid { page: NAME, why };
        let length = usize::from(be16(bytes, 0).ok_or(short(8))?) + 2;
        let told = bytes.get(..length).ok_or(short(length))?;
        let [_, _, _, specific, flags, _, d0, d1, rest @ ..] = told else {
            return Err(bad("the mode data length does not cover the header"));
        };
        let (descriptors, page) = rest
            .split_at_checked(usize::from(u16::from_be_bytes([*d0, *d1])))
            .ok_or(bad("the block descriptors do not fit"))?;
        let descriptor = if descriptors.is_empty() {
            None
        } else {
            let found = BlockDescriptor::parse(descriptors, flags & 1 == 1);
            Some(found.ok_or(bad("the block descriptor is cut short"))?)
        };
        let write_cache = match page {
            // PS is above the code; with SPF, between the two, this would be a subpage.
            [code, length, cache, ..] if code & 0x7f == CACHING && *length >= 1 => {
                Some(cache & 0x04 != 0)
            }
            _ => None,
        };
        Ok(Self { write_protected: specific & 0x80 != 0, write_cache, descriptor })
    }

    /// As a drive sends it.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut rest = vec![0, u8::from(self.write_protected) << 7, 0, 0, 0, 0];
        if let Some(BlockDescriptor { blocks, block_bytes }) = self.descriptor {
            // The long form.
            (rest[2], rest[5]) = (1, 16);
            rest.extend(blocks.unwrap_or(0).to_be_bytes());
            rest.extend([0; 4]);
            rest.extend(block_bytes.to_be_bytes());
        }
        if let Some(cache) = self.write_cache {
            rest.extend([CACHING, 18, u8::from(cache) << 2]);
            rest.extend([0; 17]);
        }
        // At most 6 + 16 + 20.
        let mut bytes = vec![0, rest.len() as u8];
        bytes.append(&mut rest);
        bytes
    }
}

impl BlockDescriptor {
    fn parse(bytes: &[u8], long: bool) -> Option<Self> {
        let (blocks, all_ones, block_bytes) = if long {
            (be64(bytes, 0)?, u64::MAX, be32(bytes, 12)?)
        } else {
            let [.., _, high, middle, low] = *bytes.first_chunk::<8>()?;
            (be32(bytes, 0)?.into(), u32::MAX.into(), u32::from_be_bytes([0, high, middle, low]))
        };
        Some(Self { blocks: (blocks != 0 && blocks != all_ones).then_some(blocks), block_bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::super::hostile;
    use super::*;

    #[test]
    fn request() {
        let command = ModeSense.command();
        assert_eq!(command.cdb(), [0x5a, 0, 0x08, 0, 0, 0, 0, 0, 252, 0]);
        assert_eq!(command.data(), &Data::In(252));
    }

    /// A header, a short descriptor, and the start of a caching page.
    const SHORT: [u8; 19] =
        [0, 17, 0, 0x10, 0, 0, 0, 8, 0x01, 0x02, 0x03, 0x04, 0xff, 0, 0x02, 0x08, 0x88, 1, 0x04];

    #[test]
    fn a_short_descriptor() {
        let mode = Mode::parse(&SHORT).unwrap();
        let descriptor = BlockDescriptor { blocks: Some(0x0102_0304), block_bytes: 520 };
        let expected =
            Mode { write_protected: false, write_cache: Some(true), descriptor: Some(descriptor) };
        assert_eq!(mode, expected);
        let mut bytes = SHORT;
        bytes[3] = 0x80;
        assert_eq!(Mode::parse(&bytes), Ok(Mode { write_protected: true, ..expected }));
        bytes[18] = 0xfb;
        assert_eq!(Mode::parse(&bytes).unwrap().write_cache, Some(false));
        bytes[16] = 0x48;
        assert_eq!(Mode::parse(&bytes).unwrap().write_cache, None, "a subpage");
        bytes[16] = 0x0a;
        assert_eq!(Mode::parse(&bytes).unwrap().write_cache, None, "another page");
        bytes[8..12].fill(0xff);
        assert_eq!(Mode::parse(&bytes).unwrap().descriptor.unwrap().blocks, None);
        bytes[8..12].fill(0);
        assert_eq!(Mode::parse(&bytes).unwrap().descriptor.unwrap().blocks, None);
        hostile(&SHORT, Mode::parse);
    }

    #[test]
    fn a_long_descriptor() {
        let bytes =
            [0, 22, 0, 0, 0x01, 0, 0, 16, 0x01, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0x80, 0, 0x10, 0];
        let mode = Mode::parse(&bytes).unwrap();
        let descriptor = BlockDescriptor { blocks: Some(1 << 56 | 2), block_bytes: 0x8000_1000 };
        assert_eq!(mode.descriptor, Some(descriptor));
        assert_eq!(mode.write_cache, None);
        assert_eq!(mode.bytes(), bytes);
        hostile(&bytes, Mode::parse);
    }

    #[test]
    fn the_encoder_is_read_back() {
        for write_protected in [false, true] {
            for write_cache in [None, Some(false), Some(true)] {
                for blocks in [None, Some(1)] {
                    let descriptor = Some(BlockDescriptor { blocks, block_bytes: 4096 });
                    let mode = Mode { write_protected, write_cache, descriptor };
                    assert_eq!(Mode::parse(&mode.bytes()), Ok(mode));
                }
                let mode = Mode { write_protected, write_cache, descriptor: None };
                assert_eq!(Mode::parse(&mode.bytes()), Ok(mode));
            }
        }
        let mode = Mode { write_protected: true, write_cache: Some(true), descriptor: None };
        let start = [0, 26, 0, 0x80, 0, 0, 0, 0, 0x08, 0x12, 0x04, 0];
        assert_eq!((&mode.bytes()[..12], mode.bytes().len()), (&start[..], 28));
    }

    #[test]
    fn lengths_that_lie() {
        for (at, byte) in [(1, 18), (1, 5), (7, 12), (7, 4)] {
            let mut bytes = SHORT;
            bytes[at] = byte;
            assert!(Mode::parse(&bytes).is_err(), "{at} {byte}");
        }
    }
}
