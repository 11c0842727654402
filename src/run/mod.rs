//! Doing what was planned: open exclusively, journal, erase, read back, certify. Each
//! drive has a thread that leads its run and one that speaks to it; one drive that fails, or never
//! answers, stops no other.

mod certify;
mod condemn;
mod event;
mod exchanges;
mod inspect;
mod job;
mod journal;
mod mover;
mod outbox;
mod pace;
mod paper;
mod ready;
mod resume;
mod stream;
mod sweeping;
mod unlock;

pub use certify::{CertifyError, Context, Signer, Station};
pub use condemn::condemn;
pub use event::{DriveResult, Event, Phase, Progress};
pub use inspect::inspect;
pub use journal::{
    History, Journal, JournalError, JournalKey, Opened, Recorded, RunInfo, SUFFIX, Start,
};
pub use outbox::{Mirror, Outbox, OutboxError, RESERVE};
pub use paper::code_of;
pub use resume::{close, close_recorded, recorded, resume};
pub use unlock::{Unlocked, unlock};

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::cert::ending::{CERTIFICATE, MACHINE};
use crate::cert::{MachineDrive, NOTHING_BEFORE, Place, lacks};
use crate::device::{Bay, Drive, Time};
use crate::model::{
    DriveKind, Identity, Inventory, Language, Outcome, Paperwork, Pass, Refusal, RefusalCode,
    Timestamp, clean,
};
use crate::pattern::StreamKey;
use crate::plan::{ArmedPlan, DrivePlan, RandomKey, locked};
use crate::technique::Survey;
use certify::Subject;
use job::{Job, Surroundings, evidence_of_incomplete};
use journal::Record;
use mover::Mover;
use ready::Ready;
use stream::Stream;

/// Everything a run needs from outside.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// Where drives come from.
    pub bay: &'a (dyn Bay + Sync),
    /// Who signs.
    pub signer: Signer<'a>,
    /// Where results go.
    pub outbox: &'a Outbox,
    /// What the documents say of the surroundings.
    pub context: &'a Context,
    /// What the machine showed before the run.
    pub inventory: &'a Inventory,
    /// Drives of the machine that were erased since it was started, by runs before this one, each with
    /// its certificate: the report on the machine names them with it, while they are attached as then.
    pub before: &'a [MachineDrive],
    /// Which journals [`resume`] goes on with, by the ids of their certificates; all if that is not said.
    pub only: Option<&'a [String]>,
    /// What people said about the job.
    pub paperwork: &'a Paperwork,
    /// The kernel's id of this boot.
    pub boot_id: Option<&'a str>,
    /// The clock.
    pub time: &'a dyn Time,
    /// Random bytes from the kernel.
    pub random: &'a (dyn Fn() -> [u8; 32] + Sync),
    /// Set when somebody wants the run to stop.
    pub stop: &'a AtomicBool,
    /// How often the journal records how far a pass has come.
    pub checkpoint_every: Duration,
    /// How long a drive may give no sign of life before it is given up.
    pub patience: Duration,
    /// The language of the pages; documents are English.
    pub language: Language,
    /// Who is told.
    pub emit: &'a (dyn Fn(Event) + Sync),
}

impl std::fmt::Debug for Setup<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setup({:?}, {})", self.signer, self.outbox.directory().display())
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Report {
    /// One per drive.
    pub drives: Vec<DriveResult>,
    /// Path of the machine report.
    pub machine: Option<String>,
    /// Why the machine is not complete, one sentence each; see [`crate::cert::lacks`].
    pub machine_lacks: Vec<String>,
    /// Faults of our own, one sentence each.
    pub faults: Vec<String>,
}

