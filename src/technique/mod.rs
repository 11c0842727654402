//! How a drive is sanitized: state machines that say what to do next and are told what happened.
//!
//! A machine never sees a path, a descriptor or a clock; the loop in [`crate::run`] does the I/O.
//! So a simulated drive can fail at every step, in milliseconds, in a unit test.

mod ata;
mod firmware;
mod health;
mod markers;
mod mmc;
mod nvme;
mod opal;
mod said;
mod scsi;
mod spec;
mod survey;
mod sweep;

pub use crate::model::ATA_PASSWORD as PASSWORD;
pub use ata::{Ata, opener};
pub use firmware::{Ask, Machine};
pub use health::Health;
pub use markers::{Places, count, repeats};
pub use mmc::Mmc;
pub use nvme::{Events, Nvme};
pub use opal::{Asks, Ended, InvalidPsid, Locks, Opal, Psid, PsidRevert, Way};
pub use said::Survey;
pub use scsi::Scsi;
pub use spec::{Spec, all};
pub use survey::{Firmware, reaches_others};
pub use sweep::{Limits, Remainder, Reply, Step, Sweep};
