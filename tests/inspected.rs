//! Simulated drives that are inspected: nothing is written to them, and whatever stands in the way
//! of knowing what is on them keeps them from being called blank.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod sim_common;

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, UNIX_EPOCH};

use nulstil::cert::document::{BLANK, INSPECTION};
use nulstil::cert::{VerifiedCertificate, gaps};
use nulstil::device::Bay as _;
use nulstil::model::InspectionShortfall as Found;
use nulstil::model::{
    Blankness, Bus, Ending, Identity, Inspection, Lock, Medium, Outcome, RefusalCode,
};
use nulstil::os::{EngineChoice, LinuxBay};
use nulstil::proto::opal::SscFamily;
use nulstil::run::{self, Event, NotBegun, Report};
use nulstil::sim::{AtaFirmware, Fault, Hides, NvmeFirmware, OpalLocks, SimBay, SimDrive};
use sim_common::{Bench, KIB, MIB, at, bay, identity};

fn inspect(bench: &Bench, bay: &SimBay) -> (Result<Report, NotBegun>, Vec<Event>) {
    let drives = bay.look().drives.into_iter().map(|facts| (facts.path.clone(), facts)).collect();
    bench.with(bay, |setup| run::inspect(drives, setup))
}

/// Inspects one drive and demands what holds of every inspection, whatever came of it.
fn one(bench: &Bench, identity: &Identity, drive: &SimDrive) -> (VerifiedCertificate, Report) {
    bench.clear();
    let before = drive.content();
    let (report, _) = inspect(bench, &bay([("/dev/sda", identity, drive)]));
    let report = report.unwrap();
    assert_eq!(drive.changes(), 0, "it was asked for something that changes it");
    assert!(drive.content() == before, "something was written");
    assert_eq!(report.faults, Vec::<String>::new());
    assert_eq!(bench.files(".tmp"), Vec::<std::path::PathBuf>::new());
    let [path] = &bench.files(".inspection.json")[..] else { panic!("no document") };
    assert_eq!(report.drives[0].certificate.as_deref(), path.to_str());
    let document = bench.verify(path);
    assert!(!document.is_sanitized() && document.conclusion().is_none());
    let (_, concluded) = document.inspection().unwrap();
    let blank = concluded.verdict == Blankness::Blank;
    assert_eq!(document.kind(), if blank { BLANK } else { INSPECTION });
    assert_eq!(report.drives[0].outcome == Outcome::FoundBlank, blank);
    // The session is whole: its start, this and the report on the machine, which is not complete.
    let machine = bench.verify(report.machine.as_ref().unwrap().as_ref());
    let lacks = machine.machine_lacks().unwrap();
    assert!(lacks.len() == 1 && lacks[0].contains("S1"), "{lacks:?}");
    let named = &machine.document()["credentialSubject"]["drives"][0];
    assert_eq!(named["certificateDigest"], document.digest());
    let start = bench.verify(&bench.files(".start.json")[0]);
    let entries = [&start, &document, &machine]
        .map(|found| nulstil::cert::Entry::of(found.kind().into(), found).unwrap());
    assert_eq!(gaps(&entries), []);
    (document, report)
}

fn found(document: &VerifiedCertificate) -> (Inspection, Blankness, Vec<Found>) {
    let (inspection, concluded) = document.inspection().unwrap();
    (inspection.clone(), concluded.verdict, concluded.shortfalls.clone())
}

fn filled(bench: &Bench, identity: &Identity, byte: u8) -> SimDrive {
    SimDrive::new(identity.clone(), byte, &bench.clock).commanded_by(AtaFirmware::hdd())
}

#[test]
fn one_byte_throughout_is_blank() {
    let bench = Bench::new();
    let small = identity("S1", 2 * MIB + 512);
    let large = Identity { logical_block_bytes: 4096, ..identity("S1", 2 * MIB) };
    for identity in [small, large] {
        for byte in [0, 0xff, 0x5a] {
            let (document, report) = one(&bench, &identity, &filled(&bench, &identity, byte));
            let (inspection, verdict, shortfalls) = found(&document);
            assert_eq!((verdict, shortfalls), (Blankness::Blank, vec![]));
            assert_eq!(inspection.filling, Some(byte));
            assert_eq!(inspection.read_bytes, identity.capacity_bytes);
            assert_eq!(report.drives[0].reasons, Vec::<String>::new());
            let said = document.document()["credentialSubject"]["statements"].to_string();
            assert!(said.contains("not erased by us"), "{said}");
        }
    }
}

