//! The auditor's question: is this real, and what does it prove? The only maker of
//! [`VerifiedCertificate`].

use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::content::{Content, Understood, understand};
use super::document::{MACHINE, STARTED, VALIDATION};
use super::issuer::Issuer;
use super::machine::MachineDrive;
use super::rejection::Rejection;
use super::stream::Place;
use super::trust::{Logged, Trust};
use super::validation::Validation;
use super::{profile, verify_issuer};
use crate::log::{self, Hash, Inclusion};
use crate::model::{
    Computer, Conclusion, Condemnation, Evidence, Identity, Inspected, Inspection, Paperwork,
    Timestamp, Verdict, hex,
};

/// How far a certificate's time may lie ahead of the verifier's clock, in seconds: clocks of
/// intake PCs are often a time zone off.
pub(crate) const CLOCK_SLACK: i64 = 24 * 3600;

/// A document whose signature, authorization and conclusion were checked. Nobody can make one
/// but [`verify`].
///
/// A ledger, or whatever else acts on erasure, asks for one; then what was not verified does not
/// compile. `examples/credit_resale_line.rs` is such a ledger.
///
/// ```
/// use nulstil::cert::{self, Rejection, Trust, VerifiedCertificate};
/// use nulstil::model::Timestamp;
///
/// fn credit(certificate: &VerifiedCertificate) -> bool {
///     certificate.is_sanitized()
/// }
///
/// fn enter(file: &[u8], trust: &Trust, now: Timestamp) -> Result<bool, Rejection> {
///     Ok(credit(&cert::verify(file, trust, now)?))
/// }
/// ```
///
/// The bytes of a file are none:
///
/// ```compile_fail,E0308
/// # use nulstil::cert::VerifiedCertificate;
/// # fn credit(certificate: &VerifiedCertificate) -> bool { certificate.is_sanitized() }
/// fn enter(file: &[u8]) -> bool {
///     credit(file)
/// }
/// ```
///
/// Nor is a JSON value, and none can be read from one:
///
/// ```compile_fail,E0277
/// # use nulstil::cert::VerifiedCertificate;
/// # fn credit(certificate: &VerifiedCertificate) -> bool { certificate.is_sanitized() }
/// fn enter(file: &[u8]) -> Result<bool, serde_json::Error> {
///     let unverified: VerifiedCertificate = serde_json::from_slice(file)?;
///     Ok(credit(&unverified))
/// }
/// ```
///
/// Nor can the parts of a good one be exchanged:
///
/// ```compile_fail,E0451
/// # use nulstil::cert::VerifiedCertificate;
/// fn forge(good: VerifiedCertificate) -> VerifiedCertificate {
///     VerifiedCertificate { digest: "another".to_owned(), ..good }
/// }
/// ```
///
/// How a drive or a computer is graded is no part of a certificate. A grade is a record of its own
/// that names the certificate by [`Self::digest`]; a ledger joins the two by that.
#[derive(Debug, Clone)]
pub struct VerifiedCertificate {
    document: Value,
    id: String,
    kind: String,
    issuer: String,
    issuer_name: String,
    issued: Timestamp,
    digest: String,
    leaf: Hash,
    understood: Understood,
    logged: Option<Logged>,
}

impl VerifiedCertificate {
    /// What follows from the evidence of an erasure; `None` for a document on anything else, and
    /// for one whose layout this program does not know.
    #[must_use]
    pub fn conclusion(&self) -> Option<&Conclusion> {
        self.erasure().map(|(_, conclusion)| conclusion)
    }

    /// What happened, the drive's identity included; `None` as for [`Self::conclusion`].
    #[must_use]
    pub fn evidence(&self) -> Option<&Evidence> {
        self.erasure().map(|(evidence, _)| evidence)
    }

    fn erasure(&self) -> Option<&(Evidence, Conclusion)> {
        match &self.understood.content {
            Content::Erasure(erasure) => Some(erasure),
            _ => None,
        }
    }

