//! Blocks of 512 bytes, and the checksum in their last byte.

use crate::proto::Malformed;

/// The first 512 bytes of an answer.
pub(super) fn first<'a>(page: &'static str, bytes: &'a [u8]) -> Result<&'a [u8; 512], Malformed> {
    bytes.first_chunk().ok_or(Malformed::Short { page, needed: 512, got: bytes.len() })
}

/// Whether all bytes add up to zero, as they do if the last one is the checksum.
pub(super) fn adds_up(block: &[u8; 512]) -> bool {
    sum(block) == 0
}

/// Makes the last byte the checksum.
pub(super) fn seal(block: &mut [u8; 512]) {
    block[511] = 0;
    block[511] = sum(block).wrapping_neg();
}

fn sum(block: &[u8; 512]) -> u8 {
    block.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_byte_brings_the_sum_to_zero() {
        let mut block = [0; 512];
        block[0] = 0xff;
        block[510] = 0xa5;
        assert!(!adds_up(&block));
        seal(&mut block);
        assert_eq!(block[511], 0x5c);
        assert!(adds_up(&block));
        seal(&mut block);
        assert_eq!(block[511], 0x5c, "sealed twice is sealed once");
    }

    #[test]
    fn what_is_short_says_so() {
        let short = Malformed::Short { page: "page", needed: 512, got: 511 };
        assert_eq!(first("page", &[7; 511]), Err(short));
        assert_eq!(first("page", &[7; 600]), Ok(&[7; 512]));
    }
}
