//! The IDENTIFY DEVICE data log (30h), page 06h: what a drive says of its security features beyond
//! IDENTIFY DEVICE.

use super::block;
use super::read_log::ReadLog;
use crate::proto::Malformed;
use crate::proto::field::le64;

const LOG: u8 = 0x30;
const SECURITY: u8 = 0x06;
const PAGE: &str = "IDENTIFY DEVICE data log page 06h";

/// The bit in each quadword of this log that says that the others of it mean something.
const VALID: u64 = 1 << 63;
/// Offset of the quadword with the capabilities, and bits in it.
const CAPABILITIES: usize = 48;
const ENCRYPT_ALL: u64 = 1 << 0;
const RESTRICTED_SANITIZE_OVERRIDES_SECURITY: u64 = 1 << 7;

/// The security capabilities. Checked against openSeaChest's ata_Security.c.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecurityPage {
    /// The drive encrypts all user data.
    pub encrypt_all: bool,
    /// The drive sanitizes even while it is locked by a password.
    pub restricted_sanitize_overrides_security: bool,
}

/// Reads the page.
#[must_use]
pub fn security() -> ReadLog {
    ReadLog::page(LOG, SECURITY.into())
}

impl SecurityPage {
    /// Reads the page; `None` if the drive has none, or does not tell its capabilities in it.
    ///
    /// # Errors
    /// Fewer than 512 bytes, or another page.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let page = block::first(PAGE, bytes)?;
        let Some((header, capabilities)) = le64(page, 0).zip(le64(page, CAPABILITIES)) else {
            return Ok(None);
        };
        let [_, _, _, _, _, number, revision @ ..] = header.to_be_bytes();
        if u16::from_be_bytes(revision) == 0 {
            return Ok(None);
        }
        if header & VALID == 0 || number != SECURITY {
            return Err(Malformed::Invalid { page: PAGE, why: "its header is another page's" });
        }
        Ok((capabilities & VALID != 0).then_some(Self {
            encrypt_all: capabilities & ENCRYPT_ALL != 0,
            restricted_sanitize_overrides_security: capabilities
                & RESTRICTED_SANITIZE_OVERRIDES_SECURITY
                != 0,
        }))
    }

    /// The page.
    #[must_use]
    pub fn encode(&self) -> [u8; 512] {
        let mut capabilities = VALID;
        if self.encrypt_all {
            capabilities |= ENCRYPT_ALL;
        }
        if self.restricted_sanitize_overrides_security {
            capabilities |= RESTRICTED_SANITIZE_OVERRIDES_SECURITY;
        }
        let mut page = [0; 512];
        page[..8].copy_from_slice(&[1, 0, SECURITY, 0, 0, 0, 0, 0x80]);
        page[CAPABILITIES..CAPABILITIES + 8].copy_from_slice(&capabilities.to_le_bytes());
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::pass_through::cdb16;
    use crate::proto::ata::tests::noise;

    fn page(changes: &[(usize, u8)]) -> [u8; 512] {
        let mut page = [0; 512];
        page[..8].copy_from_slice(&[1, 0, 6, 0, 0, 0, 0, 0x80]);
        page[55] = 0x80;
        changes.iter().for_each(|(at, byte)| page[*at] = *byte);
        page
    }

    #[test]
    fn the_request_names_the_page() {
        let cdb = cdb16(&security().command());
        assert_eq!(cdb, [0x85, 0x09, 0x0e, 0, 0, 0, 1, 0, 0x30, 0, 6, 0, 0, 0x40, 0x2f, 0]);
    }

    #[test]
    fn bits() {
        let parse = |changes: &[(usize, u8)]| SecurityPage::parse(&page(changes)).unwrap();
        let none =
            SecurityPage { encrypt_all: false, restricted_sanitize_overrides_security: false };
        assert_eq!(parse(&[]), Some(none));
        assert_eq!(parse(&[(48, 0x7e)]), Some(none), "other bits");
        let all = SecurityPage { encrypt_all: true, ..none };
        assert_eq!(parse(&[(48, 0x01)]), Some(all));
        let overrides = SecurityPage { restricted_sanitize_overrides_security: true, ..none };
        assert_eq!(parse(&[(48, 0x80)]), Some(overrides));
        assert_eq!(parse(&[(48, 0x81), (55, 0)]), None, "the quadword is not valid");
        assert_eq!(parse(&[(0, 0)]), None, "revision 0 is no page");
        for said in [none, all, overrides] {
            assert_eq!(SecurityPage::parse(&said.encode()), Ok(Some(said)));
        }
        assert_eq!(all.encode(), page(&[(48, 0x01)]));
        assert_eq!(overrides.encode(), page(&[(48, 0x80)]));
    }

    #[test]
    fn hostile_pages() {
        assert!(SecurityPage::parse(&page(&[(2, 5)])).is_err(), "another page");
        assert!(SecurityPage::parse(&page(&[(7, 0)])).is_err(), "no valid header");
        for bytes in 0..512 {
            assert!(SecurityPage::parse(&page(&[])[..bytes]).is_err());
        }
        for noise in noise(512) {
            let _ = SecurityPage::parse(&noise);
        }
    }
}
