//! The consent to say that a drive has to be destroyed. Whoever says so of the wrong one has a good
//! drive destroyed, so it is named as it is for an erasure.

use super::consent::{Mismatch, names};
use crate::model::{
    Condemnation, DriveFacts, DriveKind, Inventory, Label, Refusal, RefusalCode, same_name,
};

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
    /// Looks at whether the drive that was named, if it was, can be condemned: as it was named, what
    /// came of looking at it, and what discovery sees of all others.
    ///
    /// # Errors
    /// There is nothing at the path, it is a file or in use, its label says another serial number
    /// than the drive, nothing says which drive it is, or the label is that of another drive that is
    /// there: a drive that can be asked is not condemned unasked.
    pub fn new(
        named: Option<(String, Result<DriveFacts, Refusal>)>,
        label: Label,
        reason: String,
        inventory: &Inventory,
    ) -> Result<Self, Refusal> {
        let (path, facts) = match named {
            None => (None, None),
            Some((path, Ok(facts))) => (Some(path), Some(facts)),
            Some((path, Err(refusal))) => {
                answerless(&path, &label, refusal)?;
                (Some(path), None)
            }
        };
        if let (Some(path), Some(facts)) = (&path, &facts) {
            fits(path, facts, &label)?;
        }
        let own = facts.as_ref().and_then(|facts| facts.identity.serial_number.as_deref());
        match (own, label.serial_number.as_deref()) {
            // It said itself which drive it is.
            (Some(_), _) => {}
            (None, Some(typed)) => is_not_there(typed, inventory)?,
            (None, None) if facts.is_none() => {
                let message = "Nothing says which drive it is; name it, or give the serial number \
                               that is printed on it with --serial.";
                return Err(Refusal::new(RefusalCode::NotFound, message));
            }
            (None, None) => {}
        }
        Ok(Self { path, facts, label, reason })
    }

    /// What discovery saw; none if the drive was not asked, or does not answer.
    #[must_use]
    pub const fn facts(&self) -> Option<&DriveFacts> {
        self.facts.as_ref()
    }

    /// What somebody read on it.
    #[must_use]
    pub const fn label(&self) -> &Label {
        &self.label
    }

    /// As it was named, or the serial number on its label.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.as_deref().or(self.label.serial_number.as_deref()).unwrap_or_default()
    }

    /// Somebody typed this. A drive that was not seen is named by its serial number alone.
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

/// Whether there may be a broken drive at `path`, and something else says which one it is.
fn answerless(path: &str, label: &Label, refusal: Refusal) -> Result<(), Refusal> {
    let message = match (refusal.code, &label.serial_number) {
        (RefusalCode::NoMedium | RefusalCode::EmptySlot, Some(_)) => return Ok(()),
        (RefusalCode::NoMedium | RefusalCode::EmptySlot, None) => format!(
            "{path} does not answer; give what is printed on the drive with --serial and --model."
        ),
        (RefusalCode::NotFound, _) => format!(
            "{path} does not exist; check the name, or leave it out and give what is printed on \
             the drive with --serial and --model."
        ),
        _ => return Err(refusal),
    };
    Err(Refusal::new(refusal.code, message))
}

/// Whether a drive that answered can be condemned under this label.
fn fits(path: &str, facts: &DriveFacts, label: &Label) -> Result<(), Refusal> {
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
                "{path} says that its serial number is {own}, and not {typed}; look at the label \
                 again, or name another drive."
            ),
        ));
    }
    Ok(())
}

/// Whether no drive that this computer shows has the serial number that somebody typed.
fn is_not_there(typed: &str, inventory: &Inventory) -> Result<(), Refusal> {
    let has_it = |facts: &&DriveFacts| {
        let own = facts.identity.serial_number.as_deref();
        own.is_some_and(|own| same_name(own, typed))
    };
    match inventory.drives.iter().find(has_it) {
        None => Ok(()),
        Some(there) => Err(Refusal::new(
            RefusalCode::Replaced,
            format!(
                "{} has the serial number {typed}; name {} if that is the drive, or look at the \
                 label again.",
                there.path, there.path
            ),
        )),
    }
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
    use crate::model::{Capabilities, HiddenDrives, Identity, test_identity};

    fn facts(refusal: Option<RefusalCode>) -> DriveFacts {
        DriveFacts {
            path: "/dev/sda".into(),
            identity: test_identity(),
            capabilities: Capabilities::default(),
            refusal: refusal.map(|code| Refusal::new(code, "why")),
        }
    }

    /// What discovery sees: the drive of [`facts`], and the one that the system runs from.
    fn there() -> Inventory {
        let identity = Identity { serial_number: Some("BOOT-7".into()), ..test_identity() };
        let boot = DriveFacts {
            path: "/dev/sdb".into(),
            identity,
            ..facts(Some(RefusalCode::BootMedium))
        };
        let hidden_drives = HiddenDrives { possible: false, reasons: Vec::new() };
        Inventory { drives: vec![facts(None), boot], hidden_drives }
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
        CondemnPlan::new(named, label(serial), "broken".into(), &there())
            .map_err(|refusal| refusal.code)
    }

    #[test]
    fn only_a_drive_that_is_known_and_not_in_use() {
        use RefusalCode::{
            BootMedium, Mounted, NoMedium, NotADrive, NotFound, Replaced, Unreadable,
        };
        let nameless = DriveFacts {
            identity: Identity { serial_number: None, ..test_identity() },
            ..facts(None)
        };
        let image = DriveFacts {
            identity: Identity { kind: DriveKind::DiskImage, ..test_identity() },
            ..facts(None)
        };
        for (found, serial, expected) in [
            (Some(Ok(facts(None))), None, None),
            (Some(Ok(facts(None))), Some("WD-1"), None),
            (Some(Ok(facts(None))), Some("WD-2"), Some(Replaced)),
            // Locked, read-only, of no size: broken drives are like that.
            (Some(Ok(facts(Some(NoMedium)))), None, None),
            (Some(Ok(facts(Some(RefusalCode::ReadOnly)))), None, None),
            (Some(Ok(facts(Some(BootMedium)))), None, Some(BootMedium)),
            (Some(Ok(facts(Some(Mounted)))), None, Some(Mounted)),
            (Some(Ok(image)), None, Some(NotADrive)),
            (Some(Err(NoMedium)), None, Some(NoMedium)),
            (Some(Err(NoMedium)), Some("X"), None),
            // Nothing is there, or it was not looked at.
            (Some(Err(NotFound)), None, Some(NotFound)),
            (Some(Err(NotFound)), Some("X"), Some(NotFound)),
            (Some(Err(Unreadable)), Some("X"), Some(Unreadable)),
            // The label of a drive that is there, the system's own among them, and was not asked.
            (None, Some("WD-1"), Some(Replaced)),
            (None, Some("BOOT-7"), Some(Replaced)),
            (None, Some("boot 7"), Some(Replaced)),
            (Some(Err(NoMedium)), Some("BOOT-7"), Some(Replaced)),
            (Some(Ok(nameless.clone())), Some("BOOT-7"), Some(Replaced)),
            (Some(Ok(nameless.clone())), Some("X"), None),
            (Some(Ok(nameless)), None, None),
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
        let silent = || plan(Some(Err(RefusalCode::NoMedium)), Some("X-7")).unwrap();
        for (answer, named) in [("X-7", true), ("sda", false), ("", false)] {
            assert_eq!(silent().consent(answer).is_ok(), named, "{answer}");
        }
        let (path, condemned) = silent().consent("X-7").unwrap().into_parts();
        assert_eq!((path.as_deref(), condemned.drive), (Some("/dev/sda"), None));
    }
}
