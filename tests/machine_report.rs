//! What an auditor hears of a machine with drives that nobody could see: from the recorded
//! machine to the words of `verify`.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_types, reason = "a test may fail")]

mod machines;
mod sim_common;

use std::path::Path;
use std::process::Command;

use machines::Machine;
use nulstil::cert::MachineDrive;
use nulstil::keys::public;
use nulstil::model::{HiddenDrives, Identity, Outcome, VerifyMode};
use nulstil::os;
use nulstil::run::{self, Setup};
use nulstil::sim::Fault;
use serde_json::Value;
use sim_common::{Bench, MIB, bay, identity};

/// What `verify` says of the last run's certificate and machine report together.
struct Said {
    code: i32,
    text: String,
    errors: String,
    /// The JSON object on the machine report.
    report: Value,
}

fn verify(bench: &Bench, report: &Path) -> Said {
    let root = report.with_extension("pub");
    std::fs::write(&root, public::to_pem(&bench.trust().root).unwrap()).unwrap();
    let run = |json: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nulstil"));
        command.arg("verify").arg(report).args(bench.files(".cert.json"));
        command.arg("--root").arg(&root).args(json).output().unwrap()
    };
    let (plain, json) = (run(&[]), run(&["--json"]));
    assert_eq!(plain.status, json.status);
    let json = String::from_utf8(json.stdout).unwrap();
    Said {
        code: plain.status.code().unwrap(),
        text: String::from_utf8(plain.stdout).unwrap(),
        errors: String::from_utf8(plain.stderr).unwrap(),
        report: json
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .find(|line| line["type"] == "MachineErasureReport")
            .unwrap(),
    }
}

/// Erases the only drive of a machine that may hide others.
fn erased(hidden: HiddenDrives) -> Said {
    let mut bench = Bench::new();
    bench.hides(hidden.clone());
    let identity = identity("S1", MIB);
    let drive = bench.drive(&identity);
    let ran =
        bench.wipe(&bay([("/dev/sda", &identity, &drive)]), "zeros", VerifyMode::Full).unwrap();
    assert_eq!(ran.report.drives[0].outcome, Outcome::Sanitized);
    assert_eq!(ran.report.machine_lacks, hidden.reasons);
    assert!(bench.certificate().is_sanitized(), "what a machine hides is no fault of the drive's");
    let path = ran.report.machine.unwrap();
    let path = Path::new(&path);
    let verified = bench.verify(path);
    assert_eq!(verified.machine_lacks(), Some(&hidden.reasons[..]));
    assert_eq!(bench.certificate().machine_lacks(), None);
    verify(&bench, path)
}

#[test]
fn a_machine_that_may_hide_drives_is_not_complete() {
    let hidden = os::look(&Machine::unpack("rst-remapped").system).hidden_drives;
    let reasons = hidden.reasons.clone();
    assert_eq!(reasons.len(), 4);
    let said = erased(hidden);
    assert_eq!(said.code, 5, "{}", said.text);
    // It is told after the certificates that it is judged with.
    let (rest, first) = said.text.split_once('\n').unwrap();
    let first = first.lines().next().unwrap();
    assert!(first.starts_with("authentic  "), "{first}");
    assert!(first.contains("MachineErasureReport  MACHINE NOT COMPLETE"), "{first}");
    assert!(rest.contains("SANITIZED (clear)") && !rest.contains("MACHINE"), "{rest}");
    assert_eq!(said.report["verdict"], "authentic");
    assert_eq!(said.report["machineComplete"], false);
    for reason in reasons {
        let reason = reason.trim_end_matches('.');
        for told in [first, &said.errors, said.report["reason"].as_str().unwrap()] {
            assert!(told.contains(reason), "{reason}: {told}");
        }
    }
    assert!(said.errors.contains("the machine is not complete"), "{}", said.errors);
}

#[test]
fn a_machine_that_hides_nothing_is_complete() {
    let said = erased(HiddenDrives { possible: false, reasons: Vec::new() });
    assert_eq!(said.code, 0, "{}", said.errors);
    assert!(said.text.contains("MachineErasureReport  MACHINE COMPLETE"), "{}", said.text);
    assert_eq!(said.report["machineComplete"], true);
    assert!(said.report["reason"].is_null());
    assert_eq!(said.errors.lines().count(), 1, "{}", said.errors);
}

