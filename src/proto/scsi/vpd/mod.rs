//! Vital product data: what a drive says about itself for good (SPC-5, SBC-4).
//!
//! From [`Inquiry::Page`](super::inquiry::Inquiry::Page), or as Linux keeps it in `vpd_pg80` and
//! its neighbours.

pub mod ata_information;
pub mod block_device_characteristics;
pub mod block_limits;
pub mod device_identification;
pub mod extended_inquiry_data;
pub mod logical_block_provisioning;
pub mod supported_pages;
pub mod unit_serial_number;

use super::super::Malformed;

/// Which page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Page {
    code: u8,
    name: &'static str,
}

impl Page {
    /// The page's content after its header, if it is this page and as long as it says.
    fn body(self, bytes: &[u8]) -> Result<&[u8], Malformed> {
        let [_, code, high, low, rest @ ..] = bytes else {
            return Err(Malformed::Short { page: self.name, needed: 4, got: bytes.len() });
        };
        if *code != self.code {
            return Err(Malformed::Invalid { page: self.name, why: "another page" });
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let needed = length + 4;
        rest.get(..length).ok_or(Malformed::Short { page: self.name, needed, got: bytes.len() })
    }

    /// As a drive sends it: a header before this content, of which 65535 bytes fit.
    fn bytes(self, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
        let [high, low] = length.to_be_bytes();
        let body = body.iter().take(length.into());
        [0, self.code, high, low].iter().chain(body).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_what_it_says_and_as_long() {
        let page = Page { code: 0xb1, name: "page" };
        assert_eq!(page.body(b"\x00\xb1\x00\x02AB left over"), Ok(&b"AB"[..]));
        assert_eq!(page.bytes(b"AB"), b"\x00\xb1\x00\x02AB");
        let largest = page.bytes(&[7; 65536]);
        assert_eq!((&largest[2..4], largest.len()), (&[0xff; 2][..], 65539));
        assert!(page.body(b"\x00\xb1\x01\x02AB").is_err(), "258 bytes");
        let invalid = Malformed::Invalid { page: "page", why: "another page" };
        assert_eq!(page.body(b"\x00\xb0\x00\x02AB"), Err(invalid));
        let short = |needed, got| Err(Malformed::Short { page: "page", needed, got });
        assert_eq!(page.body(b"\x00\xb1\x00\x03AB"), short(7, 6));
        assert_eq!(page.body(b"\x00\xb1\x00"), short(4, 3));
    }
}
