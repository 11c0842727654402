//! How ranges are to be aligned.

use super::super::super::field::{be32, be64};
use super::bit;

/// How ranges are to be aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Byte 0, bit 0.
    pub alignment_required: bool,
    /// Bytes 8 to 11: bytes of a logical block.
    pub logical_block_bytes: u32,
    /// Bytes 12 to 19: in logical blocks.
    pub alignment_granularity: u64,
    /// Bytes 20 to 27.
    pub lowest_aligned_lba: u64,
}

impl Geometry {
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        Some(Self {
            alignment_required: bit(*data.first()?, 0),
            logical_block_bytes: be32(data, 8)?,
            alignment_granularity: be64(data, 12)?,
            lowest_aligned_lba: be64(data, 20)?,
        })
    }

    pub(super) fn encode(self) -> Vec<u8> {
        let parts: [&[u8]; 5] = [
            &[self.alignment_required.into()],
            &[0; 7],
            &self.logical_block_bytes.to_be_bytes(),
            &self.alignment_granularity.to_be_bytes(),
            &self.lowest_aligned_lba.to_be_bytes(),
        ];
        parts.concat()
    }
}
