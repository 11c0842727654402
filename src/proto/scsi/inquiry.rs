//! INQUIRY (SPC-5): what kind of device this is; with EVPD a page of
//! [vital product data](super::vpd).
//!
//! Checked against sg3_utils (`sg_inq.c`) and smartmontools (`scsicmds.h`).

use super::super::{Data, Malformed};
use super::Command;
use crate::model::clean;

/// The first byte of the command.
pub const OPERATION_CODE: u8 = 0x12;

/// The part that every device has. Some USB bridges stop answering when asked for more.
const STANDARD_BYTES: u16 = 36;
/// Enough for the longest page in use, ATA information with its 572 bytes. The low byte is large,
/// too, for old devices that know no other.
const PAGE_BYTES: u16 = 0x02fc;

/// The request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inquiry {
    /// For [`Standard`].
    Standard,
    /// For the vital product data page of this code.
    Page(u8),
}

impl Inquiry {
    /// As sent.
    #[must_use]
    pub fn command(self) -> Command {
        let (evpd, page, bytes) = match self {
            Self::Standard => (0, 0, STANDARD_BYTES),
            Self::Page(code) => (1, code, PAGE_BYTES),
        };
        let [high, low] = bytes.to_be_bytes();
        Command::new("INQUIRY", [OPERATION_CODE, evpd, page, high, low, 0], Data::In(bytes.into()))
    }

    pub(super) fn decode(cdb: &[u8]) -> Option<Self> {
        let page = *cdb.get(2)?;
        Some(if cdb.get(1)? & 1 == 1 { Self::Page(page) } else { Self::Standard })
    }
}

/// The peripheral device type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceType {
    /// 00h: a disk, SSD or stick.
    Disk,
    /// 05h: CD, DVD, Blu-ray.
    Optical,
    /// 14h: a host-managed zoned disk.
    ZonedDisk,
    /// Any other, 0 to 31.
    Other(u8),
}

/// The standard answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standard {
    /// Peripheral qualifier: 0 if the device is there; 1 or 3 if this logical unit is not.
    pub qualifier: u8,
    /// The kind of device.
    pub device_type: DeviceType,
    /// The medium can be taken out (RMB).
    pub removable: bool,
    /// The drive can be formatted with protection information (PROTECT).
    pub protect: bool,
    /// "ATA" says that a translation layer speaks for an ATA drive.
    pub vendor: Option<String>,
    /// The model, or the first sixteen characters of it.
    pub product: Option<String>,
    /// The firmware's revision.
    pub revision: Option<String>,
}

impl Standard {
    /// # Errors
    /// Fewer than 36 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let Some(page) = bytes.first_chunk::<36>() else {
            let needed = usize::from(STANDARD_BYTES);
            return Err(Malformed::Short { page: "standard INQUIRY", needed, got: bytes.len() });
        };
        Ok(Self {
            qualifier: page[0] >> 5,
            device_type: match page[0] & 0x1f {
                0x00 => DeviceType::Disk,
                0x05 => DeviceType::Optical,
                0x14 => DeviceType::ZonedDisk,
                other => DeviceType::Other(other),
            },
            removable: page[1] & 0x80 != 0,
            protect: page[5] & 0x01 != 0,
            vendor: clean(&page[8..16]),
            product: clean(&page[16..32]),
            revision: clean(&page[32..36]),
        })
    }

    /// As a drive sends it: SPC-4, and only what is in this struct. Text is cut to its field.
    #[must_use]
    pub fn bytes(&self) -> [u8; 36] {
        let mut page = [0; 36];
        let kind = match self.device_type {
            DeviceType::Disk => 0x00,
            DeviceType::Optical => 0x05,
            DeviceType::ZonedDisk => 0x14,
            DeviceType::Other(other) => other & 0x1f,
        };
        page[0] = self.qualifier << 5 | kind;
        page[1] = u8::from(self.removable) << 7;
        // The version, the format of this answer, and the length of what follows.
        (page[2], page[3], page[4]) = (0x06, 0x02, 31);
        page[5] = u8::from(self.protect);
        let text = |field: &mut [u8], text: &Option<String>| {
            let padded = text.as_deref().unwrap_or_default().bytes().chain(std::iter::repeat(b' '));
            field.iter_mut().zip(padded).for_each(|(to, from)| *to = from);
        };
        text(&mut page[8..16], &self.vendor);
        text(&mut page[16..32], &self.product);
        text(&mut page[32..36], &self.revision);
        page
    }
}

#[cfg(test)]
mod tests {
    use super::super::hostile;
    use super::*;

    #[test]
    fn requests() {
        let command = Inquiry::Standard.command();
        assert_eq!(command.cdb(), [0x12, 0, 0, 0, 36, 0]);
        assert_eq!(command.data(), &Data::In(36));
        let command = Inquiry::Page(0x89).command();
        assert_eq!(command.cdb(), [0x12, 1, 0x89, 0x02, 0xfc, 0]);
        assert_eq!(command.data(), &Data::In(764));
    }

    #[test]
    fn a_sas_disk() {
        let page = b"\x00\x00\x06\x12\x1f\x01\x10\x02SEAGATE ST600MM0006     0004";
        let standard = Standard::parse(page).unwrap();
        let expected = Standard {
            qualifier: 0,
            device_type: DeviceType::Disk,
            removable: false,
            protect: true,
            vendor: Some("SEAGATE".to_owned()),
            product: Some("ST600MM0006".to_owned()),
            revision: Some("0004".to_owned()),
        };
        assert_eq!(standard, expected);
        let sent = b"\x00\x00\x06\x02\x1f\x01\x00\x00SEAGATE ST600MM0006     0004";
        assert_eq!(&standard.bytes(), sent);
        hostile(page, Standard::parse);
    }

    #[test]
    fn each_bit_is_its_own() {
        let blank = Standard::parse(&[0; 36]).unwrap();
        assert_eq!((&blank.vendor, &blank.product, &blank.revision), (&None, &None, &None));
        let with = |at: usize, byte: u8| {
            let mut page = [0; 36];
            page[at] = byte;
            let standard = Standard::parse(&page).unwrap();
            assert_eq!(Standard::parse(&standard.bytes()).as_ref(), Ok(&standard));
            standard
        };
        assert_eq!(with(0, 0x60), Standard { qualifier: 3, ..blank.clone() });
        let kind = |device_type| Standard { device_type, ..blank.clone() };
        assert_eq!(with(0, 0x05), kind(DeviceType::Optical));
        assert_eq!(with(0, 0x14), kind(DeviceType::ZonedDisk));
        assert_eq!(with(0, 0x1f), kind(DeviceType::Other(0x1f)));
        assert_eq!(with(1, 0x80), Standard { removable: true, ..blank.clone() });
        assert_eq!(with(1, 0x7f), blank);
        assert_eq!(with(5, 0x01), Standard { protect: true, ..blank.clone() });
        assert_eq!(with(5, 0xfe), blank);
        let text = || Some("x".to_owned());
        assert_eq!(with(15, b'x'), Standard { vendor: text(), ..blank.clone() });
        assert_eq!(with(16, b'x'), Standard { product: text(), ..blank.clone() });
        assert_eq!(with(31, b'x'), Standard { product: text(), ..blank.clone() });
        assert_eq!(with(32, b'x'), Standard { revision: text(), ..blank.clone() });
        assert_eq!(with(35, b'x'), Standard { revision: text(), ..blank });
    }
}