    /// What was found on a drive that was read and not erased, and what follows from that; `None`
    /// for a document on anything else.
    #[must_use]
    pub fn inspection(&self) -> Option<&(Inspection, Inspected)> {
        match &self.understood.content {
            Content::Inspection(inspection) => Some(inspection),
            _ => None,
        }
    }

    /// That a drive has to be destroyed; `None` for a document on anything else.
    #[must_use]
    pub fn condemnation(&self) -> Option<&Condemnation> {
        match &self.understood.content {
            Content::Condemnation(condemnation) => Some(condemnation),
            _ => None,
        }
    }

    /// Whether it proves that the drive was sanitized, with nothing missing or unknown. A drive that
    /// was found blank was not.
    #[must_use]
    pub fn is_sanitized(&self) -> bool {
        self.missing().is_empty()
            && self.conclusion().is_some_and(|found| found.verdict == Verdict::Sanitized)
    }

    /// What this program does not know or does not find in it, one phrase each; empty if it
    /// understood the whole document.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.understood.missing
    }

    /// The dotted paths of members that were signed and that this program does not know, each once
    /// (`credentialSubject.evidence.passes.temperature`), in order. They do not change what the
    /// others say. Empty for a layout that this program does not know: then [`Self::missing`] says
    /// so. A stranger chose their number and length.
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.understood.unknown
    }

    /// The document's type, one of [`TYPES`](super::document::TYPES) or a newer one.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether it is about one drive, and not about a machine, a session or another document.
    #[must_use]
    pub fn is_about_a_drive(&self) -> bool {
        ![MACHINE, STARTED, VALIDATION].contains(&self.kind.as_str())
    }

    /// The drive; `None` for a document that is not about one drive, for one that was not seen, and
    /// for a layout that this program does not know.
    #[must_use]
    pub fn drive(&self) -> Option<&Identity> {
        match &self.understood.content {
            Content::Erasure(erasure) => Some(&erasure.0.drive),
            Content::Inspection(inspection) => Some(&inspection.0.drive),
            Content::Condemnation(condemnation) => condemnation.drive.as_ref(),
            _ => None,
        }
    }

    /// The serial number of its drive: the drive's own, or what somebody read on one that has to be
    /// destroyed.
    #[must_use]
    pub fn serial_number(&self) -> Option<&str> {
        let own = self.drive().and_then(|drive| drive.serial_number.as_deref());
        own.or_else(|| self.condemnation().and_then(Condemnation::serial_number))
    }

    /// The computer that the drive was in, or that the document is about; `None` for a layout that
    /// this program does not know.
    #[must_use]
    pub fn computer(&self) -> Option<Computer> {
        self.part("/credentialSubject/computer")
    }

    /// What people noted: asset tag, operator, location; `None` as for [`Self::computer`].
    #[must_use]
    pub fn paperwork(&self) -> Option<Paperwork> {
        self.part("/credentialSubject/paperwork")
    }

    fn part<T: DeserializeOwned>(&self, pointer: &str) -> Option<T> {
        self.place()?;
        serde_json::from_value(self.document.pointer(pointer)?.clone()).ok()
    }

    /// For a validation: what was decided, on what, and by whom.
    #[must_use]
    pub const fn validation(&self) -> Option<&Validation> {
        match &self.understood.content {
            Content::Validation(validation) => Some(validation),
            _ => None,
        }
    }

    /// Its id, `urn:uuid:...`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its hash as an entry of a log.
    #[must_use]
    pub const fn leaf(&self) -> &Hash {
        &self.leaf
    }

    /// Whether it is a report on a machine and not on one drive.
    #[must_use]
    pub fn is_machine_report(&self) -> bool {
        self.kind == MACHINE
    }

    /// For a report on a machine: why the machine is not complete, one sentence each; empty if it
    /// is. `None` for a document on one drive, and for a layout that this program does not know.
    #[must_use]
    pub fn machine_lacks(&self) -> Option<&[String]> {
        match &self.understood.content {
            Content::Machine(_, lacks) => Some(lacks),
            _ => None,
        }
    }

    /// For a report on a machine: its lines; none as for [`Self::machine_lacks`]. Whether they agree
    /// with the certificates that they name can only be said where those are at hand.
    #[must_use]
    pub fn machine_drives(&self) -> Option<&[MachineDrive]> {
        match &self.understood.content {
            Content::Machine(drives, _) => Some(drives),
            _ => None,
        }
    }

    /// did:key of the station that signed.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Name of the station, as the root key's owner wrote it.
    #[must_use]
    pub fn issuer_name(&self) -> &str {
        &self.issuer_name
    }

    /// When it was issued, by the clock of the machine it was issued on.
    #[must_use]
    pub const fn issued(&self) -> Timestamp {
        self.issued
    }

    /// SHA-256 of the signed document in canonical form, lower-case hexadecimal: the key under which
    /// a ledger keeps it, and by which other records, a grade for instance, name it.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Its place among the documents of its session; `None` for a document whose layout this
    /// program does not know.
    #[must_use]
    pub const fn place(&self) -> Option<&Place> {
        self.understood.place.as_ref()
    }

    /// Its place in the office's log, if a proof of that was given.
    #[must_use]
    pub const fn logged(&self) -> Option<&Logged> {
        self.logged.as_ref()
    }

    /// The whole document, unknown members included.
    #[must_use]
    pub const fn document(&self) -> &Value {
        &self.document
    }
}

