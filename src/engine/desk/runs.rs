//! Begins work, and says what came of it.

use std::sync::Arc;

use super::super::bench::{Alone, Erased};
use super::super::work::{Job, Task, ended};
use super::super::{Declined, Ended, GIVEN_UP, Keeping, Running, Signing, Surroundings, Work};
use super::orders::not_here;
use super::{AtWork, Desk, Input};
use crate::cert::MachineDrive;
use crate::live;
use crate::model::{
    DriveFacts, Identity, Inventory, Outcome, Paperwork, Planned, Timestamp, clean,
};
use crate::plan::{ArmedPlan, Plan, Request};
use crate::run::{self, DriveResult, Outbox};

impl Desk {
    /// Erases the drives of a plan that was consented to.
    pub(super) fn wipe(&mut self, armed: ArmedPlan, tag: Option<String>) -> Result<(), String> {
        let plan = self.plan.take().ok_or("There is no plan; look again.")?;
        let rows = plan.drives().into_iter().map(|one| {
            let identity = one.facts.identity;
            (running(&one.path, &identity), AtWork { drive: Some(identity), resumed: None })
        });
        let rows = rows.collect();
        let inventory = self.bench.drives();
        let begun = self.bench.outbox().and_then(|outbox| {
            self.begin(Task::Wipe(Box::new(armed)), rows, tag, outbox, inventory)
        });
        if begun.is_err() {
            self.plan = Some(plan);
        }
        begun
    }

    /// Goes on with what was begun on drives of this computer, and no others: what was `shown` to
    /// whoever said so.
    pub(super) fn resume(&mut self, shown: &[(String, Timestamp)]) -> Result<(), Declined> {
        let inventory = self.bench.drives();
        let live = self.bench.live().ok_or_else(not_here)?;
        let begun = live.begun(&inventory);
        if begun.is_empty() || shown != cut_off(&begun) {
            return Err(Declined::Changed);
        }
        // What the work tells names a drive by the path that it had then.
        let mut paths: Vec<_> = begun.iter().map(|start| &start.path).collect();
        paths.sort_unstable();
        paths.dedup();
        if paths.len() < begun.len() {
            let message = "Drives that had the same name when they were begun cannot be gone on with \
                           together; begin anew.";
            return Err(message.to_owned().into());
        }
        let certified = live.done_with(&inventory);
        let outbox = live.go_on(&inventory)?;
        let is_it = |start: &run::Start| {
            let mut there = inventory.drives.iter().map(|drive| &drive.identity);
            let mut there = there.by_ref().filter(|drive| drive.same_drive(&start.drive));
            // Two that cannot be told apart are neither.
            there.next().filter(|_| there.next().is_none()).cloned()
        };
        let done = certified.iter().filter_map(|(start, digest)| {
            let (id, digest) = (document_id(start), Some(digest.clone()?));
            Some(Erased { drive: is_it(start)?, id, digest })
        });
        let done: Vec<Erased> = done.collect();
        let rows = begun.iter().map(|start| {
            let resumed = Some(start.certificate_id.clone());
            (running(&start.path, &start.drive), AtWork { drive: is_it(start), resumed })
        });
        let rows = rows.collect();
        let starts = begun.iter().chain(certified.iter().map(|(start, _)| start));
        let ids = starts.map(|start| start.certificate_id.clone()).collect();
        self.begin(Task::Resume(ids), rows, None, outbox, inventory)?;
        self.done.extend(done);
        self.note();
        Ok(())
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
        let found = self.bench.ask(&alone.drives);
        let plan = Plan::new(&Request::default(), alone.policy.clone(), found);
        let consent = alone.consent(&plan)?;
        let begun = self.bench.live().map(|live| live.begun(inventory)).unwrap_or_default();
        let drives = plan.drives();
        // The digest of a plan holds the numbers of attachments, which are others after a restart.
        let same_plan = |start: &run::Start| {
            drives.iter().any(|drive| {
                let plan_digest = start.planned.plan_digest.clone();
                let planned = Planned { plan_digest, ..drive.planned.clone() };
                drive.facts.identity.same_drive(&start.drive) && planned == start.planned
            })
        };
        if !begun.is_empty() && begun.iter().all(same_plan) {
            return self.resume(&cut_off(&begun)).map_err(|why| match why {
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
        rows: Vec<(Running, AtWork)>,
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
        let (drives, at_work) = rows.into_iter().unzip();
        self.at_work = at_work;
        self.situation.work =
            Work::Running { asset_tag: asset_tag.clone(), drives, stopping: false };
        self.plan = None;
        self.tell();
        let paperwork = Paperwork { asset_tag, ..self.setting.paperwork.clone() };
        let language = self.setting.language;
        let before = self.before(&inventory);
        let job = Job { task, station, outbox, around, inventory, before, paperwork, language };
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
                keeper.tell();
            }
            let _ = told.send(Input::Done(done));
        });
        Ok(())
    }

