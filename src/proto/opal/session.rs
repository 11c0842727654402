//! Messages: a ComPacket that holds a packet that holds a subpacket that holds tokens (section
//! 3.2.3), and the status at the end of each answer (section 5.1.5).
//!
//! Checked against Linux `block/opal_proto.h` and `block/sed-opal.c`, sedutil's `DtaCommand.cpp`
//! and SPDK's `opal_spec.h`.

use zeroize::Zeroizing;

use super::super::field::{be16, be32};
use super::tokens::{self, Token};
use crate::proto::Malformed;

/// Bytes of the three headers: 20, 24 and 12.
const HEADERS: usize = 56;
/// Messages are padded to this, because ATA moves whole blocks.
const BLOCK: usize = 512;

/// A message for the drive. It can hold a password: it is erased from memory when dropped, and
/// `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    com_id: u16,
    bytes: Zeroizing<Vec<u8>>,
}

/// The numbers that the two sides gave to a session. Both are zero outside of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// TSN, the drive's number.
    pub tper: u32,
    /// HSN, the host's number.
    pub host: u32,
}

impl Session {
    /// No session: what is said to the session manager.
    pub(super) const NONE: Self = Self { tper: 0, host: 0 };
}

impl Message {
    /// The ComID that it is sent under.
    #[must_use]
    pub const fn com_id(&self) -> u16 {
        self.com_id
    }

    /// What is sent: whole blocks of 512 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Puts tokens into their envelopes.
    pub(super) fn new(com_id: u16, session: Session, tokens: &[Token<'_>]) -> Self {
        // Room for the longest message, so that a password is never left behind by a move.
        let mut bytes = Zeroizing::new(Vec::with_capacity(4 * BLOCK));
        bytes.resize(HEADERS, 0);
        for token in tokens {
            tokens::encode(*token, &mut bytes);
        }
        // The subpacket counts its tokens; the packets count all that they hold, padded to four.
        let payload = bytes.len().saturating_sub(HEADERS);
        let padded = payload.next_multiple_of(4);
        let mut field = |at: usize, value: &[u8]| {
            for (to, from) in bytes.iter_mut().skip(at).zip(value) {
                *to = *from;
            }
        };
        field(4, &com_id.to_be_bytes());
        for (at, length) in [(16, padded + 36), (40, padded + 12), (52, payload)] {
            field(at, &u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        }
        field(20, &session.tper.to_be_bytes());
        field(24, &session.host.to_be_bytes());
        let length = bytes.len().next_multiple_of(BLOCK);
        bytes.resize(length, 0);
        Self { com_id, bytes }
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message(ComID {:04x}h, {} bytes)", self.com_id, self.bytes.len())
    }
}

/// What was found in the envelopes.
pub(super) struct Opened<'a> {
    pub(super) com_id: u16,
    pub(super) session: Session,
    pub(super) tokens: Vec<Token<'a>>,
}

fn invalid(why: &'static str) -> Malformed {
    Malformed::Invalid { page: "TCG ComPacket", why }
}

/// Opens a message. `None` if the drive is not done yet and is to be asked again.
///
/// # Errors
/// Fewer bytes than the headers have or announce; no answer at all; tokens that are none.
pub(super) fn open(bytes: &[u8]) -> Result<Option<Opened<'_>>, Malformed> {
    let short = |needed| Malformed::Short { page: "TCG ComPacket", needed, got: bytes.len() };
    let fields = || {
        let outer = (be16(bytes, 4)?, be32(bytes, 8)?, be32(bytes, 12)?, be32(bytes, 16)?);
        let session = Session { tper: be32(bytes, 20)?, host: be32(bytes, 24)? };
        Some((outer, session, be32(bytes, 40)?, be16(bytes, 50)?, be32(bytes, 52)?))
    };
    let ((com_id, outstanding, min_transfer, length), session, packet, kind, payload) =
        fields().ok_or(short(HEADERS))?;
    if length == 0 {
        return match (outstanding, min_transfer) {
            (0, _) => Err(invalid("the drive has no answer")),
            (_, 0) => Ok(None),
            (_, _) => Err(invalid("the answer is longer than what was asked for")),
        };
    }
    if packet == 0 || payload == 0 {
        return Err(invalid("an empty packet"));
    }
    if kind != 0 {
        return Err(invalid("a subpacket that holds no data"));
    }
    let end = HEADERS.saturating_add(usize::try_from(payload).unwrap_or(usize::MAX));
    let tokens = tokens::decode(bytes.get(HEADERS..end).ok_or(short(end))?)?;
    Ok(Some(Opened { com_id, session, tokens }))
}

