//! The card status: the answer to nearly every command, and to CMD13 SEND_STATUS.
//!
//! Most error bits are cleared when they are read, and Linux reads them: after a command with
//! [`R1B`](super::R1B) it may poll with CMD13 and drop what it finds (`drivers/mmc/core/block.c`,
//! `MMC_BUSY_IO` in `mmc_ops.c`). So an error here is one, but no error proves nothing.

use super::super::Data;
use super::{Command, R1};

/// CMD13.
pub const OPCODE: u8 = 13;

/// The relative card address that Linux gives every eMMC.
pub const RELATIVE_CARD_ADDRESS: u16 = 1;

/// CMD13: the status now. Linux says in `rca` which address the card has; for an eMMC it is
/// [`RELATIVE_CARD_ADDRESS`].
#[must_use]
pub fn command(relative_card_address: u16) -> Command {
    let argument = u32::from(relative_card_address) << 16;
    Command::new("SEND_STATUS", OPCODE, argument, R1, Data::None)
}

/// What the status calls an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// Bit 31: the address is beyond the card.
    OutOfRange,
    /// Bit 30: the address is not one at which a block starts.
    AddressMisaligned,
    /// Bit 29: a block length that the card does not have.
    BlockLength,
    /// Bit 28: CMD35, CMD36 and CMD38 did not come in this order.
    EraseSequence,
    /// Bit 27: a selection of erase groups that is not valid.
    EraseParameter,
    /// Bit 26: a write to a protected block.
    WriteProtectViolation,
    /// Bit 24: unlocking with a password failed.
    LockUnlockFailed,
    /// Bit 23: the command before arrived damaged.
    CommandCrc,
    /// Bit 22: the command before is not valid in that state.
    IllegalCommand,
    /// Bit 21: data could not be corrected.
    CardEcc,
    /// Bit 20: the card's own controller.
    CardController,
    /// Bit 19: anything else.
    General,
    /// Bit 18: data did not come fast enough (obsolete).
    Underrun,
    /// Bit 17: data came too fast (obsolete).
    Overrun,
    /// Bit 16: a write to the CID or CSD registers that is not allowed.
    CidCsdOverwrite,
    /// Bit 15: protected blocks were left out of an erase.
    WriteProtectEraseSkip,
    /// Bit 13: an erase was called off by another command.
    EraseReset,
    /// Bit 7: SWITCH did not do what it was asked for.
    Switch,
}

impl Error {
    /// Every one, from the highest bit down.
    pub const ALL: [Self; 18] = [
        Self::OutOfRange,
        Self::AddressMisaligned,
        Self::BlockLength,
        Self::EraseSequence,
        Self::EraseParameter,
        Self::WriteProtectViolation,
        Self::LockUnlockFailed,
        Self::CommandCrc,
        Self::IllegalCommand,
        Self::CardEcc,
        Self::CardController,
        Self::General,
        Self::Underrun,
        Self::Overrun,
        Self::CidCsdOverwrite,
        Self::WriteProtectEraseSkip,
        Self::EraseReset,
        Self::Switch,
    ];

    /// The bit in the status.
    #[must_use]
    pub fn bit(self) -> u32 {
        1 << match self {
            Self::OutOfRange => 31,
            Self::AddressMisaligned => 30,
            Self::BlockLength => 29,
            Self::EraseSequence => 28,
            Self::EraseParameter => 27,
            Self::WriteProtectViolation => 26,
            Self::LockUnlockFailed => 24,
            Self::CommandCrc => 23,
            Self::IllegalCommand => 22,
            Self::CardEcc => 21,
            Self::CardController => 20,
            Self::General => 19,
            Self::Underrun => 18,
            Self::Overrun => 17,
            Self::CidCsdOverwrite => 16,
            Self::WriteProtectEraseSkip => 15,
            Self::EraseReset => 13,
            Self::Switch => 7,
        }
    }
}

/// What the card is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// 4: waiting for a command about its data.
    Transfer,
    /// 5: sending data.
    Data,
    /// 6: receiving data.
    Receive,
    /// 7: writing or erasing.
    Programming,
    /// Any other, 0 to 15; 8 is programming, too, while another card is selected.
    Other(u8),
}

