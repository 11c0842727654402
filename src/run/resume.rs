//! Going on after SIGKILL or a power cut, from the journals in `--out`; or closing them, with a
//! certified *incomplete* result.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::certify;
use super::event::DriveResult;
use super::job::evidence_of_incomplete;
use super::journal::{
    History, Journal, JournalError, JournalKey, Opened, Record, RunInfo, SUFFIX, Start,
};
use super::mover::Mover;
use super::paper;
use super::stream::Stream;
use super::{
    Event, Finished, NotBegun, Outbox, Report, Run, Setup, carry_out, certificate_name,
    certify_one, memory_of_each, not_found, ready, reserve_documents,
};
use crate::device::Drive;
use crate::model::{Bus, DriveFacts, Identity, Outcome, Refusal, RefusalCode};
use crate::plan::{Reveal, locked};
use crate::technique::Survey;

/// Goes on with every unfinished journal in the outbox. Consent is the plan digest in each
/// journal's first record; it was given once and covers the rest of that plan.
///
/// # Errors
/// There is none, or none can be continued; nothing was written.
pub fn resume(setup: &Setup<'_>) -> Result<Report, NotBegun> {
    let (mut runs, mut done) = (Vec::new(), Vec::new());
    let Journals { mut unfinished, starts } = journals(setup, "go on with")?;
    if let Some(only) = setup.only {
        let meant = |found: &Result<Found, DriveResult>| {
            found.as_ref().is_ok_and(|(history, _)| only.contains(&history.start.certificate_id))
        };
        unfinished.retain(meant);
        if unfinished.is_empty() {
            return Err(NotBegun::Nothing("What was cut off is no longer there.".to_owned()));
        }
    }
    let memory = memory_of_each(unfinished.len());
    let run = run_info(setup);
    let stream = going_on(setup, &run, &unfinished);
    for found in unfinished {
        let (mut history, journal) = match settle(setup, &stream, found) {
            Settled::Over(result) => {
                done.push(*result);
                continue;
            }
            Settled::Open(found) => found,
        };
        let reopened = overtaken(&history.start, &starts)
            .and_then(|()| reopen(setup, &history.start))
            .and_then(|(drive, identity)| {
                let firmware = ready::ask(&drive, &identity).wait(setup.patience);
                let firmware = firmware.unwrap_or_else(ready::silent);
                as_begun(&history.start, &identity, &firmware)?;
                Ok((drive, identity, firmware))
            });
        match reopened {
            Ok((drive, identity, firmware)) => {
                reserve_documents(setup, &history.start)?;
                // The same drive; only the kernel's number for the attachment may be a new one.
                history.start.drive = identity;
                // One part of the run through the page cache, and it all counts as that.
                history.start.direct_io &= drive.direct_io();
                let drive = Mover::start(drive, memory, setup.patience);
                runs.push(Run { history: *history, journal, drive, firmware, resumed: true });
            }
            Err(refusal) => done.push(Err(not_resumed(&history.start, refusal))),
        }
    }
    if runs.is_empty() && done.iter().all(Result::is_err) {
        return Err(NotBegun::Refused(refusals(done)));
    }
    stream.begin()?;
    let report = carry_out(setup, &run, &stream, runs, done);
    setup.outbox.sweep();
    Ok(report)
}

/// The stream of a session that goes on with these journals.
fn going_on<'a>(
    setup: &'a Setup<'a>,
    run: &'a RunInfo,
    unfinished: &[Result<Found, DriveResult>],
) -> Stream<'a> {
    let starts = unfinished.iter().filter_map(|found| found.as_ref().ok());
    Stream::new(setup, run, starts.map(|(history, _)| &history.start)).going_on()
}

/// Certifies every unfinished journal in the outbox as it stands.
///
/// # Errors
/// There is none, or none can be read.
pub fn close(setup: &Setup<'_>) -> Result<Report, NotBegun> {
    let unfinished = journals(setup, "close")?.unfinished;
    certify_all(setup, unfinished)
}

