//! Begins work, and says what came of it.

use std::sync::Arc;

use super::super::bench::Alone;
use super::super::work::{Job, Task, ended};
use super::super::{Declined, Ended, Keeping, Running, Signing, Surroundings, Work};
use super::orders::not_here;
use super::{Desk, Input};
use crate::live;
use crate::model::{Identity, Inventory, Outcome, Paperwork, Timestamp, clean};
use crate::os::{EngineChoice, LinuxBay};
use crate::plan::{ArmedPlan, Plan, Request, named};
use crate::run::{self, DriveResult, Outbox};

impl Desk {
    /// Erases the drives of a plan that was consented to.
    pub(super) fn wipe(&mut self, armed: ArmedPlan, tag: Option<String>) -> Result<(), String> {
        let plan = self.plan.take().ok_or("There is no plan; look again.")?;
        let drives = plan.drives();
        let running = drives.iter().map(|one| running(&one.path, &one.facts.identity)).collect();
        let inventory = self.bench.drives();
        let begun = self.bench.outbox().and_then(|outbox| {
            self.begin(Task::Wipe(Box::new(armed)), running, tag, outbox, inventory)
        });
        if begun.is_err() {
            self.plan = Some(plan);
        }
        begun
    }

    /// Goes on with what was begun on drives of this computer, and no others: what was `shown` to
    /// whoever said so.
    pub(super) fn resume(&mut self, shown: Option<&[(String, Timestamp)]>) -> Result<(), Declined> {
        let inventory = self.bench.drives();
        let live = self.bench.live().ok_or_else(not_here)?;
        let begun = live.begun(&inventory);
        if begun.is_empty() || shown.is_some_and(|shown| shown != cut_off(&begun)) {
            return Err(Declined::Changed);
        }
        let done = live.done_with(&inventory);
        let outbox = live.go_on(&inventory)?;
        for start in done {
            let mut there = inventory.drives.iter();
            if let Some(drive) = there.find(|drive| drive.identity.same_drive(&start.drive)) {
                self.done.push((drive.identity.clone(), start.certificate_id));
            }
        }
        let running = begun.iter().map(|start| running(&start.path, &start.drive)).collect();
        Ok(self.begin(Task::Resume, running, None, outbox, inventory)?)
    }

    /// What the signed job on the stick says, with nobody asked.
    pub(super) fn work_alone(&mut self) {
        let inventory = self.bench.drives();
        let done = match self.bench.live().map(|live| live.job(&inventory)) {
            Some(Ok(alone)) => self.follow(&alone, &inventory),
            Some(Err(why)) => Err(why),
            None => return,
        };
        match done {
            Ok(()) => self.alone = true,
            Err(why) => {
                if let Some(live) = self.bench.live() {
                    live.job_over();
                }
                self.fail(why);
            }
        }
    }

    /// Goes on only with the very plan that the job consents to, and otherwise begins anew.
    fn follow(&mut self, alone: &Alone, inventory: &Inventory) -> Result<(), String> {
        let bay = LinuxBay::live(EngineChoice::Auto);
        let found = named(&bay, &alone.drives);
        let plan = Plan::new(&Request::default(), alone.policy.clone(), found);
        let consent = alone.consent(&plan)?;
        let begun = self.bench.live().map(|live| live.begun(inventory)).unwrap_or_default();
        let drives = plan.drives();
        let same_plan = |start: &run::Start| {
            drives.iter().any(|drive| {
                drive.facts.identity.same_drive(&start.drive) && drive.planned == start.planned
            })
        };
        if !begun.is_empty() && begun.iter().all(same_plan) {
            return self.resume(None).map_err(|why| match why {
                Declined::Other { message } => message,
                _ => "What was cut off has changed.".to_owned(),
            });
        }
        let armed = ArmedPlan::new(&plan, consent).map_err(|error| format!("{error}."))?;
        self.plan = Some(plan);
        self.wipe(armed, None)
    }