/// What a drive says of a method that it was asked to invoke.
///
/// Codes checked against nvme-cli's `sedopal_spec.h` and EDK2's `TcgStorageCore.h`. The kernel's
/// Opal ioctls return the same codes as positive numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub enum MethodStatus {
    Success,
    NotAuthorized,
    SpBusy,
    SpFailed,
    SpDisabled,
    SpFrozen,
    NoSessionsAvailable,
    UniquenessConflict,
    InsufficientSpace,
    InsufficientRows,
    InvalidParameter,
    TperMalfunction,
    TransactionFailure,
    ResponseOverflow,
    AuthorityLockedOut,
    Fail,
    /// Any other code.
    Other(u8),
}

impl MethodStatus {
    /// Takes a code.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            0x00 => Self::Success,
            0x01 => Self::NotAuthorized,
            0x03 => Self::SpBusy,
            0x04 => Self::SpFailed,
            0x05 => Self::SpDisabled,
            0x06 => Self::SpFrozen,
            0x07 => Self::NoSessionsAvailable,
            0x08 => Self::UniquenessConflict,
            0x09 => Self::InsufficientSpace,
            0x0a => Self::InsufficientRows,
            0x0c => Self::InvalidParameter,
            0x0f => Self::TperMalfunction,
            0x10 => Self::TransactionFailure,
            0x11 => Self::ResponseOverflow,
            0x12 => Self::AuthorityLockedOut,
            0x3f => Self::Fail,
            other => Self::Other(other),
        }
    }

    /// The code, and what people call it.
    const fn facts(self) -> (u8, &'static str) {
        match self {
            Self::Success => (0x00, "success"),
            Self::NotAuthorized => (0x01, "not authorized"),
            Self::SpBusy => (0x03, "security provider busy"),
            Self::SpFailed => (0x04, "security provider failed"),
            Self::SpDisabled => (0x05, "security provider disabled"),
            Self::SpFrozen => (0x06, "security provider frozen"),
            Self::NoSessionsAvailable => (0x07, "no sessions available"),
            Self::UniquenessConflict => (0x08, "uniqueness conflict"),
            Self::InsufficientSpace => (0x09, "insufficient space"),
            Self::InsufficientRows => (0x0a, "insufficient rows"),
            Self::InvalidParameter => (0x0c, "invalid parameter"),
            Self::TperMalfunction => (0x0f, "malfunction of the drive"),
            Self::TransactionFailure => (0x10, "transaction failure"),
            Self::ResponseOverflow => (0x11, "response overflow"),
            Self::AuthorityLockedOut => (0x12, "too many wrong passwords: locked out"),
            Self::Fail => (0x3f, "failed"),
            Self::Other(code) => (code, "unknown status"),
        }
    }

    /// The code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.facts().0
    }
}

