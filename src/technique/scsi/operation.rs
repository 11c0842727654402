//! SANITIZE and FORMAT UNIT: the drive says at once that it has begun, and goes on by itself; or it
//! answers only when it is done. It keeps no record of what it did: only that answer, or what it
//! says while it is at it, shows whose success it was.

use std::time::Duration;

use super::condition::{Condition, Look};
use super::format_unit::keeping;
use super::{Refused, heard};
use crate::model::{Completion, Witness};
use crate::proto::scsi::read_capacity::{Capacity, ReadCapacity};
use crate::proto::scsi::sanitize::{Sanitize, Start};
use crate::proto::scsi::sense::{Meaning, Sense};
use crate::proto::{Answer, Command, NoAnswer, scsi};
use crate::technique::firmware::{Ask, Machine, SHORT, TRIES, Watchdog};

/// How often the drive is asked how it is.
const EVERY: Duration = Duration::from_secs(1);

/// The time for a command that is answered at its end. After a time-out the kernel resets first the
/// drive and then all that is attached with it, so this is long for what takes seconds.
const TO_THE_END: Duration = Watchdog::LIMIT;

/// Which operation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Sanitize(Sanitize),
    FormatUnit,
}

impl Kind {
    /// What the drive says while it is at it.
    const fn running(self) -> Meaning {
        match self {
            Self::Sanitize(_) => Meaning::SanitizeInProgress,
            Self::FormatUnit => Meaning::FormatInProgress,
        }
    }

    /// Whether its command is answered only when all is done.
    const fn answers_at_its_end(self) -> bool {
        matches!(self, Self::Sanitize(Sanitize::Start(Start { immediate: false, .. })))
    }
}

/// One operation.
#[derive(Debug)]
pub(super) struct Operation {
    kind: Kind,
    state: State,
    look: Look,
    /// The next command is to make the drive usable again, and proves nothing yet: there is
    /// nothing to plant markers in.
    healing: bool,
    healed: bool,
    /// How often in a row a command was answered with something else.
    attentions: u32,
    /// Whether the drive took the command.
    accepted: bool,
    seen_running: bool,
    progress: Option<u16>,
    watchdog: Watchdog,
    due: Duration,
}

#[derive(Debug)]
enum State {
    /// An operation that is under way is waited for, whosever it is; one that did not finish is
    /// done again.
    Settle,
    Plant,
    /// How the drive is right before the command.
    Before,
    /// How it is formatted: it is formatted the same again.
    Measure,
    Send(scsi::Command),
    Watch,
    Done(Completion),
}

impl Operation {
    /// Begins with asking how the drive is.
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            state: State::Settle,
            look: Look::default(),
            healing: false,
            healed: false,
            attentions: 0,
            accepted: false,
            seen_running: false,
            progress: None,
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

    fn rejected(&mut self, reason: impl Into<String>) {
        self.end(Completion::Rejected { reason: reason.into() });
    }

    fn failed(&mut self, sense: &Sense) {
        self.end(Completion::Failed {
            reason: format!("The drive says that it failed ({sense})."),
        });
    }

    /// Asks anew how the drive is.
    fn look(&mut self, state: State, now: Duration) {
        (self.look, self.watchdog) = (Look::default(), Watchdog::new());
        (self.progress, self.due) = (None, now);
        self.state = state;
    }

    fn settle(&mut self, condition: Condition, now: Duration) {
        match condition {
            Condition::Ready => {
                self.progress = None;
                self.state = State::Plant;
            }
            Condition::Busy(_) => {
                if self.stuck(now) {
                    self.unknown(
                        "Something was under way before, and made no progress for an hour.",
                    );
                }
            }
            Condition::Broken(sense) if self.healed => self.failed(&sense),
            Condition::Broken(sense) => match (sense.meaning(), self.kind) {
                (Meaning::SanitizeFailed, Kind::Sanitize(sanitize)) => {
                    self.healing = true;
                    self.state = State::Send(sanitize.command());
                }
                (Meaning::SanitizeFailed, Kind::FormatUnit) => {
                    self.rejected("An earlier sanitize failed, and only another one may follow.");
                }
                _ => {
                    self.healing = true;
                    self.state = State::Measure;
                }
            },
        }
    }

