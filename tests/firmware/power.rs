//! Power that fails while a drive erases itself.

use nulstil::model::{Method, VerifyMode};
use nulstil::plan::AfterPurge;
use nulstil::sim::{Fault, SimDrive};

use crate::sim_common::bay;
use crate::{bench, drive, left, rigs};

/// Power that fails at any operation: the run goes on, erases again, and says the same.
#[test]
fn power_that_fails_at_any_step_changes_nothing_in_the_end() {
    let bench = bench();
    for rig in rigs().into_iter().filter(|rig| rig.claims() == Method::Purge) {
        // How many operations a whole run takes.
        bench.clear();
        let whole = drive(&bench, &rig, &[]);
        bench.wipe(&bay([("/dev/x", &rig.identity, &whole)]), "zeros", VerifyMode::Full).unwrap();
        let operations = whole.operations();
        for limit in (0..operations).step_by(37) {
            bench.clear();
            let fault = Fault::PowerFailsAfter { operations: limit, loses_cache: true };
            let drive = drive(&bench, &rig, &[fault]);
            let bay_before = bay([("/dev/x", &rig.identity, &drive)]);
            let cut = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                bench.wipe(&bay_before, "zeros", VerifyMode::Full).unwrap()
            }));
            // Only the journal is left of a program that died.
            assert!(cut.is_err() || cut.unwrap().report.faults.len() == 1, "at {limit}");
            for path in bench.files(".json") {
                std::fs::remove_file(path).unwrap();
            }
            let drive = drive.repaired();
            if bench.files(".journal").is_empty() {
                // It had only been asked who it is.
                assert_eq!(left(&drive.content()), drive.content().len() / 512);
                continue;
            }
            bench.resume(&bay([("/dev/x", &rig.identity, &drive)])).unwrap();
            let certificate = bench.certificate();
            assert!(certificate.is_sanitized(), "{limit}: {:?}", certificate.conclusion());
            assert_eq!(certificate.conclusion().unwrap().method, Some(Method::Purge));
            assert_eq!(left(&drive.content()), 0);
        }
    }
}

/// Whatever of a run was done before the power failed, again and again: each time the drive erases
/// itself anew, and what an earlier time left in the journal is not counted twice.
#[test]
fn power_that_fails_twice_changes_nothing_in_the_end() {
    let mut bench = bench();
    bench.policy.after_purge = AfterPurge::Overwrite;
    let rig = &rigs()[1];
    let whole = drive(&bench, rig, &[]);
    bench.wipe(&bay([("/dev/x", &rig.identity, &whole)]), "zeros", VerifyMode::Full).unwrap();
    let operations = whole.operations();
    let mut continued = 0;
    // In the read-back the first time, and then anywhere near the end.
    let power = |limit| Fault::PowerFailsAfter { operations: limit, loses_cache: true };
    for limit in operations - 90..operations - 60 {
        bench.clear();
        let mut drive = drive(&bench, rig, &[power(operations - 8)]);
        let survives = |drive: &SimDrive, begin: bool| {
            let bay = bay([("/dev/x", &rig.identity, drive)]);
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let ran = if begin {
                    bench.wipe(&bay, "zeros", VerifyMode::Full)
                } else {
                    bench.resume(&bay)
                };
                ran.unwrap()
            }));
            for path in bench.files(".json") {
                std::fs::remove_file(path).unwrap();
            }
        };
        survives(&drive, true);
        drive = drive.repaired().with(power(limit));
        survives(&drive, false);
        drive = drive.repaired();
        // Once the certificate was made there is nothing to go on with.
        let Ok(_) = bench.resume(&bay([("/dev/x", &rig.identity, &drive)])) else { continue };
        continued += 1;
        let certificate = bench.certificate();
        let evidence = certificate.evidence().unwrap();
        assert_eq!(certificate.conclusion().unwrap().method, Some(Method::Purge), "at {limit}");
        let last = evidence.interruptions.last().unwrap().resumed_at;
        assert!(evidence.firmware.iter().all(|erase| erase.started_at >= last), "at {limit}");
    }
    assert!(continued > 3, "{continued}");
}
