//! The documents on a drive that could not be erased and has to be destroyed. The drive itself is
//! not touched.

use super::certify;
use super::stream::Stream;
use super::{
    DriveResult, Event, NotBegun, Report, Setup, begun_now, machine_name, report_machine,
    shown_path, stem,
};
use crate::cert::document::Purpose;
use crate::cert::ending::DESTRUCTION;
use crate::cert::{Begun, MachineDrive};
use crate::model::{Attempt, Outcome};
use crate::plan::ArmedCondemnation;

/// Signs that the drive has to be destroyed; `attempt` is the document on the attempt to erase it.
///
/// # Errors
/// The documents cannot be made or saved.
pub fn condemn(
    armed: ArmedCondemnation,
    attempt: Option<Attempt>,
    setup: &Setup<'_>,
) -> Result<Report, NotBegun> {
    let (path, condemned) = armed.into_parts();
    let condemned = crate::model::Condemnation { attempt, ..condemned };
    let run = begun_now(setup);
    let id = uuid::Uuid::now_v7().to_string();
    let serial = condemned.serial_number().map(str::to_owned);
    let what = serial.clone().or_else(|| path.clone()).unwrap_or_default();
    let name = stem(run.started_at, &what, &id) + DESTRUCTION;
    let names = [name.clone(), machine_name(setup, &run)];
    for reserved in &names {
        if let Err(error) = setup.outbox.reserve(reserved) {
            names.iter().for_each(|name| setup.outbox.release(name));
            return Err(error.into());
        }
    }
    let begun = Begun {
        certificate: format!("urn:uuid:{id}"),
        model: condemned.model().map(str::to_owned),
        serial_number: serial.clone(),
    };
    let stream = Stream::of(setup, &run, Purpose::Condemn, vec![begun]);
    let shown = path.as_deref().and_then(shown_path);
    let saved = stream.add(&name, |place| {
        let subject = run.subject(&id, place, shown.clone(), setup.time.now());
        certify::condemnation(setup.signer.station()?, setup.context, subject, &condemned)
    });
    let (saved, digest) = saved.inspect_err(|_| {
        names.iter().for_each(|name| setup.outbox.release(name));
    })?;
    let shown_as = path.unwrap_or(what);
    let mut result =
        DriveResult::new(shown_as, serial, Outcome::ToBeDestroyed, vec![condemned.reason.clone()]);
    result.certificate = Some(saved);
    (setup.emit)(Event::Certified(result.clone()));
    let line = MachineDrive {
        path: shown,
        drive: condemned.drive,
        outcome: Some(Outcome::ToBeDestroyed),
        refusal: None,
        certificate_digest: Some(digest),
    };
    let mut faults = Vec::new();
    let machine = report_machine(setup, &run, &stream, vec![line]);
    let machine = machine.map_err(|error| faults.push(error.to_string())).ok();
    let (machine, machine_lacks) = machine.unzip();
    let machine_lacks = machine_lacks.unwrap_or_default();
    Ok(Report { drives: vec![result], machine, machine_lacks, faults })
}
