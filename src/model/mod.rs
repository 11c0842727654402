//! The vocabulary: what was seen, planned, done, read back and concluded. Values only, no I/O.
//!
//! Every type that appears in a certificate serialises with camelCase member names, integers
//! with the unit in the name, and no fractions, as the JSON profile of [`crate::cert`] asks.

mod boot;
mod conclusion;
mod condemnation;
mod danish;
mod drive;
mod evidence;
mod firmware;
mod inspection;
mod inventory;
mod language;
mod machine;
mod method;
mod range;
mod refusal;
pub mod sampling;
mod shortfall;
pub(crate) mod text;
mod time;

pub use boot::{Boot, Lockdown, SecureBoot, Tpm};
pub use conclusion::{Conclusion, Outcome, Verdict};
pub use condemnation::{Attempt, Condemnation, Label};
#[cfg(test)]
pub(crate) use drive::tests::identity as test_identity;
pub use drive::{Bus, DriveKind, Identity, Medium, is_pluggable};
pub use evidence::{
    Aftermath, CipherKey, Ending, Evidence, Finding, Findings, Interruption, PassEvidence, Planned,
    Speed, VerificationEvidence,
};
pub use firmware::{
    Completion, Content, Exchange, Field, FirmwareErase, Hidden, HiddenArea, LEAST_MARKERS,
    LoggedEvent, Markers, Reset, Witness,
};
pub use inspection::{Blankness, Inspected, Inspection, InspectionShortfall, Lock};
pub use inventory::{Capabilities, DriveFacts, Inventory};
pub use language::Language;
pub use machine::{Clock, Computer, HiddenDrives, Paperwork, Tool};
pub use method::{ATA_PASSWORD, Method, Pass, Scheme, TechniqueId, VerifyMode};
pub use range::{Range, RangeList};
pub use refusal::{Refusal, RefusalCode};
pub use shortfall::{Severity, Shortfall};
#[cfg(feature = "verify-cli")]
pub(crate) use text::allowed;
pub use text::{clean, same_model, same_name};
pub(crate) use text::{hex, unhex};
pub use time::{InvalidTimestamp, Timestamp};
