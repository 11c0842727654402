//! The run layer on simulated drives: every scheme and read-back against every fault. Whatever
//! fails, the certificate agrees with the medium, and nothing unproven is ever called sanitized.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod sim_common;

use std::time::Duration;

use nulstil::model::{
    Ending, Identity, Outcome, Range, Shortfall, Verdict, VerifyMode, VerifyMode::Full,
};
use nulstil::sim::Fault;
use sim_common::*;

const SCHEMES: &[&str] =
    &["zeros", "ones", "byte=a5", "random", "nist-clear", "dod-short-3", "hmg-is5-enhanced"];
const MODES: [VerifyMode; 4] =
    [VerifyMode::None, VerifyMode::Quick, VerifyMode::Sample, VerifyMode::Full];

/// (logical block, physical block, capacity): 512, 512e and 4Kn, with and without a last partial
/// chunk, ends that are no multiple of the physical block.
const SHAPES: &[(u32, u32, u64)] = &[
    (512, 512, MIB),
    (512, 512, CHUNK),
    (512, 512, CHUNK + 512),
    (512, 4096, 9 * MIB),
    (512, 4096, 2 * CHUNK + 3 * 512),
    (4096, 4096, 5 * MIB + 4096),
    (4096, 4096, MIB),
    (512, 512, 512),
];

fn shaped((logical, physical, capacity): (u32, u32, u64)) -> Identity {
    Identity {
        logical_block_bytes: logical,
        physical_block_bytes: physical,
        ..identity("S1", capacity)
    }
}

/// The first block, one across two chunks or in the middle, one in the last chunk, the last.
fn places(drive: &Identity) -> Vec<Range> {
    let (block, capacity) = (u64::from(drive.logical_block_bytes), drive.capacity_bytes);
    let middle = if capacity > CHUNK + block {
        at(CHUNK - block, 2 * block)
    } else {
        at(capacity / 2 / block * block, block)
    };
    let tail = capacity.saturating_sub(1) / CHUNK * CHUNK;
    let mut places = vec![at(0, block), middle, at(tail, block), at(capacity - block, block)];
    places.dedup();
    places
}

/// What a fault must lead to, when everything is read back.
#[derive(Debug, Clone)]
enum Then {
    /// All is well, after this many retries.
    Well { retries: u64 },
    /// These blocks keep their old content and are listed.
    NotWritten(Range),
    /// These blocks cannot be read and are listed.
    Unreadable(Range),
    /// The logical blocks in this range differ.
    Differs(Range),
    /// This is said.
    Says(Shortfall),
}

/// Every fault at every place that matters on this drive, with what must follow. `operations` is
/// how many a healthy run takes.
fn cases(drive: &Identity, operations: u64) -> Vec<(Fault, Then)> {
    let mut cases = Vec::new();
    for place in places(drive) {
        cases.extend([
            (Fault::Unwritable(place), Then::NotWritten(physical(place, drive))),
            (Fault::Unreadable(place), Then::Unreadable(physical(place, drive))),
            (Fault::Forgets(place), Then::Differs(place)),
            (Fault::Forgets(at(place.offset, 16)), Then::Differs(at(place.offset, 16))),
            (Fault::Weak { range: place, times: 1 }, Then::Well { retries: 1 }),
            (Fault::Weak { range: place, times: 2 }, Then::Well { retries: 2 }),
            (Fault::Rots { at: place.end() - 1 }, Then::Differs(at(place.end() - 1, 1))),
        ]);
    }
    for after in 0..operations {
        cases.push((Fault::GoneAfter(after), Then::Says(Shortfall::RunFailed)));
        cases.push((Fault::SwappedAfter(after), Then::Says(Shortfall::DriveChanged)));
        let smaller = drive.capacity_bytes / 2 / 4096 * 4096;
        let shrinks = Fault::ShrinksAfter { operations: after, capacity: smaller };
        cases.push((shrinks, Then::Says(Shortfall::CapacityChanged)));
    }
    let whole = at(0, drive.capacity_bytes);
    cases.extend([
        (Fault::FlushFails, Then::Says(Shortfall::NotFlushed)),
        (Fault::Forgets(whole), Then::Differs(whole)),
        (Fault::Buffered, Then::Says(Shortfall::PageCache)),
        (Fault::GoneAfter(operations), Then::Well { retries: 0 }),
        (Fault::SwappedAfter(operations), Then::Well { retries: 0 }),
        (Fault::Slow(Duration::from_secs(3600)), Then::Well { retries: 0 }),
    ]);
    cases
}

