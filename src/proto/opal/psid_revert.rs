//! PSID revert: the requests in the order in which they are made, and their answers.
//!
//! 1. [`Request::Properties`]: the two sides tell each other how much they can take. What every
//!    drive can take is more than is sent here, so only the status is read.
//! 2. [`Request::StartSession`]: a session with the Admin SP, authorized by the PSID. A wrong PSID
//!    is [`NotAuthorized`](MethodStatus::NotAuthorized); after a few the drive is
//!    [`AuthorityLockedOut`](MethodStatus::AuthorityLockedOut) until its power is cycled.
//! 3. [`Request::Revert`], which also ends the session. If it fails, [`Request::EndSession`].
//!
//! After each message the drive is asked for the answer, again and again while that is
//! [`Answer::Pending`]. See the [module](super) for what a success does not mean.
//!
//! The tokens are those that sedutil (`DtaDevOpal.cpp`, `DtaSession.cpp`) and Linux
//! (`block/sed-opal.c`) send for Opal, Opalite, Pyrite and Ruby drives. Enterprise drives speak
//! otherwise and are not spoken to.

use zeroize::Zeroizing;

use super::session::{self, Message, MethodStatus, Opened, Session};
use super::tokens::Token;
use crate::proto::Malformed;

/// UIDs of what is spoken to and of what is asked for (section 6.3; UID tables of Opal SSC).
const SESSION_MANAGER: [u8; 8] = [0, 0, 0, 0, 0, 0, 0, 0xff];
const ADMIN_SP: [u8; 8] = [0, 0, 2, 5, 0, 0, 0, 1];
const PSID_AUTHORITY: [u8; 8] = [0, 0, 0, 9, 0, 1, 0xff, 1];
const PROPERTIES: [u8; 8] = [0, 0, 0, 0, 0, 0, 0xff, 1];
const START_SESSION: [u8; 8] = [0, 0, 0, 0, 0, 0, 0xff, 2];
const SYNC_SESSION: [u8; 8] = [0, 0, 0, 0, 0, 0, 0xff, 3];
const CLOSE_SESSION: [u8; 8] = [0, 0, 0, 0, 0, 0, 0xff, 6];
const REVERT: [u8; 8] = [0, 0, 0, 6, 0, 0, 2, 2];

/// The number that the host gives to its session; any would do.
const HOST_SESSION: u32 = 105;

/// What the host says that it can take: what it has room for, see
/// [`RECEIVE_BYTES`](super::RECEIVE_BYTES).
const HOST_PROPERTIES: [(&str, u64); 6] = [
    ("MaxComPacketSize", 2048),
    ("MaxPacketSize", 2028),
    ("MaxIndTokenSize", 1992),
    ("MaxPackets", 1),
    ("MaxSubpackets", 1),
    ("MaxMethods", 1),
];

/// The physical secure identifier: 32 letters and digits that are printed on the drive. It is
/// erased from memory when dropped, and `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Psid(Zeroizing<[u8; 32]>);

/// A text that is no PSID. It does not say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPsid {
    /// Not 32 characters.
    #[error("a PSID has 32 letters and digits, and this has {0}")]
    Length(usize),
    /// A character that no PSID has.
    #[error("a PSID has only letters from A to Z and digits")]
    Character,
}

impl std::str::FromStr for Psid {
    type Err = InvalidPsid;

    /// Takes the text as a person types it or a scanner reads it: spaces and dashes do not count,
    /// and small letters are large ones.
    fn from_str(text: &str) -> Result<Self, InvalidPsid> {
        let counts = |c: &char| !c.is_whitespace() && *c != '-';
        let length = text.chars().filter(counts).count();
        let mut psid = Self(Zeroizing::new([0; 32]));
        if length != psid.0.len() {
            return Err(InvalidPsid::Length(length));
        }
        for (to, from) in psid.0.iter_mut().zip(text.chars().filter(counts)) {
            let from = u8::try_from(from).map_err(|_| InvalidPsid::Character)?;
            if !from.is_ascii_alphanumeric() {
                return Err(InvalidPsid::Character);
            }
            *to = from.to_ascii_uppercase();
        }
        Ok(psid)
    }
}

