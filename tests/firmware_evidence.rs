//! What is put on record around an erase by firmware: that the numbers are exact, that nothing
//! unread counts as proof, and that a drive which struggles neither hangs a run nor is believed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod sim_common;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use nulstil::cert::VerifiedCertificate;
use nulstil::device::Time as _;
use nulstil::model::{
    Bus, Completion, Ending, FirmwareErase, Identity, Markers, Medium, Method, Outcome, Range,
    Reset, Shortfall, VerifyMode, Witness,
};
use nulstil::plan::{AfterPurge, Fallback};
use nulstil::proto::nvme::{Afterwards, PersistentEventLog, Sanitize, SanitizeAction};
use nulstil::proto::scsi::sanitize::ServiceAction;
use nulstil::proto::{Answer, Command};
use nulstil::run::Event;
use nulstil::sim::{
    AtaFirmware, Fault, FirmwareFault, MmcFirmware, NvmeFirmware, ScsiFirmware, SimDrive,
};
use sim_common::{Bench, MIB, Ran, at, bay, has, identity};

const CRYPTO: u32 = 0b001;
const BLOCK: u32 = 0b010;

/// Physical blocks of the drive.
const PHYSICAL: u64 = 4096;

fn ssd() -> Identity {
    Identity { bus: Bus::Nvme, medium: Medium::Ssd, ..identity("S1", MIB) }
}

/// What an earlier owner left: nothing that repeats, so that every sample counts.
fn old_data() -> Vec<u8> {
    let mut noise = 0x9e37_79b9_u32;
    let mut next = || {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        noise.to_le_bytes()[1]
    };
    (0..MIB).map(|_| next()).collect()
}

/// A bench on which a purge, or what comes closest, is all that happens.
fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.method = Some(Method::Purge);
    bench.policy.after_purge = AfterPurge::Nothing;
    bench.policy.fallback = Fallback::Clear;
    bench
}

/// An NVMe drive with these ways to sanitize, full of old data.
fn nvme(bench: &Bench, sanitize: u32) -> SimDrive {
    SimDrive::holding(ssd(), old_data(), &bench.clock)
        .commanded_by(NvmeFirmware::default().able_to(sanitize, 0))
}

fn wipe(bench: &Bench, drive: &SimDrive) -> (VerifiedCertificate, Ran) {
    bench.clear();
    let ran = bench.wipe(&bay([("/dev/x", &ssd(), drive)]), "zeros", VerifyMode::Full).unwrap();
    (bench.certificate(), ran)
}

fn first(certificate: &VerifiedCertificate) -> FirmwareErase {
    certificate.evidence().unwrap().firmware[0].clone()
}

fn markers(certificate: &VerifiedCertificate) -> Markers {
    first(certificate).markers.unwrap()
}

/// Does something to the drive, once, as soon as it says how far it is with its erase.
fn while_erasing(bench: &mut Bench, work: impl Fn(&AtomicBool) + Sync + 'static) {
    let done = AtomicBool::new(false);
    bench.watch = Box::new(move |event, stop| {
        let erasing = matches!(event, Event::Progress(p) if p.firmware_permille.is_some());
        if erasing && !done.swap(true, Ordering::Relaxed) {
            work(stop);
        }
    });
}

/// Adds a fault while the drive erases.
fn breaks_while_erasing(bench: &mut Bench, drive: &SimDrive, fault: Fault) {
    let drive = drive.clone();
    while_erasing(bench, move |_| drop(drive.clone().with(fault.clone())));
}

/// One marker was never there, and another one cannot be read afterwards: neither stands for the
/// other.
#[test]
fn a_marker_that_was_not_planted_does_not_make_up_for_one_that_was_not_read() {
    let mut bench = bench();
    let drive = nvme(&bench, BLOCK).with(Fault::Forgets(at(0, PHYSICAL)));
    breaks_while_erasing(&mut bench, &drive, Fault::Unreadable(at(MIB - PHYSICAL, PHYSICAL)));
    let (certificate, _) = wipe(&bench, &drive);
    let markers = markers(&certificate);
    assert_eq!(markers.planted, markers.wanted - 1);
    assert_eq!(markers.read_after, markers.planted - 1, "{markers:?}");
    assert!(has(&certificate, Shortfall::MarkersUnread));
}

