//! The engine for real drives: many operations under way at once, straight from and to the
//! buffers that are generated and compared. Key streams are generated on other threads than the
//! one that waits for the drive.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use nix::fcntl::Flock;

use super::block::trouble;
use super::pool;
use super::queue::{ALIGNMENT, Buffer, Completion, Place, Queue};
use super::ring::Ring;
use super::threads::Threads;
use crate::clock::SystemClock;
use crate::device::{DriveError, DriveErrorKind, Engine, Moved, Stop, Time as _};
use crate::model::Range;
use crate::pattern::{Pattern, StreamKey};

/// The largest operation, in bytes.
const LARGEST: usize = 512 << 10;

/// Ways to cut the work, from which the best is found by trying. The first is where a run begins.
const SHAPES: [Shape; 6] = [
    Shape { depth: 4, chunk: LARGEST },
    Shape { depth: 8, chunk: LARGEST },
    Shape { depth: 16, chunk: LARGEST },
    Shape { depth: 8, chunk: 256 << 10 },
    Shape { depth: 16, chunk: 256 << 10 },
    Shape { depth: 16, chunk: 128 << 10 },
];

/// What the queue of a block device says of itself, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    /// The largest request that goes to the drive in one piece (`max_hw_sectors_kb`).
    pub(super) largest: Option<u64>,
    /// What requests should be multiples of (`optimal_io_size`).
    pub(super) optimal: Option<u64>,
    /// Whether it has heads that must move (`rotational`).
    pub(super) rotational: bool,
}

impl Limits {
    /// The shapes worth trying on a queue that takes `depth` operations at once.
    fn shapes(&self, depth: usize) -> Vec<Shape> {
        let shape = |shape: Shape| Shape { chunk: self.cut(shape.chunk), ..shape };
        let mut shapes: Vec<Shape> =
            SHAPES.into_iter().filter(|shape| shape.depth <= depth).map(shape).collect();
        if shapes.is_empty() {
            shapes.push(Shape { depth: depth.max(1), chunk: self.cut(LARGEST) });
        }
        if self.rotational {
            // A few large requests keep the heads where they are; more of them gain nothing, and
            // a moment of measuring says little where every turn of the disk takes 8 ms.
            shapes.truncate(1);
        }
        shapes.dedup();
        shapes
    }

    /// The largest multiple of what the drive takes in one piece that is not above `chunk`: the
    /// kernel would cut the rest off as a small request of its own.
    fn cut(&self, chunk: usize) -> usize {
        let fits = |unit: &usize| unit.is_multiple_of(ALIGNMENT) && (1..=chunk).contains(unit);
        let unit = [self.largest, self.optimal]
            .into_iter()
            .flatten()
            .filter_map(|unit| usize::try_from(unit).ok())
            .find(fits);
        unit.map_or(chunk, |unit| chunk / unit * unit)
    }
}

/// How long each shape is tried. All together this is less than 0.2 s, and nothing is written
/// only to measure.
const TRIAL: Duration = Duration::from_millis(30);

/// How often the watcher is told.
const WATCH_EVERY: Duration = Duration::from_millis(10);

/// A transfer shorter than this does not repay trying.
const WORTH_TRYING: u64 = 4 << 30;

/// How many operations are under way at once, and how many bytes each has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    depth: usize,
    chunk: usize,
}

/// Finds the best shape while the work goes on: each is used for a moment, and the fastest stays.
struct Tuner {
    /// Still to be tried, the next one last.
    untried: Vec<Shape>,
    best: Option<(u64, Shape)>,
    /// When the present trial began, and what was done by then.
    began: Option<(Duration, u64)>,
}

impl Tuner {
    /// Told how far the work is; the shape to go on with, if it changes.
    fn told(&mut self, now: Duration, done: u64, present: Shape) -> Option<Shape> {
        let (began, before) = *self.began.get_or_insert((now, done));
        let took = now.saturating_sub(began);
        if took < TRIAL || self.untried.is_empty() && self.best.is_none() {
            return None;
        }
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).max(1);
        let rate = (done - before).saturating_mul(1000) / nanos.div_ceil(1000);
        if self.best.is_none_or(|(best, _)| rate > best) {
            self.best = Some((rate, present));
        }
        self.began = Some((now, done));
        self.untried.pop().or_else(|| self.best.take().map(|(_, shape)| shape))
    }
}

