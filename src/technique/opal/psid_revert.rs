//! PSID revert as a state machine: message, answer, message, answer. It sends the PSID once,
//! because a drive counts wrong ones.

use std::time::Duration;

use super::{Opal, Way};
use crate::proto::opal::{self, MethodStatus, Psid, Request, Session};
use crate::proto::{Answer, Command, NoAnswer};
use crate::technique::firmware::{SHORT, TRIES};

/// What is wanted next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// Send this and say what came back.
    Send {
        /// The command.
        command: Command,
        /// How long the drive may take to answer.
        timeout: Duration,
    },
    /// Ask again at this time.
    WaitUntil(Duration),
    /// It is over.
    Done(Ended),
}

/// How it ended, by what the drive answered. What has become of the locks is asked afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The drive says that it is as it left the factory. That is no proof of anything.
    SaysReverted,
    /// The drive did not take the PSID.
    NotThisPsid,
    /// Too many wrong PSIDs were tried.
    LockedOut,
    /// The drive refused, before or after it took the PSID.
    Refused(MethodStatus),
    /// It never came to the PSID: the drive did not answer as it should.
    NotBegun,
    /// An answer was lost or made no sense after the PSID was sent.
    Unknown,
}

impl Ended {
    /// What it means and what to do, in one sentence.
    #[must_use]
    pub fn sentence(self) -> String {
        match self {
            Self::SaysReverted => "the drive says that it took its locks away".to_owned(),
            Self::NotThisPsid => "the drive did not take the PSID; compare it with the label (0 \
                 and O, 1 and I), and mind that a drive takes few wrong ones"
                .to_owned(),
            Self::LockedOut => "too many wrong PSIDs were tried; take the drive's power away, \
                 give it again and try once more"
                .to_owned(),
            Self::Refused(MethodStatus::SpBusy | MethodStatus::NoSessionsAvailable) => {
                "somebody else is speaking to the drive's locks; end that program, or take the \
                 drive's power away and give it again"
                    .to_owned()
            }
            Self::Refused(status) => {
                format!(
                    "the drive refused ({status}); take its power away, give it again and try \
                     once more"
                )
            }
            Self::NotBegun => "the drive did not answer, and the PSID was not sent; take its \
                 power away, give it again and try once more"
                .to_owned(),
            Self::Unknown => "what became of it is not known, and it may have counted as a wrong \
                 PSID; take the drive's power away, give it again and look at it with nulstil list"
                .to_owned(),
        }
    }
}

/// One PSID revert. Sends nothing by itself and reads no clock: `now` is time since some fixed
/// moment.
#[derive(Debug)]
pub struct PsidRevert {
    way: Way,
    com_id: u16,
    /// Until it is sent.
    psid: Option<Psid>,
    state: State,
    /// Since when an answer is waited for.
    since: Option<Duration>,
    failures: u32,
    due: Duration,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Say(Step),
    Hear(Step),
    Done(Ended),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Properties,
    Start,
    Revert(Session),
    /// After a refusal: the session is closed, and what was refused is what counts.
    End(Session, MethodStatus),
}

/// How long to wait before an answer that is not there yet is asked for again.
const EVERY: Duration = Duration::from_millis(500);
/// How long an answer may take, for all but the revert itself.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the revert may take: drives that do not encrypt may overwrite everything.
const REVERT_PATIENCE: Duration = Duration::from_secs(3600);

impl PsidRevert {
    /// `None` if the drive is of no class that has it.
    #[must_use]
    pub fn new(opal: &Opal, psid: Psid) -> Option<Self> {
        Some(Self {
            way: opal.way,
            com_id: opal.com_id?,
            psid: Some(psid),
            state: State::Say(Step::Properties),
            since: None,
            failures: 0,
            due: Duration::ZERO,
        })
    }

