//! `nulstil verify`: the auditor's command.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::json;

use super::args::VerifyArgs;
use super::complete::{Document, Known};
use super::console::{Console, bytes};
use super::sources::{self, Source};
use super::{CERTIFICATE, Exit, PAPER, Stop, trust};
use crate::cert::{Logged, Rejection, VerifiedCertificate, Verifier};
use crate::clock;
use crate::log::Inclusion;
use crate::model::{DriveKind, Medium, Severity, Timestamp, Verdict};

/// The endings of the records that show whether certificates are missing.
const MACHINE: &str = ".machine.json";
const STARTED: &str = ".start.json";

/// How many documents are judged before what was found is told, and how many bytes of them are
/// held in memory, out of archives.
const BATCH: usize = 1024;
const BATCH_BYTES: usize = 16 << 20;

/// What was found out about one file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Judgement {
    event: &'static str,
    path: String,
    verdict: Word,
    /// `sanitized`, `not-sanitized` or `indeterminate`; null if nothing can be said.
    conclusion: Option<Verdict>,
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
    let trust = trust::load(console, &args.trust)?;
    let verifier = Verifier::new(&trust, clock::now());
    let endings: &[&str] =
        if args.complete { &[CERTIFICATE, MACHINE, STARTED] } else { &[CERTIFICATE] };
    let mut sources = sources::all(&args.paths, endings);
    let (mut tally, mut known, mut twins) = (Tally::default(), Known::default(), Twins::default());
    loop {
        let batch = next_batch(&mut sources);
        if batch.is_empty() {
            break;
        }
        for (mut judgement, document) in on_all_cores(&batch, |source| judge(source, &verifier)) {
            // A PDF belongs to its certificate, and is not there twice by mistake.
            let document = match twins.meet(&mut judgement) {
                Meeting::First => document,
                Meeting::Same => {
                    tally.same_beside += 1;
                    continue;
                }
                Meeting::Other => None,
            };
            if args.complete {
                known.extend(document);
            }
            console.json(&judgement);
            if !console.is_json() {
                console.line(&judgement.line());
            }
            if judgement.exit != Exit::Done {
                console.error(&judgement.sentence());
            }
            tally.count(&judgement);
        }
    }
    let mut exits = vec![tally.exit];
    if tally.certificates == 0 {
        console.error(
            "No certificate was found; name certificates, PDFs or ZIPs of them, or a folder with \
             *.cert.json.",
        );
        exits.push(Exit::Rejected);
    }
    // What is not understood, or not even read, may be what is missing.
    let whole = tally.judged > 0 && tally.judged == tally.authentic;
    let complete = match args.complete {
        true => Some(known.complete(console, args.log.as_deref(), &trust)? && whole),
        false => None,
    };
    if complete == Some(false) {
        exits.push(Exit::Incomplete);
    }
    tally.summary(console, complete);
    Ok(Exit::gravest(exits))
}

/// The next documents, as many as are held in memory at once.
fn next_batch(sources: &mut impl Iterator<Item = Source>) -> Vec<Source> {
    let (mut batch, mut held) = (Vec::new(), 0);
    while batch.len() < BATCH && held < BATCH_BYTES {
        let Some(source) = sources.next() else { break };
        held += source.held();
        batch.push(source);
    }
    batch
}

/// Which documents were there already.
#[derive(Default)]
struct Twins {
    /// The file in which each certificate was found first, by its digest.
    first: HashMap<String, String>,
    /// The file and digest of each certificate, by that file without its ending.
    beside: HashMap<String, (String, String)>,
}

/// What became known of a document by those before it.
enum Meeting {
    /// Nothing, or that it is a copy.
    First,
    /// It is the PDF of the certificate beside it, or that certificate itself.
    Same,
    /// The PDF and the certificate are not the same.
    Other,
}

impl Twins {
    /// Notes of which document this is a copy: one certificate is one proof. A certificate and a
    /// PDF of one name must be the same.
    fn meet(&mut self, judgement: &mut Judgement) -> Meeting {
        let (Some(digest), path) = (judgement.digest.clone(), judgement.path.clone()) else {
            return Meeting::First;
        };
        let stem = path.strip_suffix(CERTIFICATE).or_else(|| path.strip_suffix(PAPER));
        match stem.and_then(|stem| self.beside.get(stem)) {
            Some((other, same)) if *other != path && *same == digest => return Meeting::Same,
            Some((other, _)) if *other != path => {
                let reason = format!("it does not hold the same certificate as {other}");
                *judgement = Judgement::rejected(&path, reason, "differs-from-beside");
                return Meeting::Other;
            }
            _ => {}
        }
        judgement.copy_of = self.first.get(&digest).cloned();
        self.first.entry(digest.clone()).or_insert_with(|| path.clone());
        if let Some(stem) = stem {
            self.beside.insert(stem.to_owned(), (path, digest));
        }
        Meeting::First
    }
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

fn judge(source: &Source, verifier: &Verifier<'_>) -> (Judgement, Option<Document>) {
    let name = &source.name;
    let bytes = match source.read() {
        Ok(bytes) => bytes,
        Err(reason) => return (Judgement::unreadable(name, reason), None),
    };
    // Only a trust list says whose log counts.
    let proof = source.proof().filter(|_| verifier.trust().list.is_some());
    let proven = match proof.map(|bytes| Inclusion::parse(&bytes)).transpose() {
        Ok(proof) => verifier.verify(&bytes, proof.as_ref()),
        Err(error) => Err(Rejection::from(error)),
    };
    let is_certificate = name.ends_with(CERTIFICATE) || name.ends_with(PAPER);
    match proven {
        Err(why) => (Judgement::rejected(name, why.to_string(), why.code()), None),
        // By its name it is counted as a drive's certificate; it is none.
        Ok(report) if !report.is_about_a_drive() && is_certificate => {
            let reason = format!("it is a {} under a certificate's name", report.kind());
            (Judgement::rejected(name, reason, "type-mismatch"), None)
        }
        Ok(certificate) => {
            (Judgement::of(name, &certificate), Some(Document::of(name, &certificate)))
        }
    }
}

impl Judgement {
    fn empty(path: &str) -> Self {
        Self {
            event: "certificate",
            path: path.to_owned(),
            verdict: Word::Unreadable,
            conclusion: None,
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
            logged: None,
            copy_of: None,
            exit: Exit::Rejected,
            is_certificate: false,
        }
    }