    fn before(&mut self, condition: &Condition) {
        match (condition, self.kind) {
            (Condition::Ready, Kind::Sanitize(sanitize)) => {
                self.state = State::Send(sanitize.command());
            }
            (Condition::Ready, Kind::FormatUnit) => self.state = State::Measure,
            (Condition::Busy(sense) | Condition::Broken(sense), _) => {
                self.unknown(format!("Somebody else began something ({sense})."));
            }
        }
    }

    fn measured(&mut self, answer: Result<Answer, NoAnswer>) {
        let capacity = match heard(answer) {
            Err(Refused::Attention(_)) if self.again() => return,
            Ok(data) => Capacity::parse(&data).map_err(|error| error.to_string()),
            Err(why) => Err(why.to_string()),
        };
        self.attentions = 0;
        match capacity {
            // A drive whose format did not finish may not know: then it gets the usual one.
            Err(_) if self.healing => self.state = State::Send(keeping(None).command()),
            Ok(capacity) => self.state = State::Send(keeping(Some(&capacity)).command()),
            Err(why) => {
                self.rejected(format!("The drive does not say how it is formatted ({why})."))
            }
        }
    }

    /// Whether a command that the drive did not look at is to be sent once more.
    fn again(&mut self) -> bool {
        self.attentions += 1;
        self.attentions < TRIES
    }

    fn sent(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        const ILLEGAL_REQUEST: u8 = 0x05;
        const DATA_PROTECT: u8 = 0x07;
        match heard(answer) {
            Ok(_) => self.begun(true, now),
            // With a unit attention, or a deferred error, no command is carried out (SPC-5).
            Err(Refused::Attention(_)) if self.again() => {}
            Err(why @ (Refused::Attention(_) | Refused::Busy(_))) => {
                self.rejected(format!("The drive did not take the command ({why})."));
            }
            Err(Refused::Sense(sense)) if matches!(sense.key, ILLEGAL_REQUEST | DATA_PROTECT) => {
                self.rejected(format!("The drive refused the command (sense {sense})."));
            }
            Err(Refused::None(NoAnswer::NotSent(why))) => {
                self.rejected(format!("The command was not passed on ({why})."));
            }
            Err(Refused::None(NoAnswer::Gone(why))) => {
                self.unknown(format!("The drive is gone ({why})."));
            }
            // It may have begun: the drive tells.
            Err(_) => self.begun(false, now),
        }
    }

    fn begun(&mut self, accepted: bool, now: Duration) {
        self.attentions = 0;
        if self.healing {
            (self.healing, self.healed) = (false, true);
            self.look(State::Settle, now);
        } else {
            self.accepted = accepted;
            self.look(State::Watch, now);
        }
    }

    fn watch(&mut self, condition: &Condition, now: Duration) {
        match condition {
            Condition::Busy(sense) => {
                let meaning = sense.meaning();
                if meaning == self.kind.running() {
                    self.seen_running = true;
                } else if matches!(meaning, Meaning::SanitizeInProgress | Meaning::FormatInProgress)
                {
                    self.unknown("Another operation is under way than the one that was sent.");
                    return;
                }
                if self.stuck(now) {
                    self.unknown("The drive has made no progress for an hour.");
                }
            }
            Condition::Broken(sense) => self.failed(sense),
            Condition::Ready if self.seen_running => {
                self.end(Completion::Completed { witness: Some(Witness::SeenRunning) });
            }
            Condition::Ready if self.accepted => {
                let returned = self.kind.answers_at_its_end();
                let witness = returned.then_some(Witness::CommandReturned);
                self.end(Completion::Completed { witness });
            }
            Condition::Ready => {
                self.unknown("The answer was lost, and nothing was seen to be under way.");
            }
        }
    }

