//! Reading drives as a whole and writing nothing to them: whether they are blank.
//!
//! Nothing is signed before everything was read. A session that is cut off has changed nothing, and
//! leaves nothing behind that would have to be accounted for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::certify;
use super::event::Phase;
use super::job::Surroundings;
use super::journal::RunInfo;
use super::mover::Reader;
use super::pace::Meter;
use super::stream::Stream;
use super::sweeping::{Cut, Reached, Speaks as _, Sweeping, finder, keyed_digest};
use super::{
    DriveResult, Event, NotBegun, Report, Setup, begun_now, machine_name, memory_of_each, named,
    report_machine, shown_path, stem,
};
use crate::cert::document::Purpose;
use crate::cert::ending::INSPECTION;
use crate::cert::{Begun, MachineDrive, inspected};
use crate::device::Drive;
use crate::model::{
    Aftermath, Blankness, DriveFacts, Ending, Finding, Findings, HiddenArea, Inspection, Lock,
    Outcome, Range, RangeList, Speed, hex,
};
use crate::pattern::Pattern;
use crate::plan::Policy;
use crate::technique::{Sweep, repeats};

/// Blocks that differ after which nobody needs to read on.
const ENOUGH: u64 = 64;

/// What a first block should be that is not.
const ONE_BYTE: &str = "one byte, repeated";

/// One drive that is inspected.
struct One {
    path: String,
    facts: DriveFacts,
    id: String,
    name: String,
}

