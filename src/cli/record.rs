//! `nulstil record`: what a drive's firmware says of itself, for whoever has no such drive.

use std::fs::OpenOptions;
use std::io::Write as _;

use serde_json::json;

use super::args::RecordArgs;
use super::console::Console;
use super::{Exit, Stop};
use crate::device::Bay as _;
use crate::os::{EngineChoice, LinuxBay};
use crate::recording::Recording;
use crate::technique::Firmware;

pub(super) fn record(console: &Console, args: &RecordArgs) -> Result<Exit, Stop> {
    let bay = LinuxBay::live(EngineChoice::Auto);
    let facts = bay.examine(&args.drive).map_err(|refusal| Stop::refused(refusal.message))?;
    let ask = |channel: &dyn crate::device::Channel| {
        let _ = Firmware::ask(channel, facts.identity.bus);
    };
    let recording = bay
        .channel(&facts)
        .and_then(|channel| Recording::of(channel.as_ref(), &facts, ask))
        .map_err(|why| Stop::refused(format!("{} cannot be recorded: {why}.", facts.path)))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.out)
        .and_then(|mut file| file.write_all(recording.text().as_bytes()).map(|()| file))
        .map_err(|error| {
            let out = args.out.display();
            Stop::usage(format!("--out {out}: it cannot be made ({error}); name a new file."))
        })?;
    let _ = file.flush();
    let questions = recording.questions();
    console.json(&json!({ "file": args.out, "questions": questions }));
    if !console.is_json() {
        console.line(&format!(
            "{questions} questions and their answers are in {}. Serial numbers and world wide \
             names are replaced by X.",
            args.out.display()
        ));
    }
    Ok(Exit::Done)
}
