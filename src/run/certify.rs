//! From evidence to a signed file.

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::journal::JournalKey;
use super::outbox::{Outbox, OutboxError};
use crate::cert::document::{self, ERASING, Header, Purpose};
use crate::cert::{
    self, Authorization, Begun, MachineDrive, Place, Rejection, Trust, VerifiedCertificate,
    conclude, did, profile, proof,
};
use crate::model::{
    Boot, Clock, Computer, Condemnation, Evidence, HiddenDrives, Inspection, Outcome, Paperwork,
    Severity, Timestamp, Tool,
};

/// Who signs: the station's key and the root's word that it may.
pub struct Station {
    key: SigningKey,
    did: String,
    name: String,
    root: VerifyingKey,
    authorization: Value,
}

impl std::fmt::Debug for Station {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Station({}, {})", self.name, self.did)
    }
}

impl Station {
    /// Binds a key to its authorization, and checks that what an erasure issues is permitted today:
    /// a certificate that no auditor accepts is worth nothing, and better known before the wipe.
    ///
    /// # Errors
    /// The authorization is damaged, for another key, expired, not yet valid, or not for every
    /// type of an erasure's result.
    pub fn new(key: SigningKey, authorization: Value, now: Timestamp) -> Result<Self, Rejection> {
        let root = proof::verify(&authorization)?;
        let granted = Authorization::verify(&authorization, &root)?;
        let did = did::of(&key.verifying_key());
        for kind in ERASING {
            granted.permits(&did, &granted.station_name, kind, now)?;
        }
        Ok(Self { key, did, name: granted.station_name, root, authorization })
    }

    /// Whether documents of these types may be issued, too: a station that was authorized before
    /// there were such documents can erase, and no more.
    ///
    /// # Errors
    /// The authorization is not for one of them, or not today.
    pub fn may_issue(&self, kinds: &[&str], now: Timestamp) -> Result<(), Rejection> {
        let granted = Authorization::verify(&self.authorization, &self.root)?;
        for kind in kinds {
            granted.permits(&self.did, &self.name, kind, now)?;
        }
        Ok(())
    }

    /// The key itself.
    pub(super) const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Its name, as the root key's owner wrote it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The root key that authorized it.
    #[must_use]
    pub const fn root(&self) -> &VerifyingKey {
        &self.root
    }

    /// Its did:key.
    pub(super) fn did(&self) -> &str {
        &self.did
    }

    /// What this station's journals are sealed with.
    #[must_use]
    pub fn journal_key(&self) -> JournalKey {
        JournalKey::derive(self.key.as_bytes())
    }

    /// Reads a certificate as an auditor who trusts the same root does. Its time may be any: the
    /// clock may have been put back since.
    ///
    /// # Errors
    /// An auditor would reject it.
    pub fn verify(&self, bytes: &[u8]) -> Result<VerifiedCertificate, Rejection> {
        crate::cert::verify(bytes, &Trust::new(self.root), Timestamp::from_unix(i64::MAX))
    }
}

/// Who signs what a run comes to.
#[derive(Debug, Clone, Copy)]
pub enum Signer<'a> {
    /// This station, as soon as a drive is done.
    Station(&'a Station),
    /// Somebody else, later, from the journals ([`close`](super::close)): nothing that this run
    /// leaves is a document.
    Later,
}

impl<'a> Signer<'a> {
    /// What the journals are sealed with.
    #[must_use]
    pub fn journal_key(self) -> JournalKey {
        match self {
            Self::Station(station) => station.journal_key(),
            Self::Later => JournalKey::published(),
        }
    }

    /// The station.
    ///
    /// # Errors
    /// It is signed later.
    pub(super) const fn station(self) -> Result<&'a Station, CertifyError> {
        match self {
            Self::Station(station) => Ok(station),
            Self::Later => Err(CertifyError::Later),
        }
    }
}

/// What documents say of their surroundings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// The program.
    pub tool: Tool,
    /// What was started before it.
    pub boot: Boot,
    /// The computer.
    pub computer: Computer,
    /// The clock.
    pub clock: Clock,
    /// Whether there may be drives that cannot be seen.
    pub hidden_drives: HiddenDrives,
}

/// What a document is about, beside its evidence.
#[derive(Debug, Clone)]
pub(super) struct Subject<'a> {
    /// UUID of the document.
    pub id: &'a str,
    /// UUID of the run.
    pub run_id: &'a str,
    /// When the run began.
    pub run_started_at: Timestamp,
    /// Its place among the documents of the session.
    pub place: &'a Place,
    /// What people said about the job.
    pub paperwork: &'a Paperwork,
    /// The drive as it was named; null for a machine.
    pub(super) path: Option<String>,
    /// When the document is made.
    pub now: Timestamp,
}

