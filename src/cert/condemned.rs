//! `DestructionRequiredReport`: a drive that could not be erased and has to be destroyed. A person
//! says so; nothing is concluded, and nothing is proven but who said it of which drive, and when.

use serde_json::{Value, json};

use super::document::{ABORTED, DESTRUCTION, FAILED, Header, INCOMPLETE, UNVERIFIED, document};
use super::is_urn_uuid;
use super::rejection::Rejection;
use super::verify::VerifiedCertificate;
use crate::model::{
    Attempt, Computer, Condemnation, DriveKind, Evidence, Identity, Label, Paperwork, same_model,
    same_name, unhex,
};

/// The documents that an attempt to erase a drive can leave if it did not succeed.
const ATTEMPTS: [&str; 4] = [FAILED, ABORTED, INCOMPLETE, UNVERIFIED];

/// What the document is about.
pub(super) const SUBJECT: &str = "StorageDevice";

/// Why a document does not tell of an attempt to erase the drive that is condemned; to be read after
/// what the document is called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTheAttempt {
    /// Whatever succeeded, or was no erasure, is no reason to destroy a drive.
    #[error("is a {0} and not about an erasure that did not succeed")]
    OtherKind(String),
    /// A file is deleted, and not destroyed.
    #[error("is about a disk image, a file, and not about a drive")]
    DiskImage,
    /// It is about another drive, or does not say about which.
    #[error("is about a drive with the {what} {theirs}, and this one has {ours}")]
    #[expect(missing_docs, reason = "the sentence says each")]
    OtherDrive { what: &'static str, theirs: String, ours: String },
}

impl Attempt {
    /// The document on an attempt to erase the drive that the computer saw, if it did, and that has
    /// this label; the document is named by its digest.
    ///
    /// # Errors
    /// See [`NotTheAttempt`].
    pub fn of(
        certificate: &VerifiedCertificate,
        drive: Option<&Identity>,
        label: &Label,
    ) -> Result<Self, NotTheAttempt> {
        let evidence = certificate.evidence().filter(|_| ATTEMPTS.contains(&certificate.kind()));
        let evidence =
            evidence.ok_or_else(|| NotTheAttempt::OtherKind(certificate.kind().to_owned()))?;
        is_of(evidence, drive, label)?;
        Ok(Self {
            id: certificate.id().to_owned(),
            kind: certificate.kind().to_owned(),
            digest: certificate.digest().to_owned(),
        })
    }
}

