//! The power fails: at every step of a run, with the drive's cache lost or kept; and with the
//! journal torn at every byte. What goes on from there ends right, once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod sim_common;

use std::path::Path;
use std::time::Duration;

use nulstil::model::{Identity, Outcome, Shortfall, VerifyMode::Full};
use nulstil::run::{Journal, NotBegun, Opened};
use nulstil::sim::{Fault, SimBay, SimDrive};
use sim_common::*;

const TICK: Duration = Duration::from_secs(1);

/// A bench on which every operation takes a second, and the journal records one every second.
fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.checkpoint_every = TICK;
    bench
}

fn power_fails(operations: u64, loses_cache: bool) -> Fault {
    Fault::PowerFailsAfter { operations, loses_cache }
}

/// What a dead program would not have left: reports and certificates of its last breath.
fn only_journals(bench: &Bench) {
    for path in bench.files(".json") {
        std::fs::remove_file(path).unwrap();
    }
}

/// The run went on and ended: erased, proven, one certificate.
#[track_caller]
fn ended_well(bench: &Bench, ran: &Ran, sim: &SimDrive) {
    let certificate = bench.certificate();
    bench.demands(ran, &certificate, sim);
    assert!(certificate.is_sanitized(), "{:?}", certificate.conclusion());
    assert!(matches!(bench.resume(&SimBay::default()), Err(NotBegun::Nothing(_))));
    assert!(matches!(bench.close(&SimBay::default()), Err(NotBegun::Nothing(_))));
}

#[test]
fn the_power_fails_at_every_step() {
    let bench = bench();
    let drive = identity("S1", CHUNK + 3 * 512);
    // With bad luck on the way, so that retries and pieces are cut as well.
    let weak = Fault::Weak { range: at(CHUNK - 512, 1024), times: 4 };
    for (scheme, faults) in [("nist-clear", vec![weak]), ("dod-short-3", vec![])] {
        let total = {
            let faults: Vec<Fault> = faults.iter().cloned().chain([Fault::Slow(TICK)]).collect();
            let (_, sim, _) = bench.one(&drive, &faults, scheme, Full);
            sim.operations()
        };
        assert!(total > 10, "a run of {total} steps is no test");
        for step in 0..total {
            for loses_cache in [true, false] {
                bench.clear();
                let mut sim = bench.drive(&drive).with(Fault::Slow(TICK));
                sim = faults.iter().fold(sim, |sim, fault| sim.with(fault.clone()));
                let sim = sim.with(power_fails(step, loses_cache));
                let ran = bench.wipe(&bay([("/dev/sda", &drive, &sim)]), scheme, Full).unwrap();
                // The report says what is known at that moment: nothing.
                assert_eq!(ran.report.drives[0].outcome, Outcome::Indeterminate);
                assert_eq!((ran.report.faults.len(), bench.certificates().len()), (1, 0));
                only_journals(&bench);

                // Power is back; the kernel gives other names and numbers.
                let sim = sim.repaired().attached_as(Some(70));
                let again = Identity { diskseq: Some(70), ..drive.clone() };
                let ran = bench.resume(&bay([("/dev/sdq", &again, &sim)])).unwrap();
                ended_well(&bench, &ran, &sim);
                assert!(has(&bench.certificate(), Shortfall::Interrupted), "step {step}");
            }
        }
    }
}

#[test]
fn the_power_fails_again_while_the_run_goes_on() {
    let bench = bench();
    let drive = identity("S1", CHUNK + 3 * 512);
    for first in [0, 1, 3, 5] {
        for second in 0..9 {
            bench.clear();
            let sim = bench.drive(&drive).with(Fault::Slow(TICK)).with(power_fails(first, true));
            let machine = bay([("/dev/sda", &drive, &sim)]);
            bench.wipe(&machine, "random", Full).unwrap();
            only_journals(&bench);
            let sim = sim.repaired().with(Fault::Slow(TICK)).with(power_fails(second, true));
            // It may have come to its end already.
            let ran = bench.resume(&machine).unwrap();
            if ran.report.drives[0].outcome == Outcome::Sanitized {
                continue;
            }
            only_journals(&bench);
            let sim = sim.repaired();
            let ran = bench.resume(&machine).unwrap();
            ended_well(&bench, &ran, &sim);
            assert_eq!(bench.certificate().evidence().unwrap().interruptions.len(), 2);
        }
    }
}

