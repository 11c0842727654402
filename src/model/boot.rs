//! What was started on the computer before this program, as far as the running system can tell.

use serde::{Deserialize, Serialize};

/// What was started, from the firmware on.
///
/// All of it is the word of the system that runs, which a changed system can forge; only the values
/// of the TPM could not be chosen freely by it, if somebody asked the TPM itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Boot {
    /// The release of the kernel.
    pub kernel: Option<String>,
    /// The id of the live image that was started; null if the system is no live image of ours.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub image_id: Option<String>,
    /// Kernel, initrd and loaders as they lie on the stick with this id: the SHA-256, two blanks and
    /// the path, one text each; null if none was read. That they are what was started is not proven by
    /// it: the computer may have been started from another medium with the same id.
    pub image_files: Option<Vec<String>>,
    /// Whether the firmware starts only what it knows.
    pub secure_boot: SecureBoot,
    /// How far the kernel is closed to programs (kernel lockdown).
    pub lockdown: Lockdown,
    /// The security processor.
    pub tpm: Tpm,
    /// The TPM's SHA-256 register 4, hexadecimal: the loaders, as the firmware measured them.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub pcr4: Option<String>,
    /// Register 7: the keys of Secure Boot.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub pcr7: Option<String>,
    /// Register 8: the commands of GRUB.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub pcr8: Option<String>,
    /// Register 9: kernel and initrd, as GRUB measured them.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub pcr9: Option<String>,
    /// SHA-256 of the firmware's log of what it measured, hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub event_log_sha256: Option<String>,
}

/// Whether the firmware starts only what it knows (UEFI 2.10, 3.3 and 32.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SecureBoot {
    /// It does.
    On,
    /// It could, and does not.
    Off,
    /// It has no keys yet, and starts everything.
    SetupMode,
    /// The system was not started by UEFI.
    NoUefi,
    /// The system does not say.
    #[default]
    Unknown,
}

/// How far the kernel is closed to programs, root's included (kernel_lockdown(7)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Lockdown {
    /// It is open.
    None,
    /// Nobody changes the running kernel.
    Integrity,
    /// Nobody reads its secrets either.
    Confidentiality,
    /// The system does not say.
    #[default]
    Unknown,
}

/// The security processor (Trusted Platform Module).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Tpm {
    /// The system sees none.
    #[default]
    #[serde(rename = "none")]
    None,
    /// TPM 1.2, which has no SHA-256 registers.
    #[serde(rename = "1.2")]
    V1,
    /// TPM 2.0.
    #[serde(rename = "2.0")]
    V2,
    /// One that does not say which it is.
    #[serde(rename = "unknown")]
    Unknown,
}
