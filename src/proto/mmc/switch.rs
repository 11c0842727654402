//! CMD6 SWITCH: writes a byte of the [EXT_CSD](super::ext_csd).
//!
//! Many of these bytes can be written only once, some protect the card for ever. So there is no
//! command here for just any byte; each one that is needed has a function of its own.

use super::super::Data;
use super::{Command, R1B};

/// CMD6.
pub const OPCODE: u8 = 6;

const WRITE_BYTE: u32 = 3;
const NORMAL_COMMAND_SET: u32 = 1;
const FLUSH_CACHE: u8 = 32;

/// A byte is written.
pub(super) fn write_byte(name: &'static str, index: u8, value: u8) -> Command {
    let (index, value) = (u32::from(index), u32::from(value));
    let argument = WRITE_BYTE << 24 | index << 16 | value << 8 | NORMAL_COMMAND_SET;
    Command::new(name, OPCODE, argument, R1B, Data::None)
}

/// What the card holds in its cache goes to the medium.
#[must_use]
pub fn flush_cache() -> Command {
    write_byte("SWITCH (flush cache)", FLUSH_CACHE, 1)
}

/// What an argument of CMD6 asks for, as a simulated card needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// Which byte of the EXT_CSD is written.
    pub index: u8,
    /// What is written there.
    pub value: u8,
}

impl Switch {
    /// `None` if it is not "write byte" in the normal command set.
    #[must_use]
    pub fn decode(argument: u32) -> Option<Self> {
        let [access, index, value, set] = argument.to_be_bytes();
        (u32::from(access) == WRITE_BYTE && u32::from(set) == NORMAL_COMMAND_SET)
            .then_some(Self { index, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flush() {
        let command = flush_cache();
        assert_eq!((command.opcode(), command.argument()), (6, 0x0320_0101));
        assert_eq!((command.flags(), command.data()), (0x1d, &Data::None));
    }

    #[test]
    fn arguments() {
        assert_eq!(Switch::decode(0x0320_0101), Some(Switch { index: 32, value: 1 }));
        assert_eq!(Switch::decode(0x03ff_fe01), Some(Switch { index: 255, value: 254 }));
        // "Set bits", another command set, a bit that is always 0.
        assert_eq!([0x0120_0101, 0x0320_0102, 0x0720_0101].map(Switch::decode), [None; 3]);
    }
}