/// One byte anywhere, also in the first block, which is what all others are compared with.
#[test]
fn one_other_byte_is_found_wherever_it_is() {
    let bench = Bench::new();
    let identity = identity("S1", 2 * MIB + 512);
    let size = identity.capacity_bytes as usize;
    for place in [0, 511, 512, MIB as usize, size - 1] {
        let mut bytes = vec![0; size];
        bytes[place] = 1;
        let drive = SimDrive::holding(identity.clone(), bytes, &bench.clock)
            .commanded_by(AtaFirmware::hdd());
        let (document, _) = one(&bench, &identity, &drive);
        let (inspection, verdict, shortfalls) = found(&document);
        assert_eq!(verdict, Blankness::NotBlank, "{place}");
        assert_eq!(shortfalls[0], Found::DataFound);
        let lbas: Vec<u64> = inspection.differing.blocks.iter().map(|found| found.lba).collect();
        assert_eq!(lbas, [place as u64 / 512], "{place}");
        assert_eq!(inspection.filling, (place >= 512).then_some(0));
        // Never what is there: only that it is.
        let text = document.document().to_string();
        assert!(!text.contains(&"01".repeat(8)), "{text}");
    }
}

/// A drive full of data is not read to its end, once it is known that it is not blank.
#[test]
fn enough_is_enough() {
    let bench = Bench::new();
    let identity = identity("S1", 24 * MIB);
    let mut bytes = vec![0; identity.capacity_bytes as usize];
    bytes[8192..].fill(7);
    let drive =
        SimDrive::holding(identity.clone(), bytes, &bench.clock).commanded_by(AtaFirmware::hdd());
    let (document, _) = one(&bench, &identity, &drive);
    let (inspection, verdict, shortfalls) = found(&document);
    assert_eq!(verdict, Blankness::NotBlank);
    assert_eq!(shortfalls, [Found::DataFound, Found::NotReadToTheEnd]);
    assert_eq!(inspection.differing.blocks.len(), 64);
    assert!(inspection.read_bytes < identity.capacity_bytes, "{}", inspection.read_bytes);
}

#[test]
fn what_cannot_be_read_is_not_known() {
    let bench = Bench::new();
    let identity = identity("S1", 2 * MIB);
    for (bad, first) in [(at(MIB, 512), false), (at(0, 512), true)] {
        let drive = filled(&bench, &identity, 0).with(Fault::Unreadable(bad));
        let (document, _) = one(&bench, &identity, &drive);
        let (inspection, verdict, shortfalls) = found(&document);
        assert_eq!(verdict, Blankness::Unknown);
        assert!(shortfalls.contains(&Found::BlocksUnreadable), "{shortfalls:?}");
        assert_eq!(inspection.filling.is_none(), first);
        let place = if first { at(0, 512) } else { at(MIB, 4 * KIB) };
        assert_eq!(inspection.unreadable.ranges, [place]);
    }
    // And yet one other byte elsewhere is found.
    let mut bytes = vec![0; 2 * MIB as usize];
    bytes[2 * MIB as usize - 1] = 1;
    let drive = SimDrive::holding(identity.clone(), bytes, &bench.clock)
        .commanded_by(AtaFirmware::hdd())
        .with(Fault::Unreadable(at(MIB, 512)));
    assert_eq!(found(&one(&bench, &identity, &drive).0).1, Blankness::NotBlank);
}

#[test]
fn what_goes_wrong_meanwhile_is_not_known() {
    let bench = Bench::new();
    let identity = identity("S1", 12 * MIB);
    let clean = filled(&bench, &identity, 0);
    assert_eq!(found(&one(&bench, &identity, &clean).0).1, Blankness::Blank);
    // Questions, the reading, and the same questions again: while it reads.
    let half = clean.operations() / 2;
    for (fault, expected) in [
        (Fault::SwappedAfter(half), Found::DriveChanged),
        (Fault::GoneAfter(half), Found::NotReadToTheEnd),
        (Fault::ShrinksAfter { operations: half, capacity: MIB }, Found::DriveChanged),
        (Fault::Buffered, Found::PageCache),
    ] {
        let drive = filled(&bench, &identity, 0).with(fault.clone());
        let (_, verdict, shortfalls) = found(&one(&bench, &identity, &drive).0);
        assert_eq!(verdict, Blankness::Unknown, "{fault:?}");
        assert!(shortfalls.contains(&expected), "{fault:?}: {shortfalls:?}");
    }
}