    fn stuck(&mut self, now: Duration) -> bool {
        self.watchdog.stuck(self.progress.map_or(0, |done| 1 + u64::from(done)), now)
    }

    fn looked(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        match self.look.hear(answer) {
            Err(why) => self.unknown(why),
            Ok(None) if self.look.troubled() => self.due = now + EVERY,
            Ok(None) => {}
            Ok(Some(condition)) => {
                self.due = now + EVERY;
                if let Condition::Busy(sense) = &condition {
                    self.progress = sense.progress;
                }
                match self.state {
                    State::Settle => self.settle(condition, now),
                    State::Before => self.before(&condition),
                    _ => self.watch(&condition, now),
                }
            }
        }
    }
}

impl Machine for Operation {
    fn poll(&mut self, now: Duration) -> Ask {
        let send = |command| Ask::Send { command: Command::Scsi(command), timeout: SHORT };
        let long = if self.kind.answers_at_its_end() { TO_THE_END } else { SHORT };
        match &self.state {
            State::Done(completion) => Ask::Done(completion.clone()),
            State::Plant => Ask::Plant,
            State::Send(command) => {
                let command = Command::Scsi(command.clone());
                Ask::Send { command, timeout: long }
            }
            State::Measure => send(ReadCapacity.command()),
            State::Settle | State::Before | State::Watch if now < self.due => {
                Ask::WaitUntil(self.due)
            }
            State::Settle | State::Before | State::Watch => send(self.look.command()),
        }
    }

    fn handle(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        match self.state {
            State::Measure => self.measured(answer),
            State::Send(_) => self.sent(answer, now),
            State::Settle | State::Before | State::Watch => self.looked(answer, now),
            State::Plant | State::Done(_) => {}
        }
    }

    fn planted(&mut self) {
        if matches!(self.state, State::Plant) {
            self.look(State::Before, Duration::ZERO);
        }
    }

