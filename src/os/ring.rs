//! One io_uring for one drive, made safe: a buffer belongs to whoever holds it, and while the
//! kernel works on it that is the ring.
#![allow(unsafe_code, reason = "io_uring shares memory with the kernel; every block says why")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;

use io_uring::{IoUring, opcode, squeue, types};
use nix::libc::iovec;

/// Direct I/O wants buffers aligned to the logical block size; this is enough for all of them.
const ALIGNMENT: usize = 4096;

/// A piece of memory that is aligned, and stays where it is when it is moved from hand to hand.
pub(super) struct Buffer {
    memory: Box<[u8]>,
    skip: usize,
    /// Its place among the registered buffers.
    index: u16,
}

impl Buffer {
    fn new(chunk: usize, index: u16) -> Self {
        let memory = vec![0; chunk + ALIGNMENT].into_boxed_slice();
        let skip = memory.as_ptr().align_offset(ALIGNMENT);
        Self { memory, skip, index }
    }

    /// The first `bytes` of it.
    pub(super) fn part(&mut self, bytes: usize) -> &mut [u8] {
        self.memory.get_mut(self.skip..self.skip + bytes).unwrap_or_default()
    }

    fn capacity(&self) -> usize {
        self.memory.len() - ALIGNMENT
    }
}

/// What the kernel has done.
pub(super) struct Completion {
    /// The number the operation was given.
    pub(super) number: u64,
    /// How many bytes were moved.
    pub(super) result: io::Result<usize>,
    /// The buffer, back from the kernel; none for a shared one.
    pub(super) buffer: Option<Buffer>,
}

/// Where an operation moves bytes.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) offset: u64,
    pub(super) bytes: usize,
}

/// A ring over one file, with its buffers.
pub(super) struct Ring {
    ring: IoUring,
    /// Kept open for as long as requests may be under way.
    file: File,
    /// Buffers that nobody uses.
    free: Vec<Buffer>,
    /// What the kernel works on, by slot; the slot is the request's user data.
    busy: Vec<Option<(u64, Option<Buffer>)>>,
    /// The buffer of constant writes, which many requests read at once.
    shared: Buffer,
    in_flight: usize,
    registered: bool,
}

impl Ring {
    /// A ring for `depth` operations of at most `chunk` bytes each.
    ///
    /// # Errors
    /// io_uring is not allowed or not there.
    pub(super) fn new(file: File, depth: u16, chunk: usize) -> io::Result<Self> {
        let ring = IoUring::builder().build(u32::from(depth.max(1)))?;
        let free: Vec<_> = (0..depth).map(|index| Buffer::new(chunk, index)).collect();
        let mut ring = Self {
            ring,
            file,
            free,
            busy: (0..depth).map(|_| None).collect(),
            shared: Buffer::new(chunk, depth),
            in_flight: 0,
            registered: false,
        };
        // A plain user may lock little memory; without registration it works as well.
        ring.registered = ring.register().is_ok();
        Ok(ring)
    }

    fn register(&mut self) -> io::Result<()> {
        let vector = |buffer: &mut Buffer| {
            let bytes = buffer.capacity();
            iovec { iov_base: buffer.part(bytes).as_mut_ptr().cast(), iov_len: bytes }
        };
        let mut vectors: Vec<iovec> = self.free.iter_mut().map(vector).collect();
        vectors.push(vector(&mut self.shared));
        // SAFETY: the memory is on the heap, does not move with its `Buffer`, and outlives the
        // registration: buffers are only dropped together with the ring, or leaked with it.
        unsafe { self.ring.submitter().register_buffers(&vectors) }?;
        self.ring.submitter().register_files(&[self.file.as_raw_fd()])
    }

    /// How operations are carried out, for the certificate.
    pub(super) fn is_registered(&self) -> bool {
        self.registered
    }

    /// How many operations the kernel works on.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// A buffer that nobody uses.
    pub(super) fn take(&mut self) -> Option<Buffer> {
        self.free.pop()
    }

    /// Takes a buffer back.
    pub(super) fn give(&mut self, buffer: Buffer) {
        self.free.push(buffer);
    }

