//! The certificate's body: from evidence to the W3C credential, still unsigned. One drive, one
//! document; its type follows from the conclusion, so that no failed run ever bears the name of a
//! certificate of erasure.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::conclude::{RULES, conclude};
use super::machine::{self, MachineDrive};
use super::proof;
use super::stream::{Begun, Place};
use crate::model::{
    ATA_PASSWORD, Boot, Clock, Completion, Computer, Conclusion, DriveKind, Ending, Evidence,
    FirmwareErase, Hidden, HiddenArea, HiddenDrives, Identity, Outcome, Paperwork, Scheme,
    TechniqueId, Timestamp, Tool, Verdict,
};

/// The version of the body's layout: `major.minor`. A new member raises the minor number.
pub const SCHEMA_VERSION: &str = "1.0";

/// A drive was sanitized.
pub const CERTIFICATE: &str = "DataErasureCertificate";
/// A run came to its end and the drive is not sanitized.
pub const FAILED: &str = "DataErasureFailureReport";
/// Somebody stopped the run.
pub const ABORTED: &str = "DataErasureAbortedReport";
/// The run was cut off and closed by hand.
pub const INCOMPLETE: &str = "DataErasureIncompleteReport";
/// Whether the drive is sanitized cannot be said.
pub const UNVERIFIED: &str = "DataErasureUnverifiedReport";
/// Everything a machine showed, and what became of it.
pub const MACHINE: &str = "MachineErasureReport";

/// What a session is about to do: the first record of its stream.
pub const STARTED: &str = "ErasureStartRecord";

/// A person's decision on one of the others; see [`super::Validation`]. No station issues it.
pub const VALIDATION: &str = "DataErasureValidation";

/// A drive was read as a whole and is blank; it was not erased by us.
pub const BLANK: &str = "BlankDriveReport";
/// A drive was to be read as a whole, and was not found blank.
pub const INSPECTION: &str = "DriveInspectionReport";
/// A drive could not be erased and has to be destroyed.
pub const DESTRUCTION: &str = "DestructionRequiredReport";

/// What a session that erases issues.
pub const ERASING: [&str; 7] =
    [CERTIFICATE, FAILED, ABORTED, INCOMPLETE, UNVERIFIED, MACHINE, STARTED];

/// Every type a station may be authorised to issue.
pub const TYPES: [&str; 10] = [
    CERTIFICATE,
    FAILED,
    ABORTED,
    INCOMPLETE,
    UNVERIFIED,
    MACHINE,
    STARTED,
    BLANK,
    INSPECTION,
    DESTRUCTION,
];

/// What both kinds of document share.
#[derive(Debug, Clone)]
pub struct Header<'a> {
    /// UUID of the document, without `urn:uuid:`.
    pub id: &'a str,
    /// did:key of the station that signs.
    pub issuer: &'a str,
    /// Name of the station.
    pub issuer_name: &'a str,
    /// The station's authorization, whole.
    pub authorization: &'a Value,
    /// When the document is made.
    pub valid_from: Timestamp,
    /// The clock that says so.
    pub clock: &'a Clock,
    /// The program.
    pub tool: &'a Tool,
    /// What was started before it.
    pub boot: &'a Boot,
    /// The run.
    pub run: Run<'a>,
    /// Its place among the documents of the session.
    pub place: &'a Place,
}

/// The run a document belongs to.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Run<'a> {
    /// UUID of the run.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = super::UUID)))]
    pub id: &'a str,
    /// When it began.
    pub started_at: Timestamp,
}

/// The unsigned document on one drive, which was named as `path`.
///
/// # Errors
/// Never in practice: every part is plain data.
pub fn erasure(
    header: &Header<'_>,
    path: Option<&str>,
    evidence: &Evidence,
    computer: &Computer,
    paperwork: &Paperwork,
) -> Result<Value, serde_json::Error> {
    let conclusion = conclude(evidence);
    let subject = json!({
        "type": subject_type(&evidence.drive),
        "path": path,
        "conclusion": conclusion_value(&conclusion),
        "statements": statements(evidence),
        "evidence": evidence,
        "computer": computer,
        "paperwork": paperwork,
    });
    let kind = document_type(evidence, &conclusion);
    document(header, kind, title(evidence, &conclusion), subject)
}

