//! One drive's run, from the armed plan to the evidence: passes, read-back, a last look. It
//! records facts and judges none of them; what follows from them is for `cert::conclude`.

mod firmware;
mod markers;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::event::{Event, Progress};
use super::journal::{History, Journal, Record, Start};
use super::mover::{Finder, Mover};
use super::pace::{Forecast, Meter, mean};
use crate::device::{DriveError, DriveErrorKind, Moved, Stop, Time};
use crate::model::{
    Aftermath, Ending, Evidence, Finding, Findings, Identity, Interruption, PassEvidence, Range,
    RangeList, Speed, TechniqueId, Timestamp, VerificationEvidence, VerifyMode, hex,
    sampling::Design,
};
use crate::pattern::{Pattern, StreamKey};
use crate::technique::{Limits, Remainder, Reply, Step, Survey, Sweep};

/// How often a drive's place is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// Bad physical blocks after which failed stretches are listed whole.
const BAD_BLOCKS: u64 = 4096;

/// What a job needs beside the drive and its journal.
pub(super) struct Surroundings<'a> {
    /// The clock.
    pub time: &'a dyn Time,
    /// Set when somebody wants the run to stop.
    pub stop: &'a AtomicBool,
    /// Who is told.
    pub emit: &'a dyn Fn(Event),
    /// Random bytes from the kernel.
    pub random: &'a dyn Fn() -> [u8; 32],
    /// How often the journal records how far the pass has come.
    pub checkpoint_every: Duration,
}

/// One drive's run.
pub(super) struct Job<'a> {
    drive: Mover,
    /// What the drive's firmware said of itself.
    survey: Survey,
    around: &'a Surroundings<'a>,
    journal: &'a mut Journal,
    start: Start,
    /// Bytes moved so far and in all, over every pass and the read-back.
    done: u64,
    total: u64,
    forecast: Forecast,
    /// Time that may still be spent in failing operations.
    trouble: Duration,
    /// Whether every flush since the pass began succeeded.
    flushed: bool,
    /// The journal could not be written; said once.
    journal_lost: bool,
}

/// Why a stage ended before its end.
enum Cut {
    Aborted,
    Failed(String),
}

impl From<Cut> for Ending {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::Aborted => Self::Aborted,
            Cut::Failed(reason) => Self::Failed { reason },
        }
    }
}

impl<'a> Job<'a> {
    /// A job on a drive that was opened exclusively and whose journal has its first record.
    pub(super) fn new(
        drive: Mover,
        survey: Survey,
        start: Start,
        journal: &'a mut Journal,
        around: &'a Surroundings<'a>,
    ) -> Self {
        let passes = start.planned.scheme.passes().len() as u64;
        let read = design(&start, &[0; 32]).bytes();
        let total = start.drive.capacity_bytes.saturating_mul(passes).saturating_add(read);
        let trouble = Duration::from_secs(start.trouble_seconds);
        Self {
            drive,
            survey,
            around,
            journal,
            start,
            done: 0,
            total,
            forecast: Forecast::default(),
            trouble,
            flushed: true,
            journal_lost: false,
        }
    }

    /// Does what is planned and not done yet. The evidence is in the journal when this returns.
    pub(super) fn run(mut self, mut history: History, resumed: bool) -> Evidence {
        if resumed {
            history.go_on();
        }
        let mut evidence = evidence_so_far(&history);
        self.done = evidence.passes.len() as u64 * self.start.drive.capacity_bytes
            + history.current.as_ref().map_or(0, |(_, left)| left.done_bytes);
        (self.around.emit)(Event::Started {
            path: self.start.path.clone(),
            serial: self.start.drive.serial_number.clone(),
            total_bytes: self.total,
            resumed,
        });
        if resumed {
            let interruption = Interruption {
                resumed_at: self.around.time.now(),
                pass: u32::try_from(evidence.passes.len()).unwrap_or(u32::MAX),
                offset: history.current.as_ref().map_or(0, |(_, left)| {
                    left.ranges.iter().map(|range| range.offset).min().unwrap_or(0)
                }),
            };
            self.record(&Record::Resumed(interruption.clone()));
            evidence.interruptions.push(interruption);
        }
        evidence.ending = match self.stages(&mut evidence, history) {
            Ok(()) => Ending::Completed,
            Err(cut) => cut.into(),
        };
        evidence.aftermath = self.aftermath();
        self.record(&Record::End(Box::new(evidence.clone())));
        evidence
    }

