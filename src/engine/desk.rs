//! The desk: everything as it stands, and what orders and events make of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::bench::{Bench, Setting};
use super::hub::{ConsoleId, Hub};
use super::work::{Job, ended};
use super::{
    Obstacle, Order, Report, Running, Secret, Seen, Signing, Situation, Surroundings, Work,
};
use crate::model::{DriveFacts, Outcome, Paperwork, RefusalCode, clean};
use crate::os::{self, EngineChoice, LinuxBay, System, disk_names};
use crate::plan::{ArmedPlan, Consent, Plan, Request, named};
use crate::run::{self, DriveResult, Event, NotBegun};

/// How often it looks whether a drive came or went.
const GLANCE: Duration = Duration::from_secs(1);

/// What reaches the desk.
#[derive(Debug)]
pub enum Input {
    /// A console connected.
    Came(ConsoleId),
    /// A person asks for something.
    Order(ConsoleId, Order),
    /// The work tells something.
    Event(Event),
    /// The work is over.
    Done(Result<run::Report, NotBegun>),
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
    /// The drives that were there when it last looked, and a second ago.
    known: Vec<String>,
    glimpsed: Vec<String>,
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
        let situation = Situation {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            computer: os::computer(&System::live()),
            station: None,
            language: setting.language,
            asks: setting.asks,
            keeping: setting.keeping.clone(),
            signing: setting.signing.clone(),
            drives: Vec::new(),
            obstacles: Vec::new(),
            work: Work::Looking,
        };
        let (plan, stop) = (None, Arc::new(AtomicBool::new(false)));
        let (known, glimpsed) = (Vec::new(), Vec::new());
        Self { bench, hub, told, setting, situation, plan, stop, known, glimpsed }
    }

    /// Works until the other end of `inputs` is gone; or, if it is only `for_consoles`, until the last
    /// console has gone and no drive is being erased.
    pub fn run(mut self, inputs: &Receiver<Input>, for_consoles: bool) {
        self.look();
        let mut met = false;
        loop {
            met |= !self.hub.is_empty();
            match inputs.recv_timeout(GLANCE) {
                Ok(input) => self.take(input),
                Err(RecvTimeoutError::Timeout) => {
                    let idle = !matches!(self.situation.work, Work::Running { .. });
                    if for_consoles && met && idle && self.hub.is_empty() {
                        return;
                    }
                    self.glance();
                }
                Err(RecvTimeoutError::Disconnected) => return,
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
        }
    }

    fn report(&self) -> Report {
        Report::Situation(Box::new(self.situation.clone()))
    }

    /// Says to every console how it stands now.
    fn tell(&self) {
        self.hub.tell_all(&self.report());
    }

    /// Drives come one after the other: it looks again once nothing moves any more.
    fn glance(&mut self) {
        let now = disk_names(&System::live());
        let is_idle = matches!(self.situation.work, Work::Ready { .. });
        if is_idle && now != self.known && now == self.glimpsed {
            self.look();
        }
        self.glimpsed = now;
    }

    /// Looks at the bench and its drives, and plans for all that may be erased.
    fn look(&mut self) {
        self.situation.work = Work::Looking;
        self.tell();
        self.known = disk_names(&System::live());
        self.setting = self.bench.setting();
        let inventory = self.bench.drives();
        let setting = &self.setting;
        self.situation.station = setting.paperwork.location.clone();
        self.situation.language = setting.language;
        self.situation.asks = setting.asks;
        self.situation.keeping = setting.keeping.clone();
        self.situation.signing = setting.signing.clone();
        self.situation.drives = inventory.drives.iter().map(seen).collect();
        let mut obstacles = setting.obstacles.clone();
        if inventory.hidden_drives.possible {
            obstacles.push(Obstacle::Hidden { hidden: inventory.hidden_drives.clone() });
        }
        let free = inventory.drives.iter().filter(|drive| drive.refusal.is_none());
        self.propose(free.map(|drive| drive.path.clone().into()).collect());
        if inventory.drives.is_empty() {
            obstacles.push(Obstacle::NoDrive);
        }
        obstacles.extend(inventory.drives.iter().filter_map(in_the_way));
        self.situation.obstacles = obstacles;
        self.tell();
    }

    /// Makes the plan for these drives. One that turns out not to be erasable is shown with its
    /// reason, and the plan is for the others.
    fn propose(&mut self, mut paths: Vec<PathBuf>) {
        let bay = LinuxBay::live(EngineChoice::Auto);
        let make = |paths: &[PathBuf]| {
            let found = named(&bay, paths);
            Plan::new(&Request::default(), self.setting.policy.clone(), found)
        };
        let mut plan = make(&paths);
        let refused: Vec<_> =
            plan.refusals().map(|(path, why)| (path.to_owned(), why.clone())).collect();
        if !refused.is_empty() {
            for drive in &mut self.situation.drives {
                let why = refused.iter().find(|(path, _)| *path == drive.path);
                drive.refusal = why.map(|(_, why)| why.clone()).or(drive.refusal.take());
            }
            paths.retain(|path| !refused.iter().any(|(refused, _)| path == refused));
            plan = make(&paths);
        }
        self.situation.work = Work::Ready { plan: Box::new(plan.document()) };
        self.plan = Some(plan);
    }

    fn order(&mut self, order: Order) -> Result<(), String> {
        let is_busy = matches!(self.situation.work, Work::Running { .. } | Work::Off);
        match order {
            Order::Stop => {
                let Work::Running { stopping, .. } = &mut self.situation.work else {
                    return Err("Nothing is being erased.".to_owned());
                };
                *stopping = true;
                self.stop.store(true, Ordering::Relaxed);
                self.tell();
                Ok(())
            }
            _ if is_busy => Err("Drives are being erased; wait until that is done.".to_owned()),
            Order::Look | Order::Next => {
                self.look();
                Ok(())
            }
            Order::SignIn { secret: Secret(secret) } => {
                self.bench.sign_in(&secret)?;
                self.setting = self.bench.setting();
                self.situation.signing = self.setting.signing.clone();
                self.tell();
                Ok(())
            }
            Order::Plan { drives } => {
                let known = |path: &String| self.situation.drives.iter().any(|d| d.path == *path);
                if !drives.iter().all(known) {
                    return Err("The drives have changed; look at them again.".to_owned());
                }
                self.propose(drives.into_iter().map(PathBuf::from).collect());
                self.tell();
                Ok(())
            }
            Order::Wipe { digest, asset_tag } => self.wipe(&digest, asset_tag),
            Order::Resume | Order::StartOver | Order::Thaw | Order::GiveUp | Order::Off => {
                Err("That is not possible here.".to_owned())
            }
        }
    }

    /// The yes to the plan with this digest.
    fn wipe(&mut self, digest: &str, asset_tag: Option<String>) -> Result<(), String> {
        let changed = || "The plan has changed; look at it again.".to_owned();
        let plan = self.plan.as_ref().ok_or_else(changed)?;
        if !matches!(self.situation.work, Work::Ready { .. }) {
            return Err(changed());
        }
        let station = self.bench.station();
        if station.is_none() && self.situation.signing != Signing::Later {
            return Err("Nobody has signed in; sign in first.".to_owned());
        }
        let asset_tag = asset_tag.and_then(|tag| clean(tag.as_bytes()));
        let outbox = self.bench.outbox()?;
        let inventory = self.bench.drives();
        let around = Surroundings::look(&inventory)
            .map_err(|error| format!("Signals cannot be caught: {error}."))?;
        let armed = ArmedPlan::new(plan, Consent::ahead(digest)).map_err(|_| changed())?;
        let drives = plan.drives();
        self.stop = Arc::clone(&around.stop);
        self.situation.work = Work::Running {
            asset_tag: asset_tag.clone(),
            drives: drives.iter().map(|drive| running(&drive.path, &drive.facts)).collect(),
            stopping: false,
        };
        self.plan = None;
        self.tell();
        let paperwork = Paperwork { asset_tag, ..self.setting.paperwork.clone() };
        let language = self.setting.language;
        let job = Job { armed, station, outbox, around, inventory, paperwork, language };
        let told = self.told.clone();
        std::thread::spawn(move || {
            let emit = |event| {
                // A desk that is gone is no reason to stop.
                let _ = told.send(Input::Event(event));
            };
            let done = job.run(&emit);
            let _ = told.send(Input::Done(done));
        });
        Ok(())
    }

    fn done(&mut self, done: Result<run::Report, NotBegun>) {
        let Work::Running { asset_tag, drives, .. } = &self.situation.work else { return };
        let station = self.bench.station();
        self.situation.work = match done {
            Err(error) => Work::Failed { message: error.to_string() },
            Ok(report) => {
                let end = |running: &Running| {
                    let result = report.drives.iter().find(|result| result.path == running.path);
                    let missing = || {
                        let why = vec!["The program lost sight of it.".to_owned()];
                        DriveResult::new(
                            running.path.clone(),
                            running.serial.clone(),
                            Outcome::Indeterminate,
                            why,
                        )
                    };
                    let result = result.cloned().unwrap_or_else(missing);
                    ended(
                        &result,
                        running.model.clone(),
                        running.capacity_bytes,
                        station.as_deref(),
                    )
                };
                Work::Over {
                    asset_tag: asset_tag.clone(),
                    drives: drives.iter().map(end).collect(),
                    lacks: report.machine_lacks.iter().chain(&report.faults).cloned().collect(),
                }
            }
        };
        self.tell();
    }
}

fn seen(drive: &DriveFacts) -> Seen {
    let identity = &drive.identity;
    Seen {
        path: drive.path.clone(),
        model: identity.model.clone(),
        serial: identity.serial_number.clone(),
        capacity_bytes: identity.capacity_bytes,
        bus: identity.bus,
        medium: identity.medium,
        refusal: drive.refusal.clone(),
    }
}

fn running(path: &str, facts: &DriveFacts) -> Running {
    Running {
        path: path.to_owned(),
        model: facts.identity.model.clone(),
        serial: facts.identity.serial_number.clone(),
        capacity_bytes: facts.identity.capacity_bytes,
        progress: None,
        troubles: 0,
        outcome: None,
    }
}

/// What a person has to see to before this drive can be erased. What the computer itself runs from
/// stands in nobody's way.
fn in_the_way(drive: &DriveFacts) -> Option<Obstacle> {
    let refusal = drive.refusal.clone()?;
    let drive = drive.path.clone();
    match refusal.code {
        RefusalCode::BootMedium | RefusalCode::HoldsOutput | RefusalCode::Virtual => None,
        RefusalCode::Locked => Some(Obstacle::Locked { drive, refusal }),
        _ => Some(Obstacle::Refused { drive, refusal }),
    }
}
