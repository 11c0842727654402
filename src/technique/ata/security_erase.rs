//! ATA SECURITY ERASE UNIT: a password has to be set first, and the erase that succeeds takes it
//! away again. One that is cut off leaves a drive that is locked with it (ACS-4, Security feature
//! set).

use std::time::Duration;

use super::{identified, read, refusal, registers};
use crate::model::{ATA_PASSWORD as PASSWORD, Completion, Witness};
use crate::proto::ata::identify_device::{self, Security};
use crate::proto::ata::security::{EraseMode, Identifier, Password, Request};
use crate::proto::ata::sense;
use crate::proto::scsi::sense::{Meaning, Sense};
use crate::proto::{Answer, Command, NoAnswer};
use crate::technique::firmware::{Ask, Machine, SHORT, TRIES};

/// The command returns when all is erased, which takes hours, and the longest that drives can
/// announce is 45 days. After a time-out the kernel resets the drive, and that leaves it half erased
/// and locked: so this is nearly as long as the kernel can be told to wait.
const LONG: Duration = Duration::from_secs(49 * 24 * 3600);

/// How long to wait before a question that went wrong is put again.
const EVERY: Duration = Duration::from_secs(1);

/// What whoever watches must know before the password is set.
pub(in crate::technique) fn notice() -> String {
    format!(
        "the drive gets the user password {PASSWORD} while it erases itself, and loses it at the \
         end; should the power fail before that, erase it again with this program, or open it with \
         hdparm --user-master u --security-unlock {PASSWORD}"
    )
}

/// One SECURITY ERASE UNIT, with the password before it and no password after it.
#[derive(Debug)]
pub(super) struct SecurityErase {
    mode: EraseMode,
    state: State,
    /// Somebody's erase was cut off with our password set: the drive is erased to the end first,
    /// and then once more, with markers.
    recovery: Recovery,
    failures: u32,
    due: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recovery {
    NotNeeded,
    Running,
    Done,
}

#[derive(Debug)]
enum State {
    /// What the drive says before anything is sent.
    Start,
    /// A password is set: ours is tried, once, for a drive counts wrong ones.
    Open,
    Plant,
    SetPassword,
    /// Whether the password is set and the drive still open. Holds how the command went.
    Armed(Result<(), String>),
    Prepare,
    Erase,
    /// What the drive says after the erase. Holds what speaks against it so far.
    After(Option<Completion>),
    /// The erase did not end as it should: our password is taken away.
    Unlock(Completion),
    Disable(Completion),
    /// Whether it is gone.
    Left(Completion),
    Done(Completion),
}

/// Why a drive in this state cannot be erased, and what to do about it.
pub(super) fn hindrance(security: &Security) -> Result<(), String> {
    let why = if security.enabled && (security.level_maximum || security.frozen) {
        "somebody else's password is set; take it off with the computer that set it, or ask its \
         owner"
    } else if security.frozen {
        "the computer froze the drive's security when it started; suspend the computer and wake it \
         up, or take the drive's power away and give it again, or attach it to another computer"
    } else if security.count_expired {
        "too many wrong passwords were tried; take the drive's power away and give it again"
    } else {
        return Ok(());
    };
    Err(why.to_owned())
}

fn unknown(reason: impl Into<String>) -> Completion {
    Completion::Unknown { reason: reason.into() }
}

fn rejected(reason: impl Into<String>) -> Completion {
    Completion::Rejected { reason: reason.into() }
}

/// The same, with what has to be known about the drive from now on.
fn left_locked(completion: Completion) -> Completion {
    let more = |reason: String| {
        format!(
            "{reason} The drive may be left with the user password {PASSWORD} set: it is locked \
             when it gets power again, and this program opens it when it erases it again."
        )
    };
    match completion {
        Completion::Rejected { reason } => Completion::Rejected { reason: more(reason) },
        Completion::Failed { reason } => Completion::Failed { reason: more(reason) },
        Completion::Unknown { reason } => Completion::Unknown { reason: more(reason) },
        Completion::Completed { witness } => Completion::Completed { witness },
    }
}

impl SecurityErase {
    /// Begins with asking the drive what state it is in.
    pub(super) const fn new(mode: EraseMode) -> Self {
        Self {
            mode,
            state: State::Start,
            recovery: Recovery::NotNeeded,
            failures: 0,
            due: Duration::ZERO,
        }
    }