/// Why a run did not begin. Nothing was written to any drive.
#[derive(Debug, thiserror::Error)]
pub enum NotBegun {
    /// Drives were refused.
    #[error("{}", .0.iter().map(|(_, refusal)| refusal.message.as_str()).collect::<Vec<_>>().join(" "))]
    Refused(Vec<(String, Refusal)>),
    /// The place for results cannot be used.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// A journal could not be made or read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// No certificate could be made at the end.
    #[error(transparent)]
    Certify(#[from] CertifyError),
    /// There is nothing to go on with.
    #[error("{0}")]
    Nothing(String),
}

/// Carries out an armed plan. Every drive is opened and identified before any is made to show what
/// it hides, and every drive has its journal before the first byte is written to any.
///
/// # Errors
/// Nothing was written to any drive, see [`NotBegun`]; one that hid blocks may show them now.
pub fn wipe(armed: ArmedPlan, setup: &Setup<'_>) -> Result<Report, NotBegun> {
    let (drives, digest, policy) = armed.into_parts();
    let run = begun_now(setup);
    let opened = open_all(setup, &drives)?;
    let memory = memory_of_each(drives.len());

    // All at once: one that takes its time does not hold up the others.
    let preparing: Vec<_> = (drives.iter().zip(&opened))
        .map(|(plan, drive)| ready::prepare(drive, plan.facts.identity.clone(), plan.reveal))
        .collect();

    let mut runs: Vec<Run> = Vec::with_capacity(drives.len());
    for ((plan, drive), preparing) in drives.into_iter().zip(opened).zip(preparing) {
        debug_assert_eq!(plan.planned.plan_digest, digest);
        let ready = preparing.wait(setup.patience);
        let ready =
            ready.unwrap_or_else(|| ready::unanswered(plan.facts.identity.clone(), plan.reveal));
        let drive = Mover::start(drive, memory, setup.patience);
        let (start, firmware) = begin(setup, &run, &plan, ready, &drive, policy.trouble_minutes);
        let start = Start { reveal_keys: policy.random_key == RandomKey::Reveal, ..start };
        let history = History::new(start);
        let prepared = prepare(setup, &history);
        match prepared {
            Ok(journal) => runs.push(Run { history, journal, drive, firmware, resumed: false }),
            Err(error) => {
                undo(setup, runs.iter().map(|run| &run.history).chain([&history]));
                return Err(error);
            }
        }
    }
    if let Err(error) = reserve(setup, &machine_name(setup, &run)) {
        undo(setup, runs.iter().map(|run| &run.history));
        return Err(error.into());
    }
    let stream = Stream::new(setup, &run, runs.iter().map(|run| &run.history.start));
    if let Err(error) = stream.begin() {
        setup.outbox.release(&machine_name(setup, &run));
        undo(setup, runs.iter().map(|run| &run.history));
        return Err(error.into());
    }
    Ok(carry_out(setup, &run, &stream, runs, Vec::new()))
}

/// A run that begins now.
fn begun_now(setup: &Setup<'_>) -> RunInfo {
    RunInfo {
        id: uuid::Uuid::now_v7().to_string(),
        started_at: setup.time.now(),
        boot_id: setup.boot_id.map(str::to_owned),
        paperwork: setup.paperwork.clone(),
        recorded: match setup.signer {
            Signer::Station(_) => None,
            Signer::Later => Some(Box::new(Recorded {
                context: setup.context.clone(),
                inventory: setup.inventory.clone(),
            })),
        },
    }
}

/// Takes back what was prepared: nothing has been written to any drive, and nothing is left
/// behind either.
fn undo<'a>(setup: &Setup<'_>, made: impl Iterator<Item = &'a History>) {
    for history in made {
        setup.outbox.release(&certificate_name(&history.start));
        setup.outbox.release(&paper::page_name(&certificate_name(&history.start)));
        let _ = std::fs::remove_file(setup.outbox.path(&journal_name(&history.start)));
    }
}

/// One drive that is open, with its journal.
struct Run {
    history: History,
    journal: Journal,
    drive: Mover,
    firmware: Survey,
    resumed: bool,
}

/// A drive whose certificate is saved, with the journal that is not yet told.
struct Finished {
    result: DriveResult,
    digest: Option<String>,
    history: History,
    journal: Journal,
}

fn open_all(setup: &Setup<'_>, drives: &[DrivePlan]) -> Result<Vec<Arc<dyn Drive>>, NotBegun> {
    let (mut opened, mut refused) = (Vec::new(), Vec::new());
    for plan in drives {
        match setup.bay.open_exclusive(&plan.facts) {
            Ok(drive) => opened.push(drive),
            Err(refusal) => refused.push((plan.path.clone(), refusal)),
        }
    }
    if refused.is_empty() { Ok(opened) } else { Err(NotBegun::Refused(refused)) }
}

/// What the buffers of each of so many drives may take, in bytes: all together 96 MiB, one drive
/// no more than 8 MiB. An engine adds two operations' worth for itself.
fn memory_of_each(drives: usize) -> usize {
    ((96 << 20) / drives.max(1)).clamp(1 << 20, 8 << 20)
}