    /// What to do next. Asked twice, it says the same, but for the PSID: once it is handed out it
    /// is gone from here.
    pub fn poll(&mut self, now: Duration) -> Asks {
        let (command, step) = match self.state {
            State::Done(ended) => return Asks::Done(ended),
            State::Hear(_) if now < self.due => return Asks::WaitUntil(self.due),
            State::Hear(step) => (Some(self.way.receive(self.com_id)), step),
            State::Say(step) => {
                let request = match step {
                    Step::Properties => Some(Request::Properties),
                    Step::Start => self.psid.take().map(Request::StartSession),
                    Step::Revert(session) => Some(Request::Revert(session)),
                    Step::End(session, _) => Some(Request::EndSession(session)),
                };
                let message = request.map(|request| request.message(self.com_id));
                (message.and_then(|message| self.way.send(&message)), step)
            }
        };
        match command {
            Some(command) => {
                let timeout = if matches!(step, Step::Revert(_)) { REVERT_PATIENCE } else { SHORT };
                Asks::Send { command, timeout }
            }
            None => {
                self.state = State::Done(Self::lost(step));
                self.poll(now)
            }
        }
    }

    /// What it came to if nothing more is heard at this step.
    const fn lost(step: Step) -> Ended {
        match step {
            Step::Properties => Ended::NotBegun,
            Step::Start | Step::Revert(_) => Ended::Unknown,
            Step::End(_, status) => Ended::Refused(status),
        }
    }

    /// What came back of the last [`Asks::Send`].
    pub fn handle(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        match self.state {
            State::Done(_) => {}
            State::Say(step) => {
                self.state = match answer {
                    answer if Way::received(answer.clone()).is_ok() => State::Hear(step),
                    // It never reached the drive, or the drive did not take it: nothing was tried.
                    Ok(_) | Err(NoAnswer::NotSent(_)) if step == Step::Start => {
                        State::Done(Ended::NotBegun)
                    }
                    _ => State::Done(Self::lost(step)),
                };
                (self.since, self.failures, self.due) = (Some(now), 0, now);
            }
            State::Hear(step) => self.heard(step, answer, now),
        }
    }

    fn heard(&mut self, step: Step, answer: Result<Answer, NoAnswer>, now: Duration) {
        let gone = matches!(answer, Err(NoAnswer::Gone(_)));
        let parsed = Way::received(answer).map(|bytes| opal::Answer::parse(&bytes, self.com_id));
        let waited = now.saturating_sub(self.since.unwrap_or(now));
        let patience = if matches!(step, Step::Revert(_)) { REVERT_PATIENCE } else { PATIENCE };
        self.due = now.saturating_add(EVERY);
        self.state = match parsed {
            Ok(Ok(opal::Answer::Pending)) if waited < patience => return,
            // To ask for an answer again is harmless.
            Err(_) if !gone && self.failures < TRIES && waited < patience => {
                self.failures += 1;
                return;
            }
            Ok(Ok(answer)) => Self::after(step, answer),
            Ok(Err(_)) | Err(_) => State::Done(Self::lost(step)),
        };
    }

