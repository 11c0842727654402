//! eMMC: every block is trimmed or erased, which takes it out of the card's map, and then SANITIZE
//! removes what is in no map. Neither is enough alone. Never a discard: a sanitize may leave what
//! was only discarded (JESD84-B51, read second-hand).

use std::time::Duration;

use super::Mmc;
use crate::model::{Completion, Witness};
use crate::proto::mmc::erase::{Addressing, Kind, Range};
use crate::proto::mmc::status::{self, Error, State as CardState, Status};
use crate::proto::mmc::{Command as MmcCommand, sanitize};
use crate::proto::{Answer, Command, NoAnswer};
use crate::technique::firmware::{Ask, Machine, SHORT, TRIES, Watchdog};

/// How often the card is asked whether it is done.
const EVERY: Duration = Duration::from_secs(1);

/// Blocks that are erased at once: 1 GiB.
const STRETCH: u32 = 1 << 21;

/// A stretch may hold hundreds of erase groups, each with seconds of its own.
const STRETCH_TIMEOUT: Duration = Duration::from_secs(1800);

/// After a time-out Linux calls the sanitize off.
const LONG: Duration = Duration::from_secs(4 * 3600);

/// One trim, or erase, and sanitize of a card.
#[derive(Debug)]
pub(super) struct MmcSanitize {
    address: u16,
    sectors: u32,
    addressing: Addressing,
    kind: Kind,
    state: State,
    /// Blocks from the start that are in no map any more.
    erased: u32,
    failures: u32,
    watchdog: Watchdog,
    due: Duration,
}

#[derive(Debug)]
enum State {
    /// The card is asked until it is idle.
    Wait(Then),
    Plant,
    /// The commands of one stretch that are still to be sent, the next one first.
    Erase(std::vec::IntoIter<MmcCommand>),
    Sanitize,
    Done(Completion),
}

/// What follows when the card is idle.
#[derive(Debug, Clone, Copy)]
enum Then {
    Plant,
    /// This many blocks from the start are erased, if the card says nothing else.
    Erased(u32),
    /// A stretch that went wrong is erased again.
    Again,
    /// The sanitize is over; whether it is known that it was carried out.
    End {
        returned: bool,
    },
}

impl MmcSanitize {
    /// Begins with asking whether the card is idle.
    pub(super) fn new(mmc: &Mmc) -> Self {
        Self {
            address: mmc.address,
            sectors: mmc.ext_csd.sectors,
            addressing: mmc.ext_csd.addressing(),
            kind: if mmc.ext_csd.trim { Kind::Trim } else { Kind::Erase },
            state: State::Wait(Then::Plant),
            erased: 0,
            failures: 0,
            watchdog: Watchdog::new(),
            due: Duration::ZERO,
        }
    }

    fn end(&mut self, completion: Completion) {
        self.state = State::Done(completion);
    }

    fn unknown(&mut self, reason: impl Into<String>) {
        self.end(Completion::Unknown { reason: reason.into() });
    }

    fn wait(&mut self, then: Then, now: Duration) {
        self.watchdog = Watchdog::new();
        self.due = now;
        self.state = State::Wait(then);
    }

    /// The next stretch, or what follows the last.
    fn go_on(&mut self) {
        let left = self.sectors.saturating_sub(self.erased);
        if left == 0 {
            self.state = State::Sanitize;
            return;
        }
        let last = self.erased.saturating_add(left.min(STRETCH) - 1);
        match Range::new(self.erased, last, self.addressing) {
            Some(range) => self.state = State::Erase(range.erase(self.kind).to_vec().into_iter()),
            None => self.unknown("The card has no addresses for all of its blocks."),
        }
    }

    /// The card called something an error. Nothing is begun before the first stretch is erased.
    fn failed(&mut self, errors: &[Error]) {
        let reason = format!("The card said: {errors:?}.");
        self.end(if self.erased == 0 {
            Completion::Rejected { reason }
        } else {
            Completion::Failed { reason }
        });
    }