/// The first record of a drive's journal, and what its firmware says of itself.
fn begin(
    setup: &Setup<'_>,
    run: &RunInfo,
    plan: &DrivePlan,
    ready: Ready,
    drive: &Mover,
    trouble_minutes: u32,
) -> (Start, Survey) {
    let key = |pass: &Pass| {
        (*pass == Pass::Random).then(|| {
            let [first, ..] = halves((setup.random)());
            StreamKey::new(first).to_hex()
        })
    };
    let certificate_id = uuid::Uuid::now_v7().to_string();
    let locked = || locked(&plan.path, &ready.firmware.firmware).map(|refusal| refusal.message);
    let start = Start {
        format: 1,
        run: run.clone(),
        path: plan.path.clone(),
        drive: ready.drive,
        hidden: ready.hidden,
        obstacle: ready.obstacle.or_else(locked),
        planned: plan.planned.clone(),
        keys: plan.planned.scheme.passes().iter().map(key).collect(),
        reveal_keys: false,
        trouble_seconds: u64::from(trouble_minutes) * 60,
        engine: drive.engine().to_owned(),
        direct_io: drive.direct_io(),
        stem: stem(run.started_at, &named(&plan.path, &plan.facts.identity), &certificate_id),
        certificate_id,
    };
    (start, ready.firmware)
}

fn halves(bytes: [u8; 32]) -> [[u8; 16]; 2] {
    let (halves, _) = bytes.as_chunks::<16>();
    match halves {
        [first, second] => [*first, *second],
        _ => [[0; 16]; 2],
    }
}

/// Proves that a certificate can be made, writes the first record, and makes room for the
/// certificate. In this order: whatever a power cut leaves behind, the journal knows of.
fn prepare(setup: &Setup<'_>, history: &History) -> Result<Journal, NotBegun> {
    let start = &history.start;
    if let Signer::Station(station) = setup.signer {
        // As long as the real one is going to be.
        let somewhere = Place {
            id: start.run.id.clone(),
            sequence: u64::from(u32::MAX),
            previous_digest: NOTHING_BEFORE.to_owned(),
        };
        certify::erasure(
            station,
            setup.context,
            subject(start, &somewhere, setup.time.now()),
            &evidence_of_incomplete(history),
        )?;
    }
    let path = setup.outbox.path(&journal_name(start));
    let journal = Journal::create(&path, start, &setup.signer.journal_key())?;
    reserve_documents(setup, start)?;
    Ok(journal)
}

/// Makes room for a document, if there is going to be one.
fn reserve(setup: &Setup<'_>, name: &str) -> Result<(), OutboxError> {
    match setup.signer {
        Signer::Station(_) => setup.outbox.reserve(name),
        Signer::Later => Ok(()),
    }
}

/// Makes room for the certificate of a drive and its page.
fn reserve_documents(setup: &Setup<'_>, start: &Start) -> Result<(), OutboxError> {
    reserve(setup, &certificate_name(start))?;
    reserve(setup, &paper::page_name(&certificate_name(start)))
}

/// Runs every drive on a thread of its own, certifies each as soon as it is done, and reports on
/// the machine at the end. `done` are results that need no run any more.
fn carry_out(
    setup: &Setup<'_>,
    run: &RunInfo,
    stream: &Stream<'_>,
    runs: Vec<Run>,
    done: Vec<Result<Finished, DriveResult>>,
) -> Report {
    // Before the first write: what is lost with the power from now on is on the other place too.
    setup.outbox.mirror_now();
    let mut faults = Vec::new();
    let mut results = done;
    std::thread::scope(|scope| {
        let threads: Vec<_> = runs
            .into_iter()
            .map(|run| {
                let failed =
                    DriveResult::of(&run.history.start, Outcome::Indeterminate, Vec::new());
                (failed, scope.spawn(move || one_drive(setup, stream, run)))
            })
            .collect();
        for (failed, thread) in threads {
            results.push(thread.join().map_err(|_| {
                let path = &failed.path;
                let reason = format!("{path}: the program failed while it worked on this drive");
                faults.push(reason.clone());
                DriveResult { reasons: vec![reason], ..failed }
            }));
        }
    });

    let lines: Vec<_> = results.iter().map(line).collect();
    let machine = report_machine(setup, run, stream, lines.clone());
    let saved = machine.is_ok();
    let (machine, machine_lacks) = match machine {
        Ok((machine, lacks)) => (Some(machine), lacks),
        // What the report would say if it were signed now.
        Err(CertifyError::Later) => {
            (None, lacks(&setup.context.hidden_drives, &with_all_seen(setup, lines)))
        }
        Err(error) => {
            faults.push(error.to_string());
            (None, Vec::new())
        }
    };
    let mut drives = Vec::new();
    for result in results {
        match result {
            Err(result) => drives.push(result),
            Ok(mut finished) => {
                if let (true, Some(_)) = (saved, &finished.result.certificate) {
                    let certificate = certificate_name(&finished.history.start);
                    if let Err(error) = finished.journal.append(&Record::Certified { certificate })
                    {
                        faults.push(format!("the journal could not be closed: {error}"));
                    }
                }
                drives.push(finished.result);
            }
        }
    }
    Report { drives, machine, machine_lacks, faults }
}

