//! One wipe, on a thread of its own; and what it came to, as its documents say.

use std::sync::Arc;
use std::time::Duration;

use super::{Document, Ended, Running, Surroundings, random};
use crate::cert::{MachineDrive, VerifiedCertificate};
use crate::model::{Inventory, Language, Outcome, Paperwork};
use crate::os::{EngineChoice, LinuxBay};
use crate::plan::ArmedPlan;
use crate::run::{
    self, DriveResult, Event, NotBegun, Outbox, Report, Setup, Signer, Station, code_of,
};

/// How often journals record how far a pass has come, and how long a drive may give no sign of life.
const CHECKPOINT: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(300);

/// What is to be done.
pub(super) enum Task {
    /// What a plan says that was consented to.
    Wipe(Box<ArmedPlan>),
    /// The rest of what was begun and cut off: the runs whose certificates have these ids.
    Resume(Vec<String>),
}

/// All that a run needs.
pub(super) struct Job {
    pub(super) task: Task,
    /// Nobody, where runs are signed later.
    pub(super) station: Option<Arc<Station>>,
    pub(super) outbox: Outbox,
    pub(super) around: Surroundings,
    pub(super) inventory: Inventory,
    /// What was erased before, since the computer was started.
    pub(super) before: Vec<MachineDrive>,
    pub(super) paperwork: Paperwork,
    pub(super) language: Language,
}

impl Job {
    /// Does it.
    pub(super) fn run(self, emit: &(dyn Fn(Event) + Sync)) -> Result<Report, NotBegun> {
        let bay = LinuxBay::live(EngineChoice::Auto);
        let only = match &self.task {
            Task::Resume(ids) => Some(ids.clone()),
            Task::Wipe(_) => None,
        };
        let signer = self.station.as_deref().map_or(Signer::Later, Signer::Station);
        let setup = Setup {
            bay: &bay,
            signer,
            outbox: &self.outbox,
            context: &self.around.context,
            inventory: &self.inventory,
            before: &self.before,
            only: only.as_deref(),
            paperwork: &self.paperwork,
            boot_id: self.around.boot_id.as_deref(),
            time: &self.around.time,
            random: &random,
            stop: &self.around.stop,
            checkpoint_every: CHECKPOINT,
            patience: PATIENCE,
            language: self.language,
            emit,
        };
        match self.task {
            Task::Wipe(armed) => run::wipe(*armed, &setup),
            Task::Resume(_) => run::resume(&setup),
        }
    }
}

/// What became of a drive. The verdict is that of the document that was saved: it is read again and
/// verified, and what it does not say was not proven.
pub(super) fn ended(result: &DriveResult, running: &Running, station: Option<&Station>) -> Ended {
    let mut reasons = result.reasons.clone();
    let saved = result.certificate.as_ref().zip(station).map(|(path, station)| {
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        let certificate = station.verify(&bytes).map_err(|error| error.to_string())?;
        if !is_about(&certificate, running) {
            return Err("it is about another drive".to_owned());
        }
        Ok::<_, String>((path.clone(), certificate, station))
    });
    let (is_sanitized, document) = match saved {
        None => (false, None),
        Some(Err(why)) => {
            reasons.push(format!("The certificate cannot be read again: {why}."));
            (false, None)
        }
        Some(Ok((path, certificate, station))) => {
            (certificate.is_sanitized(), Some(document(&path, &certificate, station)))
        }
    };
    let recorded = station.is_none().then_some(result.recorded).flatten();
    let outcome = match (result.outcome, recorded) {
        (_, Some(recorded)) => recorded,
        (Outcome::Sanitized, None) if !is_sanitized => Outcome::Indeterminate,
        (outcome, None) => outcome,
    };
    let recorded = recorded.is_some();
    let Running { path, model, serial, capacity_bytes, .. } = running.clone();
    Ended { path, model, serial, capacity_bytes, outcome, reasons, recorded, document }
}

/// Whether a certificate is about the drive that the screen names.
fn is_about(certificate: &VerifiedCertificate, running: &Running) -> bool {
    certificate.evidence().is_some_and(|evidence| {
        let drive = &evidence.drive;
        (&drive.serial_number, &drive.model) == (&running.serial, &running.model)
    })
}

fn document(path: &str, certificate: &VerifiedCertificate, station: &Station) -> Document {
    Document {
        id: certificate.id().to_owned(),
        file: path.to_owned(),
        sha256: certificate.digest().to_owned(),
        code: code_of(certificate, station),
    }
}