/// The write is acknowledged late: it was not there when it was read back, and is there at the end.
#[test]
fn a_marker_that_nobody_confirmed_is_found_all_the_same() {
    let mut bench = bench();
    let drive = nvme(&bench, BLOCK)
        .with(Fault::Unreadable(at(0, PHYSICAL)))
        .with(Fault::Firmware(FirmwareFault::DoesNothing));
    let repaired = drive.clone();
    while_erasing(&mut bench, move |_| {
        let nothing = Fault::Firmware(FirmwareFault::DoesNothing);
        drop(repaired.clone().repaired().with(nothing));
    });
    let (certificate, _) = wipe(&bench, &drive);
    let markers = markers(&certificate);
    assert_eq!(markers.planted, markers.wanted - 1);
    assert_eq!(markers.read_after, markers.planted);
    assert_eq!(markers.survived.count, markers.wanted * PHYSICAL / 512);
    assert!(markers.survived.blocks.iter().any(|finding| finding.lba == 0), "{markers:?}");
}

#[test]
fn one_sector_that_is_left_in_a_physical_block_is_found() {
    let bench = bench();
    let drive = nvme(&bench, BLOCK).with(Fault::Firmware(FirmwareFault::LeavesSectors));
    let (certificate, _) = wipe(&bench, &drive);
    let markers = markers(&certificate);
    let sectors = PHYSICAL / 512;
    assert_eq!(markers.sampled, 64 * sectors, "{markers:?}");
    assert_eq!(markers.unchanged.count, 64, "{markers:?}");
    assert!(markers.unchanged.blocks.iter().all(|finding| finding.lba % sectors == sectors - 1));
    assert_eq!(markers.survived.count, markers.wanted);
    assert!(has(&certificate, Shortfall::DataSurvived));
}

#[test]
fn samples_that_could_not_be_read_before_are_counted() {
    let mut bench = bench();
    // Everything but the first and the last block, which are always marked.
    let half = at(MIB / 4, MIB / 2);
    let drive = nvme(&bench, BLOCK).with(Fault::Unreadable(half));
    let repaired = drive.clone();
    while_erasing(&mut bench, move |_| drop(repaired.clone().repaired()));
    let (certificate, _) = wipe(&bench, &drive);
    let markers = markers(&certificate);
    assert!(markers.unreadable_before > 0, "{markers:?}");
    assert_eq!(markers.sampled + markers.unreadable_before, 64 * PHYSICAL / 512);
    assert_eq!(markers.samples_read_after, markers.sampled);
    assert!(has(&certificate, Shortfall::SamplesUnread));
}

#[test]
fn on_an_empty_drive_only_the_markers_prove_it() {
    let bench = bench();
    for sanitize in [CRYPTO, BLOCK] {
        let drive = SimDrive::new(ssd(), 0, &bench.clock)
            .commanded_by(NvmeFirmware::default().able_to(sanitize, 0));
        let (certificate, _) = wipe(&bench, &drive);
        assert_eq!(markers(&certificate).sampled, 0);
        assert_eq!(certificate.conclusion().unwrap().method, Some(Method::Purge));
        assert!(has(&certificate, Shortfall::OnlyMarkers));
    }
    let (certificate, _) = wipe(&bench, &nvme(&bench, BLOCK));
    assert!(!has(&certificate, Shortfall::OnlyMarkers));
}

