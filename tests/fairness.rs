//! Drives in one run do not wait for each other. Time is simulated: each operation takes the time
//! its drive takes, and the clock moves only when every drive waits for its own, so a drive that
//! had to wait for a neighbour would show it, to the second.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod sim_common;

use std::collections::BTreeMap;
use std::time::Duration;

use nulstil::cert::document;
use nulstil::model::{Conclusion, Ending, Evidence, VerifyMode::Full};
use nulstil::sim::{Fault, SimBay};
use sim_common::*;

/// Answers every operation in three seconds.
const HEALTHY: &str = "HEALTHY";
/// Answers every operation in ten seconds, which is never when the healthy one's ends.
const SLOW: &str = "SLOW";
/// Answers every operation in ten seconds with an error.
const FAILING: &str = "FAILING";
/// Never answers its third operation.
const HANGS: &str = "HANGS";

const ANSWER: Duration = Duration::from_secs(10);
const SIZE: u64 = 5 * CHUNK + 512;

fn faults(serial: &str) -> Vec<Fault> {
    let whole = at(0, SIZE);
    match serial {
        HEALTHY => vec![Fault::Slow(Duration::from_secs(3))],
        SLOW => vec![Fault::Slow(ANSWER)],
        FAILING => {
            vec![Fault::Unwritable(whole), Fault::Unreadable(whole), Fault::Slow(ANSWER)]
        }
        _ => vec![Fault::HangsAfter(2)],
    }
}

/// What is certified of each drive of a run with these.
type Certified = BTreeMap<String, (String, Evidence, Conclusion)>;

fn run(serials: &[&str]) -> Certified {
    let mut bench = Bench::new();
    if serials.contains(&HANGS) {
        // Of the time of the test, not of the simulated one: it ends the wait for a thread that
        // really hangs.
        bench.patience = Duration::from_secs(1);
    }
    let mut bay = SimBay::default();
    for serial in serials {
        let identity = identity(serial, SIZE);
        let drive = bench.drive(&identity);
        let drive = faults(serial).into_iter().fold(drive, |drive, fault| drive.with(fault));
        bay.insert(facts(&format!("/dev/{serial}"), &identity), drive);
    }
    let ran = bench.wipe(&bay, "zeros", Full).unwrap();
    assert_eq!((ran.report.drives.len(), ran.report.faults), (serials.len(), vec![]));
    let certified = bench.certificates().into_iter().map(|certificate| {
        let mut evidence = certificate.evidence().unwrap().clone();
        // What differs from run to run by its nature.
        evidence.planned.plan_digest.clear();
        evidence.verification.iter_mut().for_each(|verification| verification.seed.clear());
        let conclusion = certificate.conclusion().unwrap().clone();
        let serial = evidence.drive.serial_number.clone().unwrap();
        (serial, (certificate.kind().to_owned(), evidence, conclusion))
    });
    certified.collect()
}

/// How long the pass and the read-back took, of the simulated time.
fn took(evidence: &Evidence) -> (Duration, Duration) {
    let micros = |speed: &nulstil::model::Speed| Duration::from_micros(speed.micros);
    let read = evidence.verification.as_ref().map(|verification| micros(&verification.speed));
    (micros(&evidence.passes[0].speed), read.unwrap_or_default())
}

/// A drive that answers in ten seconds, one with errors on every block and one that hangs: what
/// is certified of a drive beside them, its times included, is what is certified of it alone.
#[test]
fn nobody_waits_for_a_neighbour() {
    let alone: Certified =
        [HEALTHY, SLOW, FAILING].into_iter().flat_map(|serial| run(&[serial])).collect();
    let (kind, evidence, _) = &alone[HEALTHY];
    assert_eq!(kind, document::CERTIFICATE);
    // Six operations and a flush; six operations.
    assert_eq!(took(evidence), (Duration::from_secs(7 * 3), Duration::from_secs(6 * 3)));
    let (kind, evidence, _) = &alone[SLOW];
    assert_eq!(kind, document::CERTIFICATE);
    assert_eq!(took(evidence), (7 * ANSWER, 6 * ANSWER));
    // It ends when its ten minutes for trouble are used up: in the middle of the pass, with one
    // operation too many, then the flush, and one operation of the read-back.
    let (kind, evidence, _) = &alone[FAILING];
    assert_eq!(kind, document::FAILED);
    assert_eq!(took(evidence), (Duration::from_secs(600) + 2 * ANSWER, ANSWER));
    assert_eq!(evidence.ending, Ending::Completed);

    for neighbours in [&[SLOW][..], &[FAILING], &[HANGS], &[SLOW, FAILING, HANGS]] {
        // First and last: nobody is served first.
        for serials in [[&[HEALTHY], neighbours].concat(), [neighbours, &[HEALTHY]].concat()] {
            let mut beside = run(&serials);
            if let Some((kind, evidence, _)) = beside.remove(HANGS) {
                assert_eq!(kind, document::FAILED, "{serials:?}");
                let Ending::Failed { reason } = evidence.ending else { panic!("{serials:?}") };
                assert!(reason.contains("did not answer for 1 seconds"), "{reason}");
            }
            for (serial, certified) in beside {
                assert_eq!(certified, alone[&serial], "{serial} in {serials:?}");
            }
        }
    }
}