/// Checks a document: form, signature, trust, content, conclusion, in this order.
///
/// # Errors
/// The first check that fails.
pub fn verify(
    bytes: &[u8],
    trust: &Trust,
    now: Timestamp,
) -> Result<VerifiedCertificate, Rejection> {
    check(profile::parse(bytes)?, None, trust, now, &|it| verify_issuer(it, &trust.root))
}

/// The same for a document that comes with the proof that it is in the office's log.
///
/// # Errors
/// As [`verify`]; and the proof does not hold, or is about a log that the trust list does not
/// name.
pub fn verify_logged(
    bytes: &[u8],
    proof: &Inclusion,
    trust: &Trust,
    now: Timestamp,
) -> Result<VerifiedCertificate, Rejection> {
    check(profile::parse(bytes)?, Some(proof), trust, now, &|it| verify_issuer(it, &trust.root))
}

/// Checks a document whose issuer `verify_issuer` finds.
pub(super) fn check(
    document: Value,
    proof: Option<&Inclusion>,
    trust: &Trust,
    now: Timestamp,
    verify_issuer: &dyn Fn(&Value) -> Result<Issuer, Rejection>,
) -> Result<VerifiedCertificate, Rejection> {
    let issuer = verify_issuer(&document)?;
    let canonical = profile::canonical(&document)?;
    let leaf = log::leaf(&canonical);
    let logged = proof.map(|proof| trust.logged(&leaf, proof, issuer.issued, now)).transpose()?;
    let (logged, wrong_clock) = logged.unzip();
    let unchecked = trust.judge(&issuer, logged.as_ref())?;
    if issuer.issued > now.plus(CLOCK_SLACK) {
        return Err(Rejection::FromTheFuture);
    }
    let mut understood = understand(&issuer.document_type, &document)?;
    understood.missing.extend(unchecked.into_iter().chain(wrong_clock.flatten()));
    Ok(VerifiedCertificate {
        digest: hex(&Sha256::digest(&canonical)),
        leaf,
        id: issuer.id,
        kind: issuer.document_type,
        issuer: issuer.did,
        issuer_name: issuer.name,
        issued: issuer.issued,
        understood,
        logged,
        document,
    })
}

#[cfg(test)]
mod tests;