/// The runs in the outbox that were recorded to be signed later, and are not signed, with what they
/// recorded.
#[must_use]
pub fn recorded(outbox: &Outbox) -> Vec<RunInfo> {
    let mut runs: Vec<RunInfo> = Vec::new();
    for path in paths(outbox).unwrap_or_default() {
        if let Some(history) = peek(&path)
            && history.certified.is_none()
            && !runs.iter().any(|run| run.id == history.start.run.id)
        {
            runs.push(history.start.run);
        }
    }
    runs
}

/// Certifies the journals of one of the runs that [`recorded`] gave, in the surroundings that it
/// recorded. Whoever asks for it vouches for these journals: they are sealed with a key that
/// everybody knows.
///
/// # Errors
/// None of them can be read.
pub fn close_recorded(setup: &Setup<'_>, run: &str) -> Result<Report, NotBegun> {
    let key = JournalKey::published();
    let of_run = |path: &PathBuf| peek(path).is_some_and(|history| history.start.run.id == run);
    let mut found = Vec::new();
    for path in paths(setup.outbox)?.into_iter().filter(of_run) {
        match Journal::open(&path, &key) {
            Ok(Opened::Found(journal, history)) if history.certified.is_none() => {
                found.push(Ok((history, journal)));
            }
            Ok(_) => {}
            Err(error) => found.push(Err(damaged(&path, &error))),
        }
    }
    if found.is_empty() {
        return Err(NotBegun::Nothing("There is nothing to sign in this run.".to_owned()));
    }
    certify_all(setup, found)
}

/// What a journal says that was recorded to be signed later; nothing if it is none of these.
fn peek(path: &Path) -> Option<History> {
    // A stranger's file may be a pipe.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let history = History::of(&std::fs::read(path).ok()?, &JournalKey::published()).ok()??;
    history.start.run.recorded.is_some().then_some(history)
}

fn certify_all(
    setup: &Setup<'_>,
    unfinished: Vec<Result<Found, DriveResult>>,
) -> Result<Report, NotBegun> {
    let mut done = Vec::new();
    let run = run_info(setup);
    let stream = going_on(setup, &run, &unfinished);
    for found in unfinished {
        done.push(match settle(setup, &stream, found) {
            Settled::Over(result) => *result,
            Settled::Open((mut history, mut journal)) => {
                let evidence = evidence_of_incomplete(&history);
                if let Err(error) = journal.append(&Record::End(Box::new(evidence.clone()))) {
                    let path = Some(history.start.path.clone());
                    let message = format!("The journal cannot be written ({error}).");
                    (setup.emit)(Event::Warning { path, message });
                }
                history.end = Some(evidence);
                Ok(certify_one(setup, &stream, *history, journal))
            }
        });
    }
    if done.iter().all(Result::is_err) {
        return Err(NotBegun::Refused(refusals(done)));
    }
    let report = carry_out(setup, &run, &stream, Vec::new(), done);
    setup.outbox.sweep();
    Ok(report)
}

type Found = (Box<History>, Journal);

/// The journals in the outbox.
struct Journals {
    /// Those that are not finished, oldest name first. A damaged one is a result of its own: it
    /// never stands in the way of the others, and never counts as success.
    unfinished: Vec<Result<Found, DriveResult>>,
    /// The first record of every journal, finished or not.
    starts: Vec<Start>,
}

/// Reads the journals in the outbox.
///
/// # Errors
/// None of them is unfinished.
fn journals(setup: &Setup<'_>, what: &str) -> Result<Journals, NotBegun> {
    let (mut found, mut starts, mut busy) = (Vec::new(), Vec::new(), 0);
    let key = setup.signer.journal_key();
    for path in paths(setup.outbox)? {
        match Journal::open(&path, &key) {
            Ok(Opened::Found(journal, history)) => {
                starts.push(history.start.clone());
                if history.certified.is_none() {
                    found.push(Ok((history, journal)));
                }
            }
            // A torn first record means that nothing was written: there is nothing to certify.
            // It stays where it is: another run may be writing it at this moment.
            Ok(Opened::Empty) => {
                let message = format!(
                    "The journal {} has no first record: it was made for a run that wrote nothing.",
                    path.display()
                );
                (setup.emit)(Event::Warning { path: None, message });
            }
            Ok(Opened::Busy) => busy += 1,
            Err(error) => found.push(Err(damaged(&path, &error))),
        }
    }
    if found.is_empty() {
        let place = setup.outbox.directory().display();
        return Err(NotBegun::Nothing(if busy > 0 {
            format!("The run in {place} is still going on; there is nothing to {what}.")
        } else {
            format!("There is no unfinished journal in {place}; there is nothing to {what}.")
        }));
    }
    Ok(Journals { unfinished: found, starts })
}

