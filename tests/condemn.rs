//! `nulstil condemn`: somebody names a drive that cannot be erased, and a document says that it has
//! to be destroyed. Nothing is written to the drive.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;
mod sim_common;

use std::path::PathBuf;

use common::terminal::Terminal;
use common::{
    Bench, Loop, Mounted, Watched, command, is_root, nulstil, plain_words, read_json, skipped, text,
};
use nulstil::cert::{Authorization, did, document, proof};
use nulstil::device::{Bay as _, Time as _};
use nulstil::keys::private;
use nulstil::model::VerifyMode;
use nulstil::os::{EngineChoice, LinuxBay};
use nulstil::run::Station;
use nulstil::sim::Fault;
use serde_json::{Value, json};

const MIB: u64 = 1 << 20;

fn args(bench: &Bench, drive_and_options: &[&str]) -> Vec<String> {
    let mut args = vec!["condemn".to_owned()];
    args.extend(drive_and_options.iter().map(|arg| (*arg).to_owned()));
    args.extend(bench.station());
    args
}

/// Condemns and types `answer`; the exit code and what was shown.
fn typed(test: &str, bench: &Bench, options: &[&str], answer: &str) -> Option<(i32, String)> {
    let mut terminal = Terminal::start(test, &args(bench, options))?;
    terminal.sees("destroyed, type ");
    terminal.sees(": ");
    terminal.types(&format!("{answer}\n"));
    Some(terminal.ends())
}

fn signed(bench: &Bench) -> Value {
    let found = bench.results(".destroy.json");
    assert_eq!(found.len(), 1, "{found:?}");
    read_json(&found[0])
}

#[test]
fn a_drive_is_condemned_by_its_name_and_not_touched() {
    let test = "a_drive_is_condemned_by_its_name_and_not_touched";
    if !is_root(test) {
        return;
    }
    let bench = Bench::new();
    let file = bench.image("drive", 4 * MIB);
    let drive = Loop::attach(&file, &[]);
    let name = drive.path().rsplit('/').next().unwrap();
    let watched = Watched::new([&file]);
    let options = [drive.path(), "--reason", "It clicks.", "--operator", "M7"];
    for wrong in ["", "y", "sda"] {
        let Some((code, shown)) = typed(test, &bench, &options, wrong) else { return };
        assert_eq!(code, 3, "{shown}");
        assert!(shown.contains("nothing was signed"), "{shown}");
        bench.nothing_written();
    }
    let Some((code, shown)) = typed(test, &bench, &options, name) else { return };
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("TO BE DESTROYED, not erased"), "{shown}");
    watched.unchanged();
    let document = signed(&bench);
    assert_eq!(document["type"][1], "DestructionRequiredReport");
    let evidence = &document["credentialSubject"]["evidence"];
    assert_eq!(evidence["reason"], "It clicks.");
    assert_eq!(evidence["drive"]["capacityBytes"], 4 * MIB);
    assert_eq!(evidence["attempt"], Value::Null);

    let (root, out) = (bench.path("root.pub"), bench.out());
    let verify = ["verify", "--complete", text(&out), "--root", text(&root)];
    let ran = nulstil(verify).expect(1);
    assert!(ran.stdout.contains("NOT ERASED, TO BE DESTROYED"), "{}", ran.stdout);
    assert!(ran.stdout.contains("completeness: complete"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("  SANITIZED"), "{}", ran.stdout);
    let summary = nulstil(["--json"].iter().chain(&verify)).expect(1).json().pop().unwrap();
    assert_eq!((&summary["toBeDestroyed"], &summary["sanitized"]), (&json!(1), &json!(0)));
}