/// Every block but the marked ones turns unreadable while the drive erases.
#[test]
fn a_sample_that_cannot_be_read_afterwards_is_not_read() {
    let mut bench = bench();
    let drive = nvme(&bench, BLOCK);
    let broken = drive.clone();
    while_erasing(&mut bench, move |_| {
        let (now, before) = (broken.content(), old_data());
        let blocks = now.chunks(4096).zip(before.chunks(4096)).enumerate();
        let unmarked = blocks.filter(|(_, (now, before))| now == before);
        let bad = unmarked.map(|(n, _)| Fault::Unreadable(at(n as u64 * PHYSICAL, PHYSICAL)));
        bad.fold(broken.clone(), SimDrive::with);
    });
    let (certificate, _) = wipe(&bench, &drive);
    let markers = markers(&certificate);
    assert_eq!((markers.read_after, markers.survived.count), (markers.wanted, 0));
    assert!(markers.sampled > 0);
    assert_eq!(markers.samples_read_after, 0, "{markers:?}");
    assert!(has(&certificate, Shortfall::MarkersUnread));
}

/// Another drive answers after the erase: nothing more is done to it.
#[test]
fn a_drive_that_is_swapped_during_its_erase_is_not_touched_again() {
    for sanitize in [BLOCK, CRYPTO | BLOCK] {
        let mut bench = bench();
        bench.policy.after_purge = AfterPurge::Overwrite;
        let drive = nvme(&bench, sanitize);
        breaks_while_erasing(&mut bench, &drive, Fault::SwappedAfter(0));
        let (certificate, _) = wipe(&bench, &drive);
        let evidence = certificate.evidence().unwrap();
        assert_eq!((evidence.firmware.len(), evidence.passes.len()), (1, 0), "{evidence:?}");
        assert!(matches!(evidence.ending, Ending::Failed { .. }), "{:?}", evidence.ending);
    }
}

/// The same drives, the same options, the same method: the technique alone makes another plan.
#[test]
fn a_plan_with_another_technique_needs_another_consent() {
    let bench = bench();
    let digest = |sanitize| {
        let drive = nvme(&bench, sanitize);
        let bay = bay([("/dev/x", &ssd(), &drive)]);
        let plan = bench.plan(&bay, "zeros", VerifyMode::Full);
        assert_eq!(plan.document().drives[0].refusal, None);
        plan.digest().unwrap()
    };
    assert_ne!(digest(CRYPTO), digest(BLOCK));
    assert_eq!(digest(BLOCK), digest(BLOCK));
}

#[test]
fn a_run_that_is_stopped_during_an_erase_was_aborted() {
    for after in [AfterPurge::Overwrite, AfterPurge::Nothing] {
        // While it does what it was told, and while it still does what somebody else told it.
        for by_somebody in [false, true] {
            let mut bench = bench();
            bench.policy.after_purge = after;
            let mut firmware = NvmeFirmware::default().able_to(BLOCK, 0);
            if by_somebody {
                let action = SanitizeAction::BlockErase(Afterwards::Deallocate);
                let theirs = Sanitize::Start { action, unrestricted_exit: false };
                firmware = firmware.sanitizing(theirs, bench.clock.elapsed());
            }
            let drive = SimDrive::holding(ssd(), old_data(), &bench.clock).commanded_by(firmware);
            while_erasing(&mut bench, |stop| stop.store(true, Ordering::Relaxed));
            let (certificate, ran) = wipe(&bench, &drive);
            assert_eq!(ran.report.drives[0].outcome, Outcome::Aborted);
            let evidence = certificate.evidence().unwrap();
            assert_eq!((&evidence.ending, evidence.passes.len()), (&Ending::Aborted, 0));
            assert!(matches!(first(&certificate).completion, Completion::Unknown { .. }));
        }
    }
}

