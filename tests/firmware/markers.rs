//! Markers that are not planted, or read back from another drive, prove nothing.

use nulstil::model::{Method, Range, VerifyMode};
use nulstil::sim::Fault;

use crate::sim_common::{MIB, bay};
use crate::{bench, drive, rigs};

/// A drive that does not confirm that the markers left its cache has proven nothing.
#[test]
fn a_flush_that_fails_leaves_nothing_planted() {
    let bench = bench();
    for rig in rigs() {
        bench.clear();
        let drive = drive(&bench, &rig, &[Fault::FlushFails]);
        bench.wipe(&bay([("/dev/x", &rig.identity, &drive)]), "zeros", VerifyMode::Full).unwrap();
        let certificate = bench.certificate();
        let markers = certificate.evidence().unwrap().firmware[0].markers.clone().unwrap();
        assert_eq!(markers.planted, 0);
        assert_ne!(certificate.conclusion().unwrap().method, Some(Method::Purge));
    }
}

/// What cannot be written is not planted, and what was forgotten at once is not either.
#[test]
fn only_what_reads_back_is_planted() {
    let bench = bench();
    let rig = &rigs()[1];
    for fault in [
        Fault::Unwritable(Range { offset: 0, bytes: 512 }),
        Fault::Forgets(Range { offset: 0, bytes: 512 }),
        Fault::Unreadable(Range { offset: 0, bytes: 512 }),
    ] {
        bench.clear();
        let drive = drive(&bench, rig, std::slice::from_ref(&fault));
        bench.wipe(&bay([("/dev/x", &rig.identity, &drive)]), "zeros", VerifyMode::Full).unwrap();
        let certificate = bench.certificate();
        let markers = certificate.evidence().unwrap().firmware[0].markers.clone().unwrap();
        assert_eq!(markers.planted, markers.wanted - 1, "{fault:?}");
        assert!(!certificate.is_sanitized(), "{fault:?}");
    }
}

/// Another drive, or one of another size, answers after the erase.
#[test]
fn a_drive_that_changes_after_the_erase_is_not_sanitized() {
    let bench = bench();
    let rig = &rigs()[1];
    let whole = drive(&bench, rig, &[]);
    bench.wipe(&bay([("/dev/x", &rig.identity, &whole)]), "zeros", VerifyMode::Full).unwrap();
    let operations = whole.operations();
    let swapped = Fault::SwappedAfter(operations - 1);
    let shrunk = Fault::ShrinksAfter { operations: operations - 1, capacity: MIB / 2 };
    for fault in [swapped, shrunk] {
        bench.clear();
        let drive = drive(&bench, rig, std::slice::from_ref(&fault));
        bench.wipe(&bay([("/dev/x", &rig.identity, &drive)]), "zeros", VerifyMode::Full).unwrap();
        assert!(!bench.certificate().is_sanitized(), "{fault:?}");
    }
}
