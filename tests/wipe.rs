//! The main job on disk images: erase, verify, certify, and look at the result from outside. What
//! each engine must show for itself is in `engines.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "tests run the program as people do, say what they skip, and fail loudly"
)]

mod common;

use std::fs;
use std::os::unix::fs::FileExt as _;

use common::{Bench, command, holds_only, nulstil, text};

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
    assert_eq!(names.len(), 5, "{names:?}");
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