impl std::fmt::Debug for Psid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Psid(hidden)")
    }
}

/// What is asked of the drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Exchanges limits, outside of any session.
    Properties,
    /// Starts a session with the Admin SP. [`Answer::Started`] gives its numbers.
    StartSession(Psid),
    /// Puts the drive back into its original state, and ends the session.
    Revert(Session),
    /// Ends a session in which the revert failed.
    EndSession(Session),
}

impl Request {
    /// The message, under the drive's [`com_id`](super::Discovery::com_id).
    #[must_use]
    pub fn message(&self, com_id: u16) -> Message {
        let mut tokens = Vec::new();
        let session = match self {
            Self::Properties => {
                tokens.extend(call(&SESSION_MANAGER, &PROPERTIES));
                tokens.extend([Token::StartName, Token::Unsigned(0), Token::StartList]);
                for (name, value) in HOST_PROPERTIES {
                    tokens.extend([Token::StartName, Token::Bytes(name.as_bytes())]);
                    tokens.extend([Token::Unsigned(value), Token::EndName]);
                }
                tokens.extend([Token::EndList, Token::EndName]);
                tokens.extend(end_of_call());
                Session::NONE
            }
            Self::StartSession(psid) => {
                tokens.extend(call(&SESSION_MANAGER, &START_SESSION));
                tokens.extend([Token::Unsigned(HOST_SESSION.into()), Token::Bytes(&ADMIN_SP)]);
                // A session that writes.
                tokens.push(Token::Unsigned(1));
                tokens.extend(named(0, &*psid.0));
                tokens.extend(named(3, &PSID_AUTHORITY));
                tokens.extend(end_of_call());
                Session::NONE
            }
            Self::Revert(session) => {
                tokens.extend(call(&ADMIN_SP, &REVERT));
                tokens.extend(end_of_call());
                *session
            }
            Self::EndSession(session) => {
                tokens.push(Token::EndOfSession);
                *session
            }
        };
        Message::new(com_id, session, &tokens)
    }

    /// What a drive reads in a message, and the ComID in it. The host's limits are not read.
    ///
    /// # Errors
    /// Bytes that are no message, or ask for something else.
    pub fn decode(bytes: &[u8]) -> Result<(u16, Self), Malformed> {
        let unknown = Malformed::Invalid { page: "TCG request", why: "it is not known here" };
        let Opened { com_id, session, tokens } = session::open(bytes)?.ok_or(unknown)?;
        let request = match *tokens {
            [Token::EndOfSession] => Some(Self::EndSession(session)),
            [
                Token::Call,
                Token::Bytes(object),
                Token::Bytes(method),
                Token::StartList,
                ref parameters @ ..,
                Token::EndList,
                Token::EndOfData,
                Token::StartList,
                Token::Unsigned(0),
                Token::Unsigned(0),
                Token::Unsigned(0),
                Token::EndList,
            ] => match (object, method) {
                (o, m) if o == SESSION_MANAGER && m == PROPERTIES => Some(Self::Properties),
                (o, m) if o == SESSION_MANAGER && m == START_SESSION => Self::start(parameters),
                (o, m) if o == ADMIN_SP && m == REVERT && parameters.is_empty() => {
                    Some(Self::Revert(session))
                }
                _ => None,
            },
            _ => None,
        };
        Ok((com_id, request.ok_or(unknown)?))
    }

