//! The words between a console and the engine. One JSON object a line, over a Unix socket that only
//! root may open.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::End;
use crate::live::{Doubt, Trouble};
use crate::model::{Bus, HiddenDrives, Language, Medium, Outcome, Refusal, Timestamp};
use crate::plan::PlanDocument;
use crate::run::{Event, Progress};

pub use crate::live::Asks;
pub use crate::model::Computer;

/// What a person asks for. The engine does it or says why not, in [`Report::Declined`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Order {
    /// Look at the computer, its drives and the stick again.
    Look,
    /// Open the station's key.
    SignIn {
        /// The passphrase, or the code on a badge.
        secret: Secret,
    },
    /// Make a plan for these drives and no others. It comes with the next [`Situation`].
    Plan {
        /// Their paths.
        drives: Vec<String>,
    },
    /// Consent to the plan with this digest, and begin.
    Wipe {
        /// The digest of the plan that was on the screen.
        digest: String,
        /// The organisation's number for the computer.
        asset_tag: Option<String>,
    },
    /// Go on with what was cut off, if it is still what [`Obstacle::Unfinished`] said.
    Resume {
        /// What it said.
        drives: Vec<(String, Timestamp)>,
    },
    /// Forget what was cut off: it stays as it was recorded, and is planned anew.
    StartOver,
    /// Stop the work. Each drive that is not done is certified as aborted.
    Stop,
    /// Let the computer sleep for some seconds, so that frozen drives lose their power.
    Thaw,
    /// Give up results that are in memory only.
    GiveUp,
    /// The results were seen: the next drives, or whatever comes at the end.
    Next,
    /// Switch the computer off.
    Off,
}

/// A secret on its way to the engine; never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub Zeroizing<String>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What the engine says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "report", content = "is", rename_all = "kebab-case")]
pub enum Report {
    /// Everything as it stands. The first report to a new console, and again whenever something
    /// changed that no event tells.
    Situation(Box<Situation>),
    /// What the work tells: the same as a line of `--json`.
    Event(Event),
    /// Why the last order of this console was not carried out.
    Declined(Declined),
}

/// Why an order was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Declined {
    /// Drives are being erased.
    Working,
    /// The drives are being looked at.
    Looking,
    /// Nothing is being erased that could be stopped.
    Idle,
    /// The drives, the plan or what was cut off are no longer what was on the screen.
    Changed,
    /// That is not the passphrase, or not the code of the badge.
    Secret,
    /// Results are in memory only.
    Unkept,
    /// Another reason.
    Other {
        /// One sentence.
        message: String,
    },
}

impl From<String> for Declined {
    fn from(message: String) -> Self {
        Self::Other { message }
    }
}

/// Everything a console needs to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Situation {
    /// The version of the engine.
    pub version: String,
    /// The computer.
    pub computer: Computer,
    /// The name of this bench.
    pub station: Option<String>,
    /// The language that the configuration names.
    pub language: Language,
    /// How much is asked.
    pub asks: Asks,
    /// What comes when the results of a complete computer were seen.
    pub end: End,
    /// Where results go.
    pub keeping: Keeping,
    /// Who signs.
    pub signing: Signing,
    /// Every drive that is seen.
    pub drives: Vec<Seen>,
    /// What stands in the way, the gravest first. While there is one, nothing begins without a
    /// person's answer to it.
    pub obstacles: Vec<Obstacle>,
    /// What a person should know, and nobody has to answer.
    pub remarks: Vec<Remark>,
    /// What is being done.
    pub work: Work,
}

/// What a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "remark", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Remark {
    /// The computer's clock is in doubt; documents say so, too.
    Clock {
        /// What it says.
        now: Timestamp,
        /// What speaks against it.
        doubts: Vec<Doubt>,
    },
    /// There is no `nulstil.toml` on the stick: the rules are those of the program.
    NoConfiguration,
    /// There are so many unfinished journals on the stick that only the newest were read.
    TooManyJournals,
    /// This program failed since the computer was started, and began anew: what it was erasing then was
    /// cut off.
    BegunAnew,
}

/// Where results go, and whether they are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Keeping {
    /// A folder of this computer.
    Folder {
        /// Its path.
        path: String,
    },
    /// The stick, by way of memory.
    Stick {
        /// What is wrong with it now.
        trouble: Option<Trouble>,
        /// How many files with results are in memory and not on it.
        in_memory: usize,
    },
}

/// Who signs the results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "key", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Signing {
    /// The station, once somebody signs in.
    Locked,
    /// The station.
    Open {
        /// Its name, as the root key authorized it.
        name: String,
    },
    /// The office, later: what is recorded here is no certificate.
    Later,
    /// The station, once a signed job is found to be for this computer.
    ForJobs,
}

/// A drive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// `/dev/sda`, or the absolute path of a disk image.
    pub path: String,
    /// What it calls itself.
    pub model: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Its capacity in bytes.
    pub capacity_bytes: u64,
    /// How it is attached.
    pub bus: Bus,
    /// What holds its data.
    pub medium: Medium,
    /// Why it will not be erased, if so.
    pub refusal: Option<Refusal>,
    /// It was erased since it was plugged in: the id of the document that says so, empty if that is
    /// signed later.
    pub done: Option<String>,
}