/// A format that goes on after its command was answered is waited for.
#[test]
fn a_format_in_the_background_is_waited_for() {
    let bench = bench();
    let firmware = NvmeFirmware::default().able_to(0, 0).formatting_slowly();
    let drive = SimDrive::holding(ssd(), old_data(), &bench.clock).commanded_by(firmware);
    let (certificate, ran) = wipe(&bench, &drive);
    let erase = first(&certificate);
    let witness = Some(Witness::CommandReturned);
    assert_eq!(erase.completion, Completion::Completed { witness });
    let markers = erase.markers.unwrap();
    assert_eq!((markers.read_after, markers.survived.count), (markers.wanted, 0), "{markers:?}");
    assert_eq!((markers.samples_read_after, markers.unchanged.count), (markers.sampled, 0));
    let told = ran.events.iter().filter_map(|event| match event {
        Event::Progress(progress) => progress.firmware_permille,
        _ => None,
    });
    assert!(told.filter(|done| (1..1000).contains(done)).count() > 10);
}

/// Reads fail after ten seconds each, before the erase and after it.
#[test]
fn a_drive_that_struggles_is_not_waited_for_for_hours() {
    let struggles = |range: Range| Fault::Struggles { range, takes: Duration::from_secs(10) };
    let bench = bench();
    let budget = Duration::from_secs(60 * u64::from(bench.policy.trouble_minutes));
    let drive = nvme(&bench, BLOCK).with(struggles(at(0, MIB)));
    let began = bench.clock.elapsed();
    let (certificate, _) = wipe(&bench, &drive);
    let took = bench.clock.elapsed() - began;
    assert!(budget < took && took < budget + Duration::from_secs(120), "{took:?}");
    let markers = markers(&certificate);
    assert_eq!((markers.planted, markers.sampled, markers.read_after), (0, 0, 0), "{markers:?}");
    assert_eq!(markers.unreadable_before, 64 * PHYSICAL / 512);
    assert_eq!(markers.after.unreadable, 64, "what was not read is not said to be anything");
    assert!(!certificate.is_sanitized());

    // A few bad places use up nothing.
    let drive = nvme(&bench, BLOCK).with(struggles(at(0, PHYSICAL)));
    let (certificate, _) = wipe(&bench, &drive);
    let markers = self::markers(&certificate);
    assert_eq!(markers.planted, markers.wanted - 1, "{markers:?}");
    assert_eq!(markers.read_after, markers.planted);
}

/// Ctrl-C while every read takes ten seconds to fail: before the erase, which is then not begun,
/// and after it.
#[test]
fn a_drive_that_struggles_can_be_stopped() {
    for before in [true, false] {
        let mut bench = bench();
        let drive = nvme(&bench, BLOCK);
        let struggles = Fault::Struggles { range: at(0, MIB), takes: Duration::from_secs(10) };
        let breaks = drive.clone();
        if before {
            drop(breaks.clone().with(struggles.clone()));
        }
        let (erasing, looked) = (AtomicBool::new(before), AtomicU64::new(0));
        bench.watch = Box::new(move |event, stop| {
            let Event::Progress(progress) = event else { return };
            if progress.firmware_permille.is_some() && !erasing.swap(true, Ordering::Relaxed) {
                drop(breaks.clone().with(struggles.clone()));
            } else if progress.firmware_permille.is_none()
                && erasing.load(Ordering::Relaxed)
                && looked.fetch_add(1, Ordering::Relaxed) == 2
            {
                stop.store(true, Ordering::Relaxed);
            }
        });
        let began = bench.clock.elapsed();
        let (certificate, ran) = wipe(&bench, &drive);
        let took = bench.clock.elapsed() - began;
        assert!(took < Duration::from_secs(120), "{took:?}");
        assert_eq!(ran.report.drives[0].outcome, Outcome::Aborted);
        assert_eq!(certificate.evidence().unwrap().ending, Ending::Aborted);
        let erase = first(&certificate);
        let sent = erase.exchanges.iter().any(|exchange| exchange.command.starts_with("Sanitize"));
        assert_eq!(sent, !before, "{erase:?}");
        if before {
            let unknown = matches!(&erase.completion, Completion::Unknown { reason } if reason.contains("before the drive was told"));
            assert!(unknown, "{erase:?}");
        }
    }
}

