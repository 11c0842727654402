//! A drive that cannot be erased: what a person says of it.

use serde::{Deserialize, Serialize};

use super::Identity;

/// That a drive could not be erased and has to be destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Condemnation {
    /// The drive as the computer saw it; none if it was not asked, or did not answer.
    pub drive: Option<Identity>,
    /// What somebody read on it.
    pub label: Label,
    /// Why it cannot be erased, in the words of whoever condemned it.
    pub reason: String,
    /// The document on the attempt to erase it, if there is one; it was verified.
    pub attempt: Option<Attempt>,
}

/// What is printed on a drive, as somebody typed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Label {
    /// The model.
    pub model: Option<String>,
    /// The serial number.
    pub serial_number: Option<String>,
}

/// A document that is named by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Its id, `urn:uuid:...`.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// SHA-256 of the signed document in canonical form, lower-case hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub digest: String,
}

impl Condemnation {
    /// The serial number: the drive's own, or that on its label.
    #[must_use]
    pub fn serial_number(&self) -> Option<&str> {
        let drive = self.drive.as_ref().and_then(|drive| drive.serial_number.as_deref());
        drive.or(self.label.serial_number.as_deref())
    }

    /// The model, likewise.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        let drive = self.drive.as_ref().and_then(|drive| drive.model.as_deref());
        drive.or(self.label.model.as_deref())
    }
}
