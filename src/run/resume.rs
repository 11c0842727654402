//! Going on after SIGKILL or a power cut, from the journals in `--out`; or closing them, with a
//! certified *incomplete* result.

use std::path::{Path, PathBuf};

use super::certify;
use super::event::DriveResult;
use super::job::evidence_of_incomplete;
use super::journal::{History, Journal, JournalError, Opened, Record, RunInfo, SUFFIX, Start};
use super::{
    Event, Finished, NotBegun, Report, Run, Setup, carry_out, certificate_name, certify_one,
    not_found, refused,
};
use crate::cert::{profile, proof};
use crate::device::Drive;
use crate::model::{Bus, DriveFacts, Identity, Refusal, RefusalCode};

/// Goes on with every unfinished journal in the outbox. Consent is the plan digest in each
/// journal's first record; it was given once and covers the rest of that plan.
///
/// # Errors
/// There is none, or none can be continued; nothing was written.
pub fn resume(setup: &Setup<'_>) -> Result<Report, NotBegun> {
    let (mut runs, mut done) = (Vec::new(), Vec::new());
    for found in unfinished(setup, "go on with")? {
        let (history, journal) = match found {
            Ok(found) => found,
            Err(result) => {
                done.push(Err(result));
                continue;
            }
        };
        if history.end.is_some() {
            done.push(Ok(finish(setup, history, journal)));
            continue;
        }
        match reopen(setup, &history.start) {
            Ok((drive, identity)) => {
                // The same drive; only the kernel's number for the attachment may be a new one.
                let mut history = history;
                history.start.drive = identity;
                runs.push(Run { history: *history, journal, drive, resumed: true });
            }
            Err(refusal) => {
                let start = &history.start;
                let serial = start.drive.serial_number.clone();
                done.push(Err(refused(start.path.clone(), serial, refusal)));
            }
        }
    }
    if runs.is_empty() && done.iter().all(Result::is_err) {
        return Err(NotBegun::Refused(refusals(done)));
    }
    Ok(carry_out(setup, &run_info(setup), runs, done))
}

/// Certifies every unfinished journal in the outbox as it stands.
///
/// # Errors
/// There is none, or none can be read.
pub fn close(setup: &Setup<'_>) -> Result<Report, NotBegun> {
    let mut done = Vec::new();
    for found in unfinished(setup, "close")? {
        done.push(found.map(|(mut history, mut journal)| {
            if history.end.is_none() {
                let evidence = evidence_of_incomplete(&history);
                if let Err(error) = journal.append(&Record::End(Box::new(evidence.clone()))) {
                    let path = Some(history.start.path.clone());
                    let message = format!("The journal cannot be written ({error}).");
                    (setup.emit)(Event::Warning { path, message });
                }
                history.end = Some(evidence);
            }
            finish(setup, history, journal)
        }));
    }
    if done.iter().all(Result::is_err) {
        return Err(NotBegun::Refused(refusals(done)));
    }
    Ok(carry_out(setup, &run_info(setup), Vec::new(), done))
}

type Unfinished = Result<(Box<History>, Journal), DriveResult>;

/// The unfinished journals, oldest name first. A damaged one is a result of its own: it never
/// stands in the way of the others, and never counts as success.
fn unfinished(setup: &Setup<'_>, what: &str) -> Result<Vec<Unfinished>, NotBegun> {
    let directory = setup.outbox.directory();
    let io = |source| JournalError::Io { path: directory.to_owned(), source };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)
        .map_err(io)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.to_string_lossy().ends_with(SUFFIX))
        .collect();
    paths.sort();

    let (mut found, mut busy) = (Vec::new(), 0);
    for path in paths {
        match Journal::open(&path) {
            Ok(Opened::Found(journal, history)) => {
                if history.certified.is_none() {
                    found.push(Ok((history, journal)));
                }
            }
            // A torn first record means that nothing was written: there is nothing to tell.
            Ok(Opened::Empty) => {
                let _ = std::fs::remove_file(&path);
            }
            Ok(Opened::Busy) => busy += 1,
            Err(error) => found.push(Err(damaged(&path, &error))),
        }
    }
    if found.is_empty() {
        let place = directory.display();
        return Err(NotBegun::Nothing(if busy > 0 {
            format!("The run in {place} is still going on; there is nothing to {what}.")
        } else {
            format!("There is no unfinished journal in {place}; there is nothing to {what}.")
        }));
    }
    Ok(found)
}

fn damaged(path: &Path, error: &JournalError) -> DriveResult {
    let refusal = Refusal::new(RefusalCode::Unreadable, format!("The {error}."));
    refused(path.display().to_string(), None, refusal)
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
        boot_id: setup.boot_id.clone(),
        paperwork: setup.paperwork.clone(),
    }
}

/// Finds the drive of a journal again, by what it is and not by what it is called, and opens it.
fn reopen(setup: &Setup<'_>, start: &Start) -> Result<(Box<dyn Drive>, Identity), Refusal> {
    let same_boot = start.run.boot_id.is_some() && start.run.boot_id == setup.boot_id;
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
    // What a loop device or disk image stands on is a name of its own within one boot; anything
    // else without a serial number is only known by its attachment.
    let named_below = matches!(start.drive.bus, Bus::Loop | Bus::File);
    let is_it = |facts: &DriveFacts| {
        let seen = &facts.identity;
        if start.drive.is_distinct() || named_below {
            seen.same_drive(&start.drive)
        } else {
            seen.same_attachment(&start.drive)
        }
    };
    let named = setup.bay.examine(Path::new(&start.path)).ok().filter(|facts| is_it(facts));
    let facts = match named {
        Some(facts) => facts,
        None => {
            let mut seen = setup.inventory.drives.iter().filter(|facts| is_it(facts));
            let first = seen.next().ok_or_else(|| not_found(&start.path))?;
            if seen.next().is_some() {
                return Err(Refusal::new(
                    RefusalCode::Duplicate,
                    format!(
                        "Two connected drives look like the one that was {}; disconnect one.",
                        start.path
                    ),
                ));
            }
            // Named by its journal, so a loop or virtual device is not refused for being one.
            setup.bay.examine(Path::new(&first.path))?
        }
    };
    if let Some(refusal) = facts.refusal {
        return Err(refusal);
    }
    let drive = setup.bay.open_exclusive(&facts)?;
    Ok((drive, facts.identity))
}

/// Certifies a run that has ended, unless that was done before the power went.
fn finish(setup: &Setup<'_>, history: Box<History>, journal: Journal) -> Finished {
    let path = setup.outbox.path(&certificate_name(&history.start));
    let Some(digest) = saved_before(&path, &history.start) else {
        return certify_one(setup, *history, journal);
    };
    let (outcome, reasons) = certify::verdict(&evidence_of_incomplete(&history));
    let start = &history.start;
    let result = DriveResult {
        path: start.path.clone(),
        serial: start.drive.serial_number.clone(),
        outcome,
        certificate: Some(path.display().to_string()),
        reasons,
        refusal: None,
    };
    (setup.emit)(Event::Certified(result.clone()));
    Finished { result, digest: Some(digest), history: *history, journal }
}

/// The digest of the certificate at `path`, if it is the one of this run and its signature holds.
fn saved_before(path: &Path, start: &Start) -> Option<String> {
    let document = profile::parse(&std::fs::read(path).ok()?).ok()?;
    proof::verify(&document).ok()?;
    let id = format!("urn:uuid:{}", start.certificate_id);
    (document.get("id")?.as_str()? == id).then_some(())?;
    proof::digest(&document).ok()
}