    fn stages(&mut self, evidence: &mut Evidence, history: History) -> Result<(), Cut> {
        if let Some(obstacle) = self.start.obstacle.clone() {
            return Err(Cut::Failed(obstacle));
        }
        self.still_the_same().inspect_err(|_| {
            // Nothing was done now; what the journal knew of the pass under way stays true.
            evidence.passes = evidence_of_incomplete(&history).passes;
        })?;
        let techniques = self.start.planned.techniques.clone();
        let overwritten = techniques.contains(&TechniqueId::Overwrite);
        let by_firmware = techniques.into_iter().filter(|id| *id != TechniqueId::Overwrite);
        let survey = self.survey.clone();
        for id in by_firmware {
            let (erase, cut) = self.erase_by_firmware(id, &survey);
            evidence.firmware.push(erase.clone());
            cut?;
            self.still_the_same()?;
            self.record(&Record::FirmwareDone(Box::new(erase)));
        }
        if !overwritten {
            return Ok(());
        }
        let passes = self.start.planned.scheme.passes().to_vec();
        let mut current = history.current;
        for index in evidence.passes.len()..passes.len() {
            let (pass, cut) = self.overwrite(index, current.take())?;
            evidence.passes.push(pass.clone());
            // A pass that was cut short is not over: a power cut before the last record must
            // leave a journal that goes on with it.
            cut?;
            self.record(&Record::PassDone(pass));
        }
        if self.start.planned.verify != VerifyMode::None {
            let last = passes.len().saturating_sub(1);
            let (verification, cut) = self.read_back(last, !evidence.interruptions.is_empty())?;
            evidence.verification = Some(verification);
            cut?;
        }
        Ok(())
    }

    /// The identity is compared on the opened descriptor, right before the first write.
    fn still_the_same(&mut self) -> Result<(), Cut> {
        match self.drive.identify() {
            Ok(now) if now.same_attachment(&self.start.drive) => Ok(()),
            Ok(_) => Err(Cut::Failed(
                "another drive answered than the one in the plan; nothing was written to it"
                    .to_owned(),
            )),
            Err(error) => Err(Cut::Failed(error.to_string())),
        }
    }

    fn pattern(&self, index: usize) -> Result<(Pattern, Option<StreamKey>), Cut> {
        let key = self.start.keys.get(index).and_then(Option::as_deref);
        let key = key.and_then(StreamKey::from_hex);
        let pass = self.start.planned.scheme.passes().get(index).copied();
        let pattern = pass.and_then(|pass| Pattern::of(pass, key.as_ref()));
        pattern
            .map(|pattern| (pattern, key))
            .ok_or_else(|| Cut::Failed("the journal has no key for a random pass".to_owned()))
    }

    /// One pass over the whole drive, or what is left of it.
    fn overwrite(
        &mut self,
        index: usize,
        resumed: Option<(Timestamp, Remainder)>,
    ) -> Result<(PassEvidence, Result<(), Cut>), Cut> {
        let (pattern, key) = self.pattern(index)?;
        let capacity = self.start.drive.capacity_bytes;
        let whole = || Remainder {
            done_bytes: 0,
            bad: RangeList::default(),
            ranges: vec![Range { offset: 0, bytes: capacity }],
            retries: 0,
        };
        let (started_at, from) = resumed.unwrap_or_else(|| (self.around.time.now(), whole()));
        let before = from.done_bytes;
        let mut sweep = Sweep::resumed(from, self.limits());
        let mut meter = Meter::start(self.around.time);
        self.flushed = true;

        let write = |drive: &mut Mover, ranges, watch: &mut dyn FnMut(u64) -> bool| {
            drive.write(&pattern, ranges, watch)
        };
        let checkpoint = Some((index, started_at));
        let stage = Stage { phase: "write", pass: index, checkpoint };
        let cut = self.sweep(&mut sweep, stage, &mut meter, write);
        self.flush();

        let left = sweep.remainder();
        let evidence = PassEvidence {
            pattern: self
                .start
                .planned
                .scheme
                .passes()
                .get(index)
                .copied()
                .ok_or_else(|| Cut::Failed("the plan has no such pass".to_owned()))?,
            key: key.map(|key| key.evidence(self.start.reveal_keys)),
            started_at,
            ended_at: self.around.time.now(),
            written_bytes: left.done_bytes,
            not_written: left.bad,
            retries: left.retries,
            flushed: self.flushed,
            speed: meter.read(self.around.time, left.done_bytes - before),
        };
        Ok((evidence, cut))
    }