/// A locked drive may well show zeros in place of what is on it.
#[test]
fn locked_drives_are_not_called_blank() {
    let bench = Bench::new();
    let psid = || "ABCDEFGH-JKLMNPQR-STUVWXYZ-01234567".parse().unwrap();
    let opal = || OpalLocks::locked(SscFamily::Opal2, psid());
    let sata = identity("S1", MIB);
    let nvme = Identity { bus: Bus::Nvme, medium: Medium::Ssd, ..identity("S1", MIB) };
    let drive = |identity: &Identity| SimDrive::new(identity.clone(), 0, &bench.clock);
    let locked: [(&Identity, SimDrive); 5] = [
        (&sata, drive(&sata).commanded_by(AtaFirmware::hdd().locked_with("secret"))),
        (&sata, drive(&sata).commanded_by(AtaFirmware::ssd().with_locks(opal()))),
        (&nvme, drive(&nvme).commanded_by(NvmeFirmware::default().with_locks(opal()))),
        (
            &nvme,
            drive(&nvme).commanded_by(NvmeFirmware::default().with_locks(opal().open().shadowed())),
        ),
        // Even our own password: this is no erase, which would open it.
        (
            &sata,
            drive(&sata).commanded_by(AtaFirmware::hdd().locked_with(nulstil::model::ATA_PASSWORD)),
        ),
    ];
    for (number, (identity, drive)) in locked.into_iter().enumerate() {
        let (inspection, verdict, shortfalls) = found(&one(&bench, identity, &drive).0);
        assert!(matches!(inspection.lock, Lock::Closed { .. }), "{number}: {:?}", inspection.lock);
        assert_eq!(verdict, Blankness::Unknown, "{number}");
        assert!(shortfalls.contains(&Found::Locked), "{number}: {shortfalls:?}");
        let Ending::Failed { reason } = inspection.ending else { panic!("{number}: read") };
        assert!(reason.contains("locked"), "{reason}");
    }
    // One that is open, and one that has none.
    let open = drive(&nvme).commanded_by(NvmeFirmware::default().with_locks(opal().open()));
    assert_eq!(found(&one(&bench, &nvme, &open).0).1, Blankness::Blank);
}

#[test]
fn a_drive_that_hides_or_does_not_say_is_not_called_blank() {
    let bench = Bench::new();
    let shown = identity("S1", MIB);
    for by in [Hides::Hpa, Hides::Dco, Hides::Amax] {
        let bytes = vec![0; (MIB + MIB / 4) as usize];
        let drive = SimDrive::holding(shown.clone(), bytes, &bench.clock)
            .commanded_by(AtaFirmware::hdd().hiding(MIB / 4 / 512, by));
        let (inspection, verdict, shortfalls) = found(&one(&bench, &shown, &drive).0);
        assert_eq!((verdict, &shortfalls[..]), (Blankness::Unknown, &[Found::HiddenBlocks][..]));
        assert_eq!(inspection.drive.capacity_bytes, MIB, "nothing was shown");
    }
    // No firmware to ask, or none that answers.
    let mute = SimDrive::new(shown.clone(), 0, &bench.clock);
    let (_, verdict, shortfalls) = found(&one(&bench, &shown, &mute).0);
    assert_eq!(verdict, Blankness::Unknown);
    assert_eq!(shortfalls, [Found::LocksUnknown, Found::HiddenAreasUnknown]);
    // A drive of the kernel's own has nothing to ask.
    let kernel = Identity { bus: Bus::Loop, medium: Medium::Virtual, ..shown };
    let drive = SimDrive::new(kernel.clone(), 0, &bench.clock);
    assert_eq!(found(&one(&bench, &kernel, &drive).0).1, Blankness::Blank);
}

