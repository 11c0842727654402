//! `nulstil unlock`: takes away a drive's own locks with the PSID on its label. No erasure, and
//! nothing but stdout says that it was done.

use serde_json::json;

use super::args::UnlockArgs;
use super::console::Console;
use super::wipe::what_names;
use super::{Exit, Stop};
use crate::clock::SystemClock;
use crate::device::Bay as _;
use crate::model::Refusal;
use crate::os::{EngineChoice, LinuxBay};
use crate::plan::{UnlockPlan, asked};
use crate::run::{self, Unlocked};
use crate::technique::{Locks, Psid};

pub(super) fn unlock(console: &Console, args: &UnlockArgs) -> Result<Exit, Stop> {
    let refused = |refusal: Refusal| Stop::refused(refusal.message);
    let bay = LinuxBay::live(EngineChoice::Auto);
    let facts = bay.examine(&args.drive).map_err(refused)?;
    let path = args.drive.to_string_lossy().into_owned();
    let plan = UnlockPlan::new(&path, asked(&bay, facts)).map_err(refused)?;
    for line in plan.warning() {
        // Whoever answers must have read it; results go elsewhere.
        console.remark(&line);
    }
    let names = what_names(plan.path(), &plan.facts().identity);
    let question = format!(
        "To unlock {} and lose everything on it, type {names} and press Enter: ",
        plan.path()
    );
    let answer = console.ask(&question).ok_or_else(|| {
        Stop::refused("There is nobody to ask for consent; run it on a terminal.")
    })?;
    let armed = plan.consent(&answer).map_err(|_| {
        Stop::refused("That does not name the drive, so nothing was sent to it; start over.")
    })?;
    let psid = psid(console, args.psid_fd)?;
    let unlocked = run::unlock(armed, psid, &bay, &SystemClock::start()).map_err(refused)?;
    Ok(told(console, &path, &unlocked))
}

/// The PSID, from a descriptor or from the terminal without showing it.
fn psid(console: &Console, fd: Option<u32>) -> Result<Psid, Stop> {
    let text = console.secret_from(fd, "PSID on the drive's label: ").map_err(|error| {
        Stop::refused(format!(
            "The PSID cannot be read ({error}), and nothing was sent to the drive; use a terminal, \
             or --psid-fd."
        ))
    })?;
    text.parse().map_err(|error| {
        Stop::refused(format!(
            "That is no PSID ({error}), and nothing was sent to the drive; look at the label and \
             start over."
        ))
    })
}

fn told(console: &Console, path: &str, unlocked: &Unlocked) -> Exit {
    let sentence = unlocked.sentence(path);
    let locked = match &unlocked.locks {
        Locks::Opal(opal) => Some(opal.is_closed()),
        Locks::None | Locks::Unknown(_) => None,
    };
    console.json(&json!({
        "path": path,
        "unlocked": unlocked.is_open(),
        "stillLocked": locked,
        "answer": unlocked.ended.sentence(),
        "erased": false,
        "message": sentence,
    }));
    if unlocked.is_open() {
        if !console.is_json() {
            console.line(&sentence);
        }
        Exit::Done
    } else {
        console.error(&sentence);
        Exit::NotSanitized
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

    use super::*;

    #[test]
    fn a_psid_from_a_descriptor_is_read_and_never_shown() {
        let given = |text: &str| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            psid(&Console::new(true), u32::try_from(file.as_raw_fd()).ok())
        };
        assert!(given("ABCDEFGH-JKLMNPQR-STUVWXYZ-01234567\n").is_ok());
        for wrong in ["SECRET", "SECRETS!SECRETS!SECRETS!SECRETS!", &"S".repeat(300), ""] {
            let stop = given(wrong).unwrap_err();
            assert!(!stop.message.contains("SEC") && stop.message.contains("nothing was sent"));
            assert!(stop.message.starts_with(|c: char| c.is_uppercase()), "{}", stop.message);
        }
        let stop = psid(&Console::new(true), Some(99_999)).unwrap_err();
        assert!(stop.message.contains("--psid-fd"));
    }
}
