//! TRUSTED RECEIVE (5Ch) and TRUSTED SEND (5Eh): the way to the TCG protocols of a drive that has
//! them (Opal, Pyrite).
//!
//! 28-bit commands. Linux passes them on only with `libata.allow_tpm=1`; it translates SECURITY
//! PROTOCOL IN and OUT to them itself, and those need no such permission.

use std::num::NonZeroU8;

use zeroize::Zeroizing;

use super::{Command, Width};
use crate::proto::Data;

const RECEIVE: u8 = 0x5c;
const SEND: u8 = 0x5e;

/// A message of a security protocol. The length is below 256 blocks: its upper byte, in LBA 7:0,
/// is left zero, because a translation layer takes the length from COUNT alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Fetches so many blocks of 512 bytes.
    Receive(Protocol, NonZeroU8),
    /// Sends this, which can be a password.
    Send(Protocol, Zeroizing<Vec<u8>>),
}

/// Who is spoken to inside the drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol {
    /// The security protocol: 01h for TCG's ComIDs.
    pub number: u8,
    /// What the protocol makes of it; for TCG's, the ComID.
    pub specific: u16,
}

impl Request {
    /// The command. What is sent is filled up with zeros to whole blocks; `None` if it is empty or
    /// longer than 255 blocks. Checked against sedutil's and openSeaChest's senders.
    #[must_use]
    pub fn command(&self) -> Option<Command> {
        let (code, protocol, count, data) = match self {
            Self::Receive(protocol, blocks) => {
                let blocks = u16::from(blocks.get());
                (RECEIVE, protocol, blocks, Data::In(u32::from(blocks) * 512))
            }
            Self::Send(protocol, message) => {
                let blocks = message.len().div_ceil(512);
                let count = NonZeroU8::new(u8::try_from(blocks).ok()?)?;
                let mut data = message.to_vec();
                data.resize(blocks * 512, 0);
                (SEND, protocol, u16::from(count.get()), Data::Out(data))
            }
        };
        let feature = protocol.number.into();
        let lba = u64::from(protocol.specific) << 8;
        Some(Command { feature, count, lba, data, ..Command::new(code, Width::Lba28) })
    }

    /// The request that this command is; `None` if any of its bits is not as [`Request::command`]
    /// sets it.
    #[must_use]
    pub fn decode(command: &Command) -> Option<Self> {
        let [.., high, low, _] = command.lba.to_be_bytes();
        let [_, number] = command.feature.to_be_bytes();
        let protocol = Protocol { number, specific: u16::from_be_bytes([high, low]) };
        let request = match &command.data {
            Data::In(_) => {
                Self::Receive(protocol, NonZeroU8::new(u8::try_from(command.count).ok()?)?)
            }
            Data::Out(data) => Self::Send(protocol, data.clone().into()),
            Data::None => return None,
        };
        (request.command().as_ref() == Some(command)).then_some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::pass_through::{cdb12, cdb16, decode};

    const PROTOCOL: Protocol = Protocol { number: 0x02, specific: 0x1234 };

    #[test]
    fn requests_byte_by_byte() {
        let receive = Request::Receive(PROTOCOL, NonZeroU8::new(4).unwrap());
        let command = receive.command().unwrap();
        assert_eq!((command.name(), command.data()), ("TRUSTED RECEIVE", &Data::In(2048)));
        let cdb = [0xa1, 0x08, 0x0e, 0x02, 4, 0, 0x34, 0x12, 0x40, 0x5c, 0, 0];
        assert_eq!(cdb12(&command), Some(cdb));
        assert_eq!(Request::decode(&decode(&cdb, &[]).unwrap()), Some(receive));

        let mut block = vec![7; 513];
        let send = Request::Send(PROTOCOL, block.clone().into()).command().unwrap();
        let cdb = [0x85, 0x0a, 0x06, 0, 0x02, 0, 2, 0, 0, 0, 0x34, 0, 0x12, 0x40, 0x5e, 0];
        assert_eq!(cdb16(&send), cdb);
        block.resize(1024, 0);
        assert_eq!((send.name(), send.data()), ("TRUSTED SEND", &Data::Out(block.clone())));
        let whole = Request::Send(PROTOCOL, block.clone().into());
        assert_eq!(Request::decode(&decode(&cdb, &block).unwrap()), Some(whole));
    }

    #[test]
    fn lengths() {
        let send = |bytes| Request::Send(PROTOCOL, vec![1; bytes].into()).command().is_some();
        assert!(!send(0) && send(1) && send(255 * 512) && !send(255 * 512 + 1));
    }

    #[test]
    fn nothing_else_is_a_request() {
        let good = Request::Receive(PROTOCOL, NonZeroU8::MIN).command().unwrap();
        assert!(Request::decode(&good).is_some());
        assert_eq!(Request::decode(&Command { lba: good.lba | 1, ..good.clone() }), None);
        assert_eq!(Request::decode(&Command { count: 0, ..good.clone() }), None);
        assert_eq!(Request::decode(&Command { code: 0x5d, ..good }), None);
        assert_eq!(Request::decode(&Command::new(0x5c, Width::Lba28)), None);
    }
}
