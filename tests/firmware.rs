//! Every technique that has a drive's own firmware erase it, on simulated drives with every fault:
//! no lie ends as a purge, no machine runs for ever, and what is left can be erased afterwards.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod sim_common;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nulstil::device::Time as _;
use nulstil::model::{
    Bus, Completion, Identity, Medium, Method, Outcome, Range, Shortfall, TechniqueId, VerifyMode,
};
use nulstil::plan::{AfterPurge, Fallback};
use nulstil::proto::nvme::{Afterwards, Sanitize, SanitizeAction};
use nulstil::sim::{Fault, FirmwareFault, NvmeFirmware, SimDrive};
use sim_common::{Bench, MIB, bay, identity};

/// A drive that has exactly one technique.
struct Rig {
    technique: TechniqueId,
    identity: Identity,
    firmware: fn(SimDrive) -> SimDrive,
}

fn ssd(bus: Bus) -> Identity {
    Identity { bus, medium: Medium::Ssd, ..identity("S1", MIB) }
}

fn nvme(drive: SimDrive, sanitize: u32, format: u8) -> SimDrive {
    drive.commanded_by(NvmeFirmware::default().able_to(sanitize, format))
}

fn rigs() -> Vec<Rig> {
    let rig = |technique, bus, firmware| Rig { technique, identity: ssd(bus), firmware };
    vec![
        rig(TechniqueId::NvmeSanitizeCryptoErase, Bus::Nvme, |d| nvme(d, 0b001, 0)),
        rig(TechniqueId::NvmeSanitizeBlockErase, Bus::Nvme, |d| nvme(d, 0b010, 0)),
        rig(TechniqueId::NvmeSanitizeOverwrite, Bus::Nvme, |d| nvme(d, 0b100, 0)),
        rig(TechniqueId::NvmeFormatUserDataErase, Bus::Nvme, |d| nvme(d, 0, 0)),
    ]
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

fn drive(bench: &Bench, rig: &Rig, faults: &[Fault]) -> SimDrive {
    let drive = SimDrive::holding(rig.identity.clone(), old_data(), &bench.clock);
    faults.iter().fold((rig.firmware)(drive), |drive, fault| drive.with(fault.clone()))
}

/// Blocks that hold the same as before.
fn left(content: &[u8]) -> usize {
    content.chunks(512).zip(old_data().chunks(512)).filter(|(now, before)| now == before).count()
}

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
        let claims = rig.technique.claims(Medium::Ssd);
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
         Made by `tests/firmware.rs` on simulated drives, and compared at every run. A purge, with \
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
            let claims = rig.technique.claims(Medium::Ssd);
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

/// Power that fails at any operation: the run goes on, erases again, and says the same.
#[test]
fn power_that_fails_at_any_step_changes_nothing_in_the_end() {
    let bench = bench();
    for rig in rigs().into_iter().filter(|rig| rig.technique.claims(Medium::Ssd) == Method::Purge) {
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

#[test]
fn another_namespace_is_not_erased_along() {
    for attributes in [0b011, 0b001, 0b010] {
        let mut bench = bench();
        bench.policy.fallback = Fallback::Refuse;
        let neighbour = Arc::new(Mutex::new(vec![0x77; 4096]));
        let identity = ssd(Bus::Nvme);
        let drive = SimDrive::holding(identity.clone(), old_data(), &bench.clock).commanded_by(
            NvmeFirmware::default().able_to(0b111, attributes).beside(Arc::clone(&neighbour)),
        );
        let bay = bay([("/dev/x", &identity, &drive)]);
        let plan = bench.plan(&bay, "zeros", VerifyMode::Full);
        let document = plan.document();
        let refusal = document.drives[0].refusal.as_ref().unwrap();
        assert!(refusal.message.contains("purge"), "{refusal:?}");
        let why = &document.drives[0].unavailable;
        assert!(
            why.iter().filter(|row| row.why_not.contains("another namespace")).count() >= 4,
            "{why:?}"
        );
        // Where the policy lets it fall back, the host overwrites this namespace and no other.
        bench.policy.fallback = Fallback::Clear;
        bench.wipe(&bay, "zeros", VerifyMode::Full).unwrap();
        assert_eq!(bench.certificate().conclusion().unwrap().method, Some(Method::Clear));
        assert_eq!(*neighbour.lock().unwrap(), vec![0x77; 4096]);
    }
}

#[test]
fn an_earlier_owners_success_is_not_ours() {
    let bench = bench();
    let ours = Sanitize::Start {
        action: SanitizeAction::BlockErase(Afterwards::Deallocate),
        unrestricted_exit: false,
    };
    let identity = ssd(Bus::Nvme);
    let firmware = NvmeFirmware::default().able_to(0b010, 0);
    let drive = SimDrive::holding(identity.clone(), old_data(), &bench.clock)
        .commanded_by(firmware.clone().sanitized_before(ours))
        .with(Fault::Firmware(FirmwareFault::StaleStatus));
    bench.wipe(&bay([("/dev/x", &identity, &drive)]), "zeros", VerifyMode::Full).unwrap();
    let certificate = bench.certificate();
    let shortfalls = &certificate.conclusion().unwrap().shortfalls;
    assert!(shortfalls.contains(&Shortfall::EraseNotWitnessed), "{shortfalls:?}");
    assert!(shortfalls.contains(&Shortfall::MarkersSurvived), "{shortfalls:?}");

    // One that is under way is waited for, and then ours comes.
    bench.clear();
    let running = firmware.sanitizing(ours, bench.clock.elapsed());
    let drive = SimDrive::holding(identity.clone(), old_data(), &bench.clock).commanded_by(running);
    bench.wipe(&bay([("/dev/x", &identity, &drive)]), "zeros", VerifyMode::Full).unwrap();
    let certificate = bench.certificate();
    assert_eq!(certificate.conclusion().unwrap().method, Some(Method::Purge));
    let erase = &certificate.evidence().unwrap().firmware[0];
    assert!(erase.exchanges.iter().any(|e| e.command == "Sanitize (block erase)"), "{erase:?}");
}

#[test]
fn by_default_the_host_overwrites_what_the_drive_has_purged() {
    let mut bench = Bench::new();
    bench.method = Some(Method::Purge);
    let identity = ssd(Bus::Nvme);
    let drive = SimDrive::holding(identity.clone(), old_data(), &bench.clock)
        .commanded_by(NvmeFirmware::default());
    let ran = bench.wipe(&bay([("/dev/x", &identity, &drive)]), "zeros", VerifyMode::Full).unwrap();
    assert_eq!(ran.report.drives[0].outcome, Outcome::Sanitized);
    let certificate = bench.certificate();
    let evidence = certificate.evidence().unwrap();
    use TechniqueId::{NvmeSanitizeBlockErase, NvmeSanitizeCryptoErase, Overwrite};
    assert_eq!(
        evidence.planned.techniques,
        [NvmeSanitizeCryptoErase, NvmeSanitizeBlockErase, Overwrite]
    );
    assert_eq!(certificate.conclusion().unwrap().method, Some(Method::Purge));
    assert_eq!(evidence.passes.len(), 1);
    assert!(drive.content().iter().all(|byte| *byte == 0));
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
