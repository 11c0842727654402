//! ATA SANITIZE DEVICE: the drive says at once that it has begun, and erases itself through every
//! reset and power cycle; only its own status says when it is done (ACS-4, SANITIZE DEVICE feature set).

use std::time::Duration;

use super::registers;
use crate::model::{Completion, Witness};
use crate::proto::ata::sanitize_device::{
    Answer as Told, FailureMode, Operation, Reason, Request, Status,
};
use crate::proto::{Answer, Command, NoAnswer};
use crate::technique::firmware::{Ask, Machine, SHORT, TRIES, Watchdog};

/// How often the drive is asked how it goes.
const EVERY: Duration = Duration::from_secs(1);

/// What to do about a drive whose sanitize commands are frozen.
pub(super) const FROZEN: &str = "the computer froze the drive's sanitize commands; take the drive's power away and give it \
     again, or attach it to another computer";

/// One sanitize operation.
#[derive(Debug)]
pub(super) struct AtaSanitize {
    request: Request,
    /// Whether the drive can be told to take no freeze lock until it has lost its power.
    antifreeze: bool,
    state: State,
    /// Whether the drive said before the command that an operation was completed: drives go on
    /// saying so for years.
    completed_before: bool,
    reopened: bool,
    seen_running: bool,
    /// Whether the drive took the command.
    accepted: bool,
    progress: Option<u16>,
    failures: u32,
    watchdog: Watchdog,
    due: Duration,
}

#[derive(Debug)]
enum State {
    /// An operation that is under way is waited for, whosever it is: nothing can be planted, and
    /// nothing proven, before its end.
    Settle,
    /// After an operation that failed nothing can be read or written before another one succeeds.
    /// That one proves nothing yet: there was nothing to plant markers in.
    Reopen,
    Antifreeze,
    Plant,
    /// What the drive says before the command.
    Before,
    Send,
    Watch,
    Done(Completion),
}

impl AtaSanitize {
    /// Begins with asking how it goes.
    pub(super) const fn new(operation: Operation, antifreeze: bool) -> Self {
        Self {
            // If it fails, nothing but another operation that succeeds shall open the drive again.
            request: Request::Start(operation, FailureMode::Stays),
            antifreeze,
            state: State::Settle,
            completed_before: false,
            reopened: false,
            seen_running: false,
            accepted: false,
            progress: None,
            failures: 0,
            watchdog: Watchdog::new(),
            due: Duration::ZERO,
        }
    }

    fn end(&mut self, completion: Completion) {
        self.progress = None;
        self.state = State::Done(completion);
    }

    fn unknown(&mut self, reason: impl Into<String>) {
        self.end(Completion::Unknown { reason: reason.into() });
    }

    fn rejected(&mut self, reason: String) {
        self.end(Completion::Rejected { reason });
    }

    fn failed(&mut self) {
        let reason = "The drive says that its sanitize failed.".to_owned();
        self.end(Completion::Failed { reason });
    }

    /// A question that went wrong: a few times are nothing.
    fn failure(&mut self, why: &str) {
        self.failures += 1;
        if self.failures >= TRIES {
            self.unknown(format!("How the sanitize goes cannot be read: {why}."));
        }
    }

    fn told(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        self.due = now + EVERY;
        if let Err(NoAnswer::Gone(why)) = answer {
            self.unknown(format!("The drive is gone ({why})."));
            return;
        }
        match registers(answer).map(|registers| Told::parse(&registers)) {
            Ok(Told::Status(status)) => {
                self.progress = status.progress;
                match self.state {
                    State::Settle => self.settle(status, now),
                    State::Before => self.before(status),
                    _ => self.watch(status, now),
                }
            }
            Ok(Told::Aborted(Reason::Unsuccessful)) => self.unsuccessful(),
            Ok(Told::Aborted(reason)) => self.failure(&said(reason)),
            Ok(Told::Failed) => self.failure("the drive does not tell it"),
            Ok(Told::Unreadable) => self.failure("the adapter does not pass on all registers"),
            Err(why) => self.failure(&why),
        }
    }

    /// The last operation failed.
    fn unsuccessful(&mut self) {
        match self.state {
            State::Settle if !self.reopened => self.state = State::Reopen,
            State::Before => self.unknown("Somebody else began a sanitize, and it failed."),
            State::Watch if !self.accepted && !self.seen_running => {
                self.unknown("The answer to the command was lost, and then the drive had failed.");
            }
            _ => self.failed(),
        }
    }

    fn settle(&mut self, status: Status, now: Duration) {
        self.failures = 0;
        if status.in_progress {
            if self.watchdog.stuck(u64::from(status.progress.unwrap_or(0)), now) {
                self.unknown(
                    "A sanitize was under way before, and has made no progress for an hour.",
                );
            }
        } else if status.frozen {
            self.rejected(format!("It cannot be used: {FROZEN}."));
        } else {
            self.watchdog = Watchdog::new();
            self.progress = None;
            let lock = self.antifreeze && !status.antifreeze;
            self.state = if lock { State::Antifreeze } else { State::Plant };
        }
    }

