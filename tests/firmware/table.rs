//! All techniques with all faults.

use std::fmt::Write as _;
use std::time::Duration;

use nulstil::device::Time as _;
use nulstil::model::{Completion, Method, VerifyMode};
use nulstil::sim::{Fault, FirmwareFault};

use crate::sim_common::bay;
use crate::{bench, drive, left, rigs};

#[test]
fn honest_firmware_reaches_what_it_may_claim() {
    let bench = bench();
    for rig in rigs() {
        bench.clear();
        let drive = drive(&bench, &rig, &[]);
        bench.wipe(&bay([("/dev/x", &rig.identity, &drive)]), "zeros", VerifyMode::Full).unwrap();
        let certificate = bench.certificate();
        let evidence = certificate.evidence().unwrap();
        let erase = &evidence.firmware[0];
        assert_eq!(erase.technique, rig.technique);
        assert!(
            matches!(erase.completion, Completion::Completed { witness: Some(_) }),
            "{erase:?}"
        );
        let markers = erase.markers.as_ref().unwrap();
        assert_eq!(markers.planted, markers.wanted, "{markers:?}");
        assert!(markers.sampled > 60, "{markers:?}");
        assert_eq!((markers.survived.count, markers.unchanged.count), (0, 0));
        assert_eq!(left(&drive.content()), 0);
        let conclusion = certificate.conclusion().unwrap();
        let claims = rig.claims();
        assert_eq!(conclusion.method, Some(claims), "{:?}: {conclusion:?}", rig.technique);
        // What was sent is on record, and the end of it.
        let commands: Vec<_> = erase.exchanges.iter().map(|e| e.command.as_str()).collect();
        assert!(commands.len() >= 3, "{commands:?}");
    }
}

/// All techniques with all faults. The table of what came of each is a document in this folder.
#[test]
fn no_fault_ends_as_a_purge() {
    let bench = bench();
    let mut table = String::from(
        "# What becomes of every technique under every fault\n\n\
         Made by `tests/firmware` on simulated drives, and compared at every run. A purge, with \
         no\noverwrite on top; where the technique may claim no more than Clear, an overwrite \
         carries the result.\n\n| technique | fault | the erase | verdict | method |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for rig in rigs() {
        let name = serde_json::to_value(rig.technique).unwrap();
        for fault in std::iter::once(None).chain(FirmwareFault::ALL.map(Some)) {
            bench.clear();
            let faults: Vec<_> = fault.into_iter().map(Fault::Firmware).collect();
            let drive = drive(&bench, &rig, &faults);
            let began = bench.clock.elapsed();
            let bay = bay([("/dev/x", &rig.identity, &drive)]);
            bench.wipe(&bay, "zeros", VerifyMode::Full).unwrap();
            // Two hours of no progress are the longest that anything is watched.
            assert!(bench.clock.elapsed() - began < Duration::from_secs(3 * 3600), "{fault:?}");
            let certificate = bench.certificate();
            let conclusion = certificate.conclusion().unwrap();
            let erase = &certificate.evidence().unwrap().firmware[0];
            let completion = serde_json::to_value(&erase.completion).unwrap();
            writeln!(
                table,
                "| {} | {} | {} | {} | {} |",
                name.as_str().unwrap(),
                fault.map_or("none".to_owned(), |fault| format!("{fault:?}")),
                completion["kind"].as_str().unwrap(),
                conclusion.verdict,
                conclusion.method.map_or("-".to_owned(), |method| method.to_string()),
            )
            .unwrap();
            if certificate.is_sanitized() {
                assert_eq!(left(&drive.content()), 0, "{name} {fault:?} leaves data");
            }
            let honest =
                matches!(fault, None | Some(FirmwareFault::Backwards | FirmwareFault::AnswerLost));
            if !honest {
                assert_ne!(conclusion.method, Some(Method::Purge), "{name} {fault:?}");
            }

            // Whatever was left behind: with the fault gone the drive can be erased.
            bench.clear();
            let drive = drive.repaired();
            bench.wipe(&bay, "zeros", VerifyMode::Full).unwrap();
            let certificate = bench.certificate();
            let claims = rig.claims();
            assert_eq!(
                certificate.conclusion().unwrap().method,
                Some(claims),
                "{name} after {fault:?}: {:?}",
                certificate.conclusion()
            );
            assert_eq!(left(&drive.content()), 0);
        }
    }
    compare("firmware-faults.md", &table);
}

/// Compares a document with the one in the tests folder; writes it where it is asked to.
fn compare(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    if std::env::var_os("NULSTIL_WRITE_TABLES").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, text, "write it anew with NULSTIL_WRITE_TABLES=1 and look at what changed");
}