/// Many operations at once on one drive.
pub(super) struct Parallel {
    queue: Box<dyn Queue>,
    shape: Shape,
    tuner: Tuner,
    /// How the pool gives buffers back.
    results: (Sender<Ready>, Receiver<Ready>),
    /// The byte that the shared buffer is full of.
    constant: Option<u8>,
    direct: bool,
    clock: SystemClock,
    /// When the watcher was last told.
    watched: Duration,
}

impl Parallel {
    /// Through io_uring, with buffers that take at most `memory` bytes.
    ///
    /// # Errors
    /// io_uring is not allowed or not there.
    pub(super) fn uring(
        file: Arc<Flock<File>>,
        direct: bool,
        limits: Limits,
        memory: usize,
    ) -> io::Result<Self> {
        let queue = Ring::new(file, buffers(memory), LARGEST)?;
        Ok(Self::new(Box::new(queue), direct, limits))
    }

    /// By a few threads.
    pub(super) fn threads(
        file: Arc<Flock<File>>,
        direct: bool,
        limits: Limits,
        memory: usize,
    ) -> Self {
        Self::new(Box::new(Threads::new(file, buffers(memory), LARGEST)), direct, limits)
    }

    fn new(queue: Box<dyn Queue>, direct: bool, limits: Limits) -> Self {
        // The first shape is where it begins; the others are tried from the last one on.
        let mut untried = limits.shapes(queue.depth());
        untried.reverse();
        let shape = untried.pop().unwrap_or(Shape { depth: 1, chunk: LARGEST });
        Self {
            queue,
            shape,
            tuner: Tuner { untried, best: None, began: None },
            results: mpsc::channel(),
            constant: None,
            direct,
            clock: SystemClock::start(),
            watched: Duration::ZERO,
        }
    }

    /// Writes one byte everywhere: all operations read from the same buffer.
    fn write_constant(&mut self, byte: u8, task: &mut Task<'_>) -> io::Result<()> {
        if self.constant != Some(byte) {
            let shared = self.queue.shared();
            shared.ok_or_else(|| io::Error::other("the shared buffer is in use"))?.fill(byte);
            self.constant = Some(byte);
        }
        loop {
            while self.queue.in_flight() < self.shape.depth
                && let Some(place) = task.next(self.shape.chunk)
            {
                self.queue.write_shared(place)?;
            }
            if self.queue.in_flight() == 0 {
                return Ok(());
            }
            for completion in self.queue.wait()? {
                self.reap(completion, task);
            }
            self.tell(task);
        }
    }

    /// Writes a key stream. Buffers are filled by the pool, some ahead of those under way.
    fn write_stream(&mut self, key: &StreamKey, task: &mut Task<'_>) -> io::Result<()> {
        let mut filling = 0;
        let mut filled = VecDeque::new();
        loop {
            while !task.stop
                && let Some(mut buffer) = self.queue.free().pop()
            {
                let Some(place) = task.next(self.shape.chunk) else {
                    self.queue.free().push(buffer);
                    break;
                };
                let (pattern, reply) = (Pattern::Stream(key.clone()), self.results.0.clone());
                pool::run(move || {
                    pattern.fill(place.offset, buffer.part(place.bytes));
                    // Whoever ordered it may be gone; then nobody needs it.
                    let _ = reply.send(Ready { place, buffer, differences: Vec::new() });
                });
                filling += 1;
            }
            // The drive is waited for only while it has enough to do, or nothing is coming.
            let starved = self.queue.in_flight() < self.shape.depth && filled.is_empty();
            while let Some(ready) = self.ready(filling, starved && filled.is_empty()) {
                filling -= 1;
                filled.push_back(ready);
            }
            while task.stop
                && let Some(ready) = filled.pop_front()
            {
                self.queue.free().push(ready.buffer);
            }
            while self.queue.in_flight() < self.shape.depth
                && let Some(ready) = filled.pop_front()
            {
                self.queue.write(ready.place, ready.buffer)?;
            }
            if self.queue.in_flight() == 0 {
                if filling == 0 && filled.is_empty() {
                    return Ok(());
                }
                continue;
            }
            for completion in self.queue.wait()? {
                self.reap(completion, task);
            }
            self.tell(task);
        }
    }