    fn unreadable(path: &str, reason: String) -> Self {
        Self { reason: Some(reason), ..Self::empty(path) }
    }

    fn rejected(path: &str, reason: String, code: &'static str) -> Self {
        Self {
            verdict: Word::Rejected,
            reason: Some(reason),
            code: Some(code),
            is_certificate: true,
            ..Self::empty(path)
        }
    }

    fn of(path: &str, certificate: &VerifiedCertificate) -> Self {
        let conclusion = certificate.conclusion();
        let drive = certificate.evidence().map(|evidence| &evidence.drive);
        let missing = certificate.missing();
        let verdict = if missing.is_empty() { Word::Authentic } else { Word::AuthenticIncomplete };
        let sanitized = conclusion.is_some_and(|found| found.verdict == Verdict::Sanitized);
        // An authentic report of a failure is worse news than a missing member.
        let lacks = certificate.machine_lacks();
        let exit = match conclusion {
            Some(_) if !sanitized => Exit::NotSanitized,
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
            .chain(lacks.into_iter().flatten().map(|lack| lack.trim_end_matches('.')))
            .collect();
        Self {
            verdict,
            conclusion: conclusion.map(|found| found.verdict),
            method: conclusion.and_then(|found| found.method),
            machine_complete: lacks.map(<[String]>::is_empty),
            reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
            kind: Some(certificate.kind().to_owned()),
            issuer: Some(certificate.issuer_name().to_owned()),
            issued: Some(certificate.issued()),
            serial: drive.and_then(|drive| drive.serial_number.clone()),
            model: drive.and_then(|drive| drive.model.clone()),
            drive_kind: drive.map(|drive| drive.kind),
            medium: drive.map(|drive| drive.medium),
            capacity_bytes: drive.map(|drive| drive.capacity_bytes),
            digest: Some(certificate.digest().to_owned()),
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
            _ => "the drive is not proven to be erased",
        };
        format!("{}: {reason}; {advice}.", self.path)
    }
}

/// What was found, all in all.
struct Tally {
    judged: usize,
    authentic: usize,
    incomplete: usize,
    rejected: usize,
    unreadable: usize,
    sanitized: usize,
    images: usize,
    copies: usize,
    same_beside: usize,
    certificates: usize,
    exit: Exit,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            judged: 0,
            authentic: 0,
            incomplete: 0,
            rejected: 0,
            unreadable: 0,
            sanitized: 0,
            images: 0,
            copies: 0,
            same_beside: 0,
            certificates: 0,
            exit: Exit::Done,
        }
    }
}

impl Tally {
    fn count(&mut self, judgement: &Judgement) {
        self.judged += 1;
        *match judgement.verdict {
            Word::Authentic => &mut self.authentic,
            Word::AuthenticIncomplete => &mut self.incomplete,
            Word::Rejected => &mut self.rejected,
            Word::Unreadable => &mut self.unreadable,
        } += 1;
        let copy = judgement.copy_of.is_some();
        let sanitized = judgement.verdict == Word::Authentic
            && judgement.conclusion == Some(Verdict::Sanitized)
            && !copy;
        let image = judgement.drive_kind == Some(DriveKind::DiskImage);
        self.sanitized += usize::from(sanitized);
        self.images += usize::from(sanitized && image);
        self.copies += usize::from(copy);
        self.certificates += usize::from(judgement.is_certificate);
        self.exit = Exit::gravest([self.exit, judgement.exit]);
    }

    fn summary(&self, console: &Console, complete: Option<bool>) {
        let completeness = match complete {
            None => "not checked",
            Some(true) => "complete",
            Some(false) => "INCOMPLETE",
        };
        let Self { judged, authentic, incomplete, rejected, unreadable, sanitized, images, .. } =
            self;
        console.json(&json!({
            "event": "summary",
            "judged": judged,
            "authentic": authentic,
            "authenticIncomplete": incomplete,
            "rejected": rejected,
            "unreadable": unreadable,
            "sanitized": sanitized,
            "sanitizedDiskImages": images,
            "copies": self.copies,
            "sameBeside": self.same_beside,
            "completeness": completeness.to_lowercase(),
        }));
        if !console.is_json() {
            console.line(&format!(
                "{judged} judged: {authentic} authentic ({sanitized} sanitized, {images} of them \
                 disk images), {incomplete} incomplete, {rejected} rejected, {unreadable} \
                 unreadable; completeness: {completeness}"
            ));
            if self.same_beside > 0 {
                console.line(&format!(
                    "{} PDFs hold the same as the certificate beside them.",
                    self.same_beside
                ));
            }
        }
    }
}
