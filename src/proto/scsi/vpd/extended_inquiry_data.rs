//! Page 86h: which types of protection information the drive can be formatted with.
//!
//! Codes checked against sg3_utils (`sg_vpd_common.c`) and opensea-operations (`format.c`).

use super::super::super::Malformed;
use super::super::protection::ProtectionType::{self, Type1, Type2, Type3};
use super::Page;

/// The page's code.
pub const CODE: u8 = 0x86;
const PAGE: Page = Page { code: CODE, name: "VPD page 86h (extended INQUIRY data)" };

/// The types that the drive supports (SPT), if it supports any: that is PROTECT in
/// [INQUIRY](super::super::inquiry::Standard). `None` if another page, of block lengths, says it.
///
/// # Errors
/// Another page, or one that is cut short.
pub fn protection_types(bytes: &[u8]) -> Result<Option<&'static [ProtectionType]>, Malformed> {
    let [first, ..] = PAGE.body(bytes)? else {
        return Err(Malformed::Short { page: PAGE.name, needed: 5, got: bytes.len() });
    };
    Ok(match first >> 3 & 0x07 {
        0 => Some(&[Type1]),
        1 => Some(&[Type1, Type2]),
        2 => Some(&[Type2]),
        3 => Some(&[Type1, Type3]),
        4 => Some(&[Type3]),
        5 => Some(&[Type2, Type3]),
        7 => Some(&[Type1, Type2, Type3]),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::hostile;
    use super::*;

    #[test]
    fn codes() {
        let types = |byte| protection_types(&[0, 0x86, 0, 1, byte]).unwrap();
        assert_eq!(types(0xc7), Some(&[Type1][..]), "the bits around");
        assert_eq!(types(0x08), Some(&[Type1, Type2][..]));
        assert_eq!(types(0x10), Some(&[Type2][..]));
        assert_eq!(types(0x18), Some(&[Type1, Type3][..]));
        assert_eq!(types(0x20), Some(&[Type3][..]));
        assert_eq!(types(0x28), Some(&[Type2, Type3][..]));
        assert_eq!(types(0x30), None);
        assert_eq!(types(0x38), Some(&[Type1, Type2, Type3][..]));
        assert!(protection_types(&[0, 0x86, 0, 0]).is_err());
        hostile(&[0, 0x86, 0, 1, 0x38], |bytes| protection_types(bytes).is_ok());
    }
}
