//! Page 83h: names of the logical unit, and of the ports and targets around it.
//!
//! The layout of the designators checked against sg3_utils (`sg_vpd_dev_id_iter`).

use super::super::super::Malformed;
use super::Page;
use crate::model::hex;

/// The page's code.
pub const CODE: u8 = 0x83;
const PAGE: Page = Page { code: CODE, name: "VPD page 83h (device identification)" };

/// The logical unit's own name, NAA before EUI-64, with the prefix that Linux gives it; `None` if
/// it has neither.
///
/// # Errors
/// Another page, or one that is cut short.
pub fn logical_unit_name(bytes: &[u8]) -> Result<Option<String>, Malformed> {
    const NAA: u8 = 3;
    const EUI: u8 = 2;
    let mut rest = PAGE.body(bytes)?;
    let mut eui = None;
    while let [code_set, kind, _, length, tail @ ..] = rest {
        let (name, next) = tail
            .split_at_checked(usize::from(*length))
            .ok_or(Malformed::Invalid { page: PAGE.name, why: "a designator is cut short" })?;
        let (binary, of_unit) = (code_set & 0x0f == 1, kind & 0x30 == 0);
        if binary && of_unit && !name.is_empty() {
            match kind & 0x0f {
                NAA => return Ok(Some(format!("naa.{}", hex(name)))),
                EUI => eui = eui.or_else(|| Some(format!("eui.{}", hex(name)))),
                _ => {}
            }
        }
        rest = next;
    }
    Ok(eui)
}

#[cfg(test)]
mod tests {
    use super::super::super::hostile;
    use super::*;

    #[test]
    fn name_page() {
        // As libata makes it: vendor-specific ASCII, T10, then NAA 5.
        let page = b"\x00\x83\x00\x18\
            \x02\x00\x00\x04ABCD\
            \x01\x03\x00\x08\x50\x02\x53\x8e\x40\x12\x34\x56";
        assert!(logical_unit_name(page).is_err(), "cut short");
        let page = b"\x00\x83\x00\x14\
            \x02\x00\x00\x04ABCD\
            \x01\x03\x00\x08\x50\x02\x53\x8e\x40\x12\x34\x56";
        assert_eq!(logical_unit_name(page).unwrap().as_deref(), Some("naa.5002538e40123456"));
        // A target port's name (association 1) is not the unit's; an EUI-64 will do.
        let page = b"\x00\x83\x00\x18\
            \x61\x93\x00\x08\x50\x00\xc5\x00\xaa\xaa\xaa\xa9\
            \x01\x02\x00\x08\x00\x11\x22\x33\x44\x55\x66\x77";
        assert_eq!(logical_unit_name(page).unwrap().as_deref(), Some("eui.0011223344556677"));
        hostile(page, logical_unit_name);
    }

    #[test]
    fn only_binary_names_of_the_unit() {
        let page = |code_set: u8, kind: u8| {
            logical_unit_name(&[0, 0x83, 0, 6, code_set, kind, 0, 2, 0xab, 0xcd]).unwrap()
        };
        assert_eq!(page(0x61, 0x83).as_deref(), Some("naa.abcd"), "protocol and PIV above");
        assert_eq!(
            (page(2, 3), page(1, 0x13), page(1, 0x23), page(1, 1)),
            (None, None, None, None)
        );
        let cut = [0, 0x83, 0, 5, 1, 3, 0, 2, 0xab];
        assert!(logical_unit_name(&cut).is_err(), "a designator beyond the page");
    }
}
