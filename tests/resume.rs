//! Going on with the right drive or with none; ending by a person's wish; and never twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod sim_common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nulstil::device::{Bay, Channel, Drive};
use nulstil::model::{
    DriveFacts, Ending, Identity, Inventory, Outcome, Refusal, RefusalCode, Shortfall, VerifyMode,
    VerifyMode::Full,
};
use nulstil::run::{Event, NotBegun};
use nulstil::sim::{Fault, SimBay, SimDrive};
use sim_common::*;

const SIZE: u64 = 2 * CHUNK + 512;

/// A run of one drive that lost its power after the second chunk was noted.
fn cut_off(bench: &mut Bench, drive: &Identity) -> SimDrive {
    bench.checkpoint_every = Duration::from_secs(1);
    let fails = Fault::PowerFailsAfter { operations: 4, loses_cache: true };
    let sim = bench.drive(drive).with(Fault::Slow(Duration::from_secs(1))).with(fails);
    bench.wipe(&bay([("/dev/sda", drive, &sim)]), "random", Full).unwrap();
    for path in bench.files(".json") {
        std::fs::remove_file(path).unwrap();
    }
    sim.repaired()
}

/// What a killed run, and a killed resume of it, had begun to save is gone when all is done.
#[test]
fn nothing_half_saved_is_left() {
    for close in [false, true] {
        let (mut bench, drive) = (Bench::new(), identity("S1", SIZE));
        let sim = cut_off(&mut bench, &drive);
        for name in [".x.start.json.tmp", ".y.machine.json.tmp"] {
            std::fs::write(bench.dir.path().join(name), b"half").unwrap();
        }
        let machine = bay([("/dev/sda", &drive, &sim)]);
        let ran = if close { bench.close(&machine) } else { bench.resume(&machine) };
        ran.unwrap();
        assert_eq!(bench.files(".tmp"), [] as [std::path::PathBuf; 0], "close: {close}");
    }
}

fn refused(result: Result<Ran, NotBegun>) -> RefusalCode {
    match result.map(|ran| ran.report) {
        Err(NotBegun::Refused(refused)) => refused[0].1.code,
        other => panic!("{other:?}"),
    }
}

/// What the drive is called does not matter; what it is does.
#[test]
fn the_drive_is_known_by_what_it_is() {
    type Change = fn(&mut Identity);
    let same: &[(&str, Change)] = &[
        ("/dev/sda", |_| ()),
        ("/dev/sdz", |_| ()),
        ("/dev/sdz", |drive| drive.diskseq = Some(99)),
        ("/dev/sdz", |drive| drive.diskseq = None),
        ("/dev/sda", |drive| drop(drive.sources.insert("model".into(), "vpd".into()))),
    ];
    let other: &[Change] = &[
        |drive| drive.serial_number = Some("S2".into()),
        |drive| drive.serial_number = None,
        |drive| drive.model = Some("OTHER".into()),
        |drive| drive.wwn = Some("naa.1".into()),
        |drive| drive.unit = Some("nsid 2".into()),
        |drive| drive.capacity_bytes -= 512,
        |drive| drive.logical_block_bytes = 4096,
    ];
    for boot in ["boot-1", "boot-2"] {
        for (path, change) in same {
            let (mut bench, mut drive) = (Bench::new(), identity("S1", SIZE));
            let sim = cut_off(&mut bench, &drive);
            bench.boot_id = Some(boot.into());
            change(&mut drive);
            let sim = SimDrive::holding(drive.clone(), sim.content(), &bench.clock);
            let ran = bench.resume(&bay([(*path, &drive, &sim)])).unwrap();
            bench.demands(&ran, &bench.certificate(), &sim);
            assert!(bench.certificate().is_sanitized());
            assert_eq!(bench.certificate().evidence().unwrap().drive, drive);
        }
        for change in other {
            let (mut bench, mut drive) = (Bench::new(), identity("S1", SIZE));
            cut_off(&mut bench, &drive);
            bench.boot_id = Some(boot.into());
            change(&mut drive);
            let sim = bench.drive(&drive);
            let code = refused(bench.resume(&bay([("/dev/sda", &drive, &sim)])));
            assert_eq!((code, sim.operations()), (RefusalCode::NotFound, 0), "{drive:?}");
            assert_eq!(bench.files(".json").len(), 0);
        }
    }
}

