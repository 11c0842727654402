//! The engine of simulated drives: one operation after another, in one buffer, so that a test
//! says at which operation something happens.

use std::sync::Arc;

use crate::device::{Drive, DriveError, Engine, Moved, Stop};
use crate::model::Range;
use crate::pattern::Pattern;

/// The largest operation, in bytes. A multiple of every block size there is.
const LARGEST: usize = 4 << 20;

/// Direct I/O wants buffers aligned to the logical block size; this is enough for all of them.
const ALIGNMENT: usize = 4096;

/// One operation after another.
#[derive(Debug)]
pub(super) struct Sequential<D: ?Sized> {
    drive: Arc<D>,
    buffer: Vec<u8>,
    scratch: Vec<u8>,
    chunk: usize,
    /// The byte that the buffer is full of, if it is: a constant need not be filled in twice.
    constant: Option<u8>,
}

impl<D: Drive + ?Sized> Sequential<D> {
    /// An engine with two buffers that together take `memory` bytes, or 8 MiB if that is less.
    pub(super) fn new(drive: Arc<D>, memory: usize) -> Self {
        let chunk = (memory / 2).clamp(64 << 10, LARGEST) / ALIGNMENT * ALIGNMENT;
        let buffer = vec![0; chunk + ALIGNMENT];
        Self { drive, buffer, scratch: vec![0; chunk], chunk, constant: None }
    }
}

impl<D: Drive + ?Sized> Engine for Sequential<D> {
    fn name(&self) -> String {
        let way = if self.drive.direct_io() { "direct" } else { "buffered" };
        format!("sequential, {way}, {} KiB", self.chunk / 1024)
    }

