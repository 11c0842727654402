//! `nulstil verify --qr`: the code on a page of paper, alone or beside the file that it is about.

use std::io::Read as _;
use std::path::Path;

use serde::Serialize;

use super::args::VerifyArgs;
use super::console::{Console, bytes};
use super::files::read_small;
use super::{Exit, Stop};
use crate::cert::{Authorization, Trust, VerifiedCertificate, profile};
use crate::model::{Language, Medium, Method, Timestamp, Verdict, hex};
use crate::paper::{self, LONGEST, Refused, Statement, VerifiedCode};

/// An authorization larger than this is none.
const LARGEST_AUTHORIZATION: u64 = 64 << 10;

/// What was found out about the code.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Judgement {
    event: &'static str,
    /// `authentic`, `authentic-incomplete` or `rejected`.
    verdict: &'static str,
    conclusion: Option<Verdict>,
    method: Option<Method>,
    /// Why not better, in one sentence; null if there is nothing to say.
    reason: Option<String>,
    /// The stable name of a rejection.
    code: Option<&'static str>,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    issuer: Option<String>,
    issued: Option<Timestamp>,
    serial: Option<String>,
    model: Option<String>,
    medium: Option<Medium>,
    capacity_bytes: Option<u64>,
    asset_tag: Option<String>,
    /// The id of the certificate, and the digest of its canonical form.
    certificate: Option<String>,
    digest: Option<String>,
    /// The files that were named beside it and hold this certificate.
    agrees_with: Vec<String>,
}

/// A code, and what the files that were named beside it say to it.
pub(super) struct Code {
    read: Result<VerifiedCode, Refused>,
    /// The files that hold the certificate that it is about.
    agree: Vec<String>,
}

impl Code {
    /// Reads and checks the code.
    ///
    /// # Errors
    /// What was named with it cannot be used.
    pub(super) fn read(
        args: &VerifyArgs,
        text: &str,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Self, Stop> {
        let authorization = match &args.authorization {
            Some(path) => Some(authorization(path, trust)?),
            None => None,
        };
        let text = if text == "-" { standard_input()? } else { text.to_owned() };
        // A scanner ends its line; a blank at the end may belong to the code.
        let text = text.trim_end_matches(['\r', '\n']);
        let read = paper::verify(text, authorization.as_ref(), trust, now);
        Ok(Self { read, agree: Vec::new() })
    }

    /// Whether this certificate is the one that it is about.
    pub(super) fn is_about(&self, certificate: &VerifiedCertificate) -> Result<bool, Refused> {
        self.read.as_ref().map_or(Ok(false), |code| code.is_about(certificate))
    }

    /// Takes note of what [`Self::is_about`] said of the certificate in this file.
    pub(super) fn note(&mut self, file: &str, about: Result<bool, Refused>) {
        match about {
            Ok(true) => self.agree.push(file.to_owned()),
            Ok(false) => {}
            Err(contradiction) => self.read = Err(contradiction),
        }
    }

    /// Says what came of it, `beside` other files or alone.
    pub(super) fn tell(&self, console: &Console, beside: bool) -> Exit {
        let (judgement, exit) = match &self.read {
            Ok(code) => (Judgement::of(code, &self.agree), exit_of(code)),
            Err(refused) => (Judgement::rejected(refused), Exit::Rejected),
        };
        console.json(&judgement);
        if !console.is_json() {
            console.line(&judgement.line());
        }
        if let Some(sentence) = judgement.sentence() {
            console.error(&sentence);
        }
        if beside && self.read.is_ok() && self.agree.is_empty() {
            console.error(
                "No certificate that was named is the one that the code is about; look for the \
                 file with its digest.",
            );
            return Exit::Rejected;
        }
        exit
    }
}

fn authorization(path: &Path, trust: &Trust) -> Result<Authorization, Stop> {
    let named = |why: String| Stop::usage(format!("--authorization {}: {why}.", path.display()));
    let bytes = read_small(path, LARGEST_AUTHORIZATION).map_err(named)?;
    let document = profile::parse(&bytes).map_err(|error| {
        named(format!("{error}; name the .auth file made by \"nulstil key authorize\""))
    })?;
    Authorization::verify(&document, &trust.root)
        .map_err(|error| named(format!("{error}; ask for the authorization of this root key")))
}

fn standard_input() -> Result<String, Stop> {
    let mut text = String::new();
    // As much as a code can have, and an end of line.
    std::io::stdin()
        .take(LONGEST as u64 + 3)
        .read_to_string(&mut text)
        .map_err(|_| Stop::usage("What came from standard input is not a text; scan it again."))?;
    Ok(text)
}

fn exit_of(code: &VerifiedCode) -> Exit {
    match (code.statement().verdict(), code.missing()) {
        (Verdict::Sanitized, None) => Exit::Done,
        (Verdict::Sanitized, Some(_)) => Exit::Incomplete,
        _ => Exit::NotSanitized,
    }
}

impl Judgement {
    fn of(code: &VerifiedCode, beside: &[String]) -> Self {
        let says: &Statement = code.statement();
        let uuid = uuid(&says.certificate);
        Self {
            event: "code",
            verdict: if code.missing().is_none() { "authentic" } else { "authentic-incomplete" },
            conclusion: Some(says.verdict()),
            method: says.method,
            reason: code.missing().map(str::to_owned),
            code: None,
            kind: Some(says.kind),
            issuer: Some(code.station_name().to_owned()),
            issued: Some(says.issued),
            serial: says.serial.clone(),
            model: says.model.clone(),
            medium: Some(says.medium),
            capacity_bytes: Some(says.capacity_bytes),
            asset_tag: says.asset_tag.clone(),
            certificate: Some(format!("urn:uuid:{uuid}")),
            digest: Some(hex(&says.digest)),
            agrees_with: beside.to_vec(),
        }
    }

