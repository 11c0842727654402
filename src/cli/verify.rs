//! `nulstil verify`: the auditor's command.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use super::args::VerifyArgs;
use super::complete::{Document, Known};
use super::console::{Console, bytes};
use super::decisions::{Decided, Decisions};
use super::files::{find, read_beginning};
use super::{Exit, Stop, code, trust};
use crate::cert::{
    Decision, Logged, Rejection, Trust, VerifiedCertificate, ending, verify as check, verify_logged,
};
use crate::clock;
use crate::log::Inclusion;
use crate::model::{Blankness, DriveKind, Medium, Severity, Timestamp, Verdict};

/// The ending of the proof that a certificate is in the log: C2SP tlog-proof.
const PROOF: &str = "tlog-proof";

/// How many members that are not known are named, and with how many characters each.
const NAMED: usize = 16;
const LONGEST: usize = 120;

/// How many files are judged before what was found is told.
const BATCH: usize = 1024;

/// What was found out about one file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Judgement {
    event: &'static str,
    path: String,
    verdict: Word,
    /// `sanitized`, `not-sanitized` or `indeterminate`; null if nothing can be said.
    conclusion: Option<Verdict>,
    /// For a drive that was read and not erased: `blank`, `not-blank` or `unknown`; null for others.
    found: Option<Blankness>,
    /// Whether it says that the drive has to be destroyed.
    to_be_destroyed: bool,
    /// The method, with a conclusion of sanitized.
    method: Option<crate::model::Method>,
    /// For a machine report: whether every drive that was seen is sanitized and nothing speaks for
    /// more of them; null for a drive.
    machine_complete: Option<bool>,
    /// Why not better, in one sentence; null if there is nothing to say.
    reason: Option<String>,
    /// The stable name of a rejection.
    code: Option<&'static str>,
    #[serde(rename = "type")]
    kind: Option<String>,
    issuer: Option<String>,
    issued: Option<Timestamp>,
    serial: Option<String>,
    model: Option<String>,
    /// `block-device` or `disk-image`: a certificate of a file says nothing about a drive.
    drive_kind: Option<DriveKind>,
    medium: Option<Medium>,
    capacity_bytes: Option<u64>,
    digest: Option<String>,
    /// What people decided on it, the newest first, which is the one that counts.
    validations: Vec<Decided>,
    /// For a validation: what was decided, and by whom.
    decision: Option<Decision>,
    decided_by: Option<String>,
    /// For a validation: the files that hold what it decides on; null for another document.
    decides_on: Option<Vec<String>>,
    /// The first members that were signed and that this program does not know, and how many.
    other_signed_fields: Vec<String>,
    other_signed_fields_count: usize,
    /// Its place in the office's log, and who saw it there; null without a proof of that.
    logged: Option<Logged>,
    /// The file judged earlier that holds the same certificate.
    copy_of: Option<String>,
    #[serde(skip)]
    exit: Exit,
    #[serde(skip)]
    is_certificate: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Authentic,
    AuthenticIncomplete,
    Rejected,
    Unreadable,
}