    fn before(&mut self, status: Status) {
        self.failures = 0;
        if status.in_progress {
            self.unknown("Somebody else began a sanitize.");
        } else {
            self.completed_before = status.completed;
            self.state = State::Send;
        }
    }

    fn sent(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        self.due = now;
        match answer {
            Err(NoAnswer::NotSent(why)) => {
                self.rejected(format!("The command was not passed on ({why})."));
            }
            Err(NoAnswer::Gone(why)) => self.unknown(format!("The drive is gone ({why}).")),
            // It may have begun: the status tells.
            Err(NoAnswer::Lost(_)) => self.begun(false),
            answer => match registers(answer).map(|r| (r.succeeded(), Told::parse(&r))) {
                Ok((_, Told::Aborted(reason))) => {
                    self.rejected(format!("The drive aborted the command: {}.", said(reason)));
                }
                Ok((succeeded, told)) => {
                    // The answer has the fields of the status (checked against Western Digital's
                    // Ultrastar DC HC580 specification, section 12.38.2).
                    let running = matches!(told, Told::Status(status) if status.in_progress);
                    self.seen_running = running && matches!(self.state, State::Send);
                    self.begun(succeeded);
                }
                Err(_) => self.begun(false),
            },
        }
    }

    fn begun(&mut self, accepted: bool) {
        if matches!(self.state, State::Reopen) {
            self.reopened = true;
            self.state = State::Settle;
        } else {
            self.accepted = accepted;
            self.state = State::Watch;
        }
    }

    fn watch(&mut self, status: Status, now: Duration) {
        if status.in_progress {
            self.failures = 0;
            self.seen_running = true;
            if self.watchdog.stuck(u64::from(status.progress.unwrap_or(0)), now) {
                self.unknown("The drive has made no progress for an hour.");
            }
        } else if !status.completed {
            // Neither at work nor done: it may take a moment, and then it is a contradiction.
            self.failure("the drive says that it neither sanitizes nor has sanitized");
        } else if self.seen_running {
            self.end(Completion::Completed { witness: Some(Witness::SeenRunning) });
        } else if !self.accepted {
            self.unknown("The answer to the command was lost, and nobody saw the drive at work.");
        } else {
            let witness = (!self.completed_before).then_some(Witness::RecordChanged);
            self.end(Completion::Completed { witness });
        }
    }
}

/// A reason in words.
fn said(reason: Reason) -> String {
    match reason {
        Reason::NotReported => "it gives no reason".to_owned(),
        Reason::Unsuccessful => "its last sanitize failed".to_owned(),
        Reason::Unsupported => "it does not support it".to_owned(),
        Reason::Frozen => FROZEN.to_owned(),
        Reason::AntifreezeLocked => "it takes no freeze lock".to_owned(),
        Reason::Other(code) => format!("its reason is {code:02x}h"),
    }
}

impl Machine for AtaSanitize {
    fn poll(&mut self, now: Duration) -> Ask {
        let send = |request: Request| Ask::Send {
            command: Command::Ata(request.command()),
            timeout: SHORT,
        };
        match &self.state {
            State::Done(completion) => Ask::Done(completion.clone()),
            State::Plant => Ask::Plant,
            State::Reopen | State::Send => send(self.request),
            State::Antifreeze => send(Request::AntifreezeLock),
            State::Settle | State::Before | State::Watch if now < self.due => {
                Ask::WaitUntil(self.due)
            }
            State::Settle | State::Before | State::Watch => send(Request::Status),
        }
    }

    fn handle(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        match self.state {
            State::Reopen | State::Send => self.sent(answer, now),
            // It is a precaution: what matters is whether the drive takes the command itself.
            State::Antifreeze => self.state = State::Plant,
            State::Settle | State::Before | State::Watch => self.told(answer, now),
            State::Plant | State::Done(_) => {}
        }
    }

    fn planted(&mut self) {
        if matches!(self.state, State::Plant) {
            self.due = Duration::ZERO;
            self.state = State::Before;
        }
    }

    fn progress(&self) -> Option<u16> {
        self.progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::{Registers, Width, sense};

    const IDLE: Status = Status {
        completed: false,
        in_progress: false,
        frozen: false,
        antifreeze: false,
        progress: None,
    };
    const RUNNING: Status = Status { in_progress: true, progress: Some(7), ..IDLE };
    const COMPLETED: Status = Status { completed: true, ..IDLE };

    fn status(status: Status) -> Result<Answer, NoAnswer> {
        answer(Told::Status(status).registers())
    }

    fn answer(registers: Registers) -> Result<Answer, NoAnswer> {
        let sense = sense::Answer::Descriptor(registers).encode();
        Ok(Answer::Scsi { status: 2, sense, data: Vec::new() })
    }

    /// A machine for a drive that says this before the command, up to the command.
    fn about_to_send(before: Status) -> AtaSanitize {
        let mut machine = AtaSanitize::new(Operation::BlockErase, true);
        machine.handle(status(before), Duration::ZERO);
        assert_eq!(sent(&mut machine), "SANITIZE ANTIFREEZE LOCK EXT");
        machine.handle(answer(Registers::refused(Width::Lba48, 0)), Duration::ZERO);
        assert_eq!(machine.poll(Duration::ZERO), Ask::Plant);
        machine.planted();
        machine.handle(status(before), Duration::ZERO);
        assert_eq!(sent(&mut machine), "BLOCK ERASE EXT");
        machine
    }

    fn sent(machine: &mut AtaSanitize) -> &'static str {
        match machine.poll(Duration::MAX) {
            Ask::Send { command, .. } => command.name(),
            other => panic!("{other:?}"),
        }
    }

