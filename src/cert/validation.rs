//! `DataErasureValidation`: a person's decision on what the tool found out.
//!
//! NIST SP 800-88r2 keeps two things apart (section 4.5): verification is what a tool can see, and
//! validation is the decision of whoever answers for the data whether that is good enough: accept
//! it, reject it, or escalate it to a stronger method. A certificate is the first and never the
//! second. The second is a document of its own that names the first by its digest, signed by a key
//! that the root authorized for nothing else. It is no part of a station's stream.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::document::{SCHEMA_VERSION, VALIDATION};
use super::proof;
use super::rejection::Rejection;
use super::verify::VerifiedCertificate;
use crate::model::{Clock, Timestamp, Tool, unhex};

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// The drive may leave as sanitized.
    Accepted,
    /// The drive has to be treated in a stronger way, or by somebody else.
    Escalated,
    /// The drive does not count as sanitized.
    Rejected,
}

impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::Escalated => "escalated",
            Self::Rejected => "rejected",
        })
    }
}

/// What is decided on, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    /// The digest of the document that is decided on, see [`VerifiedCertificate::digest`].
    pub digest: String,
    /// Its id, `urn:uuid:...`.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// The serial number of its drive.
    pub serial_number: Option<String>,
    /// The decision.
    pub decision: Decision,
    /// Who decided: a name or a role, as they wrote it.
    pub decided_by: String,
    /// What they had to say about it.
    pub remark: Option<String>,
}

/// The head of a validation that is to be signed.
#[derive(Debug, Clone)]
pub struct ValidationHeader<'a> {
    /// UUID of the document, without `urn:uuid:`.
    pub id: &'a str,
    /// did:key of the validator that signs.
    pub issuer: &'a str,
    /// Its name, as the root wrote it.
    pub issuer_name: &'a str,
    /// Its authorization, whole.
    pub authorization: &'a Value,
    /// When it was decided.
    pub valid_from: Timestamp,
    /// The clock that says so.
    pub clock: &'a Clock,
    /// The program.
    pub tool: &'a Tool,
}

impl Validation {
    /// The decision on a document, as far as anyone may decide so.
    ///
    /// # Errors
    /// The document is not about a drive; or it is to be accepted and does not prove that the drive
    /// was sanitized.
    pub fn of(
        certificate: &VerifiedCertificate,
        decision: Decision,
        decided_by: String,
        remark: Option<String>,
    ) -> Result<Self, Rejection> {
        if !certificate.is_about_a_drive() {
            return Err(Rejection::TypeMismatch);
        }
        if decision == Decision::Accepted && !certificate.is_sanitized() {
            return Err(Rejection::AcceptedUnproven);
        }
        Ok(Self {
            digest: certificate.digest().to_owned(),
            id: certificate.id().to_owned(),
            kind: certificate.kind().to_owned(),
            serial_number: certificate.serial_number().map(str::to_owned),
            decision,
            decided_by,
            remark,
        })
    }

    /// The unsigned document.
    #[must_use]
    pub fn document(&self, header: &ValidationHeader<'_>) -> Value {
        json!({
            "@context": proof::CONTEXT,
            "id": format!("urn:uuid:{}", header.id),
            "type": ["VerifiableCredential", VALIDATION],
            "schemaVersion": SCHEMA_VERSION,
            "name": format!("Validation: {} by a person", self.decision),
            "validFrom": header.valid_from,
            "credentialSubject": {
                "id": self.id,
                "type": self.kind,
                "certificateDigest": self.digest,
                "serialNumber": self.serial_number,
                "decision": self.decision,
                "decidedBy": self.decided_by,
                "remark": self.remark,
                "statements": [
                    "This is the decision of a person on the document named by its digest \
                     (validation, NIST SP 800-88r2, section 4.5). Nothing was measured for it; what \
                     was is in that document.",
                ],
            },
            "clock": header.clock,
            "tool": header.tool,
            "issuer": {
                "id": header.issuer,
                "name": header.issuer_name,
                "authorization": header.authorization,
            },
        })
    }

    /// Reads what a validation says.
    pub(super) fn read(document: &Value) -> Result<Self, Rejection> {
        let subject = document.get("credentialSubject").unwrap_or(&Value::Null);
        let wrong = |name: &str| Rejection::content(&format!("credentialSubject.{name}"));
        let text = |name: &str| {
            subject.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| wrong(name))
        };
        let text_or_null = |name: &str| match subject.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => text(name).map(Some),
        };
        let validation = Self {
            digest: text("certificateDigest")?,
            id: text("id")?,
            kind: text("type")?,
            serial_number: text_or_null("serialNumber")?,
            decision: serde_json::from_value(subject.get("decision").cloned().unwrap_or_default())
                .map_err(|_| wrong("decision"))?,
            decided_by: text("decidedBy")?,
            remark: text_or_null("remark")?,
        };
        if unhex(&validation.digest).is_none_or(|digest| digest.len() != 32) {
            return Err(wrong("certificateDigest"));
        }
        if !super::is_urn_uuid(&validation.id) {
            return Err(wrong("id"));
        }
        if validation.decided_by.trim().is_empty() {
            return Err(wrong("decidedBy"));
        }
        Ok(validation)
    }

    /// Whether it holds for the document of its digest: what else it says of that is true, it was
    /// not signed by whom it judges, and it accepts nothing that proves nothing.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub fn holds(&self, issuer: &str, certificate: &VerifiedCertificate) -> Result<(), Rejection> {
        let serial = certificate.serial_number();
        let names_a_drive = certificate.drive().is_some() || certificate.condemnation().is_some();
        if self.digest != certificate.digest()
            || self.id != certificate.id()
            || self.kind != certificate.kind()
            // In a layout that is not known no drive is found.
            || names_a_drive && self.serial_number.as_deref() != serial
        {
            return Err(Rejection::ValidationMismatch);
        }
        if issuer == certificate.issuer() {
            return Err(Rejection::ValidatedByIssuer);
        }
        if self.decision == Decision::Accepted && !certificate.is_sanitized() {
            return Err(Rejection::AcceptedUnproven);
        }
        Ok(())
    }
}
