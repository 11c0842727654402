//! The device statistics log (04h): what a drive counts over its life.

use super::block;
use super::read_log::ReadLog;
use crate::proto::Malformed;
use crate::proto::field::le64;

const LOG: u8 = 0x04;
const PAGE: &str = "device statistics log";

const GENERAL: u8 = 1;
const ROTATING_MEDIA: u8 = 3;
const GENERAL_ERRORS: u8 = 4;
const SOLID_STATE: u8 = 7;

/// The pages that [`DeviceStatistics::add`] reads.
pub const PAGES: [u8; 4] = [GENERAL, ROTATING_MEDIA, GENERAL_ERRORS, SOLID_STATE];

/// Flags in the upper byte of a statistic. Checked against smartmontools' ataprint.cpp, as are all
/// offsets here.
const SUPPORTED: u64 = 1 << 63;
const VALID: u64 = 1 << 62;
const NORMALIZED: u64 = 1 << 61;

/// What the drive has counted, page by page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeviceStatistics {
    /// How often it was switched on.
    pub power_on_resets: Option<u32>,
    /// Hours it was on.
    pub power_on_hours: Option<u32>,
    /// Logical sectors written to it.
    pub sectors_written: Option<u64>,
    /// Logical sectors read from it.
    pub sectors_read: Option<u64>,
    /// Errors it knows of that are still to be dealt with.
    pub pending_errors: Option<u32>,
    /// Logical sectors moved to spare ones. What they held stays behind, out of reach of an
    /// overwrite.
    pub reallocated_sectors: Option<u32>,
    /// Logical sectors that may have to be moved.
    pub reallocation_candidates: Option<u32>,
    /// Reads it had to give up.
    pub reported_uncorrectable_errors: Option<u32>,
    /// How much of a solid state drive's rated life is used, in percent; may exceed 100.
    pub percentage_used: Option<u8>,
}

/// Reads a page of the log.
#[must_use]
pub fn page(number: u8) -> ReadLog {
    ReadLog::page(LOG, number.into())
}

impl DeviceStatistics {
    /// Takes in what a page says. A page that the drive does not have, which comes as zeros, says
    /// nothing.
    ///
    /// # Errors
    /// Fewer than 512 bytes, or a page that is not in [`PAGES`].
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let page = block::first(PAGE, bytes)?;
        let statistic =
            |at| le64(page, at).filter(|s| s & (SUPPORTED | VALID) == SUPPORTED | VALID);
        // A normalized value is no count.
        let count = |at| statistic(at).filter(|s| s & NORMALIZED == 0);
        let word = |at| count(at).map(|s| (s & 0xffff_ffff) as u32);
        let long = |at| count(at).map(|s| s & 0xffff_ffff_ffff);
        match page[2] {
            GENERAL => {
                self.power_on_resets = word(8);
                self.power_on_hours = word(16);
                self.sectors_written = long(24);
                self.sectors_read = long(40);
                self.pending_errors = word(64);
            }
            ROTATING_MEDIA => {
                self.reallocated_sectors = word(32);
                self.reallocation_candidates = word(56);
            }
            GENERAL_ERRORS => self.reported_uncorrectable_errors = word(8),
            SOLID_STATE => self.percentage_used = statistic(8).map(|s| (s & 0xff) as u8),
            0 => {}
            _ => {
                return Err(Malformed::Invalid {
                    page: PAGE,
                    why: "a page that was not asked for",
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::pass_through::cdb16;
    use crate::proto::ata::tests::noise;

    /// A page in which every statistic has its own offset in each byte of its value.
    fn full(number: u8, flags: u8) -> [u8; 512] {
        let mut page = [0; 512];
        page[..3].copy_from_slice(&[1, 0, number]);
        for at in (8..512).step_by(8) {
            for byte in 0..7 {
                page[at + byte] = (at + byte) as u8;
            }
            page[at + 7] = flags;
        }
        page
    }

    #[test]
    fn the_request_names_the_page() {
        let cdb = cdb16(&page(7).command());
        assert_eq!(cdb, [0x85, 0x09, 0x0e, 0, 0, 0, 1, 0, 4, 0, 7, 0, 0, 0x40, 0x2f, 0]);
    }

    #[test]
    fn each_statistic_at_its_offset() {
        let mut statistics = DeviceStatistics::default();
        for number in [1, 3, 4, 7] {
            statistics.add(&full(number, 0xc0)).unwrap();
        }
        let expected = DeviceStatistics {
            power_on_resets: Some(0x0b0a_0908),
            power_on_hours: Some(0x1312_1110),
            sectors_written: Some(0x1d1c_1b1a_1918),
            sectors_read: Some(0x2d2c_2b2a_2928),
            pending_errors: Some(0x4342_4140),
            reallocated_sectors: Some(0x2322_2120),
            reallocation_candidates: Some(0x3b3a_3938),
            reported_uncorrectable_errors: Some(0x0b0a_0908),
            percentage_used: Some(8),
        };
        assert_eq!(statistics, expected);
        assert_eq!(PAGES, [1, 3, 4, 7]);
    }

    #[test]
    fn a_statistic_must_be_supported_and_valid() {
        for flags in [0x00, 0x40, 0x80] {
            let mut statistics = DeviceStatistics::default();
            for number in PAGES {
                statistics.add(&full(number, flags)).unwrap();
            }
            assert_eq!(statistics, DeviceStatistics::default(), "{flags:02x}");
        }
        let mut statistics = DeviceStatistics::default();
        for number in PAGES {
            statistics.add(&full(number, 0xe0)).unwrap();
        }
        let percentage = DeviceStatistics { percentage_used: Some(8), ..Default::default() };
        assert_eq!(statistics, percentage, "only the percentage is meant to be normalized");
    }

    #[test]
    fn hostile_pages() {
        let mut statistics = DeviceStatistics::default();
        assert!(statistics.add(&[0; 512]).is_ok());
        assert!(statistics.add(&full(5, 0xc0)).is_err());
        for bytes in 0..512 {
            assert!(statistics.add(&full(1, 0xc0)[..bytes]).is_err());
        }
        assert_eq!(statistics, DeviceStatistics::default());
        for mut noise in noise(512) {
            noise[2] %= 9;
            let _ = statistics.add(&noise);
        }
    }
}