/// The card status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(u32);

impl Status {
    /// `bits` is the first word of a command's response.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// As a card sends it.
    #[must_use]
    pub fn new(state: State, ready: bool, errors: &[Error]) -> Self {
        let state = match state {
            State::Transfer => 4,
            State::Data => 5,
            State::Receive => 6,
            State::Programming => 7,
            State::Other(other) => other & 0x0f,
        };
        let bits = u32::from(state) << 9 | u32::from(ready) << 8;
        Self(errors.iter().fold(bits, |bits, error| bits | error.bit()))
    }

    /// All of it.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The errors in it.
    #[must_use]
    pub fn errors(self) -> Vec<Error> {
        Error::ALL.into_iter().filter(|error| self.0 & error.bit() != 0).collect()
    }

    /// Bits 12 to 9: the state when the command came.
    #[must_use]
    pub fn state(self) -> State {
        match self.0 >> 9 & 0x0f {
            4 => State::Transfer,
            5 => State::Data,
            6 => State::Receive,
            7 => State::Programming,
            other => State::Other(other as u8),
        }
    }

    /// Bit 8: the card's buffer takes data. Some cards say so while they still program: idle is
    /// only one that is ready and in the state [`State::Transfer`].
    #[must_use]
    pub fn ready(self) -> bool {
        self.0 & 1 << 8 != 0
    }

    /// Bit 25: locked with a password.
    #[must_use]
    pub fn locked(self) -> bool {
        self.0 & 1 << 25 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request() {
        let command = command(RELATIVE_CARD_ADDRESS);
        assert_eq!((command.opcode(), command.argument()), (13, 0x0001_0000));
        assert_eq!((command.flags(), command.data()), (0x15, &Data::None));
    }

    #[test]
    fn each_bit_is_its_own() {
        let expected = [
            (7, Error::Switch),
            (13, Error::EraseReset),
            (15, Error::WriteProtectEraseSkip),
            (16, Error::CidCsdOverwrite),
            (17, Error::Overrun),
            (18, Error::Underrun),
            (19, Error::General),
            (20, Error::CardController),
            (21, Error::CardEcc),
            (22, Error::IllegalCommand),
            (23, Error::CommandCrc),
            (24, Error::LockUnlockFailed),
            (26, Error::WriteProtectViolation),
            (27, Error::EraseParameter),
            (28, Error::EraseSequence),
            (29, Error::BlockLength),
            (30, Error::AddressMisaligned),
            (31, Error::OutOfRange),
        ];
        assert_eq!(expected.len(), Error::ALL.len());
        for bit in 0..32 {
            let status = Status::from_bits(1 << bit);
            let error = expected.iter().find(|(at, _)| *at == bit).map(|(_, error)| *error);
            assert_eq!(status.errors(), Vec::from_iter(error), "bit {bit}");
            assert_eq!((status.ready(), status.locked()), (bit == 8, bit == 25), "bit {bit}");
        }
    }

    #[test]
    fn states() {
        for (code, state) in [
            (0, State::Other(0)),
            (4, State::Transfer),
            (5, State::Data),
            (6, State::Receive),
            (7, State::Programming),
            (8, State::Other(8)),
            (15, State::Other(15)),
        ] {
            assert_eq!(Status::from_bits(!0x1e00 | code << 9).state(), state);
            assert_eq!(Status::new(state, false, &[]).bits(), code << 9);
        }
        // What Linux sees of an idle card.
        let idle = Status::from_bits(0x0000_0900);
        assert_eq!((idle.state(), idle.ready(), idle.errors()), (State::Transfer, true, vec![]));
    }

    #[test]
    fn as_a_card_sends_it() {
        assert_eq!(Status::new(State::Transfer, true, &[]).bits(), 0x0000_0900);
        let errors = [Error::OutOfRange, Error::Switch];
        assert_eq!(Status::new(State::Programming, false, &errors).bits(), 0x8000_0e80);
        assert_eq!(Status::new(State::Other(0xff), false, &[]).bits(), 0x0000_1e00);
    }
}
