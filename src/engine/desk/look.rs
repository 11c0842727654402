//! What is there, and what stands in the way.

use std::path::PathBuf;

use super::super::bench::Erased;
use super::super::{Asks, End, Obstacle, Seen, Work};
use super::Desk;
use super::runs::cut_off;
use crate::live;
use crate::model::{DriveFacts, DriveKind, Inventory, Medium, RefusalCode, TechniqueId};
use crate::os::{self, System, attachments};
use crate::plan::{Found, Plan, Request};
use crate::technique::Health;

impl Desk {
    /// Looks at the bench and its drives, and plans for all that may be erased and were not yet.
    pub(super) fn look(&mut self) {
        self.situation.work = Work::Looking;
        self.alone = false;
        self.tell();
        self.known = attachments(&System::live());
        self.calm = 0;
        self.setting = self.bench.setting();
        let inventory = self.bench.drives();
        let there = |done: &Erased| inventory.drives.iter().any(|drive| is_done(drive, done));
        self.done.retain(there);
        self.situation.station = self.setting.paperwork.location.clone();
        self.situation.language = self.setting.language;
        self.situation.asks = self.setting.asks;
        self.situation.end = self.bench.live().map_or(End::Next, |live| live.end());
        self.situation.keeping = self.setting.keeping.clone();
        self.situation.signing = self.setting.signing.clone();
        self.situation.remarks = self.setting.remarks.clone();
        // A slot for cards with nothing in it is nothing to look at.
        let is_drive = |drive: &&DriveFacts| code(drive) != Some(RefusalCode::EmptySlot);
        let seen = inventory.drives.iter().filter(is_drive).map(|drive| self.seen(drive));
        self.situation.drives = seen.collect();
        let free = self.situation.drives.iter();
        let free = free.filter(|drive| drive.refusal.is_none() && drive.done.is_none());
        let found = self.propose(free.map(|drive| drive.path.clone().into()).collect());
        self.situation.obstacles = self.obstacles(&inventory, &found);
        self.tell();
    }

    fn seen(&self, drive: &DriveFacts) -> Seen {
        let identity = &drive.identity;
        let done = self.done.iter().find(|done| is_done(drive, done));
        Seen {
            path: drive.path.clone(),
            model: identity.model.clone(),
            serial: identity.serial_number.clone(),
            capacity_bytes: identity.capacity_bytes,
            bus: identity.bus,
            medium: identity.medium,
            refusal: drive.refusal.clone(),
            done: done.map(|done| done.id.clone()),
        }
    }

    /// Makes the plan for these drives, and says what they answered. One that turns out not to be
    /// erasable is shown with its reason, and the plan is for the others.
    pub(super) fn propose(&mut self, mut paths: Vec<PathBuf>) -> Vec<Found> {
        let mut asked = self.bench.ask(&paths);
        let found: Vec<Found> =
            asked.iter().filter_map(|(_, found)| found.as_ref().ok().cloned()).collect();
        let make = |found| Plan::new(&Request::default(), self.setting.policy.clone(), found);
        let mut plan = make(asked.clone());
        let refused: Vec<_> =
            plan.refusals().map(|(path, why)| (path.to_owned(), why.clone())).collect();
        if !refused.is_empty() {
            for drive in &mut self.situation.drives {
                let why = refused.iter().find(|(path, _)| *path == drive.path);
                drive.refusal = why.map(|(_, why)| why.clone()).or(drive.refusal.take());
            }
            asked.retain(|(path, _)| !refused.iter().any(|(refused, _)| path == refused));
            paths.clear();
            plan = make(asked);
        }
        self.situation.work = Work::Ready { plan: Box::new(plan.document()) };
        self.plan = Some(plan);
        found
    }