    /// Reads back what the last pass wrote, at places drawn only now.
    fn read_back(
        &mut self,
        last: usize,
        interrupted: bool,
    ) -> Result<(VerificationEvidence, Result<(), Cut>), Cut> {
        let (pattern, _) = self.pattern(last)?;
        let seed = (self.around.random)();
        let secret = (self.around.random)();
        // What was written before the run was cut off may have been overwritten since: a sample
        // could miss it.
        let mode = if interrupted { VerifyMode::Full } else { self.start.planned.verify };
        let drive = &self.start.drive;
        let design = Design::new(mode, drive.capacity_bytes, drive.logical_block_bytes, &seed);
        self.total = self.done.saturating_add(design.bytes());
        let statement = design.statement();
        (self.around.emit)(Event::Verifying {
            path: self.start.path.clone(),
            mode,
            statement: statement.clone(),
        });
        let started_at = self.around.time.now();
        let mut sweep = Sweep::new(design.extents().to_vec(), self.limits());
        let mut mismatches = Findings::default();
        let block = self.start.drive.logical_block_bytes;
        let compare = |drive: &mut Mover, ranges, watch: &mut dyn FnMut(u64) -> bool| {
            let finder = finder(pattern.clone(), block, secret);
            let (moved, found) = drive.compare(&pattern, ranges, block, finder, watch);
            mismatches.append(found);
            moved
        };
        let stage = Stage { phase: "verify", pass: last, checkpoint: None };
        let mut meter = Meter::start(self.around.time);
        let cut = self.sweep(&mut sweep, stage, &mut meter, compare);

        let left = sweep.remainder();
        let evidence = VerificationEvidence {
            mode,
            seed: hex(&seed),
            statement,
            started_at,
            ended_at: self.around.time.now(),
            read_bytes: left.done_bytes,
            unreadable: left.bad,
            mismatches,
            speed: meter.read(self.around.time, left.done_bytes),
        };
        Ok((evidence, cut))
    }

    fn limits(&self) -> Limits {
        let drive = &self.start.drive;
        let granule = drive.physical_block_bytes.max(drive.logical_block_bytes).max(1);
        Limits { granule: u64::from(granule), trouble: self.trouble, bad_blocks: BAD_BLOCKS }
    }

