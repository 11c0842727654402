//! A simulated drive that really holds bytes, with faults as data: the second implementation of
//! the seam, on which power can fail and media can rot in milliseconds.

mod ata;
mod events;
mod firmware;
mod mmc;
mod nvme;
mod opal;
mod scsi;
mod sequential;
mod time;

pub use ata::{Adapter, AtaFirmware, Hides};
pub use firmware::{Around, Controller, Erase, FirmwareFault, Leaves};
pub use mmc::MmcFirmware;
pub use nvme::NvmeFirmware;
pub use opal::OpalLocks;
pub use scsi::ScsiFirmware;
pub use time::SimTime;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::device::{Bay, Channel, Drive, DriveError, DriveErrorKind, Engine, Protocol};
use crate::model::{DriveFacts, HiddenDrives, Identity, Inventory, Range, Refusal, RefusalCode};
use crate::proto::{Answer, Command, NoAnswer};
use time::Waits;

/// What is wrong with a simulated drive.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Writes that touch this stretch fail.
    Unwritable(Range),
    /// Reads that touch this stretch fail.
    Unreadable(Range),
    /// Reads that touch this stretch fail, and take this long to do so.
    Struggles {
        /// Where.
        range: Range,
        /// How long.
        takes: Duration,
    },
    /// The first `times` writes that touch this stretch fail.
    Weak {
        /// Where.
        range: Range,
        /// How often.
        times: u32,
    },
    /// Writes to this stretch are acknowledged and forgotten.
    Forgets(Range),
    /// The bit flips by itself when the drive is flushed for the last time before read-back.
    Rots {
        /// Byte offset.
        at: u64,
    },
    /// Every operation after this many fails: pulled out.
    GoneAfter(u64),
    /// After this many operations the drive says it is smaller.
    ShrinksAfter {
        /// Operations before it.
        operations: u64,
        /// What it says then, in bytes.
        capacity: u64,
    },
    /// Flushes fail.
    FlushFails,
    /// After this many operations another drive answers.
    SwappedAfter(u64),
    /// Every operation takes this long, see [`SimTime`].
    Slow(Duration),
    /// Every operation after this many never comes back.
    HangsAfter(u64),
    /// Reads and writes go through the page cache.
    Buffered,
    /// There is no way to reset it.
    CannotReset,
    /// Commands to its firmware never come back.
    Mute,
    /// The host does not notice that the drive shows more.
    NotNoticed,
    /// The host takes a drive that shows more for another one, and lets go of it.
    LostAtRescan,
    /// What is said to lie from this byte offset on lies from the start on again.
    WrapsAt(u64),
    /// Its firmware does something else than it is told.
    Firmware(FirmwareFault),
    /// After this many operations the power fails: the thread that was at work ends there.
    PowerFailsAfter {
        /// Operations before it.
        operations: u64,
        /// Whether all that was written since the last flush is lost, and not only in danger.
        loses_cache: bool,
    },
}

#[derive(Debug)]
struct State {
    identity: Identity,
    bytes: Vec<u8>,
    /// Bytes of the medium: more than `bytes` on a drive that is only spoken to.
    medium: u64,
    /// What the last flush made safe; only kept on a drive whose power will fail.
    flushed: Option<Vec<u8>>,
    faults: Vec<Fault>,
    operations: u64,
    changes: u64,
    firmware: Option<Box<dyn Controller>>,
    /// What it answers reads from, where that is not what is on the medium.
    cache: Option<Vec<u8>>,
    /// What was written, on a drive that erases nothing else.
    recent: Vec<Range>,
}

/// A drive in memory. Clones are the same drive.
#[derive(Debug, Clone)]
pub struct SimDrive {
    state: Arc<Mutex<State>>,
    clock: SimTime,
}

impl SimDrive {
    /// A drive of the identity's capacity, filled with `fill`.
    #[must_use]
    pub fn new(identity: Identity, fill: u8, clock: &SimTime) -> Self {
        let bytes = vec![fill; usize::try_from(identity.capacity_bytes).unwrap_or(0)];
        Self::holding(identity, bytes, clock)
    }

