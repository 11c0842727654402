//! Whether the owner's password can be used.

use super::bit;

/// Whether the owner's password can be used. Firmware blocks it at each start of the PC so that
/// nobody takes ownership; some drives then refuse Format and Sanitize as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockSid {
    /// Byte 0, bit 0: the owner's password is another than the one as made.
    pub owner_has_password: bool,
    /// Byte 0, bit 1: the owner's password is not accepted now.
    pub blocked: bool,
    /// Byte 1, bit 0: a hardware reset ends that too, not only a power cycle.
    pub cleared_by_hardware_reset: bool,
}

impl BlockSid {
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let (owner, cleared) = (*data.first()?, *data.get(1)?);
        Some(Self {
            owner_has_password: bit(owner, 0),
            blocked: bit(owner, 1),
            cleared_by_hardware_reset: bit(cleared, 0),
        })
    }

    pub(super) fn encode(self) -> Vec<u8> {
        let bits = u8::from(self.owner_has_password) | u8::from(self.blocked) << 1;
        [&[bits, self.cleared_by_hardware_reset.into()][..], &[0; 10]].concat()
    }
}
