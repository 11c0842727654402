//! What a run tells whoever watches: one closed, typed stream. Bars, plain lines and `--json` all
//! read it; nothing flows back.

use serde::Serialize;

use crate::model::{Outcome, Refusal, Timestamp, VerifyMode};
use crate::plan::PlanDocument;

/// One event; with `--json`, one line.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// A drive is done and its certificate is saved.
    Certified(DriveResult),
    /// The last event of every run.
    Summary {
        /// One per drive, in the order of the arguments.
        drives: Vec<DriveResult>,
        /// Path of the signed report on the whole machine; null if nothing was done.
        machine: Option<String>,
    },
}

/// Where a drive is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The drive.
    pub path: String,
    /// `write` or `verify`.
    pub phase: &'static str,
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
    /// When it will be done, at this rate.
    pub ends_at: Option<Timestamp>,
}

/// How one drive's run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriveResult {
    /// The drive, as it was named.
    pub path: String,
    /// Its serial number.
    pub serial: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Path of its certificate; null if nothing was written to the drive.
    pub certificate: Option<String>,
    /// What stands in the way of a better outcome, one sentence each.
    pub reasons: Vec<String>,
    /// Why nothing was written, if so.
    pub refusal: Option<Refusal>,
}
