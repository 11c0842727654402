//! The pending defects log (0Ch): blocks that a drive could not read and has not replaced yet.

use std::num::NonZeroU16;

use super::read_log::ReadLog;
use crate::proto::Malformed;
use crate::proto::field::le32;

const LOG: u8 = 0x0c;
const PAGE: &str = "pending defects log";
/// The count, and as many bytes behind it as an entry has.
const HEADER: usize = 16;

/// What the log holds. Layout checked against smartmontools' ataprint.cpp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingDefects {
    /// How many defects the drive knows of.
    pub count: u32,
    /// Those of them that the pages which were read list.
    pub listed: Vec<PendingDefect>,
}

/// One block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingDefect {
    /// Where it is.
    pub lba: u64,
    /// The power-on hour at which it was found, if the drive knows.
    pub power_on_hours: Option<u32>,
}

/// Reads the first pages of the log. The first lists 31 defects, each further one 32.
#[must_use]
pub fn pages(pages: NonZeroU16) -> ReadLog {
    ReadLog { log: LOG, page: 0, pages }
}

impl PendingDefects {
    /// Reads the log's pages from its first one on.
    ///
    /// # Errors
    /// Fewer than 512 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let short = Malformed::Short { page: PAGE, needed: 512, got: bytes.len() };
        let (Some(count), true) = (le32(bytes, 0), bytes.len() >= 512) else { return Err(short) };
        let entries = bytes.get(HEADER..).unwrap_or_default().as_chunks::<16>().0.iter();
        let listed = entries.take(count as usize).map(|entry| {
            let [h0, h1, h2, h3, _, _, _, _, lba @ ..] = *entry;
            let hours = u32::from_le_bytes([h0, h1, h2, h3]);
            PendingDefect {
                lba: u64::from_le_bytes(lba),
                power_on_hours: (hours != u32::MAX).then_some(hours),
            }
        });
        Ok(Self { count, listed: listed.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::pass_through::cdb16;
    use crate::proto::ata::tests::noise;

    #[test]
    fn the_request_names_the_log() {
        let cdb = cdb16(&pages(NonZeroU16::new(3).unwrap()).command());
        assert_eq!(cdb, [0x85, 0x09, 0x0e, 0, 0, 0, 3, 0, 0x0c, 0, 0, 0, 0, 0x40, 0x2f, 0]);
    }

    #[test]
    fn entries_byte_by_byte() {
        let mut log = [0; 1024];
        log[0] = 33;
        log[16..32].copy_from_slice(&[
            1, 2, 3, 4, 9, 9, 9, 9, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8,
        ]);
        log[32..48].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
        // The last of the first page, and the first two of the second, of which one is too many.
        log[504] = 31;
        log[520] = 32;
        log[536] = 33;
        log[552] = 34;
        let defects = PendingDefects::parse(&log).unwrap();
        assert_eq!(defects.count, 33);
        assert_eq!(defects.listed.len(), 33);
        let first = PendingDefect { lba: 0xa8a7_a6a5_a4a3_a2a1, power_on_hours: Some(0x0403_0201) };
        assert_eq!(defects.listed[0], first);
        assert_eq!(defects.listed[1], PendingDefect { lba: 7, power_on_hours: None });
        assert_eq!(defects.listed[30], PendingDefect { lba: 31, power_on_hours: Some(0) });
        assert_eq!(defects.listed[32].lba, 33);
        let first = PendingDefects::parse(&log[..512]).unwrap();
        assert_eq!((first.count, first.listed.len()), (33, 31), "what one page lists");
    }

    #[test]
    fn hostile_logs() {
        for bytes in 0..512 {
            let short = Malformed::Short { page: "pending defects log", needed: 512, got: bytes };
            assert_eq!(PendingDefects::parse(&[0xff; 512][..bytes]), Err(short));
        }
        let all = PendingDefects::parse(&[0xff; 512]).unwrap();
        assert_eq!((all.count, all.listed.len()), (u32::MAX, 31));
        for noise in noise(700).take(200) {
            assert!(PendingDefects::parse(&noise).unwrap().listed.len() <= 42);
        }
    }
}
