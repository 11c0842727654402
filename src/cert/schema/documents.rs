//! The documents as they are signed. Elsewhere they are put together as JSON; here is their form, in
//! the order in which their members are written.

#![expect(dead_code, reason = "nobody makes one of these: only their form counts")]

use schemars::JsonSchema;

use crate::cert::authorization::{TYPE as STATION, VALIDATOR_TYPE as VALIDATOR};
use crate::cert::document::{Run, SCHEMA_VERSION};
use crate::cert::machine::MachineDrive;
use crate::cert::proof::{self, CONTEXT};
use crate::cert::stream::{Begun, Place};
use crate::cert::trust_list::{Revocation, TYPE as LIST};
use crate::cert::{Decision, URN_UUID, UUID, did};
use crate::model::text::DIGEST;
use crate::model::{
    Blankness, Boot, Clock, Computer, Condemnation, Evidence, Inspection, InspectionShortfall,
    Method, Paperwork, Severity, Shortfall, Timestamp, Tool, Verdict,
};

/// What every document has at its top.
#[derive(JsonSchema)]
#[schemars(rename = "Document{S}")]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<S> {
    /// The vocabulary. Nothing is ever fetched from there.
    #[serde(rename = "@context")]
    #[schemars(extend("const" = CONTEXT))]
    context: [String; 2],
    /// What the document is called.
    #[schemars(regex(pattern = URN_UUID))]
    id: String,
    /// `VerifiableCredential`, and the kind of document.
    r#type: [String; 2],
    /// The layout of the document: `major.minor`.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    schema_version: String,
    /// A title for people. Nothing follows from it.
    name: String,
    /// When it was issued.
    valid_from: Timestamp,
    /// What it says.
    credential_subject: S,
    /// The clock that its times come from.
    clock: Clock,
    /// The program that made it.
    tool: Tool,
    /// Who issued it.
    issuer: Issuer,
    /// The signature.
    proof: Proof,
}

/// A document that a station issued, in a session.
#[derive(JsonSchema)]
#[schemars(rename = "InSession{S}")]
pub(super) struct InSession<S> {
    #[serde(flatten)]
    document: Document<S>,
    /// The run.
    run: Run<'static>,
    /// Its place among the documents of the session.
    stream: Place,
    /// What was started before the program.
    boot: Boot,
}

/// What a document on the erasure of a drive says.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErasureSubject {
    /// What the document is about.
    #[schemars(extend("enum" = ["StorageDevice", "DiskImage"]))]
    r#type: String,
    /// The device node or file by which the drive was named.
    path: Option<String>,
    /// What follows from the evidence.
    conclusion: Concluded,
    /// What the document says of itself, in sentences for people. Nothing follows from them.
    statements: Vec<String>,
    /// What happened.
    evidence: Evidence,
    /// The computer that the drive was in.
    computer: Computer,
    /// What people said of the job.
    paperwork: Paperwork,
}

/// What follows from the evidence of an erasure.
#[derive(JsonSchema)]
pub(super) struct Concluded {
    /// The version of the rules by which it follows.
    #[schemars(range(min = 1))]
    rules: u32,
    /// The verdict.
    verdict: Verdict,
    /// The method that was achieved; null unless the drive is sanitized.
    method: Option<Method>,
    /// Every shortfall, gravest first.
    shortfalls: Vec<Found<Shortfall>>,
}

/// A shortfall with its weight and its sentence.
#[derive(JsonSchema)]
#[schemars(rename = "Found{Code}")]
pub(super) struct Found<Code> {
    /// Which one.
    code: Code,
    /// What it means for the verdict.
    severity: Severity,
    /// The same as a sentence for people.
    statement: String,
}

