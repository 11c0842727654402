//! `nulstil inspect` as people run it, on loop devices and files.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests run the program as people do, and fail loudly"
)]

mod common;

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::process::{Command, Stdio};

use common::{Bench, Loop, Mounted, NULSTIL, Ran, Watched, is_root, nulstil, read_json, text};
use serde_json::{Value, json};

const MIB: u64 = 1 << 20;

fn inspect_args(bench: &Bench, drives_and_options: &[&str]) -> Vec<String> {
    let mut args = vec!["inspect".to_owned(), "--json".to_owned()];
    args.extend(drives_and_options.iter().map(|arg| (*arg).to_owned()));
    args.extend(bench.station());
    args
}

fn inspect(bench: &Bench, drives_and_options: &[&str]) -> Ran {
    nulstil(inspect_args(bench, drives_and_options))
}

/// The only document on a drive.
#[track_caller]
fn document(bench: &Bench) -> Value {
    let found = bench.results(".inspection.json");
    assert_eq!(found.len(), 1, "{found:?}");
    read_json(&found[0])
}

/// `verify` of what is in `--out`, with completeness.
fn verify(bench: &Bench) -> Ran {
    let root = bench.path("root.pub");
    nulstil(["verify", "--json", "--complete", text(&bench.out()), "--root", text(&root)])
}

#[test]
fn a_blank_drive_is_found_blank_and_nothing_is_written_to_it() {
    if !is_root("a_blank_drive_is_found_blank_and_nothing_is_written_to_it") {
        return;
    }
    for options in [&[][..], &["--sector-size", "4096"]] {
        let bench = Bench::new();
        let file = bench.hole("drive", 24 * MIB);
        let drive = Loop::attach(&file, options);
        let watched = Watched::new([&file]);
        let ran = inspect(&bench, &[drive.path(), "--asset-tag", "A1"]).expect(0);
        watched.unchanged();
        assert_eq!(ran.summary()["drives"][0]["outcome"], "found-blank");
        let document = document(&bench);
        assert_eq!(document["type"][1], "BlankDriveReport");
        let subject = &document["credentialSubject"];
        assert_eq!(subject["conclusion"]["verdict"], "blank");
        assert_eq!(subject["evidence"]["filling"], 0);
        assert_eq!(subject["evidence"]["directIo"], true);
        assert_eq!(subject["paperwork"]["assetTag"], "A1");
        assert_eq!(bench.results(".cert.json").len(), 0);
        assert_eq!(bench.results(".journal").len(), 0);

        // Authentic, complete, and no proof of an erasure.
        let ran = verify(&bench).expect(1);
        let lines = ran.json();
        let line = lines.iter().find(|line| line["found"] == "blank").unwrap();
        assert_eq!((&line["verdict"], &line["conclusion"]), (&json!("authentic"), &Value::Null));
        let summary = lines.iter().find(|line| line["event"] == "summary").unwrap();
        assert_eq!(summary["foundBlank"], 1);
        assert_eq!(summary["sanitized"], 0);
        assert_eq!(summary["completeness"], "complete", "{ran:?}");
        let ran = nulstil(["verify", text(&bench.out()), "--root", text(&bench.path("root.pub"))]);
        assert!(ran.stdout.contains("FOUND BLANK, NOT ERASED BY US"), "{}", ran.stdout);
        assert!(!ran.stdout.contains("SANITIZED"), "{}", ran.stdout);
        let blank = bench.results(".inspection.json").remove(0);
        ran.expect(1).says(&[text(&blank), "nobody here erased the drive"]);
    }
}

#[test]
fn one_byte_at_the_end_is_found() {
    if !is_root("one_byte_at_the_end_is_found") {
        return;
    }
    for (options, lba) in [(&[][..], 24 * MIB / 512 - 1), (&["-b", "4096"], 24 * MIB / 4096 - 1)] {
        let bench = Bench::new();
        let file = bench.hole("drive", 24 * MIB);
        File::options().write(true).open(&file).unwrap().write_at(&[1], 24 * MIB - 1).unwrap();
        let drive = Loop::attach(&file, options);
        let watched = Watched::new([&file]);
        let ran = inspect(&bench, &[drive.path()]).expect(1);
        watched.unchanged();
        assert_eq!(ran.summary()["drives"][0]["outcome"], "not-blank");
        let document = document(&bench);
        assert_eq!(document["type"][1], "DriveInspectionReport");
        let differing = &document["credentialSubject"]["evidence"]["differing"];
        assert_eq!(differing["count"], 1);
        assert_eq!(differing["blocks"][0]["lba"], lba);
        let summary = verify(&bench).expect(1).json().pop().unwrap();
        assert_eq!((&summary["foundBlank"], &summary["notFoundBlank"]), (&json!(0), &json!(1)));
    }
}

/// The kernel itself lets nothing be written: a loop device that is read-only can be inspected, and
/// cannot be erased.
#[test]
fn a_write_protected_drive_can_be_inspected() {
    if !is_root("a_write_protected_drive_can_be_inspected") {
        return;
    }
    let bench = Bench::new();
    let file = bench.hole("drive", 8 * MIB);
    let drive = Loop::attach(&file, &["--read-only"]);
    bench.refuses(&[drive.path()], &["read-only"], &[drive.path()]);
    inspect(&bench, &[drive.path()]).expect(0);
    assert_eq!(document(&bench)["type"][1], "BlankDriveReport");
}