    /// Reads and compares. Key streams are compared by the pool while the drive goes on.
    fn compare_all(
        &mut self,
        pattern: &Pattern,
        block: u32,
        task: &mut Task<'_>,
    ) -> io::Result<()> {
        let mut judging = 0;
        loop {
            while !task.stop
                && self.queue.in_flight() < self.shape.depth
                && let Some(buffer) = self.queue.free().pop()
            {
                let Some(place) = task.next(self.shape.chunk) else {
                    self.queue.free().push(buffer);
                    break;
                };
                self.queue.read(place, buffer)?;
            }
            while let Some(ready) = self.ready(judging, self.queue.in_flight() == 0) {
                judging -= 1;
                self.queue.free().push(ready.buffer);
                task.judged(ready.place, ready.differences);
            }
            if self.queue.in_flight() == 0 {
                if judging == 0 && (task.stop || task.is_over()) {
                    return Ok(());
                }
                continue;
            }
            for mut completion in self.queue.wait()? {
                let read = task.tally.place(completion.number).filter(|place| {
                    completion.result.as_ref().is_ok_and(|moved| *moved == place.bytes)
                });
                let (Some(place), Some(buffer)) = (read, completion.buffer.take()) else {
                    self.reap(completion, task);
                    continue;
                };
                if let Pattern::Constant(_) = pattern {
                    let ready = judge(pattern, block, place, buffer, &mut []);
                    self.queue.free().push(ready.buffer);
                    task.judged(ready.place, ready.differences);
                } else {
                    let (pattern, reply) = (pattern.clone(), self.results.0.clone());
                    pool::run(move || {
                        thread_local! {
                            static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; LARGEST]);
                        }
                        let ready = SCRATCH.with_borrow_mut(|scratch| {
                            judge(&pattern, block, place, buffer, scratch)
                        });
                        let _ = reply.send(ready);
                    });
                    judging += 1;
                }
            }
            self.tell(task);
        }
    }

    /// A buffer that the pool is done with; waited for if `wait` says so and one is out.
    fn ready(&self, out: usize, wait: bool) -> Option<Ready> {
        match out {
            0 => None,
            _ if wait => self.results.1.recv().ok(),
            _ => self.results.1.try_recv().ok(),
        }
    }

    /// Tells whoever wants to know how far the work is, and asks whether to go on.
    fn tell(&mut self, task: &mut Task<'_>) {
        let now = self.clock.elapsed();
        if task.tuned
            && let Some(shape) = self.tuner.told(now, task.tally.done, self.shape)
        {
            self.shape = shape;
        }
        // The watcher is another thread: it is not woken for every operation.
        if now >= self.watched + WATCH_EVERY {
            self.watched = now;
            task.stop |= !(task.watch)(task.tally.done);
        }
    }

    fn reap(&mut self, completion: Completion, task: &mut Task<'_>) {
        if let Some(buffer) = completion.buffer {
            self.queue.free().push(buffer);
        }
        task.tally.end(completion.number, completion.result);
        task.stop |= task.tally.failed.is_some();
    }
}

/// How many of the largest operations fit into so much memory.
fn buffers(memory: usize) -> u16 {
    u16::try_from((memory / LARGEST).clamp(1, 16)).unwrap_or(1)
}

/// A buffer that the pool is done with.
struct Ready {
    place: Place,
    buffer: Buffer,
    /// Blocks that differ: byte offset, and what was there.
    differences: Vec<(u64, Vec<u8>)>,
}

/// Compares what was read into a buffer.
fn judge(
    pattern: &Pattern,
    block: u32,
    place: Place,
    mut buffer: Buffer,
    scratch: &mut [u8],
) -> Ready {
    let mut differences = Vec::new();
    let data = buffer.part(place.bytes);
    pattern.differences(place.offset, data, block, scratch, &mut |at, have| {
        differences.push((at, have.to_vec()));
    });
    Ready { place, buffer, differences }
}