    fn end(&mut self, completion: Completion) {
        self.state = State::Done(completion);
    }

    /// The security word, or none yet: a question may go wrong a few times.
    fn security(
        &mut self,
        answer: Result<Answer, NoAnswer>,
        now: Duration,
    ) -> Option<Result<Security, String>> {
        let gone = matches!(answer, Err(NoAnswer::Gone(_)));
        let found = identified(answer).and_then(|found| {
            found.security.ok_or_else(|| "it knows no passwords any more".to_owned())
        });
        self.failures = if found.is_ok() { 0 } else { self.failures + 1 };
        if found.is_err() && self.failures < TRIES && !gone {
            self.due = now + EVERY;
            return None;
        }
        Some(found)
    }

    fn start(&mut self, security: Result<Security, String>) {
        let security = match security {
            Ok(security) => security,
            Err(why) => {
                return self.end(rejected(format!("The drive does not tell its state ({why}).")));
            }
        };
        if let Err(why) = hindrance(&security) {
            return self.end(rejected(format!("It cannot be used: {why}.")));
        }
        self.state = match (security.enabled || security.locked, self.recovery) {
            (false, _) => State::Plant,
            (true, Recovery::NotNeeded) => State::Open,
            (true, _) => return self.end(unknown("The drive locks itself again and again.")),
        };
    }

    fn opened(&mut self, answer: Result<Answer, NoAnswer>) {
        match answer {
            Ok(Answer::Scsi { status: 0, .. }) => {
                self.recovery = Recovery::Running;
                self.state = State::Prepare;
            }
            Err(NoAnswer::Lost(_) | NoAnswer::Gone(_)) => {
                self.end(unknown("The answer was lost when the drive was to be unlocked."));
            }
            answer => {
                let why = read(answer).err().unwrap_or_default();
                self.end(rejected(format!(
                    "A password is set that is not {PASSWORD} ({why}); take it off with the \
                     computer that set it, or ask its owner."
                )));
            }
        }
    }

    fn armed(&mut self, set: Result<(), String>, security: Result<Security, String>) {
        match (security, set) {
            (Ok(Security { enabled: true, locked: false, .. }), _) => self.state = State::Prepare,
            (Ok(Security { enabled: true, locked: true, .. }), _) => {
                self.state = State::Unlock(rejected("The drive locked itself at once."));
            }
            (Ok(_), set) => {
                let why = set.err().unwrap_or_else(|| "and said that it had".to_owned());
                self.end(rejected(format!("The drive did not take the password ({why}).")));
            }
            (Err(why), _) => {
                let reason =
                    format!("The drive does not tell whether it has the password ({why}).");
                self.end(left_locked(unknown(reason)));
            }
        }
    }

    fn prepared(&mut self, answer: Result<Answer, NoAnswer>) {
        let good = matches!(answer, Ok(Answer::Scsi { status: 0, .. }));
        self.state = match registers(answer) {
            Ok(registers) if registers.succeeded() => State::Erase,
            Err(_) if good => State::Erase,
            Ok(_) => State::After(Some(rejected("The drive aborted SECURITY ERASE PREPARE."))),
            Err(why) => State::After(Some(rejected(format!(
                "What SECURITY ERASE PREPARE came to is not known ({why}), and nothing was erased."
            )))),
        };
    }

