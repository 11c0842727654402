//! Page 00h: which pages there are.

use super::super::super::Malformed;
use super::Page;

/// The page's code.
pub const CODE: u8 = 0x00;
const PAGE: Page = Page { code: CODE, name: "VPD page 00h (supported VPD pages)" };

/// The codes of the pages that the drive has.
///
/// # Errors
/// Another page, or one that is cut short.
pub fn parse(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    Ok(PAGE.body(bytes)?.to_vec())
}

/// As a drive sends it.
#[must_use]
pub fn bytes(codes: &[u8]) -> Vec<u8> {
    PAGE.bytes(codes)
}

#[cfg(test)]
mod tests {
    use super::super::super::hostile;
    use super::*;

    #[test]
    fn codes() {
        let page = b"\x00\x00\x00\x03\x00\x80\xb1";
        assert_eq!(parse(page).unwrap(), [0x00, 0x80, 0xb1]);
        assert_eq!(bytes(&[0x00, 0x80, 0xb1]), page);
        hostile(page, parse);
    }
}