/// Reads every drive, all at the same time, and certifies what was found. The paths are those by
/// which they were named.
///
/// # Errors
/// A drive cannot be opened, or there is no place for the results; nothing was read.
pub fn inspect(drives: Vec<(String, DriveFacts)>, setup: &Setup<'_>) -> Result<Report, NotBegun> {
    let run = begun_now(setup);
    let memory = memory_of_each(drives.len());
    let (mut opened, mut refused, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for (path, facts) in drives {
        match setup.bay.open_read_only(&facts) {
            Ok(drive) => opened.push(drive),
            Err(refusal) => refused.push((path.clone(), refusal)),
        }
        let id = uuid::Uuid::now_v7().to_string();
        let name = stem(run.started_at, &named(&path, &facts.identity), &id) + INSPECTION;
        all.push(One { path, facts, id, name });
    }
    if !refused.is_empty() {
        return Err(NotBegun::Refused(refused));
    }
    let names: Vec<String> =
        all.iter().map(|one| one.name.clone()).chain([machine_name(setup, &run)]).collect();
    for name in &names {
        if let Err(error) = setup.outbox.reserve(name) {
            names.iter().for_each(|name| setup.outbox.release(name));
            return Err(error.into());
        }
    }
    let inspections: Vec<Option<Inspection>> = std::thread::scope(|scope| {
        let readers: Vec<_> = (all.iter().zip(opened))
            .map(|(one, drive)| scope.spawn(move || one_drive(setup, one, drive, memory)))
            .collect();
        readers.into_iter().map(|reader| reader.join().ok()).collect()
    });
    Ok(certify_all(setup, &run, &all, inspections))
}

/// Signs and saves what was found on every drive, and the report on the machine.
fn certify_all(
    setup: &Setup<'_>,
    run: &RunInfo,
    all: &[One],
    inspections: Vec<Option<Inspection>>,
) -> Report {
    let begun = all.iter().zip(&inspections).filter(|(_, found)| found.is_some());
    let begun = begun.map(|(one, _)| Begun {
        certificate: format!("urn:uuid:{}", one.id),
        model: one.facts.identity.model.clone(),
        serial_number: one.facts.identity.serial_number.clone(),
    });
    let stream = Stream::of(setup, run, Purpose::Inspect, begun.collect());
    let (mut drives, mut lines, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for (one, found) in all.iter().zip(inspections) {
        let serial = one.facts.identity.serial_number.clone();
        let mut line = MachineDrive {
            path: shown_path(&one.path),
            drive: Some(one.facts.identity.clone()),
            outcome: Some(Outcome::Indeterminate),
            refusal: None,
            certificate_digest: None,
        };
        let Some(found) = found else {
            let reason = format!("{}: the program failed while it read this drive", one.path);
            faults.push(reason.clone());
            drives.push(DriveResult::new(
                one.path.clone(),
                serial,
                Outcome::Indeterminate,
                vec![reason],
            ));
            lines.push(line);
            continue;
        };
        let (outcome, reasons) = verdict(&found);
        let mut result = DriveResult::new(one.path.clone(), serial, outcome, reasons);
        result.read_bytes = found.speed.bytes;
        result.read_bytes_per_second = (found.speed.bytes > 0).then(|| found.speed.mean());
        line.outcome = Some(outcome);
        let saved = stream.add(&one.name, |place| {
            let path = shown_path(&one.path);
            let subject = run.subject(&one.id, place, path, setup.time.now());
            certify::inspection(setup.signer.station()?, setup.context, subject, &found)
        });
        match saved {
            Ok((path, digest)) => {
                result.certificate = Some(path);
                line.certificate_digest = Some(digest);
            }
            Err(error) => {
                result.outcome = Outcome::Indeterminate;
                line.outcome = Some(Outcome::Indeterminate);
                result.reasons.push(format!("The document could not be saved ({error})."));
            }
        }
        (setup.emit)(Event::Certified(result.clone()));
        drives.push(result);
        lines.push(line);
    }
    let machine = report_machine(setup, run, &stream, lines);
    let machine = machine.map_err(|error| faults.push(error.to_string())).ok();
    let (machine, machine_lacks) = machine.unzip();
    Report { drives, machine, machine_lacks: machine_lacks.unwrap_or_default(), faults }
}

/// What became of the drive in one word, and what stands in the way of calling it blank.
fn verdict(found: &Inspection) -> (Outcome, Vec<String>) {
    let concluded = inspected(found);
    let mut reasons: Vec<String> =
        concluded.shortfalls.iter().map(|found| found.statement().to_owned()).collect();
    if let Ending::Failed { reason } = &found.ending {
        reasons.push(reason.clone());
    }
    let outcome = match (concluded.verdict, &found.ending) {
        (Blankness::Blank, _) => Outcome::FoundBlank,
        (Blankness::NotBlank, _) => Outcome::NotBlank,
        (Blankness::Unknown, Ending::Aborted) => Outcome::Aborted,
        (Blankness::Unknown, _) => Outcome::Indeterminate,
    };
    (outcome, reasons)
}

fn one_drive(setup: &Setup<'_>, one: &One, drive: Arc<dyn Drive>, memory: usize) -> Inspection {
    let emit = |event| (setup.emit)(event);
    let around = Surroundings {
        time: setup.time,
        stop: setup.stop,
        emit: &emit,
        random: &|| (setup.random)(),
        checkpoint_every: setup.checkpoint_every,
    };
    let identity = &one.facts.identity;
    let reader = Reader::start(drive, memory, setup.patience);
    emit(Event::Inspecting {
        path: one.path.clone(),
        serial: identity.serial_number.clone(),
        total_bytes: identity.capacity_bytes,
    });
    let now = setup.time.now();
    let mut found = Inspection {
        drive: identity.clone(),
        hidden: HiddenArea::None,
        lock: Lock::Open,
        engine: reader.engine().to_owned(),
        direct_io: reader.direct_io(),
        filling: None,
        started_at: now,
        ended_at: now,
        read_bytes: 0,
        unreadable: RangeList::default(),
        differing: Findings::default(),
        speed: Speed::default(),
        aftermath: None,
        ending: Ending::Completed,
    };
    let trouble = Duration::from_secs(u64::from(Policy::default().trouble_minutes) * 60);
    let (path, bytes) = (one.path.clone(), identity.capacity_bytes);
    let mut on = Sweeping::new(reader, &around, path, identity.clone(), bytes, trouble);
    if let Err(cut) = look_through(&mut on, &mut found) {
        found.ending = cut.into();
    }
    // A drive that lost its power meanwhile may have locked itself, and shown something else since.
    ask(&mut on.drive, &mut found);
    found.ended_at = setup.time.now();
    match on.drive.identify() {
        Ok(now) => {
            found.aftermath = Some(Aftermath {
                same_drive: on.is_it(&now),
                capacity_bytes: now.capacity_bytes,
                partitions_reread: None,
            });
        }
        Err(error) => emit(Event::Warning {
            path: Some(one.path.clone()),
            message: format!("It is not known to hold what was read ({error}); inspect it again."),
        }),
    }
    found
}

/// Asks the drive what stands between us and what is on it. What was closed, hidden or not known
/// once stays so.
fn ask(reader: &mut Reader, found: &mut Inspection) {
    let firmware = reader.firmware(found.drive.bus);
    if found.lock == Lock::Open {
        found.lock = firmware.lock();
    }
    if found.hidden == HiddenArea::None {
        found.hidden = firmware.hidden(&found.drive);
    }
}

/// Reads the drive, as far as it takes to know whether it is blank.
fn look_through(on: &mut Sweeping<'_, Reader>, found: &mut Inspection) -> Result<(), Cut> {
    on.still_the_same()?;
    ask(&mut on.drive, found);
    if let Lock::Closed { by } = &found.lock {
        return Err(Cut::Failed(format!("The drive is locked ({by}), so it was not read.")));
    }
    let block = on.identity.logical_block_bytes;
    let first = Range { offset: 0, bytes: u64::from(block).min(on.identity.capacity_bytes) };
    let secret = (on.around.random)();
    let Some(data) = on.drive.read(first) else {
        found.unreadable.push(first);
        return Err(Cut::Failed(
            "The first block cannot be read, so nothing can be compared with it.".to_owned(),
        ));
    };
    let Some([filling]) = repeats(&data) else {
        found.read_bytes = first.bytes;
        found.differing.push_with(|| Finding {
            lba: 0,
            expected: ONE_BYTE.to_owned(),
            found_keyed_digest: hex(&keyed_digest(&secret, &data)),
        });
        return Ok(());
    };
    found.filling = Some(*filling);

    let pattern = Pattern::Constant(*filling);
    let whole = Range { offset: 0, bytes: on.identity.capacity_bytes };
    let mut sweep = Sweep::new(vec![whole], on.limits());
    let mut stage = on.stage(Phase::Inspect, 0);
    let mut meter = Meter::start(on.around.time);
    // Counted while it reads, by the thread that reads.
    let differ = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&differ);
    let pause = |_| seen.load(Ordering::Relaxed) >= ENOUGH;
    let reached = on.sweep(&mut sweep, &mut stage, &mut meter, &pause, |drive, ranges, watch| {
        let (name, differ) = (finder(pattern.clone(), block, secret), Arc::clone(&differ));
        let counted = Box::new(move |findings: &mut Findings, offset, data: &[u8]| {
            differ.fetch_add(1, Ordering::Relaxed);
            name(findings, offset, data);
        });
        let (moved, more) = drive.compare(&pattern, ranges, block, counted, watch);
        found.differing.append(more);
        moved
    });
    let left = sweep.remainder();
    found.read_bytes = left.done_bytes;
    found.unreadable = left.bad;
    found.speed = meter.read(on.around.time, left.done_bytes);
    match reached? {
        Reached::End | Reached::Pause => Ok(()),
    }
}