    /// What was erased before, as a report on this computer names it.
    fn before(&self, inventory: &Inventory) -> Vec<MachineDrive> {
        let line = |done: &Erased| {
            let is_there = |seen: &&DriveFacts| seen.identity.same_but_for_size(&done.drive);
            Some(MachineDrive {
                path: Some(inventory.drives.iter().find(is_there)?.path.clone()),
                drive: Some(done.drive.clone()),
                outcome: Some(Outcome::Sanitized),
                refusal: None,
                certificate_digest: Some(done.digest.clone()?),
            })
        };
        self.done.iter().filter_map(line).collect()
    }

    /// The work is over.
    pub(super) fn done(&mut self, done: Result<run::Report, String>) {
        let Work::Running { asset_tag, drives, .. } = &self.situation.work else { return };
        let work = match done {
            Err(message) => Work::Failed { message },
            Ok(report) => {
                let rows = drives.iter().zip(&self.at_work);
                Work::Over {
                    asset_tag: asset_tag.clone(),
                    drives: rows.map(|(drive, at)| self.ended(&report, drive, at)).collect(),
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

    /// What became of a drive: of the run that was for it, and no other.
    fn ended(&self, report: &run::Report, running: &Running, at: &AtWork) -> Ended {
        let is_its = |result: &&DriveResult| match &at.resumed {
            Some(id) => result.certificate_id.as_ref() == Some(id),
            None => result.path == running.path,
        };
        let result = report.drives.iter().find(is_its).cloned();
        let mut result = result.unwrap_or_else(|| missing(running));
        if at.resumed.is_some() && result.outcome == Outcome::Refused {
            // It was written to before it was cut off.
            result.outcome = Outcome::Indeterminate;
        }
        let mut ended = ended(&result, running, self.bench.station().as_deref());
        if let (Some(document), Keeping::Stick { .. }) =
            (&mut ended.document, &self.situation.keeping)
        {
            document.file = live::on_stick(&document.file);
        }
        ended
    }

    /// Remembers which drives were erased, so that they are not planned again while they stay.
    fn remember(&mut self) {
        let Work::Over { drives, .. } = &self.situation.work else { return };
        let erased = drives.iter().zip(&self.at_work).filter(|(drive, _)| is_done(drive));
        let done = erased.filter_map(|(ended, at)| {
            let document = ended.document.as_ref();
            Some(Erased {
                drive: at.drive.clone()?,
                id: document.map(|document| document.id.clone()).unwrap_or_default(),
                digest: document.map(|document| document.sha256.clone()),
            })
        });
        let done: Vec<_> = done.collect();
        self.done.extend(done);
        self.note();
    }

    /// Keeps it for whoever comes after this engine.
    fn note(&mut self) {
        if let Some(live) = self.bench.live() {
            live.remember(&self.done);
        }
    }

    /// Results that are in memory only are given up: nothing of this work is proven any more.
    pub(super) fn give_up(&mut self) -> Result<(), Declined> {
        let live = self.bench.live().ok_or_else(not_here)?;
        self.situation.keeping = live.give_up();
        if let Work::Over { drives, .. } = &mut self.situation.work {
            for (drive, at) in drives.iter_mut().zip(&self.at_work) {
                self.done.retain(|done| at.drive.as_ref() != Some(&done.drive));
                if drive.document.take().is_some() || std::mem::take(&mut drive.recorded) {
                    drive.outcome = Outcome::Indeterminate;
                    drive.reasons.insert(0, GIVEN_UP.to_owned());
                }
            }
        }
        self.note();
        self.tell();
        Ok(())
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

/// The id of the certificate of a run, as documents have it.
fn document_id(start: &run::Start) -> String {
    format!("urn:uuid:{}", start.certificate_id)
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