/// A document could not be made or saved.
#[derive(Debug, thiserror::Error)]
pub enum CertifyError {
    /// What we made would not be accepted: our own fault.
    #[error("the document would not be accepted: {0}")]
    Rejected(#[from] Rejection),
    /// Our own fault.
    #[error("the document cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The place for it failed.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// There is no key.
    #[error("it is signed later, from the journal")]
    Later,
}

/// A signed document, ready to be saved.
#[derive(Debug)]
pub(super) struct Signed {
    /// The file's content.
    pub bytes: Vec<u8>,
    /// SHA-256 of the canonical form, hexadecimal.
    pub digest: String,
}

/// Signs the document on one drive.
///
/// # Errors
/// See [`CertifyError`]; nothing was saved.
pub(super) fn erasure(
    station: &Station,
    context: &Context,
    subject: Subject<'_>,
    evidence: &Evidence,
) -> Result<Signed, CertifyError> {
    let header = header(station, context, &subject);
    let body = document::erasure(
        &header,
        subject.path.as_deref(),
        evidence,
        &context.computer,
        subject.paperwork,
    )?;
    sign(station, body, subject.now)
}

/// Signs the document on a drive that was only read.
///
/// # Errors
/// See [`CertifyError`]; nothing was saved.
pub(super) fn inspection(
    station: &Station,
    context: &Context,
    subject: Subject<'_>,
    found: &Inspection,
) -> Result<Signed, CertifyError> {
    let header = header(station, context, &subject);
    let Subject { paperwork, now, path, .. } = subject;
    let body = cert::inspection(&header, path.as_deref(), found, &context.computer, paperwork)?;
    sign(station, body, now)
}

/// Signs the document on a drive that has to be destroyed.
///
/// # Errors
/// See [`CertifyError`]; nothing was saved.
pub(super) fn condemnation(
    station: &Station,
    context: &Context,
    subject: Subject<'_>,
    condemned: &Condemnation,
) -> Result<Signed, CertifyError> {
    let header = header(station, context, &subject);
    let Subject { paperwork, now, path, .. } = subject;
    let body =
        cert::condemnation(&header, path.as_deref(), condemned, &context.computer, paperwork)?;
    sign(station, body, now)
}

/// Signs the report on the machine.
///
/// # Errors
/// See [`CertifyError`]; nothing was saved.
pub(super) fn machine(
    station: &Station,
    context: &Context,
    subject: Subject<'_>,
    drives: &[MachineDrive],
) -> Result<Signed, CertifyError> {
    let header = header(station, context, &subject);
    let hidden = &context.hidden_drives;
    let body = document::machine(&header, drives, hidden, &context.computer, subject.paperwork)?;
    sign(station, body, subject.now)
}

/// Signs the record of what a session begins.
///
/// # Errors
/// See [`CertifyError`]; nothing was saved.
pub(super) fn started(
    station: &Station,
    context: &Context,
    subject: Subject<'_>,
    purpose: Purpose,
    begun: &[Begun],
    continues: &[String],
) -> Result<Signed, CertifyError> {
    let header = header(station, context, &subject);
    let Context { computer, .. } = context;
    let body = document::started(&header, purpose, begun, continues, computer, subject.paperwork)?;
    sign(station, body, subject.now)
}

/// Saves a signed document.
///
/// # Errors
/// See [`Outbox::save`].
pub(super) fn save(outbox: &Outbox, name: &str, signed: &Signed) -> Result<String, CertifyError> {
    Ok(outbox.save(name, &signed.bytes)?.display().to_string())
}

/// How a run ended and what stands in the way of better, for the summary.
#[must_use]
pub(super) fn verdict(evidence: &Evidence) -> (Outcome, Vec<String>) {
    let conclusion = conclude(evidence);
    let grave = conclusion.shortfalls.iter().filter(|found| found.severity() != Severity::Limit);
    let mut reasons: Vec<String> = grave.map(|found| found.statement().to_owned()).collect();
    if let crate::model::Ending::Failed { reason } = &evidence.ending {
        reasons.push(reason.clone());
    }
    (document::outcome(evidence, &conclusion), reasons)
}

fn header<'a>(station: &'a Station, context: &'a Context, subject: &Subject<'a>) -> Header<'a> {
    Header {
        id: subject.id,
        issuer: &station.did,
        issuer_name: &station.name,
        authorization: &station.authorization,
        valid_from: subject.now,
        clock: &context.clock,
        tool: &context.tool,
        boot: &context.boot,
        run: document::Run { id: subject.run_id, started_at: subject.run_started_at },
        place: subject.place,
    }
}

fn sign(station: &Station, body: Value, now: Timestamp) -> Result<Signed, CertifyError> {
    let signed = proof::sign(body, &station.key, now)?;
    let digest = proof::digest(&signed)?;
    let mut bytes = profile::pretty(&signed).map_err(Rejection::from)?;
    if bytes.last() != Some(&b'\n') {
        bytes.push(b'\n');
    }
    Ok(Signed { bytes, digest })
}
