//! From a command back to the request, as a simulated card needs it.

use super::erase::{self, Kind};
use super::switch::{self, Switch};
use super::{Command, ext_csd, status};

/// Every request that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// CMD6.
    Switch(Switch),
    /// CMD8.
    SendExtCsd,
    /// CMD13, to the card with this address.
    SendStatus(u16),
    /// CMD35 with an address as the card counts them.
    EraseGroupStart(u32),
    /// CMD36 with an address as the card counts them.
    EraseGroupEnd(u32),
    /// CMD38.
    Erase(Kind),
}

impl Request {
    /// `None` for a command that no request makes; a card answers with
    /// [`IllegalCommand`](status::Error::IllegalCommand).
    #[must_use]
    pub fn decode(command: &Command) -> Option<Self> {
        let argument = command.argument();
        match command.opcode() {
            switch::OPCODE => Switch::decode(argument).map(Self::Switch),
            ext_csd::OPCODE => (argument == 0).then_some(Self::SendExtCsd),
            status::OPCODE => {
                (argument & 0xffff == 0).then_some(Self::SendStatus((argument >> 16) as u16))
            }
            erase::START_OPCODE => Some(Self::EraseGroupStart(argument)),
            erase::END_OPCODE => Some(Self::EraseGroupEnd(argument)),
            erase::OPCODE => Kind::decode(argument).map(Self::Erase),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Data;
    use super::super::erase::{Addressing, Range};
    use super::super::{R1, sanitize};
    use super::*;

    #[test]
    fn what_is_sent_is_what_arrives() {
        let decode = |command: Command| Request::decode(&command).unwrap();
        let switch = |index| Request::Switch(Switch { index, value: 1 });
        assert_eq!(decode(sanitize::command()), switch(165));
        assert_eq!(decode(switch::flush_cache()), switch(32));
        assert_eq!(decode(ext_csd::command()), Request::SendExtCsd);
        assert_eq!(decode(status::command(0x1234)), Request::SendStatus(0x1234));
        let range = Range::new(7, u32::MAX, Addressing::Sectors).unwrap();
        let expected = [
            Request::EraseGroupStart(7),
            Request::EraseGroupEnd(u32::MAX),
            Request::Erase(Kind::SecureTrim2),
        ];
        assert_eq!(range.erase(Kind::SecureTrim2).map(decode), expected);
    }

    #[test]
    fn the_rest_is_refused() {
        // GO_IDLE, a discard, HPI in SEND_STATUS, an argument where there is none.
        for (opcode, argument) in
            [(0, 0), (38, 3), (13, 0x0002_0001), (13, 0x0002_8000), (8, 1), (6, 0)]
        {
            let command = Command::new("", opcode, argument, R1, Data::None);
            assert_eq!(Request::decode(&command), None, "CMD{opcode}");
        }
    }
}