/// Without a serial number the attachment is all there is, and it does not outlive the boot.
#[test]
fn a_drive_without_a_name_is_resumed_in_the_same_boot_only() {
    for (boot, diskseq, good) in [
        (Some("boot-1"), Some(7), true),
        (Some("boot-1"), Some(8), false),
        (Some("boot-1"), None, false),
        (Some("boot-2"), Some(7), false),
        (None, Some(7), false),
    ] {
        let (mut bench, drive) = (Bench::new(), identity("", SIZE));
        let sim = cut_off(&mut bench, &drive).attached_as(diskseq);
        bench.boot_id = boot.map(str::to_owned);
        let drive = Identity { diskseq, ..drive };
        let result = bench.resume(&bay([("/dev/sda", &drive, &sim)]));
        assert_eq!(result.is_ok(), good, "{boot:?} {diskseq:?}");
        assert_eq!(sim.operations() > 0, good);
    }
    // A journal and a computer that both do not know their boot are not of the same boot.
    let (mut bench, drive) = (Bench::new(), identity("", SIZE));
    bench.boot_id = None;
    let sim = cut_off(&mut bench, &drive);
    assert!(bench.resume(&bay([("/dev/sda", &drive, &sim)])).is_err());
    // An unnamed drive without a number of its attachment may be any that looks like it.
    let (mut bench, mut drive) = (Bench::new(), identity("", SIZE));
    drive.diskseq = None;
    let sim = cut_off(&mut bench, &drive);
    assert!(bench.resume(&bay([("/dev/sda", &drive, &sim)])).is_err());
}

/// Two drives with one serial number, as cheap bridges have them.
#[test]
fn twins_are_refused_unless_the_attachment_tells_them_apart() {
    let drive = identity("123456789012", SIZE);
    let twin = Identity { diskseq: Some(8), ..drive.clone() };
    let later = Identity { diskseq: Some(9), ..drive.clone() };
    // Mine is second in the bay, and the twin has the old name: the worst case.
    for (boot, mine, good) in
        [("boot-1", &drive, true), ("boot-2", &later, false), ("boot-1", &later, false)]
    {
        for paths in [["/dev/sda", "/dev/sdb"], ["/dev/sdb", "/dev/sda"], ["/dev/sdx", "/dev/sdy"]]
        {
            let mut bench = Bench::new();
            let sim = cut_off(&mut bench, &drive).attached_as(mine.diskseq);
            bench.boot_id = Some(boot.into());
            let other = bench.drive(&twin);
            let result = bench.resume(&bay([(paths[0], &twin, &other), (paths[1], mine, &sim)]));
            assert_eq!(other.operations(), 0, "{boot} {paths:?}: the twin was touched");
            if good {
                assert_eq!(result.unwrap().report.drives[0].outcome, Outcome::Sanitized);
            } else {
                assert_eq!(refused(result), RefusalCode::Duplicate, "{boot} {paths:?}");
                assert_eq!(sim.operations(), 0);
            }
        }
    }
}

/// The drive was erased by a later run, and perhaps used again since: its old journal must not
/// lead to one more erasure.
#[test]
fn a_journal_that_a_later_run_overtook_is_not_resumed() {
    let mut bench = Bench::new();
    let drive = identity("S1", SIZE);
    let sim = cut_off(&mut bench, &drive);
    let other = Identity { serial_number: Some("S2".into()), ..drive.clone() };
    // A later run on another drive changes nothing; one on the same drive does.
    let neighbour = bench.drive(&other);
    bench.clock.pass(Duration::from_secs(60));
    bench.wipe(&bay([("/dev/sdb", &other, &neighbour)]), "zeros", Full).unwrap();
    bench.wipe(&bay([("/dev/sda", &drive, &sim)]), "ones", Full).unwrap();
    let before = sim.content();
    assert_eq!(refused(bench.resume(&bay([("/dev/sda", &drive, &sim)]))), RefusalCode::Replaced);
    assert_eq!(sim.content(), before);
    // It can be closed, and is then over.
    assert_eq!(
        bench.close(&bay([("/dev/sda", &drive, &sim)])).unwrap().report.drives[0].outcome,
        Outcome::NotSanitized
    );
    assert!(matches!(bench.resume(&bay([("/dev/sda", &drive, &sim)])), Err(NotBegun::Nothing(_))));
}