    /// Whether something that went wrong may be tried once more.
    fn again(&mut self, why: &str) -> bool {
        self.failures += 1;
        if self.failures >= TRIES {
            self.unknown(format!("The card does not answer as it should ({why})."));
        }
        self.failures < TRIES
    }

    fn waited(&mut self, then: Then, answer: Result<Answer, NoAnswer>, now: Duration) {
        self.due = now + EVERY;
        let status = match status(answer) {
            Ok(status) => status,
            Err(NoAnswer::Gone(why)) => {
                self.unknown(format!("The card is gone ({why})."));
                return;
            }
            Err(why) => {
                self.again(&why.to_string());
                return;
            }
        };
        let errors = status.errors();
        match then {
            // Most errors are of an earlier command, and cleared when they are read.
            Then::Plant | Then::Again => {}
            Then::Erased(_) | Then::End { .. } if errors.is_empty() => {}
            Then::Erased(_) if called_off(&errors) => {
                if self.again(&format!("{errors:?}")) {
                    self.wait(Then::Again, now);
                }
                return;
            }
            Then::Erased(_) | Then::End { .. } => {
                self.failed(&errors);
                return;
            }
        }
        if !(status.ready() && status.state() == CardState::Transfer) {
            if self.watchdog.stuck(0, now) {
                self.unknown("The card has been busy for an hour.");
            }
            return;
        }
        match then {
            Then::Plant => self.state = State::Plant,
            Then::Erased(blocks) => {
                self.erased = blocks;
                self.failures = 0;
                self.go_on();
            }
            Then::Again => self.go_on(),
            Then::End { returned: true } => {
                self.end(Completion::Completed { witness: Some(Witness::CommandReturned) });
            }
            Then::End { returned: false } => {
                self.unknown("The answer was lost, and the card keeps no record of a sanitize.");
            }
        }
    }

    fn erasing(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        let State::Erase(commands) = &mut self.state else { return };
        let sent = commands.next();
        let left = commands.len();
        match status(answer).map(Status::errors) {
            Ok(errors) if called_off(&errors) => {
                if self.again(&format!("{errors:?}")) {
                    self.wait(Then::Again, now);
                }
            }
            Ok(errors) if !errors.is_empty() => self.failed(&errors),
            Ok(_) if left > 0 => {}
            Ok(_) => {
                let left = self.sectors.saturating_sub(self.erased);
                self.wait(Then::Erased(self.erased.saturating_add(left.min(STRETCH))), now);
            }
            Err(NoAnswer::Gone(why)) => self.unknown(format!("The card is gone ({why}).")),
            Err(NoAnswer::NotSent(why)) if self.erased == 0 && left > 0 => {
                let reason = format!("The command was not passed on ({why}).");
                self.end(Completion::Rejected { reason });
            }
            // Erasing twice does no harm.
            Err(why) => {
                let name = sent.map_or("", |command| command.name());
                if self.again(&format!("{name}: {why}")) {
                    self.wait(Then::Again, now);
                }
            }
        }
    }

    fn sanitized(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        self.failures = 0;
        match status(answer).map(Status::errors) {
            Ok(errors) if errors.is_empty() => self.wait(Then::End { returned: true }, now),
            Ok(errors) => self.failed(&errors),
            Err(NoAnswer::NotSent(why)) => {
                let reason = format!("The sanitize was not passed on ({why}).");
                self.end(Completion::Failed { reason });
            }
            Err(NoAnswer::Lost(_)) => self.wait(Then::End { returned: false }, now),
            Err(NoAnswer::Gone(why)) => self.unknown(format!("The card is gone ({why}).")),
        }
    }
}

/// The card status in an answer.
fn status(answer: Result<Answer, NoAnswer>) -> Result<Status, NoAnswer> {
    match answer? {
        Answer::Mmc { response: [first, ..], .. } => Ok(Status::from_bits(first)),
        _ => Err(NoAnswer::Lost("an answer of another protocol".to_owned())),
    }
}