/// Runs one case and checks what must follow.
fn check(bench: &Bench, drive: &Identity, scheme: &str, mode: VerifyMode, case: &(Fault, Then)) {
    let (fault, then) = case;
    let what = format!("{scheme} {mode} {case:?} on {drive:?}");
    let (certificate, _, ran) = bench.one(drive, std::slice::from_ref(fault), scheme, mode);
    let evidence = certificate.evidence().unwrap();
    let outcome = ran.report.drives[0].outcome;
    let block = u64::from(drive.logical_block_bytes);
    let read = mode != VerifyMode::None;
    let passes = evidence.planned.scheme.passes().len() as u64;
    // With no read-back, what only read-back can find stays unknown: never better than that.
    let unknown = (outcome, certificate.conclusion().unwrap().verdict)
        == (Outcome::Indeterminate, Verdict::Indeterminate);
    match then {
        Then::Well { retries } => {
            let expected = if read { Outcome::Sanitized } else { Outcome::Indeterminate };
            assert_eq!(outcome, expected, "{what}");
            let found: u64 = evidence.passes.iter().map(|pass| pass.retries).sum();
            assert_eq!(found, *retries, "{what}");
        }
        Then::NotWritten(range) => {
            assert_eq!(outcome, Outcome::NotSanitized, "{what}");
            assert!(has(&certificate, Shortfall::BlocksNotWritten), "{what}");
            for pass in &evidence.passes {
                assert_eq!(pass.not_written.ranges, [*range], "{what}");
                assert_eq!(pass.written_bytes + range.bytes, drive.capacity_bytes, "{what}");
            }
            assert_eq!(evidence.passes.len() as u64, passes);
            assert_eq!(read, has(&certificate, Shortfall::BlocksDiffer), "{what}");
        }
        Then::Unreadable(range) if read => {
            assert_eq!(outcome, Outcome::NotSanitized, "{what}");
            assert!(has(&certificate, Shortfall::BlocksUnreadable), "{what}");
            let unreadable = &evidence.verification.as_ref().unwrap().unreadable;
            assert_eq!(unreadable.ranges, [*range], "{what}");
        }
        Then::Differs(range) if read => {
            assert_eq!(outcome, Outcome::NotSanitized, "{what}");
            assert!(has(&certificate, Shortfall::BlocksDiffer), "{what}");
            let found = &evidence.verification.as_ref().unwrap().mismatches;
            // A block is named once, in order; the first one is the first.
            let first = range.offset / block;
            let count = range.end().div_ceil(block) - first;
            assert_eq!((found.count, found.blocks[0].lba), (count, first), "{what}");
        }
        Then::Unreadable(_) | Then::Differs(_) => assert!(unknown, "{what}"),
        Then::Says(Shortfall::PageCache) => {
            assert!(unknown && has(&certificate, Shortfall::PageCache), "{what}");
        }
        // Gone at the very last flush: everything was written, and nothing of it is certain.
        Then::Says(Shortfall::RunFailed) => {
            assert_eq!(outcome, Outcome::NotSanitized, "{what}");
            let failed = matches!(evidence.ending, Ending::Failed { .. });
            assert!(failed || has(&certificate, Shortfall::NotFlushed), "{what}");
            assert!(failed || !read, "{what}: {:?}", evidence.ending);
        }
        Then::Says(shortfall) => {
            assert_eq!(outcome, Outcome::NotSanitized, "{what}");
            assert!(has(&certificate, *shortfall), "{what}");
        }
    }
    if !matches!(then, Then::Says(Shortfall::RunFailed)) {
        assert_eq!(evidence.ending, Ending::Completed, "{what}");
    }
}

fn operations(bench: &Bench, drive: &Identity, scheme: &str, mode: VerifyMode) -> u64 {
    let (certificate, drive, _) = bench.one(drive, &[], scheme, mode);
    assert_eq!(certificate.is_sanitized(), mode != VerifyMode::None);
    drive.operations()
}

/// Every scheme, every mode, every fault.
#[test]
fn every_scheme_and_mode_against_every_fault() {
    let bench = Bench::new();
    let drive = identity("S1", 256 * KIB + 3 * 512);
    for scheme in SCHEMES {
        for mode in MODES {
            let operations = operations(&bench, &drive, scheme, mode);
            for case in cases(&drive, operations) {
                check(&bench, &drive, scheme, mode, &case);
            }
        }
    }
}

/// Every shape of drive, every fault, at every boundary.
#[test]
fn every_shape_against_every_fault() {
    let bench = Bench::new();
    for shape in SHAPES {
        let drive = shaped(*shape);
        let operations = operations(&bench, &drive, "nist-clear", Full);
        for case in cases(&drive, operations) {
            check(&bench, &drive, "nist-clear", Full, &case);
        }
    }
}

