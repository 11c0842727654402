//! Page 80h: the unit's serial number.

use super::super::super::Malformed;
use super::Page;
use crate::model::clean;

/// The page's code.
pub const CODE: u8 = 0x80;
const PAGE: Page = Page { code: CODE, name: "VPD page 80h (unit serial number)" };

/// The serial number; `None` if it is blank.
///
/// # Errors
/// Another page, or one that is cut short.
pub fn parse(bytes: &[u8]) -> Result<Option<String>, Malformed> {
    Ok(clean(PAGE.body(bytes)?))
}

/// As a drive sends it.
#[must_use]
pub fn bytes(serial: &str) -> Vec<u8> {
    PAGE.bytes(serial.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::super::hostile;
    use super::*;

    #[test]
    fn serial_page() {
        let page = b"\x00\x80\x00\x14      S3YLNX0K123456";
        assert_eq!(parse(page).unwrap().as_deref(), Some("S3YLNX0K123456"));
        assert_eq!(parse(b"\x00\x80\x00\x04    "), Ok(None));
        assert!(parse(b"\x00\x83\x00\x02AB").is_err(), "another page");
        assert!(parse(b"\x00\x80\x00\x09AB").is_err(), "shorter than it says");
        assert_eq!(bytes("AB"), b"\x00\x80\x00\x02AB");
        hostile(page, parse);
    }
}
