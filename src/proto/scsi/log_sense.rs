//! LOG SENSE (SPC-5): the few counters that a certificate or a grade wants.
//!
//! Checked against sg3_utils (`sg_logs.c`) and smartmontools (`scsicmds.cpp`, `scsiprint.cpp`).

use super::super::{Data, Malformed};
use super::Command;

/// The first byte of the command.
pub const OPERATION_CODE: u8 = 0x4d;

const ALLOCATION: u8 = 252;
/// The values as they are now, of the four kinds that a page has.
const CUMULATIVE: u8 = 0x40;

/// The request for one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogSense {
    /// Page 0Dh, for [`Temperature`].
    Temperature,
    /// Page 11h, for [`SolidStateMedia`].
    SolidStateMedia,
    /// Page 2Fh, for [`InformationalExceptions`].
    InformationalExceptions,
}

impl LogSense {
    const ALL: [Self; 3] =
        [Self::Temperature, Self::SolidStateMedia, Self::InformationalExceptions];

    fn code(self) -> u8 {
        match self {
            Self::Temperature => 0x0d,
            Self::SolidStateMedia => 0x11,
            Self::InformationalExceptions => 0x2f,
        }
    }

    fn page(self) -> &'static str {
        match self {
            Self::Temperature => "log page 0Dh (temperature)",
            Self::SolidStateMedia => "log page 11h (solid state media)",
            Self::InformationalExceptions => "log page 2Fh (informational exceptions)",
        }
    }

    /// As sent.
    #[must_use]
    pub fn command(self) -> Command {
        let page = CUMULATIVE | self.code();
        let cdb = [OPERATION_CODE, 0, page, 0, 0, 0, 0, 0, ALLOCATION, 0];
        Command::new("LOG SENSE", cdb, Data::In(ALLOCATION.into()))
    }

    pub(super) fn decode(cdb: &[u8]) -> Option<Self> {
        let code = cdb.get(2)? & 0x3f;
        Self::ALL.into_iter().find(|page| page.code() == code)
    }

    /// The value of this parameter. A long page may have been cut by the allocation length: what
    /// is there as a whole counts.
    fn parameter(self, bytes: &[u8], wanted: u16) -> Result<Option<&[u8]>, Malformed> {
        let [code, subpage, high, low, rest @ ..] = bytes else {
            return Err(Malformed::Short { page: self.page(), needed: 4, got: bytes.len() });
        };
        // Above the code are DS and SPF; with SPF this would be a subpage.
        if code & 0x7f != self.code() || *subpage != 0 {
            return Err(Malformed::Invalid { page: self.page(), why: "another page" });
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let mut rest = rest.get(..length).unwrap_or(rest);
        while let [c0, c1, _, length, tail @ ..] = rest {
            let Some((value, next)) = tail.split_at_checked(usize::from(*length)) else {
                return Ok(None);
            };
            if u16::from_be_bytes([*c0, *c1]) == wanted {
                return Ok(Some(value));
            }
            rest = next;
        }
        Ok(None)
    }
}

/// A temperature byte in degrees Celsius; FFh says that there is none.
fn celsius(byte: u8) -> Option<u8> {
    (byte != 0xff).then_some(byte)
}

/// How warm the drive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Temperature {
    /// Degrees Celsius, 0 to 254; 0 stands for what is colder, too.
    pub current: Option<u8>,
    /// The maker's limit for continuous operation, in the same way.
    pub reference: Option<u8>,
}

impl Temperature {
    /// # Errors
    /// Another page, or no page.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let degrees = |parameter| {
            let value = LogSense::Temperature.parameter(bytes, parameter)?;
            Ok(value.and_then(|value| value.get(1)).copied().and_then(celsius))
        };
        Ok(Self { current: degrees(0)?, reference: degrees(1)? })
    }

    /// As a drive sends it.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        let (current, reference) = (self.current.unwrap_or(0xff), self.reference.unwrap_or(0xff));
        [0x0d, 0, 0, 12, 0, 0, 0x03, 2, 0, current, 0, 1, 0x03, 2, 0, reference]
    }
}

/// How worn an SSD is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SolidStateMedia {
    /// Percentage used endurance indicator: percent of the life that the maker gave it, up to 255.
    pub percentage_used: Option<u8>,
}

impl SolidStateMedia {
    /// # Errors
    /// Another page, or no page.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let value = LogSense::SolidStateMedia.parameter(bytes, 1)?;
        Ok(Self { percentage_used: value.and_then(|value| value.get(3)).copied() })
    }

    /// As a drive sends it.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        match self.percentage_used {
            Some(percent) => vec![0x11, 0, 0, 8, 0, 1, 0x03, 4, 0, 0, 0, percent],
            None => vec![0x11, 0, 0, 0],
        }
    }
}