    fn start(parameters: &[Token<'_>]) -> Option<Self> {
        let [host, sp, write, challenge @ ..] = parameters else { return None };
        let session = [*host, *sp, *write];
        let expected =
            [Token::Unsigned(HOST_SESSION.into()), Token::Bytes(&ADMIN_SP), Token::Unsigned(1)];
        let [_, _, Token::Bytes(psid), rest @ ..] = challenge else { return None };
        let authority = rest.get(1..)?;
        let named = challenge.get(..4)? == named(0, psid) && authority == named(3, &PSID_AUTHORITY);
        let psid = Zeroizing::new(<[u8; 32]>::try_from(*psid).ok()?);
        (named && session == expected).then_some(Self::StartSession(Psid(psid)))
    }
}

/// The beginning of a method call, up to its parameters.
fn call<'a>(object: &'a [u8], method: &'a [u8]) -> [Token<'a>; 4] {
    [Token::Call, Token::Bytes(object), Token::Bytes(method), Token::StartList]
}

/// The end of its parameters, and the status of a request.
const fn end_of_call() -> [Token<'static>; 7] {
    let [a, b, c, d, e, f] = status(MethodStatus::Success);
    [Token::EndList, a, b, c, d, e, f]
}

/// The end of data, and a status.
const fn status(status: MethodStatus) -> [Token<'static>; 6] {
    let zero = Token::Unsigned(0);
    let code = Token::Unsigned(status.code() as u64);
    [Token::EndOfData, Token::StartList, code, zero, zero, Token::EndList]
}

/// An optional parameter.
fn named(name: u64, value: &[u8]) -> [Token<'_>; 4] {
    [Token::StartName, Token::Unsigned(name), Token::Bytes(value), Token::EndName]
}

/// What the drive says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is not done yet: ask again after a moment.
    Pending,
    /// To [`Request::StartSession`]: the session has started.
    Started(Session),
    /// To anything else; to [`Request::StartSession`] it is never a success.
    Status(MethodStatus),
    /// The session has ended, because it was asked to or because the drive ended it. To
    /// [`Request::Revert`] it says nothing of what became of that.
    SessionEnded,
}

impl Answer {
    /// Reads the answer to a message that went out under `com_id`.
    ///
    /// # Errors
    /// Bytes that are no answer, or one to somebody else.
    pub fn parse(bytes: &[u8], com_id: u16) -> Result<Self, Malformed> {
        let invalid = |why| Malformed::Invalid { page: "TCG answer", why };
        let Some(opened) = session::open(bytes)? else { return Ok(Self::Pending) };
        if opened.com_id != com_id {
            return Err(invalid("it is for another ComID"));
        }
        if let [Token::EndOfSession, ..] = *opened.tokens {
            return Ok(Self::SessionEnded);
        }
        let [
            ref answer @ ..,
            Token::EndOfData,
            Token::StartList,
            Token::Unsigned(code),
            Token::Unsigned(_),
            Token::Unsigned(_),
            Token::EndList,
        ] = *opened.tokens
        else {
            return Err(invalid("it has no status"));
        };
        let code = u8::try_from(code).map_err(|_| invalid("its status is no status"))?;
        let status = MethodStatus::from_code(code);
        if status != MethodStatus::Success {
            return Ok(Self::Status(status));
        }
        match *answer {
            [Token::StartList, .., Token::EndList] => Ok(Self::Status(status)),
            [Token::Call, Token::Bytes(object), Token::Bytes(method), ref rest @ ..]
                if object == SESSION_MANAGER =>
            {
                match (method, rest) {
                    (method, _) if method == PROPERTIES => Ok(Self::Status(status)),
                    (method, _) if method == CLOSE_SESSION => Ok(Self::SessionEnded),
                    (
                        method,
                        [Token::StartList, Token::Unsigned(host), Token::Unsigned(tper), ..],
                    ) if method == SYNC_SESSION => Self::started(*host, *tper)
                        .ok_or(invalid("it has the numbers of another session")),
                    _ => Err(invalid("it is not known here")),
                }
            }
            _ => Err(invalid("it is not known here")),
        }
    }

