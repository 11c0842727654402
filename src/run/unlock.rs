//! Unlocking a drive with its PSID. It leaves no record: what it does is no evidence of anything,
//! and what is to be known about the drive is asked anew afterwards.

use std::time::Duration;

use crate::device::{Bay, Drive, Time};
use crate::model::{DriveFacts, Refusal, RefusalCode};
use crate::plan::ArmedUnlock;
use crate::technique::{Asks, Ended, Firmware, Locks, Psid, PsidRevert, reaches_others};

/// How often, and how long apart, a drive is asked for its locks after it took them away: it may
/// be busy for a moment.
const LOOKS: u32 = 5;
const BETWEEN: Duration = Duration::from_secs(1);

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlocked {
    /// What the drive answered.
    pub ended: Ended,
    /// What the drive says of its locks afterwards.
    pub locks: Locks,
}

impl Unlocked {
    /// Whether the drive itself says that no lock is closed and none is in use any more, whatever
    /// it answered.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(&self.locks, Locks::Opal(opal) if opal.is_free())
    }

    /// What became of it and what to do, in one sentence.
    #[must_use]
    pub fn sentence(&self, path: &str) -> String {
        let ended = self.ended.sentence();
        match (&self.locks, self.ended) {
            (Locks::Opal(opal), _) if opal.is_free() => format!(
                "{path} is unlocked and not erased: everything on it has to be erased now, with \
                 nulstil wipe."
            ),
            (Locks::Opal(_), Ended::SaysReverted) => format!(
                "{path} says that it took its locks away, and is still locked; take its power \
                 away, give it again and look at it with nulstil list."
            ),
            (Locks::Opal(_), _) => format!("{path} is still locked: {ended}."),
            (Locks::None | Locks::Unknown(_), _) => format!(
                "{path} does not say whether it is unlocked ({ended}); take its power away, give \
                 it again and look at it with nulstil list."
            ),
        }
    }
}

/// Sends the PSID, once, to the drive that was agreed to.
///
/// # Errors
/// Nothing was sent: it is in use, another drive, or not locked any more.
pub fn unlock(
    armed: ArmedUnlock,
    psid: Psid,
    bay: &dyn Bay,
    time: &dyn Time,
) -> Result<Unlocked, Refusal> {
    let facts = armed.into_facts();
    let drive = bay.open_exclusive(&facts)?;
    let drive = drive.as_ref();
    let firmware = Firmware::ask(drive, facts.identity.bus);
    let opal = match firmware.locks() {
        Some(Locks::Opal(opal)) if !opal.is_free() && reaches_others(&firmware).is_none() => opal,
        _ => return Err(changed(&facts)),
    };
    let machine = PsidRevert::new(opal, psid).ok_or_else(|| changed(&facts))?;
    let ended = revert(machine, drive, time);
    let mut locks = self::locks(drive, &facts);
    for _ in 1..LOOKS {
        let settled = match &locks {
            Locks::Opal(opal) => opal.is_free() || ended != Ended::SaysReverted,
            Locks::None | Locks::Unknown(_) => false,
        };
        if settled {
            break;
        }
        time.wait(BETWEEN);
        locks = self::locks(drive, &facts);
    }
    drive.reread_partitions();
    Ok(Unlocked { ended, locks })
}

fn changed(facts: &DriveFacts) -> Refusal {
    let message = format!(
        "{} is not locked as it was a moment ago, or not alone any more; start over.",
        facts.path
    );
    Refusal::new(RefusalCode::Replaced, message)
}

fn locks(drive: &dyn Drive, facts: &DriveFacts) -> Locks {
    Firmware::ask(drive, facts.identity.bus)
        .locks()
        .cloned()
        .unwrap_or_else(|| Locks::Unknown("it does not answer".to_owned()))
}

fn revert(mut machine: PsidRevert, drive: &dyn Drive, time: &dyn Time) -> Ended {
    loop {
        match machine.poll(time.elapsed()) {
            Asks::Send { command, timeout } => {
                let answer = drive.send(&command, timeout);
                drop(command);
                machine.handle(answer, time.elapsed());
            }
            Asks::WaitUntil(due) => time.wait(due.saturating_sub(time.elapsed())),
            Asks::Done(ended) => return ended,
        }
    }
}