    fn write(
        &mut self,
        pattern: &Pattern,
        ranges: &[Range],
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> Moved {
        let buffer = aligned(&mut self.buffer, self.chunk);
        self.constant = match pattern {
            Pattern::Constant(byte) => {
                if self.constant != Some(*byte) {
                    buffer.fill(*byte);
                }
                Some(*byte)
            }
            Pattern::Stream(_) => None,
        };
        let drive = &self.drive;
        pieces(ranges, self.chunk, watch, |offset, bytes| {
            let data = buffer.get_mut(..bytes).unwrap_or_default();
            if matches!(pattern, Pattern::Stream(_)) {
                pattern.fill(offset, data);
            }
            drive.write_at(offset, data)
        })
    }

    fn compare(
        &mut self,
        pattern: &Pattern,
        ranges: &[Range],
        block: u32,
        watch: &mut dyn FnMut(u64) -> bool,
        found: &mut dyn FnMut(u64, &[u8]),
    ) -> Moved {
        self.constant = None;
        let buffer = aligned(&mut self.buffer, self.chunk);
        let (drive, scratch) = (&self.drive, &mut self.scratch);
        pieces(ranges, self.chunk, watch, |offset, bytes| {
            let data = buffer.get_mut(..bytes).unwrap_or_default();
            drive.read_at(offset, data)?;
            pattern.differences(offset, data, block, scratch, found);
            Ok(())
        })
    }
}

/// Walks over the ranges in operations of at most `chunk` bytes.
fn pieces(
    ranges: &[Range],
    chunk: usize,
    watch: &mut dyn FnMut(u64) -> bool,
    mut operation: impl FnMut(u64, usize) -> Result<(), DriveError>,
) -> Moved {
    let mut done = 0;
    for range in ranges {
        let mut at = 0;
        while at < range.bytes {
            let piece = (range.bytes - at).min(chunk as u64);
            match operation(range.offset + at, usize::try_from(piece).unwrap_or(chunk)) {
                Ok(()) => at += piece,
                Err(error) => {
                    return Moved { bytes: done + at, stop: Stop::Failed { bytes: piece, error } };
                }
            }
            if !watch(done + at) {
                return Moved { bytes: done + at, stop: Stop::Asked };
            }
        }
        done += range.bytes;
    }
    Moved { bytes: done, stop: Stop::End }
}

fn aligned(memory: &mut [u8], chunk: usize) -> &mut [u8] {
    let skip = memory.as_ptr().align_offset(ALIGNMENT);
    memory.get_mut(skip..skip + chunk).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use std::time::Duration;

    use crate::device::{Channel, DriveErrorKind, Protocol};
    use crate::model::Identity;
    use crate::pattern::StreamKey;
    use crate::proto::{Answer, Command, NoAnswer};

    /// Keeps what it is asked, and fails where it should.
    #[derive(Default)]
    struct Asked {
        operations: Mutex<Vec<(u64, usize)>>,
        fails_at: Option<u64>,
        holds: Mutex<Vec<u8>>,
    }

    impl Asked {
        fn ask(&self, offset: u64, buffer: &[u8]) -> Result<usize, DriveError> {
            assert_eq!(buffer.as_ptr().align_offset(ALIGNMENT), 0, "direct I/O needs alignment");
            self.operations.lock().unwrap().push((offset, buffer.len()));
            if self.fails_at == Some(offset) {
                return Err(DriveError { kind: DriveErrorKind::Media, message: String::new() });
            }
            let needed = usize::try_from(offset).unwrap() + buffer.len();
            let mut holds = self.holds.lock().unwrap();
            let longest = holds.len().max(needed);
            holds.resize(longest, 0);
            Ok(usize::try_from(offset).unwrap())
        }
    }

    impl Channel for Asked {
        fn protocol(&self) -> Result<Protocol, String> {
            Err(String::new())
        }
        fn send(&self, _: &Command, _: Duration) -> Result<Answer, NoAnswer> {
            Err(NoAnswer::NotSent(String::new()))
        }
    }

    impl Drive for Asked {
        fn identify(&self) -> Result<Identity, DriveError> {
            Ok(crate::model::test_identity())
        }
        fn rescan(&self) -> Result<(), DriveError> {
            Ok(())
        }
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DriveError> {
            let start = self.ask(offset, buffer)?;
            buffer.copy_from_slice(&self.holds.lock().unwrap()[start..start + buffer.len()]);
            Ok(())
        }
        fn write_at(&self, offset: u64, data: &[u8]) -> Result<(), DriveError> {
            let start = self.ask(offset, data)?;
            self.holds.lock().unwrap()[start..start + data.len()].copy_from_slice(data);
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
        fn reset(&self) -> Result<String, String> {
            Err(String::new())
        }
        fn engine(self: Arc<Self>, memory: usize) -> Box<dyn Engine> {
            Box::new(Sequential::new(self, memory))
        }
    }

    const CHUNK: usize = 256 << 10;
    const C: u64 = CHUNK as u64;

    fn engine(drive: &Arc<Asked>) -> Sequential<Asked> {
        Sequential::new(Arc::clone(drive), 2 * CHUNK)
    }

    fn one(offset: u64, bytes: u64) -> Vec<Range> {
        vec![Range { offset, bytes }]
    }

    #[test]
    fn every_byte_of_the_ranges_is_visited_once_in_order() {
        for ranges in [
            one(0, 512),
            one(0, C),
            one(0, C + 512),
            one(4096, 3 * C - 512),
            one(512, 1),
            one(0, 0),
            Vec::new(),
            vec![Range { offset: 512, bytes: C + 1 }, Range { offset: 4 * C, bytes: 2 * C }],
        ] {
            let drive = Arc::new(Asked::default());
            let all: u64 = ranges.iter().map(|range| range.bytes).sum();
            let mut told = Vec::new();
            let moved = engine(&drive).write(&Pattern::Constant(1), &ranges, &mut |done| {
                told.push(done);
                true
            });
            assert!(matches!(moved, Moved { bytes: done, stop: Stop::End } if done == all));
            let operations = drive.operations.lock().unwrap();
            let mut done = 0;
            let mut expected = ranges.iter().flat_map(|range| range.offset..range.end());
            for ((offset, length), told) in operations.iter().zip(&told) {
                assert!(*length <= CHUNK);
                let bytes: Vec<u64> = expected.by_ref().take(*length).collect();
                assert_eq!((bytes[0], bytes.len()), (*offset, *length));
                done += *length as u64;
                assert_eq!(*told, done);
            }
            assert_eq!(expected.next(), None);
        }
    }

    #[test]
    fn it_says_where_it_stopped_and_why() {
        let ranges = [Range { offset: 512, bytes: C }, Range { offset: 4 * C, bytes: C + 512 }];
        let drive = Arc::new(Asked { fails_at: Some(5 * C), ..Asked::default() });
        let moved = engine(&drive).write(&Pattern::Constant(1), &ranges, &mut |_| true);
        assert_eq!(moved.bytes, 2 * C);
        assert!(matches!(moved.stop, Stop::Failed { bytes: 512, .. }), "{moved:?}");
        let moved = engine(&drive).write(&Pattern::Constant(1), &ranges, &mut |done| done < C);
        assert!(matches!(moved, Moved { bytes: C, stop: Stop::Asked }), "{moved:?}");
    }

    #[test]
    fn a_buffer_is_not_trusted_to_hold_the_last_constant() {
        let drive = Arc::new(Asked::default());
        let mut engine = engine(&drive);
        let ranges = one(0, 4096);
        let stream = Pattern::Stream(StreamKey::new([3; 16]));
        let (zeros, ones) = (Pattern::Constant(0), Pattern::Constant(0xff));
        for pattern in [&zeros, &ones, &stream, &ones, &zeros, &zeros] {
            for _ in 0..2 {
                engine.write(pattern, &ranges, &mut |_| true);
                let holds = drive.holds.lock().unwrap().clone();
                assert!(pattern.matches(0, &holds, &mut vec![0; 4096]));
                // A read in between uses the same memory.
                drive.holds.lock().unwrap().fill(0xee);
                engine.compare(pattern, &ranges, 512, &mut |_| true, &mut |_, _| ());
            }
        }
    }
}