    fn started(host: u64, tper: u64) -> Option<Self> {
        let tper = u32::try_from(tper).ok().filter(|tper| *tper != 0)?;
        (host == u64::from(HOST_SESSION))
            .then_some(Self::Started(Session { tper, host: HOST_SESSION }))
    }

    /// The answer as a drive sends it, in the session of the request.
    #[must_use]
    pub fn encode(self, com_id: u16, request: &Request) -> Vec<u8> {
        let session = match request {
            Request::Properties | Request::StartSession(_) => Session::NONE,
            Request::Revert(session) | Request::EndSession(session) => *session,
        };
        let mut tokens = Vec::new();
        match self {
            Self::Pending => {
                let mut bytes = vec![0; 512];
                for (to, from) in bytes.iter_mut().skip(4).zip(com_id.to_be_bytes()) {
                    *to = from;
                }
                // One byte is outstanding, and none can be taken yet.
                if let Some(outstanding) = bytes.get_mut(11) {
                    *outstanding = 1;
                }
                return bytes;
            }
            Self::SessionEnded => tokens.push(Token::EndOfSession),
            Self::Started(Session { tper, host }) => {
                tokens.extend(call(&SESSION_MANAGER, &SYNC_SESSION));
                tokens.extend([Token::Unsigned(host.into()), Token::Unsigned(tper.into())]);
                tokens.extend(end_of_call());
            }
            Self::Status(code) => {
                tokens.extend([Token::StartList, Token::EndList]);
                tokens.extend(status(code));
            }
        }
        Message::new(com_id, session, &tokens).bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "abcd-0123-EFGH-4567-ijkl 89MN opqrSTUV";
    const COM_ID: u16 = 0x07fe;
    const SESSION: Session = Session { tper: 0x1001, host: 105 };

    fn psid() -> Psid {
        TEXT.parse().unwrap()
    }

    /// What goes into the envelopes: the ComPacket's and the packet's length, and the session.
    fn message(lengths: [u8; 3], session: [u8; 8], tokens: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![0; 512];
        bytes[4..6].copy_from_slice(&[0x07, 0xfe]);
        bytes[19] = lengths[0];
        bytes[20..28].copy_from_slice(&session);
        bytes[43] = lengths[1];
        bytes[55] = lengths[2];
        let tokens = tokens.concat();
        bytes[56..56 + tokens.len()].copy_from_slice(&tokens);
        bytes
    }

    const SMUID: &[u8] = &[0xa8, 0, 0, 0, 0, 0, 0, 0, 0xff];
    const END: &[u8] = &[0xf1, 0xf9, 0xf0, 0x00, 0x00, 0x00, 0xf1];

    #[test]
    fn psids() {
        assert_eq!(&psid().0[..], b"ABCD0123EFGH4567IJKL89MNOPQRSTUV");
        let parse = |text: &str| text.parse::<Psid>();
        assert_eq!(parse(&"A".repeat(31)), Err(InvalidPsid::Length(31)));
        assert_eq!(parse(&"A".repeat(33)), Err(InvalidPsid::Length(33)));
        assert_eq!(parse(""), Err(InvalidPsid::Length(0)));
        assert_eq!(parse(&format!("{}.", "A".repeat(31))), Err(InvalidPsid::Character));
        assert_eq!(parse(&"\u{c4}".repeat(32)), Err(InvalidPsid::Character));
        assert_eq!(parse(&"\u{416}".repeat(32)), Err(InvalidPsid::Character));
        assert!(parse(&" a\t".repeat(32)).is_ok());
    }

    #[test]
    fn a_psid_is_never_shown() {
        let request = Request::StartSession(psid());
        let message = request.message(COM_ID);
        for shown in [format!("{:?}", psid()), format!("{request:?}"), format!("{message:?}")] {
            assert!(!shown.contains("ABCD") && !shown.contains("65, 66"), "{shown}");
        }
        assert_eq!(format!("{:?}", psid()), "Psid(hidden)");
        let error = "SECRET".parse::<Psid>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("SECRET"));
    }

