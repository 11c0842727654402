//! Each engine does the main job on real loop devices and on disk images: it reaches the last
//! byte, finds what is wrong at its block, survives drives that fail, and is named in the
//! certificate. Simulated drives are in `simulated.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "tests run the program as people do, say what they skip, and fail loudly"
)]

#[macro_use]
mod common;

use std::fs;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{Bench, Engine, Loop, Mount, holds_only, holds_stream, is_root, read_json, text};
use serde_json::Value;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

for_each_engine! {
    zeros_and_random_are_on_every_byte_of_a_drive,
    images_of_odd_sizes_are_erased_to_their_last_byte,
    what_changed_since_it_was_written_is_found_at_its_block,
    a_drive_that_shrinks_fails_and_its_neighbour_is_certified,
    a_full_backing_store_is_not_sanitized,
}

/// Sizes that are multiples of nothing: of a chunk, of a MiB, of 4096.
fn zeros_and_random_are_on_every_byte_of_a_drive(engine: Engine) {
    if !is_root("zeros_and_random_are_on_every_byte_of_a_drive") {
        return;
    }
    let bench = Bench::new();
    for (sector, size) in [
        (512, 512),
        (512, 7 * MIB + 512),
        (512, 16 * MIB),
        (4096, 4096),
        (4096, 9 * MIB + 3 * 4096),
    ] {
        for passes in ["zeros", "random"] {
            let what = format!("{passes} on {size} bytes in sectors of {sector}");
            bench.clear();
            // A file of its own: the kernel may still be letting go of the last device.
            let file = bench.image(&what, size);
            let device = Loop::attach(&file, &["--sector-size", &sector.to_string()]);
            let options = [device.path(), "--passes", passes, "--verify", "full"];
            let ran = bench.wipe_by(engine, &options).expect(0);
            assert_eq!(ran.summary()["drives"][0]["outcome"], "sanitized", "{what}");
            let certificate = bench.certificate();
            let evidence = &certificate["credentialSubject"]["evidence"];
            assert_eq!(evidence["drive"]["kind"], "block-device");
            assert_eq!(evidence["drive"]["bus"], "loop");
            assert_eq!(evidence["drive"]["logicalBlockBytes"], sector);
            assert_eq!(evidence["directIo"], true);
            assert_eq!(evidence["passes"][0]["writtenBytes"], size, "{what}");
            assert_eq!(evidence["verification"]["readBytes"], size, "{what}");
            bench.verify().expect(0);
            drop(device);
            assert_eq!(fs::metadata(&file).unwrap().len(), size);
            match passes {
                "zeros" => assert!(holds_only(&file, 0), "{what}"),
                _ => assert!(holds_stream(&file, &certificate), "{what}"),
            }
        }
    }
}

fn images_of_odd_sizes_are_erased_to_their_last_byte(engine: Engine) {
    let bench = Bench::new();
    for size in [512, 513, 4096 + 512, 4 * MIB + 512, 4 * MIB - 512, 9 * MIB + 77] {
        for passes in ["ones", "random"] {
            bench.clear();
            let image = bench.image("disk.img", size);
            let options = [text(&image), "--passes", passes, "--verify", "full"];
            bench.wipe_by(engine, &options).expect(0);
            let certificate = bench.certificate();
            let evidence = &certificate["credentialSubject"]["evidence"];
            assert_eq!(evidence["passes"][0]["writtenBytes"], size);
            assert_eq!(evidence["verification"]["readBytes"], size);
            assert_eq!(fs::metadata(&image).unwrap().len(), size);
            match passes {
                "ones" => assert!(holds_only(&image, 0xff), "{size}"),
                _ => assert!(holds_stream(&image, &certificate), "{size}"),
            }
        }
    }
}

/// Somebody writes to three blocks of the backing file all the time, so also between the pass and
/// the read-back: exactly these blocks are found, wherever in an operation they lie.
fn what_changed_since_it_was_written_is_found_at_its_block(engine: Engine) {
    if !is_root("what_changed_since_it_was_written_is_found_at_its_block") {
        return;
    }
    let size = 32 * MIB + 512;
    let spoilt = [0, 5 * MIB - 512, size - 512];
    let bench = Bench::new();
    for passes in ["zeros", "random"] {
        bench.clear();
        let file = bench.image(passes, size);
        let device = Loop::attach(&file, &[]);
        let done = AtomicBool::new(false);
        let ran = std::thread::scope(|scope| {
            scope.spawn(|| {
                let file = fs::File::options().write(true).open(&file).unwrap();
                while !done.load(Ordering::Relaxed) {
                    for block in spoilt {
                        file.write_all_at(b"somebody's bytes", block + 100).unwrap();
                    }
                    std::thread::yield_now();
                }
            });
            let _done = common::Undo(|| done.store(true, Ordering::Relaxed));
            let options = [device.path(), "--passes", passes, "--verify", "full"];
            bench.wipe_by(engine, &options)
        });
        assert_eq!(ran.expect(1).summary()["drives"][0]["outcome"], "not-sanitized");
        let certificate = bench.certificate();
        assert_eq!(certificate["type"][1], "DataErasureFailureReport");
        let evidence = &certificate["credentialSubject"]["evidence"];
        assert_eq!(evidence["passes"][0]["writtenBytes"], size);
        let found = &evidence["verification"]["mismatches"];
        assert_eq!(found["count"], spoilt.len());
        let blocks = found["blocks"].as_array().unwrap();
        let mut lbas: Vec<u64> =
            blocks.iter().map(|block| block["lba"].as_u64().unwrap()).collect();
        lbas.sort_unstable();
        assert_eq!(lbas, spoilt.map(|offset| offset / 512), "{passes}");
        bench.verify().expect(1);
    }
}