/// What was erased by a run before this one, since the computer was started, is named with its certificate:
/// as long as it is attached as it was then.
#[test]
fn a_machine_that_was_erased_in_two_runs_is_complete() {
    let mut bench = Bench::new();
    bench.hides(HiddenDrives { possible: false, reasons: Vec::new() });
    let (first, second) = (identity("S1", MIB), identity("S2", MIB));
    let (one, two) = (bench.drive(&first), bench.drive(&second));
    let whole = bay([("/dev/sda", &first, &one), ("/dev/sdb", &second, &two)]);
    let ran = bench.wipe(&bay([("/dev/sda", &first, &one)]), "zeros", VerifyMode::Full).unwrap();
    assert_eq!(ran.report.machine_lacks, [] as [String; 0]);
    let line = MachineDrive {
        path: Some("/dev/sda".into()),
        drive: Some(first.clone()),
        outcome: Some(Outcome::Sanitized),
        refusal: None,
        certificate_digest: Some(bench.certificate().digest().to_owned()),
    };
    let wipe = |before: &[MachineDrive]| {
        let plan = bench.plan(&bay([("/dev/sdb", &second, &two)]), "zeros", VerifyMode::Full);
        let work = |setup: &Setup<'_>| run::wipe(bench.armed(&plan), &Setup { before, ..*setup });
        bench.with(&whole, work).0.unwrap()
    };
    assert_eq!(wipe(&[]).machine_lacks, ["/dev/sda (serial S1) was not erased."]);
    let again = Identity { diskseq: Some(999), ..first.clone() };
    let unplugged = MachineDrive { drive: Some(again), ..line.clone() };
    assert_eq!(wipe(&[unplugged]).machine_lacks, ["/dev/sda (serial S1) was not erased."]);
    let report = wipe(std::slice::from_ref(&line));
    assert_eq!(report.machine_lacks, [] as [String; 0]);
    let path = report.machine.unwrap();
    assert_eq!(bench.verify(Path::new(&path)).machine_lacks(), Some(&[][..]));
    let said = verify(&bench, Path::new(&path));
    assert!(said.text.contains("MachineErasureReport  MACHINE COMPLETE"), "{}", said.text);
}

/// After a restart drives have other numbers of attachment. One that was certified before it is known by
/// its serial number, unless another one has the same.
#[test]
fn a_machine_whose_power_was_cut_after_the_first_drive_is_complete_in_the_end() {
    for twin in [false, true] {
        let mut bench = Bench::new();
        bench.hides(HiddenDrives { possible: false, reasons: Vec::new() });
        bench.checkpoint_every = std::time::Duration::from_secs(1);
        let (first, second) = (identity("S1", MIB), identity("S2", 4 * MIB));
        let fails = Fault::PowerFailsAfter { operations: 4, loses_cache: true };
        let slow = Fault::Slow(std::time::Duration::from_secs(1));
        let (one, two) = (bench.drive(&first), bench.drive(&second).with(slow).with(fails));
        let whole = bay([("/dev/sda", &first, &one), ("/dev/sdb", &second, &two)]);
        bench.wipe(&whole, "zeros", VerifyMode::Full).unwrap();
        // What was saved after the cut never was.
        for path in bench.files(".json") {
            if !path.to_string_lossy().ends_with(".cert.json")
                || !bench.verify(&path).is_sanitized()
            {
                std::fs::remove_file(path).unwrap();
            }
        }
        for path in bench.files(".journal") {
            let text = std::fs::read_to_string(&path).unwrap();
            let kept: Vec<_> =
                text.split_inclusive('\n').filter(|l| !l.contains("ertified\"")).collect();
            std::fs::write(path, kept.concat()).unwrap();
        }
        let later = Identity { diskseq: Some(70), ..first.clone() };
        let other = Identity { diskseq: Some(71), ..first.clone() };
        let (two, third) = (two.repaired(), bench.drive(&other));
        let mut seen = vec![("/dev/sda", &later, &one), ("/dev/sdb", &second, &two)];
        if twin {
            seen.push(("/dev/sdc", &other, &third));
        }
        let report = bench.resume(&bay(seen)).unwrap().report;
        assert!(
            report.drives.iter().all(|drive| drive.outcome == Outcome::Sanitized),
            "{report:?}"
        );
        let lacks = match twin {
            false => vec![],
            true => vec![
                "/dev/sda (serial S1) was not erased.".to_owned(),
                "/dev/sdc (serial S1) was not erased.".to_owned(),
            ],
        };
        assert_eq!(report.machine_lacks, lacks);
    }
}
