//! The surroundings of a run: the computer, the clock, the tool, the paperwork.

use serde::{Deserialize, Serialize};

/// The computer the drive is in, from DMI and the running system. Absent is not an error: many
/// virtual machines have no DMI.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Computer {
    /// Maker.
    pub manufacturer: Option<String>,
    /// Product name.
    pub model: Option<String>,
    /// Serial number of the system.
    pub serial_number: Option<String>,
    /// SMBIOS UUID.
    pub system_uuid: Option<String>,
    /// Processor.
    pub cpu: Option<String>,
    /// Memory in bytes.
    pub memory_bytes: Option<u64>,
}

/// How far the times in this document can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Clock {
    /// Where the time comes from.
    pub source: String,
    /// The hardware clock minus the system clock, in seconds, where there is a hardware clock.
    pub rtc_minus_system_seconds: Option<i64>,
    /// Whether a person confirmed the time.
    pub confirmed: bool,
}

/// The program that made the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the running executable, hexadecimal, where it could be read.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub executable_sha256: Option<String>,
}

/// The fields of SP 800-88 (r1 appendix G, r2 section 4.6) that no program can know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Paperwork {
    /// The organisation's number for the device (media property number).
    pub asset_tag: Option<String>,
    /// Who did it: a pseudonym or employee number, not a name.
    pub operator: Option<String>,
    /// Where.
    pub location: Option<String>,
}

/// Whether this machine may have drives that no program on it can see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HiddenDrives {
    /// Whether it may.
    pub possible: bool,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
}
