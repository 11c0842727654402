//! Page B0h: how much may be asked for at once.
//!
//! Layout checked against sg3_utils (`sg_vpd_common.c`).

use super::super::super::Malformed;
use super::super::super::field::{be32, be64};
use super::Page;

/// The page's code.
pub const CODE: u8 = 0xb0;
const PAGE: Page = Page { code: CODE, name: "VPD page B0h (block limits)" };

/// Limits in logical blocks. `None` where the drive does not report one, or the page is of an
/// older standard and ends before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockLimits {
    /// WRITE SAME of zero blocks is not accepted (WSNZ); otherwise it means "to the end".
    pub write_same_non_zero: bool,
    /// Most blocks in one transfer.
    pub max_transfer: Option<u32>,
    /// Most blocks in one UNMAP; FFFFFFFFh is no limit, 0 is no UNMAP.
    pub max_unmap_blocks: Option<u32>,
    /// Most ranges in one UNMAP; FFFFFFFFh is no limit, 0 is no UNMAP.
    pub max_unmap_descriptors: Option<u32>,
    /// UNMAP does best with multiples of this.
    pub unmap_granularity: Option<u32>,
    /// The first block at which such a multiple starts.
    pub unmap_alignment: Option<u32>,
    /// Most blocks in one WRITE SAME.
    pub max_write_same: Option<u64>,
}

/// # Errors
/// Another page, or one that is cut short.
pub fn parse(bytes: &[u8]) -> Result<BlockLimits, Malformed> {
    let end = PAGE.body(bytes)?.len() + 4;
    let page = bytes.get(..end).unwrap_or(bytes);
    let first = page.get(4);
    let reported = |at| be32(page, at).filter(|value| *value != 0);
    Ok(BlockLimits {
        write_same_non_zero: first.is_some_and(|byte| byte & 1 == 1),
        max_transfer: reported(8),
        max_unmap_blocks: be32(page, 20),
        max_unmap_descriptors: be32(page, 24),
        unmap_granularity: reported(28),
        unmap_alignment: be32(page, 32)
            .and_then(|value| (value >> 31 == 1).then_some(value & 0x7fff_ffff)),
        max_write_same: be64(page, 36).filter(|value| *value != 0),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::hostile;
    use super::*;

    fn page(set: &[(usize, u8)]) -> BlockLimits {
        let mut page = [0; 64];
        (page[1], page[3]) = (0xb0, 60);
        for (at, byte) in set {
            page[*at] = *byte;
        }
        parse(&page).unwrap()
    }

    #[test]
    fn each_field_is_its_own() {
        let blank = page(&[]);
        let expected = BlockLimits {
            write_same_non_zero: false,
            max_transfer: None,
            max_unmap_blocks: Some(0),
            max_unmap_descriptors: Some(0),
            unmap_granularity: None,
            unmap_alignment: None,
            max_write_same: None,
        };
        assert_eq!(blank, expected);
        assert_eq!(page(&[(4, 1)]), BlockLimits { write_same_non_zero: true, ..blank.clone() });
        assert_eq!(page(&[(4, 0xfe)]), blank);
        let top = Some(1 << 31);
        assert_eq!(page(&[(8, 0x80)]), BlockLimits { max_transfer: top, ..blank.clone() });
        assert_eq!(page(&[(11, 1)]), BlockLimits { max_transfer: Some(1), ..blank.clone() });
        assert_eq!(page(&[(20, 0x80)]), BlockLimits { max_unmap_blocks: top, ..blank.clone() });
        assert_eq!(page(&[(23, 1)]), BlockLimits { max_unmap_blocks: Some(1), ..blank.clone() });
        let descriptors = BlockLimits { max_unmap_descriptors: Some(1), ..blank.clone() };
        assert_eq!(page(&[(27, 1)]), descriptors);
        assert_eq!(page(&[(31, 1)]), BlockLimits { unmap_granularity: Some(1), ..blank.clone() });
        assert_eq!(page(&[(32, 0x80)]), BlockLimits { unmap_alignment: Some(0), ..blank.clone() });
        let alignment = BlockLimits { unmap_alignment: Some(0x0100_0001), ..blank.clone() };
        assert_eq!(page(&[(32, 0x81), (35, 1)]), alignment);
        assert_eq!(page(&[(32, 0x7f), (35, 0xff)]), blank, "not valid");
        let same = |blocks| BlockLimits { max_write_same: Some(blocks), ..blank.clone() };
        assert_eq!((page(&[(36, 0x80)]), page(&[(43, 1)])), (same(1 << 63), same(1)));
    }

    #[test]
    fn an_older_page_ends_earlier() {
        let mut page = vec![0xff; 64];
        page[..4].copy_from_slice(&[0, 0xb0, 0, 12]);
        let limits = parse(&page).unwrap();
        assert_eq!(limits.max_transfer, Some(u32::MAX));
        assert_eq!((limits.max_unmap_blocks, limits.max_write_same), (None, None));
        hostile(&page, parse);
    }
}