/// The unsigned report on a whole machine.
///
/// # Errors
/// Never in practice: every part is plain data.
pub fn machine(
    header: &Header<'_>,
    drives: &[MachineDrive],
    hidden: &HiddenDrives,
    computer: &Computer,
    paperwork: &Paperwork,
) -> Result<Value, serde_json::Error> {
    let subject = json!({
        "type": "Computer",
        "hiddenDrivesPossible": hidden.possible,
        "hiddenDrivesReasons": hidden.reasons,
        "drives": drives,
        "computer": computer,
        "paperwork": paperwork,
    });
    let title = if machine::lacks(hidden, drives).is_empty() {
        "Machine report: every drive that was seen is sanitized"
    } else {
        "Machine report: NOT complete"
    };
    document(header, MACHINE, title.to_owned(), subject)
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To erase drives.
    Erase,
    /// To read them, and to write nothing to them.
    Inspect,
    /// To say that one has to be destroyed.
    Condemn,
}

impl Purpose {
    const fn title(self) -> &'static str {
        match self {
            Self::Erase => "Start record: what is about to be erased",
            Self::Inspect => "Start record: what was read, and not erased",
            Self::Condemn => "Start record: what has to be destroyed, and was not erased",
        }
    }
}

/// The unsigned record of what a session begins, and for which streams without an end it goes on.
///
/// # Errors
/// Never in practice: every part is plain data.
pub fn started(
    header: &Header<'_>,
    purpose: Purpose,
    begun: &[Begun],
    continues: &[String],
    computer: &Computer,
    paperwork: &Paperwork,
) -> Result<Value, serde_json::Error> {
    let subject = json!({
        "type": "Computer",
        "drives": begun,
        "continues": continues,
        "computer": computer,
        "paperwork": paperwork,
    });
    document(header, STARTED, purpose.title().to_owned(), subject)
}

/// The type of the document that such a run deserves.
#[must_use]
pub fn document_type(evidence: &Evidence, conclusion: &Conclusion) -> &'static str {
    match (conclusion.verdict, &evidence.ending) {
        (Verdict::Sanitized, _) => CERTIFICATE,
        (_, Ending::Aborted) => ABORTED,
        (_, Ending::Incomplete) => INCOMPLETE,
        (Verdict::NotSanitized, _) => FAILED,
        (Verdict::Indeterminate, _) => UNVERIFIED,
    }
}

/// What the document is about.
pub(super) fn subject_type(drive: &Identity) -> &'static str {
    match drive.kind {
        DriveKind::BlockDevice => "StorageDevice",
        DriveKind::DiskImage => "DiskImage",
    }
}

/// How such a run ended, in one word.
#[must_use]
pub fn outcome(evidence: &Evidence, conclusion: &Conclusion) -> Outcome {
    match (conclusion.verdict, &evidence.ending) {
        (Verdict::Sanitized, _) => Outcome::Sanitized,
        (_, Ending::Aborted) => Outcome::Aborted,
        (Verdict::NotSanitized, _) => Outcome::NotSanitized,
        (Verdict::Indeterminate, _) => Outcome::Indeterminate,
    }
}

/// The conclusion as it stands in a document.
pub(super) fn conclusion_value(conclusion: &Conclusion) -> Value {
    let shortfalls: Vec<Value> = conclusion
        .shortfalls
        .iter()
        .map(|shortfall| {
            json!({
                "code": shortfall,
                "severity": shortfall.severity(),
                "statement": shortfall.statement(),
            })
        })
        .collect();
    json!({
        "rules": RULES,
        "verdict": conclusion.verdict,
        "method": conclusion.method,
        "shortfalls": shortfalls,
    })
}

pub(super) fn document(
    header: &Header<'_>,
    kind: &str,
    title: String,
    subject: Value,
) -> Result<Value, serde_json::Error> {
    let mut document = Map::new();
    let mut add = |name: &str, value: Value| document.insert(name.to_owned(), value);
    add("@context", json!(proof::CONTEXT));
    add("id", json!(format!("urn:uuid:{}", header.id)));
    add("type", json!(["VerifiableCredential", kind]));
    add("schemaVersion", json!(SCHEMA_VERSION));
    add("name", json!(title));
    add("validFrom", serde_json::to_value(header.valid_from)?);
    add("credentialSubject", subject);
    add("run", serde_json::to_value(&header.run)?);
    add("stream", serde_json::to_value(header.place)?);
    add("clock", serde_json::to_value(header.clock)?);
    add("tool", serde_json::to_value(header.tool)?);
    add("boot", serde_json::to_value(header.boot)?);
    add(
        "issuer",
        json!({
            "id": header.issuer,
            "name": header.issuer_name,
            "authorization": header.authorization,
        }),
    );
    Ok(Value::Object(document))
}

