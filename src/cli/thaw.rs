//! `nulstil thaw`: lets the computer sleep and wake up, so that drives that its firmware froze
//! lose their power and forget it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::args::ThawArgs;
use super::console::Console;
use super::list::all_asked;
use super::{Exit, Stop};
use crate::clock::SystemClock;
use crate::device::{Bay as _, Drive, Time as _};
use crate::model::RefusalCode;
use crate::os::{self, EngineChoice, LinuxBay, Sleep, System};
use crate::plan::Found;
use crate::technique::Firmware;

const SLEEP: Duration = Duration::from_secs(20);

/// How often, and how long apart, drives are looked for when the computer is awake again.
const LOOKS: u32 = 15;
const BETWEEN: Duration = Duration::from_secs(2);

/// What helps where sleep does not.
const ELSE: &str = "take the drive's power cable off and put it on again while the computer runs, \
                    attach the drive to another port, or to another computer";

pub(super) fn thaw(console: &Console, args: &ThawArgs) -> Result<Exit, Stop> {
    let system = System::live();
    let bay = LinuxBay::live(EngineChoice::Auto);
    let before = all_asked(&bay, bay.look().drives);
    let frozen: Vec<&Found> =
        before.iter().filter(|found| found.firmware.frozen().is_some()).collect();
    if frozen.is_empty() {
        console.json(&json!({ "slept": false, "drives": [] }));
        if !console.is_json() {
            console.line("No drive is frozen.");
        }
        return Ok(Exit::Done);
    }
    let kind = os::sleep_kind(&system)
        .map_err(|why| Stop::refused(format!("This computer {why}; {ELSE}.")))?;
    if os::slept(&system) && !args.again {
        return Err(Stop::refused(format!(
            "The computer has slept for this since it was started, and drives are frozen all the \
             same; {ELSE}, or try once more with --again."
        )));
    }
    // Held until the computer is awake again: nobody begins to work on one in between.
    let held_still = nobody_works(&bay, &before)?;
    for found in &frozen {
        let what = found.firmware.frozen().unwrap_or_default();
        console.remark(&format!("{}: {what}", found.facts.path));
    }
    let seconds = SLEEP.as_secs();
    console.remark(&format!(
        "The computer will sleep for {seconds} seconds and wake up by itself. Some never wake up: \
         save everything first, and hold the power button if this one does not."
    ));
    if kind == Sleep::Idle {
        console.remark(
            "This computer only has a light sleep (s2idle), in which drives may keep their power: \
             it may not help.",
        );
    }
    if !args.yes {
        let answer = console.ask("To let it sleep now, type yes and press Enter: ");
        let nobody = "There is nobody to ask; run it on a terminal, or with --yes.";
        if answer.ok_or_else(|| Stop::refused(nobody))? != "yes" {
            return Err(Stop::refused(
                "That is not yes, so the computer did not sleep; start over.",
            ));
        }
    }
    os::sleep(&system, kind, SLEEP)
        .map_err(|why| Stop::refused(format!("This computer {why}; {ELSE}.")))?;
    drop(held_still);
    Ok(told(console, &frozen, &awake(&bay, &frozen)))
}

/// A drive that is being erased must not lose its power: the drives that nobody uses, opened so that
/// nobody else can take them.
fn nobody_works(bay: &LinuxBay, drives: &[Found]) -> Result<Vec<Arc<dyn Drive>>, Stop> {
    let mut opened = Vec::new();
    for found in drives.iter().filter(|found| found.facts.refusal.is_none()) {
        match bay.open_exclusive(&found.facts) {
            Ok(drive) => opened.push(drive),
            Err(refusal) if refusal.code == RefusalCode::Busy => {
                return Err(Stop::refused(format!(
                    "A program is working on {}; let the computer sleep when it is done.",
                    found.facts.path
                )));
            }
            // Whatever else stands in the way is no program that works on it.
            Err(_) => {}
        }
    }
    Ok(opened)
}

/// The drives as they answer now: one that was asleep may take its time.
fn awake(bay: &LinuxBay, frozen: &[&Found]) -> Vec<Found> {
    let clock = SystemClock::start();
    let mut now = Vec::new();
    for _ in 0..LOOKS {
        now = all_asked(bay, bay.look().drives);
        let answers = |before: &&Found| {
            after(before, &now).is_some_and(|found| !matches!(found.firmware, Firmware::Silent(_)))
        };
        if frozen.iter().all(answers) {
            break;
        }
        clock.wait(BETWEEN);
    }
    now
}

/// The same drive, whatever it is called now.
fn after<'a>(before: &Found, now: &'a [Found]) -> Option<&'a Found> {
    let names = |found: &Found| {
        let identity = &found.facts.identity;
        (identity.model.clone(), identity.serial_number.clone(), identity.wwn.clone())
    };
    now.iter().find(|found| names(found) == names(before))
}

fn told(console: &Console, frozen: &[&Found], now: &[Found]) -> Exit {
    let mut exit = Exit::Done;
    let mut rows = Vec::new();
    for before in frozen {
        let path = &before.facts.path;
        let found = after(before, now).filter(|f| !matches!(f.firmware, Firmware::Silent(_)));
        let still = found.map(|found| found.firmware.frozen());
        let line = match still {
            Some(None) => format!("{path} is not frozen any more."),
            Some(Some(what)) => format!("{path} is still frozen ({what}); {ELSE}."),
            None => format!("{path} does not answer since the computer woke up; start it anew."),
        };
        let thawed = still == Some(None);
        rows.push(json!({
            "path": path,
            "serial": before.facts.identity.serial_number,
            "thawed": thawed,
            "message": line,
        }));
        if thawed {
            if !console.is_json() {
                console.line(&line);
            }
        } else {
            console.error(&line);
            exit = Exit::NotSanitized;
        }
    }
    console.json(&json!({ "slept": true, "drives": rows }));
    exit
}