/// Consent is used once: the first record of a journal, copied under another name, is no journal.
#[test]
fn a_copied_journal_is_no_second_consent() {
    let mut bench = Bench::new();
    let drive = identity("S1", SIZE);
    let sim = cut_off(&mut bench, &drive);
    let machine = bay([("/dev/sda", &drive, &sim)]);
    let start = std::fs::read_to_string(bench.journal()).unwrap();
    let start = format!("{}\n", start.lines().next().unwrap());
    bench.resume(&machine).unwrap();
    let before = sim.content();
    std::fs::write(bench.dir.path().join("copy.journal"), &start).unwrap();
    assert_eq!(refused(bench.resume(&machine)), RefusalCode::Unreadable);
    assert_eq!(sim.content(), before);
    std::fs::remove_file(bench.dir.path().join("copy.journal")).unwrap();
    // Nor is one that another key sealed, under the right name.
    let forged = nulstil::run::JournalKey::derive(&[0; 32]);
    assert!(nulstil::run::Journal::open(&bench.journal(), &forged).is_err());
}

#[test]
fn a_drive_in_use_is_not_resumed() {
    let (mut bench, drive) = (Bench::new(), identity("S1", SIZE));
    let sim = cut_off(&mut bench, &drive);
    for path in ["/dev/sda", "/dev/sdb"] {
        let mut used = facts(path, &drive);
        used.refusal = Some(Refusal::new(RefusalCode::Mounted, "mounted"));
        let mut machine = SimBay::default();
        machine.insert(used, sim.clone());
        assert_eq!(refused(bench.resume(&machine)), RefusalCode::Mounted);
        assert_eq!(sim.operations(), 0);
    }
    // It was only a refusal: later it goes on.
    assert!(bench.resume(&bay([("/dev/sda", &drive, &sim)])).is_ok());
}

/// A bay on which another drive takes the place between look and examine.
struct Changes {
    before: SimBay,
    after: SimBay,
}

impl Bay for Changes {
    fn look(&self) -> Inventory {
        self.before.look()
    }
    fn examine(&self, path: &Path) -> Result<DriveFacts, Refusal> {
        self.after.examine(path)
    }
    fn channel(&self, facts: &DriveFacts) -> Result<Box<dyn Channel>, String> {
        self.after.channel(facts)
    }
    fn open_read_only(&self, facts: &DriveFacts) -> Result<Arc<dyn Drive>, Refusal> {
        self.open_exclusive(facts)
    }

    fn open_exclusive(&self, facts: &DriveFacts) -> Result<Arc<dyn Drive>, Refusal> {
        self.after.open_exclusive(facts)
    }
}

#[test]
fn a_drive_that_took_the_place_meanwhile_is_not_touched() {
    let (mut bench, drive) = (Bench::new(), identity("S1", SIZE));
    let sim = cut_off(&mut bench, &drive);
    let other = identity("OTHER", SIZE);
    let victim = bench.drive(&other);
    let bay = Changes {
        before: bay([("/dev/sdb", &drive, &sim)]),
        after: bay([("/dev/sdb", &other, &victim)]),
    };
    let inventory = bay.look();
    let (result, _) = bench.with(&SimBay::default(), |setup| {
        let setup = nulstil::run::Setup { bay: &bay, inventory: &inventory, ..copy(setup) };
        nulstil::run::resume(&setup).map(|_| ())
    });
    assert!(matches!(result, Err(NotBegun::Refused(_))), "{result:?}");
    assert_eq!((sim.operations(), victim.operations()), (0, 0));
}

fn copy<'a>(setup: &nulstil::run::Setup<'a>) -> nulstil::run::Setup<'a> {
    *setup
}

/// A resumed part through the page cache is no better than a whole run through it.
#[test]
fn a_resumed_run_is_as_good_as_its_worst_part() {
    let (mut bench, drive) = (Bench::new(), identity("S1", SIZE));
    let sim = cut_off(&mut bench, &drive).with(Fault::Buffered);
    let ran = bench.resume(&bay([("/dev/sda", &drive, &sim)])).unwrap();
    assert_eq!(ran.report.drives[0].outcome, Outcome::Indeterminate);
    assert!(has(&bench.certificate(), Shortfall::PageCache));
}

