//! The trusted peripheral: the drive's side of the protocol.

use super::{bit, byte};

/// Byte 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub struct Tper {
    /// Bit 0: what is used here.
    pub sync: bool,
    pub asynchronous: bool,
    pub ack_nak: bool,
    pub buffer_management: bool,
    pub streaming: bool,
    /// Bit 6.
    pub com_id_management: bool,
}

impl Tper {
    pub(super) const fn from_bits(bits: u8) -> Self {
        Self {
            sync: bit(bits, 0),
            asynchronous: bit(bits, 1),
            ack_nak: bit(bits, 2),
            buffer_management: bit(bits, 3),
            streaming: bit(bits, 4),
            com_id_management: bit(bits, 6),
        }
    }

    pub(super) fn to_bits(self) -> u8 {
        byte([
            self.sync,
            self.asynchronous,
            self.ack_nak,
            self.buffer_management,
            self.streaming,
            false,
            self.com_id_management,
            false,
        ])
    }
}