/// It says success, and answers from an emptied cache. Only a reset brings the truth out; where
/// there is none, the certificate says so.
#[test]
fn a_cache_that_was_emptied_is_not_taken_for_the_medium() {
    let bench = bench();
    for sanitize in [CRYPTO, BLOCK] {
        let drive = nvme(&bench, sanitize).with(Fault::Firmware(FirmwareFault::StaleCache));
        let (certificate, _) = wipe(&bench, &drive);
        assert_eq!(first(&certificate).reset, Some(Reset::Done { how: "simulated".to_owned() }));
        let markers = markers(&certificate);
        assert_eq!(markers.survived.count, markers.wanted * PHYSICAL / 512);
        assert_eq!(markers.unchanged.count, markers.sampled);
        assert!(!certificate.is_sanitized());
        assert!(!has(&certificate, Shortfall::NotReset));
    }
    let (certificate, _) = wipe(&bench, &nvme(&bench, BLOCK).with(Fault::CannotReset));
    let reset = first(&certificate).reset;
    assert!(matches!(reset, Some(Reset::NotDone { .. })), "{reset:?}");
    assert!(has(&certificate, Shortfall::NotReset));
    assert_eq!(certificate.conclusion().unwrap().method, Some(Method::Purge));
    // Nothing that may still be at work is reset.
    for fault in [FirmwareFault::Stuck, FirmwareFault::StatusUnreadable, FirmwareFault::Rejects] {
        let (certificate, _) = wipe(&bench, &nvme(&bench, BLOCK).with(Fault::Firmware(fault)));
        assert_eq!(first(&certificate).reset, None, "{fault:?}");
    }
}

/// A change of the key is over before anybody can ask how it goes: only the answer to the command
/// is a witness.
#[test]
fn a_sas_drive_that_changes_its_key_at_once_has_a_witness() {
    let bench = bench();
    let sas = Identity { bus: Bus::Sas, ..ssd() };
    let erase = |faults: &[FirmwareFault]| {
        bench.clear();
        let firmware = ScsiFirmware::default().able_to(&[ServiceAction::CryptographicErase], false);
        let drive = SimDrive::holding(sas.clone(), old_data(), &bench.clock).commanded_by(firmware);
        let drive = faults.iter().fold(drive, |d, fault| d.with(Fault::Firmware(*fault)));
        bench.wipe(&bay([("/dev/x", &sas, &drive)]), "zeros", VerifyMode::Full).unwrap();
        let certificate = bench.certificate();
        let sent =
            first(&certificate).exchanges.iter().position(|e| e.command.contains("SANITIZE"));
        let sent = first(&certificate).exchanges[sent.unwrap()].sent.clone();
        assert!(sent.starts_with("4803"), "IMMED is set: {sent}");
        (first(&certificate).completion, certificate.conclusion().unwrap().method)
    };
    let by = |witness| Completion::Completed { witness: Some(witness) };
    assert_eq!(erase(&[]), (by(Witness::CommandReturned), Some(Method::Purge)));
    // The answer is lost on the way, and the drive is still at it.
    let lost = erase(&[FirmwareFault::AnswerLost]);
    assert_eq!(lost, (by(Witness::SeenRunning), Some(Method::Purge)));
    let (failed, method) = erase(&[FirmwareFault::Fails]);
    assert!(matches!(failed, Completion::Failed { .. }), "{failed:?}");
    assert_eq!(method, None);
    assert_eq!(erase(&[FirmwareFault::DoesNothing]).1, None);
}