fn one_drive(setup: &Setup<'_>, stream: &Stream<'_>, mut run: Run) -> Finished {
    let emit = |event| (setup.emit)(event);
    let around = Surroundings {
        time: setup.time,
        stop: setup.stop,
        emit: &emit,
        random: &|| (setup.random)(),
        checkpoint_every: setup.checkpoint_every,
    };
    let start = run.history.start.clone();
    let job = Job::new(run.drive, run.firmware, start, &mut run.journal, &around);
    let evidence = job.run(run.history.clone(), run.resumed);
    run.history.end = Some(evidence);
    certify_one(setup, stream, run.history, run.journal)
}

/// Makes and saves the certificate of a run that has ended.
fn certify_one(
    setup: &Setup<'_>,
    stream: &Stream<'_>,
    history: History,
    journal: Journal,
) -> Finished {
    let evidence = evidence_of_incomplete(&history);
    let start = &history.start;
    let (outcome, reasons) = certify::verdict(&evidence);
    let mut result = DriveResult::of(start, outcome, reasons).with_speed(&evidence);
    let saved = stream.add(&certificate_name(start), |place| {
        let subject = subject(start, place, setup.time.now());
        certify::erasure(setup.signer.station()?, setup.context, subject, &evidence)
    });
    let digest = match saved {
        Ok((path, digest)) => {
            paper::make(setup, &certificate_name(start), &start.path);
            result.certificate = Some(path);
            Some(digest)
        }
        Err(CertifyError::Later) => {
            // Only a signature makes it proven.
            result.recorded = Some(result.outcome);
            result.reasons.insert(
                0,
                format!(
                    "The result ({}) is recorded in {} and NOT SIGNED: this is no certificate, and \
                     it becomes one only when the office signs it with \"nulstil journal close \
                     --recorded\".",
                    result.outcome,
                    journal_name(start)
                ),
            );
            result.outcome = Outcome::Indeterminate;
            None
        }
        Err(error) => {
            // Whatever happened to the drive, nothing proves it.
            result.outcome = Outcome::Indeterminate;
            result.reasons.push(format!(
                "The certificate could not be saved ({error}); run again with --resume when the \
                 place for it is good."
            ));
            None
        }
    };
    (setup.emit)(Event::Certified(result.clone()));
    Finished { result, digest, history, journal }
}

/// What became of a drive that was to be erased. One whose certificate is signed later has what was
/// recorded, and a word in the place of the digest: no such line is ever signed.
fn line(result: &Result<Finished, DriveResult>) -> MachineDrive {
    match result {
        Ok(Finished { result, digest, history, .. }) => MachineDrive {
            path: shown_path(&result.path),
            drive: Some(history.start.drive.clone()),
            outcome: Some(result.recorded.unwrap_or(result.outcome)),
            refusal: None,
            certificate_digest: digest.clone().or(result.recorded.map(|_| "later".to_owned())),
        },
        Err(result) => MachineDrive {
            path: shown_path(&result.path),
            drive: None,
            outcome: Some(result.outcome),
            refusal: result.refusal.clone(),
            certificate_digest: None,
        },
    }
}

/// Signs and saves the report on the machine, the end of the stream: what became of the drives that
/// were named, and all others that were seen. Its path, and why the machine is not complete.
fn report_machine(
    setup: &Setup<'_>,
    run: &RunInfo,
    stream: &Stream<'_>,
    drives: Vec<MachineDrive>,
) -> Result<(String, Vec<String>), CertifyError> {
    let drives = with_all_seen(setup, drives);
    let id = uuid::Uuid::now_v7().to_string();
    let (path, _) = stream.add(&machine_name(setup, run), |place| {
        let subject = run.subject(&id, place, None, setup.time.now());
        certify::machine(setup.signer.station()?, setup.context, subject, &drives)
    })?;
    Ok((path, lacks(&setup.context.hidden_drives, &drives)))
}