impl std::fmt::Display for MethodStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (code, text) = self.facts();
        write!(f, "TCG status {code:02X}h: {text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(bytes: &[u8]) -> Opened<'_> {
        open(bytes).ok().unwrap().unwrap()
    }

    fn why(bytes: &[u8]) -> String {
        open(bytes).err().unwrap().to_string()
    }

    #[test]
    fn envelopes() {
        let session = Session { tper: 0x0000_1001, host: 105 };
        let tokens = [Token::StartList, Token::Unsigned(2048), Token::EndList];
        let message = Message::new(0x07fe, session, &tokens);
        let mut expected = vec![0; 512];
        let fields: &[(usize, &[u8])] = &[
            (0, &[0, 0, 0, 0, 0x07, 0xfe, 0, 0]),
            (8, &[0, 0, 0, 0, 0, 0, 0, 0]),
            // 8 bytes of tokens with padding, and two headers.
            (16, &[0, 0, 0, 44]),
            (20, &[0, 0, 0x10, 0x01, 0, 0, 0, 0x69]),
            (40, &[0, 0, 0, 20]),
            (44, &[0, 0, 0, 0, 0, 0, 0, 0]),
            (52, &[0, 0, 0, 5]),
            (56, &[0xf0, 0x82, 0x08, 0x00, 0xf1]),
        ];
        for (at, field) in fields {
            expected[*at..*at + field.len()].copy_from_slice(field);
        }
        assert_eq!(message.bytes(), expected);
        assert_eq!(message.com_id(), 0x07fe);
        let opened = opened(&expected);
        assert_eq!((opened.com_id, opened.session), (0x07fe, session));
        assert!(opened.tokens == tokens);
    }

    #[test]
    fn whole_blocks() {
        let long = [0x41; 456];
        for (length, blocks) in [(453, 1), (454, 1), (455, 2), (456, 2)] {
            let message = Message::new(1, Session::NONE, &[Token::Bytes(&long[..length])]);
            assert_eq!(message.bytes().len(), blocks * 512, "{length}");
            assert!(opened(message.bytes()).tokens == [Token::Bytes(&long[..length])]);
        }
    }

    #[test]
    fn an_answer_that_is_not_there_yet() {
        let mut bytes = [0; 2048];
        assert!(why(&bytes).contains("no answer"));
        bytes[11] = 1;
        assert!(open(&bytes).is_ok_and(|opened| opened.is_none()));
        bytes[14] = 0x10;
        assert!(why(&bytes).contains("longer than"));
    }

    #[test]
    fn an_answer_that_is_none() {
        let message = Message::new(1, Session::NONE, &[Token::EndOfSession]);
        let change = |at: usize, value: u8| {
            let mut bytes = message.bytes().to_vec();
            bytes[at] = value;
            open(&bytes).map(|opened| opened.is_some())
        };
        assert_eq!(change(43, 0).unwrap_err(), invalid("an empty packet"));
        assert_eq!(change(55, 0).unwrap_err(), invalid("an empty packet"));
        assert_eq!(change(50, 0x80).unwrap_err(), invalid("a subpacket that holds no data"));
        let short = Malformed::Short { page: "TCG ComPacket", needed: 56 + 0x0101, got: 257 };
        let mut bytes = message.bytes().to_vec();
        bytes[54] = 1;
        assert_eq!(open(&bytes[..257]).err(), Some(short));
        assert!(change(52, 0xff).unwrap_err().to_string().contains("at least"));
        assert_eq!(change(56, 0xe9).unwrap_err().to_string(), "TCG data stream: a reserved token");
    }

    #[test]
    fn statuses() {
        let known =
            [0x00, 0x01, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0c, 0x0f, 0x10, 0x11];
        for code in 0..=u8::MAX {
            let status = MethodStatus::from_code(code);
            assert_eq!(status.code(), code);
            let is_known = known.contains(&code) || matches!(code, 0x12 | 0x3f);
            assert_eq!(status == MethodStatus::Other(code), !is_known, "{code:x}");
        }
        assert_eq!(MethodStatus::from_code(1), MethodStatus::NotAuthorized);
        assert_eq!(MethodStatus::from_code(3), MethodStatus::SpBusy);
        assert_eq!(MethodStatus::from_code(0x12), MethodStatus::AuthorityLockedOut);
        assert_eq!(MethodStatus::from_code(1).to_string(), "TCG status 01h: not authorized");
    }

    #[test]
    fn hostile() {
        let message = Message::new(1, Session::NONE, &[Token::Bytes(&[7; 40]), Token::EndOfData]);
        for end in 0..message.bytes().len() {
            assert_eq!(open(&message.bytes()[..end]).is_ok(), end >= 56 + 43, "{end}");
        }
        let mut noise = 7_u32;
        for _ in 0..2000 {
            let mut bytes = message.bytes().to_vec();
            for _ in 0..4 {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let [at, _, _, value] = noise.to_be_bytes();
                bytes[usize::from(at) % 110] = value;
            }
            let _ = open(&bytes);
        }
    }
}