#[test]
fn a_person_can_stop_it() {
    let mut bench = Bench::new();
    bench.watch = Box::new(|event, stop| {
        if matches!(event, Event::Progress(_)) {
            stop.store(true, Ordering::Relaxed);
        }
    });
    let identity = identity("S1", 24 * MIB);
    let drive = filled(&bench, &identity, 0).with(Fault::Slow(Duration::from_secs(1)));
    let (document, report) = one(&bench, &identity, &drive);
    assert_eq!(report.drives[0].outcome, Outcome::Aborted);
    let (inspection, verdict, _) = found(&document);
    assert_eq!((inspection.ending, verdict), (Ending::Aborted, Blankness::Unknown));
}

/// Two at once: one that cannot be called blank takes nothing from the other.
#[test]
fn several_at_once_and_each_for_itself() {
    let bench = Bench::new();
    let (a, b) = (identity("S1", 2 * MIB), Identity { diskseq: Some(8), ..identity("S2", MIB) });
    let (first, second) = (filled(&bench, &a, 0), filled(&bench, &b, 0xff));
    let second = second.with(Fault::Unreadable(at(4096, 512)));
    let (report, _) = inspect(&bench, &bay([("/dev/a", &a, &first), ("/dev/b", &b, &second)]));
    let outcomes: Vec<Outcome> = report.unwrap().drives.iter().map(|drive| drive.outcome).collect();
    assert_eq!(outcomes, [Outcome::FoundBlank, Outcome::Indeterminate]);
    assert_eq!(bench.files(".inspection.json").len(), 2);
    // A drive that is another one by now: nothing is read, and nothing signed.
    bench.clear();
    let other = Identity { serial_number: Some("S9".into()), ..a.clone() };
    let (refused, _) = inspect(&bench, &bay([("/dev/a", &other, &first)]));
    let Err(NotBegun::Refused(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(refused[0].1.code, RefusalCode::Replaced);
    assert_eq!(bench.files(""), Vec::<std::path::PathBuf>::new());
}

/// Nothing keeps another program from writing to a file that is read, at a place that was read
/// before.
#[test]
fn a_file_that_somebody_writes_to_is_not_known_to_be_blank() {
    let put: fn(&Path) = |path| {
        // The same byte, so that it does not show when it is read.
        File::options().write(true).open(path).unwrap().write_all(&[0]).unwrap();
    };
    let put_and_hide: fn(&Path) = |path| {
        let before = fs::metadata(path).unwrap();
        let probe = path.with_extension("probe");
        let later = || {
            fs::write(&probe, "").unwrap();
            let now = fs::metadata(&probe).unwrap();
            (now.ctime(), now.ctime_nsec()) > (before.ctime(), before.ctime_nsec())
        };
        while !later() {}
        let file = File::options().write(true).open(path).unwrap();
        (&file).write_all(&[0]).unwrap();
        file.set_modified(before.modified().unwrap()).unwrap();
    };
    let nothing: fn(&Path) = |_| ();
    let read: fn(&Path) = |path| drop(fs::read(path).unwrap());
    let cases = [(nothing, true), (read, true), (put, false), (put_and_hide, false)];
    for (number, (meddle, blank)) in cases.into_iter().enumerate() {
        let folder = tempfile::TempDir::new().unwrap();
        let image = folder.path().join("image");
        let file = File::create(&image).unwrap();
        file.set_len(MIB).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
        drop(file);
        let mut bench = Bench::new();
        let path = image.clone();
        bench.watch = Box::new(move |event, _| {
            if matches!(event, Event::Inspecting { .. }) {
                meddle(&path);
            }
        });
        let linux = LinuxBay::live(EngineChoice::Auto);
        let facts = linux.examine(&image).unwrap();
        let drives = vec![(facts.path.clone(), facts)];
        let (report, events) = bench.with(&linux, |setup| run::inspect(drives, setup));
        let outcome = report.unwrap().drives[0].outcome;
        let document = bench.verify(&bench.files(".inspection.json")[0]);
        let (_, verdict, shortfalls) = found(&document);
        let warned = events.iter().any(|event| {
            matches!(event, Event::Warning { message, .. } if message.contains("was changed"))
        });
        if blank {
            assert_eq!((verdict, &shortfalls[..]), (Blankness::Blank, &[][..]), "{number}");
            assert_eq!(outcome, Outcome::FoundBlank);
        } else {
            assert_eq!(verdict, Blankness::Unknown, "{number}");
            assert_eq!(shortfalls, [Found::DriveChanged], "{number}");
            assert_eq!(outcome, Outcome::Indeterminate);
        }
        assert_eq!(warned, !blank, "{number}");
    }
}