/// Another command came in between, and nothing of the stretch was erased.
fn called_off(errors: &[Error]) -> bool {
    let in_between = |error| matches!(error, &Error::EraseSequence | &Error::EraseReset);
    !errors.is_empty() && errors.iter().all(in_between)
}

impl Machine for MmcSanitize {
    fn poll(&mut self, now: Duration) -> Ask {
        let send = |command, timeout| Ask::Send { command: Command::Mmc(command), timeout };
        match &self.state {
            State::Done(completion) => Ask::Done(completion.clone()),
            State::Plant => Ask::Plant,
            State::Wait(_) if now < self.due => Ask::WaitUntil(self.due),
            State::Wait(_) => send(status::command(self.address), SHORT),
            State::Erase(commands) => match commands.as_slice().first() {
                Some(next) => send(next.clone(), STRETCH_TIMEOUT),
                None => Ask::WaitUntil(now + EVERY),
            },
            State::Sanitize => send(sanitize::command(), LONG),
        }
    }

    fn handle(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        match self.state {
            State::Wait(then) => self.waited(then, answer, now),
            State::Erase(_) => self.erasing(answer, now),
            State::Sanitize => self.sanitized(answer, now),
            State::Plant | State::Done(_) => {}
        }
    }

    fn planted(&mut self) {
        if matches!(self.state, State::Plant) {
            self.go_on();
        }
    }

