//! The thread that speaks to one drive. A request that never comes back blocks this thread and
//! nobody else: whoever asked waits for a stated time without any sign of life, and then gives
//! the drive up.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::sweeping::Speaks;
use crate::device::{Channel, Drive, DriveError, DriveErrorKind, Engine, Moved, Protocol, Stop};
use crate::model::{Bus, Findings, Identity, Range};
use crate::pattern::Pattern;
use crate::proto::{self, Command, NoAnswer};
use crate::technique::Firmware;

/// What the thread is asked to do.
enum Order {
    Write(Pattern, Vec<Range>),
    Compare(Pattern, Vec<Range>, u32, Finder),
    Read(Range),
    Send(Command, Duration),
    Ask(Bus),
    Flush,
    Identify,
    RereadPartitions,
    Reset,
}

/// Makes a finding of a block that differs: its offset, and what was there.
pub(super) type Finder = Box<dyn Fn(&mut Findings, u64, &[u8]) + Send>;

/// What the thread answers.
enum Answer {
    /// So many bytes of the order are done; a sign of life.
    At(u64),
    Moved(Moved, Findings),
    Read(Option<Vec<u8>>),
    Sent(Result<proto::Answer, NoAnswer>),
    Asked(Box<Firmware>),
    Flushed(Result<(), DriveError>),
    Identity(Box<Result<Identity, DriveError>>),
    Partitions(Option<bool>),
    Reset(Result<String, String>),
}

/// A drive on a thread of its own.
pub(super) struct Mover {
    orders: Sender<Order>,
    answers: Receiver<Answer>,
    /// Whether to go on, in answer to each [`Answer::At`].
    go_on: Sender<bool>,
    patience: Duration,
    name: String,
    direct_io: bool,
    lost: bool,
}

impl Mover {
    /// Starts the thread. `memory` is what its buffers may take; after `patience` without a sign
    /// of life the drive is given up.
    pub(super) fn start(drive: Arc<dyn Drive>, memory: usize, patience: Duration) -> Self {
        let (orders, inbox) = mpsc::channel();
        let (outbox, answers) = mpsc::channel();
        let (go_on, told) = mpsc::channel();
        let mut engine = Arc::clone(&drive).engine(memory);
        let (name, direct_io) = (engine.name(), drive.direct_io());
        std::thread::spawn(move || {
            for order in inbox {
                let answer = carry_out(drive.as_ref(), engine.as_mut(), order, &outbox, &told);
                if outbox.send(answer).is_err() {
                    return;
                }
            }
        });
        Self { orders, answers, go_on, patience, name, direct_io, lost: false }
    }

    /// The engine's name, for the certificate.
    pub(super) fn engine(&self) -> &str {
        &self.name
    }

    /// See [`Drive::direct_io`].
    pub(super) fn direct_io(&self) -> bool {
        self.direct_io
    }