/// The key stream and a sample of it, on a drive large enough to be sampled.
#[test]
fn a_sample_of_a_large_drive_finds_what_is_large_and_never_lies() {
    let bench = Bench::new();
    let drive = identity("S1", 16 * MIB + 512);
    for mode in [VerifyMode::Sample, VerifyMode::Quick] {
        for scheme in ["random", "zeros"] {
            let (certificate, ..) = bench.one(&drive, &[], scheme, mode);
            assert!(certificate.is_sanitized() && has(&certificate, Shortfall::Sampled));
            // The first and the last block are always looked at; a tenth of the drive is found.
            for lost in [at(0, 1), at(16 * MIB + 511, 1), at(3 * MIB, 2 * MIB)] {
                let (certificate, ..) = bench.one(&drive, &[Fault::Forgets(lost)], scheme, mode);
                assert!(has(&certificate, Shortfall::BlocksDiffer), "{mode} {scheme} {lost:?}");
            }
        }
    }
}

/// Bad places in numbers: each listed, none more, the rest written.
#[test]
fn many_bad_blocks_are_all_listed() {
    let bench = Bench::new();
    let drive = identity("S1", 9 * MIB);
    let bad: Vec<Range> = (0..90).map(|i| at(i * 100 * KIB + 512, 512)).collect();
    let faults: Vec<Fault> = bad.iter().map(|range| Fault::Unwritable(*range)).collect();
    let (certificate, sim, _) = bench.one(&drive, &faults, "ones", Full);
    let pass = &certificate.evidence().unwrap().passes[0];
    let expected: Vec<Range> = bad.iter().map(|range| physical(*range, &drive)).collect();
    assert_eq!(pass.not_written.ranges, expected);
    assert_eq!(differing(certificate.evidence().unwrap(), &sim.content()).ranges, expected);
}

/// A drive on which everything fails, and each failure takes half a minute, ends.
#[test]
fn a_dying_drive_ends_when_its_time_for_trouble_is_used_up() {
    let bench = Bench::new();
    let drive = identity("S1", 9 * MIB);
    let whole = at(0, 9 * MIB);
    for (fault, scheme) in [
        (Fault::Unwritable(whole), "dod-short-3"),
        (Fault::Unreadable(whole), "zeros"),
        (Fault::Unwritable(at(CHUNK, MIB)), "zeros"),
    ] {
        let before = nulstil::device::Time::elapsed(&bench.clock);
        let slow = Fault::Slow(Duration::from_secs(30));
        let (certificate, sim, _) = bench.one(&drive, &[fault.clone(), slow], scheme, Full);
        assert!(!certificate.is_sanitized(), "{fault:?}");
        let evidence = certificate.evidence().unwrap();
        for pass in &evidence.passes {
            assert_eq!(pass.written_bytes + pass.not_written.total_bytes, 9 * MIB, "{fault:?}");
        }
        // Ten minutes of trouble, one operation beyond it, and what went well.
        let took = nulstil::device::Time::elapsed(&bench.clock) - before;
        assert!(took <= Duration::from_secs(30 * 60), "{fault:?} took {took:?}");
        assert!(sim.operations() < 60, "{fault:?}: {} operations", sim.operations());
    }
}

/// Drives in one run do not touch each other, and the machine report names them all.
#[test]
fn a_failing_drive_never_changes_its_neighbour() {
    let bench = Bench::new();
    let faults = [
        None,
        Some((Fault::GoneAfter(1), Outcome::NotSanitized)),
        Some((Fault::Unwritable(at(0, 512)), Outcome::NotSanitized)),
        Some((Fault::FlushFails, Outcome::NotSanitized)),
        Some((Fault::Buffered, Outcome::Indeterminate)),
        None,
    ];
    let mut machine = nulstil::sim::SimBay::default();
    let mut drives = Vec::new();
    for (i, fault) in faults.iter().enumerate() {
        let identity = identity(&format!("S{i}"), 5 * MIB);
        let drive = bench.drive(&identity);
        let drive = match fault {
            Some((fault, _)) => drive.with(fault.clone()),
            None => drive,
        };
        machine.insert(facts(&format!("/dev/sd{i}"), &identity), drive.clone());
        drives.push(drive);
    }
    let ran = bench.wipe(&machine, "random", Full).unwrap();
    let certificates = bench.certificates();
    assert_eq!((ran.report.drives.len(), certificates.len()), (6, 6));
    for (i, fault) in faults.iter().enumerate() {
        let result = &ran.report.drives[i];
        let expected = fault.as_ref().map_or(Outcome::Sanitized, |(_, outcome)| *outcome);
        assert_eq!((&result.path[..], result.outcome), (&format!("/dev/sd{i}")[..], expected));
        let serial = Some(format!("S{i}"));
        let mine = certificates
            .iter()
            .filter(|certificate| certificate.evidence().unwrap().drive.serial_number == serial);
        let [mine] = &mine.collect::<Vec<_>>()[..] else { panic!("one certificate per drive") };
        assert_eq!(mine.is_sanitized(), fault.is_none());
        if fault.is_none() {
            let wrong = differing(mine.evidence().unwrap(), &drives[i].content());
            assert!(wrong.is_empty());
        }
    }
    let report = bench.verify(ran.report.machine.as_ref().unwrap().as_ref());
    let named = report.document()["credentialSubject"]["drives"].as_array().unwrap();
    assert_eq!(named.len(), 6);
    let digests: std::collections::BTreeSet<&str> =
        named.iter().map(|drive| drive["certificateDigest"].as_str().unwrap()).collect();
    assert_eq!(digests.len(), 6);
}