    fn progress(&self) -> Option<u16> {
        if self.erased == 0 {
            return None;
        }
        let done = u64::from(self.erased) * 65_535 / u64::from(self.sectors).max(1);
        u16::try_from(done).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::mmc::ext_csd::ExtCsd;

    const NOW: Duration = Duration::ZERO;

    fn machine(sectors: u32, trim: bool) -> MmcSanitize {
        let mut ext_csd = ExtCsd::parse(&[0; 512]).unwrap();
        (ext_csd.sectors, ext_csd.trim) = (sectors, trim);
        MmcSanitize::new(&Mmc { address: 1, ext_csd })
    }

    fn card(state: CardState, errors: &[Error]) -> Result<Answer, NoAnswer> {
        let status = Status::new(state, state == CardState::Transfer, errors);
        Ok(Answer::Mmc { response: [status.bits(), 0, 0, 0], data: Vec::new() })
    }

    fn idle() -> Result<Answer, NoAnswer> {
        card(CardState::Transfer, &[])
    }

    fn lost() -> Result<Answer, NoAnswer> {
        Err(NoAnswer::Lost("timed out".to_owned()))
    }

    fn sent(machine: &mut MmcSanitize) -> (u8, u32) {
        let due = machine.due;
        match machine.poll(due) {
            Ask::Send { command: Command::Mmc(command), .. } => {
                (command.opcode(), command.argument())
            }
            other => panic!("{other:?}"),
        }
    }

    /// Answers what is sent next.
    fn hear(machine: &mut MmcSanitize, answer: Result<Answer, NoAnswer>) -> (u8, u32) {
        let command = sent(machine);
        let due = machine.due;
        machine.handle(answer, due);
        command
    }

    fn planted(sectors: u32, trim: bool) -> MmcSanitize {
        let mut machine = machine(sectors, trim);
        assert_eq!(hear(&mut machine, card(CardState::Programming, &[])), (13, 1 << 16));
        assert_eq!(hear(&mut machine, card(CardState::Transfer, &[Error::General])), (13, 1 << 16));
        assert_eq!(machine.poll(NOW), Ask::Plant);
        machine.planted();
        machine
    }

    /// With a stretch erased.
    fn erased(sectors: u32, trim: bool) -> (MmcSanitize, [(u8, u32); 4]) {
        let mut machine = planted(sectors, trim);
        let commands = std::array::from_fn(|_| hear(&mut machine, idle()));
        (machine, commands)
    }

    fn done(machine: &mut MmcSanitize) -> Completion {
        match machine.poll(NOW) {
            Ask::Done(completion) => completion,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_block_is_erased_before_the_sanitize() {
        let sectors = 2 * STRETCH + 5;
        let (mut machine, first) = erased(sectors, true);
        assert_eq!(first, [(35, 0), (36, STRETCH - 1), (38, 1), (13, 1 << 16)]);
        assert!(machine.progress().is_some_and(|done| (32_000..33_000).contains(&done)));
        let rest: Vec<_> = (0..8).map(|_| hear(&mut machine, idle())).collect();
        assert_eq!(rest[..2], [(35, STRETCH), (36, 2 * STRETCH - 1)]);
        assert_eq!(rest[4..7], [(35, 2 * STRETCH), (36, sectors - 1), (38, 1)]);
        assert_eq!(hear(&mut machine, idle()), (6, 0x03a5_0101));
        hear(&mut machine, card(CardState::Programming, &[]));
        hear(&mut machine, idle());
        let witness = Some(Witness::CommandReturned);
        assert_eq!(done(&mut machine), Completion::Completed { witness });
        // A small card counts bytes, and this one does not trim.
        let (_, small) = erased(2048, false);
        assert_eq!(small[..3], [(35, 0), (36, 2047 * 512), (38, 0)]);
    }

    #[test]
    fn an_error_is_never_overlooked() {
        for step in 0..4 {
            let mut machine = planted(2048, true);
            (0..step).for_each(|_| _ = hear(&mut machine, idle()));
            hear(&mut machine, card(CardState::Transfer, &[Error::WriteProtectEraseSkip]));
            assert!(matches!(done(&mut machine), Completion::Rejected { .. }), "{step}");
            // After a stretch it is no refusal any more.
            let (mut machine, _) = erased(2 * STRETCH, true);
            (0..step).for_each(|_| _ = hear(&mut machine, idle()));
            hear(&mut machine, card(CardState::Transfer, &[Error::General]));
            assert!(matches!(done(&mut machine), Completion::Failed { .. }), "{step}");
        }
        for step in 0..2 {
            let (mut machine, _) = erased(2048, true);
            (0..step).for_each(|_| _ = hear(&mut machine, idle()));
            hear(&mut machine, card(CardState::Programming, &[Error::Switch]));
            assert!(matches!(done(&mut machine), Completion::Failed { .. }), "{step}");
        }
    }

    #[test]
    fn a_stretch_that_was_called_off_is_erased_again_a_few_times() {
        for trouble in [lost, || card(CardState::Transfer, &[Error::EraseSequence])] {
            let mut machine = planted(2048, true);
            for _ in 1..TRIES {
                assert_eq!(hear(&mut machine, idle()).0, 35);
                assert_eq!(hear(&mut machine, trouble()).0, 36);
                assert_eq!(hear(&mut machine, idle()).0, 13);
            }
            assert_eq!(hear(&mut machine, idle()).0, 35);
            hear(&mut machine, trouble());
            assert!(matches!(done(&mut machine), Completion::Unknown { .. }));
        }
    }

    #[test]
    fn without_an_answer_nobody_knows_of_the_sanitize() {
        let (mut machine, _) = erased(2048, true);
        assert_eq!(hear(&mut machine, lost()).0, 6);
        hear(&mut machine, idle());
        assert!(matches!(done(&mut machine), Completion::Unknown { .. }));
        let (mut machine, _) = erased(2048, true);
        hear(&mut machine, idle());
        let mut steps = 0;
        while !matches!(machine.state, State::Done(_)) {
            hear(&mut machine, card(CardState::Programming, &[]));
            steps += 1;
            assert!(steps < 4000);
        }
        assert!(matches!(done(&mut machine), Completion::Unknown { .. }));
        let (mut machine, _) = erased(2048, true);
        hear(&mut machine, Err(NoAnswer::NotSent(String::new())));
        assert!(matches!(done(&mut machine), Completion::Failed { .. }));
    }
}