/// What every kind of drive said of itself is on record, and its serial number is not in it.
#[test]
fn the_fields_on_which_the_choice_rests_are_on_record() {
    let bench = bench();
    let serial = "S1".bytes().map(|b| format!("{b:02x}")).collect::<String>();
    let swapped = "1S".bytes().map(|b| format!("{b:02x}")).collect::<String>();
    type Kind = (Bus, Medium, fn(SimDrive) -> SimDrive, &'static [&'static str]);
    let kinds: [Kind; 4] = [
        (
            Bus::Nvme,
            Medium::Ssd,
            |d| d.commanded_by(NvmeFirmware::default().able_to(BLOCK, 4)),
            &["OACS=0200", "SANICAP=02000000", "FNA=04", "Sanitize Status log, bytes 0 to 19=ffff"],
        ),
        (
            Bus::Sata,
            Medium::Ssd,
            |d| d.commanded_by(AtaFirmware::ssd()),
            &["IDENTIFY DEVICE, word 59=", "IDENTIFY DEVICE, word 128=", "SANITIZE STATUS EXT"],
        ),
        (
            Bus::Sas,
            Medium::Ssd,
            |d| d.commanded_by(ScsiFirmware::default()),
            &["REPORT SUPPORTED OPERATION CODES, 48h/0003h=", "VPD page b1h, bytes 0 to 8=00b1"],
        ),
        (
            Bus::Mmc,
            Medium::Emmc,
            |d| d.commanded_by(MmcFirmware::default()),
            &["EXT_CSD_REV=", "SEC_FEATURE_SUPPORT=", "ERASE_GROUP_DEF="],
        ),
    ];
    for (bus, medium, firmware, expected) in kinds {
        bench.clear();
        let identity = Identity { bus, medium, ..ssd() };
        let drive = firmware(SimDrive::holding(identity.clone(), old_data(), &bench.clock));
        bench.wipe(&bay([("/dev/x", &identity, &drive)]), "zeros", VerifyMode::Full).unwrap();
        let before = first(&bench.certificate()).before;
        let lines: Vec<_> = before.iter().map(|f| format!("{}={}", f.name, f.value)).collect();
        for start in expected {
            assert!(lines.iter().any(|line| line.starts_with(start)), "{start}: {lines:#?}");
        }
        for line in &lines {
            assert!(!line.contains(&serial) && !line.contains(&swapped), "{line}");
            assert!(line.len() < 200, "{line}");
        }
        assert!(lines.len() <= 16, "{lines:#?}");
    }
}

/// What the drive wrote down itself is an extra: the new events of it are on record, the copy that
/// was read is given up, and nothing hangs on it.
#[test]
fn what_the_drive_wrote_down_itself_is_on_record() {
    let bench = bench();
    let firmware = || NvmeFirmware::default().able_to(BLOCK, 0).remembering();
    let erase = |firmware: NvmeFirmware| {
        let drive = SimDrive::holding(ssd(), old_data(), &bench.clock).commanded_by(firmware);
        let (certificate, _) = wipe(&bench, &drive);
        assert_eq!(certificate.conclusion().unwrap().method, Some(Method::Purge));
        (first(&certificate).logged, drive)
    };
    // Also where a copy was left behind by a run that was cut off.
    for firmware in [firmware(), firmware().copied()] {
        let (logged, drive) = erase(firmware);
        let logged = logged.unwrap();
        let said: Vec<_> = logged.iter().map(|logged| logged.event.as_str()).collect();
        assert_eq!(
            said,
            [
                "a sanitize operation ended: Sanitized",
                "a sanitize operation began, dword 10 00000002h"
            ]
        );
        let took = logged[0].at_milliseconds - logged[1].at_milliseconds;
        assert!((40_000..42_000).contains(&took) && !logged[0].clock_set_by_host, "{logged:?}");
        let establish = Command::Nvme(PersistentEventLog::establish());
        let answer = drive.open().send(&establish, Duration::from_secs(1)).unwrap();
        assert!(
            matches!(answer, Answer::Nvme { status, .. } if status.is_success()),
            "the copy was not given up"
        );
    }
    let (logged, drive) = erase(firmware().secretive());
    assert_eq!(logged, None);
    let establish = Command::Nvme(PersistentEventLog::establish());
    let answer = drive.open().send(&establish, Duration::from_secs(1)).unwrap();
    assert!(matches!(answer, Answer::Nvme { status, .. } if status.is_success()));
    assert_eq!(erase(NvmeFirmware::default().able_to(BLOCK, 0)).0, None);
}
