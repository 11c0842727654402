//! What a run tells whoever watches: one closed, typed stream. Bars, plain lines and `--json` all
//! read it; nothing flows back.

use serde::{Deserialize, Serialize};

use super::journal::Start;
use crate::model::{Evidence, Outcome, Refusal, Speed, Timestamp, VerifyMode};
use crate::plan::PlanDocument;

/// One event; with `--json`, one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Event {
    /// What will be done, before anything is done.
    Plan(PlanDocument),
    /// A drive's run begins, or goes on after it was cut off.
    Started {
        /// The drive.
        path: String,
        /// Its serial number.
        serial: Option<String>,
        /// Bytes that will be moved in all: every pass and the read-back.
        total_bytes: u64,
        /// The byte offset and pass it goes on from, if it does.
        resumed: bool,
    },
    /// A drive's inspection begins: it is read, and nothing is written to it.
    Inspecting {
        /// The drive.
        path: String,
        /// Its serial number.
        serial: Option<String>,
        /// Bytes that will be read, if all of them are alike.
        total_bytes: u64,
    },
    /// Where a drive is; at most twice a second.
    Progress(Progress),
    /// Something failed and will be tried again.
    Trouble {
        /// The drive.
        path: String,
        /// Where, in bytes.
        offset: u64,
        /// How many bytes the failed operation had.
        bytes: u64,
        /// What the drive said.
        error: String,
    },
    /// The read-back begins.
    Verifying {
        /// The drive.
        path: String,
        /// How much is read.
        mode: VerifyMode,
        /// The same in words.
        statement: String,
    },
    /// Something a person should know that changes no result by itself.
    Warning {
        /// The drive, if it is about one.
        path: Option<String>,
        /// One sentence.
        message: String,
    },
    /// A drive is done: its certificate is saved, or could not be, and then the reasons say why.
    Certified(DriveResult),
    /// The last event of every run.
    Summary {
        /// One per drive, in the order of the arguments.
        drives: Vec<DriveResult>,
        /// Path of the signed report on the whole machine; null if nothing was done.
        machine: Option<String>,
        /// Why that report says that the machine is not complete; empty if it is, or without one.
        machine_lacks: Vec<String>,
    },
}

/// What is being done to a drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The drive erases itself.
    Firmware,
    /// The host writes.
    Write,
    /// The host reads back what it wrote.
    Verify,
    /// The host reads, and wrote nothing.
    Inspect,
}

/// Where a drive is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The drive.
    pub path: String,
    /// What is being done to it.
    pub phase: Phase,
    /// The pass, from 1; the last one while verifying.
    pub pass: usize,
    /// How many passes there are.
    pub passes: usize,
    /// Bytes moved so far, over all passes and the read-back.
    pub done_bytes: u64,
    /// Bytes to move in all.
    pub total_bytes: u64,
    /// Mean over this phase.
    pub bytes_per_second: u64,
    /// When it will be done. It is moved only when it has become wrong; null in the first moments.
    pub ends_at: Option<Timestamp>,
    /// How far the drive says it is with erasing itself, in thousandths; null in other phases, and
    /// where it does not say.
    pub firmware_permille: Option<u32>,
}

/// How one drive's run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriveResult {
    /// The drive, as it was named.
    pub path: String,
    /// Its serial number.
    pub serial: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was recorded of it to be signed later; null for a run that is signed at its end.
    pub recorded: Option<Outcome>,
    /// The id of the run's certificate, whether it is saved or not; null where none was begun.
    pub certificate_id: Option<String>,
    /// Path of its certificate; null if nothing was written to the drive.
    pub certificate: Option<String>,
    /// Bytes written in this run, over all passes.
    pub written_bytes: u64,
    /// Mean rate of the writing in bytes per second, over all passes; null if nothing was written.
    pub write_bytes_per_second: Option<u64>,
    /// Bytes read back.
    pub read_bytes: u64,
    /// Mean rate of the reading back in bytes per second; null if nothing was read.
    pub read_bytes_per_second: Option<u64>,
    /// What stands in the way of a better outcome, one sentence each.
    pub reasons: Vec<String>,
    /// Why nothing was written, if so.
    pub refusal: Option<Refusal>,
}

impl DriveResult {
    /// A result that only says how it ended, and why not better.
    #[must_use]
    pub fn new(
        path: String,
        serial: Option<String>,
        outcome: Outcome,
        reasons: Vec<String>,
    ) -> Self {
        Self {
            path,
            serial,
            outcome,
            recorded: None,
            certificate_id: None,
            certificate: None,
            written_bytes: 0,
            write_bytes_per_second: None,
            read_bytes: 0,
            read_bytes_per_second: None,
            reasons,
            refusal: None,
        }
    }

    /// The same of the run that began so.
    pub(super) fn of(start: &Start, outcome: Outcome, reasons: Vec<String>) -> Self {
        let (path, serial) = (start.path.clone(), start.drive.serial_number.clone());
        let certificate_id = Some(start.certificate_id.clone());
        Self { certificate_id, ..Self::new(path, serial, outcome, reasons) }
    }

    /// Nothing was written to the drive, and this is why.
    #[must_use]
    pub fn refused(path: String, serial: Option<String>, refusal: Refusal) -> Self {
        let reasons = vec![refusal.message.clone()];
        Self { refusal: Some(refusal), ..Self::new(path, serial, Outcome::Refused, reasons) }
    }

    /// Adds how fast it went.
    pub(super) fn with_speed(mut self, evidence: &Evidence) -> Self {
        let speeds: Vec<Speed> = evidence.passes.iter().map(|pass| pass.speed).collect();
        let sum = |of: fn(&Speed) -> u64| speeds.iter().map(of).sum();
        let written =
            Speed { bytes: sum(|s| s.bytes), micros: sum(|s| s.micros), ..Speed::default() };
        let read = evidence.verification.as_ref().map(|read| read.speed).unwrap_or_default();
        let mean = |speed: &Speed| (speed.bytes > 0).then(|| speed.mean());
        (self.written_bytes, self.read_bytes) = (written.bytes, read.bytes);
        self.write_bytes_per_second = mean(&written);
        self.read_bytes_per_second = mean(&read);
        self
    }
}
