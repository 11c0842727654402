//! READ NATIVE MAX ADDRESS (F8h, EXT 27h) and SET MAX ADDRESS (F9h, EXT 37h): the host protected
//! area, blocks at a drive's end that it does not show.
//!
//! A drive of 48 bits asked with the 28-bit command answers at most 2^28 - 1, whatever it has: its
//! answer to the EXT form is the one that counts.

use super::{Command, Registers, Width};

const READ: u8 = 0xf8;
const READ_EXT: u8 = 0x27;
const SET: u8 = 0xf9;
const SET_EXT: u8 = 0x37;

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// How many sectors there are, hidden ones included. Changes nothing.
    ReadNative(Width),
    /// Shows that many sectors. Must be the very next command after [`Request::ReadNative`] of the
    /// same width.
    Set(Width, u64, Lasting),
}

/// How long a drive keeps to the sectors it was told to show. Checked against hdparm's `-N` and
/// Hitachi's Deskstar 7K3000 specification: bit 0 of COUNT makes it lasting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// Until the next power cycle or hardware reset.
    UntilPowerCycle,
    /// For good. A drive takes this once between two power cycles.
    Always,
}

impl Request {
    /// The command; `None` if the last of so many sectors has no address of that width, or if they
    /// are none.
    #[must_use]
    pub fn command(&self) -> Option<Command> {
        Some(match *self {
            Self::ReadNative(width @ Width::Lba28) => Command::new(READ, width),
            Self::ReadNative(width @ Width::Lba48) => Command::new(READ_EXT, width),
            Self::Set(width, sectors, lasting) => {
                let (code, bits) = match width {
                    Width::Lba28 => (SET, 28),
                    Width::Lba48 => (SET_EXT, 48),
                };
                let lba = sectors.checked_sub(1).filter(|lba| lba >> bits == 0)?;
                let count = match lasting {
                    Lasting::UntilPowerCycle => 0,
                    Lasting::Always => 1,
                };
                Command { count, lba, ..Command::new(code, width) }
            }
        })
    }

    /// The request that this command is; `None` if any of its bits is not as [`Request::command`]
    /// sets it.
    #[must_use]
    pub fn decode(command: &Command) -> Option<Self> {
        let lasting = if command.count == 0 { Lasting::UntilPowerCycle } else { Lasting::Always };
        let request = match command.code {
            READ | READ_EXT => Self::ReadNative(command.width),
            SET | SET_EXT => Self::Set(command.width, command.lba.checked_add(1)?, lasting),
            _ => return None,
        };
        (request.command().as_ref() == Some(command)).then_some(request)
    }
}

/// How many sectors the drive says it has, in its answer to [`Request::ReadNative`] of that width.
/// `None` if the command failed, or if the adapter cut the answer short.
///
/// USB bridges invent such answers: less than IDENTIFY DEVICE says is not one.
#[must_use]
pub fn sectors(width: Width, registers: &Registers) -> Option<u64> {
    if !registers.succeeded() {
        return None;
    }
    let last = match width {
        Width::Lba28 => registers.lba28().into(),
        Width::Lba48 => registers.lba48()?,
    };
    Some(last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::High;
    use crate::proto::ata::pass_through::{cdb12, cdb16, decode};

    #[test]
    fn requests_byte_by_byte() {
        use Width::{Lba28, Lba48};
        #[rustfmt::skip]
        let cases = [
            (Request::ReadNative(Lba28), "READ NATIVE MAX ADDRESS",
                [0x06, 0x20, 0, 0, 0, 0x00, 0, 0, 0, 0, 0, 0, 0x40, 0xf8, 0]),
            (Request::ReadNative(Lba48), "READ NATIVE MAX ADDRESS EXT",
                [0x07, 0x20, 0, 0, 0, 0x00, 0, 0, 0, 0, 0, 0, 0x40, 0x27, 0]),
            (Request::Set(Lba28, 0xa12_3457, Lasting::UntilPowerCycle), "SET MAX ADDRESS",
                [0x06, 0x20, 0, 0, 0, 0x00, 0, 0x56, 0, 0x34, 0, 0x12, 0x4a, 0xf9, 0]),
            (Request::Set(Lba48, 0xa1b2_c3d4_e5f7, Lasting::Always), "SET MAX ADDRESS EXT",
                [0x07, 0x20, 0, 0, 0, 0x01, 0xc3, 0xf6, 0xb2, 0xe5, 0xa1, 0xd4, 0x40, 0x37, 0]),
        ];
        for (request, name, rest) in cases {
            let command = request.command().unwrap();
            assert_eq!(command.name(), name);
            let cdb = cdb16(&command);
            assert_eq!(cdb, [&[0x85][..], &rest].concat()[..]);
            assert_eq!(Request::decode(&decode(&cdb, &[]).unwrap()), Some(request));
        }
        let short = Request::Set(Lba28, 0xa12_3457, Lasting::Always).command().unwrap();
        let cdb = [0xa1, 0x06, 0x20, 0, 0x01, 0x56, 0x34, 0x12, 0x4a, 0xf9, 0, 0];
        assert_eq!(cdb12(&short), Some(cdb));
    }

    #[test]
    fn no_address_is_cut_to_fit() {
        let fits =
            |width, sectors| Request::Set(width, sectors, Lasting::Always).command().is_some();
        assert!(fits(Width::Lba28, 1 << 28) && fits(Width::Lba48, 1 << 48));
        assert!(!fits(Width::Lba28, (1 << 28) + 1) && !fits(Width::Lba48, (1 << 48) + 1));
        assert!(fits(Width::Lba28, 1) && !fits(Width::Lba28, 0) && !fits(Width::Lba48, 0));
    }

    #[test]
    fn what_this_tool_does_not_send_is_not_a_request() {
        let freeze = Command { feature: 4, ..Command::new(0xf9, Width::Lba28) };
        assert_eq!(Request::decode(&freeze), None, "SET MAX FREEZE LOCK");
        let count = Command { count: 2, ..Command::new(0x37, Width::Lba48) };
        assert_eq!(Request::decode(&count), None);
        assert_eq!(Request::decode(&Command::new(0x27, Width::Lba28)), None);
        assert_eq!(Request::decode(&Command::new(0xec, Width::Lba28)), None);
    }

    #[test]
    fn the_answer_is_the_last_address() {
        let long = Registers {
            error: 0,
            status: 0x50,
            device: 0x4f,
            count: 0,
            lba: 0x50_a3af,
            high: Some(High { count: 0xff, lba: 0x00_015d }),
        };
        // A drive of 3 TB.
        assert_eq!(sectors(Width::Lba48, &long), Some(5_860_533_168));
        assert_eq!(sectors(Width::Lba28, &long), Some(0x0f50_a3b0));
        assert_eq!(sectors(Width::Lba48, &Registers { high: None, ..long }), None, "cut short");
        assert_eq!(sectors(Width::Lba48, &Registers { status: 0x51, ..long }), None, "failed");
        let most = Registers::done(Width::Lba48, 0, u64::MAX);
        assert_eq!(sectors(Width::Lba48, &most), Some(1 << 48));
    }
}