#[test]
fn what_is_in_use_or_named_twice_is_not_read() {
    if !is_root("what_is_in_use_or_named_twice_is_not_read") {
        return;
    }
    let bench = Bench::new();
    let mounted = Mounted::new(&bench, "mounted");
    let ran = inspect(&bench, &[mounted.device.path()]).expect(3);
    common::plain_words(&ran, &["mounted"]);
    assert_eq!(ran.summary()["drives"][0]["outcome"], "refused");
    let image = bench.hole("image", MIB);
    let ran = inspect(&bench, &[text(&image), text(&image)]).expect(3);
    common::plain_words(&ran, &["name it once"]);
    let ran = inspect(&bench, &[text(&bench.path("nothing"))]).expect(3);
    common::plain_words(&ran, &["nothing"]);
    inspect(&bench, &[]).expect(2);
    bench.nothing_written();
}

/// A file is a disk image, and stays one.
#[test]
fn a_blank_file_is_a_blank_disk_image() {
    let bench = Bench::new();
    let image = bench.hole("image", 2 * MIB + 512);
    inspect(&bench, &[text(&image), "--engine", "threads"]).expect(0);
    assert_eq!(document(&bench)["credentialSubject"]["type"], "DiskImage");
    let ran = nulstil(["verify", text(&bench.out()), "--root", text(&bench.path("root.pub"))]);
    assert!(ran.stdout.contains("DISK IMAGE, not a drive"), "{}", ran.stdout);
}

/// SIGKILL in the middle: nothing was written to the drive, and nothing is left that says anything
/// of it, or that would have to be accounted for.
#[test]
fn a_killed_inspection_leaves_nothing() {
    let bench = Bench::new();
    let image = bench.hole("image", 512 * MIB);
    let mut child = Command::new(NULSTIL)
        .args(inspect_args(&bench, &[text(&image), "--engine", "threads"]))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Once it says that it reads, it has not read half a gigabyte.
    use std::io::{BufRead as _, BufReader};
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("\"inspecting\"")));
    child.kill().unwrap();
    child.wait().unwrap();
    for ending in [".inspection.json", ".start.json", ".machine.json"] {
        let found = bench.results(ending);
        assert!(found.is_empty(), "{found:?}");
    }
    // The next one is as good as the first, and finds the folder whole.
    let small = bench.hole("small", MIB);
    inspect(&bench, &[text(&small)]).expect(0);
    let summary = verify(&bench).expect(1).json().pop().unwrap();
    assert_eq!(summary["completeness"], "complete");
}

/// What was changed after it was signed is refused, whatever it is.
#[test]
fn a_forged_report_is_refused() {
    let bench = Bench::new();
    let image = bench.path("image");
    fs::write(&image, [&vec![0; 4096][..], &[1]].concat()).unwrap();
    inspect(&bench, &[text(&image)]).expect(1);
    let path = bench.results(".inspection.json").remove(0);
    let genuine = read_json(&path);
    let changes: [fn(&mut Value); 4] = [
        |d| d["credentialSubject"]["conclusion"]["verdict"] = json!("blank"),
        |d| d["credentialSubject"]["evidence"]["differing"] = json!({"count": 0, "blocks": []}),
        |d| d["credentialSubject"]["evidence"]["filling"] = json!(1),
        |d| d["type"][1] = json!("BlankDriveReport"),
    ];
    for change in changes {
        let mut forged = genuine.clone();
        change(&mut forged);
        fs::write(&path, serde_json::to_vec_pretty(&forged).unwrap()).unwrap();
        let ran = bench.verify().expect(4);
        assert_eq!(ran.json()[0]["code"], "bad-signature");
    }
}

/// A station that was authorized before there were such documents can erase, and no more.
#[test]
fn an_older_authorization_is_refused_before_anything_is_read() {
    use base64ct::{Base64, Encoding as _};
    use ed25519_dalek::SigningKey;
    use ed25519_dalek::pkcs8::DecodePrivateKey as _;
    use nulstil::cert::{Authorization, document, profile, proof};

    let bench = Bench::new();
    let pem = fs::read_to_string(bench.path("root.key")).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let root = SigningKey::from_pkcs8_der(&Base64::decode_vec(&body).unwrap());
    let root = root.unwrap();
    let today = profile::parse(&fs::read(bench.path("station.auth")).unwrap()).unwrap();
    let granted = Authorization::verify(&today, &proof::verify(&today).unwrap()).unwrap();
    let may_issue = document::ERASING.map(str::to_owned).to_vec();
    let older = Authorization { may_issue, ..granted };
    let older = older.sign(&root, older.valid_from).unwrap();
    fs::write(bench.path("station.auth"), profile::pretty(&older).unwrap()).unwrap();
    let image = bench.hole("image", MIB);
    let ran = inspect(&bench, &[text(&image)]).expect(3);
    common::plain_words(&ran, &["not for this type of document", "authorize the station again"]);
    bench.nothing_written();
    bench.wipe(&[text(&image)]).expect(0);
}