    fn progress(&self) -> Option<u16> {
        self.progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::scsi::format_unit::FormatUnit;
    use crate::proto::scsi::protection::{Protection, ProtectionType};
    use crate::proto::scsi::sanitize::Erase;

    const NOW: Duration = Duration::ZERO;
    const IDLE: Sense = Sense::new(0, 0, 0);
    const SANITIZING: Sense = Sense { progress: Some(9), ..Sense::new(2, 0x04, 0x1b) };
    const FORMATTING: Sense = Sense { progress: Some(9), ..Sense::new(2, 0x04, 0x04) };

    fn sanitize() -> Sanitize {
        by(Erase::BlockErase, true)
    }

    fn by(erase: Erase, immediate: bool) -> Sanitize {
        Sanitize::Start(Start { erase, immediate, unrestricted_exit: false, zone_no_reset: false })
    }

    fn good(data: &[u8]) -> Result<Answer, NoAnswer> {
        Ok(Answer::Scsi { status: 0, sense: Vec::new(), data: data.to_vec() })
    }

    fn check(sense: &Sense) -> Result<Answer, NoAnswer> {
        Ok(Answer::Scsi { status: 2, sense: sense.fixed().to_vec(), data: Vec::new() })
    }

    fn lost() -> Result<Answer, NoAnswer> {
        Err(NoAnswer::Lost("reset".to_owned()))
    }

    /// The command that is sent next, however long that takes.
    fn sent(machine: &mut Operation) -> scsi::Command {
        let due = machine.due;
        match machine.poll(due) {
            Ask::Send { command: Command::Scsi(command), .. } => command,
            other => panic!("{other:?}"),
        }
    }

    /// Answers whatever asks how the drive is, until something else comes.
    fn say(machine: &mut Operation, sense: Option<&Sense>) {
        let name = sent(machine).name();
        let due = machine.due;
        if name == "REQUEST SENSE" {
            machine.handle(good(&sense.unwrap_or(&IDLE).fixed()), due);
            if sense.is_some_and(|sense| sense.key <= 3) {
                return;
            }
        }
        assert_eq!(sent(machine).name(), "TEST UNIT READY");
        machine.handle(sense.map_or_else(|| good(&[]), check), due);
    }

    /// A machine right before its command.
    fn ready(kind: Kind) -> Operation {
        let mut machine = Operation::new(kind);
        say(&mut machine, None);
        assert_eq!(machine.poll(NOW), Ask::Plant);
        machine.planted();
        say(&mut machine, None);
        machine
    }

    fn done(machine: &mut Operation) -> Completion {
        match machine.poll(NOW) {
            Ask::Done(completion) => completion,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_was_seen_to_run_has_a_witness() {
        let end = |answer, seen: &[&Sense]| {
            let mut machine = ready(Kind::Sanitize(sanitize()));
            assert_eq!(sent(&mut machine), sanitize().command());
            machine.handle(answer, NOW);
            seen.iter().for_each(|sense| say(&mut machine, Some(sense)));
            if !matches!(machine.state, State::Done(_)) {
                say(&mut machine, None);
            }
            done(&mut machine)
        };
        let seen = Completion::Completed { witness: Some(Witness::SeenRunning) };
        let unseen = Completion::Completed { witness: None };
        let becoming = Sense::new(2, 0x04, 0x01);
        assert_eq!(end(good(&[]), &[&SANITIZING, &SANITIZING]), seen);
        assert_eq!(end(lost(), &[&SANITIZING]), seen);
        assert_eq!(end(check(&Sense::new(0xb, 0, 0)), &[&SANITIZING]), seen);
        assert_eq!(end(good(&[]), &[]), unseen);
        assert_eq!(end(good(&[]), &[&becoming]), unseen);
        assert!(matches!(end(lost(), &[]), Completion::Unknown { .. }));
        assert!(matches!(end(good(&[]), &[&FORMATTING]), Completion::Unknown { .. }));
        for ascq in [0x00, 0x01, 0x03] {
            let failed = end(good(&[]), &[&SANITIZING, &Sense::new(3, 0x31, ascq)]);
            assert!(matches!(failed, Completion::Failed { .. }), "{failed:?}");
        }
    }

    #[test]
    fn an_answer_that_comes_only_at_the_end_is_a_witness() {
        let crypto = by(Erase::CryptographicErase, false);
        let end = |answer, seen: Option<&Sense>| {
            let mut machine = ready(Kind::Sanitize(crypto));
            let Ask::Send { timeout, .. } = machine.poll(machine.due) else { panic!() };
            assert_eq!(timeout, TO_THE_END);
            machine.handle(answer, NOW);
            if let Some(sense) = seen {
                say(&mut machine, Some(sense));
            }
            if !matches!(machine.state, State::Done(_)) {
                say(&mut machine, None);
            }
            done(&mut machine)
        };
        let returned = Completion::Completed { witness: Some(Witness::CommandReturned) };
        let seen = Completion::Completed { witness: Some(Witness::SeenRunning) };
        assert_eq!(end(good(&[]), None), returned);
        // It answered too early.
        assert_eq!(end(good(&[]), Some(&SANITIZING)), seen);
        assert_eq!(end(lost(), Some(&SANITIZING)), seen);
        assert!(matches!(end(lost(), None), Completion::Unknown { .. }));
        let failed = Sense::new(3, 0x31, 0x03);
        assert!(matches!(end(check(&failed), Some(&failed)), Completion::Failed { .. }));
    }

    #[test]
    fn what_is_refused_was_not_begun_and_what_was_not_looked_at_is_sent_again() {
        let busy = Answer::Scsi { status: 8, sense: Vec::new(), data: Vec::new() };
        for answer in [
            check(&Sense::new(5, 0x20, 0)),
            check(&Sense::new(7, 0x20, 2)),
            Ok(busy),
            Err(NoAnswer::NotSent(String::new())),
        ] {
            let mut machine = ready(Kind::Sanitize(sanitize()));
            machine.handle(answer, NOW);
            assert!(matches!(done(&mut machine), Completion::Rejected { .. }));
        }
        let mut machine = ready(Kind::Sanitize(sanitize()));
        for _ in 1..TRIES {
            machine.handle(check(&Sense::new(6, 0x2a, 0x09)), NOW);
            assert_eq!(sent(&mut machine), sanitize().command());
        }
        let mut stubborn = ready(Kind::Sanitize(sanitize()));
        (0..TRIES).for_each(|_| stubborn.handle(check(&Sense::new(6, 0x29, 0)), NOW));
        assert!(matches!(done(&mut stubborn), Completion::Rejected { .. }));
        machine.handle(good(&[]), NOW);
        assert!(matches!(machine.state, State::Watch));
    }

    #[test]
    fn a_format_keeps_what_the_drive_has() {
        let mut machine = ready(Kind::FormatUnit);
        assert_eq!(sent(&mut machine), ReadCapacity.command());
        let mut page = [0; 32];
        // 512 bytes, protection of type 2.
        (page[10], page[12]) = (2, 0x03);
        machine.handle(check(&Sense::new(6, 0x29, 0)), NOW);
        machine.handle(good(&page), NOW);
        let format = FormatUnit {
            immediate: true,
            security_initialize: false,
            protection: Protection::new(ProtectionType::Type2, 0),
        };
        assert_eq!(sent(&mut machine), format.command());
        machine.handle(good(&[]), NOW);
        say(&mut machine, Some(&FORMATTING));
        assert_eq!(machine.progress(), Some(9));
        say(&mut machine, None);
        let seen = Completion::Completed { witness: Some(Witness::SeenRunning) };
        assert_eq!(done(&mut machine), seen);
        let mut silent = ready(Kind::FormatUnit);
        silent.handle(check(&Sense::new(5, 0x20, 0)), NOW);
        assert!(matches!(done(&mut silent), Completion::Rejected { .. }));
    }

    #[test]
    fn an_earlier_failure_is_made_good_once_and_proves_nothing() {
        let failed = Sense::new(3, 0x31, 0x03);
        let mut machine = Operation::new(Kind::Sanitize(sanitize()));
        say(&mut machine, Some(&failed));
        assert_eq!(sent(&mut machine), sanitize().command());
        machine.handle(good(&[]), NOW);
        say(&mut machine, Some(&SANITIZING));
        let mut again = Operation::new(Kind::Sanitize(sanitize()));
        say(&mut again, Some(&failed));
        again.handle(good(&[]), NOW);
        say(&mut machine, None);
        assert_eq!(machine.poll(NOW), Ask::Plant);
        machine.planted();
        say(&mut machine, None);
        machine.handle(good(&[]), NOW);
        say(&mut machine, None);
        assert_eq!(done(&mut machine), Completion::Completed { witness: None });
        say(&mut again, Some(&failed));
        assert!(matches!(done(&mut again), Completion::Failed { .. }));
        let mut format = Operation::new(Kind::FormatUnit);
        say(&mut format, Some(&failed));
        assert!(matches!(done(&mut format), Completion::Rejected { .. }));
    }

    #[test]
    fn an_hour_without_progress_is_too_long() {
        let mut machine = ready(Kind::Sanitize(sanitize()));
        machine.handle(good(&[]), NOW);
        let mut steps = 0;
        while !matches!(machine.state, State::Done(_)) {
            say(&mut machine, Some(&SANITIZING));
            steps += 1;
            assert!(steps < 4000);
        }
        assert!(matches!(done(&mut machine), Completion::Unknown { .. }));
        assert!(machine.due >= Watchdog::LIMIT);
    }
}
