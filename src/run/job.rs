//! One drive's run, from the armed plan to the evidence: passes, read-back, a last look. It
//! records facts and judges none of them; what follows from them is for `cert::conclude`.

mod firmware;
mod markers;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::event::{Event, Phase};
use super::journal::{History, Journal, Record, Start};
use super::mover::Mover;
use super::pace::Meter;
use super::sweeping::{Cut, Reached, Sweeping, finder};
use crate::device::Time;
use crate::model::{
    Aftermath, Ending, Evidence, Findings, Interruption, PassEvidence, Range, RangeList, Speed,
    TechniqueId, Timestamp, VerificationEvidence, VerifyMode, hex, sampling::Design,
};
use crate::pattern::{Pattern, StreamKey};
use crate::technique::{Remainder, Survey, Sweep};

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
    on: Sweeping<'a, Mover>,
    /// What the drive's firmware said of itself.
    survey: Survey,
    around: &'a Surroundings<'a>,
    journal: &'a mut Journal,
    start: Start,
    /// Whether every flush since the pass began succeeded.
    flushed: bool,
    /// The journal could not be written; said once.
    journal_lost: bool,
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
        let (path, identity) = (start.path.clone(), start.drive.clone());
        let mut on = Sweeping::new(drive, around, path, identity, total, trouble);
        on.passes = start.planned.scheme.passes().len();
        Self { on, survey, around, journal, start, flushed: true, journal_lost: false }
    }

    /// Does what is planned and not done yet. The evidence is in the journal when this returns.
    pub(super) fn run(mut self, mut history: History, resumed: bool) -> Evidence {
        if resumed {
            history.go_on();
        }
        let mut evidence = evidence_so_far(&history);
        self.on.done = evidence.passes.len() as u64 * self.start.drive.capacity_bytes
            + history.current.as_ref().map_or(0, |(_, left)| left.done_bytes);
        (self.around.emit)(Event::Started {
            path: self.start.path.clone(),
            serial: self.start.drive.serial_number.clone(),
            total_bytes: self.on.total,
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
        self.on.still_the_same().inspect_err(|_| {
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
            self.on.still_the_same()?;
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
        let mut sweep = Sweep::resumed(from, self.on.limits());
        let mut meter = Meter::start(self.around.time);
        self.flushed = true;

        let cut = self.write(&mut sweep, index, started_at, &mut meter, &pattern);
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
        self.on.total = self.on.done.saturating_add(design.bytes());
        let statement = design.statement();
        (self.around.emit)(Event::Verifying {
            path: self.start.path.clone(),
            mode,
            statement: statement.clone(),
        });
        let started_at = self.around.time.now();
        let mut sweep = Sweep::new(design.extents().to_vec(), self.on.limits());
        let mut mismatches = Findings::default();
        let block = self.start.drive.logical_block_bytes;
        let compare = |drive: &mut Mover, ranges, watch: &mut dyn FnMut(u64) -> bool| {
            let finder = finder(pattern.clone(), block, secret);
            let (moved, found) = drive.compare(&pattern, ranges, block, finder, watch);
            mismatches.append(found);
            moved
        };
        let mut stage = self.on.stage(Phase::Verify, last);
        let mut meter = Meter::start(self.around.time);
        let cut = self.on.sweep(&mut sweep, &mut stage, &mut meter, &|_| false, compare);
        let cut = cut.map(|_| ());

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

    /// Writes, and records in the journal now and then how far it came.
    fn write(
        &mut self,
        sweep: &mut Sweep,
        index: usize,
        started_at: Timestamp,
        meter: &mut Meter,
        pattern: &Pattern,
    ) -> Result<(), Cut> {
        let time = self.around.time;
        let mut stage = self.on.stage(Phase::Write, index);
        loop {
            let due = time.elapsed() + self.around.checkpoint_every;
            let pause = |now| now >= due;
            let reached = self.on.sweep(
                sweep,
                &mut stage,
                meter,
                &pause,
                |drive: &mut Mover, ranges, watch: &mut dyn FnMut(u64) -> bool| {
                    drive.write(pattern, ranges, watch)
                },
            )?;
            if reached == Reached::End {
                return Ok(());
            }
            self.checkpoint(index, started_at, sweep);
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
        if let Err(error) = self.on.drive.flush() {
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
        let now = self.on.drive.identify().ok()?;
        Some(Aftermath {
            same_drive: self.on.is_it(&now),
            capacity_bytes: now.capacity_bytes,
            partitions_reread: self.on.drive.reread_partitions(),
        })
    }
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