fn found(facts: nulstil::model::DriveFacts) -> nulstil::plan::Found {
    let firmware = nulstil::technique::Firmware::Silent(String::new());
    nulstil::plan::Found { facts, firmware, health: nulstil::technique::Health::Unknown }
}

/// A drive that was not named is in the machine report, and is not touched.
#[test]
fn what_was_not_asked_for_is_named_and_not_touched() {
    let bench = Bench::new();
    let (mine, other) = (identity("MINE", MIB), identity("OTHER", MIB));
    let (sim, spared) = (bench.drive(&mine), bench.drive(&other));
    let both = bay([("/dev/sda", &mine, &sim), ("/dev/sdb", &other, &spared)]);
    let only = bay([("/dev/sda", &mine, &sim)]);
    let request = nulstil::plan::Request { verify: Some(Full), ..Default::default() };
    let named = vec![("/dev/sda".to_owned(), Ok(found(facts("/dev/sda", &mine))))];
    let plan = nulstil::plan::Plan::new(&request, bench.policy.clone(), named);
    let consent = nulstil::plan::Consent::ahead(&plan.digest().unwrap());
    let armed = nulstil::plan::ArmedPlan::new(&plan, consent).unwrap();
    let (report, _) = bench.with(&both, |setup| nulstil::run::wipe(armed, setup).unwrap());
    drop(only);
    assert_eq!(report.drives.len(), 1);
    assert_eq!((spared.operations(), spared.content()), (0, vec![OLD; MIB as usize]));
    let machine = bench.verify(report.machine.as_ref().unwrap().as_ref());
    let drives = machine.document()["credentialSubject"]["drives"].clone();
    assert_eq!(drives.as_array().unwrap().len(), 2);
    assert!(drives[1]["outcome"].is_null());
    assert_eq!(drives[1]["drive"]["serialNumber"], "OTHER");
    let lacks = ["/dev/sdb (serial OTHER) was not erased."].map(str::to_owned);
    assert_eq!(machine.machine_lacks(), Some(&lacks[..]));
    assert_eq!(report.machine_lacks, lacks);
}

/// A drive that is no longer the one in the plan: refused before anything is written anywhere.
#[test]
fn another_drive_than_planned_is_not_touched() {
    let bench = Bench::new();
    let (planned, there) = (identity("PLANNED", MIB), identity("THERE", MIB));
    let (sim, neighbour) = (bench.drive(&there), bench.drive(&planned));
    let machine = bay([("/dev/sdb", &planned, &neighbour), ("/dev/sda", &planned, &sim)]);
    let error = bench.wipe(&machine, "zeros", Full).map(|_| ()).unwrap_err();
    assert!(matches!(error, nulstil::run::NotBegun::Refused(_)), "{error}");
    assert_eq!((sim.operations(), neighbour.operations()), (0, 0));
    assert_eq!(bench.files(""), Vec::<std::path::PathBuf>::new());
}

/// The room that is reserved before the first write is enough for the worst there is to say.
#[test]
fn the_worst_certificate_fits_in_its_room() {
    let bench = Bench::new();
    let drive = identity("S1", 12 * MIB);
    let (certificate, ..) = bench.one(&drive, &bad_all_over(), "dod-short-3", Full);
    let evidence = certificate.evidence().unwrap();
    let verification = evidence.verification.as_ref().unwrap();
    let listed = |list: &nulstil::model::RangeList| (list.count, list.ranges.len());
    assert!(evidence.passes.iter().all(|pass| listed(&pass.not_written) == (300, 256)));
    assert_eq!(listed(&verification.unreadable), (300, 256));
    assert_eq!(verification.mismatches.blocks.len(), 64);
    // 1024 ranges whose offsets have up to eight digits more on the largest drive.
    let size = std::fs::metadata(&bench.files(".cert.json")[0]).unwrap().len() + 1024 * 8;
    assert!(size < nulstil::run::RESERVE as u64, "{size} bytes");
}