    fn erased(answer: Result<Answer, NoAnswer>) -> Option<Completion> {
        let reset = || unknown("The drive was reset while it was erasing.");
        match answer {
            Ok(Answer::Scsi { status: 0, sense, .. }) => {
                let registers = sense::Answer::parse(&sense);
                registers.registers().filter(|r| r.like_after_reset()).map(|_| reset())
            }
            Ok(Answer::Scsi { status, sense, .. }) => {
                let meaning = Sense::parse(&sense).map(|sense| sense.meaning());
                let found = sense::Answer::parse(&sense);
                Some(match found.registers() {
                    _ if meaning == Ok(Meaning::Reset) => reset(),
                    Some(r) if r.like_after_reset() => reset(),
                    Some(r) if r.aborted() => rejected("The drive aborted the erase."),
                    Some(_) => {
                        let reason = format!("The drive failed ({}).", refusal(status, &sense));
                        Completion::Failed { reason }
                    }
                    None => unknown(format!(
                        "What the erase came to is not known ({}).",
                        refusal(status, &sense)
                    )),
                })
            }
            Ok(_) => Some(unknown("The answer was one of another protocol.")),
            Err(NoAnswer::NotSent(why)) => {
                Some(rejected(format!("The command was not passed on ({why}).")))
            }
            Err(error) => Some(unknown(format!("What the erase came to is not known: {error}."))),
        }
    }

    fn after(&mut self, against: Option<Completion>, security: Result<Security, String>) {
        let contradicts = || unknown("The drive said that it had done nothing, and has changed.");
        self.state = match (security, against) {
            (Ok(Security { enabled: false, locked: false, .. }), None) => {
                if self.recovery == Recovery::Running {
                    self.recovery = Recovery::Done;
                    State::Start
                } else {
                    let witness = Some(Witness::CommandReturned);
                    State::Done(Completion::Completed { witness })
                }
            }
            (Ok(Security { enabled: false, locked: false, .. }), Some(against)) => {
                State::Done(match against {
                    Completion::Unknown { reason } => unknown(reason),
                    _ => contradicts(),
                })
            }
            (Ok(security), against) => {
                let against = against.unwrap_or_else(|| {
                    unknown("The drive said that it was done, and its password is still set.")
                });
                if security.locked { State::Unlock(against) } else { State::Disable(against) }
            }
            (Err(why), against) => {
                let mut reason = format!("The drive does not tell its state afterwards ({why}).");
                if let Some(
                    Completion::Unknown { reason: before }
                    | Completion::Failed { reason: before }
                    | Completion::Rejected { reason: before },
                ) = against
                {
                    reason = format!("{before} {reason}");
                }
                State::Done(left_locked(unknown(reason)))
            }
        };
    }
}

/// The password. It is neither empty nor too long, so this is never `None`.
fn password() -> Option<Password> {
    Password::new(PASSWORD.as_bytes())
}

impl Machine for SecurityErase {
    fn poll(&mut self, now: Duration) -> Ask {
        let with = |request: fn(Password) -> Request| password().map(request);
        let mode = self.mode;
        let request = match &self.state {
            State::Done(completion) => return Ask::Done(completion.clone()),
            State::Plant => return Ask::Plant,
            State::Start | State::Armed(_) | State::After(_) | State::Left(_) => {
                if now < self.due {
                    return Ask::WaitUntil(self.due);
                }
                let command = Command::Ata(identify_device::command());
                return Ask::Send { command, timeout: SHORT };
            }
            State::SetPassword => with(Request::SetUserPassword),
            State::Open | State::Unlock(_) => with(|p| Request::Unlock(Identifier::User, p)),
            State::Disable(_) => with(|p| Request::DisablePassword(Identifier::User, p)),
            State::Prepare => Some(Request::ErasePrepare),
            State::Erase => password().map(|p| Request::EraseUnit(Identifier::User, p, mode)),
        };
        match request {
            Some(request) => {
                let timeout = if matches!(self.state, State::Erase) { LONG } else { SHORT };
                Ask::Send { command: Command::Ata(request.command()), timeout }
            }
            None => Ask::Done(rejected("There is no password.")),
        }
    }

    fn handle(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        let asked =
            matches!(self.state, State::Start | State::Armed(_) | State::After(_) | State::Left(_));
        if asked {
            let Some(security) = self.security(answer, now) else { return };
            match std::mem::replace(&mut self.state, State::Start) {
                State::Armed(set) => self.armed(set, security),
                State::After(against) => self.after(against, security),
                State::Left(completion) => {
                    let open = security.is_ok_and(|now| !now.enabled && !now.locked);
                    self.end(if open { completion } else { left_locked(completion) });
                }
                _ => self.start(security),
            }
            return;
        }
        match &self.state {
            State::Open => self.opened(answer),
            State::SetPassword => self.state = State::Armed(read(answer).map(drop)),
            State::Prepare => self.prepared(answer),
            State::Erase => self.state = State::After(Self::erased(answer)),
            // What became of it is seen afterwards.
            State::Unlock(completion) => self.state = State::Disable(completion.clone()),
            State::Disable(completion) => self.state = State::Left(completion.clone()),
            _ => {}
        }
    }