/// A drive that shrinks in the middle of its run: its lost end is listed, and the other drive of
/// the run has its certificate of erasure.
fn a_drive_that_shrinks_fails_and_its_neighbour_is_certified(engine: Engine) {
    if !is_root("a_drive_that_shrinks_fails_and_its_neighbour_is_certified") {
        return;
    }
    let bench = Bench::new();
    let size = 384 * MIB;
    let (good, bad) = (bench.image("good", 5 * MIB + 512), bench.hole("bad", size));
    let (good, bad) = (Loop::attach(&good, &[]), Loop::attach(&bad, &[]));
    // Three passes, so that there is time to shrink.
    let options = [good.path(), bad.path(), "--passes", "dod-short-3", "--verify", "full"];
    let mut child = Command::new(common::NULSTIL)
        .args(bench.wipe_args_by(engine, &options))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while fs::metadata(&bad.file).unwrap().blocks() * 512 < 32 * MIB {
        assert!(child.try_wait().unwrap().is_none(), "it is over already");
        std::thread::sleep(Duration::from_millis(1));
    }
    bad.shrink(8 * MIB);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let last = output.stdout.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap();
    let last: Value = serde_json::from_slice(last).unwrap();
    bench.made_by(engine);
    assert_eq!(bench.results(".cert.json").len(), 2);
    let certificate = |drive: &Value| read_json(drive["certificate"].as_str().unwrap().as_ref());

    let [fine, failed] = &last["drives"].as_array().unwrap()[..] else { panic!("{last}") };
    assert_eq!(fine["outcome"], "sanitized");
    assert!(holds_stream(&good.file, &certificate(fine)));
    assert_eq!(failed["outcome"], "not-sanitized");
    let failed = certificate(failed);
    let evidence = &failed["credentialSubject"]["evidence"];
    let number = |value: &Value| value.as_u64().unwrap();
    let left = number(&evidence["aftermath"]["capacityBytes"]);
    assert!(left < size, "{evidence}");
    // Whichever pass it happened in, the last one knew of it.
    let pass = evidence["passes"].as_array().unwrap().last().unwrap();
    assert_eq!(number(&pass["writtenBytes"]), left, "{pass}");
    let lost = &pass["notWritten"]["ranges"];
    assert_eq!((number(&lost[0]["offset"]), number(&lost[0]["bytes"])), (left, size - left));
    bench.verify().expect(1);
}

/// A backing store that fills up. The kernel answers with errors for what has no room, but a loop
/// device takes a request of which only a part had room for a whole one: read-back finds exactly
/// what is not there.
fn a_full_backing_store_is_not_sanitized(engine: Engine) {
    if !is_root("a_full_backing_store_is_not_sanitized") {
        return;
    }
    let (room, size, block) = (512 * KIB, 768 * KIB, 4096);
    let bench = Bench::new();
    let small = format!("size={room}");
    let small = Mount::new(&["-t", "tmpfs", "-o", &small, "tmpfs"], &bench.path("small"));
    let sparse = small.0.join("sparse");
    fs::File::create(&sparse).unwrap().set_len(size).unwrap();
    let device = Loop::attach(&sparse, &["--sector-size", &block.to_string()]);
    // Small requests, so that most of them have no room at all.
    fs::write(device.sys("queue/max_sectors_kb"), "64").unwrap();
    // Ones: a hole reads as zeros.
    let options = [device.path(), "--passes", "ones", "--verify", "full"];
    let ran = bench.wipe_by(engine, &options).expect(1);
    assert_eq!(ran.summary()["drives"][0]["outcome"], "not-sanitized");
    let content = fs::read(&sparse).unwrap();
    let blocks = (0..).zip(content.chunks(block));
    let missing: Vec<u64> = blocks.filter(|(_, b)| b.contains(&0)).map(|(lba, _)| lba).collect();
    assert!(missing.len() as u64 >= (size - room) / block as u64);

    let certificate = bench.certificate();
    let evidence = &certificate["credentialSubject"]["evidence"];
    let found = &evidence["verification"]["mismatches"];
    assert_eq!(found["count"], missing.len());
    let listed = found["blocks"].as_array().unwrap();
    assert!(listed.iter().zip(&missing).all(|(found, lba)| found["lba"] == *lba), "{found}");
    let pass = &evidence["passes"][0];
    let lost = pass["notWritten"]["totalBytes"].as_u64().unwrap();
    assert_eq!(pass["writtenBytes"].as_u64().unwrap() + lost, size);
    assert!(lost >= size - room - 64 * KIB && lost <= (missing.len() * block) as u64, "{lost}");
    bench.verify().expect(1);
}
