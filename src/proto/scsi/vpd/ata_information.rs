//! Page 89h (SAT): a SATA drive behind a translation layer (libata, an HBA or a USB bridge) in its
//! own words, which are longer than the sixteen characters of a SCSI model. The layer may have
//! kept them from earlier.

use super::super::super::Malformed;
use super::Page;
use crate::model::clean;

/// The page's code.
pub const CODE: u8 = 0x89;
const PAGE: Page = Page { code: CODE, name: "VPD page 89h (ATA information)" };

/// What the page keeps of an ATA drive's IDENTIFY DEVICE data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AtaInformation {
    /// Serial number.
    pub serial: Option<String>,
    /// Firmware revision.
    pub firmware: Option<String>,
    /// Model number.
    pub model: Option<String>,
}

/// `None` if what is kept is not of a disk, but of a packet device.
///
/// # Errors
/// Another page, or one that is cut short.
pub fn parse(bytes: &[u8]) -> Result<Option<AtaInformation>, Malformed> {
    const IDENTIFY_DEVICE: u8 = 0xec;
    PAGE.body(bytes)?;
    let short = Malformed::Short { page: PAGE.name, needed: 60 + 512, got: bytes.len() };
    if *bytes.get(56).ok_or(short)? != IDENTIFY_DEVICE {
        return Ok(None);
    }
    let identify = bytes.get(60..60 + 512).ok_or(short)?;
    // Each 16-bit word holds two characters in the wrong order.
    let text = |from: usize, to: usize| {
        let words = identify.get(from * 2..to * 2)?.as_chunks::<2>().0;
        clean(&words.iter().flat_map(|[low, high]| [*high, *low]).collect::<Vec<_>>())
    };
    Ok(Some(AtaInformation { serial: text(10, 20), firmware: text(23, 27), model: text(27, 47) }))
}

#[cfg(test)]
mod tests {
    use super::super::super::hostile;
    use super::*;

    #[test]
    fn ata_page() {
        let mut page = vec![0; 572];
        page[1] = 0x89;
        page[2..4].copy_from_slice(&[0x02, 0x38]);
        page[56] = 0xec;
        page[80..100].copy_from_slice(b"DWW-4CJM3Y527486    ");
        page[106..114].copy_from_slice(b"100.A110");
        page[114..154].copy_from_slice(b"DW CDW050LXP0-T0BX 0                    ");
        let ata = parse(&page).unwrap().unwrap();
        assert_eq!(ata.serial.as_deref(), Some("WD-WC4MJY3254768"));
        assert_eq!(ata.firmware.as_deref(), Some("01.01A01"));
        assert_eq!(ata.model.as_deref(), Some("WDC WD50L0PX-00TXB0"));
        assert!(parse(&page[..571]).is_err());
        hostile(&page[..100], parse);
        page[56] = 0xa1;
        assert_eq!(parse(&page), Ok(None), "a packet device");
    }

    /// The page says that it is shorter than the words that should be in it.
    #[test]
    fn a_page_without_its_data() {
        let mut page = vec![0; 64];
        (page[1], page[3], page[56]) = (0x89, 60, 0xec);
        assert!(parse(&page).is_err());
    }
}