/// A dead drive has no name but what is printed on it, and that is typed once more. What is signed
/// says whether the drive was asked: only a path that leads to no device was.
#[test]
fn a_drive_that_is_not_seen_is_named_by_its_label() {
    let test = "a_drive_that_is_not_seen_is_named_by_its_label";
    let bench = Bench::new();
    let gone = bench.path("sdq");
    // No driver has this number.
    let has_node = command("mknod", &[text(&gone), "b", "4000", "1"]);
    let mut cases = vec![(
        &["--serial", "Z2AÆ1", "--model", "ST500", "--reason", "dead"][..],
        ["was not asked", "did not answer"],
    )];
    let named = [text(&gone), "--serial", "Z2AÆ1", "--reason", "dead"];
    if is_root(test) && has_node {
        cases.push((&named[..], ["did not answer", "was not asked"]));
    }
    for (options, [said, not_said]) in cases {
        bench.clear();
        let Some((code, shown)) = typed(test, &bench, options, "Z2AE1") else { return };
        assert_eq!(code, 3, "{shown}");
        bench.nothing_written();
        let Some((code, shown)) = typed(test, &bench, options, "Z2AÆ1") else { return };
        assert_eq!(code, 0, "{shown}");
        let document = signed(&bench);
        let subject = &document["credentialSubject"];
        assert_eq!(subject["evidence"]["drive"], Value::Null);
        assert_eq!(subject["evidence"]["label"]["serialNumber"], "Z2AÆ1");
        let statements = subject["statements"].to_string();
        assert!(statements.contains(said) && !statements.contains(not_said), "{statements}");
        let ran = bench.verify().expect(1);
        assert_eq!(ran.json()[0]["serial"], "Z2AÆ1");
    }
}

/// Nobody is told that a drive is dead that stands in the same session's report on the machine.
#[test]
fn a_drive_that_is_there_is_not_condemned_unasked() {
    let bench = Bench::new();
    let seen = LinuxBay::live(EngineChoice::Auto).look().drives;
    let Some((path, serial)) =
        seen.iter().find_map(|one| Some((&one.path, one.identity.serial_number.as_ref()?)))
    else {
        return skipped("a_drive_that_is_there_is_not_condemned_unasked", "no drive has a serial");
    };
    let ran = nulstil(args(&bench, &["--serial", serial, "--reason", "dead"])).expect(3);
    plain_words(&ran, &[path, serial, "name"]);
    bench.nothing_written();
}

#[test]
fn what_cannot_be_condemned_is_refused_in_a_sentence() {
    let bench = Bench::new();
    let image = bench.image("image", MIB);
    let with = |options: &[&str]| nulstil(args(&bench, options));
    let reason = ["--reason", "dead"];
    plain_words(&with(&[&[text(&image)], &reason[..]].concat()).expect(3), &["is a file"]);
    let gone = bench.path("sdq");
    for more in [&[][..], &["--serial", "X"]] {
        let ran = with(&[&[text(&gone)], &reason[..], more].concat()).expect(3);
        plain_words(&ran, &["does not exist", "leave it out", "--serial"]);
    }
    if command("mknod", &[text(&gone), "b", "4000", "1"]) {
        let ran = with(&[&[text(&gone)], &reason[..]].concat()).expect(3);
        plain_words(&ran, &["does not answer", "--serial"]);
    }
    // Nobody is at the terminal.
    let ran = with(&[&["--serial", "X"], &reason[..]].concat()).expect(3);
    plain_words(&ran, &["nobody to ask"]);
    plain_words(&with(&["--serial", "X", "--reason", "  "]).expect(2), &["--reason is empty"]);
    plain_words(&with(&["--serial", "", "--reason", "x"]).expect(2), &["--serial is empty"]);
    with(&reason).expect(2);
    with(&["--serial", "X"]).expect(2);
    bench.nothing_written();
    if is_root("what_cannot_be_condemned_is_refused_in_a_sentence") {
        let mounted = Mounted::new(&bench, "mounted");
        let ran = with(&[&[mounted.device.path()], &reason[..]].concat()).expect(3);
        plain_words(&ran, &["mounted"]);
        bench.nothing_written();
    }
}

