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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::device::DriveErrorKind;
    use crate::model::Identity;
    use crate::pattern::StreamKey;

    /// Keeps what it is asked, and fails where it should.
    #[derive(Default)]
    struct Asked {
        operations: Mutex<Vec<(u64, usize)>>,
        fails_at: Option<u64>,
        holds: Vec<u8>,
    }

    impl Asked {
        fn ask(&self, offset: u64, buffer: &[u8]) -> Result<(), DriveError> {
            assert_eq!(buffer.as_ptr().align_offset(ALIGNMENT), 0, "direct I/O needs alignment");
            self.operations.lock().unwrap().push((offset, buffer.len()));
            if self.fails_at == Some(offset) {
                return Err(DriveError { kind: DriveErrorKind::Media, message: String::new() });
            }
            Ok(())
        }
    }

    impl Drive for Asked {
        fn identify(&self) -> Result<Identity, DriveError> {
            Ok(crate::model::test_identity())
        }
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DriveError> {
            self.ask(offset, buffer)?;
            let start = usize::try_from(offset).unwrap();
            buffer.copy_from_slice(&self.holds[start..start + buffer.len()]);
            Ok(())
        }
        fn write_at(&self, offset: u64, data: &[u8]) -> Result<(), DriveError> {
            self.ask(offset, data)
        }
        fn flush(&self) -> Result<(), DriveError> {
            Ok(())
        }
        fn direct_io(&self) -> bool {
            true
        }
        fn reread_partitions(&self) -> Option<bool> {
            None
        }
    }

    const C: u64 = CHUNK as u64;

    #[test]
    fn every_byte_of_the_range_is_visited_once_in_order() {
        for (offset, bytes) in
            [(0, 512), (0, C), (0, C + 512), (4096, 3 * C - 512), (512, 1), (0, 0)]
        {
            let drive = Asked::default();
            let mut told = Vec::new();
            let moved = Engine::new().write(
                &drive,
                &Pattern::Constant(1),
                Range { offset, bytes },
                &mut |done| {
                    told.push(done);
                    true
                },
            );
            assert!(matches!(moved, Moved { bytes: done, stop: Stop::End } if done == bytes));
            let mut at = offset;
            for ((start, length), done) in drive.operations.into_inner().unwrap().iter().zip(&told)
            {
                assert_eq!(*start, at);
                at += *length as u64;
                assert_eq!(*done, at - offset);
            }
            assert_eq!(at, offset + bytes);
        }
    }

    #[test]
    fn it_says_where_it_stopped_and_why() {
        let range = Range { offset: 512, bytes: 2 * C + 512 };
        let drive = Asked { fails_at: Some(512 + 2 * C), ..Asked::default() };
        let mut engine = Engine::new();
        let moved = engine.write(&drive, &Pattern::Constant(1), range, &mut |_| true);
        assert_eq!(moved.bytes, 2 * C);
        assert!(matches!(moved.stop, Stop::Failed { bytes: 512, .. }), "{moved:?}");
        let moved = engine.write(&drive, &Pattern::Constant(1), range, &mut |done| done < C);
        assert!(matches!(moved, Moved { bytes: C, stop: Stop::Asked }), "{moved:?}");
    }

    #[test]
    fn compare_names_every_block_that_differs() {
        let key = Pattern::Stream(StreamKey::new([3; 16]));
        for pattern in [Pattern::Constant(0x5a), key] {
            // A last block that is not whole, as at the end of a disk image of odd size.
            let size = CHUNK + 3 * 512 + 100;
            let mut holds = vec![0; size];
            pattern.fill(0, &mut holds);
            let wrong = [0, 511, 512, CHUNK - 1, CHUNK, size - 1];
            wrong.iter().for_each(|at| holds[*at] ^= 1);
            let drive = Asked { holds, ..Asked::default() };
            let mut found = Vec::new();
            let range = Range { offset: 0, bytes: size as u64 };
            // The buffer was used for something else before.
            let mut engine = Engine::new();
            engine.write(&drive, &Pattern::Constant(7), range, &mut |_| true);
            let moved =
                engine.compare(&drive, &pattern, range, 512, &mut |_| true, &mut |at, have| {
                    found.push((at, have.len()));
                });
            assert!(matches!(moved.stop, Stop::End));
            let expected = [(0, 512), (512, 512), (C - 512, 512), (C, 512), (C + 3 * 512, 100)];
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_buffer_is_not_trusted_to_hold_the_last_constant() {
        /// Keeps what was written.
        struct Kept(Mutex<Vec<u8>>);
        impl Drive for Kept {
            fn identify(&self) -> Result<Identity, DriveError> {
                Ok(crate::model::test_identity())
            }
            fn read_at(&self, _: u64, buffer: &mut [u8]) -> Result<(), DriveError> {
                buffer.fill(0xee);
                Ok(())
            }
            fn write_at(&self, _: u64, data: &[u8]) -> Result<(), DriveError> {
                *self.0.lock().unwrap() = data.to_vec();
                Ok(())
            }
            fn flush(&self) -> Result<(), DriveError> {
                Ok(())
            }
            fn direct_io(&self) -> bool {
                true
            }
            fn reread_partitions(&self) -> Option<bool> {
                None
            }
        }
        let (drive, mut engine) = (Kept(Mutex::new(Vec::new())), Engine::new());
        let range = Range { offset: 0, bytes: 4096 };
        let stream = Pattern::Stream(StreamKey::new([3; 16]));
        let (zeros, ones) = (Pattern::Constant(0), Pattern::Constant(0xff));
        for pattern in [&zeros, &ones, &stream, &ones, &zeros, &zeros] {
            engine.write(&drive, pattern, range, &mut |_| true);
            assert!(pattern.matches(0, &drive.0.lock().unwrap(), &mut vec![0; 4096]));
            // A read in between uses the same memory.
            engine.compare(&drive, pattern, range, 512, &mut |_| true, &mut |_, _| ());
            engine.write(&drive, pattern, range, &mut |_| true);
            assert!(pattern.matches(0, &drive.0.lock().unwrap(), &mut vec![0; 4096]));
        }
    }
}
