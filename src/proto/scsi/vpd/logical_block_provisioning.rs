//! Page B2h: whether blocks can be unmapped, and what they then read as.
//!
//! Layout checked against sg3_utils (`sg_vpd_common.c`), LBPRZ also against opensea-operations
//! (`drive_info.c`).

use super::super::super::Malformed;
use super::Page;

/// The page's code.
pub const CODE: u8 = 0xb2;
const PAGE: Page = Page { code: CODE, name: "VPD page B2h (logical block provisioning)" };

/// How the space for blocks is given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provisioning {
    /// 0: not reported, or fully provisioned.
    NotReported,
    /// 1: with resources for all of them.
    Resource,
    /// 2: thin; not all of them may be writable.
    Thin,
    /// 3 to 7: reserved.
    Reserved(u8),
}

/// The page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogicalBlockProvisioning {
    /// UNMAP is supported (LBPU).
    pub unmap: bool,
    /// WRITE SAME (16) can unmap (LBPWS).
    pub write_same_16: bool,
    /// WRITE SAME (10) can unmap (LBPWS10).
    pub write_same_10: bool,
    /// What unmapped blocks read as (LBPRZ), 0 to 7: 0 is anything, 1, 3, 5 and 7 are zeros, 2
    /// is the provisioning initialization pattern, the others are reserved.
    pub reads_as: u8,
    /// How the space is given out.
    pub provisioning: Provisioning,
}

impl LogicalBlockProvisioning {
    /// # Errors
    /// Another page, or one that is cut short.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let [_, flags, kind, ..] = PAGE.body(bytes)? else {
            return Err(Malformed::Short { page: PAGE.name, needed: 7, got: bytes.len() });
        };
        Ok(Self {
            unmap: flags & 0x80 != 0,
            write_same_16: flags & 0x40 != 0,
            write_same_10: flags & 0x20 != 0,
            reads_as: flags >> 2 & 0x07,
            provisioning: match kind & 0x07 {
                0 => Provisioning::NotReported,
                1 => Provisioning::Resource,
                2 => Provisioning::Thin,
                other => Provisioning::Reserved(other),
            },
        })
    }

    /// As a drive sends it.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let flags = u8::from(self.unmap) << 7
            | u8::from(self.write_same_16) << 6
            | u8::from(self.write_same_10) << 5
            | (self.reads_as & 0x07) << 2;
        let kind = match self.provisioning {
            Provisioning::NotReported => 0,
            Provisioning::Resource => 1,
            Provisioning::Thin => 2,
            Provisioning::Reserved(other) => other & 0x07,
        };
        PAGE.bytes(&[0, flags, kind, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::hostile;
    use super::*;

    #[test]
    fn each_field_is_its_own() {
        type Page = LogicalBlockProvisioning;
        let page = |flags, kind| {
            let read = Page::parse(&[0, 0xb2, 0, 4, 0xff, flags, kind, 0xff]).unwrap();
            assert_eq!(Page::parse(&read.bytes()).as_ref(), Ok(&read));
            read
        };
        let blank = page(0, 0);
        let expected = Page {
            unmap: false,
            write_same_16: false,
            write_same_10: false,
            reads_as: 0,
            provisioning: Provisioning::NotReported,
        };
        assert_eq!(blank, expected);
        assert_eq!(page(0x80, 0), Page { unmap: true, ..blank.clone() });
        assert_eq!(page(0x40, 0), Page { write_same_16: true, ..blank.clone() });
        assert_eq!(page(0x20, 0), Page { write_same_10: true, ..blank.clone() });
        assert_eq!(page(0x04, 0), Page { reads_as: 1, ..blank.clone() });
        assert_eq!(page(0x1c, 0), Page { reads_as: 7, ..blank.clone() });
        assert_eq!(page(0x03, 0xf8), blank);
        let kind = |provisioning| Page { provisioning, ..blank.clone() };
        assert_eq!(page(0, 1), kind(Provisioning::Resource));
        assert_eq!(page(0, 2), kind(Provisioning::Thin));
        assert_eq!(page(0, 7), kind(Provisioning::Reserved(7)));
        assert!(Page::parse(&[0, 0xb2, 0, 2, 0, 0, 0, 0]).is_err());
        hostile(&[0, 0xb2, 0, 4, 0, 0xe4, 1, 0], Page::parse);
    }
}
