//! Page B1h: whether anything rotates, and what reads do after an erase.
//!
//! Layout checked against sg3_utils (`sg_vpd_common.c`), WABEREQ and WACEREQ against
//! opensea-operations (`operations.c`, `operations.h`).

use super::super::super::Malformed;
use super::super::super::field::be16;
use super::Page;

/// The page's code.
pub const CODE: u8 = 0xb1;
const PAGE: Page = Page { code: CODE, name: "VPD page B1h (block device characteristics)" };

/// The medium rotation rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// 0: the drive does not say.
    NotReported,
    /// 1: nothing rotates.
    NonRotating,
    /// 0401h to FFFEh: so many times a minute.
    PerMinute(u16),
    /// Any other number.
    Reserved(u16),
}

/// What a read of a block does after a sanitize operation, until the block is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadAfterErase {
    /// 0: not specified.
    NotSpecified,
    /// 1: completes.
    Completes,
    /// 2: a medium error.
    MediumError,
    /// 3: the medium error "write after sanitize required".
    WriteRequired,
}

/// The nominal form factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says its inches")]
pub enum FormFactor {
    Inches5_25,
    Inches3_5,
    Inches2_5,
    Inches1_8,
    Below1_8,
}

/// How writes go to zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zoned {
    /// 0: not reported, or no zones.
    NotReported,
    /// 1: host-aware.
    HostAware,
    /// 2: managed by the drive: shingled recording that does not show.
    DeviceManaged,
    /// 3: reserved.
    Reserved,
}

/// The page. An older drive's page may be shorter: what it lacks is "not reported".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockDeviceCharacteristics {
    /// Whether anything rotates.
    pub rotation: Rotation,
    /// PRODUCT TYPE: 05h is an SD card. `None` for 0, not reported.
    pub product_type: Option<u8>,
    /// After a block erase (WABEREQ).
    pub after_block_erase: ReadAfterErase,
    /// After a cryptographic erase (WACEREQ).
    pub after_cryptographic_erase: ReadAfterErase,
    /// The size of the drive.
    pub form_factor: Option<FormFactor>,
    /// Whether it has zones.
    pub zoned: Zoned,
    /// The drive says that it has more than one actuator (MACT).
    pub multiple_actuators: bool,
}

impl BlockDeviceCharacteristics {
    /// # Errors
    /// Another page, or one that is cut short.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let body = PAGE.body(bytes)?;
        let rotation = match be16(body, 0) {
            Some(0) => Rotation::NotReported,
            Some(1) => Rotation::NonRotating,
            Some(rate @ 0x0401..=0xfffe) => Rotation::PerMinute(rate),
            Some(other) => Rotation::Reserved(other),
            None => {
                return Err(Malformed::Short { page: PAGE.name, needed: 6, got: bytes.len() });
            }
        };
        // In every field of these bytes a 0 says "not reported".
        let byte = |at: usize| body.get(at).copied().unwrap_or(0);
        Ok(Self {
            rotation,
            product_type: Some(byte(2)).filter(|kind| *kind != 0),
            after_block_erase: ReadAfterErase::from_bits(byte(3) >> 6),
            after_cryptographic_erase: ReadAfterErase::from_bits(byte(3) >> 4),
            form_factor: match byte(3) & 0x0f {
                1 => Some(FormFactor::Inches5_25),
                2 => Some(FormFactor::Inches3_5),
                3 => Some(FormFactor::Inches2_5),
                4 => Some(FormFactor::Inches1_8),
                5 => Some(FormFactor::Below1_8),
                _ => None,
            },
            zoned: match byte(4) >> 4 & 0x03 {
                0 => Zoned::NotReported,
                1 => Zoned::HostAware,
                2 => Zoned::DeviceManaged,
                _ => Zoned::Reserved,
            },
            multiple_actuators: byte(4) & 0x40 != 0,
        })
    }

    /// As a drive sends it.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let rate = match self.rotation {
            Rotation::NotReported => 0,
            Rotation::NonRotating => 1,
            Rotation::PerMinute(rate) | Rotation::Reserved(rate) => rate,
        };
        let form_factor = match self.form_factor {
            None => 0,
            Some(FormFactor::Inches5_25) => 1,
            Some(FormFactor::Inches3_5) => 2,
            Some(FormFactor::Inches2_5) => 3,
            Some(FormFactor::Inches1_8) => 4,
            Some(FormFactor::Below1_8) => 5,
        };
        let zoned = match self.zoned {
            Zoned::NotReported => 0,
            Zoned::HostAware => 1,
            Zoned::DeviceManaged => 2,
            Zoned::Reserved => 3,
        };
        let mut body = [0; 60];
        body[..2].copy_from_slice(&u16::to_be_bytes(rate));
        body[2] = self.product_type.unwrap_or(0);
        body[3] = self.after_block_erase.bits() << 6
            | self.after_cryptographic_erase.bits() << 4
            | form_factor;
        body[4] = u8::from(self.multiple_actuators) << 6 | zoned << 4;
        PAGE.bytes(&body)
    }
}