/// What was bad before the cut is bad after it, and listed once.
#[test]
fn bad_blocks_survive_a_power_cut() {
    let (mut bench, drive) = (Bench::new(), identity("S1", SIZE));
    bench.checkpoint_every = Duration::from_secs(1);
    let bad = Fault::Unwritable(at(512, 512));
    for step in 1..40 {
        bench.clear();
        let fails = Fault::PowerFailsAfter { operations: step, loses_cache: true };
        let slow = Fault::Slow(Duration::from_secs(1));
        let sim = bench.drive(&drive).with(bad.clone()).with(slow).with(fails);
        let machine = bay([("/dev/sda", &drive, &sim)]);
        bench.wipe(&machine, "ones", Full).unwrap();
        if bench.files(".cert.json").is_empty() {
            bench.files(".json").iter().for_each(|path| std::fs::remove_file(path).unwrap());
            let sim = sim.repaired().with(bad.clone());
            let ran = bench.resume(&machine).unwrap();
            bench.demands(&ran, &bench.certificate(), &sim);
        }
        let certificate = bench.certificate();
        let pass = &certificate.evidence().unwrap().passes[0];
        assert_eq!(pass.not_written.ranges, [at(0, 4096)], "step {step}");
        assert_eq!(pass.written_bytes, SIZE - 4096, "step {step}");
        assert!(!certificate.is_sanitized());
    }
}

/// Somebody stops the run at every event it tells.
#[test]
fn an_aborted_run_is_certified_as_that_and_over() {
    for passes in ["zeros", "dod-short-3"] {
        for mode in [VerifyMode::None, Full] {
            let (mut aborted, mut done) = (0, 0);
            for stop_at in 0_u64.. {
                let mut bench = Bench::new();
                bench.checkpoint_every = Duration::from_secs(1);
                let heard = AtomicU64::new(0);
                bench.watch = Box::new(move |event, stop| {
                    if !matches!(event, Event::Certified(_))
                        && heard.fetch_add(1, Ordering::Relaxed) == stop_at
                    {
                        stop.store(true, Ordering::Relaxed);
                    }
                });
                let drive = identity("S1", SIZE);
                let sim = bench.drive(&drive).with(Fault::Slow(Duration::from_secs(1)));
                let machine = bay([("/dev/sda", &drive, &sim)]);
                let ran = bench.wipe(&machine, passes, mode).unwrap();
                let certificate = bench.certificate();
                bench.demands(&ran, &certificate, &sim);
                let before = sim.operations();
                assert!(matches!(bench.resume(&machine), Err(NotBegun::Nothing(_))));
                assert!(matches!(bench.close(&machine), Err(NotBegun::Nothing(_))));
                assert_eq!(sim.operations(), before);

                match certificate.evidence().unwrap().ending {
                    Ending::Aborted => {
                        aborted += 1;
                        assert_eq!(ran.report.drives[0].outcome, Outcome::Aborted);
                        assert_eq!(certificate.kind(), nulstil::cert::document::ABORTED);
                    }
                    // Too late: everything was done already.
                    _ => {
                        done += 1;
                        assert_eq!(certificate.is_sanitized(), mode == Full);
                    }
                }
                if !bench.stop.load(Ordering::Relaxed) {
                    break;
                }
            }
            assert!(aborted >= 3 && done >= 1, "{passes} {mode}: {aborted} {done}");
        }
    }
}

/// An abort whose last record was lost goes on like a power cut: the pass was not over.
#[test]
fn an_abort_that_was_not_noted_is_a_power_cut() {
    let mut bench = Bench::new();
    bench.checkpoint_every = Duration::from_secs(1);
    bench.watch = Box::new(|event, stop| {
        if matches!(event, Event::Progress(progress) if progress.done_bytes >= CHUNK) {
            stop.store(true, Ordering::Relaxed);
        }
    });
    let drive = identity("S1", SIZE);
    let sim = bench.drive(&drive).with(Fault::Slow(Duration::from_secs(1)));
    let machine = bay([("/dev/sda", &drive, &sim)]);
    bench.wipe(&machine, "zeros", Full).unwrap();
    assert_eq!(bench.certificate().kind(), nulstil::cert::document::ABORTED);
    // End and Certified never reached the disk, nor did the documents.
    let journal = std::fs::read_to_string(bench.journal()).unwrap();
    let kept: String = journal.split_inclusive('\n').filter(|l| !ends(l)).collect();
    std::fs::write(bench.journal(), kept).unwrap();
    bench.files(".json").iter().for_each(|path| std::fs::remove_file(path).unwrap());
    bench.watch = Box::new(|_, _| ());
    bench.stop.store(false, Ordering::Relaxed);
    let ran = bench.resume(&machine).unwrap();
    bench.demands(&ran, &bench.certificate(), &sim);
    assert!(bench.certificate().is_sanitized());
}

