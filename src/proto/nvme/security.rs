//! Security Send and Security Receive (opcodes 81h and 82h, sections 5.1.24 and 5.1.23): the
//! envelope of TCG's protocol, see [`opal`](crate::proto::opal).

use super::{Admin, Data};

const SEND: u8 = 0x81;
const RECEIVE: u8 = 0x82;

/// Bytes for a security protocol of the drive.
#[derive(Clone, PartialEq, Eq)]
pub struct SecuritySend {
    /// Security protocol; 1 for TCG.
    pub protocol: u8,
    /// Protocol specific; the ComID for TCG.
    pub specific: u16,
    /// What the protocol carries. It can hold a password.
    pub payload: Vec<u8>,
}

/// Asks for bytes of a security protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecurityReceive {
    /// Security protocol; 1 for TCG.
    pub protocol: u8,
    /// Protocol specific; the ComID for TCG.
    pub specific: u16,
    /// Bytes that are taken at most.
    pub bytes: u32,
}

/// Protocol in bits 31:24, protocol specific in bits 23:8.
const fn word(protocol: u8, specific: u16) -> u32 {
    (protocol as u32) << 24 | (specific as u32) << 8
}

/// The reverse; `None` if the NVMe specific field in bits 7:0 is used.
fn fields(word: u32) -> Option<(u8, u16)> {
    let [0, low, high, protocol] = word.to_le_bytes() else { return None };
    Some((protocol, u16::from_le_bytes([low, high])))
}

impl SecuritySend {
    /// The words on the wire.
    #[must_use]
    pub fn command(mut self) -> Admin {
        let payload = std::mem::take(&mut self.payload);
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        Admin {
            name: "Security Send",
            opcode: SEND,
            nsid: 0,
            words: [word(self.protocol, self.specific), length, 0, 0, 0, 0],
            data: Data::Out(payload),
        }
    }

    /// What a drive reads in a command; `None` if it is another command.
    #[must_use]
    pub fn decode(command: &Admin) -> Option<Self> {
        let (SEND, [first, length, 0, 0, 0, 0], Data::Out(payload)) =
            (command.opcode, command.words, &command.data)
        else {
            return None;
        };
        let (protocol, specific) = fields(first)?;
        let payload = payload.get(..usize::try_from(length).ok()?)?.to_vec();
        Some(Self { protocol, specific, payload })
    }
}

/// The payload can hold a password, so only its length is shown.
impl std::fmt::Debug for SecuritySend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { protocol, specific, payload } = self;
        write!(f, "SecuritySend({protocol:02x}h, {specific:04x}h, {} bytes)", payload.len())
    }
}

impl Drop for SecuritySend {
    fn drop(&mut self) {
        use zeroize::Zeroize as _;
        self.payload.zeroize();
    }
}

impl SecurityReceive {
    /// The words on the wire.
    #[must_use]
    pub fn command(self) -> Admin {
        Admin {
            name: "Security Receive",
            opcode: RECEIVE,
            nsid: 0,
            words: [word(self.protocol, self.specific), self.bytes, 0, 0, 0, 0],
            data: Data::In(self.bytes),
        }
    }

    /// What a drive reads in a command; `None` if it is another command.
    #[must_use]
    pub fn decode(command: &Admin) -> Option<Self> {
        let (RECEIVE, [first, bytes, 0, 0, 0, 0]) = (command.opcode, command.words) else {
            return None;
        };
        let (protocol, specific) = fields(first)?;
        Some(Self { protocol, specific, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::raw;
    use super::*;

    #[test]
    fn send() {
        let what = SecuritySend { protocol: 0x01, specific: 0x07fe, payload: vec![9; 512] };
        let command = what.clone().command();
        assert_eq!((command.opcode(), command.nsid()), (0x81, 0));
        assert_eq!(command.words(), [0x0107_fe00, 512, 0, 0, 0, 0]);
        assert_eq!(command.data(), &Data::Out(vec![9; 512]));
        assert_eq!(SecuritySend::decode(&command), Some(what));
        assert_eq!(SecurityReceive::decode(&command), None);
    }

    #[test]
    fn receive() {
        let what = SecurityReceive { protocol: 0x01, specific: 0x0001, bytes: 2048 };
        let command = what.command();
        assert_eq!((command.opcode(), command.nsid()), (0x82, 0));
        assert_eq!(command.words(), [0x0100_0100, 2048, 0, 0, 0, 0]);
        assert_eq!(command.data(), &Data::In(2048));
        assert_eq!(SecurityReceive::decode(&command), Some(what));
        assert_eq!(SecurityReceive::decode(&raw(0x82, 0, [0x0100_0101, 8, 0, 0, 0, 0])), None);
    }

    #[test]
    fn a_length_beyond_the_payload_is_not_decoded() {
        let data = Data::Out(vec![0; 4]);
        let words = [0x0100_0100, 5, 0, 0, 0, 0];
        let command = Admin { name: "", opcode: 0x81, nsid: 0, words, data };
        assert_eq!(SecuritySend::decode(&command), None);
    }

    #[test]
    fn the_payload_is_not_shown() {
        let what = SecuritySend { protocol: 1, specific: 2, payload: b"SECRET".to_vec() };
        assert_eq!(format!("{what:?}"), "SecuritySend(01h, 0002h, 6 bytes)");
    }
}
