//! The auditor's question: is this real, and what does it prove? The only maker of
//! [`VerifiedCertificate`].

use ed25519_dalek::VerifyingKey;
use serde_json::Value;

use super::conclude::{RULES, conclude};
use super::document::{self, MACHINE, SCHEMA_VERSION, TYPES};
use super::rejection::Rejection;
use super::{profile, proof, verify_issuer};
use crate::model::{Conclusion, Evidence, Timestamp, Verdict};

/// How far a certificate's time may lie ahead of the verifier's clock, in seconds: clocks of
/// intake PCs are often a time zone off.
const CLOCK_SLACK: i64 = 24 * 3600;

/// Whom to believe.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The recycler's root key. Its fingerprint stands in the contract.
    pub root: VerifyingKey,
}

/// A document whose signature, authorization and conclusion were checked. Nobody can make one
/// but [`verify`].
#[derive(Debug, Clone)]
pub struct VerifiedCertificate {
    document: Value,
    kind: String,
    issuer: String,
    issuer_name: String,
    issued: Timestamp,
    digest: String,
    content: Option<(Evidence, Conclusion)>,
    missing: Vec<String>,
}

impl VerifiedCertificate {
    /// What follows from the evidence; `None` for a machine report, and for a document whose
    /// layout this program does not know.
    #[must_use]
    pub fn conclusion(&self) -> Option<&Conclusion> {
        self.content.as_ref().map(|(_, conclusion)| conclusion)
    }

    /// What happened, the drive's identity included; `None` as for [`Self::conclusion`].
    #[must_use]
    pub fn evidence(&self) -> Option<&Evidence> {
        self.content.as_ref().map(|(evidence, _)| evidence)
    }

    /// Whether it proves that the drive was sanitized, with nothing missing or unknown.
    #[must_use]
    pub fn is_sanitized(&self) -> bool {
        self.missing.is_empty()
            && self.conclusion().is_some_and(|found| found.verdict == Verdict::Sanitized)
    }