/// Whether a line of a journal is one of the last two records.
fn ends(line: &str) -> bool {
    ["\"end\"", "\"certified\""].iter().any(|kind| line.contains(&format!("\"record\":{kind}")))
}

/// Takes records off the end of the journal, as if they had never reached the disk.
fn forget(bench: &Bench, records: usize) {
    let text = std::fs::read_to_string(bench.journal()).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    std::fs::write(bench.journal(), lines[..lines.len() - records].concat()).unwrap();
}

#[test]
fn a_certificate_that_is_there_is_not_made_again_and_its_drive_not_touched() {
    // The machine report had no room; End did not reach the disk; nothing but Start did.
    for lost in 1..=4 {
        for mode in [VerifyMode::None, Full] {
            let (mut bench, drive) = (Bench::new(), identity("S1", SIZE));
            bench.checkpoint_every = Duration::from_secs(3600);
            let sim = bench.drive(&drive);
            let machine = bay([("/dev/sda", &drive, &sim)]);
            let first = bench.wipe(&machine, "dod-short-3", mode).unwrap();
            forget(&bench, lost);
            let (before, digest) = (sim.operations(), bench.certificate().digest().to_owned());
            let ran =
                if lost % 2 == 0 { bench.close(&machine) } else { bench.resume(&machine) }.unwrap();
            assert_eq!(sim.operations(), before, "{lost} lost: a certified drive was touched");
            assert_eq!(bench.certificate().digest(), digest);
            bench.demands(&ran, &bench.certificate(), &sim);
            assert_eq!(ran.report.drives[0].outcome, first.report.drives[0].outcome);
            assert!(matches!(bench.resume(&machine), Err(NotBegun::Nothing(_))));
        }
    }
}

/// What stands in the certificate's place and is not it, is no certificate, and no licence to
/// erase without being able to certify.
#[test]
fn something_else_in_the_certificates_place_is_refused() {
    let (mut bench, drive) = (Bench::new(), identity("S1", SIZE));
    let done = bench.drive(&drive);
    bench.wipe(&bay([("/dev/sdb", &drive, &done)]), "ones", Full).unwrap();
    let foreign = std::fs::read(&bench.files(".cert.json")[0]).unwrap();
    bench.clear();
    let sim = cut_off(&mut bench, &drive);
    let stem = bench.journal().display().to_string();
    let place = stem.strip_suffix(".journal").unwrap().to_owned() + ".cert.json";
    for content in [&b""[..], b"{}", &foreign] {
        std::fs::write(&place, content).unwrap();
        let machine = bay([("/dev/sda", &drive, &sim)]);
        assert_eq!(refused(bench.resume(&machine)), RefusalCode::Unreadable);
        assert_eq!(refused(bench.close(&machine)), RefusalCode::Unreadable);
        assert_eq!((sim.operations(), &std::fs::read(&place).unwrap()[..]), (0, content));
    }
    std::fs::remove_file(&place).unwrap();
    assert!(bench.resume(&bay([("/dev/sda", &drive, &sim)])).is_ok());
    assert!(bench.certificate().is_sanitized());
}

#[test]
fn close_certifies_what_is_known_and_ends_it() {
    let (mut bench, drive) = (Bench::new(), identity("S1", SIZE));
    let sim = cut_off(&mut bench, &drive);
    // The drive need not be there.
    let ran = bench.close(&SimBay::default()).unwrap();
    assert_eq!(ran.report.drives[0].outcome, Outcome::NotSanitized);
    let certificate = bench.certificate();
    assert_eq!(certificate.kind(), nulstil::cert::document::INCOMPLETE);
    let evidence = certificate.evidence().unwrap();
    assert_eq!(evidence.passes[0].written_bytes, 2 * CHUNK, "as far as it was flushed");
    assert!(!evidence.passes[0].flushed);
    let machine = bay([("/dev/sda", &drive, &sim)]);
    assert!(matches!(bench.resume(&machine), Err(NotBegun::Nothing(_))));
    assert!(matches!(bench.close(&machine), Err(NotBegun::Nothing(_))));
    assert_eq!(sim.operations(), 0);
    // Power lost after the record of the closing: still closed, and certified now.
    forget(&bench, 1);
    bench.files(".json").iter().for_each(|path| std::fs::remove_file(path).unwrap());
    let ran = bench.resume(&machine).unwrap();
    assert_eq!(ran.report.drives[0].outcome, Outcome::NotSanitized);
    assert_eq!(bench.certificate().kind(), nulstil::cert::document::INCOMPLETE);
    assert_eq!(sim.operations(), 0);
}

