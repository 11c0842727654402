//! The desk: everything as it stands, and what orders and events make of it.
//!
//! | module | does |
//! | --- | --- |
//! | `look` | what is there, and what stands in the way |
//! | `orders` | what a person asks for |
//! | `runs` | begins work, and says what came of it |

mod look;
mod orders;
mod runs;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::bench::{Bench, End, Erased, Setting};
use super::hub::{ConsoleId, Hub};
use super::{Asks, Keeping, Order, Report, Signing, Situation, Work};
use crate::live::State;
use crate::model::Identity;
use crate::os::{self, System, attachments};
use crate::plan::Plan;
use crate::run::{self, Event, Mirror as _};

/// How often it looks whether a drive came or went.
const GLANCE: Duration = Duration::from_secs(1);

/// How many glances nothing may move before work begins that nobody asked for.
const CALM: u32 = 5;

/// What reaches the desk.
#[derive(Debug)]
pub enum Input {
    /// A console connected.
    Came(ConsoleId),
    /// A person asks for something.
    Order(ConsoleId, Order),
    /// The work tells something.
    Event(Event),
    /// The work is over, or could not begin: one sentence.
    Done(Result<run::Report, String>),
    /// Whether everything is on the stick.
    Kept(State),
    /// The computer slept and is awake again, or why it did not sleep: one sentence.
    Awake(Result<(), String>),
}

/// The desk of one bench.
pub struct Desk {
    bench: Box<dyn Bench>,
    hub: Hub,
    /// Where the work tells what it does.
    told: Sender<Input>,
    setting: Setting,
    situation: Situation,
    /// What is on the screens to be consented to.
    plan: Option<Plan>,
    stop: Arc<AtomicBool>,
    /// The drives that were there when it last looked, and a second ago; and for how many glances
    /// nothing moved.
    known: Vec<(String, Option<u64>)>,
    glimpsed: Vec<(String, Option<u64>)>,
    calm: u32,
    /// The drives that were erased since they were plugged in.
    done: Vec<Erased>,
    /// The drives of the work, in the order of the screen.
    at_work: Vec<AtWork>,
    /// What was cut off is planned anew.
    anew: bool,
    /// What is being done, or is over, nobody was asked for.
    alone: bool,
    end: Option<End>,
}

/// A drive of the work, beside what the screen says of it.
struct AtWork {
    /// As it was attached when the work began, if exactly one was it.
    drive: Option<Identity>,
    /// The id of the certificate of the run that is gone on with.
    resumed: Option<String>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Desk({:?})", self.situation.work)
    }
}

impl Desk {
    /// A desk that has not looked at anything yet. What happens to it comes from `told`'s other end.
    #[must_use]
    pub fn new(mut bench: Box<dyn Bench>, hub: Hub, told: Sender<Input>) -> Self {
        let setting = bench.setting();
        let done = bench.live().map(|live| live.remembered()).unwrap_or_default();
        let situation = Situation {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            computer: os::computer(&System::live()),
            station: None,
            language: setting.language,
            asks: setting.asks,
            end: bench.live().map_or(End::Next, |live| live.end()),
            keeping: setting.keeping.clone(),
            signing: setting.signing.clone(),
            drives: Vec::new(),
            obstacles: Vec::new(),
            remarks: Vec::new(),
            work: Work::Looking,
        };
        Self {
            bench,
            hub,
            told,
            setting,
            situation,
            plan: None,
            stop: Arc::new(AtomicBool::new(false)),
            known: Vec::new(),
            glimpsed: Vec::new(),
            calm: 0,
            done,
            at_work: Vec::new(),
            anew: false,
            alone: false,
            end: None,
        }
    }

    /// Works until the computer is to be switched off or started again, which is said; until the other
    /// end of `inputs` is gone; or, if it is only `for_consoles`, until the last console has gone and no
    /// drive is being erased.
    pub fn run(mut self, inputs: &Receiver<Input>, for_consoles: bool) -> End {
        self.look();
        let mut met = false;
        loop {
            if let Some(end) = self.end {
                return end;
            }
            met |= !self.hub.is_empty();
            match inputs.recv_timeout(GLANCE) {
                Ok(input) => self.take(input),
                Err(RecvTimeoutError::Timeout) => {
                    let idle = !matches!(self.situation.work, Work::Running { .. });
                    if for_consoles && met && idle && self.hub.is_empty() {
                        return End::Next;
                    }
                    self.glance();
                }
                Err(RecvTimeoutError::Disconnected) => return End::Next,
            }
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Came(console) => self.hub.tell(console, &self.report()),
            Input::Order(console, order) => {
                if let Err(why) = self.order(order) {
                    self.hub.tell(console, &Report::Declined(why));
                }
            }
            Input::Event(event) => {
                self.situation.work.hear(&event);
                self.hub.tell_all(&Report::Event(event));
            }
            Input::Done(done) => self.done(done),
            Input::Kept(state) => {
                if let Some(live) = self.bench.live() {
                    self.situation.keeping = live.kept(state);
                    self.tell();
                }
            }
            Input::Awake(Ok(())) => self.look(),
            Input::Awake(Err(message)) => self.fail(message),
        }
    }

    fn report(&self) -> Report {
        Report::Situation(Box::new(self.situation.clone()))
    }

    /// Says to every console how it stands now.
    fn tell(&self) {
        self.hub.tell_all(&self.report());
    }

    /// Says that nothing came of it.
    fn fail(&mut self, message: String) {
        self.situation.work = Work::Failed { message };
        self.tell();
    }

    /// Once a second, when nothing else happens.
    fn glance(&mut self) {
        // Drives come one after the other: it looks again once nothing moves any more.
        let now = attachments(&System::live());
        let is_idle = matches!(self.situation.work, Work::Ready { .. });
        self.calm = if now == self.known { self.calm.saturating_add(1) } else { 0 };
        if is_idle && now != self.known && now == self.glimpsed {
            self.look();
        }
        self.glimpsed = now;
        let is_over = matches!(self.situation.work, Work::Over { .. });
        let is_running = matches!(self.situation.work, Work::Running { .. });
        if is_idle && self.calm >= CALM && self.begins_alone() {
            self.work_alone();
        } else if !is_running && self.in_memory() > 0 {
            // The stick may be back.
            if let Some(keeper) = self.bench.live().and_then(|live| live.keeper()) {
                keeper.soon();
            }
        } else if is_over && self.alone && self.is_complete() {
            self.finish(false);
        }
    }

    /// Whether a job is to be looked for now.
    fn begins_alone(&self) -> bool {
        self.setting.asks == Asks::Unattended
            && self.setting.signing != Signing::Locked
            && self.setting.obstacles.is_empty()
    }

    /// How many files with results are in memory only.
    fn in_memory(&self) -> usize {
        match self.situation.keeping {
            Keeping::Stick { in_memory, .. } => in_memory,
            Keeping::Folder { .. } => 0,
        }
    }

    /// Goes on as the bench says at the end of work, if the computer is complete. A screen that is dark
    /// says nothing, so that what is not complete stays on it until somebody has read it.
    fn finish(&mut self, look: bool) {
        let end = self.bench.live().map_or(End::Next, |live| live.end());
        match end {
            End::Off | End::Restart if self.is_complete() => self.leave(end),
            _ if look => self.look(),
            _ => {}
        }
    }

    fn leave(&mut self, end: End) {
        self.situation.work = Work::Off { again: end == End::Restart };
        self.tell();
        self.end = Some(end);
    }
}
