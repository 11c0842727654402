//! SCSI vital product data pages, as the kernel keeps them in `vpd_pg80` and its neighbours.

use crate::model::{clean, hex};

/// Page 0x80: the unit's serial number.
pub(super) fn unit_serial(page: &[u8]) -> Option<String> {
    clean(body(page, 0x80)?)
}

/// Page 0x83: the logical unit's own name, NAA before EUI-64, with the prefix the kernel gives it.
pub(super) fn logical_unit_name(page: &[u8]) -> Option<String> {
    const NAA: u8 = 3;
    const EUI: u8 = 2;
    let mut rest = body(page, 0x83)?;
    let mut eui = None;
    while let [code_set, kind, _, length, tail @ ..] = rest {
        let (name, next) = tail.split_at_checked(usize::from(*length))?;
        let (binary, of_unit) = (code_set & 0x0f == 1, kind & 0x30 == 0);
        if binary && of_unit && !name.is_empty() {
            match kind & 0x0f {
                NAA => return Some(format!("naa.{}", hex(name))),
                EUI => eui = eui.or_else(|| Some(format!("eui.{}", hex(name)))),
                _ => {}
            }
        }
        rest = next;
    }
    eui
}

/// Page 0xB1, the rotation rate: 0 if the drive does not say, 1 if nothing rotates, else the rate.
pub(super) fn rotation_rate(page: &[u8]) -> Option<u16> {
    body(page, 0xb1)?.first_chunk().copied().map(u16::from_be_bytes)
}

/// What page 0x89 keeps of an ATA drive's own IDENTIFY DEVICE data.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ata {
    pub(super) serial: Option<String>,
    pub(super) firmware: Option<String>,
    pub(super) model: Option<String>,
}

/// Page 0x89: a SATA drive behind a translation layer (libata, an HBA or a USB bridge) in its own
/// words, which are longer than the sixteen characters of a SCSI model.
pub(super) fn ata_information(page: &[u8]) -> Option<Ata> {
    const IDENTIFY_DEVICE: u8 = 0xec;
    body(page, 0x89)?;
    if page.get(56) != Some(&IDENTIFY_DEVICE) {
        return None;
    }
    let identify = page.get(60..60 + 512)?;
    // Each 16-bit word holds two characters in the wrong order.
    let text = |from: usize, to: usize| {
        let words = identify.get(from * 2..to * 2)?.as_chunks::<2>().0;
        clean(&words.iter().flat_map(|[low, high]| [*high, *low]).collect::<Vec<_>>())
    };
    Some(Ata { serial: text(10, 20), firmware: text(23, 27), model: text(27, 47) })
}

/// The page's content, if it is page `code` and as long as it says.
fn body(page: &[u8], code: u8) -> Option<&[u8]> {
    match page {
        [_, found, high, low, rest @ ..] if *found == code => {
            rest.get(..usize::from(u16::from_be_bytes([*high, *low])))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_page() {
        let page = b"\x00\x80\x00\x14      S3YLNX0K123456";
        assert_eq!(unit_serial(page).as_deref(), Some("S3YLNX0K123456"));
        assert_eq!(unit_serial(b"\x00\x80\x00\x04    "), None);
        assert_eq!(unit_serial(b"\x00\x83\x00\x02AB"), None, "another page");
        assert_eq!(unit_serial(b"\x00\x80\x00\x09AB"), None, "shorter than it says");
    }

    #[test]
    fn name_page() {
        // As libata makes it: vendor-specific ASCII, T10, then NAA 5.
        let page = b"\x00\x83\x00\x18\
            \x02\x00\x00\x04ABCD\
            \x01\x03\x00\x08\x50\x02\x53\x8e\x40\x12\x34\x56";
        assert_eq!(logical_unit_name(page), None, "cut short");
        let page = b"\x00\x83\x00\x14\
            \x02\x00\x00\x04ABCD\
            \x01\x03\x00\x08\x50\x02\x53\x8e\x40\x12\x34\x56";
        assert_eq!(logical_unit_name(page).as_deref(), Some("naa.5002538e40123456"));
        // A target port's name (association 1) is not the unit's; an EUI-64 will do.
        let page = b"\x00\x83\x00\x18\
            \x61\x93\x00\x08\x50\x00\xc5\x00\xaa\xaa\xaa\xa9\
            \x01\x02\x00\x08\x00\x11\x22\x33\x44\x55\x66\x77";
        assert_eq!(logical_unit_name(page).as_deref(), Some("eui.0011223344556677"));
    }

    #[test]
    fn rotation_page() {
        assert_eq!(rotation_rate(b"\x00\xb1\x00\x04\x1c\x20\x00\x02"), Some(7200));
        assert_eq!(rotation_rate(b"\x00\xb1\x00\x04\x00\x01\x00\x00"), Some(1));
        assert_eq!(rotation_rate(b"\x00\xb1\x00\x00"), None);
    }

    #[test]
    fn ata_page() {
        let mut page = vec![0; 572];
        page[1] = 0x89;
        page[2..4].copy_from_slice(&[0x02, 0x38]);
        page[56] = 0xec;
        page[80..100].copy_from_slice(b"DWW-4CJM3Y527486    ");
        page[106..114].copy_from_slice(b"100.A110");
        page[114..154].copy_from_slice(b"DW CDW050LXP0-T0BX 0                    ");
        let ata = ata_information(&page).unwrap();
        assert_eq!(ata.serial.as_deref(), Some("WD-WC4MJY3254768"));
        assert_eq!(ata.firmware.as_deref(), Some("01.01A01"));
        assert_eq!(ata.model.as_deref(), Some("WDC WD50L0PX-00TXB0"));
        page[56] = 0xa1;
        assert_eq!(ata_information(&page), None, "a packet device");
    }
}
