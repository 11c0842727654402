//! NVMe Format NVM with an erase: the command returns when it is done, or the namespace says how
//! much is left (NVM Express Base Specification 2.1, section 5.1.10).

use std::time::Duration;

use crate::model::{Completion, Witness};
use crate::proto::nvme::{
    FormatNvm, FormatTarget, Identify, IdentifyNamespace, NamespaceId, SecureErase,
};
use crate::proto::{Answer, Command, NoAnswer};
use crate::technique::firmware::{Ask, Machine, SHORT, TRIES, Watchdog};

/// After a time-out the kernel resets the controller, which may cut a format off.
const LONG: Duration = Duration::from_secs(4 * 3600);

/// How often the namespace is asked how much is left.
const EVERY: Duration = Duration::from_secs(1);

/// One Format NVM of one namespace.
#[derive(Debug)]
pub(super) struct NvmeFormat {
    namespace: NamespaceId,
    erase: SecureErase,
    state: State,
    progress: Option<u16>,
    failures: u32,
    watchdog: Watchdog,
    due: Duration,
}

#[derive(Debug)]
enum State {
    /// How the namespace is formatted: it is formatted the same again.
    Before,
    Plant(FormatNvm),
    Send(FormatNvm),
    Watch,
    Done(Completion),
}

impl NvmeFormat {
    /// Begins with asking how the namespace is formatted.
    pub(super) const fn new(namespace: NamespaceId, erase: SecureErase) -> Self {
        Self {
            namespace,
            erase,
            state: State::Before,
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

    fn unknown(&mut self, reason: String) {
        self.end(Completion::Unknown { reason });
    }

    fn rejected(&mut self, reason: String) {
        self.end(Completion::Rejected { reason });
    }

    fn before(&mut self, answer: Result<Answer, NoAnswer>) {
        match page(answer) {
            Ok(found) => {
                let target = FormatTarget::Namespace(self.namespace);
                self.state = State::Plant(FormatNvm::keeping(target, self.erase, &found));
            }
            Err(why) => self.rejected(format!("The namespace cannot be identified ({why}).")),
        }
    }

    fn sent(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        self.due = now;
        match answer {
            Ok(Answer::Nvme { status, .. }) if status.is_success() => self.state = State::Watch,
            Ok(Answer::Nvme { status, .. }) => {
                self.rejected(format!("The drive answered: {status}."));
            }
            Ok(_) => self.unknown("The answer was one of another protocol.".to_owned()),
            Err(NoAnswer::NotSent(why)) => {
                self.rejected(format!("The command was not passed on ({why})."));
            }
            Err(error) => self.unknown(format!("What the command came to is not known: {error}.")),
        }
    }

    fn watch(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        self.due = now + EVERY;
        match page(answer).map(|found| found.format_remaining_percent.unwrap_or(0)) {
            Ok(0) => self.end(Completion::Completed { witness: Some(Witness::CommandReturned) }),
            Ok(left) => {
                self.failures = 0;
                let left = left.min(100);
                self.progress = u16::try_from((100 - u32::from(left)) * 65_535 / 100).ok();
                if self.watchdog.stuck(u64::from(100 - left), now) {
                    self.unknown("The format has made no progress for an hour.".to_owned());
                }
            }
            Err(why) => {
                self.failures += 1;
                if self.failures >= TRIES {
                    self.unknown(format!("The namespace does not say how it is ({why})."));
                }
            }
        }
    }
}

/// The namespace's page. One of all zeros says that there is no such namespace.
fn page(answer: Result<Answer, NoAnswer>) -> Result<IdentifyNamespace, String> {
    match answer {
        Ok(Answer::Nvme { status, data }) if status.is_success() => {
            let found = IdentifyNamespace::parse(&data).map_err(|error| error.to_string())?;
            if found.blocks == 0 { Err("it is not there".to_owned()) } else { Ok(found) }
        }
        Ok(Answer::Nvme { status, .. }) => Err(status.to_string()),
        Ok(_) => Err("an answer of another protocol".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl Machine for NvmeFormat {
    fn poll(&mut self, now: Duration) -> Ask {
        let identify = || Command::Nvme(Identify::Namespace(self.namespace).command());
        match &self.state {
            State::Done(completion) => Ask::Done(completion.clone()),
            State::Plant(_) => Ask::Plant,
            State::Send(format) => {
                Ask::Send { command: Command::Nvme(format.command()), timeout: LONG }
            }
            State::Watch if now < self.due => Ask::WaitUntil(self.due),
            State::Before | State::Watch => Ask::Send { command: identify(), timeout: SHORT },
        }
    }

    fn handle(&mut self, answer: Result<Answer, NoAnswer>, now: Duration) {
        match self.state {
            State::Before => self.before(answer),
            State::Send(_) => self.sent(answer, now),
            State::Watch => self.watch(answer, now),
            State::Plant(_) | State::Done(_) => {}
        }
    }

    fn planted(&mut self) {
        if let State::Plant(format) = self.state {
            self.state = State::Send(format);
        }
    }

    fn progress(&self) -> Option<u16> {
        self.progress
    }
}
