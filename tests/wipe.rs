//! The main job on disk images and on real loop devices: erase, verify, certify, and look at the
//! result from outside.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "tests run the program as people do, say what they skip, and fail loudly"
)]

mod common;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;

use common::{Bench, Loop, command, holds_only, is_root, nulstil, text};

const MIB: u64 = 1 << 20;

#[test]
fn zeros_on_a_disk_image() {
    let bench = Bench::new();
    let image = bench.image("disk.img", 24 * MIB);
    let ran = bench.wipe(&[text(&image)]).expect(0);
    assert!(holds_only(&image, 0));
    assert_eq!(fs::metadata(&image).unwrap().len(), 24 * MIB);

    let drive = &ran.summary()["drives"][0];
    assert_eq!(drive["outcome"], "sanitized");
    assert_eq!(drive["path"], text(&image));
    assert_eq!(drive["certificate"], text(&bench.results(".cert.json")[0]));

    let judged = bench.verify().expect(0).json();
    assert_eq!(judged[0]["verdict"], "authentic");
    assert_eq!(judged[0]["conclusion"], "sanitized");
    assert_eq!(judged[0]["method"], "clear");

    let certificate = bench.certificate();
    assert_eq!(certificate["type"][1], "DataErasureCertificate");
    assert_eq!(certificate["credentialSubject"]["type"], "DiskImage");
    assert_eq!(certificate["credentialSubject"]["path"], text(&image));
    assert_eq!(bench.results(".machine.json").len(), 1);
    // Nothing temporary is left, and nothing else looks like a certificate.
    let names: Vec<_> =
        fs::read_dir(bench.out()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn every_scheme_leaves_what_its_last_pass_writes() {
    for (scheme, byte, passes) in [
        ("zeros", Some(0), 1),
        ("ones", Some(0xff), 1),
        ("byte=5A", Some(0x5a), 1),
        ("nist-clear", Some(0), 1),
        ("random", None, 1),
        ("dod-short-3", None, 3),
        ("hmg-is5-enhanced", None, 3),
    ] {
        let bench = Bench::new();
        let image = bench.image("disk.img", 3 * MIB + 512);
        bench.wipe(&[text(&image), "--passes", scheme, "--verify", "full"]).expect(0);
        let evidence = &bench.certificate()["credentialSubject"]["evidence"];
        assert_eq!(evidence["passes"].as_array().unwrap().len(), passes, "{scheme}");
        match byte {
            Some(byte) => assert!(holds_only(&image, byte), "{scheme}"),
            None => assert!(!holds_only(&image, 0xa7) && !holds_only(&image, 0)),
        }
    }
}

/// The auditor's re-check years later: any block of a random pass can be made with openssl.
#[test]
fn openssl_makes_a_random_pass_again() {
    let bench = Bench::new();
    let image = bench.image("disk.img", 5 * MIB);
    bench.wipe(&[text(&image), "--passes", "random"]).expect(0);
    let certificate = bench.certificate();
    let key = &certificate["credentialSubject"]["evidence"]["passes"][0]["key"];
    let stream = bench.path("stream");
    let zeros = bench.path("zeros");
    fs::write(&zeros, vec![0; 4096]).unwrap();
    // The block at byte 4 MiB: counter 4 MiB / 16 = 0x40000.
    let made = command(
        "openssl",
        &[
            "enc",
            "-aes-128-ctr",
            "-nopad",
            "-K",
            key["revealed"].as_str().unwrap(),
            "-iv",
            "00000000000000000000000000040000",
            "-in",
            text(&zeros),
            "-out",
            text(&stream),
        ],
    );
    if !made {
        common::skipped("openssl_makes_a_random_pass_again", "there is no openssl");
        return;
    }
    let mut block = vec![0; 4096];
    let file = fs::File::open(&image).unwrap();
    file.read_exact_at(&mut block, 4 * MIB).unwrap();
    assert_eq!(fs::read(&stream).unwrap(), block);
}

#[test]
fn a_kept_key_is_committed_to_and_not_shown() {
    let bench = Bench::new();
    let image = bench.image("disk.img", MIB);
    let policy = bench.path("policy.toml");
    fs::write(&policy, "[policy]\nrandom_key = \"keep\"\n").unwrap();
    bench.wipe(&[text(&image), "--passes", "random", "--policy", text(&policy)]).expect(0);
    let key = &bench.certificate()["credentialSubject"]["evidence"]["passes"][0]["key"];
    assert_eq!(key["sha256"].as_str().unwrap().len(), 64);
    assert!(key["revealed"].is_null());
    bench.verify().expect(0);
}

#[test]
fn odd_sizes_are_erased_to_their_last_byte() {
    for size in [512, 513, 4096 + 512, 4 * MIB, 4 * MIB + 512, 4 * MIB - 512, 9 * MIB + 77] {
        for passes in ["ones", "random"] {
            let bench = Bench::new();
            let image = bench.image("disk.img", size);
            bench.wipe(&[text(&image), "--passes", passes, "--verify", "full"]).expect(0);
            let evidence = &bench.certificate()["credentialSubject"]["evidence"];
            assert_eq!(evidence["passes"][0]["writtenBytes"], size);
            assert_eq!(evidence["verification"]["readBytes"], size);
            let content = fs::read(&image).unwrap();
            assert_eq!(content.len() as u64, size);
            if passes == "ones" {
                assert!(content.iter().all(|byte| *byte == 0xff), "{size}");
            }
        }
    }
}

#[test]
fn nothing_verified_is_never_sanitized() {
    let bench = Bench::new();
    let image = bench.image("disk.img", MIB);
    let ran = bench.wipe(&[text(&image), "--verify", "none"]).expect(1);
    assert_eq!(ran.summary()["drives"][0]["outcome"], "indeterminate");
    assert_eq!(bench.certificate()["type"][1], "DataErasureUnverifiedReport");
    let judged = bench.verify().expect(1).json();
    assert_eq!(judged[0]["verdict"], "authentic");
    assert_eq!(judged[0]["conclusion"], "indeterminate");
}

#[test]
fn two_images_in_one_run_have_two_certificates() {
    let bench = Bench::new();
    let (a, b) = (bench.image("a.img", 6 * MIB), bench.image("b.img", 2 * MIB));
    let ran = bench.wipe(&[text(&b), text(&a), "--passes", "random"]).expect(0);
    let summary = ran.summary();
    assert_eq!(summary["drives"][0]["path"], text(&b));
    assert_eq!(summary["drives"][1]["path"], text(&a));
    assert_eq!(bench.results(".cert.json").len(), 2);
    let machine = common::read_json(&bench.results(".machine.json")[0]);
    let drives = machine["credentialSubject"]["drives"].as_array().unwrap();
    let named: Vec<_> = drives.iter().filter(|drive| drive["outcome"] == "sanitized").collect();
    assert_eq!(named.len(), 2);
    // The report names the certificates by their digests.
    let judged = bench.verify().expect(0).json();
    for drive in named {
        let digest = &drive["certificateDigest"];
        assert!(judged.iter().any(|judgement| &judgement["digest"] == digest), "{digest}");
    }
    // Two random passes have two keys.
    let key = |path| {
        let document = common::read_json(path);
        document["credentialSubject"]["evidence"]["passes"][0]["key"]["sha256"].clone()
    };
    let certificates = bench.results(".cert.json");
    assert_ne!(key(&certificates[0]), key(&certificates[1]));
}

/// The same drives and options give the same digest; anything that changes what is done does not.
#[test]
fn the_digest_is_of_what_is_done() {
    let bench = Bench::new();
    let (a, b) = (bench.image("a.img", MIB), bench.image("b.img", MIB));
    let (a, b) = (text(&a), text(&b));
    let link = bench.path("link");
    std::os::unix::fs::symlink(a, &link).unwrap();
    assert_eq!(bench.digest(&[a, b]), bench.digest(&[b, a]));
    assert_eq!(bench.digest(&[a]), bench.digest(&[text(&link)]));
    assert_eq!(bench.digest(&[a]), bench.digest(&[a, "--verify", "sample", "--method", "clear"]));
    assert_ne!(bench.digest(&[a]), bench.digest(&[b]));
    assert_ne!(bench.digest(&[a]), bench.digest(&[a, "--verify", "full"]));
    assert_ne!(bench.digest(&[a]), bench.digest(&[a, "--passes", "random"]));
}

#[test]
fn loop_device_zeros_and_random_with_full_verify() {
    if !is_root("loop_device_zeros_and_random_with_full_verify") {
        return;
    }
    for (options, size) in [
        (&[][..], 32 * MIB),
        (&[][..], 7 * MIB + 512),
        (&["--sector-size", "4096"][..], 8 * MIB + 4096),
    ] {
        for passes in ["zeros", "random"] {
            let bench = Bench::new();
            let file = bench.image("backing", size);
            let device = Loop::attach(&file, options);
            let ran =
                bench.wipe(&[device.path(), "--passes", passes, "--verify", "full"]).expect(0);
            assert_eq!(ran.summary()["drives"][0]["outcome"], "sanitized");
            let certificate = bench.certificate();
            let evidence = &certificate["credentialSubject"]["evidence"];
            assert_eq!(evidence["drive"]["kind"], "block-device");
            assert_eq!(evidence["drive"]["bus"], "loop");
            assert_eq!(evidence["directIo"], true);
            assert_eq!(evidence["passes"][0]["writtenBytes"], size);
            bench.verify().expect(0);
            drop(device);
            let content = fs::read(&file).unwrap();
            assert_eq!(content.len() as u64, size);
            if passes == "zeros" {
                assert!(content.iter().all(|byte| *byte == 0));
            } else {
                assert!(!content.as_chunks::<16>().0.contains(&[0xa7; 16]));
                assert!(!content.as_chunks::<16>().0.contains(&[0; 16]));
            }
        }
    }
}

/// A bit that flips in the backing file between the last write and the read-back is found at its
/// block: the program is stopped at the moment it says that it begins to read.
#[test]
fn a_flipped_bit_is_found_at_its_block() {
    if !is_root("a_flipped_bit_is_found_at_its_block") {
        return;
    }
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};
    let bench = Bench::new();
    let size = 64 * MIB;
    let file = bench.image("backing", size);
    let device = Loop::attach(&file, &[]);
    let args = bench.wipe_args(&[device.path(), "--passes", "random", "--verify", "full"]);
    let mut child =
        Command::new(common::NULSTIL).args(args).stdout(Stdio::piped()).spawn().unwrap();
    // Events are printed by another thread than the one that reads the drive, so the flip may
    // come late for the first blocks; it is made in the last one.
    let offset = size - 1024 + 100;
    let mut outcome = None;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let event: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        if event["event"] == "verifying" {
            let file = OpenOptions::new().read(true).write(true).open(&file).unwrap();
            let mut byte = [0];
            file.read_exact_at(&mut byte, offset).unwrap();
            file.write_all_at(&[byte[0] ^ 4], offset).unwrap();
        }
        if event["event"] == "summary" {
            outcome = Some(event["drives"][0]["outcome"].clone());
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(outcome.unwrap(), "not-sanitized");
    let certificate = bench.certificate();
    assert_eq!(certificate["type"][1], "DataErasureFailureReport");
    let mismatches = &certificate["credentialSubject"]["evidence"]["verification"]["mismatches"];
    assert_eq!(mismatches["count"], 1);
    assert_eq!(mismatches["blocks"][0]["lba"], offset / 512);
    bench.verify().expect(1);
}

/// A drive that shrinks in the middle: its lost end is listed, and the other drive is certified.
#[test]
fn one_drive_fails_in_the_middle_and_the_other_is_certified() {
    if !is_root("one_drive_fails_in_the_middle_and_the_other_is_certified") {
        return;
    }
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};
    let bench = Bench::new();
    let (good, bad) = (bench.image("good", 48 * MIB), bench.image("bad", 512 * MIB));
    let (good, bad) = (Loop::attach(&good, &[]), Loop::attach(&bad, &[]));
    let args = bench.wipe_args(&[good.path(), bad.path(), "--passes", "random"]);
    let mut child = Command::new(common::NULSTIL)
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut summary = None;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let event: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        if event["event"] == "started" && event["path"] == bad.path() {
            OpenOptions::new().write(true).open(&bad.file).unwrap().set_len(16 * MIB).unwrap();
            bad.reread_size();
        }
        if event["event"] == "summary" {
            summary = Some(event);
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let summary = summary.unwrap();
    assert_eq!(summary["drives"][0]["outcome"], "sanitized");
    assert_eq!(summary["drives"][1]["outcome"], "not-sanitized");
    assert_eq!(bench.results(".cert.json").len(), 2);
    let failed = common::read_json(std::path::Path::new(
        summary["drives"][1]["certificate"].as_str().unwrap(),
    ));
    let pass = &failed["credentialSubject"]["evidence"]["passes"][0];
    let lost = pass["notWritten"]["totalBytes"].as_u64().unwrap();
    assert_eq!(pass["writtenBytes"].as_u64().unwrap() + lost, 512 * MIB);
    let end = &pass["notWritten"]["ranges"][0];
    assert_eq!(
        end["offset"].as_u64().unwrap() + end["bytes"].as_u64().unwrap(),
        512 * MIB,
        "the lost stretch is the end of the drive"
    );
    bench.verify().expect(1);
}

/// A backing store that fills up: the kernel answers with errors for what has no room.
#[test]
fn a_full_backing_store_is_not_sanitized() {
    if !is_root("a_full_backing_store_is_not_sanitized") {
        return;
    }
    let bench = Bench::new();
    let small =
        common::Mount::new(&["-t", "tmpfs", "-o", "size=8m", "tmpfs"], &bench.path("small"));
    let sparse = small.0.join("sparse");
    fs::File::create(&sparse).unwrap().set_len(16 * MIB).unwrap();
    let device = Loop::attach(&sparse, &[]);
    let policy = bench.path("policy.toml");
    fs::write(&policy, "[policy]\ntrouble_minutes = 1\n").unwrap();
    let ran = bench.wipe(&[device.path(), "--policy", text(&policy)]).expect(1);
    assert_eq!(ran.summary()["drives"][0]["outcome"], "not-sanitized");
    let pass = &bench.certificate()["credentialSubject"]["evidence"]["passes"][0];
    let lost = pass["notWritten"]["totalBytes"].as_u64().unwrap();
    assert!(lost > 4 * MIB && lost < 16 * MIB, "{lost}");
    bench.verify().expect(1);
}

/// The demo, as a newcomer runs it, twice.
#[test]
fn the_demo_shows_erasure_proof_and_forgery() {
    let dir = tempfile::tempdir().unwrap();
    let demo = dir.path().join("demo");
    for _ in 0..2 {
        let ran = nulstil(["demo", "--dir", text(&demo)]).expect(0);
        let paths: Vec<_> = ran.stdout.lines().filter(|line| line.starts_with('/')).collect();
        let ending = |ending: &str| paths.iter().filter(|path| path.ends_with(ending)).count();
        assert_eq!((ending(".cert.json"), ending(".forged.json")), (1, 1), "{paths:?}");
        assert!(paths.iter().all(|path| std::path::Path::new(path).exists()));
        assert!(holds_only(&demo.join("disk.img"), 0));
        let root = demo.join("root.pub");
        nulstil(["verify", text(&demo), "--root", text(&root)]).expect(0);
        let forged = paths.iter().find(|path| path.ends_with(".forged.json")).unwrap();
        nulstil(["verify", forged, "--root", text(&root)]).expect(4);
        let genuine = paths.iter().find(|path| path.ends_with(".cert.json")).unwrap();
        let (genuine, forged) = (fs::read(genuine).unwrap(), fs::read(forged).unwrap());
        assert_eq!(genuine.len(), forged.len());
        assert_eq!(genuine.iter().zip(&forged).filter(|(a, b)| a != b).count(), 1);
        fs::write(demo.join("mine.txt"), "somebody's own file").unwrap();
    }
    assert_eq!(fs::read_to_string(demo.join("mine.txt")).unwrap(), "somebody's own file");
}