/// Whether the drive expects to fail, which SCSI calls an informational exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InformationalExceptions {
    /// Additional sense code: 0 for none, 5Dh for a predicted failure, 0Bh for a warning.
    pub asc: u8,
    /// Its qualifier.
    pub ascq: u8,
    /// The last temperature reading in degrees Celsius, 0 to 254.
    pub temperature: Option<u8>,
}

impl InformationalExceptions {
    /// # Errors
    /// Another page, or one without its first parameter: silence is not health.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let page = LogSense::InformationalExceptions;
        let Some([asc, ascq, rest @ ..]) = page.parameter(bytes, 0)? else {
            return Err(Malformed::Invalid { page: page.page(), why: "no parameter 0" });
        };
        let temperature = rest.first().copied().and_then(celsius);
        Ok(Self { asc: *asc, ascq: *ascq, temperature })
    }

    /// As a drive sends it.
    #[must_use]
    pub fn bytes(self) -> [u8; 12] {
        let temperature = self.temperature.unwrap_or(0xff);
        [0x2f, 0, 0, 8, 0, 0, 0x03, 4, self.asc, self.ascq, temperature, 0]
    }
}

#[cfg(test)]
mod tests {
    use super::super::hostile;
    use super::*;

    #[test]
    fn requests() {
        let command = LogSense::Temperature.command();
        assert_eq!(command.cdb(), [0x4d, 0, 0x4d, 0, 0, 0, 0, 0, 252, 0]);
        assert_eq!(command.data(), &Data::In(252));
        assert_eq!(LogSense::SolidStateMedia.command().cdb()[2], 0x51);
        assert_eq!(LogSense::InformationalExceptions.command().cdb()[2], 0x6f);
    }

    #[test]
    fn temperature() {
        let mut page = [0x0d, 0, 0, 12, 0, 0, 1, 2, 9, 38, 0, 1, 1, 2, 9, 68];
        let expected = Temperature { current: Some(38), reference: Some(68) };
        assert_eq!(Temperature::parse(&page), Ok(expected));
        assert_eq!(expected.bytes(), [0x0d, 0, 0, 12, 0, 0, 3, 2, 0, 38, 0, 1, 3, 2, 0, 68]);
        assert_eq!(Temperature::parse(&expected.bytes()), Ok(expected));
        page[9] = 0xff;
        let expected = Temperature { current: None, ..expected };
        assert_eq!(Temperature::parse(&page), Ok(expected));
        assert_eq!(Temperature::parse(&expected.bytes()), Ok(expected));
        // What is behind the page does not belong to it; a parameter that is cut is not there.
        page[3] = 6;
        assert_eq!(Temperature::parse(&page).unwrap().reference, None);
        page[3] = 12;
        assert_eq!(Temperature::parse(&page[..15]).unwrap().reference, None);
        hostile(&page, Temperature::parse);
    }

    #[test]
    fn solid_state_media() {
        // Another parameter comes first.
        let page = [0x11, 0, 0, 14, 0x80, 0, 0, 2, 77, 78, 0, 1, 3, 4, 1, 2, 3, 107];
        let expected = SolidStateMedia { percentage_used: Some(107) };
        assert_eq!(SolidStateMedia::parse(&page), Ok(expected));
        assert_eq!(expected.bytes(), [0x11, 0, 0, 8, 0, 1, 3, 4, 0, 0, 0, 107]);
        assert_eq!(SolidStateMedia::parse(&expected.bytes()), Ok(expected));
        let none = SolidStateMedia { percentage_used: None };
        assert_eq!(SolidStateMedia::parse(&none.bytes()), Ok(none));
        hostile(&page, SolidStateMedia::parse);
    }

    #[test]
    fn informational_exceptions() {
        let page = [0x2f, 0, 0, 8, 0, 0, 3, 4, 0x5d, 0x10, 41, 99];
        let expected = InformationalExceptions { asc: 0x5d, ascq: 0x10, temperature: Some(41) };
        assert_eq!(InformationalExceptions::parse(&page), Ok(expected));
        assert_eq!(expected.bytes(), [0x2f, 0, 0, 8, 0, 0, 3, 4, 0x5d, 0x10, 41, 0]);
        let cold = InformationalExceptions { asc: 0, ascq: 0, temperature: None };
        for exceptions in [expected, cold] {
            assert_eq!(InformationalExceptions::parse(&exceptions.bytes()), Ok(exceptions));
        }
        assert!(InformationalExceptions::parse(&[0x2f, 0, 0, 0]).is_err());
        hostile(&page, InformationalExceptions::parse);
    }

    #[test]
    fn another_page_is_an_error() {
        let page = [0x0d, 0, 0, 6, 0, 0, 1, 2, 0, 38];
        assert!(SolidStateMedia::parse(&page).is_err());
        for (at, byte) in [(0, 0x4d), (1, 1)] {
            let mut page = page;
            page[at] = byte;
            assert!(Temperature::parse(&page).is_err(), "a subpage");
        }
        let mut page = page;
        page[0] = 0x8d;
        assert_eq!(Temperature::parse(&page).unwrap().current, Some(38), "DS is not the code");
    }
}