/// Where the journals in an outbox are, oldest name first.
fn paths(outbox: &Outbox) -> Result<Vec<PathBuf>, JournalError> {
    let directory = outbox.directory();
    let io = |source| JournalError::Io { path: directory.to_owned(), source };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)
        .map_err(io)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.to_string_lossy().ends_with(SUFFIX))
        .collect();
    paths.sort();
    Ok(paths)
}

/// Refuses a journal whose drive was the subject of a later run: going on would erase what was put
/// on the drive since.
fn overtaken(start: &Start, starts: &[Start]) -> Result<(), Refusal> {
    let later = |other: &&Start| {
        other.drive.same_drive(&start.drive)
            && (other.run.started_at, &other.run.id) > (start.run.started_at, &start.run.id)
    };
    match starts.iter().find(later) {
        None => Ok(()),
        Some(other) => Err(Refusal::new(
            RefusalCode::Replaced,
            format!(
                "{} was the subject of a later run, that of {}; close this journal with \
                 \"nulstil journal close\".",
                start.path, other.run.started_at
            ),
        )),
    }
}

/// Refuses a drive that locked itself when its power failed, or that says by now that it hides
/// blocks: what the journal knows of that was true when the run began.
fn as_begun(start: &Start, drive: &Identity, survey: &Survey) -> Result<(), Refusal> {
    if let Some(refusal) = locked(&start.path, &survey.firmware) {
        return Err(refusal);
    }
    match Reveal::of(&survey.firmware.hidden(drive)) {
        None => Ok(()),
        Some(Reveal { accessible, native }) => Err(Refusal::new(
            RefusalCode::HiddenArea,
            format!(
                "{} hides {} blocks at its end, which it did not say when the run began; close \
                 this journal with \"nulstil journal close\" and make a new plan.",
                start.path,
                native.saturating_sub(accessible)
            ),
        )),
    }
}

fn damaged(path: &Path, error: &JournalError) -> DriveResult {
    let refusal = Refusal::new(RefusalCode::Unreadable, format!("The {error}."));
    DriveResult::refused(path.display().to_string(), None, refusal)
}

fn refusals(done: Vec<Result<Finished, DriveResult>>) -> Vec<(String, Refusal)> {
    done.into_iter()
        .filter_map(|result| result.err())
        .filter_map(|result| Some((result.path, result.refusal?)))
        .collect()
}

/// The run that does the resuming, for the machine report.
fn run_info(setup: &Setup<'_>) -> RunInfo {
    RunInfo {
        id: uuid::Uuid::now_v7().to_string(),
        started_at: setup.time.now(),
        boot_id: setup.boot_id.map(str::to_owned),
        paperwork: setup.paperwork.clone(),
        recorded: None,
    }
}