/// What stands in the way: each has one reason and one act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "obstacle", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Obstacle {
    /// The configuration cannot be read: the line and why. Act: correct it on another computer.
    Configuration {
        /// The sentence.
        message: String,
    },
    /// The stick that the computer was started with cannot be used. Act: as its sentence says.
    Stick {
        /// What is wrong.
        trouble: Trouble,
    },
    /// The station cannot sign. Act: fetch the controller.
    Key {
        /// Why, in one sentence.
        message: String,
    },
    /// No drive is seen. Act: look for it, or set the computer aside.
    NoDrive,
    /// The computer has storage controllers whose drives cannot be seen. Act: as `hidden` says.
    Hidden {
        /// What they are.
        hidden: HiddenDrives,
    },
    /// More drives than the policy expects. Act: look, and answer for each.
    MoreDrives {
        /// How many are expected.
        expected: usize,
        /// How many are seen.
        seen: usize,
    },
    /// The computer froze drives when it started. Act: let it sleep ([`Order::Thaw`]).
    Frozen {
        /// Their paths.
        drives: Vec<String>,
    },
    /// A drive expects to fail. Act: erase it all the same; what comes of it is certified either way.
    Failing {
        /// Its path.
        drive: String,
    },
    /// A drive is locked by a password. Act: fetch the controller.
    Locked {
        /// Its path.
        drive: String,
        /// What locks it.
        refusal: Refusal,
    },
    /// A drive cannot be erased here for another reason. Act: as the sentence says.
    Refused {
        /// Its path.
        drive: String,
        /// Why.
        refusal: Refusal,
    },
    /// Work on drives of this computer was cut off. Act: go on with it ([`Order::Resume`]).
    Unfinished {
        /// The serial numbers, and when the work began.
        drives: Vec<(String, Timestamp)>,
    },
}

/// Why a drive whose result was given up is not proven to be erased.
pub const GIVEN_UP: &str = "The result was given up, and is not saved.";

/// What is being done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Work {
    /// The engine looks at the computer, or asks drives what they can do.
    Looking,
    /// Nothing; this is what would be done.
    Ready {
        /// The plan, for every drive that may be erased, or those of [`Order::Plan`].
        plan: Box<PlanDocument>,
    },
    /// Drives are being erased.
    Running {
        /// The organisation's number for the computer.
        asset_tag: Option<String>,
        /// One for each drive, in the order of the plan.
        drives: Vec<Running>,
        /// Somebody stopped it.
        stopping: bool,
    },
    /// It is over.
    Over {
        /// The organisation's number for the computer.
        asset_tag: Option<String>,
        /// One for each drive, in the order of the plan.
        drives: Vec<Ended>,
        /// Why the computer is not complete, one sentence each; empty if it is.
        lacks: Vec<String>,
    },
    /// It could not begin, or the program failed: one sentence.
    Failed {
        /// What happened and what to do.
        message: String,
    },
    /// The computer is being switched off, or started again.
    Off {
        /// Whether it starts again.
        again: bool,
    },
}

/// A drive that is being erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Running {
    /// Its path.
    pub path: String,
    /// What it calls itself.
    pub model: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Its capacity in bytes.
    pub capacity_bytes: u64,
    /// Where it is; nothing before its turn.
    pub progress: Option<Progress>,
    /// How many operations failed and were tried again.
    pub troubles: u64,
    /// How it ended, if it has.
    pub outcome: Option<Outcome>,
}

/// A drive whose work is over. What is said here was read from the document that was saved, after
/// it was verified; where there is none, the drive is not erased as far as anybody can prove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// Its path.
    pub path: String,
    /// What it calls itself.
    pub model: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Its capacity in bytes.
    pub capacity_bytes: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Why not better, one English sentence each.
    pub reasons: Vec<String>,
    /// Whether that is recorded to be signed later.
    pub recorded: bool,
    /// The signed document; nothing if there is none.
    pub document: Option<Document>,
}

/// A signed document that was saved and verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// Its id, as it stands in it.
    pub id: String,
    /// The name of its file.
    pub file: String,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
    /// The text of the code that stands for it on paper; nothing where there is none.
    pub code: Option<String>,
}

impl Work {
    /// What the work tells, taken in. The engine and every console do the same, so that a console
    /// that comes late knows as much as one that heard everything.
    pub fn hear(&mut self, event: &Event) {
        let Self::Running { drives, .. } = self else { return };
        match event {
            Event::Progress(progress) => {
                if let Some(drive) = of(drives, &progress.path) {
                    drive.progress = Some(progress.clone());
                }
            }
            Event::Trouble { path, .. } => {
                if let Some(drive) = of(drives, path) {
                    drive.troubles = drive.troubles.saturating_add(1);
                }
            }
            Event::Certified(result) => {
                if let Some(drive) = of(drives, &result.path) {
                    drive.outcome = Some(result.outcome);
                }
            }
            Event::Plan(_)
            | Event::Started { .. }
            | Event::Inspecting { .. }
            | Event::Verifying { .. }
            | Event::Warning { .. }
            | Event::Summary { .. } => {}
        }
    }
}

/// The drive at this path.
fn of<'a>(drives: &'a mut [Running], path: &str) -> Option<&'a mut Running> {
    drives.iter_mut().find(|drive| drive.path == path)
}