    /// See [`Engine::write`].
    pub(super) fn write(
        &mut self,
        pattern: &Pattern,
        ranges: Vec<Range>,
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> Moved {
        self.transfer(Order::Write(pattern.clone(), ranges), watch).0
    }

    /// See [`Engine::compare`].
    pub(super) fn compare(
        &mut self,
        pattern: &Pattern,
        ranges: Vec<Range>,
        block: u32,
        finder: Finder,
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> (Moved, Findings) {
        self.transfer(Order::Compare(pattern.clone(), ranges, block, finder), watch)
    }

    /// What is at one place; none if it cannot be read.
    pub(super) fn read(&mut self, place: Range) -> Option<Vec<u8>> {
        match self.ask(Order::Read(place), &mut |_| true) {
            Ok(Answer::Read(data)) => data,
            _ => None,
        }
    }

    /// See [`Channel::send`](crate::device::Channel::send).
    pub(super) fn send(
        &mut self,
        command: Command,
        timeout: Duration,
    ) -> Result<proto::Answer, NoAnswer> {
        // While the drive is within its time it owes no sign of life.
        let patience = self.patience;
        self.patience = patience.saturating_add(timeout);
        let answer = self.ask(Order::Send(command, timeout), &mut |_| true);
        self.patience = patience;
        match answer {
            Ok(Answer::Sent(answer)) => answer,
            Ok(_) => Err(NoAnswer::Gone(confused().message)),
            Err(error) => Err(NoAnswer::Gone(error.message)),
        }
    }

    /// See [`Drive::flush`].
    pub(super) fn flush(&mut self) -> Result<(), DriveError> {
        match self.ask(Order::Flush, &mut |_| true) {
            Ok(Answer::Flushed(result)) => result,
            Ok(_) => Err(confused()),
            Err(error) => Err(error),
        }
    }

    /// See [`Drive::identify`].
    pub(super) fn identify(&mut self) -> Result<Identity, DriveError> {
        match self.ask(Order::Identify, &mut |_| true) {
            Ok(Answer::Identity(result)) => *result,
            Ok(_) => Err(confused()),
            Err(error) => Err(error),
        }
    }

    /// See [`Drive::reread_partitions`].
    pub(super) fn reread_partitions(&mut self) -> Option<bool> {
        match self.ask(Order::RereadPartitions, &mut |_| true) {
            Ok(Answer::Partitions(reread)) => reread,
            _ => None,
        }
    }

    /// See [`Drive::reset`].
    pub(super) fn reset(&mut self) -> Result<String, String> {
        match self.ask(Order::Reset, &mut |_| true) {
            Ok(Answer::Reset(result)) => result,
            Ok(_) => Err(confused().message),
            Err(error) => Err(error.message),
        }
    }

    fn transfer(&mut self, order: Order, watch: &mut dyn FnMut(u64) -> bool) -> (Moved, Findings) {
        let error = match self.ask(order, watch) {
            Ok(Answer::Moved(moved, findings)) => return (moved, findings),
            Ok(_) => confused(),
            Err(error) => error,
        };
        (Moved { bytes: 0, stop: Stop::Failed { bytes: 1, error } }, Findings::default())
    }

    /// Gives an order and waits for its end, as long as there are signs of life.
    fn ask(
        &mut self,
        order: Order,
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Answer, DriveError> {
        if self.lost {
            return Err(self.given_up());
        }
        // If the thread is gone, waiting for its answer says so.
        let _ = self.orders.send(order);
        loop {
            match self.answers.recv_timeout(self.patience) {
                Ok(Answer::At(done)) => {
                    // Should the thread be gone, the next wait says so.
                    let _ = self.go_on.send(watch(done));
                }
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) => {
                    self.lost = true;
                    return Err(self.given_up());
                }
                // It panicked, and has said why: a fault of ours, not of the drive.
                Err(RecvTimeoutError::Disconnected) => {
                    std::panic::resume_unwind(Box::new("the thread of a drive failed"));
                }
            }
        }
    }

    fn given_up(&self) -> DriveError {
        DriveError {
            kind: DriveErrorKind::Gone,
            message: format!(
                "the drive did not answer for {} seconds and was given up",
                self.patience.as_secs()
            ),
        }
    }
}

fn confused() -> DriveError {
    DriveError { kind: DriveErrorKind::Gone, message: "an answer to another question".to_owned() }
}

fn carry_out(
    drive: &dyn Drive,
    engine: &mut dyn Engine,
    order: Order,
    outbox: &Sender<Answer>,
    told: &Receiver<bool>,
) -> Answer {
    // Whoever asked may have given up; then there is nothing to go on for.
    let mut alive = |done| outbox.send(Answer::At(done)).is_ok() && told.recv().unwrap_or(false);
    match order {
        Order::Write(pattern, ranges) => {
            Answer::Moved(engine.write(&pattern, &ranges, &mut alive), Findings::default())
        }
        Order::Compare(pattern, ranges, block, finder) => {
            let mut findings = Findings::default();
            let moved = engine.compare(&pattern, &ranges, block, &mut alive, &mut |at, have| {
                finder(&mut findings, at, have);
            });
            Answer::Moved(moved, findings)
        }
        Order::Read(place) => Answer::Read(read(drive, place)),
        Order::Send(command, timeout) => Answer::Sent(drive.send(&command, timeout)),
        Order::Ask(bus) => Answer::Asked(Box::new(Firmware::ask(&Questions(drive), bus))),
        Order::Flush => Answer::Flushed(drive.flush()),
        Order::Identify => Answer::Identity(Box::new(drive.identify())),
        Order::Reset => Answer::Reset(drive.reset()),
        Order::RereadPartitions => Answer::Partitions(drive.reread_partitions()),
    }
}

/// Reads one stretch into memory that direct I/O accepts.
fn read(drive: &dyn Drive, place: Range) -> Option<Vec<u8>> {
    const ALIGNMENT: usize = 4096;
    let bytes = usize::try_from(place.bytes).ok()?;
    let mut memory = vec![0; bytes.checked_add(ALIGNMENT)?];
    let skip = memory.as_ptr().align_offset(ALIGNMENT);
    let buffer = memory.get_mut(skip..skip.checked_add(bytes)?)?;
    drive.read_at(place.offset, buffer).ok()?;
    Some(buffer.to_vec())
}

/// A drive on a thread of its own that is read and never written to: what it can be asked is all
/// that it can be asked.
pub(super) struct Reader(Mover);

impl Reader {
    /// See [`Mover::start`]. `drive` was opened for reading.
    pub(super) fn start(drive: Arc<dyn Drive>, memory: usize, patience: Duration) -> Self {
        Self(Mover::start(drive, memory, patience))
    }

    /// See [`Mover::engine`].
    pub(super) fn engine(&self) -> &str {
        self.0.engine()
    }

    /// See [`Drive::direct_io`].
    pub(super) fn direct_io(&self) -> bool {
        self.0.direct_io()
    }

    /// See [`Mover::compare`].
    pub(super) fn compare(
        &mut self,
        pattern: &Pattern,
        ranges: Vec<Range>,
        block: u32,
        finder: Finder,
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> (Moved, Findings) {
        self.0.compare(pattern, ranges, block, finder, watch)
    }

    /// See [`Mover::read`].
    pub(super) fn read(&mut self, place: Range) -> Option<Vec<u8>> {
        self.0.read(place)
    }

    /// What its firmware says of itself when it is asked harmless questions; `bus` is how it is
    /// attached.
    pub(super) fn firmware(&mut self, bus: Bus) -> Firmware {
        match self.0.ask(Order::Ask(bus), &mut |_| true) {
            Ok(Answer::Asked(firmware)) => *firmware,
            Ok(_) => Firmware::Silent(confused().message),
            Err(error) => Firmware::Silent(error.message),
        }
    }
}

impl Speaks for Reader {
    fn identify(&mut self) -> Result<Identity, DriveError> {
        self.0.identify()
    }
}

/// Passes on commands that only ask, and no others.
struct Questions<'a>(&'a dyn Drive);

impl Channel for Questions<'_> {
    fn protocol(&self) -> Result<Protocol, String> {
        self.0.protocol()
    }

    fn send(&self, command: &Command, timeout: Duration) -> Result<proto::Answer, NoAnswer> {
        if !command.only_asks() {
            return Err(NoAnswer::NotSent("only questions are passed on here".to_owned()));
        }
        self.0.send(command, timeout)
    }
}
