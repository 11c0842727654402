//! One io_uring for one drive, made safe: a buffer belongs to whoever holds it, and while the
//! kernel works on it that is the ring.
#![allow(unsafe_code, reason = "io_uring shares memory with the kernel; every block says why")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;

use io_uring::{IoUring, opcode, squeue, types};
use nix::fcntl::Flock;
use nix::libc::iovec;

use super::queue::{Buffer, Completion, Place, Queue};

/// A ring over one file, with its buffers.
pub(super) struct Ring {
    ring: IoUring,
    /// Kept open for as long as requests may be under way.
    file: Arc<Flock<File>>,
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
    pub(super) fn new(file: Arc<Flock<File>>, depth: u16, chunk: usize) -> io::Result<Self> {
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

    fn write_entry(&self, offset: u64, from: *const u8, bytes: u32, index: u16) -> squeue::Entry {
        if self.registered {
            opcode::WriteFixed::new(types::Fixed(0), from, bytes, index).offset(offset).build()
        } else {
            let file = types::Fd(self.file.as_raw_fd());
            opcode::Write::new(file, from, bytes).offset(offset).build()
        }
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
}

impl Queue for Ring {
    fn name(&self) -> &'static str {
        if self.registered { "io_uring, registered buffers" } else { "io_uring" }
    }

    fn depth(&self) -> usize {
        self.busy.len()
    }

    fn in_flight(&self) -> usize {
        self.in_flight
    }

    fn free(&mut self) -> &mut Vec<Buffer> {
        &mut self.free
    }

    fn shared(&mut self) -> Option<&mut [u8]> {
        let bytes = self.shared.capacity();
        (self.in_flight == 0).then(|| self.shared.part(bytes))
    }

    fn write(&mut self, place: Place, mut buffer: Buffer) -> io::Result<()> {
        let data = buffer.part(place.bytes);
        let (pointer, bytes) = (data.as_ptr(), data.len());
        let entry = self.write_entry(place.offset, pointer, length(bytes), buffer.index);
        self.push(place.number, entry, Some(buffer))
    }

    fn write_shared(&mut self, place: Place) -> io::Result<()> {
        let index = self.shared.index;
        let data = self.shared.part(place.bytes);
        let (pointer, bytes) = (data.as_ptr(), data.len());
        let entry = self.write_entry(place.offset, pointer, length(bytes), index);
        self.push(place.number, entry, None)
    }

    fn read(&mut self, place: Place, mut buffer: Buffer) -> io::Result<()> {
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

    fn wait(&mut self) -> io::Result<Vec<Completion>> {
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