    /// As sedutil's `DtaDevOpal::properties` sends it.
    #[test]
    fn properties() {
        let tokens: [&[u8]; 24] = [
            &[0xf8],
            SMUID,
            &[0xa8, 0, 0, 0, 0, 0, 0, 0xff, 0x01, 0xf0],
            &[0xf2, 0x00, 0xf0],
            &[0xf2, 0xd0, 0x10],
            b"MaxComPacketSize",
            &[0x82, 0x08, 0x00, 0xf3],
            &[0xf2, 0xad],
            b"MaxPacketSize",
            &[0x82, 0x07, 0xec, 0xf3],
            &[0xf2, 0xaf],
            b"MaxIndTokenSize",
            &[0x82, 0x07, 0xc8, 0xf3],
            &[0xf2, 0xaa],
            b"MaxPackets",
            &[0x01, 0xf3],
            &[0xf2, 0xad],
            b"MaxSubpackets",
            &[0x01, 0xf3],
            &[0xf2, 0xaa],
            b"MaxMethods",
            &[0x01, 0xf3],
            &[0xf1, 0xf3],
            END,
        ];
        let length = u8::try_from(tokens.concat().len()).unwrap();
        assert_eq!(length, 140);
        let expected = message([140 + 36, 140 + 12, length], [0; 8], &tokens);
        let sent = Request::Properties.message(COM_ID);
        assert_eq!(sent.bytes(), expected);
        assert_eq!(sent.com_id(), COM_ID);
        assert_eq!(Request::decode(&expected), Ok((COM_ID, Request::Properties)));
    }

    /// As sedutil's `DtaSession::start` sends it.
    #[test]
    fn start_session() {
        let tokens: [&[u8]; 13] = [
            &[0xf8],
            SMUID,
            &[0xa8, 0, 0, 0, 0, 0, 0, 0xff, 0x02],
            &[0xf0],
            &[0x81, 0x69],
            &[0xa8, 0, 0, 0x02, 0x05, 0, 0, 0, 0x01],
            &[0x01],
            &[0xf2, 0x00, 0xd0, 0x20],
            b"ABCD0123EFGH4567IJKL89MNOPQRSTUV",
            &[0xf3],
            &[0xf2, 0x03],
            &[0xa8, 0, 0, 0, 0x09, 0, 0x01, 0xff, 0x01, 0xf3],
            END,
        ];
        let length = u8::try_from(tokens.concat().len()).unwrap();
        assert_eq!(length, 88);
        let expected = message([88 + 36, 88 + 12, length], [0; 8], &tokens);
        let request = Request::StartSession(psid());
        assert_eq!(request.message(COM_ID).bytes(), expected);
        assert_eq!(Request::decode(&expected), Ok((COM_ID, request)));
        // Another authority, and a session that only reads.
        for (at, value) in [(56 + 79, 0x02), (56 + 31, 0x00)] {
            let mut changed = expected.clone();
            changed[at] = value;
            assert!(Request::decode(&changed).is_err(), "{at}");
        }
    }

    /// As sedutil's `DtaDevOpal::revertTPer` sends it.
    #[test]
    fn revert() {
        let tokens: [&[u8]; 5] = [
            &[0xf8],
            &[0xa8, 0, 0, 0x02, 0x05, 0, 0, 0, 0x01],
            &[0xa8, 0, 0, 0, 0x06, 0, 0, 0x02, 0x02],
            &[0xf0],
            END,
        ];
        let session = [0, 0, 0x10, 0x01, 0, 0, 0, 0x69];
        let expected = message([28 + 36, 28 + 12, 27], session, &tokens);
        let request = Request::Revert(SESSION);
        assert_eq!(request.message(COM_ID).bytes(), expected);
        assert_eq!(Request::decode(&expected), Ok((COM_ID, request)));
    }

