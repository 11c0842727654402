//! What is said of one document: as a line, as JSON, and as a sentence on what is wrong.

use serde::Serialize;

use super::super::Exit;
use super::super::console::bytes;
use super::super::decisions::Decided;
use crate::cert::{Decision, Logged, Rejection, VerifiedCertificate, trust_list};
use crate::model::{Blankness, DriveKind, Medium, Method, Severity, Timestamp, Verdict};

/// How many members that are not known are named, and with how many characters each.
const NAMED: usize = 16;
const LONGEST: usize = 120;

/// What was found out about one file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Judgement {
    event: &'static str,
    pub(super) path: String,
    pub(super) verdict: Word,
    /// `sanitized`, `not-sanitized` or `indeterminate`; null if nothing can be said.
    pub(super) conclusion: Option<Verdict>,
    /// For a drive that was read and not erased: `blank`, `not-blank` or `unknown`; null for others.
    pub(super) found: Option<Blankness>,
    /// Whether it says that the drive has to be destroyed.
    pub(super) to_be_destroyed: bool,
    /// The method, with a conclusion of sanitized.
    method: Option<Method>,
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
    pub(super) drive_kind: Option<DriveKind>,
    medium: Option<Medium>,
    capacity_bytes: Option<u64>,
    pub(super) digest: Option<String>,
    /// What people decided on it, the one that counts first: the newest, but an acceptance of a day
    /// that has not come after all others.
    pub(super) validations: Vec<Decided>,
    /// For a validation: what was decided, and by whom.
    decision: Option<Decision>,
    decided_by: Option<String>,
    /// For a validation: the files that hold what it decides on; null for another document.
    pub(super) decides_on: Option<Vec<String>>,
    /// The first members that were signed and that this program does not know, and how many.
    other_signed_fields: Vec<String>,
    other_signed_fields_count: usize,
    /// Its place in the office's log, and who saw it there; null without a proof of that.
    logged: Option<Logged>,
    /// The file judged earlier that holds the same certificate.
    pub(super) copy_of: Option<String>,
    #[serde(skip)]
    pub(super) exit: Exit,
    #[serde(skip)]
    pub(super) is_certificate: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Word {
    Authentic,
    AuthenticIncomplete,
    Rejected,
    Unreadable,
}

impl Judgement {
    pub(super) fn empty(path: &str) -> Self {
        Self {
            event: "certificate",
            path: path.to_owned(),
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

    pub(super) fn unreadable(path: &str, reason: String) -> Self {
        Self { reason: Some(reason), ..Self::empty(path) }
    }

    /// The same file, which proves nothing.
    pub(super) fn rejected(self, reason: String, code: &'static str) -> Self {
        Self {
            verdict: Word::Rejected,
            reason: Some(reason),
            code: Some(code),
            exit: Exit::Rejected,
            is_certificate: true,
            ..Self::empty(&self.path)
        }
    }

    /// A file under a trust list's name that is no list to go by. The root's own word that is not
    /// understood may take back what an older one grants.
    pub(super) fn no_list(path: &str, why: &Rejection) -> Self {
        match why {
            // Said of what is in it only after its signature and its root were found good.
            Rejection::ContentWrong { .. } => Self {
                verdict: Word::AuthenticIncomplete,
                reason: Some(format!(
                    "this program does not understand this trust list ({why}), and \
                     an older one is believed instead"
                )),
                code: Some(why.code()),
                kind: Some(trust_list::TYPE.to_owned()),
                exit: Exit::Incomplete,
                ..Self::empty(path)
            },
            _ => Self {
                is_certificate: false,
                ..Self::empty(path).rejected(why.to_string(), why.code())
            },
        }
    }

    /// The same report on a machine, which is not complete for these reasons too.
    pub(super) fn lacking(self, lacks: Vec<String>) -> Self {
        if lacks.is_empty() {
            return self;
        }
        let reason = self.reason.into_iter().chain(lacks).collect::<Vec<_>>().join("; ");
        let exit = Exit::gravest([self.exit, Exit::Incomplete]);
        Self { reason: Some(reason), machine_complete: Some(false), exit, ..self }
    }

    /// The same document, with what people decided on it.
    pub(super) fn decided(self, validations: Vec<Decided>) -> Self {
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

    pub(super) fn of(path: &str, certificate: &VerifiedCertificate) -> Self {
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

    pub(super) fn line(&self) -> String {
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

    pub(super) fn sentence(&self) -> String {
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