/// These, and all other drives that were seen: with what became of them before this run, where that is
/// known.
fn with_all_seen(setup: &Setup<'_>, mut drives: Vec<MachineDrive>) -> Vec<MachineDrive> {
    for seen in &setup.inventory.drives {
        let attached = |drive: &Identity| drive.same_but_for_size(&seen.identity);
        let is_it = |asked: &MachineDrive| {
            asked.drive.as_ref().is_some_and(|drive| {
                drive.same_but_for_size(&seen.identity)
                    || asked.certificate_digest.is_some() && is_alone(setup, &seen.identity, drive)
            })
        };
        if drives.iter().any(is_it) {
            continue;
        }
        let before = setup.before.iter().find(|line| line.drive.as_ref().is_some_and(attached));
        if let Some(line) = before {
            drives.push(MachineDrive { path: shown_path(&seen.path), ..line.clone() });
        } else {
            drives.push(MachineDrive {
                path: shown_path(&seen.path),
                drive: Some(seen.identity.clone()),
                outcome: None,
                refusal: seen.refusal.clone(),
                certificate_digest: None,
            });
        }
    }
    drives
}

/// Whether a drive that was certified before the computer was started again is the one that is seen: it
/// has a name of its own, and no other that is there has the same.
fn is_alone(setup: &Setup<'_>, seen: &Identity, certified: &Identity) -> bool {
    let mut twins = setup.inventory.drives.iter().filter(|one| one.identity.same_drive(seen));
    seen.is_distinct() && certified.same_drive(seen) && twins.nth(1).is_none()
}

fn machine_name(setup: &Setup<'_>, run: &RunInfo) -> String {
    format!("{}{MACHINE}", machine_stem(setup, run))
}

/// The start of the names of a session's own files.
fn machine_stem(setup: &Setup<'_>, run: &RunInfo) -> String {
    let computer = setup.context.computer.serial_number.as_deref().unwrap_or("machine");
    stem(run.started_at, computer, &run.id)
}

fn subject<'a>(start: &'a Start, place: &'a Place, now: Timestamp) -> Subject<'a> {
    start.run.subject(&start.certificate_id, place, shown_path(&start.path), now)
}

impl RunInfo {
    /// What a document of this run is about.
    fn subject<'a>(
        &'a self,
        id: &'a str,
        place: &'a Place,
        path: Option<String>,
        now: Timestamp,
    ) -> Subject<'a> {
        let (run_id, run_started_at, paperwork) = (&self.id, self.started_at, &self.paperwork);
        Subject { id, run_id, run_started_at, place, paperwork, path, now }
    }
}

/// A path as a document can carry it: a file name may hold anything but `/` and NUL.
fn shown_path(path: &str) -> Option<String> {
    clean(path.as_bytes())
}

fn certificate_name(start: &Start) -> String {
    format!("{}{CERTIFICATE}", start.stem)
}

fn journal_name(start: &Start) -> String {
    format!("{}{}", start.stem, journal::SUFFIX)
}

/// What a person would look for in a file name: the serial number, or the name of the drive.
fn named(path: &str, drive: &Identity) -> String {
    let last = path.rsplit('/').next().unwrap_or_default().to_owned();
    match drive.kind {
        DriveKind::BlockDevice => drive.serial_number.clone().unwrap_or(last),
        DriveKind::DiskImage => last,
    }
}

/// The start of a file name: when, what, and enough of the id to be alone. Safe on FAT.
fn stem(when: Timestamp, name: &str, id: &str) -> String {
    let when: String = when.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let id: String = id.chars().rev().take_while(|c| *c != '-').collect();
    format!("{when}-{}-{}", what(name), id.chars().rev().collect::<String>())
}

/// How the names of results name a drive, from its serial number.
#[must_use]
pub fn what(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    name.chars().map(safe).take(40).collect()
}

/// The refusal of a drive that is not there any more.
fn not_found(path: &str) -> Refusal {
    Refusal::new(
        RefusalCode::NotFound,
        format!("The drive that was {path} is not connected; connect it and resume again."),
    )
}