/// A drive that another one answers for in the middle is written to no more.
#[test]
fn a_swap_that_shows_in_an_error_stops_the_writing() {
    let bench = Bench::new();
    let drive = identity("S1", SIZE);
    let faults = [Fault::SwappedAfter(1), Fault::Unwritable(at(CHUNK, 512))];
    let (certificate, sim, _) = bench.one(&drive, &faults, "zeros", Full);
    assert!(has(&certificate, Shortfall::DriveChanged));
    assert!(matches!(&certificate.evidence().unwrap().ending, Ending::Failed { .. }));
    assert_eq!(sim.operations(), 3, "a write, the failing one, a flush");
}

/// A run that is still going on is not resumed beside itself.
#[test]
fn a_run_that_goes_on_is_busy() {
    let (mut bench, drive) = (Bench::new(), identity("S1", SIZE));
    let sim = cut_off(&mut bench, &drive);
    let open = nulstil::run::Journal::open(&bench.journal(), &bench.journal_key()).unwrap();
    let machine = bay([("/dev/sda", &drive, &sim)]);
    assert!(
        matches!(bench.resume(&machine), Err(NotBegun::Nothing(text)) if text.contains("still"))
    );
    assert!(matches!(bench.close(&machine), Err(NotBegun::Nothing(_))));
    assert_eq!(sim.operations(), 0);
    drop(open);
    assert!(bench.resume(&machine).is_ok());
}

/// No certificate, no end: whatever is wrong with the place for it is put right, and it is made
/// then, from the journal, without touching the drive again.
#[test]
fn a_certificate_that_could_not_be_saved_is_made_later() {
    let mut bench = Bench::new();
    let dir = bench.dir.path().to_owned();
    bench.watch = Box::new(move |event, _| {
        if matches!(event, Event::Started { .. }) {
            for entry in std::fs::read_dir(&dir).unwrap() {
                let path = entry.unwrap().path().display().to_string();
                if let Some(stem) = path.strip_suffix(".journal") {
                    std::fs::write(format!("{stem}.cert.json"), b"in the way").unwrap();
                }
            }
        }
    });
    let drive = identity("S1", MIB);
    let sim = bench.drive(&drive);
    let machine = bay([("/dev/sda", &drive, &sim)]);
    let ran = bench.wipe(&machine, "random", Full).unwrap();
    let result = &ran.report.drives[0];
    assert_eq!((result.outcome, &result.certificate), (Outcome::Indeterminate, &None));
    let report = bench.verify(Path::new(ran.report.machine.as_ref().unwrap()));
    assert_eq!(report.document()["credentialSubject"]["drives"][0]["outcome"], "indeterminate");
    let (place, before) = (bench.files(".cert.json")[0].clone(), sim.operations());
    assert_eq!(std::fs::read(&place).unwrap(), b"in the way");
    std::fs::remove_file(&place).unwrap();
    bench.watch = Box::new(|_, _| ());
    let ran = bench.resume(&machine).unwrap();
    bench.demands(&ran, &bench.certificate(), &sim);
    assert!(bench.certificate().is_sanitized() && bench.files(".cert.json") == [place]);
    assert_eq!(sim.operations(), before);
}

/// A bay that opens another drive than it said: the last look is on the opened descriptor.
struct OpensAnother<'a>(&'a SimBay, &'a SimDrive);

impl Bay for OpensAnother<'_> {
    fn look(&self) -> Inventory {
        self.0.look()
    }
    fn examine(&self, path: &Path) -> Result<DriveFacts, Refusal> {
        self.0.examine(path)
    }
    fn channel(&self, facts: &DriveFacts) -> Result<Box<dyn Channel>, String> {
        self.0.channel(facts)
    }
    fn open_read_only(&self, facts: &DriveFacts) -> Result<Arc<dyn Drive>, Refusal> {
        self.open_exclusive(facts)
    }

    fn open_exclusive(&self, _: &DriveFacts) -> Result<Arc<dyn Drive>, Refusal> {
        Ok(self.1.open())
    }
}

