//! ACCESSIBLE MAX ADDRESS (78h): what took the place of host protected area and device
//! configuration overlay in ACS-3.
//!
//! 48-bit commands without data. The answer to [`Request::GetNative`] is read with
//! [`max_address::sectors`](super::max_address::sectors).

use super::{Command, Width};

const CODE: u8 = 0x78;
const GET_NATIVE: u16 = 0x0000;
const SET: u16 = 0x0001;

/// What can be asked of the feature set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// How many sectors there are, hidden ones included. Changes nothing.
    GetNative,
    /// Shows that many sectors, for good. A drive takes this once between two power cycles.
    Set(u64),
}

impl Request {
    /// The command; `None` if the last of so many sectors has no 48-bit address, or if they are
    /// none.
    #[must_use]
    pub fn command(&self) -> Option<Command> {
        let (feature, lba) = match *self {
            Self::GetNative => (GET_NATIVE, 0),
            Self::Set(sectors) => (SET, sectors.checked_sub(1).filter(|lba| lba >> 48 == 0)?),
        };
        Some(Command { feature, lba, ..Command::new(CODE, Width::Lba48) })
    }

    /// The request that this command is; `None` if any of its bits is not as [`Request::command`]
    /// sets it.
    #[must_use]
    pub fn decode(command: &Command) -> Option<Self> {
        let request = match command.feature {
            GET_NATIVE => Self::GetNative,
            SET => Self::Set(command.lba.checked_add(1)?),
            _ => return None,
        };
        (request.command().as_ref() == Some(command)).then_some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::pass_through::{cdb16, decode};

    #[test]
    fn requests_byte_by_byte() {
        #[rustfmt::skip]
        let cases = [
            (Request::GetNative, "GET NATIVE MAX ADDRESS EXT",
                [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            (Request::Set(0xa1b2_c3d4_e5f7), "SET ACCESSIBLE MAX ADDRESS EXT",
                [0, 1, 0, 0, 0xc3, 0xf6, 0xb2, 0xe5, 0xa1, 0xd4]),
        ];
        for (request, name, registers) in cases {
            let command = request.command().unwrap();
            assert_eq!(command.name(), name);
            let cdb = cdb16(&command);
            assert_eq!(cdb, [&[0x85, 0x07, 0x20][..], &registers, &[0x40, 0x78, 0]].concat()[..]);
            assert_eq!(Request::decode(&decode(&cdb, &[]).unwrap()), Some(request));
        }
    }

    #[test]
    fn nothing_else_is_a_request() {
        assert_eq!(Request::Set(0).command(), None);
        assert_eq!(Request::Set((1 << 48) + 1).command(), None);
        assert!(Request::Set(1 << 48).command().is_some());
        let freeze = Command { feature: 2, ..Command::new(CODE, Width::Lba48) };
        assert_eq!(Request::decode(&freeze), None);
        assert_eq!(Request::decode(&Command::new(CODE, Width::Lba28)), None);
        assert_eq!(Request::decode(&Command::new(0x27, Width::Lba48)), None);
    }
}
