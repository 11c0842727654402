//! Moves bytes between a pattern and a drive: one operation after another, in one buffer.

use crate::device::{Drive, DriveError};
use crate::model::Range;
use crate::pattern::Pattern;

/// Bytes in one operation. A multiple of every block size there is.
const CHUNK: usize = 4 << 20;

/// Direct I/O wants buffers aligned to the logical block size; this is enough for all of them.
const ALIGNMENT: usize = 4096;

/// How far a transfer came, and why it stopped there.
#[derive(Debug)]
pub struct Moved {
    /// Bytes from the start of the range that are done.
    pub bytes: u64,
    /// Why it stopped.
    pub stop: Stop,
}

/// Why a transfer stopped.
#[derive(Debug)]
pub enum Stop {
    /// The range is done.
    End,
    /// The watcher asked for it.
    Asked,
    /// An operation failed.
    Failed {
        /// Its length in bytes.
        bytes: u64,
        /// The drive's answer.
        error: DriveError,
    },
}

/// The plain engine: works everywhere, one operation at a time.
pub struct Engine {
    buffer: Vec<u8>,
    scratch: Vec<u8>,
    /// The pattern that fills the whole buffer, if one does: a constant need not be filled twice.
    filled: Option<u8>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(Self::NAME)
    }
}

impl Engine {
    /// Its name in certificates.
    pub const NAME: &str = "sequential";

    /// An engine with buffers of its own (8 MiB).
    #[must_use]
    pub fn new() -> Self {
        let memory = || vec![0; CHUNK + ALIGNMENT];
        Self { buffer: memory(), scratch: memory(), filled: None }
    }

    /// Writes the pattern over `range`, from its start on, and tells `watch` after every
    /// operation how many bytes are done; `watch` answers whether to go on.
    pub fn write(
        &mut self,
        drive: &dyn Drive,
        pattern: &Pattern,
        range: Range,
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> Moved {
        let buffer = aligned(&mut self.buffer);
        if let Pattern::Constant(byte) = pattern {
            if self.filled != Some(*byte) {
                buffer.fill(*byte);
            }
            self.filled = Some(*byte);
        } else {
            self.filled = None;
        }
        pieces(range, watch, |offset, bytes| {
            let data = buffer.get_mut(..bytes).unwrap_or_default();
            if matches!(pattern, Pattern::Stream(_)) {
                pattern.fill(offset, data);
            }
            drive.write_at(offset, data)
        })
    }

    /// Reads `range` and compares it with the pattern. Every block of `block` bytes that differs
    /// is given to `found`, with its byte offset and what was there.
    pub fn compare(
        &mut self,
        drive: &dyn Drive,
        pattern: &Pattern,
        range: Range,
        block: u32,
        watch: &mut dyn FnMut(u64) -> bool,
        found: &mut dyn FnMut(u64, &[u8]),
    ) -> Moved {
        self.filled = None;
        let buffer = aligned(&mut self.buffer);
        let scratch = &mut self.scratch;
        pieces(range, watch, |offset, bytes| {
            let data = buffer.get_mut(..bytes).unwrap_or_default();
            drive.read_at(offset, data)?;
            if !pattern.matches(offset, data, scratch) {
                let size = block.max(1) as usize;
                for (i, have) in data.chunks(size).enumerate() {
                    let at = offset + (i * size) as u64;
                    if !pattern.matches(at, have, scratch) {
                        found(at, have);
                    }
                }
            }
            Ok(())
        })
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

/// Walks over `range` in operations of at most [`CHUNK`] bytes.
fn pieces(
    range: Range,
    watch: &mut dyn FnMut(u64) -> bool,
    mut operation: impl FnMut(u64, usize) -> Result<(), DriveError>,
) -> Moved {
    let mut bytes = 0;
    while bytes < range.bytes {
        let piece = (range.bytes - bytes).min(CHUNK as u64);
        match operation(range.offset + bytes, usize::try_from(piece).unwrap_or(CHUNK)) {
            Ok(()) => bytes += piece,
            Err(error) => return Moved { bytes, stop: Stop::Failed { bytes: piece, error } },
        }
        if !watch(bytes) {
            return Moved { bytes, stop: Stop::Asked };
        }
    }
    Moved { bytes, stop: Stop::End }
}

fn aligned(memory: &mut [u8]) -> &mut [u8] {
    let skip = memory.as_ptr().align_offset(ALIGNMENT);
    memory.get_mut(skip..skip + CHUNK).unwrap_or_default()
}