    /// As sedutil's `DtaSession::~DtaSession` sends it.
    #[test]
    fn end_session() {
        let session = [0, 0, 0x10, 0x01, 0, 0, 0, 0x69];
        let expected = message([4 + 36, 4 + 12, 1], session, &[&[0xfa]]);
        let request = Request::EndSession(SESSION);
        assert_eq!(request.message(COM_ID).bytes(), expected);
        assert_eq!(Request::decode(&expected), Ok((COM_ID, request)));
    }

    #[test]
    fn a_session_that_started() {
        let tokens: [&[u8]; 6] = [
            &[0xf8],
            SMUID,
            &[0xa8, 0, 0, 0, 0, 0, 0, 0xff, 0x03],
            &[0xf0, 0x81, 0x69],
            &[0x82, 0x10, 0x01],
            END,
        ];
        let bytes = message([32 + 36, 32 + 12, 32], [0; 8], &tokens);
        assert_eq!(Answer::parse(&bytes, COM_ID), Ok(Answer::Started(SESSION)));
        let encoded = Answer::Started(SESSION).encode(COM_ID, &Request::StartSession(psid()));
        assert_eq!(encoded, bytes);
        // With timeouts that the drive tells after the numbers, and a number of four bytes.
        let tokens: [&[u8]; 7] = [
            &[0xf8],
            SMUID,
            &[0xa8, 0, 0, 0, 0, 0, 0, 0xff, 0x03],
            &[0xf0, 0x81, 0x69],
            &[0x84, 0, 0, 0x10, 0x01],
            &[0xf2, 0x05, 0x82, 0x75, 0x30, 0xf3],
            END,
        ];
        let bytes = message([40 + 36, 40 + 12, 40], [0; 8], &tokens);
        assert_eq!(Answer::parse(&bytes, COM_ID), Ok(Answer::Started(SESSION)));
    }

    #[test]
    fn a_session_of_somebody_else() {
        let good = Answer::Started(SESSION).encode(COM_ID, &Request::StartSession(psid()));
        assert!(Answer::parse(&good, COM_ID + 1).is_err());
        // The host's number, the method, the object.
        for (at, value) in [(56 + 21, 0x68), (56 + 18, 0x04), (56 + 9, 0xfe)] {
            let mut bytes = good.clone();
            bytes[at] = value;
            assert!(Answer::parse(&bytes, COM_ID).is_err(), "{at}");
        }
        let nobody = Answer::Started(Session { tper: 0, host: 105 });
        let bytes = nobody.encode(COM_ID, &Request::Properties);
        assert!(Answer::parse(&bytes, COM_ID).is_err());
    }

    #[test]
    fn statuses() {
        let session = [0, 0, 0x10, 0x01, 0, 0, 0, 0x69];
        let revert = Request::Revert(SESSION);
        for code in [0x00, 0x01, 0x03, 0x12, 0x3f, 0x55] {
            // As Linux finds it: the fourth token from the end.
            let short = if code < 0x40 { vec![code] } else { vec![0x81, code] };
            let tokens: [&[u8]; 3] = [&[0xf0, 0xf1, 0xf9, 0xf0], &short, &[0x00, 0x00, 0xf1]];
            let length = u8::try_from(tokens.concat().len()).unwrap();
            let padded = length.next_multiple_of(4);
            let bytes = message([padded + 36, padded + 12, length], session, &tokens);
            let answer = Answer::Status(MethodStatus::from_code(code));
            assert_eq!(Answer::parse(&bytes, COM_ID), Ok(answer));
            assert_eq!(answer.encode(COM_ID, &revert), bytes);
        }
        // A wrong PSID: the session manager answers with a call that has no numbers.
        let tokens: [&[u8]; 5] = [
            &[0xf8],
            SMUID,
            &[0xa8, 0, 0, 0, 0, 0, 0, 0xff, 0x03],
            &[0xf0, 0xf1],
            &[0xf9, 0xf0, 0x01, 0x00, 0x00, 0xf1],
        ];
        let bytes = message([28 + 36, 28 + 12, 27], [0; 8], &tokens);
        let refused = Answer::Status(MethodStatus::NotAuthorized);
        assert_eq!(Answer::parse(&bytes, COM_ID), Ok(refused));
        // The same as a success would be a session without numbers.
        let mut bytes = bytes;
        bytes[56 + 23] = 0x00;
        assert!(Answer::parse(&bytes, COM_ID).is_err());
    }

