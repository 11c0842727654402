//! NVMe Sanitize: the controller says at once that it has begun, and erases the whole subsystem by
//! itself; only its log says when it is done (NVM Express Base Specification 2.1, section 8.1.24).

use std::time::Duration;

use crate::model::{Completion, Witness};
use crate::proto::nvme::{Sanitize, SanitizeLog, SanitizeOutcome};
use crate::proto::{Answer, Command, NoAnswer};
use crate::technique::firmware::{Ask, Machine, SHORT, TRIES, Watchdog};

/// How often the log is read.
const EVERY: Duration = Duration::from_secs(1);

/// One Sanitize.
#[derive(Debug)]
pub(super) struct NvmeSanitize {
    sanitize: Sanitize,
    state: State,
    /// The log before the command: what an earlier owner's sanitize left there.
    before: Option<SanitizeLog>,
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
    Plant,
    /// What the log says before the command.
    Before,
    Send,
    Watch,
    Done(Completion),
}

impl NvmeSanitize {
    /// Begins with reading the log.
    pub(super) const fn new(sanitize: Sanitize) -> Self {
        Self {
            sanitize,
            state: State::Settle,
            before: None,
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

    /// The log that came, or none yet: a question may go wrong a few times.
    fn log(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) -> Option<SanitizeLog> {
        let read = match answer {
            Ok(Answer::Nvme { status, data }) if status.is_success() => {
                SanitizeLog::parse(&data).map_err(|error| error.to_string())
            }
            Ok(Answer::Nvme { status, .. }) => Err(status.to_string()),
            Ok(_) => Err("an answer of another protocol".to_owned()),
            Err(NoAnswer::Gone(why)) => {
                self.unknown(format!("The drive is gone ({why})."));
                return None;
            }
            Err(error) => Err(error.to_string()),
        };
        self.due = now + EVERY;
        match read {
            Ok(log) => {
                self.failures = 0;
                self.progress = log.progress;
                Some(log)
            }
            Err(why) => {
                self.failures += 1;
                if self.failures >= TRIES {
                    self.unknown(format!("The sanitize status log cannot be read ({why})."));
                }
                None
            }
        }
    }

    fn settle(&mut self, log: &SanitizeLog, now: Duration) {
        match log.status.outcome {
            SanitizeOutcome::InProgress => {
                if self.watchdog.stuck(u64::from(log.progress.unwrap_or(0)), now) {
                    self.unknown(
                        "A sanitize was under way before, and has made no progress for an hour.",
                    );
                }
            }
            SanitizeOutcome::Failed if self.reopened => self.failed(),
            SanitizeOutcome::Failed => self.state = State::Reopen,
            _ => {
                self.watchdog = Watchdog::new();
                self.progress = None;
                self.state = State::Plant;
            }
        }
    }

    fn failed(&mut self) {
        let reason = "The drive says that its sanitize failed.".to_owned();
        self.end(Completion::Failed { reason });
    }

    fn before(&mut self, log: SanitizeLog) {
        if log.status.outcome == SanitizeOutcome::InProgress {
            self.unknown("Somebody else began a sanitize.");
        } else {
            self.before = Some(log);
            self.state = State::Send;
        }
    }

    fn sent(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        self.due = now;
        match answer {
            Ok(Answer::Nvme { status, .. }) if status.is_success() => self.begun(true),
            Ok(Answer::Nvme { status, .. }) => {
                self.end(Completion::Rejected { reason: format!("The drive answered: {status}.") });
            }
            Ok(_) => self.unknown("The answer was one of another protocol."),
            Err(NoAnswer::NotSent(why)) => {
                let reason = format!("The command was not passed on ({why}).");
                self.end(Completion::Rejected { reason });
            }
            // It may have begun: the log tells.
            Err(NoAnswer::Lost(_)) => self.begun(false),
            Err(NoAnswer::Gone(why)) => self.unknown(format!("The drive is gone ({why}).")),
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

    fn watch(&mut self, log: &SanitizeLog, now: Duration) {
        let ours = log.command_dword10 == self.sanitize.dword10();
        match log.status.outcome {
            SanitizeOutcome::InProgress => {
                if !ours {
                    self.unknown("Another sanitize is under way than the one that was sent.");
                    return;
                }
                self.seen_running = true;
                let done =
                    u64::from(log.status.passes_done) << 16 | u64::from(log.progress.unwrap_or(0));
                if self.watchdog.stuck(done, now) {
                    self.unknown("The drive has made no progress for an hour.");
                }
            }
            SanitizeOutcome::Sanitized | SanitizeOutcome::SanitizedAndDeallocated if ours => {
                let changed = self.before.as_ref().is_some_and(|before| {
                    // That the drive no longer counts as erased is what our own markers do.
                    let erased = log.status.global_data_erased && !before.status.global_data_erased;
                    before.status.outcome != log.status.outcome
                        || before.command_dword10 != log.command_dword10
                        || erased
                });
                let witness = if self.seen_running {
                    Some(Witness::SeenRunning)
                } else if changed && self.accepted {
                    Some(Witness::RecordChanged)
                } else {
                    None
                };
                self.end(Completion::Completed { witness });
            }
            SanitizeOutcome::Failed if ours && (self.seen_running || self.accepted) => {
                self.failed();
            }
            outcome => {
                self.unknown(format!(
                    "The drive took the command, and then spoke of another state ({outcome:?})."
                ));
            }
        }
    }
}

impl Machine for NvmeSanitize {
    fn poll(&mut self, now: Duration) -> Ask {
        match &self.state {
            State::Done(completion) => Ask::Done(completion.clone()),
            State::Reopen | State::Send => {
                let command = Command::Nvme(self.sanitize.command());
                Ask::Send { command, timeout: SHORT }
            }
            State::Plant => Ask::Plant,
            State::Settle | State::Before | State::Watch if now < self.due => {
                Ask::WaitUntil(self.due)
            }
            State::Settle | State::Before | State::Watch => {
                Ask::Send { command: Command::Nvme(SanitizeLog::command()), timeout: SHORT }
            }
        }
    }

    fn handle(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        match self.state {
            State::Reopen | State::Send => self.sent(answer, now),
            State::Settle | State::Before | State::Watch => {
                let Some(log) = self.log(answer, now) else { return };
                match self.state {
                    State::Settle => self.settle(&log, now),
                    State::Before => self.before(log),
                    _ => self.watch(&log, now),
                }
            }
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
    use crate::proto::nvme::{Afterwards, SanitizeAction, Status};

    const BLOCK_ERASE: u32 = 2;
    const SUCCEEDED: u16 = 1;
    const ERASED: u16 = 1 << 8;

    fn log(status: u16, dword10: u32) -> Result<Answer, NoAnswer> {
        let mut page = vec![0; 512];
        page[2..4].copy_from_slice(&status.to_le_bytes());
        page[4..8].copy_from_slice(&dword10.to_le_bytes());
        answer(page)
    }

    fn answer(data: Vec<u8>) -> Result<Answer, NoAnswer> {
        Ok(Answer::Nvme { status: Status::from_raw(0), data })
    }

    /// What it comes to if the log says one thing before the command and another right after it.
    fn between(
        before: Result<Answer, NoAnswer>,
        sent: Result<Answer, NoAnswer>,
        after: Result<Answer, NoAnswer>,
    ) -> Completion {
        let mut machine = NvmeSanitize::new(Sanitize::Start {
            action: SanitizeAction::BlockErase(Afterwards::Deallocate),
            unrestricted_exit: false,
        });
        machine.handle(before.clone(), Duration::ZERO);
        assert_eq!(machine.poll(Duration::ZERO), Ask::Plant);
        machine.planted();
        for answer in [before, sent, after] {
            assert!(matches!(machine.poll(EVERY), Ask::Send { .. }));
            machine.handle(answer, EVERY);
        }
        match machine.poll(EVERY) {
            Ask::Done(completion) => completion,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_record_that_became_ours_is_a_witness() {
        let ok = || answer(Vec::new());
        let ours = |status| log(status, BLOCK_ERASE);
        let witnessed = |witness| Completion::Completed { witness };
        let changed = witnessed(Some(Witness::RecordChanged));
        assert_eq!(between(log(0, 0), ok(), ours(SUCCEEDED | ERASED)), changed);
        assert_eq!(between(log(SUCCEEDED, 4), ok(), ours(SUCCEEDED)), changed);
        assert_eq!(between(ours(SUCCEEDED), ok(), ours(SUCCEEDED | ERASED)), changed);
        // Nothing happened, and the drive noticed late that markers were written.
        assert_eq!(between(ours(SUCCEEDED), ok(), ours(SUCCEEDED)), witnessed(None));
        assert_eq!(between(ours(SUCCEEDED | ERASED), ok(), ours(SUCCEEDED)), witnessed(None));
        // The command may not have come through: what the log says then needs to be seen running.
        let lost = Err(NoAnswer::Lost(String::new()));
        assert_eq!(between(log(0, 0), lost, ours(SUCCEEDED | ERASED)), witnessed(None));
        let foreign = between(log(0, 0), ok(), log(SUCCEEDED | ERASED, 4));
        assert!(matches!(foreign, Completion::Unknown { .. }), "{foreign:?}");
    }
}