    /// The loop: ask the machine, do it, tell the machine.
    fn sweep(
        &mut self,
        sweep: &mut Sweep,
        stage: Stage,
        meter: &mut Meter,
        mut transfer: impl FnMut(&mut Mover, Vec<Range>, &mut dyn FnMut(u64) -> bool) -> Moved,
    ) -> Result<(), Cut> {
        let (began, before) = (self.around.time.elapsed(), self.done);
        let mut told = None;
        let mut noted = self.around.time.elapsed();
        let mut cut = Ok(());
        while let Step::Visit(ranges) = sweep.poll() {
            if self.around.stop.load(Ordering::Relaxed) {
                cut = Err(Cut::Aborted);
                break;
            }
            let mut moved_at = self.around.time.elapsed();
            let start = self.done;
            let due = stage.checkpoint.map(|_| noted + self.around.checkpoint_every);
            let mut place = Place {
                start: &self.start,
                around: self.around,
                total: self.total,
                forecast: &mut self.forecast,
            };
            let moved = transfer(&mut self.drive, ranges.clone(), &mut |bytes| {
                moved_at = self.around.time.elapsed();
                meter.told(moved_at, start + bytes);
                if told.is_none_or(|at| moved_at >= at + PROGRESS_EVERY) {
                    told = Some(moved_at);
                    let done = start + bytes;
                    place.tell(&stage, done, done - before, moved_at.saturating_sub(began));
                }
                !self.around.stop.load(Ordering::Relaxed) && due.is_none_or(|due| moved_at < due)
            });
            self.done += moved.bytes;
            let reply = match moved.stop {
                Stop::End | Stop::Asked => Reply::Moved(moved.bytes),
                Stop::Failed { bytes, error } => {
                    let failed = Range { offset: place_of(&ranges, moved.bytes), bytes };
                    if moved.bytes > 0 {
                        sweep.handle(Reply::Moved(moved.bytes), Duration::ZERO);
                    }
                    self.failure(failed, &error, &mut cut)
                }
            };
            let took = self.around.time.elapsed().saturating_sub(moved_at);
            if matches!(reply, Reply::Failed { .. }) {
                self.trouble = self.trouble.saturating_sub(took);
            }
            sweep.handle(reply, took);
            if let Some((index, started_at)) = stage.checkpoint
                && due.is_some_and(|due| self.around.time.elapsed() >= due)
            {
                noted = self.around.time.elapsed();
                self.checkpoint(index, started_at, sweep);
            }
        }
        let mut place = Place {
            start: &self.start,
            around: self.around,
            total: self.total,
            forecast: &mut self.forecast,
        };
        place.tell(&stage, self.done, self.done - before, self.around.time.elapsed() - began);
        cut
    }

    /// What a failed operation means: a bad place, a shrunk drive, or no drive at all.
    fn failure(&mut self, failed: Range, error: &DriveError, cut: &mut Result<(), Cut>) -> Reply {
        let Range { offset, bytes } = failed;
        (self.around.emit)(Event::Trouble {
            path: self.start.path.clone(),
            offset,
            bytes,
            error: error.to_string(),
        });
        let now = self.drive.identify();
        match (error.kind, now) {
            (DriveErrorKind::Gone | DriveErrorKind::ReadOnly, _) | (_, Err(_)) => {
                *cut = Err(Cut::Failed(error.to_string()));
                Reply::Gone
            }
            (_, Ok(now)) if !self.is_it(&now) => {
                *cut = Err(Cut::Failed(format!("another drive answers in its place ({error})")));
                Reply::Gone
            }
            (_, Ok(now)) if now.capacity_bytes < offset.saturating_add(bytes) => {
                Reply::Shrunk(now.capacity_bytes)
            }
            _ => Reply::Failed { moved: 0, failed: bytes },
        }
    }

    fn checkpoint(&mut self, pass: usize, started_at: Timestamp, sweep: &Sweep) {
        self.flush();
        if !self.flushed {
            // Nothing written since can be relied on: the last checkpoint stays the last.
            return;
        }
        let left = sweep.remainder();
        self.record(&Record::Checkpoint {
            pass,
            started_at,
            written_bytes: left.done_bytes,
            not_written: left.bad,
            ranges: left.ranges,
            retries: left.retries,
        });
    }

    fn flush(&mut self) {
        if let Err(error) = self.drive.flush() {
            self.flushed = false;
            self.warn(format!("The drive did not confirm a flush: {error}."));
        }
    }

    fn record(&mut self, record: &Record) {
        if let Err(error) = self.journal.append(record)
            && !self.journal_lost
        {
            self.journal_lost = true;
            self.warn(format!(
                "The journal cannot be written ({error}); the run goes on, and a power cut now \
                 means starting over."
            ));
        }
    }

    fn warn(&self, message: String) {
        (self.around.emit)(Event::Warning { path: Some(self.start.path.clone()), message });
    }

    fn aftermath(&mut self) -> Option<Aftermath> {
        let now = self.drive.identify().ok()?;
        Some(Aftermath {
            same_drive: self.is_it(&now),
            capacity_bytes: now.capacity_bytes,
            partitions_reread: self.drive.reread_partitions(),
        })
    }

    /// Whether this is our drive, of whatever capacity now.
    fn is_it(&self, now: &Identity) -> bool {
        now.same_but_for_size(&self.start.drive)
    }
}