/// What a document on a drive says that was read and not written to.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InspectionSubject {
    /// What the document is about.
    #[schemars(extend("enum" = ["StorageDevice", "DiskImage"]))]
    r#type: String,
    /// The device node or file by which the drive was named.
    path: Option<String>,
    /// What follows from the evidence.
    conclusion: Judged,
    /// What the document says of itself, in sentences for people. Nothing follows from them.
    statements: Vec<String>,
    /// What was read.
    evidence: Inspection,
    /// The computer that the drive was in.
    computer: Computer,
    /// What people said of the job.
    paperwork: Paperwork,
}

/// What follows from the evidence of an inspection. It names no method: nothing was sanitized.
#[derive(JsonSchema)]
pub(super) struct Judged {
    /// The version of the rules by which it follows.
    #[schemars(range(min = 1))]
    rules: u32,
    /// Whether the drive is blank.
    verdict: Blankness,
    /// Every shortfall, gravest first.
    shortfalls: Vec<Found<InspectionShortfall>>,
}

/// What a document on a drive says that has to be destroyed.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CondemnationSubject {
    /// What the document is about.
    #[schemars(extend("const" = "StorageDevice"))]
    r#type: String,
    /// The device node by which the drive was named.
    path: Option<String>,
    /// What the document says of itself, in sentences for people. Nothing follows from them.
    statements: Vec<String>,
    /// Which drive, and why.
    evidence: Condemnation,
    /// The computer that the drive was in.
    computer: Computer,
    /// What people said of the job.
    paperwork: Paperwork,
}

/// What the report on a machine says.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MachineSubject {
    /// What the document is about.
    #[schemars(extend("const" = "Computer"))]
    r#type: String,
    /// Whether the machine may have drives that no program on it can see.
    hidden_drives_possible: bool,
    /// Why, one sentence each.
    hidden_drives_reasons: Vec<String>,
    /// Every drive that was seen.
    drives: Vec<MachineDrive>,
    /// The computer.
    computer: Computer,
    /// What people said of the job.
    paperwork: Paperwork,
}

/// What the record of what a session begins says.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartSubject {
    /// What the document is about.
    #[schemars(extend("const" = "Computer"))]
    r#type: String,
    /// The drives that are about to be erased.
    drives: Vec<Begun>,
    /// The streams that have no end and that this one goes on for.
    #[schemars(inner(regex(pattern = UUID)))]
    continues: Vec<String>,
    /// The computer.
    computer: Computer,
    /// What people said of the job.
    paperwork: Paperwork,
}

/// What a person decided.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DecisionSubject {
    /// The id of the document that is decided on.
    #[schemars(regex(pattern = URN_UUID))]
    id: String,
    /// The kind of that document.
    #[schemars(extend("enum" = super::on_a_drive()))]
    r#type: String,
    /// SHA-256 of that document, signature included, in canonical form, hexadecimal.
    #[schemars(regex(pattern = DIGEST))]
    certificate_digest: String,
    /// The serial number of its drive.
    serial_number: Option<String>,
    /// The decision.
    decision: Decision,
    /// Who decided: a name or a role, as they wrote it.
    #[schemars(length(min = 1))]
    decided_by: String,
    /// What they had to say about it.
    remark: Option<String>,
    /// What the document says of itself, in sentences for people. Nothing follows from them.
    statements: Vec<String>,
}

/// Who issued a document.
#[derive(JsonSchema)]
pub(super) struct Issuer {
    /// The public key that signed.
    #[schemars(regex(pattern = did::PATTERN))]
    id: String,
    /// The name that the root gave it.
    name: String,
    /// The root's word for it, whole.
    authorization: Authorization,
}

/// The root's word that a key may issue certain documents for a certain time.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Authorization {
    /// The vocabulary. Nothing is ever fetched from there.
    #[serde(rename = "@context")]
    #[schemars(extend("const" = CONTEXT))]
    context: [String; 2],
    /// What the authorization is called.
    #[schemars(regex(pattern = URN_UUID))]
    id: String,
    #[schemars(extend("enum" = [["VerifiableCredential", STATION], ["VerifiableCredential", VALIDATOR]]))]
    r#type: [String; 2],
    /// The layout of the authorization.
    #[schemars(extend("const" = "1.0"))]
    schema_version: String,
    /// The root.
    issuer: Root,
    /// From when on it may issue.
    valid_from: Timestamp,
    /// The first second at which it no longer may.
    valid_until: Timestamp,
    /// Whom it authorizes to do what.
    credential_subject: Authorized,
    /// The root's signature.
    proof: Proof,
}

