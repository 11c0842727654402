//! CMD35, CMD36 and CMD38: which blocks, and how to erase them.
//!
//! DISCARD (argument 3) cannot be said here: it lets the card keep the data, even through a
//! [sanitize](super::sanitize). Linux's BLKDISCARD is one on cards since 4.5.

use super::super::Data;
use super::{BLOCK_BYTES, Command, R1, R1B};

/// CMD35, the first block.
pub const START_OPCODE: u8 = 35;
/// CMD36, the last block.
pub const END_OPCODE: u8 = 36;
/// CMD38.
pub const OPCODE: u8 = 38;

/// What CMD38 does with the blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Erases whole erase groups, those that the first and the last block lie in included.
    Erase,
    /// Erases just these blocks. Like `Erase`, it may leave the medium to do it later.
    Trim,
    /// Erases the groups and all copies of their data, at once. Cards since 4.5 may lack it.
    SecureErase,
    /// Marks these blocks; more ranges may be marked.
    SecureTrim1,
    /// Erases what was marked, and all copies of it, at once.
    SecureTrim2,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::Erase, Self::Trim, Self::SecureErase, Self::SecureTrim1, Self::SecureTrim2];

    /// The argument of CMD38.
    #[must_use]
    pub fn argument(self) -> u32 {
        match self {
            Self::Erase => 0x0000_0000,
            Self::Trim => 0x0000_0001,
            Self::SecureErase => 0x8000_0000,
            Self::SecureTrim1 => 0x8000_0001,
            Self::SecureTrim2 => 0x8000_8000,
        }
    }

    pub(super) fn decode(argument: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.argument() == argument)
    }
}

/// What addresses count. [`ExtCsd`](super::ext_csd::ExtCsd::addressing) knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// Blocks of 512 bytes: cards of more than 2 GiB.
    Sectors,
    /// Bytes: smaller cards.
    Bytes,
}

/// The blocks, in the card's own addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    first: u32,
    last: u32,
}

impl Range {
    /// From block `first` to block `last`, both included, of 512 bytes. `None` if they are in the
    /// wrong order, or the card has no address for them.
    #[must_use]
    pub fn new(first: u32, last: u32, addressing: Addressing) -> Option<Self> {
        let unit = match addressing {
            Addressing::Sectors => 1,
            Addressing::Bytes => BLOCK_BYTES,
        };
        let range = Self { first: first.checked_mul(unit)?, last: last.checked_mul(unit)? };
        (first <= last).then_some(range)
    }

    /// The three commands, for one `MMC_IOC_MULTI_CMD`, so that nothing comes between them.
    #[must_use]
    pub fn erase(self, kind: Kind) -> [Command; 3] {
        let name = match kind {
            Kind::Erase => "ERASE",
            Kind::Trim => "ERASE (trim)",
            Kind::SecureErase => "ERASE (secure erase)",
            Kind::SecureTrim1 => "ERASE (secure trim step 1)",
            Kind::SecureTrim2 => "ERASE (secure trim step 2)",
        };
        [
            Command::new("ERASE_GROUP_START", START_OPCODE, self.first, R1, Data::None),
            Command::new("ERASE_GROUP_END", END_OPCODE, self.last, R1, Data::None),
            Command::new(name, OPCODE, kind.argument(), R1B, Data::None),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_commands() {
        let range = Range::new(0x1234, 0x0123_4567, Addressing::Sectors).unwrap();
        let sent = range
            .erase(Kind::Trim)
            .map(|command| (command.opcode(), command.argument(), command.flags()));
        assert_eq!(sent, [(35, 0x1234, 0x15), (36, 0x0123_4567, 0x15), (38, 1, 0x1d)]);
    }

    #[test]
    fn arguments() {
        let arguments = Kind::ALL.map(Kind::argument);
        assert_eq!(arguments, [0, 1, 0x8000_0000, 0x8000_0001, 0x8000_8000]);
        assert_eq!(arguments.map(Kind::decode), Kind::ALL.map(Some));
        assert_eq!(Kind::decode(3), None, "a discard");
    }

    #[test]
    fn ranges_have_bounds() {
        let range = |first, last, addressing| Range::new(first, last, addressing);
        assert_eq!(range(5, 4, Addressing::Sectors), None);
        assert!(range(4, 4, Addressing::Sectors).is_some());
        assert!(range(0, u32::MAX, Addressing::Sectors).is_some());
        // 2^32 bytes are 2^23 blocks.
        assert_eq!(range(0, 1 << 23, Addressing::Bytes), None);
        let expected = Range { first: 512, last: 0xffff_fe00 };
        assert_eq!(range(1, (1 << 23) - 1, Addressing::Bytes), Some(expected));
    }
}
