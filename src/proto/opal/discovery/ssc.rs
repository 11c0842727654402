//! Security subsystem classes: TCG's dialects.

use super::super::super::field::be16;

/// A security subsystem class: which of TCG's dialects the drive speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ssc {
    /// Which one.
    pub family: SscFamily,
    /// Bytes 0 and 1: the first ComID to speak under.
    pub base_com_id: u16,
    /// Bytes 2 and 3: how many there are.
    pub com_ids: u16,
    /// Byte 9: the owner's password as made; 0 for the one that the drive tells everybody. None
    /// with Opal 1 and Enterprise, like the next.
    pub initial_pin: Option<u8>,
    /// Byte 10: the owner's password after a revert; 0 for the one as made.
    pub reverted_pin: Option<u8>,
}

/// The security subsystem classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are TCG's own")]
pub enum SscFamily {
    Enterprise,
    Opal1,
    Opal2,
    Opalite,
    Pyrite1,
    Pyrite2,
    Ruby,
}

impl SscFamily {
    /// Whether drives of this class encrypt. Those of Pyrite only lock: their data stays as it is,
    /// whatever becomes of the lock.
    #[must_use]
    pub const fn encrypts(self) -> bool {
        !matches!(self, Self::Pyrite1 | Self::Pyrite2)
    }

    pub(super) const fn code(self) -> u16 {
        match self {
            Self::Enterprise => 0x0100,
            Self::Opal1 => 0x0200,
            Self::Opal2 => 0x0203,
            Self::Opalite => 0x0301,
            Self::Pyrite1 => 0x0302,
            Self::Pyrite2 => 0x0303,
            Self::Ruby => 0x0304,
        }
    }
}

impl Ssc {
    pub(super) fn parse(family: SscFamily, data: &[u8]) -> Option<Self> {
        let (initial_pin, reverted_pin) = match family {
            SscFamily::Enterprise | SscFamily::Opal1 => (None, None),
            _ => (Some(*data.get(9)?), Some(*data.get(10)?)),
        };
        let (base_com_id, com_ids) = (be16(data, 0)?, be16(data, 2)?);
        Some(Self { family, base_com_id, com_ids, initial_pin, reverted_pin })
    }

    pub(super) fn encode(self) -> Vec<u8> {
        let pins = [self.initial_pin.unwrap_or(0), self.reverted_pin.unwrap_or(0)];
        let ids = [self.base_com_id, self.com_ids].map(u16::to_be_bytes);
        let parts: [&[u8]; 4] = [ids.as_flattened(), &[0; 5], &pins, &[0; 5]];
        parts.concat()
    }
}
