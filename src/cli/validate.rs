//! `nulstil validate`: signs a person's decision on certificates. What is decided on is verified
//! first, all of it: either every decision is signed, or none.

use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use super::args::ValidateArgs;
use super::console::Console;
use super::sources::Source;
use super::verify::genuine;
use super::{Exit, Stop, station, trust};
use crate::cert::document::VALIDATION;
use crate::cert::{
    Authorization, Decision, Rejection, Trust, Validation, ValidationHeader, VerifiedCertificate,
    Verifier, did, ending, profile, proof, verify,
};
use crate::clock;
use crate::engine;
use crate::model::{Clock, Timestamp};
use crate::os::{self, System};
use crate::run::Outbox;

/// Who decides: a key, and the root's word for it.
struct Validator {
    key: SigningKey,
    name: String,
    authorization: Value,
}

pub(super) fn validate(console: &Console, args: &ValidateArgs) -> Result<Exit, Stop> {
    let now = clock::now();
    let outbox = Outbox::open(&args.out).map_err(|error| Stop::refused(error.to_string()))?;
    let by = station::text(Some(&args.by)).ok_or_else(|| {
        Stop::usage("--by is empty; write the name or the role of whoever decides.")
    })?;
    let (validator, trust) = validator(console, args, now)?;
    let verifier = Verifier::new(&trust, now);
    let mut decided = Vec::new();
    for path in &args.files {
        let certificate = certificate(path, &verifier)?;
        let remark = station::text(args.remark.as_deref());
        let validation = Validation::of(&certificate, args.decision, by.clone(), remark)
            .and_then(|validation| {
                validation.holds(&did::of(&validator.key.verifying_key()), &certificate)?;
                Ok(validation)
            })
            .map_err(|why| cannot(path, args.decision, &certificate, &why))?;
        decided.push((path, certificate, validation));
    }
    let clock = os::clock_facts(&System::live(), now.unix());
    let mut signed = Vec::new();
    for (path, certificate, validation) in &decided {
        let bytes = validator
            .sign(validation, &clock, now, &trust)
            .map_err(|why| Stop::fault(format!("the validation would not be accepted: {why}.")))?;
        signed.push((path, certificate, validation, bytes));
    }
    for (path, certificate, validation, bytes) in signed {
        let saved = outbox
            .save(&free_name(&outbox, path), &bytes)
            .map_err(|error| Stop::refused(error.to_string()))?;
        told(console, path, certificate, validation, &saved);
    }
    Ok(Exit::Done)
}

/// The key and what the root says of it; whom to believe is whoever authorized it.
fn validator(
    console: &Console,
    args: &ValidateArgs,
    now: Timestamp,
) -> Result<(Validator, Trust), Stop> {
    let (key, authorization) = station::signer(console, &args.key, &args.authorization)?;
    let path = args.authorization.display();
    let refused = |error: Rejection| {
        Stop::refused(format!(
            "--authorization {path}: {error}; have the key authorized with \"nulstil key authorize \
             --validator\"."
        ))
    };
    let root = proof::verify(&authorization).map_err(refused)?;
    let granted = Authorization::verify(&authorization, &root).map_err(refused)?;
    granted
        .permits(&did::of(&key.verifying_key()), &granted.station_name, VALIDATION, now)
        .map_err(|why| refused(why.into()))?;
    let trust = trust::in_root(console, root, args.trust.as_deref())?;
    Ok((Validator { key, name: granted.station_name, authorization }, trust))
}

fn certificate(path: &Path, verifier: &Verifier<'_>) -> Result<VerifiedCertificate, Stop> {
    let named = |why: &dyn std::fmt::Display| {
        Stop::rejected(format!("{}: {why}; nothing was decided.", path.display()))
    };
    let source = Source::file(path);
    let bytes = source.read().map_err(|why| named(&why))?;
    genuine(&source, &bytes, verifier).map_err(|why| named(&why))
}

/// Why nobody may decide so on this document, and what to do.
fn cannot(
    path: &Path,
    decision: Decision,
    certificate: &VerifiedCertificate,
    why: &Rejection,
) -> Stop {
    let path = path.display();
    Stop::refused(match why {
        Rejection::AcceptedUnproven if !certificate.missing().is_empty() => format!(
            "{path} cannot be {decision}: {}; add what is missing, or decide otherwise.",
            certificate.missing().join("; ")
        ),
        Rejection::AcceptedUnproven => format!(
            "{path} cannot be {decision}: it is a {}, which does not prove that the drive was \
             sanitized; decide \"rejected\" or \"escalated\".",
            certificate.kind()
        ),
        Rejection::TypeMismatch => format!(
            "{path} is a {} and not about one drive; name the document on a drive.",
            certificate.kind()
        ),
        Rejection::ValidatedByIssuer => format!(
            "{path} was signed with this key; somebody else has to decide, with a key of their own."
        ),
        other => format!("{path}: {other}; nothing was decided."),
    })
}

impl Validator {
    fn sign(
        &self,
        validation: &Validation,
        clock: &Clock,
        now: Timestamp,
        trust: &Trust,
    ) -> Result<Vec<u8>, Rejection> {
        let (id, tool) = (uuid::Uuid::now_v7().to_string(), engine::tool());
        let document = validation.document(&ValidationHeader {
            id: &id,
            issuer: &did::of(&self.key.verifying_key()),
            issuer_name: &self.name,
            authorization: &self.authorization,
            valid_from: now,
            clock,
            tool: &tool,
        });
        let bytes = profile::pretty(&proof::sign(document, &self.key, now)?)?;
        // As everyone will read it who believes the same root.
        verify(&bytes, trust, now)?;
        Ok(bytes)
    }
}

/// A name beside what is decided on; a later decision has a number.
fn free_name(outbox: &Outbox, path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = ending::ALL.iter().chain([&ending::PAGE]).find_map(|it| ending::strip(&name, it));
    let stem = stem.unwrap_or_else(|| name.trim_end_matches(".json"));
    let named = |number: u32| match number {
        1 => format!("{stem}{}", ending::VALIDATION),
        _ => format!("{stem}-{number}{}", ending::VALIDATION),
    };
    let free = (1..).map(named).find(|name| !outbox.path(name).exists());
    free.unwrap_or_else(|| named(1))
}

fn told(
    console: &Console,
    path: &Path,
    certificate: &VerifiedCertificate,
    validation: &Validation,
    saved: &PathBuf,
) {
    console.json(&json!({
        "event": "validated",
        "path": path,
        "decision": validation.decision,
        "decidedBy": validation.decided_by,
        "serial": validation.serial_number,
        "digest": validation.digest,
        "validation": saved,
    }));
    if !console.is_json() {
        let serial = validation.serial_number.as_deref().unwrap_or("not known");
        console.line(&format!(
            "{} by {}: {} ({}, serial {serial})",
            validation.decision,
            validation.decided_by,
            path.display(),
            certificate.kind()
        ));
        console.line(&format!("    validation: {}", saved.display()));
    }
}