/// One transfer: what is to be done, how far it is, who is told.
struct Task<'a> {
    operations: Operations<'a>,
    tally: Tally,
    /// No more operations are begun.
    stop: bool,
    /// Long enough to find the best shape.
    tuned: bool,
    watch: &'a mut dyn FnMut(u64) -> bool,
    found: &'a mut dyn FnMut(u64, &[u8]),
    /// Differences in operations that others before them still stand in the way of.
    differences: Vec<(u64, u64, Vec<u8>)>,
}

impl<'a> Task<'a> {
    fn new(
        ranges: &'a [Range],
        watch: &'a mut dyn FnMut(u64) -> bool,
        found: &'a mut dyn FnMut(u64, &[u8]),
    ) -> Self {
        Self {
            operations: Operations::new(ranges),
            tally: Tally::default(),
            stop: false,
            tuned: ranges.iter().map(|range| range.bytes).sum::<u64>() >= WORTH_TRYING,
            watch,
            found,
            differences: Vec::new(),
        }
    }

    /// The next operation, unless it is over.
    fn next(&mut self, chunk: usize) -> Option<Place> {
        let place = if self.stop { None } else { self.operations.next(chunk) }?;
        self.tally.begin(place);
        Some(place)
    }

    fn is_over(&self) -> bool {
        self.operations.is_over()
    }

    /// An operation was read and compared.
    fn judged(&mut self, place: Place, differences: Vec<(u64, Vec<u8>)>) {
        self.tally.end(place.number, Ok(place.bytes));
        let differences = differences.into_iter().map(|(at, have)| (place.number, at, have));
        self.differences.extend(differences);
        // What lies behind a gap may be read again, and would be found twice.
        let (found, first) = (&mut self.found, self.tally.first);
        self.differences.retain(|(number, at, have)| {
            let counts = *number < first;
            if counts {
                found(*at, have);
            }
            !counts
        });
    }

    fn moved(self, result: io::Result<()>, ranges: &[Range]) -> Moved {
        let all: u64 = ranges.iter().map(|range| range.bytes).sum();
        let bytes = self.tally.prefix;
        let stop = match (result, self.tally.failed) {
            // An error of the queue itself is the end of the drive for us.
            (Err(error), _) => {
                let message = format!("the queue failed: {error}");
                let error = DriveError { kind: DriveErrorKind::Gone, message };
                Stop::Failed { bytes: 1, error }
            }
            (Ok(()), Some((_, bytes, error))) => Stop::Failed { bytes: bytes as u64, error },
            (Ok(()), None) if bytes < all => Stop::Asked,
            (Ok(()), None) => Stop::End,
        };
        Moved { bytes, stop }
    }
}

impl Engine for Parallel {
    fn name(&self) -> String {
        let way = if self.direct { "direct" } else { "buffered" };
        format!("{}, {way}", self.queue.name())
    }

    fn write(
        &mut self,
        pattern: &Pattern,
        ranges: &[Range],
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> Moved {
        let mut found = |_: u64, _: &[u8]| ();
        let mut task = Task::new(ranges, watch, &mut found);
        let result = match pattern {
            Pattern::Constant(byte) => self.write_constant(*byte, &mut task),
            Pattern::Stream(key) => self.write_stream(key, &mut task),
        };
        task.moved(result, ranges)
    }

    fn compare(
        &mut self,
        pattern: &Pattern,
        ranges: &[Range],
        block: u32,
        watch: &mut dyn FnMut(u64) -> bool,
        found: &mut dyn FnMut(u64, &[u8]),
    ) -> Moved {
        let mut task = Task::new(ranges, watch, found);
        let result = self.compare_all(pattern, block, &mut task);
        task.moved(result, ranges)
    }
}

/// Cuts ranges into operations.
struct Operations<'a> {
    ranges: &'a [Range],
    at: u64,
    number: u64,
}

impl<'a> Operations<'a> {
    fn new(ranges: &'a [Range]) -> Self {
        Self { ranges, at: 0, number: 0 }
    }

