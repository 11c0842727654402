//! The consent to say that a drive has to be destroyed. Whoever says so of the wrong one has a good
//! drive destroyed, so it is named as it is for an erasure.

use super::consent::{Mismatch, names};
use crate::model::{Condemnation, DriveFacts, DriveKind, Label, Refusal, RefusalCode};

/// What would be said of one drive, before anybody has agreed to it.
#[derive(Debug, Clone)]
pub struct CondemnPlan {
    path: Option<String>,
    facts: Option<DriveFacts>,
    label: Label,
    reason: String,
}

/// The consent to it, used up by it.
#[derive(Debug)]
pub struct ArmedCondemnation {
    path: Option<String>,
    condemned: Condemnation,
}

impl CondemnPlan {
    /// Looks at whether the drive that was named, if it was, can be condemned: as it was named, and
    /// what discovery saw of it.
    ///
    /// # Errors
    /// It is a file or in use, its label says another serial number than the drive, or nothing says
    /// which drive it is.
    pub fn new(
        named: Option<(String, Result<DriveFacts, Refusal>)>,
        label: Label,
        reason: String,
    ) -> Result<Self, Refusal> {
        let Some((path, found)) = named else {
            return Self::silent(None, label, reason);
        };
        let facts = match found {
            Ok(facts) => facts,
            Err(refusal) if is_silent(refusal.code) && label.serial_number.is_some() => {
                return Self::silent(Some(path), label, reason);
            }
            Err(refusal) if is_silent(refusal.code) => {
                return Err(Refusal::new(
                    refusal.code,
                    format!(
                        "{path} does not answer; give what is printed on the drive with --serial \
                         and --model."
                    ),
                ));
            }
            Err(refusal) => return Err(refusal),
        };
        if facts.identity.kind == DriveKind::DiskImage {
            return Err(Refusal::new(
                RefusalCode::NotADrive,
                format!("{path} is a file, which is deleted and not destroyed; name a drive."),
            ));
        }
        if let Some(refusal) = facts.refusal.as_ref().filter(|refusal| is_in_use(refusal.code)) {
            return Err(refusal.clone());
        }
        let own = facts.identity.serial_number.as_deref();
        if let (Some(own), Some(typed)) = (own, label.serial_number.as_deref())
            && own != typed
        {
            return Err(Refusal::new(
                RefusalCode::Replaced,
                format!(
                    "{path} says that its serial number is {own}, and not {typed}; look at the \
                     label again, or name another drive."
                ),
            ));
        }
        Ok(Self { path: Some(path), facts: Some(facts), label, reason })
    }

    fn silent(path: Option<String>, label: Label, reason: String) -> Result<Self, Refusal> {
        if label.serial_number.is_none() {
            let message = "Nothing says which drive it is; name it, or give the serial number that \
                           is printed on it with --serial.";
            return Err(Refusal::new(RefusalCode::NotFound, message));
        }
        Ok(Self { path, facts: None, label, reason })
    }

    /// What discovery saw; none if the drive does not answer.
    #[must_use]
    pub const fn facts(&self) -> Option<&DriveFacts> {
        self.facts.as_ref()
    }

    /// As it was named, or the serial number on its label.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.as_deref().or(self.label.serial_number.as_deref()).unwrap_or_default()
    }

    /// The serial number, its own or that on its label.
    #[must_use]
    pub fn serial_number(&self) -> Option<&str> {
        let own = self.facts.as_ref().and_then(|facts| facts.identity.serial_number.as_deref());
        own.or(self.label.serial_number.as_deref())
    }

    /// Somebody typed this. A drive that does not answer is named by its serial number alone.
    ///
    /// # Errors
    /// It does not name the drive.
    pub fn consent(self, answer: &str) -> Result<ArmedCondemnation, Mismatch> {
        let answer = answer.trim();
        let named = match (&self.facts, &self.path) {
            (Some(facts), Some(path)) => names(path, facts, answer),
            _ => self.label.serial_number.as_deref() == Some(answer),
        };
        if !named {
            return Err(Mismatch);
        }
        let Self { path, facts, label, reason } = self;
        let drive = facts.map(|facts| facts.identity);
        let condemned = Condemnation { drive, label, reason, attempt: None };
        Ok(ArmedCondemnation { path, condemned })
    }
}