/// What a failed erasure left is named only if it is genuine, did fail, and is about this drive.
#[test]
fn the_failed_attempt_is_verified() {
    let bench = Bench::new();
    let image = bench.image("image", MIB);
    bench.wipe(&[text(&image)]).expect(0);
    let certificate = bench.results(".cert.json").remove(0);
    let elsewhere = bench.path("done.cert.json");
    std::fs::rename(&certificate, &elsewhere).unwrap();
    bench.clear();
    let with = |file: &str| {
        nulstil(args(&bench, &["--serial", "X", "--reason", "dead", "--failed", file]))
    };
    // What succeeded is no reason to destroy anything.
    let success = ["is a DataErasureCertificate", "did not succeed", "leave --failed out"];
    plain_words(&with(text(&elsewhere)).expect(3), &success);
    let mut forged = read_json(&elsewhere);
    forged["credentialSubject"]["evidence"]["drive"]["serialNumber"] = json!("X");
    std::fs::write(&elsewhere, serde_json::to_vec(&forged).unwrap()).unwrap();
    plain_words(&with(text(&elsewhere)).expect(4), &["changed after it was signed"]);
    plain_words(&with(text(&bench.path("none.json"))).expect(4), &["none.json"]);
    bench.nothing_written();
}

/// The document on a failed erasure of a drive with the serial number S-77, by the bench's station.
fn failed(bench: &Bench) -> PathBuf {
    let load = |name: &str| private::load(&bench.path(name), || panic!("it has none")).unwrap();
    let (root, station) = (load("root.key"), load("station.key"));
    let mut simulated = sim_common::Bench::new();
    let now = simulated.clock.now();
    let authorization = Authorization {
        id: "urn:uuid:0199b0c0-0000-7000-8000-000000000001".into(),
        issuer_name: "Root".into(),
        station: did::of(&station.verifying_key()),
        station_name: "Station".into(),
        valid_from: now.plus(-86_400),
        valid_until: now.plus(86_400),
        may_issue: document::TYPES.map(str::to_owned).to_vec(),
        trust_list_version: 0,
        paper: None,
    };
    simulated.root = root.verifying_key();
    simulated.station =
        Station::new(station, authorization.sign(&root, now).unwrap(), now).unwrap();
    let identity = sim_common::identity("S-77", MIB);
    let (certificate, ..) =
        simulated.one(&identity, &[Fault::FlushFails], "nist-clear", VerifyMode::Full);
    assert_eq!(certificate.kind(), document::FAILED);
    let kept = bench.path("failed.cert.json");
    std::fs::copy(simulated.files(".cert.json").remove(0), &kept).unwrap();
    kept
}

#[test]
fn the_failed_attempt_on_this_drive_is_named_by_its_digest() {
    let test = "the_failed_attempt_on_this_drive_is_named_by_its_digest";
    let bench = Bench::new();
    let failed = failed(&bench);
    let file = text(&failed);
    let with =
        |label: &[&'static str]| [label, &["--reason", "dead", "--failed", file][..]].concat();
    for (label, words) in [
        (&["--serial", "S-78"][..], ["serial number", "S-77", "S-78"]),
        (&["--serial", "S-77", "--model", "MODEL B"][..], ["model", "SIM DISK", "MODEL B"]),
    ] {
        let ran = nulstil(args(&bench, &with(label))).expect(3);
        plain_words(&ran, &words);
        bench.nothing_written();
    }
    let options = with(&["--serial", "S-77", "--model", "Sim Disk"]);
    let Some((code, shown)) = typed(test, &bench, &options, "S-77") else { return };
    assert_eq!(code, 0, "{shown}");
    let named = &signed(&bench)["credentialSubject"]["evidence"]["attempt"];
    let attempt = read_json(&failed);
    assert_eq!(named["id"], attempt["id"]);
    assert_eq!(named["type"], attempt["type"][1]);
    assert_eq!(named["digest"], proof::digest(&attempt).unwrap());
    let ran = bench.verify().expect(1);
    assert_eq!(ran.json()[0]["verdict"], "authentic");
}