    fn begin(
        &mut self,
        task: Task,
        drives: Vec<Running>,
        asset_tag: Option<String>,
        outbox: Outbox,
        inventory: Inventory,
    ) -> Result<(), String> {
        let station = self.bench.station();
        if station.is_none() && self.setting.signing != Signing::Later {
            return Err("Nobody has signed in; sign in first.".to_owned());
        }
        let mut around = Surroundings::look(&inventory)
            .map_err(|error| format!("Signals cannot be caught: {error}."))?;
        let asset_tag = asset_tag.and_then(|tag| clean(tag.as_bytes()));
        let live = self.bench.live();
        let keeper = live.as_ref().and_then(|live| live.keeper());
        if let Some(live) = live {
            around.context.clock.source = live.clock_source();
        }
        self.stop = Arc::clone(&around.stop);
        self.anew = false;
        self.situation.work =
            Work::Running { asset_tag: asset_tag.clone(), drives, stopping: false };
        self.plan = None;
        self.tell();
        let paperwork = Paperwork { asset_tag, ..self.setting.paperwork.clone() };
        let language = self.setting.language;
        let job = Job { task, station, outbox, around, inventory, paperwork, language };
        let told = self.told.clone();
        std::thread::spawn(move || {
            let events = told.clone();
            let worker = std::thread::spawn(move || {
                job.run(&|event| {
                    // A desk that is gone is no reason to stop.
                    let _ = events.send(Input::Event(event));
                })
            });
            let done = match worker.join() {
                Ok(done) => done.map_err(|error| error.to_string()),
                Err(_) => Err("The program failed; what was done is in the journals.".to_owned()),
            };
            if let Some(keeper) = keeper {
                let _ = told.send(Input::Kept(keeper.now()));
            }
            let _ = told.send(Input::Done(done));
        });
        Ok(())
    }

    /// The work is over.
    pub(super) fn done(&mut self, done: Result<run::Report, String>) {
        let Work::Running { asset_tag, drives, .. } = &self.situation.work else { return };
        let (station, keeping) = (self.bench.station(), &self.situation.keeping);
        let work = match done {
            Err(message) => Work::Failed { message },
            Ok(report) => {
                let end = |running: &Running| {
                    let result = report.drives.iter().find(|result| result.path == running.path);
                    let result = result.cloned().unwrap_or_else(|| missing(running));
                    let (model, size) = (running.model.clone(), running.capacity_bytes);
                    let mut ended = ended(&result, model, size, station.as_deref());
                    if let (Some(document), Keeping::Stick { .. }) = (&mut ended.document, keeping)
                    {
                        document.file = live::on_stick(&document.file);
                    }
                    ended
                };
                Work::Over {
                    asset_tag: asset_tag.clone(),
                    drives: drives.iter().map(end).collect(),
                    lacks: report.machine_lacks.iter().chain(&report.faults).cloned().collect(),
                }
            }
        };
        self.situation.work = work;
        self.remember();
        if self.alone
            && let Some(live) = self.bench.live()
        {
            live.job_over();
        }
        self.tell();
    }

    /// Remembers which drives were erased, so that they are not planned again while they stay.
    fn remember(&mut self) {
        let Work::Over { drives, .. } = &self.situation.work else { return };
        let inventory = self.bench.drives();
        for drive in drives.iter().filter(|drive| is_done(drive)) {
            let same = |seen: &Identity| {
                seen.serial_number == drive.serial
                    && seen.model == drive.model
                    && seen.capacity_bytes == drive.capacity_bytes
            };
            let mut there = inventory.drives.iter().filter(|seen| same(&seen.identity));
            // Two that cannot be told apart are both offered again.
            if let (Some(only), None) = (there.next(), there.next()) {
                let by = drive.document.as_ref().map(|document| document.id.clone());
                self.done.push((only.identity.clone(), by.unwrap_or_default()));
            }
        }
    }

    /// Whether every drive was erased and is proven, or recorded to be signed later, and nothing is
    /// missing.
    pub(super) fn is_complete(&self) -> bool {
        match &self.situation.work {
            Work::Over { drives, lacks, .. } => lacks.is_empty() && drives.iter().all(is_done),
            _ => false,
        }
    }
}

/// What was cut off, as it is shown: the serial numbers, and when it began.
pub(super) fn cut_off(begun: &[run::Start]) -> Vec<(String, Timestamp)> {
    let shown = |start: &run::Start| {
        let serial = start.drive.serial_number.as_ref();
        (serial.unwrap_or(&start.path).clone(), start.run.started_at)
    };
    begun.iter().map(shown).collect()
}

/// Whether a drive was erased, and that is signed, or recorded to be signed.
fn is_done(drive: &Ended) -> bool {
    drive.outcome == Outcome::Sanitized && (drive.document.is_some() || drive.recorded)
}

fn missing(running: &Running) -> DriveResult {
    let why = vec!["The program lost sight of it.".to_owned()];
    let (path, serial) = (running.path.clone(), running.serial.clone());
    DriveResult::new(path, serial, Outcome::Indeterminate, why)
}

fn running(path: &str, identity: &Identity) -> Running {
    Running {
        path: path.to_owned(),
        model: identity.model.clone(),
        serial: identity.serial_number.clone(),
        capacity_bytes: identity.capacity_bytes,
        progress: None,
        troubles: 0,
        outcome: None,
    }
}