/// Where a drive is, for the people who watch.
struct Place<'a> {
    start: &'a Start,
    around: &'a Surroundings<'a>,
    total: u64,
    forecast: &'a mut Forecast,
}

impl Place<'_> {
    fn tell(&mut self, stage: &Stage, done: u64, moved: u64, took: Duration) {
        let rate = mean(moved, took);
        let left = self.total.saturating_sub(done);
        let ends_at = self.forecast.end(self.around.time.now(), left, rate, took);
        (self.around.emit)(Event::Progress(Progress {
            path: self.start.path.clone(),
            phase: stage.phase,
            pass: stage.pass + 1,
            passes: self.start.planned.scheme.passes().len(),
            done_bytes: done,
            total_bytes: self.total,
            bytes_per_second: rate,
            ends_at,
            firmware_permille: None,
        }));
    }
}

/// The byte offset that lies `bytes` into the ranges.
fn place_of(ranges: &[Range], mut bytes: u64) -> u64 {
    for range in ranges {
        if bytes < range.bytes {
            return range.offset + bytes;
        }
        bytes -= range.bytes;
    }
    ranges.last().map_or(0, Range::end)
}

/// What the loop is doing, for the people who watch and for the journal.
struct Stage {
    phase: &'static str,
    pass: usize,
    /// The pass and when it began, if the journal is to record how far it came.
    checkpoint: Option<(usize, Timestamp)>,
}

fn design(start: &Start, seed: &[u8; 32]) -> Design {
    let drive = &start.drive;
    Design::new(start.planned.verify, drive.capacity_bytes, drive.logical_block_bytes, seed)
}

/// The evidence that a history holds. Without an end it says *incomplete*: whoever goes on
/// changes that.
#[must_use]
pub(super) fn evidence_so_far(history: &History) -> Evidence {
    if let Some(evidence) = &history.end {
        return evidence.clone();
    }
    let start = &history.start;
    Evidence {
        drive: start.drive.clone(),
        hidden: start.hidden.clone(),
        planned: start.planned.clone(),
        engine: start.engine.clone(),
        direct_io: start.direct_io,
        firmware: history.firmware.clone(),
        passes: history.passes.clone(),
        interruptions: history.interruptions.clone(),
        verification: None,
        aftermath: None,
        ending: Ending::Incomplete,
    }
}

/// The evidence of a run that was cut off and will not go on: what the journal last knew of the
/// pass under way is a pass that was begun.
#[must_use]
pub(super) fn evidence_of_incomplete(history: &History) -> Evidence {
    let mut evidence = evidence_so_far(history);
    let index = evidence.passes.len();
    let start = &history.start;
    if history.end.is_none()
        && let Some((started_at, left)) = &history.current
        && let Some(pattern) = start.planned.scheme.passes().get(index)
    {
        let key = start.keys.get(index).and_then(Option::as_deref).and_then(StreamKey::from_hex);
        evidence.passes.push(PassEvidence {
            pattern: *pattern,
            key: key.map(|key| key.evidence(start.reveal_keys)),
            started_at: *started_at,
            ended_at: *started_at,
            written_bytes: left.done_bytes,
            not_written: left.bad.clone(),
            retries: left.retries,
            flushed: false,
            speed: Speed::default(),
        });
    }
    evidence
}

/// Makes findings of blocks that differ, after those that were found before.
fn finder(pattern: Pattern, block: u32, secret: [u8; 32]) -> Finder {
    Box::new(move |findings, offset, found| {
        findings.push_with(|| Finding {
            lba: offset / u64::from(block.max(1)),
            expected: pattern.describe(offset, found.len()),
            found_keyed_digest: hex(&keyed_digest(&secret, found)),
        });
    })
}

fn keyed_digest(secret: &[u8; 32], data: &[u8]) -> [u8; 32] {
    // Any key length is accepted, so this cannot fail; an empty digest would say so if it did.
    Hmac::<Sha256>::new_from_slice(secret)
        .map(|mac| mac.chain_update(data).finalize().into_bytes().into())
        .unwrap_or_default()
}
