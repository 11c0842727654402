//! Additional data store tables.

use super::super::super::field::{be16, be32};

/// Additional data store tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataStore {
    /// Bytes 2 and 3.
    pub max_tables: u16,
    /// Bytes 4 to 7: of all tables together.
    pub max_bytes: u32,
    /// Bytes 8 to 11: in bytes.
    pub alignment: u32,
}

impl DataStore {
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        Some(Self {
            max_tables: be16(data, 2)?,
            max_bytes: be32(data, 4)?,
            alignment: be32(data, 8)?,
        })
    }

    pub(super) fn encode(self) -> Vec<u8> {
        let numbers = [self.max_bytes, self.alignment].map(u32::to_be_bytes);
        [&[0; 2], &self.max_tables.to_be_bytes()[..], numbers.as_flattened()].concat()
    }
}