impl ReadAfterErase {
    fn from_bits(bits: u8) -> Self {
        match bits & 0x03 {
            0 => Self::NotSpecified,
            1 => Self::Completes,
            2 => Self::MediumError,
            _ => Self::WriteRequired,
        }
    }

    fn bits(self) -> u8 {
        match self {
            Self::NotSpecified => 0,
            Self::Completes => 1,
            Self::MediumError => 2,
            Self::WriteRequired => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::hostile;
    use super::*;

    fn page(set: &[(usize, u8)]) -> BlockDeviceCharacteristics {
        let mut page = [0; 64];
        (page[1], page[3]) = (0xb1, 60);
        for (at, byte) in set {
            page[*at] = *byte;
        }
        let read = BlockDeviceCharacteristics::parse(&page).unwrap();
        assert_eq!(BlockDeviceCharacteristics::parse(&read.bytes()).as_ref(), Ok(&read));
        read
    }

    #[test]
    fn rotation_page() {
        let rotation = |bytes: &[u8]| BlockDeviceCharacteristics::parse(bytes).map(|p| p.rotation);
        let page = b"\x00\xb1\x00\x04\x1c\x20\x00\x02";
        assert_eq!(rotation(page), Ok(Rotation::PerMinute(7200)));
        assert_eq!(rotation(b"\x00\xb1\x00\x04\x00\x01\x00\x00"), Ok(Rotation::NonRotating));
        assert_eq!(rotation(b"\x00\xb1\x00\x02\x00\x00"), Ok(Rotation::NotReported));
        assert!(rotation(b"\x00\xb1\x00\x00").is_err());
        for (rate, expected) in [
            (0x0002_u16, Rotation::Reserved(2)),
            (0x0400, Rotation::Reserved(0x0400)),
            (0x0401, Rotation::PerMinute(0x0401)),
            (0xfffe, Rotation::PerMinute(0xfffe)),
            (0xffff, Rotation::Reserved(0xffff)),
        ] {
            let [high, low] = rate.to_be_bytes();
            assert_eq!(rotation(&[0, 0xb1, 0, 2, high, low]), Ok(expected));
        }
        hostile(page, BlockDeviceCharacteristics::parse);
    }

    #[test]
    fn each_field_is_its_own() {
        use ReadAfterErase as After;
        let blank = page(&[]);
        let expected = BlockDeviceCharacteristics {
            rotation: Rotation::NotReported,
            product_type: None,
            after_block_erase: After::NotSpecified,
            after_cryptographic_erase: After::NotSpecified,
            form_factor: None,
            zoned: Zoned::NotReported,
            multiple_actuators: false,
        };
        assert_eq!(blank, expected);
        type Page = BlockDeviceCharacteristics;
        assert_eq!(page(&[(6, 5)]), Page { product_type: Some(5), ..blank.clone() });
        for (bits, after) in
            [(1, After::Completes), (2, After::MediumError), (3, After::WriteRequired)]
        {
            let block = Page { after_block_erase: after, ..blank.clone() };
            assert_eq!(page(&[(7, bits << 6)]), block);
            let crypto = Page { after_cryptographic_erase: after, ..blank.clone() };
            assert_eq!(page(&[(7, bits << 4)]), crypto);
        }
        for (code, form_factor) in (1..).zip([
            FormFactor::Inches5_25,
            FormFactor::Inches3_5,
            FormFactor::Inches2_5,
            FormFactor::Inches1_8,
            FormFactor::Below1_8,
        ]) {
            let expected = Page { form_factor: Some(form_factor), ..blank.clone() };
            assert_eq!(page(&[(7, code)]), expected);
        }
        assert_eq!(page(&[(7, 0x0f)]), blank);
        for (bits, zoned) in
            [(1, Zoned::HostAware), (2, Zoned::DeviceManaged), (3, Zoned::Reserved)]
        {
            assert_eq!(page(&[(8, bits << 4)]), Page { zoned, ..blank.clone() });
        }
        assert_eq!(page(&[(8, 0x40)]), Page { multiple_actuators: true, ..blank.clone() });
        assert_eq!(page(&[(8, 0x8f)]), blank);
        let sent = blank.bytes();
        assert_eq!((&sent[..4], sent.len()), (&[0, 0xb1, 0, 60][..], 64));
    }

    #[test]
    fn an_older_page_ends_earlier() {
        let page = BlockDeviceCharacteristics::parse(&[0, 0xb1, 0, 3, 0, 1, 0, 0xff, 0xff]);
        let page = page.unwrap();
        assert_eq!(page.after_block_erase, ReadAfterErase::NotSpecified);
        assert_eq!((page.zoned, page.multiple_actuators), (Zoned::NotReported, false));
    }
}
