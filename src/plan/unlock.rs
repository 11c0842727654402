//! A drive that is locked: why nothing is planned for it, and the consent to unlock it.

use super::Found;
use super::consent::{Mismatch, names};
use crate::model::{DriveFacts, Refusal, RefusalCode, TechniqueId};
use crate::technique::{Firmware, Locks, Opal, Spec, reaches_others};

/// Why a locked drive is not erased, if it is one. Asked again when the run begins or goes on: a drive
/// with its own locks in use locks itself when its power fails.
#[must_use]
pub fn locked(path: &str, firmware: &Firmware) -> Option<Refusal> {
    let message = match firmware.locks() {
        Some(Locks::Opal(opal)) if opal.is_closed() => {
            let (name, advice) = (opal.name(), opal.advice(path));
            format!("{path} is locked ({name}) and cannot be written; {advice}.")
        }
        // Nothing but a lock stands in the way of an overwrite.
        _ => {
            let why = Spec::of(TechniqueId::Overwrite).and_then(|row| (row.why_not)(firmware))?;
            format!("{path} cannot be written: {why}.")
        }
    };
    Some(Refusal::new(RefusalCode::Locked, message))
}

/// What unlocking would do to one drive, before anybody has agreed to it.
#[derive(Debug, Clone)]
pub struct UnlockPlan {
    path: String,
    facts: DriveFacts,
    opal: Opal,
}

/// The consent to unlock one drive: the only key to it, used up by it.
#[derive(Debug)]
pub struct ArmedUnlock {
    facts: DriveFacts,
}

impl UnlockPlan {
    /// Looks at whether the drive that `path` names can be unlocked with a PSID.
    ///
    /// # Errors
    /// It must not be erased, it has no locks of its own, there is nothing to unlock, or a PSID
    /// would reach more than this drive.
    pub fn new(path: &str, found: Found) -> Result<Self, Refusal> {
        let Found { facts, firmware, .. } = found;
        if let Some(refusal) = &facts.refusal {
            return Err(refusal.clone());
        }
        let unavailable = |why: String| Refusal::new(RefusalCode::MethodUnavailable, why);
        let opal = match firmware.locks() {
            Some(Locks::Opal(opal)) => opal.clone(),
            Some(Locks::Unknown(why)) => {
                return Err(unavailable(format!(
                    "{path} does not say whether it is locked ({why}); attach it to a SATA port, \
                     or start Linux with libata.allow_tpm=1."
                )));
            }
            Some(Locks::None) | None => {
                let what = "has no locks that a PSID opens";
                let advice = "look at \"nulstil list\" for what stands in the way";
                return Err(unavailable(format!("{path} {what}; {advice}.")));
            }
        };
        if opal.is_free() {
            let advice = "erase it with nulstil wipe";
            return Err(unavailable(format!("{path} is not locked; {advice}.")));
        }
        if opal.com_id.is_none() {
            let advice = opal.advice(path);
            let name = opal.name();
            return Err(unavailable(format!(
                "{path} speaks {name}, which is not unlocked with a PSID here; {advice}."
            )));
        }
        if let Some(why) = reaches_others(&firmware) {
            return Err(unavailable(format!(
                "{path} cannot be unlocked alone: {why}; delete the other namespaces first, or let \
                 its owner unlock it."
            )));
        }
        Ok(Self { path: path.to_owned(), facts, opal })
    }

    /// As it was named.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What discovery saw.
    #[must_use]
    pub const fn facts(&self) -> &DriveFacts {
        &self.facts
    }

    /// What the drive says of its locks.
    #[must_use]
    pub const fn opal(&self) -> &Opal {
        &self.opal
    }

    /// What whoever agrees must have read, one sentence each.
    #[must_use]
    pub fn warning(&self) -> Vec<String> {
        let path = &self.path;
        let mut lines = vec![
            format!(
                "Unlocking {path} by PSID revert takes its locks and passwords away, and with them \
                 everything that is stored on it: nobody can read it any more."
            ),
            "This is NOT an erasure: nothing proves that the data is gone, and there is no \
             certificate. Erase the drive with nulstil wipe afterwards."
                .to_owned(),
        ];
        if self.opal.sid_blocked {
            lines.push(
                "The computer blocked the owner's password (Block SID). Should the drive refuse \
                 the right PSID, let the computer sleep and wake up (nulstil thaw), or take the \
                 drive's power away and give it again, and try once more."
                    .to_owned(),
            );
        }
        lines
    }

    /// Somebody who has read the warning typed this.
    ///
    /// # Errors
    /// It does not name the drive.
    pub fn consent(self, answer: &str) -> Result<ArmedUnlock, Mismatch> {
        if names(&self.path, &self.facts, answer.trim()) {
            Ok(ArmedUnlock { facts: self.facts })
        } else {
            Err(Mismatch)
        }
    }
}

impl ArmedUnlock {
    /// Uses it up.
    pub(crate) fn into_facts(self) -> DriveFacts {
        self.facts
    }
}