/// Finds the drive of a journal again, by what it is and not by what it is called, and opens it.
fn reopen(setup: &Setup<'_>, start: &Start) -> Result<(Arc<dyn Drive>, Identity), Refusal> {
    let same_boot = start.run.boot_id.is_some() && start.run.boot_id.as_deref() == setup.boot_id;
    if !start.drive.is_distinct() && !same_boot {
        return Err(Refusal::new(
            RefusalCode::Replaced,
            format!(
                "{} has no serial number by which it could be known again after a restart; close \
                 the journal and start over.",
                start.path
            ),
        ));
    }
    let attached = |facts: &DriveFacts| {
        start.drive.diskseq.is_some() && facts.identity.same_attachment(&start.drive)
    };
    // All that look like it, under its old name and under any other.
    let mut found: Vec<DriveFacts> =
        setup.bay.examine(Path::new(&start.path)).into_iter().collect();
    found.extend(setup.inventory.drives.iter().cloned());
    found.retain(|facts| facts.identity.same_drive(&start.drive));
    let mut seen = Vec::new();
    found.retain(|facts| {
        let new = !seen.contains(&facts.path);
        seen.push(facts.path.clone());
        new
    });
    // What a loop device or disk image stands on is a name of its own within one boot; anything
    // else without a serial number is only known by its attachment. And within one boot the
    // attachment tells even twins apart.
    let named_below = matches!(start.drive.bus, Bus::Loop | Bus::File);
    let nameless = !start.drive.is_distinct() && !named_below;
    if nameless || same_boot && found.iter().any(attached) {
        found.retain(attached);
    }
    let facts = match &found[..] {
        [] => return Err(not_found(&start.path)),
        [one] => one,
        // Serial numbers of cheap bridges are alike, and names change places at a restart.
        _ => {
            return Err(Refusal::new(
                RefusalCode::Duplicate,
                format!(
                    "{} connected drives look like the one that was {}; disconnect all but that \
                     one.",
                    found.len(),
                    start.path
                ),
            ));
        }
    };
    // Asked again, because the inventory refuses a loop or virtual device that nobody named: the
    // journal names it.
    let now = setup.bay.examine(Path::new(&facts.path))?;
    if !now.identity.same_attachment(&facts.identity) {
        return Err(not_found(&start.path));
    }
    if let Some(refusal) = now.refusal {
        return Err(refusal);
    }
    let drive = setup.bay.open_exclusive(&now)?;
    Ok((drive, now.identity))
}

/// What is left to do for a journal.
enum Settled {
    /// Nothing: it is certified, or cannot be gone on with.
    Over(Box<Result<Finished, DriveResult>>),
    /// The drive is not done.
    Open(Found),
}

/// Certifies a run that has ended. A certificate that is there is the end of its run, whatever
/// the journal could still record: its drive may be in use again, and is not touched any more.
fn settle(setup: &Setup<'_>, stream: &Stream<'_>, found: Result<Found, DriveResult>) -> Settled {
    let over = |result| Settled::Over(Box::new(result));
    let (history, journal) = match found {
        Ok(found) => found,
        Err(result) => return over(Err(result)),
    };
    let start = &history.start;
    let path = setup.outbox.path(&certificate_name(start));
    let certificate = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return match history.end {
                Some(_) => over(Ok(certify_one(setup, stream, *history, journal))),
                None => Settled::Open((history, journal)),
            };
        }
        Err(_) => None,
        Ok(bytes) => setup.signer.station().ok().and_then(|station| station.verify(&bytes).ok()),
    };
    let id = format!("urn:uuid:{}", start.certificate_id);
    let Some(certificate) = certificate.filter(|found| found.document()["id"] == id) else {
        let message = format!(
            "{} is in the place of the certificate of {} and is not it; move it away and try again.",
            path.display(),
            start.path
        );
        return over(Err(not_resumed(start, Refusal::new(RefusalCode::Unreadable, message))));
    };
    let (outcome, reasons) =
        match certificate.evidence().filter(|_| certificate.missing().is_empty()) {
            Some(evidence) => certify::verdict(evidence),
            None => (Outcome::Indeterminate, certificate.missing().to_vec()),
        };
    let result = DriveResult {
        certificate: Some(path.display().to_string()),
        ..DriveResult::of(start, outcome, reasons)
    };
    paper::make(setup, &certificate_name(start), &start.path);
    (setup.emit)(Event::Certified(result.clone()));
    let digest = Some(certificate.digest().to_owned());
    over(Ok(Finished { result, digest, history: *history, journal }))
}

fn not_resumed(start: &Start, refusal: Refusal) -> DriveResult {
    let reasons = vec![refusal.message.clone()];
    DriveResult { refusal: Some(refusal), ..DriveResult::of(start, Outcome::Refused, reasons) }
}
