//! Carrying out a sweep on one drive: the loop between the machine that says what is next and the
//! drive that does it. Writing, reading back and inspecting share it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::event::{Event, Phase, Progress};
use super::job::Surroundings;
use super::mover::{Finder, Mover};
use super::pace::{Forecast, Meter, mean};
use crate::device::{DriveError, DriveErrorKind, Moved, Stop};
use crate::model::{Ending, Finding, Identity, Range, hex};
use crate::pattern::Pattern;
use crate::technique::{Limits, Reply, Step, Sweep};

/// How often a drive's place is told.
pub(super) const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// Bad physical blocks after which failed stretches are listed whole.
const BAD_BLOCKS: u64 = 4096;

/// Why something ended before its end.
pub(super) enum Cut {
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

/// One drive, and how far its run has come. `D` is what is done with it: a [`Mover`], or one that
/// only reads.
pub(super) struct Sweeping<'a, D> {
    pub(super) drive: D,
    pub(super) around: &'a Surroundings<'a>,
    /// As it was named.
    pub(super) path: String,
    /// The drive as it was when it was opened.
    pub(super) identity: Identity,
    /// How many passes there are.
    pub(super) passes: usize,
    /// Bytes moved so far and in all, over everything that is done with it.
    pub(super) done: u64,
    pub(super) total: u64,
    forecast: Forecast,
    /// Time that may still be spent in failing operations.
    pub(super) trouble: Duration,
}

/// What is under way, for the people who watch.
pub(super) struct Stage {
    /// See [`Progress::phase`].
    pub(super) phase: Phase,
    /// The pass, from 0.
    pub(super) pass: usize,
    /// When it began, and how many bytes were moved before.
    began: Duration,
    before: u64,
    told: Option<Duration>,
}

/// Whether a sweep is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// There is nothing left to do.
    End,
    /// Somebody wanted it to pause there.
    Pause,
}

/// What a sweep is done on.
pub(super) trait Speaks {
    /// Who it is now.
    fn identify(&mut self) -> Result<Identity, DriveError>;
}

impl Speaks for Mover {
    fn identify(&mut self) -> Result<Identity, DriveError> {
        Self::identify(self)
    }
}

impl<'a, D: Speaks> Sweeping<'a, D> {
    /// Nothing is done yet, and `total` bytes are going to be moved.
    pub(super) fn new(
        drive: D,
        around: &'a Surroundings<'a>,
        path: String,
        identity: Identity,
        total: u64,
        trouble: Duration,
    ) -> Self {
        let (passes, done, forecast) = (1, 0, Forecast::default());
        Self { drive, around, path, identity, passes, done, total, forecast, trouble }
    }

    /// A stage that begins now.
    pub(super) fn stage(&self, phase: Phase, pass: usize) -> Stage {
        let began = self.around.time.elapsed();
        Stage { phase, pass, began, before: self.done, told: None }
    }

    /// What a sweep of this drive may cost.
    pub(super) fn limits(&self) -> Limits {
        let drive = &self.identity;
        let granule = drive.physical_block_bytes.max(drive.logical_block_bytes).max(1);
        Limits { granule: u64::from(granule), trouble: self.trouble, bad_blocks: BAD_BLOCKS }
    }

    /// The identity is compared on the opened descriptor, right before anything is done.
    pub(super) fn still_the_same(&mut self) -> Result<(), Cut> {
        match self.drive.identify() {
            Ok(now) if now.same_attachment(&self.identity) => Ok(()),
            Ok(_) => Err(Cut::Failed(
                "another drive answered than the one in the plan; nothing was written to it"
                    .to_owned(),
            )),
            Err(error) => Err(Cut::Failed(error.to_string())),
        }
    }

    /// Whether this is our drive, of whatever capacity now.
    pub(super) fn is_it(&self, now: &Identity) -> bool {
        now.same_but_for_size(&self.identity)
    }

