//! Why a drive is not touched. Data that is shown and recorded, not a crash.

use serde::{Deserialize, Serialize};

/// The closed list of reasons, shared by `list`, `plan` and `wipe`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// Nothing exists at the path.
    NotFound,
    /// Neither a block device nor a regular file, or a block device that is not a whole drive
    /// (device-mapper, md, optical, RAM disk).
    NotADrive,
    /// A partition; the whole drive must be named.
    Partition,
    /// This system runs from it.
    BootMedium,
    /// It, or something on it, is mounted.
    Mounted,
    /// It, or something on it, is swap space in use.
    Swap,
    /// Part of md, device-mapper (LVM, LUKS), bcache, a loop device, or another multi-device set in use.
    Held,
    /// The kernel says that somebody uses it, and does not say who.
    Busy,
    /// Read-only.
    ReadOnly,
    /// No medium in it, a size of zero, or no device behind its node.
    NoMedium,
    /// A slot for cards or the like, plugged in or built in as such, with nothing in it.
    EmptySlot,
    /// Shorter than one block.
    TooSmall,
    /// Host-managed zones: plain overwriting does not work on it.
    Zoned,
    /// A virtual or loop device is only erased when it is named.
    Virtual,
    /// The same drive was named twice, perhaps by two names.
    Duplicate,
    /// No permission to open it.
    Permission,
    /// Another drive than the one in the plan.
    Replaced,
    /// Something the run needs lies on it: `--out` or a key.
    HoldsOutput,
    /// No technique that reaches the method that was asked for is available.
    MethodUnavailable,
    /// It hides blocks at its end that cannot be shown where it is attached now.
    HiddenArea,
    /// It is locked, by its own locks or a password, and cannot be written before it is unlocked.
    Locked,
    /// The site's policy asks for more than the request.
    Policy,
    /// The drive could not be examined.
    Unreadable,
}

impl RefusalCode {
    /// Whether a drive that must not be written for this reason may be read all the same.
    #[must_use]
    pub const fn allows_reading(self) -> bool {
        matches!(self, Self::ReadOnly | Self::Zoned)
    }
}

/// One drive's refusal: the reason and one sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[error("{message}")]
pub struct Refusal {
    /// Which reason.
    pub code: RefusalCode,
    /// What is the matter and what to do, in one sentence.
    pub message: String,
}

impl Refusal {
    /// A refusal with its sentence.
    #[must_use]
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