pub(super) fn verify(console: &Console, args: &VerifyArgs) -> Result<Exit, Stop> {
    if let Some(text) = &args.qr {
        return code::verify(console, args, text);
    }
    let trust = trust::load(console, &args.trust)?;
    let now = clock::now();

    let (mut judged, mut seen) = (Vec::new(), HashMap::new());
    let drives = &[&ending::DRIVES[..], &[ending::VALIDATION]].concat();
    let endings = if args.complete { &ending::ALL[..] } else { drives };
    let files = args.paths.iter().flat_map(|path| find(path, endings));
    // What people decided is known before what they decided on is judged, and told after it.
    let (validations, files): (Vec<File>, Vec<File>) = files.partition(is_validation);
    let mut known = Known::default();
    let mut tell = |mut judgement: Judgement, document: Option<Document>| {
        if args.complete {
            known.extend(document);
        }
        // One certificate is one proof, however many copies of it there are.
        if let Some(digest) = &judgement.digest {
            judgement.copy_of = seen.get(digest).cloned();
            seen.entry(digest.clone()).or_insert_with(|| judgement.path.clone());
        }
        console.json(&judgement);
        if !console.is_json() {
            console.line(&judgement.line());
        }
        if judgement.exit != Exit::Done {
            console.error(&judgement.sentence());
        }
        judged.push(judgement);
    };
    let (mut decisions, mut decided) = (Decisions::default(), Vec::new());
    for batch in validations.chunks(BATCH) {
        for (file, read) in batch.iter().zip(on_all_cores(batch, |file| read(file, &trust, now))) {
            if let (Ok(path), Ok(document)) = (file, &read) {
                decisions.add(path, document);
            }
            decided.push(read.map(|document| {
                (Judgement::of(path_of(file), &document), Document::of(path_of(file), &document))
            }));
        }
    }
    let mut named = Named::default();
    for batch in files.chunks(BATCH) {
        for read in on_all_cores(batch, |file| {
            read(file, &trust, now).map(|document| {
                let (path, found) = (path_of(file), decisions.on(&document));
                let judgement = Judgement::of(path, &document).decided(found.held);
                (judgement, Document::of(path, &document), found.wrong)
            })
        }) {
            match read {
                Err(judgement) => tell(*judgement, None),
                Ok((judgement, document, wrong)) => {
                    named.note(&judgement, wrong);
                    tell(judgement, Some(document));
                }
            }
        }
    }
    for read in decided {
        match read {
            Err(judgement) => tell(*judgement, None),
            Ok((judgement, document)) => tell(named.settle(judgement), Some(document)),
        }
    }
    let mut exits: Vec<Exit> = judged.iter().map(|judgement| judgement.exit).collect();
    if !judged.iter().any(|judgement| judgement.is_certificate) {
        console.error("No certificate was found; name certificates, or a folder with *.cert.json.");
        exits.push(Exit::Rejected);
    }
    // What is not understood, or not even read, may be what is missing.
    let whole = !judged.is_empty() && judged.iter().all(|j| j.verdict == Word::Authentic);
    let complete = match args.complete {
        true => Some(known.complete(console, args.log.as_deref(), &trust)? && whole),
        false => None,
    };
    if complete == Some(false) {
        exits.push(Exit::Incomplete);
    }
    summary(console, &judged, complete);
    Ok(Exit::gravest(exits))
}