    /// What stands in the way, the gravest first. Where nobody is asked, the job decides about drives.
    fn obstacles(&mut self, inventory: &Inventory, found: &[Found]) -> Vec<Obstacle> {
        let mut obstacles = self.setting.obstacles.clone();
        if self.setting.asks == Asks::Unattended {
            return obstacles;
        }
        let begun = self.bench.live().map(|live| live.begun(inventory)).unwrap_or_default();
        let is_live = self.bench.live().is_some();
        if !begun.is_empty() && !self.anew {
            obstacles.push(Obstacle::Unfinished { drives: cut_off(&begun) });
        }
        if inventory.hidden_drives.possible {
            obstacles.push(Obstacle::Hidden { hidden: inventory.hidden_drives.clone() });
        }
        let is_own = |drive: &&DriveFacts| is_live && !live::is_guest(drive);
        let own: Vec<_> = inventory.drives.iter().filter(is_own).collect();
        if self.situation.drives.is_empty() || (is_live && own.is_empty()) {
            obstacles.push(Obstacle::NoDrive);
        }
        if let Some(expected) = self.expected(&own).filter(|expected| own.len() > *expected) {
            obstacles.push(Obstacle::MoreDrives { expected, seen: own.len() });
        }
        if is_live {
            obstacles.extend(self.frozen(found));
        }
        let failing = found.iter().filter(|found| found.health == Health::Failing);
        obstacles.extend(
            failing
                .filter(|found| self.is_planned(&found.facts.path))
                .map(|found| Obstacle::Failing { drive: found.facts.path.clone() }),
        );
        // What stands in the way of a drive may be known only since it was asked.
        let refused = |drive: &DriveFacts| {
            let seen = self.situation.drives.iter().find(|seen| seen.path == drive.path);
            let refusal = seen.map_or_else(|| drive.refusal.clone(), |seen| seen.refusal.clone());
            DriveFacts { refusal, ..drive.clone() }
        };
        let drives = inventory.drives.iter().map(refused);
        obstacles.extend(drives.filter_map(|drive| in_the_way(&drive, is_live)));
        obstacles
    }

    /// Whether a drive would be erased.
    fn is_planned(&self, path: &str) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.drives().iter().any(|drive| drive.path == path))
    }

    /// How many drives are expected. Where a scan alone is the yes, none that is plugged in from outside:
    /// it may be anybody's, and a person has to answer for it.
    fn expected(&self, own: &[&DriveFacts]) -> Option<usize> {
        if self.setting.asks != Asks::ScanStartsWipe {
            return self.setting.expected;
        }
        let inside = own.iter().filter(|drive| !drive.identity.is_pluggable()).count();
        Some(self.setting.expected.map_or(inside, |expected| expected.min(inside)))
    }

    /// The drives that cannot erase themselves because the computer froze them when it started, if sleep
    /// may help and was not tried.
    fn frozen(&self, found: &[Found]) -> Option<Obstacle> {
        let system = System::live();
        if os::slept(&system) || os::sleep_kind(&system).is_err() {
            return None;
        }
        let needs = |found: &&Found| {
            let facts = &found.facts;
            let planned = self.plan.as_ref().and_then(|plan| {
                plan.drives().iter().find(|drive| drive.path == facts.path).map(|drive| {
                    drive.planned.techniques.iter().any(|one| *one != TechniqueId::Overwrite)
                })
            });
            // An overwritten magnetic disk is as good as one that erased itself.
            let by_itself = planned.unwrap_or(false)
                || (planned.is_some() && facts.identity.medium == Medium::Hdd);
            found.firmware.frozen().is_some() && !by_itself
        };
        let drives: Vec<_> =
            found.iter().filter(needs).map(|found| found.facts.path.clone()).collect();
        (!drives.is_empty()).then_some(Obstacle::Frozen { drives })
    }
}

/// Whether it is the drive that was erased, and was not unplugged since. One that showed blocks that it
/// hid is larger than it was.
fn is_done(drive: &DriveFacts, done: &Erased) -> bool {
    let seen = &drive.identity;
    let is_known = seen.diskseq.is_some() || seen.kind == DriveKind::DiskImage;
    is_known && seen.same_but_for_size(&done.drive)
}

fn code(drive: &DriveFacts) -> Option<RefusalCode> {
    drive.refusal.as_ref().map(|refusal| refusal.code)
}

/// What a person has to see to before this drive can be erased. What the computer itself runs from
/// stands in nobody's way; in the live image that is a stick, and a drive inside of the computer that
/// says so is not believed.
fn in_the_way(drive: &DriveFacts, is_live: bool) -> Option<Obstacle> {
    let refusal = drive.refusal.clone()?;
    let is_own = is_live && !live::is_guest(drive);
    let drive = drive.path.clone();
    match refusal.code {
        RefusalCode::EmptySlot | RefusalCode::Virtual => None,
        RefusalCode::BootMedium | RefusalCode::HoldsOutput if !is_own => None,
        RefusalCode::Locked => Some(Obstacle::Locked { drive, refusal }),
        _ => Some(Obstacle::Refused { drive, refusal }),
    }
}
