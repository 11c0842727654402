//! SMART / Health Information log page (02h, section 5.1.12.1.3).

use std::num::NonZeroU16;

use super::super::field::{le16, le128};
use super::{Admin, GetLogPage, LogPage, bit, put, read, reported};
use crate::proto::Malformed;

/// How the drive has been used and how it is. Offsets checked against libnvme's
/// `struct nvme_smart_log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmartLog {
    /// Byte 0.
    pub critical_warning: CriticalWarning,
    /// Bytes 2:1: kelvin.
    pub temperature: Option<u16>,
    /// Byte 3: percent of the spare blocks that are left, 0 to 100.
    pub spare_percent: u8,
    /// Byte 4: below this it is critical.
    pub spare_threshold_percent: u8,
    /// Byte 5: percent of the endurance that is used; 255 stands for 255 and more.
    pub used_percent: u8,
    /// Bytes 47:32: in units of 512,000 bytes, rounded up.
    pub data_units_read: u128,
    /// Bytes 63:48: in units of 512,000 bytes, rounded up.
    pub data_units_written: u128,
    /// Bytes 127:112.
    pub power_cycles: u128,
    /// Bytes 143:128.
    pub power_on_hours: u128,
    /// Bytes 159:144: power losses without warning.
    pub unsafe_shutdowns: u128,
    /// Bytes 175:160: data that could not be brought back.
    pub media_errors: u128,
    /// Bytes 191:176: entries ever made in the error log.
    pub error_log_entries: u128,
}

/// What the drive warns of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CriticalWarning(pub u8);

impl CriticalWarning {
    /// Spare blocks below the threshold.
    #[must_use]
    pub const fn spare_low(self) -> bool {
        bit(self.0 as u32, 0)
    }

    /// Too warm or too cold.
    #[must_use]
    pub const fn temperature(self) -> bool {
        bit(self.0 as u32, 1)
    }

    /// Media or internal errors have made it unreliable.
    #[must_use]
    pub const fn unreliable(self) -> bool {
        bit(self.0 as u32, 2)
    }

    /// The medium can only be read.
    #[must_use]
    pub const fn read_only(self) -> bool {
        bit(self.0 as u32, 3)
    }
}

impl SmartLog {
    const BYTES: usize = 512;

    /// Asks for the page of the whole controller, in the way that drives before NVMe 1.3 know.
    #[must_use]
    pub fn command() -> Admin {
        let dwords = NonZeroU16::MIN.saturating_add(127);
        let page = LogPage::Smart;
        GetLogPage { page, retain_event: false, offset_dwords: 0, dwords }.command()
    }

    /// Reads the page.
    ///
    /// # Errors
    /// Fewer than 512 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        read(bytes, "SMART / Health Information log page", Self::BYTES, Self::fields)
    }

    fn fields(page: &[u8]) -> Option<Self> {
        Some(Self {
            critical_warning: CriticalWarning(*page.first()?),
            temperature: reported(le16(page, 1)?),
            spare_percent: *page.get(3)?,
            spare_threshold_percent: *page.get(4)?,
            used_percent: *page.get(5)?,
            data_units_read: le128(page, 32)?,
            data_units_written: le128(page, 48)?,
            power_cycles: le128(page, 112)?,
            power_on_hours: le128(page, 128)?,
            unsafe_shutdowns: le128(page, 144)?,
            media_errors: le128(page, 160)?,
            error_log_entries: le128(page, 176)?,
        })
    }

    /// The page as a drive sends it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut page = vec![0; Self::BYTES];
        put(&mut page, 0, &[self.critical_warning.0]);
        put(&mut page, 1, &self.temperature.unwrap_or(0).to_le_bytes());
        let percents = [self.spare_percent, self.spare_threshold_percent, self.used_percent];
        put(&mut page, 3, &percents);
        for (at, count) in [
            (32, self.data_units_read),
            (48, self.data_units_written),
            (112, self.power_cycles),
            (128, self.power_on_hours),
            (144, self.unsafe_shutdowns),
            (160, self.media_errors),
            (176, self.error_log_entries),
        ] {
            put(&mut page, at, &count.to_le_bytes());
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{survives, with};
    use super::*;

    fn parsed(at: usize, field: &[u8]) -> SmartLog {
        SmartLog::parse(&with(512, at, field)).unwrap()
    }

    #[test]
    fn command() {
        let command = SmartLog::command();
        assert_eq!((command.opcode(), command.nsid()), (0x02, 0xffff_ffff));
        assert_eq!(command.words(), [0x007f_0002, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_usual_drive() {
        let mut page = vec![0; 512];
        put(&mut page, 0, &[0, 0x36, 0x01, 100, 10, 3]);
        put(&mut page, 32, &[0x40, 0xe2, 0x01]);
        put(&mut page, 48, &[0x39, 0x30]);
        put(&mut page, 112, &[0xe8, 0x03]);
        put(&mut page, 128, &[0x10, 0x27]);
        put(&mut page, 144, &[42]);
        put(&mut page, 176, &[7]);
        let log = SmartLog::parse(&page).unwrap();
        let expected = SmartLog {
            critical_warning: CriticalWarning(0),
            temperature: Some(310),
            spare_percent: 100,
            spare_threshold_percent: 10,
            used_percent: 3,
            data_units_read: 123_456,
            data_units_written: 12_345,
            power_cycles: 1000,
            power_on_hours: 10_000,
            unsafe_shutdowns: 42,
            media_errors: 0,
            error_log_entries: 7,
        };
        assert_eq!(log, expected);
        assert_eq!(log.encode(), page);
    }

    /// Each field alone, at its own place.
    #[test]
    fn fields() {
        type Change = fn(&mut SmartLog);
        let wide: &[u8] = &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
        let cases: &[(usize, &[u8], Change)] = &[
            (0, &[0x0c], |l| l.critical_warning = CriticalWarning(0x0c)),
            (1, &[1, 2], |l| l.temperature = Some(0x0201)),
            (3, &[5], |l| l.spare_percent = 5),
            (4, &[5], |l| l.spare_threshold_percent = 5),
            (5, &[255], |l| l.used_percent = 255),
            (32, wide, |l| l.data_units_read = 2 << 120 | 1),
            (48, wide, |l| l.data_units_written = 2 << 120 | 1),
            (112, wide, |l| l.power_cycles = 2 << 120 | 1),
            (128, wide, |l| l.power_on_hours = 2 << 120 | 1),
            (144, wide, |l| l.unsafe_shutdowns = 2 << 120 | 1),
            (160, wide, |l| l.media_errors = 2 << 120 | 1),
            (176, wide, |l| l.error_log_entries = 2 << 120 | 1),
        ];
        for (at, field, change) in cases {
            let mut expected = parsed(0, &[]);
            change(&mut expected);
            let got = parsed(*at, field);
            assert_eq!(got, expected, "byte {at}");
            assert_eq!(SmartLog::parse(&got.encode()), Ok(got), "byte {at}");
        }
    }

    #[test]
    fn warnings() {
        for n in 0..8 {
            let warning = CriticalWarning(1 << n);
            assert_eq!(warning.spare_low(), n == 0);
            assert_eq!(warning.temperature(), n == 1);
            assert_eq!(warning.unreliable(), n == 2);
            assert_eq!(warning.read_only(), n == 3);
        }
    }

    #[test]
    fn hostile() {
        let page = "SMART / Health Information log page";
        assert_eq!(
            SmartLog::parse(&[0; 511]),
            Err(Malformed::Short { page, needed: 512, got: 511 })
        );
        survives(&[0xff; 512], SmartLog::parse);
    }
}
