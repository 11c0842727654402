//! Many operations under way on one drive: what the engine asks of io_uring, or of threads where
//! that is not allowed.

use std::io;

/// Direct I/O wants buffers aligned to the logical block size; this is enough for all of them.
pub(super) const ALIGNMENT: usize = 4096;

/// Takes operations and tells, in any order, how they ended.
pub(super) trait Queue: Send {
    /// What it is, for the certificate.
    fn name(&self) -> &'static str;

    /// How many operations may be under way at once.
    fn depth(&self) -> usize;

    /// How many are.
    fn in_flight(&self) -> usize;

    /// The buffers that nobody uses.
    fn free(&mut self) -> &mut Vec<Buffer>;

    /// The shared buffer, to be filled; none while an operation may be reading from it.
    fn shared(&mut self) -> Option<&mut [u8]>;

    /// Begins to write a buffer.
    fn write(&mut self, place: Place, buffer: Buffer) -> io::Result<()>;

    /// Begins to write from the shared buffer.
    fn write_shared(&mut self, place: Place) -> io::Result<()>;

    /// Begins to read into a buffer.
    fn read(&mut self, place: Place, buffer: Buffer) -> io::Result<()>;

    /// Waits until at least one operation has ended.
    fn wait(&mut self) -> io::Result<Vec<Completion>>;
}

/// Where an operation moves bytes.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) offset: u64,
    pub(super) bytes: usize,
}

/// How an operation ended.
pub(super) struct Completion {
    /// The number the operation was given.
    pub(super) number: u64,
    /// How many bytes were moved.
    pub(super) result: io::Result<usize>,
    /// The buffer, back again; none for the shared one.
    pub(super) buffer: Option<Buffer>,
}

/// A piece of memory that is aligned, and stays where it is when it is moved from hand to hand.
pub(super) struct Buffer {
    memory: Box<[u8]>,
    skip: usize,
    /// Its place among the registered buffers.
    pub(super) index: u16,
}

impl Buffer {
    pub(super) fn new(chunk: usize, index: u16) -> Self {
        let memory = vec![0; chunk + ALIGNMENT].into_boxed_slice();
        let skip = memory.as_ptr().align_offset(ALIGNMENT);
        Self { memory, skip, index }
    }

    /// The first `bytes` of it, to be filled.
    pub(super) fn part(&mut self, bytes: usize) -> &mut [u8] {
        self.memory.get_mut(self.skip..self.skip + bytes).unwrap_or_default()
    }

    /// The first `bytes` of it.
    pub(super) fn data(&self, bytes: usize) -> &[u8] {
        self.memory.get(self.skip..self.skip + bytes).unwrap_or_default()
    }

    pub(super) fn capacity(&self) -> usize {
        self.memory.len() - ALIGNMENT
    }
}
