//! `nulstil inspect`: reads whole drives, writes nothing to them, and certifies which were found
//! blank. Nobody is asked: nothing can be lost by it.

use std::time::Duration;

use super::args::InspectArgs;
use super::console::Console;
use super::progress::Show;
use super::wipe::{Options, execute};
use super::{Exit, Stop, station};
use crate::cert::document::{BLANK, INSPECTION};
use crate::device::Bay as _;
use crate::model::{DriveFacts, Outcome, Refusal, RefusalCode};
use crate::os::LinuxBay;
use crate::run;

pub(super) fn inspect(console: &Console, args: &InspectArgs) -> Result<Exit, Stop> {
    let bay = LinuxBay::live(args.engine);
    let mut drives: Vec<(String, DriveFacts)> = Vec::new();
    let mut refused = false;
    for named in &args.drives {
        let path = named.to_string_lossy().into_owned();
        match bay.examine(named).and_then(|facts| readable(&path, facts, &drives)) {
            Ok(facts) => drives.push((path, facts)),
            Err(refusal) => {
                console.error(&refusal.message);
                refused = true;
            }
        }
    }
    if refused {
        return Ok(Exit::Refused);
    }
    let (station, outbox) = station::load_for(console, &args.station, &[BLANK, INSPECTION])?;
    let options = Options {
        paperwork: station::paperwork(&args.paperwork),
        patience: Duration::from_secs(u64::from(args.patience)),
        engine: args.engine,
        ..Options::default()
    };
    let show = Show::new(console);
    execute(console, show, &station, &outbox, options, Outcome::FoundBlank, |setup| {
        run::inspect(drives, setup)
    })
}

/// The drive, if it may be read and was not named before.
fn readable(
    path: &str,
    facts: DriveFacts,
    before: &[(String, DriveFacts)],
) -> Result<DriveFacts, Refusal> {
    if let Some(refusal) = facts.refusal.as_ref().filter(|why| !why.code.allows_reading()) {
        return Err(refusal.clone());
    }
    match before.iter().find(|(_, other)| other.path == facts.path) {
        Some((first, _)) => Err(Refusal::new(
            RefusalCode::Duplicate,
            format!("{path} is the same drive as {first}; name it once."),
        )),
        None => Ok(facts),
    }
}
