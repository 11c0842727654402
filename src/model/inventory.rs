//! What discovery saw.

use serde::{Deserialize, Serialize};

use super::{HiddenDrives, Identity, Refusal};

/// Everything a machine shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    /// Every drive, in the order of their paths.
    pub drives: Vec<DriveFacts>,
    /// Whether there may be more.
    pub hidden_drives: HiddenDrives,
}

/// One drive as discovery saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriveFacts {
    /// The device node (`/dev/sda`) or the absolute path of the disk image.
    pub path: String,
    /// What makes it this drive.
    pub identity: Identity,
    /// What the kernel says it can do.
    pub capabilities: Capabilities,
    /// Why it must not be erased, if so.
    pub refusal: Option<Refusal>,
}

/// What the kernel says a drive can do. Facts for people and for later techniques; none of them
/// is an erasure (discard and write-zeroes never are).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// It accepts discard (TRIM, UNMAP, deallocate).
    pub discard: bool,
    /// It has a volatile write cache, so a flush matters.
    pub volatile_write_cache: bool,
    /// The medium can be taken out.
    pub removable: bool,
    /// `none`, `host-aware` or `host-managed`.
    pub zoned: String,
}