    fn is_over(&self) -> bool {
        match self.ranges {
            [] => true,
            [last] => self.at >= last.bytes,
            _ => false,
        }
    }

    /// The next operation, of at most `chunk` bytes.
    fn next(&mut self, chunk: usize) -> Option<Place> {
        let mut range = self.ranges.first()?;
        while self.at >= range.bytes {
            self.ranges = self.ranges.get(1..)?;
            self.at = 0;
            range = self.ranges.first()?;
        }
        let bytes = (range.bytes - self.at).min(chunk as u64);
        let place = Place {
            number: self.number,
            offset: range.offset + self.at,
            bytes: usize::try_from(bytes).ok()?,
        };
        self.number += 1;
        self.at += bytes;
        Some(place)
    }
}

/// Which operations are done. They end in any order; what counts is how far all are done.
#[derive(Default)]
struct Tally {
    /// Operations from the first one that is not done, and whether each is.
    open: VecDeque<(Place, bool)>,
    /// The number of the first of them.
    first: u64,
    /// Bytes before it.
    prefix: u64,
    /// Bytes of all operations that are done.
    done: u64,
    /// The first operation, by its place, that failed: number, bytes, why.
    failed: Option<(u64, usize, DriveError)>,
}

impl Tally {
    fn begin(&mut self, place: Place) {
        self.open.push_back((place, false));
    }

    fn place(&self, number: u64) -> Option<Place> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.open.get(index).map(|(place, _)| *place)
    }

    fn end(&mut self, number: u64, result: io::Result<usize>) {
        let Some(place) = self.place(number) else { return };
        let error = match result {
            Ok(moved) if moved == place.bytes => None,
            // The device ended in the middle: the operation is tried again in smaller pieces.
            Ok(0) => Some(super::block::beyond_the_end()),
            Ok(_) => Some(DriveError {
                kind: DriveErrorKind::Media,
                message: "only a part was moved".to_owned(),
            }),
            Err(error) => Some(trouble(&error)),
        };
        match error {
            Some(error) => {
                if self.failed.as_ref().is_none_or(|(earlier, ..)| number < *earlier) {
                    self.failed = Some((number, place.bytes, error));
                }
            }
            None => {
                self.done += place.bytes as u64;
                let index = usize::try_from(number - self.first).unwrap_or(usize::MAX);
                if let Some((_, done)) = self.open.get_mut(index) {
                    *done = true;
                }
                while let Some((place, true)) = self.open.front() {
                    self.prefix += place.bytes as u64;
                    self.first += 1;
                    self.open.pop_front();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1024;

    fn chunks(limits: Limits) -> Vec<(usize, usize)> {
        let shapes = limits.shapes(16);
        shapes.iter().map(|shape| (shape.depth, shape.chunk / 1024)).collect()
    }

    #[test]
    fn operations_are_cut_as_the_drive_takes_them() {
        let plain = [(4, 512), (8, 512), (16, 512), (8, 256), (16, 256), (16, 128)];
        assert_eq!(chunks(Limits::default()), plain);
        // Larger than any operation here, not in whole blocks, or nothing said: no reason to cut.
        for none in [1280 * KIB, 33_553_920, 512, 0] {
            let limits = Limits { largest: Some(none), optimal: Some(none), rotational: false };
            assert_eq!(chunks(limits), plain, "{none}");
        }
        // A USB bridge of 240 sectors.
        let bridge = Limits { largest: Some(120 * KIB), ..Limits::default() };
        assert_eq!(chunks(bridge), [(4, 480), (8, 480), (16, 480), (8, 240), (16, 240), (16, 120)]);
        let raid = Limits { optimal: Some(192 * KIB), ..Limits::default() };
        assert_eq!(chunks(raid), [(4, 384), (8, 384), (16, 384), (8, 192), (16, 192), (16, 128)]);
    }

    #[test]
    fn heads_are_not_tuned() {
        assert_eq!(chunks(Limits { rotational: true, ..Limits::default() }), [(4, 512)]);
    }

    #[test]
    fn a_small_queue_is_not_overfilled() {
        let shapes = Limits::default().shapes(2);
        assert_eq!(shapes, [Shape { depth: 2, chunk: LARGEST }]);
    }
}