/// The root key.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Root {
    /// The public key.
    #[schemars(regex(pattern = did::PATTERN))]
    id: String,
    /// The name of its owner.
    name: String,
}

/// Whom the root authorizes to do what.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Authorized {
    /// `Station`, or `Validator` for somebody who may only decide.
    #[schemars(extend("enum" = ["Station", "Validator"]))]
    r#type: String,
    /// The public key of the station or validator.
    #[schemars(regex(pattern = did::PATTERN))]
    id: String,
    /// Its name, under which it issues.
    name: String,
    /// The kinds of documents that it may issue.
    #[schemars(length(min = 1))]
    may_issue: Vec<String>,
    /// The version of the newest trust list when this was signed; 0 if there was none.
    trust_list_version: u64,
    /// The same again, short and signed for codes on paper (COSE_Sign1, base64url). Absent if the
    /// station may sign no such codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", regex(pattern = "^[A-Za-z0-9_-]{1,1024}$"))]
    paper: Option<String>,
}

/// The root's word on which keys no longer count, and which ones keep the office's log.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TrustList {
    /// The vocabulary. Nothing is ever fetched from there.
    #[serde(rename = "@context")]
    #[schemars(extend("const" = CONTEXT))]
    context: [String; 2],
    /// What the list is called.
    #[schemars(regex(pattern = URN_UUID))]
    id: String,
    #[schemars(extend("const" = ["VerifiableCredential", LIST]))]
    r#type: [String; 2],
    /// The layout of the list.
    #[schemars(extend("const" = "1.0"))]
    schema_version: String,
    /// The root.
    issuer: Root,
    /// When it was made.
    valid_from: Timestamp,
    /// What it says.
    credential_subject: Keys,
    /// The root's signature.
    proof: Proof,
}

/// Keys that count and keys that do not.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Keys {
    /// What the document is about.
    #[schemars(extend("const" = "Keys"))]
    r#type: String,
    /// From 1; each new list has the next number.
    #[schemars(range(min = 1))]
    version: u64,
    /// SHA-256 of the list before, signature included, in canonical form, hexadecimal; null in the
    /// first.
    #[schemars(regex(pattern = DIGEST))]
    previous_digest: Option<String>,
    /// Keys that keep the office's log, as C2SP signed-note spells them.
    logs: Vec<String>,
    /// Keys of those who sign its checkpoints too, spelled in the same way.
    witnesses: Vec<String>,
    /// Keys that no longer count.
    revoked: Vec<Revocation>,
}

/// The signature: W3C Data Integrity, `eddsa-jcs-2022`.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Proof {
    #[schemars(extend("const" = proof::TYPE))]
    r#type: String,
    #[schemars(extend("const" = proof::CRYPTOSUITE))]
    cryptosuite: String,
    /// When it was signed.
    created: Timestamp,
    /// The public key that signed: its did:key, `#`, and the key again.
    #[schemars(regex(pattern = did::METHOD_PATTERN))]
    verification_method: String,
    #[schemars(extend("const" = proof::PURPOSE))]
    proof_purpose: String,
    /// The vocabulary. Nothing is ever fetched from there.
    #[serde(rename = "@context")]
    #[schemars(extend("const" = CONTEXT))]
    context: [String; 2],
    /// The 64 bytes of the signature (RFC 8032), in multibase base58btc.
    #[schemars(regex(pattern = "^z[1-9A-HJ-NP-Za-km-z]{64,88}$"))]
    proof_value: String,
}