/// Does `work` on every item, on as many cores as there are, and gives the results in order.
fn on_all_cores<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let part = items.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(part)
            .map(|part| scope.spawn(|| part.iter().map(&work).collect::<Vec<_>>()))
            .collect();
        // A panic of ours is a fault of this program and ends it here as it would without threads.
        parts
            .into_iter()
            .flat_map(|part| match part.join() {
                Ok(results) => results,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

/// A file to be judged, or why it cannot be.
type File = Result<PathBuf, (PathBuf, String)>;

fn path_of(file: &File) -> &Path {
    match file {
        Ok(path) | Err((path, _)) => path,
    }
}

fn is_validation(file: &File) -> bool {
    path_of(file).to_string_lossy().ends_with(ending::VALIDATION)
}

/// Reads and checks one file. The error says why it proves nothing.
fn read(file: &File, trust: &Trust, now: Timestamp) -> Result<VerifiedCertificate, Box<Judgement>> {
    let path = path_of(file);
    let unreadable = |reason| Box::new(Judgement::unreadable(path, reason));
    file.as_ref().map_err(|(_, reason)| unreadable(reason.clone()))?;
    let bytes = read_beginning(path).map_err(unreadable)?;
    let document = genuine(path, &bytes, trust, now).map_err(|rejection| {
        Box::new(Judgement::empty(path).rejected(rejection.to_string(), rejection.code()))
    })?;
    // By its name it is counted as what it is not, or overlooked.
    if !ending::fits(document.kind(), &path.to_string_lossy()) {
        let reason = format!("it is a {} under another kind's name", document.kind());
        return Err(Box::new(Judgement::empty(path).rejected(reason, "type-mismatch")));
    }
    Ok(document)
}

/// Checks a document, with the proof beside it that it is in the office's log, if there is one.
pub(super) fn genuine(
    path: &Path,
    bytes: &[u8],
    trust: &Trust,
    now: Timestamp,
) -> Result<VerifiedCertificate, Rejection> {
    match proof(path, trust)? {
        None => check(bytes, trust, now),
        Some(proof) => verify_logged(bytes, &proof, trust, now),
    }
}

/// Which files hold what each validation decides on, by the validation's own file; and which of
/// the validations do not hold.
#[derive(Default)]
struct Named {
    on: HashMap<String, Vec<String>>,
    wrong: HashMap<String, Rejection>,
}

impl Named {
    fn note(&mut self, judgement: &Judgement, wrong: Vec<(String, Rejection)>) {
        for decided in &judgement.validations {
            self.on.entry(decided.file.clone()).or_default().push(judgement.path.clone());
        }
        self.wrong.extend(wrong);
    }

    /// What is said of a validation when all that it may decide on was judged.
    fn settle(&mut self, judgement: Judgement) -> Judgement {
        if let Some(rejection) = self.wrong.remove(&judgement.path) {
            return judgement.rejected(rejection.to_string(), rejection.code());
        }
        let on = self.on.remove(&judgement.path).unwrap_or_default();
        Judgement { decides_on: Some(on), ..judgement }
    }
}

/// The proof beside a certificate that it is in the office's log; only a trust list says whose
/// log counts.
fn proof(path: &Path, trust: &Trust) -> Result<Option<Inclusion>, Rejection> {
    let beside = path.with_extension(PROOF);
    if trust.list.is_none() || !beside.exists() {
        return Ok(None);
    }
    // What cannot be read is no proof either.
    let bytes = read_beginning(&beside).unwrap_or_default();
    Ok(Some(Inclusion::parse(&bytes)?))
}

impl Judgement {
    fn empty(path: &Path) -> Self {
        Self {
            event: "certificate",
            path: path.to_string_lossy().into_owned(),
            verdict: Word::Unreadable,
            conclusion: None,
            found: None,
            to_be_destroyed: false,
            method: None,
            machine_complete: None,
            reason: None,
            code: None,
            kind: None,
            issuer: None,
            issued: None,
            serial: None,
            model: None,
            drive_kind: None,
            medium: None,
            capacity_bytes: None,
            digest: None,
            validations: Vec::new(),
            decision: None,
            decided_by: None,
            decides_on: None,
            other_signed_fields: Vec::new(),
            other_signed_fields_count: 0,
            logged: None,
            copy_of: None,
            exit: Exit::Rejected,
            is_certificate: false,
        }
    }

    fn unreadable(path: &Path, reason: String) -> Self {
        Self { reason: Some(reason), ..Self::empty(path) }
    }

    /// The same file, which proves nothing.
    fn rejected(self, reason: String, code: &'static str) -> Self {
        Self {
            verdict: Word::Rejected,
            reason: Some(reason),
            code: Some(code),
            exit: Exit::Rejected,
            is_certificate: true,
            ..Self::empty(Path::new(&self.path))
        }
    }

    /// The same document, with what people decided on it.
    fn decided(self, validations: Vec<Decided>) -> Self {
        let refused = validations.first().filter(|newest| newest.decision != Decision::Accepted);
        let Some(newest) = refused else { return Self { validations, ..self } };
        let mut reason = format!("{} by {}", newest.decision, newest.decided_by);
        if let Some(remark) = &newest.remark {
            reason += &format!(" ({remark})");
        }
        let reason = self.reason.into_iter().chain([reason]).collect::<Vec<_>>().join("; ");
        let exit = Exit::gravest([self.exit, Exit::NotSanitized]);
        Self { reason: Some(reason), exit, validations, ..self }
    }

    fn of(path: &Path, certificate: &VerifiedCertificate) -> Self {
        let conclusion = certificate.conclusion();
        let drive = certificate.drive();
        let named = |path: &String| path.chars().take(LONGEST).collect();
        let validation = certificate.validation();
        let missing = certificate.missing();
        let verdict = if missing.is_empty() { Word::Authentic } else { Word::AuthenticIncomplete };
        let sanitized = conclusion.is_some_and(|found| found.verdict == Verdict::Sanitized);
        // An authentic report of a failure is worse news than a missing member.
        let lacks = certificate.machine_lacks();
        let (inspection, condemned) = (certificate.inspection(), certificate.condemnation());
        let exit = match conclusion {
            Some(_) if !sanitized => Exit::NotSanitized,
            // Whatever was found, or said: nobody erased it.
            _ if inspection.is_some() || condemned.is_some() => Exit::NotSanitized,
            _ if !missing.is_empty() => Exit::Incomplete,
            _ if lacks.is_some_and(|lacks| !lacks.is_empty()) => Exit::Incomplete,
            _ => Exit::Done,
        };
        let grave = conclusion.into_iter().flat_map(|found| &found.shortfalls);
        let grave = grave.filter(|found| found.severity() != Severity::Limit);
        let reasons: Vec<&str> = missing
            .iter()
            .map(String::as_str)
            .chain(grave.map(|shortfall| shortfall.statement()))
            .chain(inspection.into_iter().flat_map(|(_, found)| {
                found.shortfalls.iter().map(|shortfall| shortfall.statement())
            }))
            .chain(condemned.map(|condemned| condemned.reason.as_str()))
            .chain(lacks.into_iter().flatten().map(|lack| lack.trim_end_matches('.')))
            .collect();
        Self {
            verdict,
            conclusion: conclusion.map(|found| found.verdict),
            found: inspection.map(|(_, found)| found.verdict),
            to_be_destroyed: condemned.is_some(),
            method: conclusion.and_then(|found| found.method),
            machine_complete: lacks.map(<[String]>::is_empty),
            reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
            kind: Some(certificate.kind().to_owned()),
            issuer: Some(certificate.issuer_name().to_owned()),
            issued: Some(certificate.issued()),
            serial: certificate
                .serial_number()
                .map(str::to_owned)
                .or_else(|| validation.and_then(|validation| validation.serial_number.clone())),
            model: drive
                .and_then(|drive| drive.model.clone())
                .or_else(|| condemned?.model().map(str::to_owned)),
            drive_kind: drive.map(|drive| drive.kind),
            medium: drive.map(|drive| drive.medium),
            capacity_bytes: drive.map(|drive| drive.capacity_bytes),
            digest: Some(certificate.digest().to_owned()),
            decision: validation.map(|validation| validation.decision),
            decided_by: validation.map(|validation| validation.decided_by.clone()),
            other_signed_fields: certificate.unknown().iter().take(NAMED).map(named).collect(),
            other_signed_fields_count: certificate.unknown().len(),
            logged: certificate.logged().cloned(),
            exit,
            is_certificate: certificate.is_about_a_drive(),
            ..Self::empty(path)
        }
    }

    fn line(&self) -> String {
        let word = match self.verdict {
            Word::Authentic => "authentic",
            Word::AuthenticIncomplete => "authentic-incomplete",
            Word::Rejected => "REJECTED",
            Word::Unreadable => "UNREADABLE",
        };
        let mut line = format!("{word}  {}", self.path);
        if let Some(kind) = self.kind.as_ref().filter(|_| self.conclusion.is_none()) {
            line += &format!("  {kind}");
        }
        match (self.conclusion, self.method) {
            (Some(Verdict::Sanitized), Some(method)) => line += &format!("  SANITIZED ({method})"),
            (Some(Verdict::Indeterminate), _) => line += "  NOT PROVEN",
            (Some(_), _) => line += "  NOT SANITIZED",
            (None, _) => {}
        }
        match self.found {
            Some(Blankness::Blank) => line += "  FOUND BLANK, NOT ERASED BY US",
            Some(Blankness::NotBlank) => line += "  NOT BLANK, NOT ERASED",
            Some(Blankness::Unknown) => line += "  NOT KNOWN TO BE BLANK, NOT ERASED",
            None if self.to_be_destroyed => line += "  NOT ERASED, TO BE DESTROYED",
            None => {}
        }
        match self.machine_complete {
            Some(true) => line += "  MACHINE COMPLETE",
            Some(false) => line += "  MACHINE NOT COMPLETE",
            None => {}
        }
        match (self.drive_kind, self.medium) {
            (Some(DriveKind::DiskImage), _) => line += "  DISK IMAGE, not a drive",
            (Some(_), Some(Medium::Virtual)) => line += "  VIRTUAL DRIVE",
            _ => {}
        }
        if let Some(capacity) = self.capacity_bytes {
            line += &format!("  {}", bytes(capacity));
        }
        if let Some(model) = &self.model {
            line += &format!("  {model}");
        }
        if let Some(serial) = &self.serial {
            line += &format!("  serial {serial}");
        }
        if let Some(logged) = &self.logged {
            line += &format!("  entry {} of the log {}", logged.index, logged.log);
            if let Some(seen) = logged.witnessed.first() {
                line += &format!(", seen by {} on {}", seen.by, seen.at);
            }
        }
        if let (Some(decision), Some(by)) = (self.decision, &self.decided_by) {
            line += &format!("  {} by {by}", decision.to_string().to_uppercase());
            line += &match self.decides_on.as_deref() {
                None | Some([]) => "; what it decides on is not among these files".to_owned(),
                Some(files) => format!(": {}", files.join(", ")),
            };
        }
        if let Some((newest, earlier)) = self.validations.split_first() {
            line += &format!("  {}", said(newest));
            for earlier in earlier {
                line += &format!(", earlier {}", said(earlier));
            }
        }
        if self.other_signed_fields_count > 0 {
            line += &format!("  other signed fields: {}", self.other_signed_fields.join(", "));
            match self.other_signed_fields_count.saturating_sub(self.other_signed_fields.len()) {
                0 => {}
                more => line += &format!(" and {more} more"),
            }
        }
        if let Some(first) = &self.copy_of {
            line += &format!("  (a copy of {first}, not counted again)");
        }
        if let (Some(issuer), Some(issued)) = (&self.issuer, self.issued) {
            line += &format!("  by {issuer}, {issued}");
        }
        if let Some(reason) = &self.reason {
            line += &format!("  ({reason})");
        }
        line
    }

    fn sentence(&self) -> String {
        let reason = self.reason.as_deref().unwrap_or("it is not a proof of erasure");
        let advice = match self.exit {
            // What to do about it is part of the reason.
            Exit::Rejected if self.verdict == Word::Unreadable => "nothing is proven",
            Exit::Rejected => "do not accept it",
            Exit::Incomplete if self.machine_complete == Some(false) => {
                "the machine is not complete"
            }
            Exit::Incomplete => "add what is missing, or use a newer version of this program",
            _ if self.validations.first().is_some_and(|d| d.decision != Decision::Accepted) => {
                "the drive does not count as erased"
            }
            _ if self.to_be_destroyed => "the drive was not erased, and has to be destroyed",
            _ if self.found.is_some() => "nobody here erased the drive",
            _ => "the drive is not proven to be erased",
        };
        format!("{}: {reason}; {advice}.", self.path)
    }
}

/// A decision in a line.
fn said(decided: &Decided) -> String {
    let decision = decided.decision.to_string().to_uppercase();
    format!("{decision} by {} on {}", decided.decided_by, decided.at)
}

fn summary(console: &Console, judged: &[Judgement], complete: Option<bool>) {
    let completeness = match complete {
        None => "not checked",
        Some(true) => "complete",
        Some(false) => "INCOMPLETE",
    };
    let count = |word: Word| judged.iter().filter(|judgement| judgement.verdict == word).count();
    let sanitized = judged
        .iter()
        .filter(|j| j.verdict == Word::Authentic && j.conclusion == Some(Verdict::Sanitized))
        .filter(|j| j.copy_of.is_none());
    let decided = |decision: Decision| {
        let newest = judged.iter().filter(|j| j.copy_of.is_none());
        newest.filter_map(|j| j.validations.first()).filter(|d| d.decision == decision).count()
    };
    let (accepted, escalated, refused) =
        (decided(Decision::Accepted), decided(Decision::Escalated), decided(Decision::Rejected));
    let apart = |is_so: fn(&Judgement) -> bool| {
        let counted = judged.iter().filter(|j| j.verdict == Word::Authentic && j.copy_of.is_none());
        counted.filter(|judgement| is_so(judgement)).count()
    };
    let blank = apart(|j| j.found == Some(Blankness::Blank));
    let not_blank = apart(|j| matches!(j.found, Some(Blankness::NotBlank | Blankness::Unknown)));
    let destroy = apart(|j| j.to_be_destroyed);
    let images = sanitized.clone().filter(|j| j.drive_kind == Some(DriveKind::DiskImage)).count();
    let sanitized = sanitized.count();
    console.json(&json!({
        "event": "summary",
        "judged": judged.len(),
        "authentic": count(Word::Authentic),
        "authenticIncomplete": count(Word::AuthenticIncomplete),
        "rejected": count(Word::Rejected),
        "unreadable": count(Word::Unreadable),
        "sanitized": sanitized,
        "sanitizedDiskImages": images,
        "foundBlank": blank,
        "notFoundBlank": not_blank,
        "toBeDestroyed": destroy,
        "copies": judged.iter().filter(|judgement| judgement.copy_of.is_some()).count(),
        "validations": { "accepted": accepted, "escalated": escalated, "rejected": refused },
        "completeness": completeness.to_lowercase(),
    }));
    if !console.is_json() {
        if accepted + escalated + refused > 0 {
            console.line(&format!(
                "Decided by people: {accepted} accepted, {escalated} escalated, {refused} rejected"
            ));
        }
        if blank + not_blank + destroy > 0 {
            console.line(&format!(
                "Not erased by us: {blank} found blank, {not_blank} not found blank, {destroy} to be \
                 destroyed"
            ));
        }
        console.line(&format!(
            "{} judged: {} authentic ({sanitized} sanitized, {images} of them disk images), {} \
             incomplete, {} rejected, {} unreadable; completeness: {completeness}",
            judged.len(),
            count(Word::Authentic),
            count(Word::AuthenticIncomplete),
            count(Word::Rejected),
            count(Word::Unreadable)
        ));
    }
}
