//! The locks of a simulated self-encrypting drive, as strict as the specification: one session, one
//! message and one answer at a time, and few wrong PSIDs.

use crate::proto::opal::{
    Answer, BlockSid, DISCOVERY_COM_ID, Discovery, Feature, Locking, MethodStatus, PROTOCOL, Psid,
    Request, Session, Ssc, SscFamily,
};

/// Whom its dialect is spoken to.
const COM_ID: u16 = 0x07fe;

/// Wrong PSIDs that it takes before it takes none.
const ATTEMPTS: u8 = 5;

/// How often it says that an answer is not there yet.
const PENDING: u8 = 2;

/// What locks a drive.
#[derive(Debug, Clone)]
pub struct OpalLocks {
    class: SscFamily,
    psid: Psid,
    attempts: u8,
    locking: Locking,
    sid_blocked: bool,
    lies: bool,
    session: Option<Session>,
    sessions: u32,
    /// The answer that was not fetched yet, and how often it is still withheld.
    answer: Option<(Vec<u8>, u8)>,
}

impl OpalLocks {
    /// A drive that its owner locked, with this on its label.
    #[must_use]
    pub const fn locked(class: SscFamily, psid: Psid) -> Self {
        Self {
            class,
            psid,
            attempts: ATTEMPTS,
            locking: Locking {
                supported: true,
                enabled: true,
                locked: true,
                media_encryption: class.encrypts(),
                mbr_enabled: false,
                mbr_done: false,
                mbr_shadowing_not_supported: false,
                hardware_reset: false,
            },
            sid_blocked: false,
            lies: false,
            session: None,
            sessions: 0x1000,
            answer: None,
        }
    }

    /// The same in use and open.
    #[must_use]
    pub const fn open(mut self) -> Self {
        self.locking.locked = false;
        self
    }

    /// The same with a shadow MBR in place of its data.
    #[must_use]
    pub const fn shadowed(mut self) -> Self {
        self.locking.mbr_enabled = true;
        self
    }

    /// The same on a computer that blocks the owner's password at its start; this drive takes no
    /// PSID either then, as some do.
    #[must_use]
    pub const fn sid_blocked(mut self) -> Self {
        self.sid_blocked = true;
        self
    }

    /// The same, saying that it reverted without doing it.
    #[must_use]
    pub const fn lying(mut self) -> Self {
        self.lies = true;
        self
    }

    /// Whether its medium is out of reach.
    pub(super) const fn is_closed(&self) -> bool {
        self.locking.locked || (self.locking.mbr_enabled && !self.locking.mbr_done)
    }

    /// Its power was away: what is in use locks itself.
    pub(super) fn power_cycled(&mut self) {
        self.locking.locked = self.locking.enabled;
        self.locking.mbr_done = false;
        self.attempts = ATTEMPTS;
        self.sid_blocked = false;
        self.session = None;
        self.answer = None;
    }

    /// Takes a message; whether the drive threw its key away over it. `None` if it refuses the
    /// command.
    pub(super) fn send(&mut self, protocol: u8, com_id: u16, bytes: &[u8]) -> Option<bool> {
        if protocol != PROTOCOL || com_id != COM_ID || self.answer.is_some() {
            return None;
        }
        let (inner, request) = Request::decode(bytes).ok().filter(|(inner, _)| *inner == COM_ID)?;
        let (answer, reverted) = self.carry_out(&request);
        self.answer = Some((answer.encode(inner, &request), PENDING));
        Some(reverted && self.class.encrypts())
    }

    fn carry_out(&mut self, request: &Request) -> (Answer, bool) {
        let no = |status| (Answer::Status(status), false);
        match request {
            Request::Properties => no(MethodStatus::Success),
            Request::StartSession(_) if self.session.is_some() => {
                no(MethodStatus::NoSessionsAvailable)
            }
            Request::StartSession(_) if self.attempts == 0 => no(MethodStatus::AuthorityLockedOut),
            Request::StartSession(_) if self.sid_blocked => no(MethodStatus::NotAuthorized),
            Request::StartSession(psid) if *psid != self.psid => {
                self.attempts -= 1;
                no(MethodStatus::NotAuthorized)
            }
            Request::StartSession(_) => {
                self.sessions += 1;
                let session = Session { tper: self.sessions, host: 105 };
                self.session = Some(session);
                (Answer::Started(session), false)
            }
            Request::Revert(session) if self.session == Some(*session) => {
                self.session = None;
                if !self.lies {
                    self.locking.enabled = false;
                    self.locking.locked = false;
                    self.locking.mbr_enabled = false;
                }
                (Answer::Status(MethodStatus::Success), !self.lies)
            }
            Request::EndSession(session) if self.session == Some(*session) => {
                self.session = None;
                (Answer::SessionEnded, false)
            }
            Request::Revert(_) | Request::EndSession(_) => no(MethodStatus::NotAuthorized),
        }
    }

    /// What is fetched; `None` if it refuses the command.
    pub(super) fn receive(&mut self, protocol: u8, com_id: u16) -> Option<Vec<u8>> {
        match (protocol, com_id) {
            (0, 0) => Some(vec![0, 0, 0, 0, 0, 0, 0, 2, 0, PROTOCOL]),
            (PROTOCOL, DISCOVERY_COM_ID) => Some(self.discovery().encode()),
            (PROTOCOL, COM_ID) => Some(match self.answer.take() {
                Some((answer, 0)) => answer,
                Some((answer, more)) => {
                    self.answer = Some((answer, more - 1));
                    Answer::Pending.encode(COM_ID, &Request::Properties)
                }
                None => vec![0; 512],
            }),
            _ => None,
        }
    }

    fn discovery(&self) -> Discovery {
        let ssc = Ssc {
            family: self.class,
            base_com_id: COM_ID,
            com_ids: 1,
            initial_pin: Some(0),
            reverted_pin: Some(0),
        };
        let block_sid = BlockSid {
            owner_has_password: self.locking.enabled,
            blocked: self.sid_blocked,
            cleared_by_hardware_reset: false,
        };
        let features =
            vec![Feature::Locking(self.locking), Feature::Ssc(ssc), Feature::BlockSid(block_sid)];
        Discovery { complete: true, features }
    }
}