    /// What this program does not know or does not find in it, one phrase each; empty if it
    /// understood the whole document.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// The document's type, one of [`TYPES`] or a newer one.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether it is a report on a machine and not on one drive.
    #[must_use]
    pub fn is_machine_report(&self) -> bool {
        self.kind == MACHINE
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

    /// SHA-256 of the signed document in canonical form, hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
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
    let document = profile::parse(bytes)?;
    let issuer = verify_issuer(&document, &trust.root)?;
    if issuer.issued > now.plus(CLOCK_SLACK) {
        return Err(Rejection::FromTheFuture);
    }
    let mut verified = VerifiedCertificate {
        digest: proof::digest(&document)?,
        kind: issuer.document_type,
        issuer: issuer.did,
        issuer_name: issuer.name,
        issued: issuer.issued,
        content: None,
        missing: Vec::new(),
        document,
    };
    if !schema_is_known(&mut verified)? {
        return Ok(verified);
    }
    if !TYPES.contains(&verified.kind.as_str()) {
        verified.missing.push(format!("the record type {} is not known", verified.kind));
        return Ok(verified);
    }
    let members = if verified.is_machine_report() { MACHINE_MEMBERS } else { ERASURE_MEMBERS };
    for member in members {
        if verified.document.pointer(member).is_none() {
            let name = member.trim_start_matches('/').replace('/', ".");
            verified.missing.push(format!("the member {name} is missing"));
        }
    }
    if !verified.is_machine_report() && verified.missing.is_empty() {
        judge(&mut verified)?;
    }
    Ok(verified)
}

/// Whether the layout is one we know; notes it if it is newer.
fn schema_is_known(verified: &mut VerifiedCertificate) -> Result<bool, Rejection> {
    let wrong = || Rejection::content("schemaVersion");
    let Some(version) = verified.document.get("schemaVersion") else {
        verified.missing.push("the member schemaVersion is missing".to_owned());
        return Ok(false);
    };
    let parse = |text: &str| -> Option<(u32, u32)> {
        let (major, minor) = text.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let theirs = version.as_str().and_then(parse).ok_or_else(wrong)?;
    let ours = parse(SCHEMA_VERSION).ok_or_else(wrong)?;
    if theirs > ours {
        verified.missing.push(format!(
            "its layout {}.{} is newer than {SCHEMA_VERSION}, the newest this program knows",
            theirs.0, theirs.1
        ));
    }
    Ok(theirs <= ours)
}

/// Concludes again from the evidence in the document, and compares.
fn judge(verified: &mut VerifiedCertificate) -> Result<(), Rejection> {
    let wrong = |member: &str| Rejection::content(member);
    let subject =
        verified.document.get("credentialSubject").ok_or_else(|| wrong("credentialSubject"))?;
    let stated = subject.get("conclusion").ok_or_else(|| wrong("conclusion"))?;
    let rules = stated.get("rules").and_then(Value::as_u64).ok_or_else(|| wrong("rules"))?;
    if rules > u64::from(RULES) {
        verified.missing.push(format!("it was concluded by newer rules ({rules}) than {RULES}"));
        return Ok(());
    }
    if rules < 1 {
        return Err(wrong("rules"));
    }
    let evidence = subject.get("evidence").cloned().unwrap_or_default();
    let evidence: Evidence = match serde_json::from_value(evidence) {
        Ok(evidence) => evidence,
        Err(error) if error.to_string().starts_with("missing field") => {
            verified.missing.push(format!("in the evidence, {error}"));
            return Ok(());
        }
        Err(_) => return Err(wrong("credentialSubject.evidence")),
    };
    let conclusion = conclude(&evidence);
    if !same_conclusion(stated, &document::conclusion_value(&conclusion)) {
        return Err(Rejection::ConclusionMismatch);
    }
    if verified.kind != document::document_type(&evidence, &conclusion) {
        return Err(Rejection::TypeMismatch);
    }
    verified.content = Some((evidence, conclusion));
    Ok(())
}

/// Whether two conclusions say the same. The sentences are left out: a later version may find
/// better words for the same code.
fn same_conclusion(stated: &Value, found: &Value) -> bool {
    let codes = |conclusion: &Value| -> Option<Vec<String>> {
        let list = conclusion.get("shortfalls")?.as_array()?;
        let code = |shortfall: &Value| Some(shortfall.get("code")?.as_str()?.to_owned());
        let mut codes = list.iter().map(code).collect::<Option<Vec<_>>>()?;
        codes.sort();
        Some(codes)
    };
    stated.get("verdict") == found.get("verdict")
        && stated.get("method") == found.get("method")
        && codes(stated).is_some()
        && codes(stated) == codes(found)
}

/// Members every document on one drive has since layout 1.0. A test holds them against what the
/// tool writes.
pub(super) const ERASURE_MEMBERS: &[&str] = &[
    "/id",
    "/name",
    "/validFrom",
    "/run/id",
    "/run/startedAt",
    "/clock/source",
    "/clock/rtcMinusSystemSeconds",
    "/clock/confirmed",
    "/tool/name",
    "/tool/version",
    "/tool/executableSha256",
    "/credentialSubject/type",
    "/credentialSubject/path",
    "/credentialSubject/conclusion/rules",
    "/credentialSubject/conclusion/verdict",
    "/credentialSubject/conclusion/method",
    "/credentialSubject/conclusion/shortfalls",
    "/credentialSubject/statements",
    "/credentialSubject/computer/manufacturer",
    "/credentialSubject/computer/model",
    "/credentialSubject/computer/serialNumber",
    "/credentialSubject/computer/systemUuid",
    "/credentialSubject/computer/cpu",
    "/credentialSubject/computer/memoryBytes",
    "/credentialSubject/paperwork/assetTag",
    "/credentialSubject/paperwork/operator",
    "/credentialSubject/paperwork/location",
    "/credentialSubject/evidence/drive/kind",
    "/credentialSubject/evidence/drive/bus",
    "/credentialSubject/evidence/drive/medium",
    "/credentialSubject/evidence/drive/vendor",
    "/credentialSubject/evidence/drive/model",
    "/credentialSubject/evidence/drive/serialNumber",
    "/credentialSubject/evidence/drive/firmware",
    "/credentialSubject/evidence/drive/wwn",
    "/credentialSubject/evidence/drive/unit",
    "/credentialSubject/evidence/drive/capacityBytes",
    "/credentialSubject/evidence/drive/logicalBlockBytes",
    "/credentialSubject/evidence/drive/physicalBlockBytes",
    "/credentialSubject/evidence/drive/diskseq",
    "/credentialSubject/evidence/drive/sources",
    "/credentialSubject/evidence/planned/planDigest",
    "/credentialSubject/evidence/planned/method",
    "/credentialSubject/evidence/planned/technique",
    "/credentialSubject/evidence/planned/scheme",
    "/credentialSubject/evidence/planned/verify",
    "/credentialSubject/evidence/engine",
    "/credentialSubject/evidence/directIo",
    "/credentialSubject/evidence/passes",
    "/credentialSubject/evidence/interruptions",
    "/credentialSubject/evidence/verification",
    "/credentialSubject/evidence/aftermath",
    "/credentialSubject/evidence/ending",
];

/// The same for a machine report.
pub(super) const MACHINE_MEMBERS: &[&str] = &[
    "/id",
    "/validFrom",
    "/run/id",
    "/run/startedAt",
    "/clock/source",
    "/tool/version",
    "/credentialSubject/hiddenDrivesPossible",
    "/credentialSubject/hiddenDrivesReasons",
    "/credentialSubject/drives",
    "/credentialSubject/computer",
    "/credentialSubject/paperwork",
];
