//! Every engine over real files: the same bytes, the same findings, the same answers to trouble.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{EngineChoice, LinuxBay};
use crate::device::{Bay as _, Drive, Engine, Moved, Stop};
use crate::model::Range;
use crate::pattern::{Pattern, StreamKey};

const ENGINES: [EngineChoice; 2] = [EngineChoice::Auto, EngineChoice::Threads];
const MIB: u64 = 1 << 20;

/// A file that is removed at the end.
struct Image(PathBuf);

impl Image {
    fn new(name: &str, size: u64, fill: u8) -> Self {
        let name = format!("nulstil-engine-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, vec![fill; usize::try_from(size).unwrap()]).unwrap();
        Self(path)
    }

    fn content(&self) -> Vec<u8> {
        std::fs::read(&self.0).unwrap()
    }

    fn flip(&self, at: u64) {
        let file = OpenOptions::new().read(true).write(true).open(&self.0).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[!byte[0]], at).unwrap();
        file.sync_all().unwrap();
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn open(path: &Path, choice: EngineChoice) -> Arc<dyn Drive> {
    let bay = LinuxBay::live(choice);
    bay.open_exclusive(&bay.examine(path).unwrap()).unwrap()
}

fn engine(path: &Path, choice: EngineChoice, memory: usize) -> Box<dyn Engine> {
    open(path, choice).engine(memory)
}

fn stream() -> Pattern {
    Pattern::Stream(StreamKey::new([9; 16]))
}

fn whole(size: u64) -> Vec<Range> {
    vec![Range { offset: 0, bytes: size }]
}

#[test]
fn every_size_is_written_and_read_to_its_last_byte() {
    for choice in ENGINES {
        for size in [512, 4096, 512 * 1024, 3 * MIB + 512, 9 * MIB + 77] {
            for (pattern, memory) in
                [(Pattern::Constant(0x5a), 8 << 20), (stream(), 8 << 20), (stream(), 1 << 20)]
            {
                let image = Image::new("sizes", size, 0xa7);
                let mut engine = engine(&image.0, choice, memory);
                let moved = engine.write(&pattern, &whole(size), &mut |_| true);
                assert!(
                    matches!(moved, Moved { bytes, stop: Stop::End } if bytes == size),
                    "{choice:?} {size}: {moved:?}"
                );
                let content = image.content();
                assert_eq!(content.len() as u64, size);
                assert!(pattern.matches(0, &content, &mut vec![0; content.len()]));
                let mut found = 0;
                let moved =
                    engine.compare(&pattern, &whole(size), 512, &mut |_| true, &mut |_, _| {
                        found += 1;
                    });
                assert!(matches!(moved, Moved { bytes, stop: Stop::End } if bytes == size));
                assert_eq!(found, 0, "{choice:?} {size}");
            }
        }
    }
}

#[test]
fn every_wrong_block_is_found_once_and_in_order() {
    for choice in ENGINES {
        for pattern in [Pattern::Constant(0), stream()] {
            let size = 7 * MIB + 4096;
            let image = Image::new("wrong", size, 0);
            engine(&image.0, choice, 8 << 20).write(&pattern, &whole(size), &mut |_| true);
            let wrong = [0, 511, 512, MIB - 1, MIB, 5 * MIB + 700, size - 1];
            wrong.iter().for_each(|at| image.flip(*at));
            let mut found = Vec::new();
            let mut told = 0;
            engine(&image.0, choice, 8 << 20).compare(
                &pattern,
                &whole(size),
                512,
                &mut |done| {
                    told = done;
                    true
                },
                &mut |at, have| found.push((at / 512, have.len())),
            );
            let blocks = [0, 1, 2047, 2048, 10241, size / 512 - 1];
            let expected: Vec<_> = blocks.iter().map(|block| (*block, 512)).collect();
            let mut sorted = found.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, expected, "{choice:?}");
            assert!(told <= size);
        }
    }
}

#[test]
fn only_the_ranges_are_touched() {
    for choice in ENGINES {
        let image = Image::new("ranges", 4 * MIB, 0xa7);
        let ranges: Vec<Range> =
            (0..50).map(|n| Range { offset: n * 81_920, bytes: 4096 * (n % 5 + 1) }).collect();
        let all: u64 = ranges.iter().map(|range| range.bytes).sum();
        for pattern in [Pattern::Constant(1), stream()] {
            let mut engine = engine(&image.0, choice, 8 << 20);
            let moved = engine.write(&pattern, &ranges, &mut |_| true);
            assert!(matches!(moved, Moved { bytes, stop: Stop::End } if bytes == all));
            let content = image.content();
            let mut expected = vec![0xa7; content.len()];
            for range in &ranges {
                let (start, end) = (range.offset as usize, range.end() as usize);
                pattern.fill(range.offset, &mut expected[start..end]);
            }
            assert!(content == expected, "{choice:?}");
        }
    }
}

#[test]
fn a_drive_that_ends_early_is_told_where() {
    for choice in ENGINES {
        for pattern in [Pattern::Constant(0), stream()] {
            let image = Image::new("short", 6 * MIB, 0);
            let drive = open(&image.0, choice);
            let mut engine = drive.engine(8 << 20);
            engine.write(&pattern, &whole(6 * MIB), &mut |_| true);
            File::options().write(true).open(&image.0).unwrap().set_len(2 * MIB).unwrap();
            let moved =
                engine.compare(&pattern, &whole(6 * MIB), 512, &mut |_| true, &mut |at, _| {
                    panic!("{at} was found wrong");
                });
            assert!(moved.bytes <= 2 * MIB, "{choice:?}: {moved:?}");
            assert!(matches!(moved.stop, Stop::Failed { .. }), "{choice:?}: {moved:?}");
            // What is there can still be read, from where it stopped.
            let rest = Range::between(moved.bytes, 2 * MIB);
            let moved = engine.compare(&pattern, &[rest], 512, &mut |_| true, &mut |_, _| ());
            assert!(matches!(moved.stop, Stop::End), "{choice:?}: {moved:?}");
        }
    }
}

#[test]
fn it_stops_when_it_is_asked_and_goes_on_from_there() {
    for choice in ENGINES {
        for pattern in [Pattern::Constant(3), stream()] {
            let size = 64 * MIB;
            let image = Image::new("asked", size, 0xa7);
            let mut engine = engine(&image.0, choice, 8 << 20);
            let moved = engine.write(&pattern, &whole(size), &mut |_| false);
            let done = moved.bytes;
            if let Stop::End = moved.stop {
                assert_eq!(done, size, "{choice:?}");
            } else {
                assert!(matches!(moved.stop, Stop::Asked) && done < size, "{choice:?}: {moved:?}");
            }
            let rest = Range::between(done, size);
            engine.write(&pattern, &[rest], &mut |_| true);
            let content = image.content();
            assert!(pattern.matches(0, &content, &mut vec![0; content.len()]), "{choice:?}");
        }
    }
}

#[test]
fn where_io_uring_is_allowed_it_is_taken() {
    let image = Image::new("name", MIB, 0);
    let name = engine(&image.0, EngineChoice::Auto, 8 << 20).name();
    let allowed = io_uring::IoUring::new(2).is_ok();
    assert_eq!(name.starts_with("io_uring"), allowed, "{name}");
    let name = engine(&image.0, EngineChoice::Threads, 8 << 20).name();
    assert!(name.starts_with("threads"), "{name}");
}