    fn end(mut machine: AtaSanitize) -> Completion {
        match machine.poll(Duration::MAX) {
            Ask::Done(completion) => completion,
            other => panic!("{other:?}"),
        }
    }

    fn completed(witness: Option<Witness>) -> Completion {
        Completion::Completed { witness }
    }

    #[test]
    fn what_was_completed_before_is_no_witness() {
        let lost = || Err(NoAnswer::Lost(String::new()));
        let seen = completed(Some(Witness::SeenRunning));
        let changed = completed(Some(Witness::RecordChanged));
        let cases = [
            // The status before, the answer to the command, the status afterwards.
            (IDLE, status(IDLE), vec![COMPLETED], Some(changed)),
            (COMPLETED, status(COMPLETED), vec![COMPLETED], Some(completed(None))),
            (COMPLETED, status(COMPLETED), vec![RUNNING, COMPLETED], Some(seen.clone())),
            (COMPLETED, status(RUNNING), vec![COMPLETED], Some(seen.clone())),
            (IDLE, lost(), vec![RUNNING, COMPLETED], Some(seen)),
            (IDLE, lost(), vec![COMPLETED], None),
            (COMPLETED, lost(), vec![COMPLETED], None),
            (IDLE, status(IDLE), vec![IDLE; TRIES as usize], None),
        ];
        for (before, reply, after, expected) in cases {
            let mut machine = about_to_send(before);
            machine.handle(reply, Duration::ZERO);
            for now in after {
                machine.handle(status(now), Duration::ZERO);
            }
            let found = end(machine);
            match expected {
                Some(expected) => assert_eq!(found, expected),
                None => assert!(matches!(found, Completion::Unknown { .. }), "{found:?}"),
            }
        }
    }

    #[test]
    fn an_abort_says_why() {
        let mut machine = about_to_send(IDLE);
        machine.handle(answer(Registers::refused(Width::Lba48, 3)), Duration::ZERO);
        let Completion::Rejected { reason } = end(machine) else { panic!() };
        assert!(reason.contains(FROZEN), "{reason}");

        let mut frozen = AtaSanitize::new(Operation::BlockErase, true);
        frozen.handle(status(Status { frozen: true, ..IDLE }), Duration::ZERO);
        let Completion::Rejected { reason } = end(frozen) else { panic!() };
        assert!(reason.contains(FROZEN), "{reason}");
    }

    #[test]
    fn a_failed_drive_is_opened_by_another_sanitize_first() {
        let failed = || answer(Registers::refused(Width::Lba48, 1));
        let mut machine = AtaSanitize::new(Operation::BlockErase, false);
        machine.handle(failed(), Duration::ZERO);
        assert_eq!(sent(&mut machine), "BLOCK ERASE EXT");
        machine.handle(status(RUNNING), Duration::ZERO);
        machine.handle(status(RUNNING), Duration::ZERO);
        machine.handle(status(COMPLETED), Duration::ZERO);
        assert_eq!(machine.poll(Duration::MAX), Ask::Plant, "the first one proves nothing");
        machine.planted();
        machine.handle(status(COMPLETED), Duration::ZERO);
        machine.handle(status(COMPLETED), Duration::ZERO);
        machine.handle(status(COMPLETED), Duration::ZERO);
        assert_eq!(end(machine), completed(None), "nor is what it showed of its own end a witness");

        let mut again = AtaSanitize::new(Operation::BlockErase, false);
        for _ in 0..2 {
            again.handle(failed(), Duration::ZERO);
            if matches!(again.state, State::Reopen) {
                again.handle(status(IDLE), Duration::ZERO);
            }
        }
        assert!(matches!(end(again), Completion::Failed { .. }));
    }

    #[test]
    fn registers_that_are_cut_short_are_no_status() {
        let mut machine = about_to_send(IDLE);
        machine.handle(status(IDLE), Duration::ZERO);
        for _ in 0..TRIES {
            let sense = sense::Answer::Fixed(Told::Status(COMPLETED).registers()).encode();
            let cut = Answer::Scsi { status: 2, sense, data: Vec::new() };
            machine.handle(Ok(cut), Duration::ZERO);
        }
        assert!(matches!(end(machine), Completion::Unknown { .. }));
    }
}