    /// A drive that holds these bytes, as many as its identity says; those that are more are hidden
    /// at its end, if its firmware says so too.
    #[must_use]
    pub fn holding(identity: Identity, bytes: Vec<u8>, clock: &SimTime) -> Self {
        let state = State {
            medium: bytes.len() as u64,
            identity,
            bytes,
            flushed: None,
            faults: Vec::new(),
            operations: 0,
            changes: 0,
            firmware: None,
            cache: None,
            recent: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), clock: clock.clone() }
    }

    /// A drive that holds nothing and is only spoken to, as large as its identity says and with so
    /// many bytes hidden at its end, if its firmware says so too.
    #[must_use]
    pub fn without_data(identity: Identity, hidden: u64, clock: &SimTime) -> Self {
        let medium = identity.capacity_bytes.saturating_add(hidden);
        let drive = Self::holding(identity, Vec::new(), clock);
        drive.state().medium = medium;
        drive
    }

    /// The same drive with firmware that can be spoken to.
    #[must_use]
    pub fn commanded_by(self, firmware: impl Controller + 'static) -> Self {
        self.state().firmware = Some(Box::new(firmware));
        self
    }

    /// The same drive with a fault more.
    #[must_use]
    pub fn with(self, fault: Fault) -> Self {
        {
            let mut state = self.state();
            if matches!(fault, Fault::PowerFailsAfter { .. }) {
                state.flushed = Some(state.bytes.clone());
            }
            state.faults.push(fault);
        }
        self
    }

    /// The same drive, without its faults, after its power was away: the host sees it anew.
    #[must_use]
    pub fn power_cycled(self) -> Self {
        let never = Fault::PowerFailsAfter { operations: u64::MAX, loses_cache: false };
        self.with(never).repaired()
    }

    /// Who it is to the host.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.state().identity.clone()
    }

    /// The same drive without its faults: the power is back, the cable is in again.
    #[must_use]
    pub fn repaired(self) -> Self {
        {
            let mut state = self.state();
            let power = |fault: &Fault| matches!(fault, Fault::PowerFailsAfter { .. });
            if state.faults.iter().any(power)
                && let Some(firmware) = &mut state.firmware
            {
                firmware.power_cycled();
                state.see();
            }
            state.faults.clear();
            (state.flushed, state.cache) = (None, None);
            state.operations = 0;
        }
        self
    }

    /// The same drive as the kernel sees it when it is attached again.
    #[must_use]
    pub fn attached_as(self, diskseq: Option<u64>) -> Self {
        self.state().identity.diskseq = diskseq;
        self
    }

    /// How many reads, writes and flushes it was asked for.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// How much it was asked for that can change anything: writes, flushes, resets, rescans, and
    /// commands that do more than ask.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.state().changes
    }

    /// What is on it, whatever it would answer.
    #[must_use]
    pub fn content(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// Opens it, whoever it is.
    #[must_use]
    pub fn open(&self) -> Arc<dyn Drive> {
        Arc::new(Opened { waits: self.clock.join(), drive: self.clone() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked elsewhere leaves bytes, not broken invariants.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A simulated drive that is open: until it is closed, time stands still while it does not wait.
struct Opened {
    drive: SimDrive,
    waits: Waits,
}

impl Opened {
    /// The same for an operation that can change something.
    fn change(&self) -> Result<MutexGuard<'_, State>, DriveError> {
        self.drive.state().changes += 1;
        self.operate()
    }

    /// Counts an operation, takes the time it takes, and says whether the drive is still there.
    fn operate(&self) -> Result<MutexGuard<'_, State>, DriveError> {
        let (operations, faults) = {
            let mut state = self.drive.state();
            state.operations += 1;
            (state.operations, state.faults.clone())
        };
        let time = faults.iter().fold(Duration::ZERO, |time, fault| match fault {
            Fault::Slow(more) => time.saturating_add(*more),
            Fault::HangsAfter(limit) if operations > *limit => Duration::MAX,
            _ => time,
        });
        // Whoever looks at the drive meanwhile need not wait.
        self.waits.wait(time);
        let mut state = self.drive.state();
        for fault in faults {
            match fault {
                Fault::GoneAfter(limit) if operations > limit => {
                    return Err(error(DriveErrorKind::Gone, "No such device"));
                }
                Fault::ShrinksAfter { operations: limit, capacity } if operations > limit => {
                    state.identity.capacity_bytes = capacity;
                }
                Fault::SwappedAfter(limit) if operations > limit => {
                    state.identity.serial_number = Some("ANOTHER".to_owned());
                }
                Fault::PowerFailsAfter { operations: limit, loses_cache } if operations > limit => {
                    if let (true, Some(flushed)) = (loses_cache, state.flushed.clone()) {
                        state.bytes = flushed;
                    }
                    drop(state);
                    // Nothing more happens on this thread: not a failure of the program, so no
                    // panic with its message.
                    std::panic::resume_unwind(Box::new("the power failed"));
                }
                _ => {}
            }
        }
        state.tick(self.waits.elapsed());
        Ok(state)
    }
}

impl Channel for Opened {
    fn protocol(&self) -> Result<Protocol, String> {
        let state = self.drive.state();
        let none = || "a simulated drive without firmware".to_owned();
        state.firmware.as_ref().map(|firmware| firmware.protocol()).ok_or_else(none)
    }

    fn send(&self, command: &Command, _timeout: Duration) -> Result<Answer, NoAnswer> {
        if self.drive.state().faults.iter().any(|fault| matches!(fault, Fault::Mute)) {
            // Beside the clock: whoever writes meanwhile need not wait for it.
            loop {
                std::thread::park();
            }
        }
        self.drive.state().changes += u64::from(!command.only_asks());
        let mut state = self.operate().map_err(|error| NoAnswer::Gone(error.message))?;
        state.command(command, self.waits.elapsed())
    }
}

impl Drive for Opened {
    fn identify(&self) -> Result<Identity, DriveError> {
        let state = self.drive.state();
        let operations = state.operations;
        if state.faults.iter().any(|f| matches!(f, Fault::GoneAfter(limit) if operations > *limit))
        {
            return Err(error(DriveErrorKind::Gone, "No such device"));
        }
        Ok(state.identity.clone())
    }

    fn rescan(&self) -> Result<(), DriveError> {
        let mut state = self.change()?;
        if state.faults.iter().any(|fault| matches!(fault, Fault::LostAtRescan)) {
            state.faults.push(Fault::GoneAfter(0));
        }
        if !state.faults.iter().any(|fault| matches!(fault, Fault::NotNoticed)) {
            state.see();
        }
        Ok(())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DriveError> {
        let state = self.operate()?;
        let range = Range { offset, bytes: buffer.len() as u64 };
        let stored = state.at(range)?;
        let struggle = state.faults.iter().find_map(|fault| match fault {
            Fault::Struggles { range: bad, takes } if touch(*bad, range) => Some(*takes),
            _ => None,
        });
        if let Some(takes) = struggle {
            drop(state);
            self.waits.wait(takes);
            return Err(error(DriveErrorKind::Media, "Input/output error"));
        }
        if state.firmware.as_ref().is_some_and(|firmware| !firmware.readable()) {
            return Err(error(DriveErrorKind::Media, "Input/output error"));
        }
        if state.faults.iter().any(|f| matches!(f, Fault::Unreadable(bad) if touch(*bad, range))) {
            return Err(error(DriveErrorKind::Media, "Input/output error"));
        }
        let answers = state.cache.as_ref().unwrap_or(&state.bytes);
        let mut rest = buffer;
        for place in stored {
            let Some((part, after)) = rest.split_at_mut_checked(place.len()) else { break };
            part.copy_from_slice(answers.get(place).unwrap_or_default());
            rest = after;
        }
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> Result<(), DriveError> {
        let mut state = self.change()?;
        let range = Range { offset, bytes: data.len() as u64 };
        let places = state.at(range)?;
        if let Some(firmware) = &mut state.firmware {
            if !firmware.writable() {
                return Err(error(DriveErrorKind::Media, "Input/output error"));
            }
            firmware.written();
        }
        if state.faults.iter().any(|f| matches!(f, Fault::Firmware(FirmwareFault::OnlyRecent))) {
            state.recent.push(range);
        }
        let mut forgets = Vec::new();
        for fault in &mut state.faults {
            match fault {
                Fault::Unwritable(bad) if touch(*bad, range) => {
                    return Err(error(DriveErrorKind::Media, "Input/output error"));
                }
                Fault::Weak { range: bad, times } if *times > 0 && touch(*bad, range) => {
                    *times -= 1;
                    return Err(error(DriveErrorKind::Media, "Input/output error"));
                }
                Fault::Forgets(lost) => forgets.push(*lost),
                _ => {}
            }
        }
        let mut cached = data;
        for place in &places {
            let Some((part, after)) = cached.split_at_checked(place.len()) else { break };
            let copy = state.cache.as_mut().and_then(|cache| cache.get_mut(place.clone()));
            if let Some(copy) = copy {
                copy.copy_from_slice(part);
            }
            cached = after;
        }
        let mut written = (offset..).zip(data);
        for place in places {
            let stored = state.bytes.get_mut(place).unwrap_or_default();
            for (old, (at, new)) in stored.iter_mut().zip(&mut written) {
                if !forgets.iter().any(|lost| lost.offset <= at && at < lost.end()) {
                    *old = *new;
                }
            }
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), DriveError> {
        let mut state = self.change()?;
        for fault in state.faults.clone() {
            match fault {
                Fault::FlushFails => {
                    return Err(error(DriveErrorKind::Media, "Input/output error"));
                }
                Fault::Rots { at } => {
                    let at = usize::try_from(at).unwrap_or(usize::MAX);
                    if let Some(byte) = state.bytes.get_mut(at) {
                        *byte ^= 1;
                    }
                }
                _ => {}
            }
        }
        if state.flushed.is_some() {
            state.flushed = Some(state.bytes.clone());
        }
        Ok(())
    }

    fn direct_io(&self) -> bool {
        !self.drive.state().faults.iter().any(|fault| matches!(fault, Fault::Buffered))
    }

    fn reread_partitions(&self) -> Option<bool> {
        self.drive.state().changes += 1;
        Some(true)
    }

    fn reset(&self) -> Result<String, String> {
        let mut state = self.change().map_err(|error| error.message)?;
        if state.faults.iter().any(|fault| matches!(fault, Fault::CannotReset)) {
            return Err("There is no way to reset this drive.".to_owned());
        }
        state.cache = None;
        if let Some(firmware) = &mut state.firmware {
            firmware.reset();
        }
        Ok("simulated".to_owned())
    }

    fn engine(self: Arc<Self>, memory: usize) -> Box<dyn Engine> {
        Box::new(sequential::Sequential::new(self, memory))
    }
}

impl State {
    /// Lets the firmware go on.
    fn tick(&mut self, now: Duration) {
        self.with_firmware(now, |firmware, around| ((), firmware.tick(around)));
    }

    fn command(&mut self, command: &Command, now: Duration) -> Result<Answer, NoAnswer> {
        self.with_firmware(now, |firmware, around| firmware.command(command, around))
            .unwrap_or_else(|| Err(NoAnswer::NotSent("no firmware".to_owned())))
    }

    /// Asks the firmware for something, and does to the data what it says.
    fn with_firmware<T>(
        &mut self,
        now: Duration,
        ask: impl FnOnce(&mut dyn Controller, &Around<'_>) -> (T, Option<Erase>),
    ) -> Option<T> {
        let faults: Vec<_> = (self.faults.iter())
            .filter_map(|fault| match fault {
                Fault::Firmware(fault) => Some(*fault),
                _ => None,
            })
            .collect();
        let around = Around {
            now,
            capacity: self.medium,
            block: self.identity.logical_block_bytes,
            faults: &faults,
        };
        let (result, erase) = ask(self.firmware.as_mut()?.as_mut(), &around);
        if let Some(Erase { range, leaves }) = erase {
            let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
            let erased = if faults.contains(&FirmwareFault::OnlyRecent) {
                self.recent.clone()
            } else if faults.contains(&FirmwareFault::LeavesSectors) {
                let sector = u64::from(around.block);
                let blocks = (range.offset..range.end()).step_by(4096);
                blocks.map(|offset| Range { offset, bytes: 4096 - sector }).collect()
            } else {
                vec![range]
            };
            if faults.contains(&FirmwareFault::StaleCache) {
                let mut cache = self.bytes.clone();
                leaves.fill(&mut cache);
                self.cache = Some(cache);
                return Some(result);
            }
            // What the firmware erases is gone, whatever was flushed.
            for bytes in [Some(&mut self.bytes), self.flushed.as_mut()].into_iter().flatten() {
                for range in &erased {
                    if let Some(erased) = bytes.get_mut(place(range.offset)..place(range.end())) {
                        leaves.fill(erased);
                    }
                }
            }
        }
        Some(result)
    }

    /// The host looks at the drive's size.
    fn see(&mut self) {
        let block = u64::from(self.identity.logical_block_bytes.max(1));
        let blocks = self.medium / block;
        if let Some(firmware) = &self.firmware {
            self.identity.capacity_bytes = firmware.shown(blocks) * block;
        }
    }

    /// Where on the medium the bytes of this range are, one stretch after the other.
    fn at(&self, range: Range) -> Result<Vec<std::ops::Range<usize>>, DriveError> {
        if range.end() > self.identity.capacity_bytes {
            return Err(error(DriveErrorKind::NoSpace, "No space left on device"));
        }
        let wraps = self.faults.iter().find_map(|fault| match fault {
            Fault::WrapsAt(end) => Some((*end).max(1)),
            _ => None,
        });
        let end = wraps.unwrap_or(u64::MAX);
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let (mut places, mut offset) = (Vec::new(), range.offset);
        while offset < range.end() {
            let bytes = (end - offset % end).min(range.end() - offset);
            places.push(place(offset % end)..place(offset % end + bytes));
            offset += bytes;
        }
        Ok(places)
    }
}

fn touch(a: Range, b: Range) -> bool {
    a.offset < b.end() && b.offset < a.end()
}

fn error(kind: DriveErrorKind, message: &str) -> DriveError {
    DriveError { kind, message: message.to_owned() }
}

/// A machine with simulated drives, each under a path.
#[derive(Debug, Default)]
pub struct SimBay {
    drives: Vec<(DriveFacts, SimDrive)>,
}

impl SimBay {
    /// Puts a drive in.
    pub fn insert(&mut self, facts: DriveFacts, drive: SimDrive) {
        self.drives.push((facts, drive));
    }
}

impl Bay for SimBay {
    fn look(&self) -> Inventory {
        let drives = self.drives.iter().map(|(facts, _)| facts.clone()).collect();
        Inventory { drives, hidden_drives: HiddenDrives { possible: false, reasons: Vec::new() } }
    }

    fn examine(&self, path: &Path) -> Result<DriveFacts, Refusal> {
        let found = self.drives.iter().find(|(facts, _)| Path::new(&facts.path) == path);
        found.map(|(facts, _)| facts.clone()).ok_or_else(|| {
            Refusal::new(RefusalCode::NotFound, format!("{} is not there.", path.display()))
        })
    }

    fn channel(&self, facts: &DriveFacts) -> Result<Box<dyn Channel>, String> {
        let found = self.drives.iter().find(|(known, _)| known.path == facts.path);
        let (_, drive) = found.ok_or_else(|| "the drive is gone".to_owned())?;
        Ok(Box::new(Opened { waits: drive.clock.join(), drive: drive.clone() }))
    }

    fn open_read_only(&self, facts: &DriveFacts) -> Result<Arc<dyn Drive>, Refusal> {
        self.open_exclusive(facts)
    }

    fn open_exclusive(&self, facts: &DriveFacts) -> Result<Arc<dyn Drive>, Refusal> {
        let found = self.drives.iter().find(|(known, _)| known.path == facts.path);
        match found {
            Some((_, drive)) if !drive.state().identity.same_attachment(&facts.identity) => {
                let message = format!("{} is another drive now.", facts.path);
                Err(Refusal::new(RefusalCode::Replaced, message))
            }
            Some((_, drive)) => Ok(drive.open()),
            None => Err(Refusal::new(RefusalCode::NotFound, format!("{} is gone.", facts.path))),
        }
    }
}