/// One of two drives loses its power; the other one's certificate stands and is not made again.
#[test]
fn a_power_cut_of_one_drive_leaves_the_other_done() {
    let bench = bench();
    let (a, b) = (identity("A", 5 * MIB), identity("B", 5 * MIB));
    let (one, other) = (bench.drive(&a).with(power_fails(1, true)), bench.drive(&b));
    let machine = bay([("/dev/sda", &a, &one), ("/dev/sdb", &b, &other)]);
    let ran = bench.wipe(&machine, "ones", Full).unwrap();
    let outcomes: Vec<Outcome> = ran.report.drives.iter().map(|drive| drive.outcome).collect();
    assert_eq!(outcomes, [Outcome::Indeterminate, Outcome::Sanitized]);
    let (one, before) = (one.repaired(), other.operations());
    let ran = bench.resume(&machine).unwrap();
    assert_eq!((ran.report.drives.len(), ran.report.drives[0].outcome), (1, Outcome::Sanitized));
    assert_eq!((bench.certificates().len(), other.operations()), (2, before));
    assert!(one.content().iter().all(|byte| *byte == 0xff));
}

/// A whole run, as its files were at its end, and the drive after each flush.
struct Recorded {
    journal: Vec<u8>,
    name: String,
    /// The drive after so many flushes.
    flushed: Vec<Vec<u8>>,
}