    #[test]
    fn the_answer_to_properties() {
        let tokens: [&[u8]; 9] = [
            &[0xf8],
            SMUID,
            &[0xa8, 0, 0, 0, 0, 0, 0, 0xff, 0x01, 0xf0],
            &[0xf0, 0xf2, 0xd0, 0x10],
            b"MaxComPacketSize",
            &[0x83, 0x01, 0x00, 0x00, 0xf3, 0xf1],
            &[0xf2, 0x00, 0xf0, 0xf1, 0xf3],
            &[0xff],
            END,
        ];
        let length = u8::try_from(tokens.concat().len()).unwrap();
        let padded = length.next_multiple_of(4);
        let bytes = message([padded + 36, padded + 12, length], [0; 8], &tokens);
        let success = Answer::Status(MethodStatus::Success);
        assert_eq!(Answer::parse(&bytes, COM_ID), Ok(success));
    }

    #[test]
    fn the_end_of_a_session() {
        let end = Request::EndSession(SESSION);
        let bytes = end.message(COM_ID).bytes().to_vec();
        assert_eq!(Answer::parse(&bytes, COM_ID), Ok(Answer::SessionEnded));
        assert_eq!(Answer::SessionEnded.encode(COM_ID, &end), bytes);
        // The drive closes it: a call, which is no success of anything.
        let tokens: [&[u8]; 5] = [
            &[0xf8],
            SMUID,
            &[0xa8, 0, 0, 0, 0, 0, 0, 0xff, 0x06],
            &[0xf0, 0x81, 0x69, 0x82, 0x10, 0x01],
            END,
        ];
        let bytes = message([32 + 36, 32 + 12, 32], [0; 8], &tokens);
        assert_eq!(Answer::parse(&bytes, COM_ID), Ok(Answer::SessionEnded));
    }

    #[test]
    fn pending() {
        let bytes = Answer::Pending.encode(COM_ID, &Request::Properties);
        assert_eq!(bytes[..20], [0, 0, 0, 0, 7, 0xfe, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(Answer::parse(&bytes, COM_ID), Ok(Answer::Pending));
        assert!(Request::decode(&bytes).is_err());
    }

    #[test]
    fn hostile() {
        let start = Request::StartSession(psid());
        let good = Answer::Started(SESSION).encode(COM_ID, &start);
        let mut noise = 7_u32;
        for n in 0..4000_u32 {
            let mut bytes =
                if n % 2 == 0 { good.clone() } else { start.message(1).bytes().to_vec() };
            for _ in 0..3 {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let [at, _, _, value] = noise.to_be_bytes();
                bytes[usize::from(at) % 150] = value;
            }
            let _ = (Answer::parse(&bytes, COM_ID), Request::decode(&bytes));
        }
        for end in 0..56 + 32 {
            assert!(Answer::parse(&good[..end], COM_ID).is_err());
        }
        // No status where one belongs.
        let tokens: [&[u8]; 1] = [&[0xf0, 0xf1, 0xf9, 0xf0, 0x00, 0x00, 0xf1]];
        let bytes = message([8 + 36, 8 + 12, 7], [0; 8], &tokens);
        assert!(Answer::parse(&bytes, COM_ID).is_err());
    }
}
