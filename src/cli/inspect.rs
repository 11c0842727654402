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
use crate::run::{self, DriveResult, Event, NotBegun, Signer};

pub(super) fn inspect(console: &Console, args: &InspectArgs) -> Result<Exit, Stop> {
    let bay = LinuxBay::live(args.engine);
    let mut drives: Vec<(String, DriveFacts)> = Vec::new();
    let mut refused = Vec::new();
    for named in &args.drives {
        let path = named.to_string_lossy().into_owned();
        match bay.examine(named).and_then(|facts| readable(&path, facts, &drives)) {
            Ok(facts) => drives.push((path, facts)),
            Err(refusal) => {
                console.error(&refusal.message);
                refused.push((path, refusal));
            }
        }
    }
    let mut show = Show::new(console);
    if !refused.is_empty() {
        show.event(console, &unread(&refused));
        return Ok(Exit::Refused);
    }
    let (station, outbox) = station::load_for(console, &args.station, &[BLANK, INSPECTION])
        .inspect_err(|_| show.event(console, &unread(&[])))?;
    let options = Options {
        paperwork: station::paperwork(&args.paperwork),
        patience: Duration::from_secs(u64::from(args.patience)),
        engine: args.engine,
        ..Options::default()
    };
    execute(
        console,
        show,
        Signer::Station(&station),
        &outbox,
        options,
        Outcome::FoundBlank,
        |setup| {
            run::inspect(drives, setup).inspect_err(|error| {
                let refused =
                    if let NotBegun::Refused(refused) = error { &refused[..] } else { &[] };
                (setup.emit)(unread(refused));
            })
        },
    )
}

/// The summary of a session in which nothing was read.
fn unread(refused: &[(String, Refusal)]) -> Event {
    let drives = refused
        .iter()
        .map(|(path, refusal)| DriveResult::refused(path.clone(), None, refusal.clone()));
    Event::Summary { drives: drives.collect(), machine: None, machine_lacks: Vec::new() }
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