    fn rejected(refused: &Refused) -> Self {
        Self {
            event: "code",
            verdict: "rejected",
            reason: Some(refused.to_string()),
            code: Some(refused.code()),
            ..Self::default()
        }
    }

    /// The paper's word, in one line.
    fn line(&self) -> String {
        let Some(found) = self.conclusion else {
            return format!(
                "REJECTED  the code on paper  ({})",
                self.reason.as_deref().unwrap_or_default()
            );
        };
        let mut line = format!("{}  the paper says: ", self.verdict);
        line += &match (found, self.method) {
            (Verdict::Sanitized, Some(method)) => format!("SANITIZED ({method})"),
            (Verdict::Indeterminate, _) => "NOT PROVEN".to_owned(),
            _ => "NOT SANITIZED".to_owned(),
        };
        match self.medium {
            Some(Medium::DiskImage) => line += "  DISK IMAGE, not a drive",
            Some(Medium::Virtual) => line += "  VIRTUAL DRIVE",
            _ => {}
        }
        let named = [("", &self.model), ("serial ", &self.serial), ("asset ", &self.asset_tag)];
        line += &self.capacity_bytes.map(|size| format!("  {}", bytes(size))).unwrap_or_default();
        for (name, value) in named {
            line += &value.as_ref().map(|value| format!("  {name}{value}")).unwrap_or_default();
        }
        if let (Some(issuer), Some(issued)) = (&self.issuer, self.issued) {
            line += &format!("  by {issuer}, {issued}");
        }
        let digest = self.digest.as_deref().unwrap_or_default();
        line += &match self.agrees_with.first() {
            Some(file) => format!("  agrees with {file}, whose digest is {digest}"),
            None => format!(
                "  (this is what was signed; the evidence is in the certificate with the digest \
                 {digest}, which was not looked at)"
            ),
        };
        if let Some(reason) = &self.reason {
            line += &format!("  ({reason})");
        }
        line
    }

    fn sentence(&self) -> Option<String> {
        match (self.verdict, self.conclusion, &self.reason) {
            ("rejected", _, reason) => Some(format!(
                "The code on paper: {}; do not accept it.",
                reason.as_deref().unwrap_or_default()
            )),
            (_, Some(Verdict::Sanitized), Some(reason)) => {
                Some(format!("The code on paper: {reason}; add what is missing."))
            }
            (_, Some(Verdict::Sanitized), None) => None,
            (_, found, _) => Some(format!(
                "The code on paper says of the drive: {}.",
                found.unwrap_or(Verdict::Indeterminate).words(Language::English)
            )),
        }
    }
}

/// A UUID in its usual spelling.
fn uuid(bytes: &[u8; 16]) -> String {
    let digits = hex(bytes);
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}