#[test]
fn the_opened_drive_is_compared_right_before_the_first_write() {
    let (mut bench, drive) = (Bench::new(), identity("S1", SIZE));
    let sim = cut_off(&mut bench, &drive);
    let victim = bench.drive(&identity("OTHER", SIZE));
    let honest = bay([("/dev/sda", &drive, &sim)]);
    let (report, _) = bench.with(&honest, |setup| {
        let bay = OpensAnother(&honest, &victim);
        let setup = nulstil::run::Setup { bay: &bay, ..copy(setup) };
        nulstil::run::resume(&setup).unwrap()
    });
    assert_eq!((victim.operations(), victim.content()), (0, vec![OLD; SIZE as usize]));
    assert_eq!(report.drives[0].outcome, Outcome::NotSanitized);
    let certificate = bench.certificate();
    assert!(has(&certificate, Shortfall::DriveChanged) && has(&certificate, Shortfall::RunFailed));
    // What was written before the cut is still told.
    assert_eq!(certificate.evidence().unwrap().passes[0].written_bytes, 2 * CHUNK);
}

/// The authorization runs out during the run: what would be signed then nobody accepts, so it is
/// not saved as a certificate, and the journal waits for a new authorization.
#[test]
fn what_an_auditor_would_reject_is_not_saved() {
    let (bench, drive) = (Bench::new(), identity("S1", SIZE));
    let year = Duration::from_secs(365 * 24 * 3600);
    let sim = bench.drive(&drive).with(Fault::Slow(year));
    let ran = bench.wipe(&bay([("/dev/sda", &drive, &sim)]), "zeros", Full).unwrap();
    let result = &ran.report.drives[0];
    assert_eq!(result.outcome, Outcome::Indeterminate);
    assert_eq!(result.certificate, None);
    assert!(result.reasons.iter().any(|reason| reason.contains("expired")), "{result:?}");
    assert_eq!(bench.files(".cert.json").len(), 0);
    assert!(sim.content().iter().all(|byte| *byte == 0), "the drive is erased all the same");
}

/// Only what was meant is gone on with, each result says of which run it is, and nothing else is touched,
/// though the others had the same name when they were begun.
#[test]
fn only_what_was_meant_is_gone_on_with() {
    let mut bench = Bench::new();
    let (meant, other) = (identity("S1", SIZE), identity("S2", SIZE));
    let sims = [cut_off(&mut bench, &meant), cut_off(&mut bench, &other)];
    let before = sims[1].content();
    let machine = bay([("/dev/sdb", &meant, &sims[0]), ("/dev/sda", &other, &sims[1])]);
    let key = bench.journal_key();
    let id_of = |serial: &str| {
        let histories = bench.files(".journal").into_iter().map(|path| {
            nulstil::run::History::of(&std::fs::read(path).unwrap(), &key).unwrap().unwrap().start
        });
        let mut of_it = histories.filter(|s| s.drive.serial_number.as_deref() == Some(serial));
        of_it.next().unwrap().certificate_id
    };
    let only = [id_of("S1")];
    let resume = |only: &[String]| {
        let setup = |setup: &nulstil::run::Setup<'_>| {
            nulstil::run::resume(&nulstil::run::Setup { only: Some(only), ..copy(setup) })
        };
        bench.with(&machine, setup).0
    };
    let report = resume(&only).unwrap();
    let [result] = &report.drives[..] else { panic!("{report:?}") };
    assert_eq!((result.serial.as_deref(), result.outcome), (Some("S1"), Outcome::Sanitized));
    assert_eq!(result.certificate_id.as_ref(), Some(&only[0]));
    assert_eq!(bench.certificate().id(), format!("urn:uuid:{}", only[0]));
    assert_eq!(sims[1].content(), before);
    assert!(matches!(resume(&only), Err(NotBegun::Nothing(_))), "it is done");
    let rest = resume(&[id_of("S2")]).unwrap();
    assert_eq!(rest.drives[0].certificate_id, Some(id_of("S2")));
    assert_eq!(rest.drives[0].serial.as_deref(), Some("S2"));
}