/// Whether the drive of an attempt is this one, by everything that is known of both.
fn is_of(attempt: &Evidence, drive: Option<&Identity>, label: &Label) -> Result<(), NotTheAttempt> {
    let theirs = &attempt.drive;
    if theirs.kind == DriveKind::DiskImage {
        return Err(NotTheAttempt::DiskImage);
    }
    let other = |what, theirs: &str, ours: &str| NotTheAttempt::OtherDrive {
        what,
        theirs: theirs.to_owned(),
        ours: ours.to_owned(),
    };
    let serial = drive.and_then(|drive| drive.serial_number.as_deref());
    let serial = serial.or(label.serial_number.as_deref());
    match (theirs.serial_number.as_deref(), serial) {
        (Some(theirs), Some(ours)) if same_name(theirs, ours) => {}
        (theirs, ours) => {
            let none = "(none)";
            let (theirs, ours) = (theirs.unwrap_or(none), ours.unwrap_or(none));
            return Err(other("serial number", theirs, ours));
        }
    }
    let models = [drive.and_then(|drive| drive.model.as_deref()), label.model.as_deref()];
    for ours in models.into_iter().flatten() {
        if let Some(theirs) = theirs.model.as_deref().filter(|theirs| !same_model(theirs, ours)) {
            return Err(other("model", theirs, ours));
        }
    }
    let Some(drive) = drive else { return Ok(()) };
    if let (Some(theirs), Some(ours)) = (&theirs.wwn, &drive.wwn)
        && theirs != ours
    {
        return Err(other("WWN", theirs, ours));
    }
    // An erasure may have changed it, and a drive that breaks may show none at all.
    let after = attempt.aftermath.as_ref().map(|after| after.capacity_bytes);
    let ours = drive.capacity_bytes;
    if ours > 0 && ours != theirs.capacity_bytes && Some(ours) != after {
        let bytes = |bytes: u64| format!("{bytes} bytes");
        return Err(other("capacity", &bytes(theirs.capacity_bytes), &bytes(ours)));
    }
    Ok(())
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
    use super::super::conclude::tests::good;
    use super::*;
    use crate::model::{Aftermath, test_identity};

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

    /// One serial number is not enough: two drives may have it, and a file may be given it.
    #[test]
    fn an_attempt_is_of_this_drive_and_no_other() {
        type Change = fn(&mut Identity, &mut Label, &mut Evidence);
        let cases: [(Change, Option<&str>); 16] = [
            (|_, _, _| {}, None),
            (|_, label, _| label.model = Some("wd5000".into()), None),
            (|drive, _, _| drive.model = None, None),
            (|drive, _, _| drive.capacity_bytes = 0, None),
            (|drive, _, _| drive.diskseq = Some(99), None),
            (|drive, _, _| drive.wwn = Some("naa.1".into()), None),
            (
                |drive, _, attempt| {
                    drive.capacity_bytes = 512;
                    attempt.aftermath = Some(Aftermath {
                        same_drive: true,
                        capacity_bytes: 512,
                        partitions_reread: None,
                    });
                },
                None,
            ),
            (|drive, _, _| drive.serial_number = Some("WD-2".into()), Some("serial number")),
            (|_, _, attempt| attempt.drive.serial_number = None, Some("serial number")),
            (
                |drive, label, attempt| {
                    (drive.serial_number, label.serial_number) = (None, None);
                    attempt.drive.serial_number = None;
                },
                Some("serial number"),
            ),
            (|drive, _, _| drive.model = Some("MODEL B".into()), Some("model")),
            (|_, label, _| label.model = Some("MODEL B".into()), Some("model")),
            (|drive, _, _| drive.capacity_bytes = 512, Some("capacity")),
            (
                |drive, _, attempt| {
                    (drive.wwn, attempt.drive.wwn) = (Some("naa.1".into()), Some("naa.2".into()));
                },
                Some("WWN"),
            ),
            (|_, _, attempt| attempt.drive.kind = DriveKind::DiskImage, Some("image")),
            // The serial number that it says counts, and not the one on the label.
            (|_, label, _| label.serial_number = Some("WD-7".into()), None),
        ];
        for (number, (change, differs)) in cases.into_iter().enumerate() {
            let (mut drive, mut label, mut attempt) = (test_identity(), Label::default(), good());
            change(&mut drive, &mut label, &mut attempt);
            let found = match is_of(&attempt, Some(&drive), &label) {
                Ok(()) => None,
                Err(NotTheAttempt::OtherDrive { what, .. }) => Some(what),
                Err(NotTheAttempt::DiskImage) => Some("image"),
                Err(NotTheAttempt::OtherKind(_)) => Some("kind"),
            };
            assert_eq!(found, differs, "case {number}");
        }
        // A drive that was not seen is known by its label alone.
        for (serial, model, fits) in [
            (Some("wd 1"), None, true),
            (Some("WD-1"), Some("WDC WD5000"), true),
            (Some("WD-1"), Some("MODEL B"), false),
            (Some("WD-2"), None, false),
            (None, Some("WDC WD5000"), false),
        ] {
            let text = |text: Option<&str>| text.map(str::to_owned);
            let label = Label { model: text(model), serial_number: text(serial) };
            assert_eq!(is_of(&good(), None, &label).is_ok(), fits, "{label:?}");
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