    fn planted(&mut self) {
        if matches!(self.state, State::Plant) {
            self.state = State::SetPassword;
        }
    }

    fn progress(&self) -> Option<u16> {
        None
    }

    fn may_be_left(&self) -> bool {
        matches!(
            self.state,
            State::Start | State::Open | State::Plant | State::SetPassword | State::Done(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::identify_device::IdentifyDevice;
    use crate::proto::ata::{Registers, Width};

    const OFF: Security = Security {
        enabled: false,
        locked: false,
        frozen: false,
        count_expired: false,
        enhanced_erase: false,
        level_maximum: false,
        normal_erase_time: None,
        enhanced_erase_time: None,
        master_password_identifier: None,
    };
    const ON: Security = Security { enabled: true, ..OFF };
    const LOCKED: Security = Security { locked: true, ..ON };

    fn identify(security: Security) -> Result<Answer, NoAnswer> {
        let found = IdentifyDevice { security: Some(security), ..IdentifyDevice::default() };
        Ok(Answer::Scsi { status: 0, sense: Vec::new(), data: found.encode().to_vec() })
    }

    fn good() -> Result<Answer, NoAnswer> {
        Ok(Answer::Scsi { status: 0, sense: Vec::new(), data: Vec::new() })
    }

    fn answer(status: u8, sense: &[u8]) -> Result<Answer, NoAnswer> {
        Ok(Answer::Scsi { status, sense: sense.to_vec(), data: Vec::new() })
    }

    fn with(registers: Registers) -> Result<Answer, NoAnswer> {
        answer(2, &sense::Answer::Descriptor(registers).encode())
    }

    /// Hands the machine an answer to the command that it is expected to send next.
    fn step(machine: &mut SecurityErase, command: &str, answer: Result<Answer, NoAnswer>) {
        match machine.poll(Duration::MAX) {
            Ask::Send { command: sent, .. } => assert_eq!(sent.name(), command),
            other => panic!("{other:?} instead of {command}"),
        }
        machine.handle(answer, Duration::ZERO);
    }

    /// A machine whose next command is SECURITY ERASE UNIT.
    fn about_to_erase() -> SecurityErase {
        let mut machine = SecurityErase::new(EraseMode::Normal);
        step(&mut machine, "IDENTIFY DEVICE", identify(OFF));
        assert_eq!(machine.poll(Duration::MAX), Ask::Plant);
        assert!(machine.may_be_left());
        machine.planted();
        step(&mut machine, "SECURITY SET PASSWORD", good());
        assert!(!machine.may_be_left(), "the drive has a password now");
        step(&mut machine, "IDENTIFY DEVICE", identify(ON));
        step(&mut machine, "SECURITY ERASE PREPARE", with(Registers::done(Width::Lba28, 0, 0)));
        assert!(!machine.may_be_left());
        machine
    }

    fn end(mut machine: SecurityErase) -> Completion {
        assert!(machine.may_be_left());
        match machine.poll(Duration::MAX) {
            Ask::Done(completion) => completion,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_is_done_when_the_command_and_the_drive_say_so() {
        let mut machine = about_to_erase();
        let Ask::Send { timeout, .. } = machine.poll(Duration::ZERO) else { panic!() };
        assert!(timeout > Duration::from_secs(65_534 * 60), "longer than any drive announces");
        assert!(u32::try_from(timeout.as_millis()).is_ok(), "the kernel counts in 32 bits");
        step(&mut machine, "SECURITY ERASE UNIT", good());
        step(&mut machine, "IDENTIFY DEVICE", identify(OFF));
        let witness = Some(Witness::CommandReturned);
        assert_eq!(end(machine), Completion::Completed { witness });
    }

    #[test]
    fn one_of_the_two_alone_is_nothing() {
        let reset = Registers { error: 1, ..Registers::done(Width::Lba28, 0, 0) };
        let replies = [
            with(Registers::refused(Width::Lba28, 0)),
            with(reset),
            answer(0, &sense::Answer::Descriptor(reset).encode()),
            // 06/29/00: a reset.
            answer(2, &[0x70, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29, 0, 0, 0, 0, 0]),
            answer(2, &[]),
            Err(NoAnswer::Lost(String::new())),
            Err(NoAnswer::NotSent(String::new())),
        ];
        for reply in replies {
            let mut machine = about_to_erase();
            step(&mut machine, "SECURITY ERASE UNIT", reply.clone());
            step(&mut machine, "IDENTIFY DEVICE", identify(OFF));
            let found = end(machine);
            assert!(matches!(found, Completion::Unknown { .. }), "{reply:?}: {found:?}");
        }
        let mut machine = about_to_erase();
        step(&mut machine, "SECURITY ERASE UNIT", good());
        step(&mut machine, "IDENTIFY DEVICE", identify(ON));
        step(&mut machine, "SECURITY DISABLE PASSWORD", good());
        step(&mut machine, "IDENTIFY DEVICE", identify(OFF));
        assert!(matches!(end(machine), Completion::Unknown { .. }));
    }

    #[test]
    fn our_password_does_not_stay_unsaid() {
        for (opened, mentioned) in [(OFF, false), (ON, true), (LOCKED, true)] {
            let mut machine = about_to_erase();
            step(&mut machine, "SECURITY ERASE UNIT", Err(NoAnswer::Lost(String::new())));
            step(&mut machine, "IDENTIFY DEVICE", identify(LOCKED));
            step(&mut machine, "SECURITY UNLOCK", good());
            step(&mut machine, "SECURITY DISABLE PASSWORD", good());
            step(&mut machine, "IDENTIFY DEVICE", identify(opened));
            let Completion::Unknown { reason } = end(machine) else { panic!() };
            assert_eq!(reason.contains(PASSWORD), mentioned, "{reason}");
        }
        // A drive that is silent from then on.
        for after_erase in [false, true] {
            let mut machine = about_to_erase();
            if after_erase {
                step(&mut machine, "SECURITY ERASE UNIT", good());
            } else {
                machine.state = State::Armed(Ok(()));
            }
            for _ in 0..TRIES {
                step(&mut machine, "IDENTIFY DEVICE", answer(2, &[]));
            }
            let Completion::Unknown { reason } = end(machine) else { panic!() };
            assert!(reason.contains(PASSWORD), "{reason}");
        }
    }

    #[test]
    fn a_password_that_was_not_taken_ends_it() {
        let mut machine = SecurityErase::new(EraseMode::Enhanced);
        step(&mut machine, "IDENTIFY DEVICE", identify(OFF));
        machine.planted();
        step(&mut machine, "SECURITY SET PASSWORD", with(Registers::refused(Width::Lba28, 0)));
        step(&mut machine, "IDENTIFY DEVICE", identify(OFF));
        assert!(matches!(end(machine), Completion::Rejected { .. }));
    }

    #[test]
    fn hindrances() {
        let why = |security: Security| hindrance(&security).err().unwrap_or_default();
        assert_eq!(hindrance(&OFF), Ok(()));
        assert_eq!(hindrance(&ON), Ok(()), "it may be ours");
        assert_eq!(hindrance(&LOCKED), Ok(()), "it may be ours");
        assert!(why(Security { frozen: true, ..OFF }).contains("suspend"));
        assert!(why(Security { frozen: true, ..ON }).contains("somebody else's"));
        assert!(why(Security { level_maximum: true, ..LOCKED }).contains("somebody else's"));
        assert!(why(Security { count_expired: true, ..LOCKED }).contains("too many"));
        assert_eq!(hindrance(&Security { level_maximum: true, ..OFF }), Ok(()));
    }

    #[test]
    fn the_password_can_be_typed() {
        assert!(PASSWORD.bytes().all(|byte| byte.is_ascii_uppercase()) && PASSWORD.len() <= 8);
        assert!(password().is_some());
    }
}
