//! eMMC commands and their answers (JESD84-B51).
//!
//! Numbers, arguments and flags checked against Linux (`include/linux/mmc/mmc.h`, `core.h`,
//! `include/uapi/linux/mmc/ioctl.h`) and mmc-utils (`mmc.h`, `mmc_cmds.c`).

pub mod decode;
pub mod erase;
pub mod ext_csd;
pub mod sanitize;
pub mod status;
pub mod switch;

use super::Data;

/// The answer is a [card status](status::Status).
pub const R1: u32 = 0x15;
/// The same, and then the card may be busy.
pub const R1B: u32 = 0x1d;
/// The command moves data.
pub const ADTC: u32 = 0x20;

/// The blocks that data is counted in, in bytes.
pub const BLOCK_BYTES: u32 = 512;

/// One command, ready to be sent.
///
/// Only this module makes them: most registers of a card can be written once and for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    name: &'static str,
    opcode: u8,
    argument: u32,
    flags: u32,
    data: Data,
}

impl Command {
    fn new(name: &'static str, opcode: u8, argument: u32, flags: u32, data: Data) -> Self {
        Self { name, opcode, argument, flags, data }
    }

    /// What the command does, for messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The number after "CMD", 0 to 63.
    #[must_use]
    pub fn opcode(&self) -> u8 {
        self.opcode
    }

    /// Its argument.
    #[must_use]
    pub fn argument(&self) -> u32 {
        self.argument
    }

    /// What answer to expect, [`R1`] or [`R1B`], with [`ADTC`] if there is data: the `flags` of
    /// Linux's `mmc_ioc_cmd`.
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.flags
    }

    /// The data that goes with it.
    #[must_use]
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The data in blocks of [`BLOCK_BYTES`].
    #[must_use]
    pub fn blocks(&self) -> u32 {
        match &self.data {
            Data::None => 0,
            Data::In(bytes) => bytes.div_ceil(BLOCK_BYTES),
            Data::Out(bytes) => {
                u32::try_from(bytes.len().div_ceil(BLOCK_BYTES as usize)).unwrap_or(u32::MAX)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the bits of Linux's `core.h` make them up.
    #[test]
    fn response_flags() {
        let (present, crc, busy, opcode, adtc) = (1 << 0, 1 << 2, 1 << 3, 1 << 4, 1 << 5);
        assert_eq!(R1, present | crc | opcode);
        assert_eq!(R1B, present | crc | opcode | busy);
        assert_eq!(ADTC, adtc);
    }

    #[test]
    fn data_is_counted_in_blocks() {
        let blocks = |data| Command::new("", 0, 0, 0, data).blocks();
        assert_eq!((blocks(Data::None), blocks(Data::In(512)), blocks(Data::In(513))), (0, 1, 2));
        assert_eq!(blocks(Data::Out(vec![0; 1024])), 2);
    }
}