fn record(bench: &Bench, drive: &Identity, scheme: &str) -> Recorded {
    let sim = bench.drive(drive).with(Fault::Slow(TICK));
    bench.wipe(&bay([("/dev/sda", drive, &sim)]), scheme, Full).unwrap();
    let path = bench.journal();
    let journal = std::fs::read(&path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    // The same run again, cut at each step: the drive keeps what was flushed by then.
    let mut flushed = vec![vec![OLD; drive.capacity_bytes as usize]];
    for step in 0..sim.operations() {
        let content = flushed_at(drive, &journal, &name, step).content();
        if flushed.last() != Some(&content) {
            flushed.push(content);
        }
    }
    flushed.push(sim.content());
    flushed.dedup();
    Recorded { journal, name, flushed }
}

/// Goes on with the recorded start from nothing until `step`, and loses the cache there.
fn flushed_at(drive: &Identity, journal: &[u8], name: &str, step: u64) -> SimDrive {
    let bench = bench();
    let first = journal.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    std::fs::write(bench.dir.path().join(name), &journal[..first]).unwrap();
    let sim = bench.drive(drive).with(Fault::Slow(TICK)).with(power_fails(step, true));
    bench.resume(&bay([("/dev/sda", drive, &sim)])).unwrap();
    sim
}

/// The ends of the records, and what each one is.
fn records(journal: &[u8]) -> Vec<(usize, String)> {
    let mut end = 0;
    let lines = journal.split_inclusive(|byte| *byte == b'\n').map(|line| {
        end += line.len();
        let json: serde_json::Value = serde_json::from_slice(&line[33..]).unwrap();
        (end, json["record"].as_str().unwrap().to_owned())
    });
    lines.collect()
}

/// Puts the recorded journal, cut at `at`, on a bench of its own, and the drive as it was.
fn cut(recorded: &Recorded, drive: &Identity, at: usize, content: &[u8]) -> (Bench, SimDrive) {
    let bench = bench();
    std::fs::write(bench.dir.path().join(&recorded.name), &recorded.journal[..at]).unwrap();
    (bench, SimDrive::holding(drive.clone(), content.to_vec(), &nulstil::sim::SimTime::default()))
}

/// Goes on from a cut and checks that it ended right. `known` is how many records were whole.
fn goes_on(recorded: &Recorded, drive: &Identity, at: usize, content: &[u8], known: usize) {
    let (bench, sim) = cut(recorded, drive, at, content);
    let machine = bay([("/dev/sdb", drive, &sim)]);
    let kinds = records(&recorded.journal);
    let last = known.checked_sub(1).map(|last| kinds[last].1.as_str());
    let what = format!("cut at {at}, after {last:?}");
    match last {
        None => {
            assert!(matches!(bench.resume(&machine), Err(NotBegun::Nothing(_))), "{what}");
            assert!(matches!(bench.close(&machine), Err(NotBegun::Nothing(_))), "{what}");
            assert_eq!(sim.operations(), 0, "{what}");
            assert_eq!(bench.files(".json").len(), 0, "{what}");
        }
        Some("certified") => {
            assert!(matches!(bench.resume(&machine), Err(NotBegun::Nothing(_))), "{what}");
            assert_eq!(sim.operations(), 0, "{what}");
        }
        Some(kind) => {
            let ran = bench.resume(&machine).unwrap_or_else(|error| panic!("{what}: {error}"));
            ended_well(&bench, &ran, &sim);
            assert_eq!(sim.operations() == 0, kind == "end", "{what}");
        }
    }
}

/// Every byte of the journal is a place where the power can fail.
#[test]
fn the_journal_is_torn_at_every_byte() {
    let bench = bench();
    let drive = identity("S1", 8 * KIB + 512);
    let recorded = record(&bench, &drive, "zeros");
    for at in 0..=recorded.journal.len() {
        torn_at(&recorded, &drive, at);
    }
}

/// With several passes: before, in and after every record.
#[test]
fn the_journal_of_several_passes_is_torn_at_every_record() {
    let bench = bench();
    let drive = identity("S1", 8 * KIB + 512);
    let recorded = record(&bench, &drive, "dod-short-3");
    let kinds = records(&recorded.journal);
    let names: Vec<&str> = kinds.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(
        names,
        [
            "start",
            "checkpoint",
            "pass-done",
            "checkpoint",
            "pass-done",
            "checkpoint",
            "pass-done",
            "end",
            "certified"
        ]
    );
    // Old data, zeros, ones, the stream.
    assert_eq!(recorded.flushed.len(), 4);
    for (end, _) in kinds {
        for at in [end - 100, end - 1, end, (end + 1).min(recorded.journal.len())] {
            torn_at(&recorded, &drive, at);
        }
    }
}

/// What the journal knows of was flushed, and not a byte more.
fn torn_at(recorded: &Recorded, drive: &Identity, at: usize) {
    let kinds = records(&recorded.journal);
    let known = kinds.iter().take_while(|(end, _)| *end <= at).count();
    let flushes = kinds[..known].iter().filter(|(_, kind)| kind == "checkpoint").count();
    goes_on(recorded, drive, at, &recorded.flushed[flushes], known);
}

/// The same on a drive of several chunks, at the ends of the records and in the middle of them,
/// with the least and the most that the drive may hold then.
#[test]
fn a_cut_between_chunks_goes_on_with_the_next_one() {
    let bench = bench();
    let drive = identity("S1", 2 * CHUNK + 512);
    let recorded = record(&bench, &drive, "random");
    let kinds = records(&recorded.journal);
    // Three chunks, each flushed and noted.
    assert_eq!(kinds.iter().filter(|(_, kind)| kind == "checkpoint").count(), 3);
    assert_eq!(recorded.flushed.len(), 4);
    let mut start = 0;
    for (i, (end, _)) in kinds.iter().enumerate() {
        for (at, known) in [(start + 1, i), ((start + end) / 2, i), (end - 1, i), (*end, i + 1)] {
            let noted = kinds[..known].iter().filter(|(_, kind)| kind == "checkpoint").count();
            for flushed in [noted, (noted + 1).min(3)] {
                goes_on(&recorded, &drive, at, &recorded.flushed[flushed], known);
            }
        }
        start = *end;
    }
    // It goes on where it was, and does not start over: the first chunk is not written again.
    let (bench, sim) = cut(&recorded, &drive, kinds[1].0, &recorded.flushed[1]);
    bench.resume(&bay([("/dev/sda", &drive, &sim)])).unwrap();
    let interruptions = bench.certificate().evidence().unwrap().interruptions.clone();
    assert_eq!((interruptions[0].pass, interruptions[0].offset), (0, CHUNK));
    // Two writes, two checkpoints or fewer, a last flush, three reads.
    assert!(sim.operations() <= 8, "{} operations", sim.operations());
}

/// A checkpoint that is trusted beyond what the drive holds would be found by read-back: the test
/// that the tests above can fail.
#[test]
fn a_drive_that_lost_flushed_data_is_found_out() {
    let bench = bench();
    let drive = identity("S1", 2 * CHUNK + 512);
    let recorded = record(&bench, &drive, "zeros");
    let end = records(&recorded.journal)[2].0;
    let (bench, sim) = cut(&recorded, &drive, end, &recorded.flushed[0]);
    let ran = bench.resume(&bay([("/dev/sda", &drive, &sim)])).unwrap();
    assert_eq!(ran.report.drives[0].outcome, Outcome::NotSanitized);
    assert!(has(&bench.certificate(), Shortfall::BlocksDiffer));
}

/// Any byte changed: refused as damaged, or the last record is not believed. Never resumed from
/// what was not written, never deleted.
#[test]
fn a_changed_byte_is_damage() {
    let bench = bench();
    let drive = identity("S1", 8 * KIB);
    let recorded = record(&bench, &drive, "ones");
    let kinds = records(&recorded.journal);
    let last = kinds[kinds.len() - 2].0;
    let path = bench.dir.path().join(&recorded.name);
    for at in 0..recorded.journal.len() {
        for flip in [0x01, 0x80] {
            let mut bytes = recorded.journal.clone();
            bytes[at] ^= flip;
            std::fs::write(&path, &bytes).unwrap();
            match Journal::open(&path, &bench.journal_key()) {
                Err(error) => {
                    assert!(at < last - 1 && error.to_string().contains("damaged"), "{at}")
                }
                Ok(Opened::Found(_, history)) => {
                    // The end of the line before makes one line of two: both are not believed.
                    assert!(at >= last - 1, "{at}: a changed record was believed");
                    assert!(history.end.is_none() == (at == last - 1));
                    assert!(history.certified.is_none() && history.passes.len() == 1);
                }
                Ok(other) => panic!("{at}: {other:?}"),
            }
        }
    }
    // With one record only: whole, so something may have been written; it is not thrown away.
    for at in 0..kinds[0].0 - 1 {
        let mut bytes = recorded.journal[..kinds[0].0].to_vec();
        bytes[at] ^= 0x01;
        std::fs::write(&path, &bytes).unwrap();
        assert!(Journal::open(&path, &bench.journal_key()).is_err(), "{at}");
    }
}

/// A damaged journal is refused and stays; the others go on.
#[test]
fn a_damaged_journal_does_not_stand_in_the_way() {
    let bench = bench();
    let (a, b) = (identity("A", MIB), identity("B", MIB));
    let (one, other) =
        (bench.drive(&a).with(power_fails(1, true)), bench.drive(&b).with(power_fails(1, true)));
    let machine = bay([("/dev/sda", &a, &one), ("/dev/sdb", &b, &other)]);
    bench.wipe(&machine, "zeros", Full).unwrap();
    only_journals(&bench);
    let (one, other) = (one.repaired(), other.repaired());
    let damaged = bench.files(".journal").into_iter().find(|path| named(path, "-A-")).unwrap();
    let mut bytes = std::fs::read(&damaged).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&damaged, &bytes).unwrap();

    let ran = bench.resume(&machine).unwrap();
    let mut outcomes: Vec<Outcome> = ran.report.drives.iter().map(|drive| drive.outcome).collect();
    outcomes.sort_by_key(|outcome| outcome.to_string());
    assert_eq!(outcomes, [Outcome::Refused, Outcome::Sanitized]);
    assert_eq!((one.operations(), bench.certificates().len()), (0, 1));
    assert!(other.content().iter().all(|byte| *byte == 0));
    assert_eq!(std::fs::read(&damaged).unwrap(), bytes);
    // Alone it is a refusal, also for close.
    assert!(matches!(bench.resume(&machine), Err(NotBegun::Refused(_))));
    assert!(matches!(bench.close(&machine), Err(NotBegun::Refused(_))));
    assert_eq!(one.operations(), 0);
}

fn named(path: &Path, part: &str) -> bool {
    path.to_string_lossy().contains(part)
}
