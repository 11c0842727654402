//! `nulstil condemn`: signs that a drive could not be erased and has to be destroyed. The drive is
//! named by typing, as for an erasure; it is not touched.

use std::path::Path;

use super::args::CondemnArgs;
use super::console::Console;
use super::files::read_beginning;
use super::progress::Show;
use super::wipe::{Options, execute, what_names};
use super::{Exit, Stop, station};
use crate::cert::document::DESTRUCTION;
use crate::device::Bay as _;
use crate::model::{Attempt, Label, Outcome};
use crate::os::{EngineChoice, LinuxBay};
use crate::plan::CondemnPlan;
use crate::run::{self, Signer, Station};

pub(super) fn condemn(console: &Console, args: &CondemnArgs) -> Result<Exit, Stop> {
    let written = |option: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(given) => match station::text(Some(given)) {
            Some(text) if !text.trim().is_empty() => Ok(Some(text)),
            _ => Err(Stop::usage(format!(
                "--{option} is empty; write what stands on the drive, or leave it out."
            ))),
        },
    };
    let label = Label {
        model: written("model", &args.model)?,
        serial_number: written("serial", &args.serial)?,
    };
    let reason = station::text(Some(&args.reason)).filter(|text| !text.trim().is_empty());
    let reason = reason
        .ok_or_else(|| Stop::usage("--reason is empty; write why the drive cannot be erased."))?;
    let bay = LinuxBay::live(EngineChoice::Auto);
    let named = args.drive.as_ref();
    let named = named.map(|path| (path.to_string_lossy().into_owned(), bay.examine(path)));
    let plan = CondemnPlan::new(named, label, reason, &bay.look())
        .map_err(|refusal| Stop::refused(refusal.message))?;
    let (station, outbox) = station::load_for(console, &args.station, &[DESTRUCTION])?;
    let attempt = args.failed.as_deref().map(|file| attempt(&station, &plan, file)).transpose()?;

    console.remark(&format!(
        "A document will say that {} was not erased and has to be destroyed.",
        plan.name()
    ));
    let names = match plan.facts() {
        Some(facts) => what_names(plan.name(), &facts.identity),
        None => "the serial number on its label".to_owned(),
    };
    let question = format!("To have {} destroyed, type {names} and press Enter: ", plan.name());
    let answer = console.ask(&question).ok_or_else(|| {
        Stop::refused("There is nobody to ask for consent; run it on a terminal.")
    })?;
    let armed = plan.consent(&answer).map_err(|_| {
        Stop::refused("That does not name the drive, so nothing was signed; start over.")
    })?;
    let options = Options { paperwork: station::paperwork(&args.paperwork), ..Options::default() };
    let show = Show::new(console);
    execute(
        console,
        show,
        Signer::Station(&station),
        &outbox,
        options,
        Outcome::ToBeDestroyed,
        |setup| run::condemn(armed, attempt, setup),
    )
}

/// The document on the attempt to erase this drive, verified as an auditor would who believes the
/// root that authorized this station.
fn attempt(station: &Station, plan: &CondemnPlan, file: &Path) -> Result<Attempt, Stop> {
    let shown = file.display();
    let bytes = read_beginning(file)
        .map_err(|why| Stop::rejected(format!("{shown}: {why}; name another file.")))?;
    let certificate = station.verify(&bytes).map_err(|why| {
        Stop::rejected(format!("{shown}: {why}; name the document on the failed erasure."))
    })?;
    let drive = plan.facts().map(|facts| &facts.identity);
    Attempt::of(&certificate, drive, plan.label()).map_err(|why| {
        Stop::refused(format!(
            "{shown} {why}; name the document on the attempt to erase this drive, or leave \
             --failed out."
        ))
    })
}