    /// The loop: ask the machine, do it, tell the machine. It pauses where `pause` says so, which is
    /// told the time.
    ///
    /// # Errors
    /// Somebody wants the run to stop, or the drive does not answer any more.
    pub(super) fn sweep(
        &mut self,
        sweep: &mut Sweep,
        stage: &mut Stage,
        meter: &mut Meter,
        pause: &dyn Fn(Duration) -> bool,
        mut transfer: impl FnMut(&mut D, Vec<Range>, &mut dyn FnMut(u64) -> bool) -> Moved,
    ) -> Result<Reached, Cut> {
        let around = self.around;
        let mut reached = Ok(Reached::End);
        while let Step::Visit(ranges) = sweep.poll() {
            if around.stop.load(Ordering::Relaxed) {
                reached = Err(Cut::Aborted);
                break;
            }
            let mut moved_at = around.time.elapsed();
            let start = self.done;
            let Self { drive, path, passes, total, forecast, .. } = self;
            let mut place = Place { path, passes: *passes, around, total: *total, forecast };
            let moved = transfer(drive, ranges.clone(), &mut |bytes| {
                moved_at = around.time.elapsed();
                meter.told(moved_at, start + bytes);
                if stage.told.is_none_or(|at| moved_at >= at + PROGRESS_EVERY) {
                    stage.told = Some(moved_at);
                    place.tell(stage, start + bytes, moved_at);
                }
                !around.stop.load(Ordering::Relaxed) && !pause(moved_at)
            });
            self.done += moved.bytes;
            let mut cut = Ok(());
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
            let now = around.time.elapsed();
            let took = now.saturating_sub(moved_at);
            if matches!(reply, Reply::Failed { .. }) {
                self.trouble = self.trouble.saturating_sub(took);
            }
            sweep.handle(reply, took);
            if let Err(cut) = cut {
                reached = Err(cut);
                break;
            }
            if pause(now) {
                return Ok(Reached::Pause);
            }
        }
        let Self { path, passes, total, forecast, done, .. } = self;
        let mut place = Place { path, passes: *passes, around, total: *total, forecast };
        place.tell(stage, *done, around.time.elapsed());
        reached
    }

    /// What a failed operation means: a bad place, a shrunk drive, or no drive at all.
    fn failure(&mut self, failed: Range, error: &DriveError, cut: &mut Result<(), Cut>) -> Reply {
        let Range { offset, bytes } = failed;
        (self.around.emit)(Event::Trouble {
            path: self.path.clone(),
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
}

/// Where a drive is, for the people who watch.
struct Place<'a> {
    path: &'a str,
    passes: usize,
    around: &'a Surroundings<'a>,
    total: u64,
    forecast: &'a mut Forecast,
}

impl Place<'_> {
    fn tell(&mut self, stage: &Stage, done: u64, now: Duration) {
        let took = now.saturating_sub(stage.began);
        let rate = mean(done.saturating_sub(stage.before), took);
        let left = self.total.saturating_sub(done);
        let ends_at = self.forecast.end(self.around.time.now(), left, rate, took);
        (self.around.emit)(Event::Progress(Progress {
            path: self.path.to_owned(),
            phase: stage.phase,
            pass: stage.pass + 1,
            passes: self.passes,
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

/// Makes findings of blocks that differ, after those that were found before.
pub(super) fn finder(pattern: Pattern, block: u32, secret: [u8; 32]) -> Finder {
    Box::new(move |findings, offset, found| {
        findings.push_with(|| Finding {
            lba: offset / u64::from(block.max(1)),
            expected: pattern.describe(offset, found.len()),
            found_keyed_digest: hex(&keyed_digest(&secret, found)),
        });
    })
}

/// What tells a block that was found from others, without saying what was in it.
pub(super) fn keyed_digest(secret: &[u8; 32], data: &[u8]) -> [u8; 32] {
    // Any key length is accepted, so this cannot fail; an empty digest would say so if it did.
    Hmac::<Sha256>::new_from_slice(secret)
        .map(|mac| mac.chain_update(data).finalize().into_bytes().into())
        .unwrap_or_default()
}
