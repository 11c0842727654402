//! Whether the signed job on the stick is for this computer, today.

use super::super::bench::Alone;
use super::LiveImage;
use crate::cert::job::Job;
use crate::clock;
use crate::live;
use crate::model::{Inventory, Language};

/// How far clocks that run in local time are from each other at most, in seconds.
const ZONE: i64 = 15 * 3600;

impl LiveImage {
    /// The job, the drives that it is about and no others, and who signs for it.
    pub(super) fn valid_job(&mut self, inventory: &Inventory) -> Result<Alone, String> {
        if !self.is_signing() {
            return Err(
                "Without a key that signs nothing is erased unattended; put the station's key \
                        on the stick."
                    .to_owned(),
            );
        }
        let jobs = self.contents.as_ref().map(|contents| contents.jobs.clone()).unwrap_or_default();
        let job = live::only_job(&jobs, &self.root()?, clock::now())
            .map_err(|why| format!("{why} Nothing was erased."))?;
        self.time_is_right()?;
        self.open_for_job()?;
        let (paths, policy) = live::wanted(&job, inventory)?;
        if self.is_done(&job, inventory, &paths) {
            return Err(
                "Every drive that the job is about has a result on the stick that is newer \
                        than the job, good or bad: nothing was erased now. To erase them, let a \
                        person do it, or sign a new job."
                    .to_owned(),
            );
        }
        Ok(Alone::new(paths.into_iter().map(Into::into).collect(), policy, job))
    }

    /// A job ends at a time: where the time is in doubt by more than a time zone, it is not for now.
    fn time_is_right(&self) -> Result<(), String> {
        let now = clock::now();
        let doubts = self.doubts(now.plus(ZONE));
        let Some(doubt) = doubts.first() else { return Ok(()) };
        Err(format!(
            "The computer's clock says {now}, which is in doubt: {}. Without anybody there nothing is \
             erased then: set the clock in the firmware setup, or let a person do it.",
            doubt.words(Language::English)
        ))
    }

    /// Whether each of these drives was erased for this job before, as the names of the stick's files
    /// say: a job is not for what was put on a drive since.
    fn is_done(&self, job: &Job, inventory: &Inventory, paths: &[String]) -> bool {
        let Some(contents) = &self.contents else { return false };
        paths.iter().all(|path| {
            let drive = inventory.drives.iter().find(|drive| drive.path == *path);
            let serial = drive.and_then(|drive| drive.identity.serial_number.as_deref());
            serial.is_some_and(|serial| contents.has_certificate(serial, job.valid_from))
        })
    }
}
