//! Operations by positional reads and writes, each on one of a few threads: for kernels and
//! containers that do not allow io_uring.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::mpsc::{self, Receiver, RecvError, SendError, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use nix::fcntl::Flock;

use super::queue::{Buffer, Completion, Place, Queue};

/// Operations under way at once, each on a thread of its own. Enough to keep a drive busy, and
/// few enough for sixty-four drives.
const DEPTH: usize = 4;

/// An operation and the memory it moves.
struct Order {
    place: Place,
    work: Work,
}

enum Work {
    Write(Buffer),
    WriteShared(Arc<Buffer>),
    Read(Buffer),
}

/// A few threads for one file, with their buffers.
pub(super) struct Threads {
    orders: Sender<Order>,
    answers: Receiver<Completion>,
    free: Vec<Buffer>,
    /// The buffer of constant writes, which several threads read at once.
    shared: Arc<Buffer>,
    in_flight: usize,
}

impl Threads {
    /// Threads that work on `file`, with so many buffers of `chunk` bytes each.
    pub(super) fn new(file: Arc<Flock<File>>, buffers: u16, chunk: usize) -> Self {
        let (orders, inbox) = mpsc::channel();
        let (outbox, answers) = mpsc::channel();
        let inbox = Arc::new(Mutex::new(inbox));
        for _ in 0..DEPTH {
            let (file, inbox, outbox) = (Arc::clone(&file), Arc::clone(&inbox), outbox.clone());
            std::thread::spawn(move || serve(&file, &inbox, &outbox));
        }
        let free = (0..buffers).map(|index| Buffer::new(chunk, index)).collect();
        let shared = Arc::new(Buffer::new(chunk, buffers));
        Self { orders, answers, free, shared, in_flight: 0 }
    }

    fn order(&mut self, place: Place, work: Work) -> io::Result<()> {
        self.orders.send(Order { place, work }).map_err(|SendError(_)| gone())?;
        self.in_flight += 1;
        Ok(())
    }
}

/// Carries out orders until whoever gives them is gone.
fn serve(file: &File, inbox: &Mutex<Receiver<Order>>, outbox: &Sender<Completion>) {
    loop {
        let order = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Order { place, work }) = order else { return };
        let Place { number, offset, bytes } = place;
        // A shared buffer is let go of before the answer goes out: then it may be filled anew.
        let (result, buffer) = match work {
            Work::Write(buffer) => {
                (again(|| file.write_at(buffer.data(bytes), offset)), Some(buffer))
            }
            Work::WriteShared(shared) => {
                (again(|| file.write_at(shared.data(bytes), offset)), None)
            }
            Work::Read(mut buffer) => {
                (again(|| file.read_at(buffer.part(bytes), offset)), Some(buffer))
            }
        };
        if outbox.send(Completion { number, result, buffer }).is_err() {
            return;
        }
    }
}

/// A signal is no answer of the drive.
fn again(mut operation: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("the threads are gone")
}

impl Queue for Threads {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn depth(&self) -> usize {
        DEPTH
    }

    fn in_flight(&self) -> usize {
        self.in_flight
    }

    fn free(&mut self) -> &mut Vec<Buffer> {
        &mut self.free
    }

    fn shared(&mut self) -> Option<&mut [u8]> {
        let bytes = self.shared.capacity();
        Arc::get_mut(&mut self.shared).map(|shared| shared.part(bytes))
    }

    fn write(&mut self, place: Place, buffer: Buffer) -> io::Result<()> {
        self.order(place, Work::Write(buffer))
    }

    fn write_shared(&mut self, place: Place) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        self.order(place, Work::WriteShared(shared))
    }

    fn read(&mut self, place: Place, buffer: Buffer) -> io::Result<()> {
        self.order(place, Work::Read(buffer))
    }

    fn wait(&mut self) -> io::Result<Vec<Completion>> {
        let first = self.answers.recv().map_err(|RecvError| gone())?;
        let mut done = vec![first];
        done.extend(self.answers.try_iter());
        self.in_flight -= done.len();
        Ok(done)
    }
}
