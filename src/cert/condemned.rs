//! `DestructionRequiredReport`: a drive that could not be erased and has to be destroyed. A person
//! says so; nothing is concluded, and nothing is proven but who said it of which drive, and when.

use serde_json::{Value, json};

use super::document::{ABORTED, DESTRUCTION, FAILED, Header, INCOMPLETE, UNVERIFIED, document};
use super::is_urn_uuid;
use super::rejection::Rejection;
use super::verify::VerifiedCertificate;
use crate::model::{Attempt, Computer, Condemnation, DriveKind, Paperwork, unhex};

/// The documents that an attempt to erase a drive can leave if it did not succeed.
const ATTEMPTS: [&str; 4] = [FAILED, ABORTED, INCOMPLETE, UNVERIFIED];

/// What the document is about.
pub(super) const SUBJECT: &str = "StorageDevice";

impl Attempt {
    /// The document on an attempt, named by its digest.
    ///
    /// # Errors
    /// [`Rejection::TypeMismatch`]: it is on something else than an erasure that did not succeed.
    pub fn of(certificate: &VerifiedCertificate) -> Result<Self, Rejection> {
        if !ATTEMPTS.contains(&certificate.kind()) {
            return Err(Rejection::TypeMismatch);
        }
        Ok(Self {
            id: certificate.id().to_owned(),
            kind: certificate.kind().to_owned(),
            digest: certificate.digest().to_owned(),
        })
    }
}

/// Whether a condemnation says which drive and why.
///
/// # Errors
/// The member that does not.
pub(super) fn check(condemnation: &Condemnation) -> Result<(), Rejection> {
    let Condemnation { drive, label, reason, attempt } = condemnation;
    let wrong = |member: &str| Rejection::content(&format!("credentialSubject.evidence.{member}"));
    let is_blank = |text: &Option<String>| text.as_ref().is_some_and(|text| text.trim().is_empty());
    if reason.trim().is_empty() {
        return Err(wrong("reason"));
    }
    if is_blank(&label.model) || is_blank(&label.serial_number) {
        return Err(wrong("label"));
    }
    match drive {
        None if label.serial_number.is_none() => return Err(wrong("label")),
        // A file is deleted, and not destroyed.
        Some(drive) if drive.kind == DriveKind::DiskImage => return Err(wrong("drive")),
        _ => {}
    }
    if let Some(Attempt { id, kind, digest }) = attempt {
        let is_digest = unhex(digest).is_some_and(|bytes| bytes.len() == 32);
        if !is_urn_uuid(id) || !ATTEMPTS.contains(&kind.as_str()) || !is_digest {
            return Err(wrong("attempt"));
        }
    }
    Ok(())
}

/// The unsigned document on a drive that has to be destroyed; `path` is how it was named, if it was:
/// else nobody asked it anything.
///
/// # Errors
/// Never in practice: every part is plain data.
pub fn condemnation(
    header: &Header<'_>,
    path: Option<&str>,
    condemnation: &Condemnation,
    computer: &Computer,
    paperwork: &Paperwork,
) -> Result<Value, serde_json::Error> {
    let subject = json!({
        "type": SUBJECT,
        "path": path,
        "statements": statements(path, condemnation),
        "evidence": condemnation,
        "computer": computer,
        "paperwork": paperwork,
    });
    let title = "Destruction required: drive NOT erased".to_owned();
    document(header, DESTRUCTION, title, subject)
}

/// What the document says of itself in plain words.
fn statements(path: Option<&str>, condemnation: &Condemnation) -> Vec<String> {
    let mut statements = vec![
        "The drive was not erased. Whoever uses this station says that it cannot be, and that it \
         has to be destroyed; this document is no proof that it was."
            .to_owned(),
    ];
    if condemnation.drive.is_none() {
        let why = if path.is_some() { "did not answer" } else { "was not asked" };
        statements.push(format!("The drive {why}: its names are those that somebody read on it."));
    }
    if condemnation.attempt.is_some() {
        statements.push(
            "The document on the attempt to erase it is named by its digest, and was verified."
                .to_owned(),
        );
    }
    statements
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{Label, test_identity};

    /// A drive that answered, and an attempt that failed.
    pub(in crate::cert) fn condemned() -> Condemnation {
        Condemnation {
            drive: Some(test_identity()),
            label: Label { model: Some("WD5000".into()), serial_number: Some("WD-1".into()) },
            reason: "It does not take writes any more.".into(),
            attempt: Some(Attempt {
                id: "urn:uuid:0199b0c0-0000-7000-8000-000000000003".into(),
                kind: FAILED.into(),
                digest: "ab".repeat(32),
            }),
        }
    }

    #[test]
    fn it_does_not_say_that_a_drive_is_silent_that_nobody_asked() {
        let unseen = Condemnation { drive: None, ..condemned() };
        for (path, condemned, words, not) in [
            (None, &unseen, Some("was not asked"), "did not answer"),
            (Some("/dev/sda"), &unseen, Some("did not answer"), "was not asked"),
            (Some("/dev/sda"), &condemned(), None, "did not answer"),
        ] {
            let said = statements(path, condemned).join(" ");
            assert!(words.is_none_or(|words| said.contains(words)), "{said}");
            assert!(!said.contains(not), "{said}");
        }
    }

    #[test]
    fn it_says_which_drive_and_why() {
        type Change = fn(&mut Condemnation);
        let changes: [(Change, Option<&str>); 12] = [
            (|_| {}, None),
            (|c| c.attempt = None, None),
            (|c| c.drive = None, None),
            (|c| c.label = Label::default(), None),
            (|c| (c.drive, c.label.serial_number) = (None, None), Some("label")),
            (|c| c.label.serial_number = Some(" ".into()), Some("label")),
            (|c| c.label.model = Some(String::new()), Some("label")),
            (|c| c.reason = " ".into(), Some("reason")),
            (|c| c.drive.as_mut().unwrap().kind = DriveKind::DiskImage, Some("drive")),
            (|c| c.attempt.as_mut().unwrap().digest = "ab".into(), Some("attempt")),
            (|c| c.attempt.as_mut().unwrap().id = "urn:x".into(), Some("attempt")),
            // What was erased need not be destroyed.
            (
                |c| c.attempt.as_mut().unwrap().kind = super::super::document::CERTIFICATE.into(),
                Some("attempt"),
            ),
        ];
        for (number, (change, member)) in changes.into_iter().enumerate() {
            let mut condemnation = condemned();
            change(&mut condemnation);
            let expected = member.map_or(Ok(()), |member| {
                Err(Rejection::content(&format!("credentialSubject.evidence.{member}")))
            });
            assert_eq!(check(&condemnation), expected, "case {number}");
        }
    }
}