    /// The shared buffer, to be filled; none while the kernel may be reading from it.
    pub(super) fn shared(&mut self) -> Option<&mut [u8]> {
        let bytes = self.shared.capacity();
        (self.in_flight == 0).then(|| self.shared.part(bytes))
    }

    /// Writes a buffer.
    pub(super) fn write(&mut self, place: Place, mut buffer: Buffer) -> io::Result<()> {
        let data = buffer.part(place.bytes);
        let (pointer, bytes) = (data.as_ptr(), data.len());
        let entry = self.write_entry(place.offset, pointer, length(bytes), buffer.index);
        self.push(place.number, entry, Some(buffer))
    }

    /// Writes from the shared buffer.
    pub(super) fn write_shared(&mut self, place: Place) -> io::Result<()> {
        let index = self.shared.index;
        let data = self.shared.part(place.bytes);
        let (pointer, bytes) = (data.as_ptr(), data.len());
        let entry = self.write_entry(place.offset, pointer, length(bytes), index);
        self.push(place.number, entry, None)
    }

    fn write_entry(&self, offset: u64, from: *const u8, bytes: u32, index: u16) -> squeue::Entry {
        if self.registered {
            opcode::WriteFixed::new(types::Fixed(0), from, bytes, index).offset(offset).build()
        } else {
            let file = types::Fd(self.file.as_raw_fd());
            opcode::Write::new(file, from, bytes).offset(offset).build()
        }
    }

    /// Reads into a buffer.
    pub(super) fn read(&mut self, place: Place, mut buffer: Buffer) -> io::Result<()> {
        let data = buffer.part(place.bytes);
        let (pointer, bytes) = (data.as_mut_ptr(), data.len());
        let entry = if self.registered {
            opcode::ReadFixed::new(types::Fixed(0), pointer, length(bytes), buffer.index)
                .offset(place.offset)
                .build()
        } else {
            opcode::Read::new(types::Fd(self.file.as_raw_fd()), pointer, length(bytes))
                .offset(place.offset)
                .build()
        };
        self.push(place.number, entry, Some(buffer))
    }

    fn push(
        &mut self,
        number: u64,
        entry: squeue::Entry,
        buffer: Option<Buffer>,
    ) -> io::Result<()> {
        let slot = self.busy.iter().position(Option::is_none);
        let slot = slot.ok_or_else(|| io::Error::other("the queue is full"))?;
        let entry = entry.user_data(slot as u64);
        // SAFETY: the memory the entry points to lives in `self.shared` or in the buffer that is
        // put into `self.busy` below, and stays there until the completion is reaped; the file
        // lives as long as the ring. If the ring goes first, all of it is leaked (see Drop).
        unsafe { self.ring.submission().push(&entry) }.map_err(io::Error::other)?;
        if let Some(place) = self.busy.get_mut(slot) {
            *place = Some((number, buffer));
        }
        self.in_flight += 1;
        Ok(())
    }

    /// Hands everything pushed to the kernel and waits for at least one completion.
    pub(super) fn wait(&mut self) -> io::Result<Vec<Completion>> {
        loop {
            match self.ring.submit_and_wait(1) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(_) => break,
            }
        }
        let mut done = Vec::new();
        for entry in self.ring.completion() {
            let slot = usize::try_from(entry.user_data()).unwrap_or(usize::MAX);
            let Some((number, buffer)) = self.busy.get_mut(slot).and_then(Option::take) else {
                continue;
            };
            self.in_flight -= 1;
            let result = usize::try_from(entry.result())
                .map_err(|_| io::Error::from_raw_os_error(-entry.result()));
            done.push(Completion { number, result, buffer });
        }
        Ok(done)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        if self.in_flight > 0 {
            // The kernel may still write to these buffers. Memory is cheaper than corruption.
            std::mem::forget(std::mem::take(&mut self.busy));
            std::mem::forget(std::mem::replace(&mut self.shared, Buffer::new(0, 0)));
        }
    }
}

/// A chunk is far below 4 GiB.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