/// Whether a drive of which this is said may be there, and broken.
const fn is_silent(code: RefusalCode) -> bool {
    matches!(code, RefusalCode::NotFound | RefusalCode::NoMedium | RefusalCode::Unreadable)
}

/// Whether it holds something that is being used, so that it can hardly be broken.
const fn is_in_use(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::BootMedium
            | RefusalCode::Mounted
            | RefusalCode::Swap
            | RefusalCode::Held
            | RefusalCode::Busy
    )
}

impl ArmedCondemnation {
    /// Uses it up.
    pub(crate) fn into_parts(self) -> (Option<String>, Condemnation) {
        (self.path, self.condemned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Capabilities, Identity, test_identity};

    fn facts(refusal: Option<RefusalCode>) -> DriveFacts {
        DriveFacts {
            path: "/dev/sda".into(),
            identity: test_identity(),
            capabilities: Capabilities::default(),
            refusal: refusal.map(|code| Refusal::new(code, "why")),
        }
    }

    fn label(serial: Option<&str>) -> Label {
        Label { model: None, serial_number: serial.map(str::to_owned) }
    }

    fn plan(
        found: Option<Result<DriveFacts, RefusalCode>>,
        serial: Option<&str>,
    ) -> Result<CondemnPlan, RefusalCode> {
        let found = found.map(|found| found.map_err(|code| Refusal::new(code, "why")));
        let named = found.map(|found| ("/dev/sda".to_owned(), found));
        CondemnPlan::new(named, label(serial), "broken".into()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn only_a_drive_that_is_known_and_not_in_use() {
        use RefusalCode::{BootMedium, Mounted, NotADrive, NotFound, Replaced, Unreadable};
        let image = DriveFacts {
            identity: Identity { kind: DriveKind::DiskImage, ..test_identity() },
            ..facts(None)
        };
        for (found, serial, expected) in [
            (Some(Ok(facts(None))), None, None),
            (Some(Ok(facts(None))), Some("WD-1"), None),
            (Some(Ok(facts(None))), Some("WD-2"), Some(Replaced)),
            // Locked, read-only, of no size: broken drives are like that.
            (Some(Ok(facts(Some(RefusalCode::NoMedium)))), None, None),
            (Some(Ok(facts(Some(RefusalCode::ReadOnly)))), None, None),
            (Some(Ok(facts(Some(BootMedium)))), None, Some(BootMedium)),
            (Some(Ok(facts(Some(Mounted)))), None, Some(Mounted)),
            (Some(Ok(image)), None, Some(NotADrive)),
            (Some(Err(NotFound)), None, Some(NotFound)),
            (Some(Err(NotFound)), Some("X"), None),
            (Some(Err(Unreadable)), Some("X"), None),
            (Some(Err(RefusalCode::Partition)), Some("X"), Some(RefusalCode::Partition)),
            (None, Some("X"), None),
            (None, None, Some(NotFound)),
        ] {
            let what = format!("{found:?} {serial:?}");
            assert_eq!(plan(found, serial).err(), expected, "{what}");
        }
    }

    #[test]
    fn it_is_named_before_it_is_condemned() {
        let answered = || plan(Some(Ok(facts(None))), None).unwrap();
        for (answer, named) in
            [("sda", true), ("WD-1\n", true), ("y", false), ("", false), ("sdb", false)]
        {
            assert_eq!(answered().consent(answer).is_ok(), named, "{answer}");
        }
        let silent = || plan(Some(Err(RefusalCode::NotFound)), Some("X-7")).unwrap();
        for (answer, named) in [("X-7", true), ("sda", false), ("", false)] {
            assert_eq!(silent().consent(answer).is_ok(), named, "{answer}");
        }
        let (path, condemned) = silent().consent("X-7").unwrap().into_parts();
        assert_eq!((path.as_deref(), condemned.drive), (Some("/dev/sda"), None));
    }
}
