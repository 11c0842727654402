//! The auditor's question: is this real, and what does it prove? The only maker of
//! [`VerifiedCertificate`].

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::conclude::{RULES, conclude};
use super::document::{self, MACHINE, SCHEMA_VERSION, STARTED, TYPES};
use super::machine::{MachineDrive, lacks};
use super::rejection::Rejection;
use super::stream::{Begun, Place};
use super::trust::{Logged, Trust};
use super::{profile, verify_issuer};
use crate::log::{self, Hash, Inclusion};
use crate::model::{Conclusion, Evidence, HiddenDrives, Timestamp, Verdict, hex};

/// How far a certificate's time may lie ahead of the verifier's clock, in seconds: clocks of
/// intake PCs are often a time zone off.
pub(crate) const CLOCK_SLACK: i64 = 24 * 3600;

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
    leaf: Hash,
    content: Option<(Evidence, Conclusion)>,
    place: Option<Place>,
    logged: Option<Logged>,
    lacks: Option<Vec<String>>,
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

    /// Whether it is about one drive, and not about a machine or a session.
    #[must_use]
    pub fn is_about_a_drive(&self) -> bool {
        ![MACHINE, STARTED].contains(&self.kind.as_str())
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
        self.lacks.as_deref()
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

    /// Its place among the documents of its session; `None` for a document whose layout this
    /// program does not know.
    #[must_use]
    pub const fn place(&self) -> Option<&Place> {
        self.place.as_ref()
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
    check(profile::parse(bytes)?, None, trust, now)
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
    check(profile::parse(bytes)?, Some(proof), trust, now)
}

fn check(
    document: Value,
    proof: Option<&Inclusion>,
    trust: &Trust,
    now: Timestamp,
) -> Result<VerifiedCertificate, Rejection> {
    let issuer = verify_issuer(&document, &trust.root)?;
    let canonical = profile::canonical(&document)?;
    let leaf = log::leaf(&canonical);
    let logged = proof.map(|proof| trust.logged(&leaf, proof)).transpose()?;
    let unchecked = trust.judge(&issuer, logged.as_ref())?;
    if issuer.issued > now.plus(CLOCK_SLACK) {
        return Err(Rejection::FromTheFuture);
    }
    let mut verified = VerifiedCertificate {
        digest: hex(&Sha256::digest(&canonical)),
        leaf,
        kind: issuer.document_type,
        issuer: issuer.did,
        issuer_name: issuer.name,
        issued: issuer.issued,
        content: None,
        place: None,
        logged,
        lacks: None,
        missing: Vec::new(),
        document,
    };
    understand(&mut verified)?;
    verified.missing.extend(unchecked);
    Ok(verified)
}

/// Reads what the document says, and notes what this program does not know or find in it.
fn understand(verified: &mut VerifiedCertificate) -> Result<(), Rejection> {
    if !schema_is_known(verified)? {
        return Ok(());
    }
    if !TYPES.contains(&verified.kind.as_str()) {
        verified.missing.push(format!("the record type {} is not known", verified.kind));
        return Ok(());
    }
    let members = match verified.kind.as_str() {
        MACHINE => MACHINE_MEMBERS,
        STARTED => STARTED_MEMBERS,
        _ => ERASURE_MEMBERS,
    };
    for member in members {
        if verified.document.pointer(member).is_none() {
            let name = member.trim_start_matches('/').replace('/', ".");
            verified.missing.push(format!("the member {name} is missing"));
        }
    }
    if verified.missing.is_empty() {
        let place = verified.document.get("stream").cloned().unwrap_or_default();
        let place = serde_json::from_value(place).map_err(|_| Rejection::content("stream"))?;
        verified.place = Some(place);
        match verified.kind.as_str() {
            MACHINE => judge_machine(verified)?,
            STARTED => judge_start(verified)?,
            _ => judge(verified)?,
        }
    }
    Ok(())
}

/// Whether the layout is one we know; notes it if it is newer.
fn schema_is_known(verified: &mut VerifiedCertificate) -> Result<bool, Rejection> {
    let wrong = || Rejection::content("schemaVersion");
    let Some(version) = verified.document.get("schemaVersion") else {
        verified.missing.push("the member schemaVersion is missing".to_owned());
        return Ok(false);
    };
    let parse = |text: &str| -> Option<(u32, u32)> {
        let number = |text: &str| -> Option<u32> {
            let number: u32 = text.parse().ok()?;
            (number.to_string() == text).then_some(number)
        };
        let (major, minor) = text.split_once('.')?;
        Some((number(major)?, number(minor)?)).filter(|(major, _)| *major >= 1)
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
    let stored = subject.get("evidence").cloned().unwrap_or_default();
    let evidence: Evidence = match serde_json::from_value(stored.clone()) {
        Ok(evidence) => evidence,
        Err(error) if error.to_string().starts_with("missing field") => {
            verified.missing.push(format!("in the evidence, {error}"));
            return Ok(());
        }
        Err(_) => return Err(wrong("credentialSubject.evidence")),
    };
    // A member that may be null is not missed by the reader, but it is missing all the same.
    let ours = serde_json::to_value(&evidence).map_err(|_| wrong("credentialSubject.evidence"))?;
    let mut absent = Vec::new();
    members_absent(&ours, &stored, "credentialSubject.evidence", &mut absent);
    if !absent.is_empty() {
        verified.missing.extend(absent);
        return Ok(());
    }
    let conclusion = conclude(&evidence);
    if !same_conclusion(stated, &document::conclusion_value(&conclusion)) {
        return Err(Rejection::ConclusionMismatch);
    }
    if subject.get("type").and_then(Value::as_str) != Some(document::subject_type(&evidence)) {
        return Err(wrong("credentialSubject.type"));
    }
    if verified.kind != document::document_type(&evidence, &conclusion) {
        return Err(Rejection::TypeMismatch);
    }
    verified.content = Some((evidence, conclusion));
    Ok(())
}

/// Judges again from the drives in the report whether the machine is complete.
fn judge_machine(verified: &mut VerifiedCertificate) -> Result<(), Rejection> {
    let subject = verified.document.get("credentialSubject");
    let member = |name: &str| subject.and_then(|subject| subject.get(name)).cloned();
    let wrong = |name: &str| Rejection::content(&format!("credentialSubject.{name}"));
    let (possible, reasons) = ("hiddenDrivesPossible", "hiddenDrivesReasons");
    let hidden = HiddenDrives {
        possible: member(possible).and_then(|it| it.as_bool()).ok_or_else(|| wrong(possible))?,
        reasons: serde_json::from_value(member(reasons).unwrap_or_default())
            .map_err(|_| wrong(reasons))?,
    };
    let stored = member("drives").unwrap_or_default();
    let drives: Vec<MachineDrive> = match serde_json::from_value(stored.clone()) {
        Ok(drives) => drives,
        Err(error) if error.to_string().starts_with("missing field") => {
            verified.missing.push(format!("in the drives, {error}"));
            return Ok(());
        }
        Err(_) => return Err(wrong("drives")),
    };
    let ours = serde_json::to_value(&drives).map_err(|_| wrong("drives"))?;
    let mut absent = Vec::new();
    members_absent(&ours, &stored, "credentialSubject.drives", &mut absent);
    verified.missing.extend(absent);
    if verified.missing.is_empty() {
        verified.lacks = Some(lacks(&hidden, &drives));
    }
    Ok(())
}

/// Reads what a session says that it begins and goes on for.
fn judge_start(verified: &mut VerifiedCertificate) -> Result<(), Rejection> {
    let subject = verified.document.get("credentialSubject");
    let member = |name: &str| subject.and_then(|subject| subject.get(name)).cloned();
    let wrong = |name: &str| Rejection::content(&format!("credentialSubject.{name}"));
    let stored = member("drives").unwrap_or_default();
    let begun: Vec<Begun> = match serde_json::from_value(stored.clone()) {
        Ok(begun) => begun,
        Err(error) if error.to_string().starts_with("missing field") => {
            verified.missing.push(format!("in the drives, {error}"));
            return Ok(());
        }
        Err(_) => return Err(wrong("drives")),
    };
    let _: Vec<String> = serde_json::from_value(member("continues").unwrap_or_default())
        .map_err(|_| wrong("continues"))?;
    let ours = serde_json::to_value(&begun).map_err(|_| wrong("drives"))?;
    members_absent(&ours, &stored, "credentialSubject.drives", &mut verified.missing);
    Ok(())
}

/// Notes every member that `ours` has and `theirs` has not.
fn members_absent(ours: &Value, theirs: &Value, path: &str, absent: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (name, value) in ours {
                let path = format!("{path}.{name}");
                match theirs.get(name) {
                    Some(stored) => members_absent(value, stored, &path, absent),
                    None => absent.push(format!("the member {path} is missing")),
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            for (value, stored) in ours.iter().zip(theirs) {
                members_absent(value, stored, path, absent);
            }
        }
        _ => {}
    }
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
    "/stream/id",
    "/stream/sequence",
    "/stream/previousDigest",
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
    "/credentialSubject/evidence/planned/least",
    "/credentialSubject/evidence/planned/techniques",
    "/credentialSubject/evidence/planned/scheme",
    "/credentialSubject/evidence/planned/verify",
    "/credentialSubject/evidence/hidden",
    "/credentialSubject/evidence/engine",
    "/credentialSubject/evidence/directIo",
    "/credentialSubject/evidence/firmware",
    "/credentialSubject/evidence/passes",
    "/credentialSubject/evidence/interruptions",
    "/credentialSubject/evidence/verification",
    "/credentialSubject/evidence/aftermath",
    "/credentialSubject/evidence/ending",
];

/// The same for the record of what a session begins.
pub(super) const STARTED_MEMBERS: &[&str] = &[
    "/id",
    "/name",
    "/validFrom",
    "/run/id",
    "/run/startedAt",
    "/stream/id",
    "/stream/sequence",
    "/stream/previousDigest",
    "/clock/source",
    "/clock/rtcMinusSystemSeconds",
    "/clock/confirmed",
    "/tool/name",
    "/tool/version",
    "/tool/executableSha256",
    "/credentialSubject/type",
    "/credentialSubject/drives",
    "/credentialSubject/continues",
    "/credentialSubject/computer/manufacturer",
    "/credentialSubject/computer/model",
    "/credentialSubject/computer/serialNumber",
    "/credentialSubject/computer/systemUuid",
    "/credentialSubject/computer/cpu",
    "/credentialSubject/computer/memoryBytes",
    "/credentialSubject/paperwork/assetTag",
    "/credentialSubject/paperwork/operator",
    "/credentialSubject/paperwork/location",
];

/// The same for a machine report.
pub(super) const MACHINE_MEMBERS: &[&str] = &[
    "/id",
    "/name",
    "/validFrom",
    "/run/id",
    "/run/startedAt",
    "/stream/id",
    "/stream/sequence",
    "/stream/previousDigest",
    "/clock/source",
    "/clock/rtcMinusSystemSeconds",
    "/clock/confirmed",
    "/tool/name",
    "/tool/version",
    "/tool/executableSha256",
    "/credentialSubject/type",
    "/credentialSubject/hiddenDrivesPossible",
    "/credentialSubject/hiddenDrivesReasons",
    "/credentialSubject/drives",
    "/credentialSubject/computer/manufacturer",
    "/credentialSubject/computer/model",
    "/credentialSubject/computer/serialNumber",
    "/credentialSubject/computer/systemUuid",
    "/credentialSubject/computer/cpu",
    "/credentialSubject/computer/memoryBytes",
    "/credentialSubject/paperwork/assetTag",
    "/credentialSubject/paperwork/operator",
    "/credentialSubject/paperwork/location",
];

#[cfg(test)]
mod tests {
    use crate::cert::proof;
    use std::collections::BTreeSet;

    use ed25519_dalek::SigningKey;

    use super::super::conclude::tests::good;
    use super::super::{Authorization, did};
    use super::*;
    use crate::model::{Clock, Computer, HiddenDrives, Paperwork, Tool};

    const NOW: Timestamp = Timestamp::from_unix(1_795_000_100);

    fn key(n: u8) -> SigningKey {
        SigningKey::from_bytes(&[n; 32])
    }

    /// A fresh document as the tool writes it, not yet signed: on a drive, or on a machine.
    fn fresh(machine: bool) -> Value {
        let authorization = Authorization {
            id: "urn:uuid:0199b0c0-0000-7000-8000-000000000001".into(),
            issuer_name: "Root".into(),
            station: did::of(&key(2).verifying_key()),
            station_name: "Station".into(),
            valid_from: NOW.plus(-9),
            valid_until: NOW.plus(9),
            may_issue: TYPES.map(str::to_owned).to_vec(),
            trust_list_version: 0,
            paper: None,
        };
        let authorization = authorization.sign(&key(1), NOW).unwrap();
        let did = did::of(&key(2).verifying_key());
        let clock =
            Clock { source: "rtc".into(), rtc_minus_system_seconds: None, confirmed: false };
        let tool = Tool { name: "n".into(), version: "0".into(), executable_sha256: None };
        let place = Place { id: "r".into(), sequence: 1, previous_digest: "00".repeat(32) };
        let header = document::Header {
            id: "0199b0c0-0000-7000-8000-000000000002",
            issuer: &did,
            issuer_name: "Station",
            authorization: &authorization,
            valid_from: NOW,
            clock: &clock,
            tool: &tool,
            run: document::Run { id: "r", started_at: NOW },
            place: &place,
        };
        let (computer, paperwork) = (Computer::default(), Paperwork::default());
        if machine {
            let hidden = HiddenDrives { possible: false, reasons: Vec::new() };
            document::machine(&header, &[], &hidden, &computer, &paperwork).unwrap()
        } else {
            document::erasure(&header, None, &good(), &computer, &paperwork).unwrap()
        }
    }

    fn judged(unsigned: Value) -> Result<VerifiedCertificate, Rejection> {
        let signed = proof::sign(unsigned, &key(2), NOW)?;
        let bytes = profile::pretty(&signed)?;
        verify(&bytes, &Trust::new(key(1).verifying_key()), NOW)
    }

    /// Every member below `value`, as JSON pointers; `into` says into which it goes.
    fn members(value: &Value, path: &str, into: &dyn Fn(&str) -> bool, found: &mut Vec<String>) {
        let parts: Vec<(String, &Value)> = match value {
            Value::Object(members) => members.iter().map(|(n, v)| (n.clone(), v)).collect(),
            Value::Array(items) => {
                items.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect()
            }
            _ => return,
        };
        for (name, part) in parts {
            let path = format!("{path}/{name}");
            found.push(path.clone());
            if into(&path) {
                members(part, &path, into, found);
            }
        }
    }

    fn without(mut document: Value, pointer: &str) -> Value {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap() {
            Value::Object(members) => drop(members.shift_remove(name).unwrap()),
            Value::Array(items) => drop(items.remove(name.parse().unwrap())),
            other => panic!("{other}"),
        }
        document
    }

    #[test]
    fn the_lists_are_what_the_tool_writes() {
        // What these say is looked at before, by the proof, the issuer and the schema version.
        let elsewhere = ["/@context", "/type", "/schemaVersion", "/issuer"];
        for (machine, list) in [(false, ERASURE_MEMBERS), (true, MACHINE_MEMBERS)] {
            let listed: BTreeSet<&str> = list.iter().copied().collect();
            assert_eq!(listed.len(), list.len(), "a member is listed twice");
            let document = fresh(machine);
            let mut written = Vec::new();
            let into = |path: &str| !listed.contains(path) && !elsewhere.contains(&path);
            members(&document, "", &into, &mut written);
            // Objects that were gone into are there if what is in them is.
            let leaves: BTreeSet<&str> = written
                .iter()
                .map(String::as_str)
                .filter(|path| !elsewhere.contains(path))
                .filter(|path| {
                    listed.contains(path) || !document.pointer(path).unwrap().is_object()
                })
                .collect();
            assert_eq!(listed, leaves);
        }
    }

    #[test]
    fn whatever_is_taken_away_it_is_missed() {
        for machine in [false, true] {
            assert!(judged(fresh(machine)).unwrap().missing().is_empty());
            let document = fresh(machine);
            let mut written = Vec::new();
            // The sentences in a conclusion say nothing that its code does not.
            let into = |path: &str| {
                !path.ends_with("/statements")
                    && !path.contains("/shortfalls/")
                    && path != "/issuer"
            };
            members(&document, "", &into, &mut written);
            assert!(written.len() > 30);
            for member in written {
                match judged(without(document.clone(), &member)) {
                    Ok(verified) => {
                        assert!(!verified.missing().is_empty(), "{member} is not missed");
                        assert!(!verified.is_sanitized(), "{member}");
                    }
                    Err(Rejection::ConclusionMismatch) => assert!(!machine, "{member}"),
                    Err(_) => {}
                }
            }
        }
    }

    #[test]
    fn a_drive_that_still_hides_blocks_cannot_be_called_sanitized() {
        let present = serde_json::json!({ "kind": "present", "accessible": 1, "native": 2 });
        for member in ["after", "before"] {
            let mut document = fresh(false);
            let area = format!("/credentialSubject/evidence/hidden/{member}");
            *document.pointer_mut(&area).unwrap() = present.clone();
            let rejection = judged(document).map(|_| ());
            assert_eq!(rejection, Err(Rejection::ConclusionMismatch), "{member}");
        }
    }

    /// Whatever is not understood here would be left out where completeness is judged.
    #[test]
    fn a_start_that_announces_what_nobody_understands_is_no_start() {
        let start = |name: &str, value: Value| {
            let mut document = fresh(true);
            document["type"][1] = STARTED.into();
            let subject = serde_json::json!({
                "type": "Computer",
                "drives": [{"certificate": "urn:uuid:1", "model": null, "serialNumber": null}],
                "continues": ["a"],
                "computer": document["credentialSubject"]["computer"],
                "paperwork": document["credentialSubject"]["paperwork"],
            });
            document["credentialSubject"] = subject;
            *document.pointer_mut(&format!("/credentialSubject/{name}")).unwrap() = value;
            judged(document).map(|verified| verified.missing().len())
        };
        assert_eq!(start("drives", serde_json::json!([])), Ok(0));
        for (name, value) in [
            ("drives", serde_json::json!({})),
            (
                "drives",
                serde_json::json!([{"certificate": 7, "model": null, "serialNumber": null}]),
            ),
            ("continues", Value::Null),
            ("continues", serde_json::json!([7])),
        ] {
            let wrong = Rejection::content(&format!("credentialSubject.{name}"));
            assert_eq!(start(name, value), Err(wrong));
        }
        let nameless = serde_json::json!([{"model": null, "serialNumber": null}]);
        assert_eq!(start("drives", nameless), Ok(1), "something is missing");
    }

    #[test]
    fn a_fresh_one_is_whole() {
        let verified = judged(fresh(false)).unwrap();
        assert!(verified.is_sanitized() && !verified.is_machine_report());
        assert!(judged(fresh(true)).unwrap().is_machine_report());
    }
}
