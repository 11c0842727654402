//! Fields of fixed width at byte offsets. `None` where the bytes end.

/// The bytes at `at`, as many as asked for.
fn bytes<const N: usize>(page: &[u8], at: usize) -> Option<[u8; N]> {
    page.get(at..)?.first_chunk().copied()
}

/// 16 bits, least significant byte first (NVMe, ATA, eMMC).
pub(super) fn le16(page: &[u8], at: usize) -> Option<u16> {
    bytes(page, at).map(u16::from_le_bytes)
}

/// 32 bits, least significant byte first.
pub(super) fn le32(page: &[u8], at: usize) -> Option<u32> {
    bytes(page, at).map(u32::from_le_bytes)
}

/// 64 bits, least significant byte first.
pub(super) fn le64(page: &[u8], at: usize) -> Option<u64> {
    bytes(page, at).map(u64::from_le_bytes)
}

/// 128 bits, least significant byte first.
pub(super) fn le128(page: &[u8], at: usize) -> Option<u128> {
    bytes(page, at).map(u128::from_le_bytes)
}

/// 16 bits, most significant byte first (SCSI, TCG).
pub(super) fn be16(page: &[u8], at: usize) -> Option<u16> {
    bytes(page, at).map(u16::from_be_bytes)
}

/// 32 bits, most significant byte first.
pub(super) fn be32(page: &[u8], at: usize) -> Option<u32> {
    bytes(page, at).map(u32::from_be_bytes)
}

/// 64 bits, most significant byte first.
pub(super) fn be64(page: &[u8], at: usize) -> Option<u64> {
    bytes(page, at).map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_and_orders() {
        let page = [0, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(le16(&page, 1), Some(0x0201));
        assert_eq!(le32(&page, 1), Some(0x0403_0201));
        assert_eq!(le64(&page, 1), Some(0x0807_0605_0403_0201));
        assert_eq!(
            le128(&[&page[..], &page].concat(), 1),
            Some(0x0706_0504_0302_0100_0807_0605_0403_0201)
        );
        assert_eq!(be16(&page, 1), Some(0x0102));
        assert_eq!(be32(&page, 1), Some(0x0102_0304));
        assert_eq!(be64(&page, 1), Some(0x0102_0304_0506_0708));
        assert_eq!((le16(&page, 8), be64(&page, 2), le32(&page, usize::MAX)), (None, None, None));
    }
}