    fn after(step: Step, answer: opal::Answer) -> State {
        use opal::Answer::{Started, Status};
        match (step, answer) {
            (Step::Properties, Status(MethodStatus::Success)) => State::Say(Step::Start),
            // Before the PSID was sent, a refusal is only a refusal.
            (Step::Properties, Status(status)) => State::Done(Ended::Refused(status)),
            (Step::Start, Started(session)) => State::Say(Step::Revert(session)),
            (Step::Start, Status(MethodStatus::NotAuthorized)) => State::Done(Ended::NotThisPsid),
            (_, Status(MethodStatus::AuthorityLockedOut)) => State::Done(Ended::LockedOut),
            (Step::Start, Status(status)) if status != MethodStatus::Success => {
                State::Done(Ended::Refused(status))
            }
            (Step::Revert(_), Status(MethodStatus::Success)) => State::Done(Ended::SaysReverted),
            (Step::Revert(session), Status(status)) => State::Say(Step::End(session, status)),
            // The end of the session, or its silence, or what does not belong here.
            (step, _) => State::Done(Self::lost(step)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::OPEN;
    use super::*;
    use crate::proto::nvme::{SecuritySend, Status};
    use crate::proto::opal::Answer as Says;

    const COM_ID: u16 = 0x07fe;
    const SESSION: Session = Session { tper: 0x1001, host: 105 };
    const REFUSED: [MethodStatus; 16] = [
        MethodStatus::NotAuthorized,
        MethodStatus::SpBusy,
        MethodStatus::SpFailed,
        MethodStatus::SpDisabled,
        MethodStatus::SpFrozen,
        MethodStatus::NoSessionsAvailable,
        MethodStatus::UniquenessConflict,
        MethodStatus::InsufficientSpace,
        MethodStatus::InsufficientRows,
        MethodStatus::InvalidParameter,
        MethodStatus::TperMalfunction,
        MethodStatus::TransactionFailure,
        MethodStatus::ResponseOverflow,
        MethodStatus::AuthorityLockedOut,
        MethodStatus::Fail,
        MethodStatus::Other(0x77),
    ];

    fn machine() -> PsidRevert {
        let opal = Opal {
            way: Way::Nvme,
            class: None,
            com_id: Some(COM_ID),
            locking: OPEN,
            sid_blocked: false,
        };
        PsidRevert::new(&opal, "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345".parse().unwrap()).unwrap()
    }

    fn answered(data: Vec<u8>) -> Result<Answer, NoAnswer> {
        Ok(Answer::Nvme { status: Status::from_raw(0), data })
    }

    /// The message that the machine wants to send.
    fn says(machine: &mut PsidRevert) -> Request {
        let Asks::Send { command: Command::Nvme(admin), .. } = machine.poll(Duration::ZERO) else {
            panic!("nothing to send")
        };
        let send = SecuritySend::decode(&admin).unwrap();
        Request::decode(&send.payload).unwrap().1
    }

    /// Takes the machine one message further.
    fn exchange(machine: &mut PsidRevert, answer: Says) -> Request {
        let request = says(machine);
        machine.handle(answered(Vec::new()), Duration::ZERO);
        hears(machine, answer.encode(COM_ID, &request));
        request
    }

    fn hears(machine: &mut PsidRevert, bytes: Vec<u8>) {
        let asks = machine.poll(Duration::MAX);
        assert!(matches!(asks, Asks::Send { command, .. } if command.name() == "Security Receive"));
        machine.handle(answered(bytes), Duration::ZERO);
    }

    #[track_caller]
    fn ended(machine: &mut PsidRevert) -> Ended {
        match machine.poll(Duration::MAX) {
            Asks::Done(ended) => ended,
            other => panic!("{other:?}"),
        }
    }

    const SUCCESS: Says = Says::Status(MethodStatus::Success);

    /// A machine that has started a session.
    fn started() -> PsidRevert {
        let mut machine = machine();
        assert_eq!(exchange(&mut machine, SUCCESS), Request::Properties);
        let start = exchange(&mut machine, Says::Started(SESSION));
        assert!(matches!(start, Request::StartSession(_)));
        machine
    }

    #[test]
    fn in_order_and_waiting_for_answers() {
        let mut machine = started();
        assert_eq!(says(&mut machine), Request::Revert(SESSION));
        machine.handle(answered(Vec::new()), Duration::ZERO);
        for _ in 0..100 {
            hears(&mut machine, Says::Pending.encode(COM_ID, &Request::Properties));
            assert!(matches!(machine.poll(Duration::ZERO), Asks::WaitUntil(_)));
        }
        hears(&mut machine, SUCCESS.encode(COM_ID, &Request::Revert(SESSION)));
        assert_eq!(ended(&mut machine), Ended::SaysReverted);
    }

    #[test]
    fn every_status_at_every_step() {
        for status in REFUSED {
            let mut first = machine();
            exchange(&mut first, Says::Status(status));
            let mut second = machine();
            exchange(&mut second, SUCCESS);
            exchange(&mut second, Says::Status(status));
            let mut third = started();
            exchange(&mut third, Says::Status(status));
            let expected = match status {
                MethodStatus::AuthorityLockedOut => {
                    [Ended::Refused(status), Ended::LockedOut, Ended::LockedOut]
                }
                MethodStatus::NotAuthorized => {
                    [Ended::Refused(status), Ended::NotThisPsid, Ended::Refused(status)]
                }
                _ => [Ended::Refused(status); 3],
            };
            if status != MethodStatus::AuthorityLockedOut {
                // A session that is open is closed, whatever the drive says to that.
                let end = exchange(&mut third, Says::SessionEnded);
                assert_eq!(end, Request::EndSession(SESSION));
            }
            let found = [ended(&mut first), ended(&mut second), ended(&mut third)];
            assert_eq!(found, expected, "{status}");
            assert!(found.iter().all(|ended| !ended.sentence().ends_with('.')));
        }
    }

    #[test]
    fn the_psid_is_sent_once() {
        let lost = || Err(NoAnswer::Lost("reset".to_owned()));
        let mut machine = machine();
        exchange(&mut machine, SUCCESS);
        assert!(matches!(says(&mut machine), Request::StartSession(_)));
        machine.handle(lost(), Duration::ZERO);
        assert_eq!(ended(&mut machine), Ended::Unknown);

        // An answer that does not come is asked for again; the message is not sent again.
        let mut machine = started();
        let mut waiting = self::machine();
        exchange(&mut waiting, SUCCESS);
        let start = says(&mut waiting);
        waiting.handle(answered(Vec::new()), Duration::ZERO);
        for _ in 0..TRIES {
            assert!(matches!(waiting.poll(Duration::MAX), Asks::Send { command, .. }
                if command.name() == "Security Receive"));
            waiting.handle(lost(), Duration::ZERO);
        }
        hears(&mut waiting, Says::Started(SESSION).encode(COM_ID, &start));
        assert_eq!(says(&mut waiting), says(&mut machine));

        let mut mute = self::machine();
        exchange(&mut mute, SUCCESS);
        says(&mut mute);
        mute.handle(answered(Vec::new()), Duration::ZERO);
        while let Asks::Send { .. } = mute.poll(Duration::MAX) {
            mute.handle(lost(), Duration::ZERO);
        }
        assert_eq!(ended(&mut mute), Ended::Unknown);
    }

    #[test]
    fn it_ends_also_where_the_answer_never_comes() {
        let pending = Says::Pending.encode(COM_ID, &Request::Properties);
        let mut machine = started();
        says(&mut machine);
        machine.handle(answered(Vec::new()), Duration::ZERO);
        let mut now = Duration::ZERO;
        let ended = loop {
            match machine.poll(now) {
                Asks::Send { .. } => machine.handle(answered(pending.clone()), now),
                Asks::WaitUntil(due) => now = due,
                Asks::Done(ended) => break ended,
            }
        };
        assert_eq!(ended, Ended::Unknown);
        assert!(now >= REVERT_PATIENCE && now < 2 * REVERT_PATIENCE, "{now:?}");
    }

    #[test]
    fn what_never_reached_the_drive_was_no_try() {
        let mut machine = machine();
        exchange(&mut machine, SUCCESS);
        says(&mut machine);
        machine.handle(Err(NoAnswer::NotSent("no".to_owned())), Duration::ZERO);
        assert_eq!(ended(&mut machine), Ended::NotBegun);
        // The end of the session is no success of the revert.
        let mut machine = started();
        exchange(&mut machine, Says::SessionEnded);
        assert_eq!(ended(&mut machine), Ended::Unknown);
        assert!(!format!("{machine:?}").contains("ABCDEF"));
    }
}