fn title(evidence: &Evidence, conclusion: &Conclusion) -> String {
    let what = match evidence.drive.kind {
        DriveKind::BlockDevice => "drive",
        DriveKind::DiskImage => "disk image",
    };
    match (conclusion.verdict, conclusion.method, &evidence.ending) {
        (Verdict::Sanitized, Some(method), _) => {
            format!("Erasure certificate: {what} sanitized, method {method}")
        }
        (_, _, Ending::Aborted) => format!("Erasure aborted: {what} NOT sanitized"),
        (_, _, Ending::Incomplete) => format!("Erasure incomplete: {what} NOT sanitized"),
        (Verdict::NotSanitized, ..) => format!("Erasure failed: {what} NOT sanitized"),
        _ => format!("Erasure not verified: it is not known whether the {what} is sanitized"),
    }
}

/// What the document says of itself in plain words.
fn statements(evidence: &Evidence) -> Vec<String> {
    let mut statements = vec![hides(&evidence.hidden)];
    for erase in &evidence.firmware {
        statements.push(by_firmware(erase));
    }
    if may_have_password(evidence) {
        statements.push(format!(
            "The drive may be locked with the user password {ATA_PASSWORD}, at level High: it was \
             set for the erase, which takes it away at its end, and that end was not seen. nulstil \
             opens the drive when it erases it again; so does \"hdparm --user-master u \
             --security-unlock {ATA_PASSWORD}\", which erases nothing."
        ));
    }
    if evidence.planned.techniques.contains(&TechniqueId::Overwrite) {
        let scheme = &evidence.planned.scheme;
        statements.push(about(scheme));
        if scheme.passes().len() > 1 {
            statements.push(
                "More than one pass adds nothing on modern drives (NIST SP 800-88r2, section \
                 3.1.1)."
                    .to_owned(),
            );
        }
    }
    statements.push(
        "Method and technique are named in the vocabulary of NIST SP 800-88 (r1 and r2); \
         verification means what the tool read back, validation is a person's decision and is not \
         part of this document."
            .to_owned(),
    );
    statements
}

fn hides(hidden: &Hidden) -> String {
    match (&hidden.before, &hidden.after) {
        (_, HiddenArea::Present { accessible, native }) => format!(
            "The drive shows {accessible} of its {native} blocks; the rest at its end was not \
             reached."
        ),
        (HiddenArea::Present { accessible, native }, HiddenArea::None) => format!(
            "The drive showed {accessible} of its {native} blocks; before anything was written it \
             was made to show them all."
        ),
        (HiddenArea::Unknown { reason }, _) | (_, HiddenArea::Unknown { reason }) => format!(
            "Whether it hides blocks at its end is not known: {}.",
            reason.trim_end_matches('.')
        ),
        (HiddenArea::None, HiddenArea::None) => {
            "By its own word the drive hides no blocks at its end.".to_owned()
        }
    }
}

/// Whether an erase that sets a password was begun, or may have been, and did not prove to have
/// ended. One that was refused has looked at whether its password is gone, and says so itself.
pub(crate) fn may_have_password(evidence: &Evidence) -> bool {
    let planned = evidence.planned.techniques.iter().filter(|id| id.sets_password());
    planned.into_iter().any(|id| {
        match evidence.firmware.iter().rfind(|erase| erase.technique == *id) {
            Some(erase) => {
                matches!(erase.completion, Completion::Failed { .. } | Completion::Unknown { .. })
            }
            None => evidence.ending == Ending::Incomplete,
        }
    })
}

fn by_firmware(erase: &FirmwareErase) -> String {
    let how = match &erase.completion {
        Completion::Completed { .. } => "the drive says that it completed it".to_owned(),
        Completion::Rejected { reason } => format!("it was not carried out: {reason}"),
        Completion::Failed { reason } => format!("it failed: {reason}"),
        Completion::Unknown { reason } => format!("what it came to is not known: {reason}"),
    };
    let name = json!(erase.technique);
    let name = name.as_str().unwrap_or_default();
    let how = how.trim_end_matches('.');
    let Some(markers) = &erase.markers else { return format!("{name}: {how}.") };
    format!(
        "{name}: {how}. Of {} blocks planted before, {} were read afterwards and {} were still \
         there; of {} blocks that had held data, {} were read and {} held the same.",
        markers.planted,
        markers.read_after,
        markers.survived.count,
        markers.sampled,
        markers.samples_read_after,
        markers.unchanged.count
    )
}

fn about(scheme: &Scheme) -> String {
    let passes = match scheme.passes().len() {
        1 => "one pass".to_owned(),
        n => format!("{n} passes"),
    };
    let basis = match scheme.name() {
        "nist-clear" => "the Clear method of NIST SP 800-88 for magnetic and flash media",
        "dod-short-3" => "the short form of the withdrawn DoD 5220.22-M: zeros, ones, random",
        "hmg-is5-enhanced" => "the withdrawn HMG Infosec Standard 5, enhanced: zeros, ones, random",
        _ => "a pattern of the user's choice",
    };
    format!("Pass scheme {}: {passes}; {basis}.", scheme.name())
}
