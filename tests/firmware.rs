//! Every technique that has a drive's own firmware erase it, on simulated drives with every fault:
//! no lie ends as a purge, no machine runs for ever, and what is left can be erased afterwards.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod sim_common;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nulstil::device::Time as _;
use nulstil::model::{
    Bus, Completion, Exchange, Identity, Medium, Method, Outcome, Range, Shortfall, TechniqueId,
    VerifyMode,
};
use nulstil::plan::{AfterPurge, Fallback};
use nulstil::proto::ata::identify_device::{Sanitize as AtaSanitize, Security};
use nulstil::proto::nvme::{Afterwards, Sanitize, SanitizeAction};
use nulstil::proto::scsi::sanitize::ServiceAction;
use nulstil::proto::scsi::vpd::block_device_characteristics::ReadAfterErase;
use nulstil::sim::{
    Adapter, AtaFirmware, Fault, FirmwareFault, MmcFirmware, NvmeFirmware, ScsiFirmware, SimBay,
    SimDrive,
};
use nulstil::technique::PASSWORD;
use sim_common::{Bench, MIB, bay, identity};

/// A drive that has exactly one technique.
struct Rig {
    technique: TechniqueId,
    identity: Identity,
    firmware: fn(SimDrive) -> SimDrive,
}

impl Rig {
    fn claims(&self) -> Method {
        self.technique.claims(self.identity.medium)
    }
}

fn ssd(bus: Bus) -> Identity {
    Identity { bus, medium: Medium::Ssd, ..identity("S1", MIB) }
}

fn nvme(drive: SimDrive, sanitize: u32, format: u8) -> SimDrive {
    drive.commanded_by(NvmeFirmware::default().able_to(sanitize, format))
}

fn hdd() -> Identity {
    Identity { medium: Medium::Hdd, ..ssd(Bus::Sata) }
}

fn sanitizes(crypto_scramble: bool, block_erase: bool, overwrite: bool) -> AtaSanitize {
    let bare = AtaSanitize { acs3_commands: true, antifreeze_lock: true, ..AtaSanitize::default() };
    AtaSanitize { crypto_scramble, block_erase, overwrite, ..bare }
}

/// A SATA drive that erases itself only with a password.
fn by_password(enhanced_erase: bool) -> AtaFirmware {
    AtaFirmware::ssd().able_to(None, Some(Security { enhanced_erase, ..Security::default() }))
}

fn rigs() -> Vec<Rig> {
    use ServiceAction::{BlockErase, CryptographicErase, Overwrite};
    let rig = |technique, bus, firmware| Rig { technique, identity: ssd(bus), firmware };
    let ata = |technique, identity, firmware| Rig { technique, identity, firmware };
    vec![
        rig(TechniqueId::NvmeSanitizeCryptoErase, Bus::Nvme, |d| nvme(d, 0b001, 0)),
        rig(TechniqueId::NvmeSanitizeBlockErase, Bus::Nvme, |d| nvme(d, 0b010, 0)),
        rig(TechniqueId::NvmeSanitizeOverwrite, Bus::Nvme, |d| nvme(d, 0b100, 0)),
        rig(TechniqueId::NvmeFormatUserDataErase, Bus::Nvme, |d| nvme(d, 0, 0)),
        ata(TechniqueId::AtaSanitizeCryptoScramble, ssd(Bus::Sata), |d| {
            d.commanded_by(AtaFirmware::ssd().able_to(Some(sanitizes(true, false, false)), None))
        }),
        ata(TechniqueId::AtaSanitizeBlockErase, ssd(Bus::Sata), |d| {
            d.commanded_by(AtaFirmware::ssd().able_to(Some(sanitizes(false, true, false)), None))
        }),
        ata(TechniqueId::AtaSanitizeOverwrite, hdd(), |d| {
            d.commanded_by(AtaFirmware::hdd().able_to(Some(sanitizes(false, false, true)), None))
        }),
        ata(TechniqueId::AtaSecurityEraseEnhanced, ssd(Bus::Sata), |d| {
            d.commanded_by(by_password(true))
        }),
        ata(TechniqueId::AtaSecurityErase, hdd(), |d| d.commanded_by(by_password(false))),
        rig(TechniqueId::ScsiSanitizeCryptoErase, Bus::Sas, |d| {
            scsi(d, &[CryptographicErase], false)
        }),
        rig(TechniqueId::ScsiSanitizeBlockErase, Bus::Sas, |d| scsi(d, &[BlockErase], false)),
        Rig {
            technique: TechniqueId::ScsiSanitizeOverwrite,
            identity: of(Bus::Sas, Medium::Hdd),
            firmware: |d| scsi(d, &[Overwrite], false),
        },
        rig(TechniqueId::ScsiFormatUnit, Bus::Sas, |d| scsi(d, &[], true)),
        Rig {
            technique: TechniqueId::EmmcSanitize,
            identity: of(Bus::Mmc, Medium::Emmc),
            firmware: |d| d.commanded_by(MmcFirmware::default()),
        },
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

/// Wipes a SATA drive as far as it can be wiped, and says what is in the certificate.
fn wiped(bench: &Bench, identity: &Identity, drive: &SimDrive) -> (Completion, Vec<Exchange>) {
    bench.clear();
    bench.wipe(&bay([("/dev/x", identity, drive)]), "zeros", VerifyMode::Full).unwrap();
    let certificate = bench.certificate();
    let erase = &certificate.evidence().unwrap().firmware[0];
    (erase.completion.clone(), erase.exchanges.clone())
}

fn sent(exchanges: &[Exchange], command: &str) -> u32 {
    exchanges.iter().filter(|e| e.command == command).map(|e| e.times).sum()
}

fn reason(completion: &Completion) -> &str {
    match completion {
        Completion::Rejected { reason }
        | Completion::Failed { reason }
        | Completion::Unknown { reason } => reason,
        Completion::Completed { .. } => "",
    }
}

/// The same drive after its power was away.
fn power_cycled(drive: SimDrive) -> SimDrive {
    let never = Fault::PowerFailsAfter { operations: u64::MAX, loses_cache: false };
    drive.repaired().with(never).repaired()
}

fn opens(drive: &SimDrive) -> bool {
    drive.open().read_at(0, &mut [0; 512]).is_ok()
}

#[test]
fn a_plan_says_why_an_ata_drive_cannot_erase_itself() {
    use TechniqueId::{
        AtaSanitizeBlockErase as Block, AtaSanitizeCryptoScramble as Crypto,
        AtaSanitizeOverwrite as Overwrite, AtaSecurityErase as Normal,
        AtaSecurityEraseEnhanced as Enhanced,
    };
    let ssd = AtaFirmware::ssd;
    let cases: &[(AtaFirmware, Bus, &[TechniqueId], &str)] = &[
        (ssd(), Bus::Sata, &[], ""),
        (ssd().frozen(), Bus::Sata, &[Enhanced, Normal], "suspend the computer and wake it up"),
        (ssd().count_expired(), Bus::Sata, &[Enhanced, Normal], "too many wrong passwords"),
        (ssd().sanitize_frozen(), Bus::Sata, &[Crypto, Block, Overwrite], "froze the drive's"),
        (ssd().locked_with("X"), Bus::Sata, &[Crypto, Block, Overwrite], "a password locks"),
        (
            ssd().with_password("X").frozen(),
            Bus::Sata,
            &[Enhanced, Normal],
            "take it off with the computer that set it",
        ),
        (
            ssd().at_level_maximum().with_password("X"),
            Bus::Sata,
            &[Enhanced, Normal],
            "somebody else's password",
        ),
        (ssd().behind(Adapter::Emptied), Bus::Sata, &[Crypto, Block, Overwrite], "registers"),
        (ssd().behind(Adapter::Fixed), Bus::Usb, &[Crypto, Block, Overwrite], "registers"),
        (ssd(), Bus::Usb, &[Enhanced, Normal], "attach it to a SATA port"),
        (by_password(false), Bus::Sata, &[Enhanced], "does not support it"),
        (ssd().sanitizing(Duration::ZERO), Bus::Sata, &[Enhanced, Normal], "wait until it is done"),
        (
            ssd().able_to(None, None),
            Bus::Sata,
            &[Crypto, Block, Overwrite, Enhanced, Normal],
            "not",
        ),
    ];
    let bench = bench();
    for (firmware, bus, techniques, why) in cases {
        let identity = self::ssd(*bus);
        let drive = SimDrive::holding(identity.clone(), old_data(), &bench.clock)
            .commanded_by(firmware.clone());
        let plan = bench.plan(&bay([("/dev/x", &identity, &drive)]), "zeros", VerifyMode::Full);
        let rows = plan.document().drives[0].unavailable.clone();
        let of = |id| rows.iter().find(|row| row.id == id).map_or("", |row| &row.why_not);
        for id in [Crypto, Block, Overwrite, Enhanced, Normal] {
            let said = of(id);
            if techniques.contains(&id) {
                assert!(said.contains(why), "{id:?}: {said:?} instead of {why:?}");
            } else if *bus == Bus::Sata {
                let none = said.is_empty() || said.contains("does not support it");
                assert!(none, "{id:?} {firmware:?}: {said:?}");
            }
        }
        assert!(of(TechniqueId::NvmeSanitizeBlockErase).contains("does not speak NVMe"));
    }
}

#[test]
fn a_drive_that_is_locked_with_our_password_is_erased_twice_and_opened() {
    let bench = bench();
    let identity = ssd(Bus::Sata);
    let ours = [by_password(true).locked_with(PASSWORD), by_password(true).with_password(PASSWORD)];
    for firmware in ours {
        let drive =
            SimDrive::holding(identity.clone(), old_data(), &bench.clock).commanded_by(firmware);
        let (completion, exchanges) = wiped(&bench, &identity, &drive);
        assert!(matches!(completion, Completion::Completed { witness: Some(_) }), "{completion:?}");
        assert_eq!(sent(&exchanges, "SECURITY UNLOCK"), 1);
        assert_eq!(sent(&exchanges, "SECURITY ERASE UNIT"), 2);
        assert_eq!(sent(&exchanges, "SECURITY SET PASSWORD"), 1);
        let certificate = bench.certificate();
        assert_eq!(certificate.conclusion().unwrap().method, Some(Method::Clear));
        let markers = certificate.evidence().unwrap().firmware[0].markers.clone().unwrap();
        assert_eq!((markers.planted, markers.survived.count), (markers.wanted, 0));
        assert_eq!(left(&drive.content()), 0);
        assert!(opens(&power_cycled(drive)), "it is locked when it gets power again");
    }
}

#[test]
fn somebody_elses_password_is_guessed_once_and_left_alone() {
    let bench = bench();
    let identity = ssd(Bus::Sata);
    for firmware in [by_password(true).locked_with("X"), by_password(true).with_password("X")] {
        let drive =
            SimDrive::holding(identity.clone(), old_data(), &bench.clock).commanded_by(firmware);
        let (completion, exchanges) = wiped(&bench, &identity, &drive);
        assert!(matches!(completion, Completion::Rejected { .. }), "{completion:?}");
        assert!(reason(&completion).contains("ask its owner"), "{completion:?}");
        assert_eq!(sent(&exchanges, "SECURITY UNLOCK"), 1);
        for other in ["SECURITY ERASE UNIT", "SECURITY SET PASSWORD", "SECURITY DISABLE PASSWORD"] {
            assert_eq!(sent(&exchanges, other), 0, "{other}");
        }
        assert!(!opens(&power_cycled(drive)), "it was theirs");
    }
}

#[test]
fn no_drive_is_left_locked_without_a_word() {
    let bench = bench();
    let identity = ssd(Bus::Sata);
    let mut sets: Vec<Vec<FirmwareFault>> = FirmwareFault::ALL.map(|fault| vec![fault]).to_vec();
    // The worst: cut off, and then it does not even say how it is.
    sets.push(vec![FirmwareFault::Stuck, FirmwareFault::StatusUnreadable]);
    sets.push(vec![FirmwareFault::Fails, FirmwareFault::StatusUnreadable]);
    let mut locked = 0;
    for enhanced in [true, false] {
        for faults in &sets {
            let drive = SimDrive::holding(identity.clone(), old_data(), &bench.clock)
                .commanded_by(by_password(enhanced));
            let drive = faults.iter().fold(drive, |d, fault| d.with(Fault::Firmware(*fault)));
            let (completion, _) = wiped(&bench, &identity, &drive);
            let drive = power_cycled(drive);
            if !opens(&drive) && !faults.contains(&FirmwareFault::UnreadableAfter) {
                locked += 1;
                assert!(reason(&completion).contains(PASSWORD), "{faults:?}: {completion:?}");
            }
            // Whatever it was, the next run erases it.
            wiped(&bench, &identity, &drive);
            assert!(bench.certificate().is_sanitized(), "{faults:?}");
            assert!(opens(&power_cycled(drive)), "{faults:?}");
        }
    }
    assert!(locked >= 2, "no fault left a drive locked: {locked}");
}

#[test]
fn power_that_fails_around_a_security_erase_leaves_a_drive_that_is_erased_next() {
    let bench = bench();
    let identity = ssd(Bus::Sata);
    let cut_after = |operations: u64| {
        bench.clear();
        let drive = SimDrive::holding(identity.clone(), old_data(), &bench.clock)
            .commanded_by(by_password(true))
            .with(Fault::PowerFailsAfter { operations, loses_cache: true });
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let bay = bay([("/dev/x", &identity, &drive)]);
            let _ = bench.wipe(&bay, "zeros", VerifyMode::Full);
        }));
        for path in bench.files(".json") {
            std::fs::remove_file(path).unwrap();
        }
        drive
    };
    // The operation that erases.
    let (mut before, mut after) = (0, 8192);
    while before + 1 < after {
        let middle = u64::midpoint(before, after);
        let is_erased = left(&cut_after(middle).content()) == 0;
        if is_erased { after = middle } else { before = middle }
    }
    let mut locked = 0;
    for operations in after - 6..after + 3 {
        let drive = cut_after(operations).repaired();
        locked += usize::from(!opens(&drive));
        bench.resume(&bay([("/dev/x", &identity, &drive)])).unwrap();
        let certificate = bench.certificate();
        assert!(certificate.is_sanitized(), "{operations}: {:?}", certificate.conclusion());
        let evidence = certificate.evidence().unwrap();
        let completion = &evidence.firmware[0].completion;
        assert!(matches!(completion, Completion::Completed { witness: Some(_) }), "{completion:?}");
        assert_eq!(left(&drive.content()), 0);
        assert!(opens(&power_cycled(drive)), "{operations}");
    }
    // Before: the question whether it has the password, ERASE PREPARE and ERASE UNIT.
    assert_eq!(locked, 3);
}

#[test]
fn an_earlier_owners_ata_sanitize_is_not_ours() {
    let bench = bench();
    let identity = ssd(Bus::Sata);
    let firmware = || AtaFirmware::ssd().able_to(Some(sanitizes(false, true, false)), None);
    let drive = |firmware| {
        SimDrive::holding(identity.clone(), old_data(), &bench.clock).commanded_by(firmware)
    };
    let stale =
        drive(firmware().sanitized_before()).with(Fault::Firmware(FirmwareFault::StaleStatus));
    let (completion, _) = wiped(&bench, &identity, &stale);
    assert_eq!(completion, Completion::Completed { witness: None });
    let certificate = bench.certificate();
    let shortfalls = certificate.conclusion().unwrap().shortfalls.clone();
    assert!(shortfalls.contains(&Shortfall::EraseNotWitnessed), "{shortfalls:?}");
    assert!(shortfalls.contains(&Shortfall::MarkersSurvived), "{shortfalls:?}");

    // One that is under way is waited for, and then ours comes.
    let running = drive(firmware().sanitizing(bench.clock.elapsed()));
    let (completion, exchanges) = wiped(&bench, &identity, &running);
    assert!(matches!(completion, Completion::Completed { witness: Some(_) }), "{completion:?}");
    assert_eq!(bench.certificate().conclusion().unwrap().method, Some(Method::Purge));
    assert_eq!(sent(&exchanges, "BLOCK ERASE EXT"), 1);
    assert_eq!(sent(&exchanges, "SANITIZE ANTIFREEZE LOCK EXT"), 1);
    let lock = exchanges.iter().position(|e| e.command == "SANITIZE ANTIFREEZE LOCK EXT");
    let erase = exchanges.iter().position(|e| e.command == "BLOCK ERASE EXT");
    assert!(lock < erase, "{exchanges:?}");
}

fn of(bus: Bus, medium: Medium) -> Identity {
    Identity { bus, medium, ..identity("S1", MIB) }
}

fn scsi(drive: SimDrive, sanitize: &[ServiceAction], format: bool) -> SimDrive {
    drive.commanded_by(ScsiFirmware::default().able_to(sanitize, format))
}

/// Erases one SAS drive or card, with nothing else going on; what is left on it.
fn one(bench: &Bench, identity: &Identity, drive: SimDrive) -> (SimDrive, SimBay) {
    bench.clear();
    let bay = bay([("/dev/x", identity, &drive)]);
    bench.wipe(&bay, "zeros", VerifyMode::Full).unwrap();
    (drive, bay)
}

fn sas(bench: &Bench, firmware: ScsiFirmware) -> SimDrive {
    SimDrive::holding(ssd(Bus::Sas), old_data(), &bench.clock).commanded_by(firmware)
}

/// The commands of the first technique, in order.
fn commands(bench: &Bench) -> Vec<String> {
    let certificate = bench.certificate();
    let erase = &certificate.evidence().unwrap().firmware[0];
    erase.exchanges.iter().map(|exchange| exchange.command.clone()).collect()
}

#[test]
fn what_a_sas_drive_is_doing_is_waited_for_and_what_it_reports_is_heard() {
    let bench = bench();
    let block = || ScsiFirmware::default().able_to(&[ServiceAction::BlockErase], false);
    for firmware in [
        block().sanitizing(bench.clock.elapsed()),
        block().with_attentions(3),
        block().without_request_sense(),
    ] {
        let (drive, _) = one(&bench, &ssd(Bus::Sas), sas(&bench, firmware.clone()));
        let certificate = bench.certificate();
        let conclusion = certificate.conclusion().unwrap();
        assert_eq!(conclusion.method, Some(Method::Purge), "{firmware:?}: {conclusion:?}");
        assert_eq!(left(&drive.content()), 0);
        let sent = commands(&bench);
        let ours = sent.iter().filter(|name| *name == "SANITIZE (block erase)").count();
        assert_eq!(ours, 1, "{sent:?}");
    }
}

#[test]
fn a_format_that_was_cut_off_is_finished_first() {
    let bench = bench();
    let corrupt = ScsiFirmware::default().format_corrupt();
    let (drive, _) = one(&bench, &ssd(Bus::Sas), sas(&bench, corrupt.clone().able_to(&[], true)));
    let certificate = bench.certificate();
    let erase = &certificate.evidence().unwrap().firmware[0];
    let completed = matches!(erase.completion, Completion::Completed { witness: Some(_) });
    assert!(completed, "{erase:?}");
    let markers = erase.markers.as_ref().unwrap();
    assert_eq!((markers.planted, markers.survived.count), (markers.wanted, 0), "{markers:?}");
    let formats = commands(&bench).iter().filter(|name| *name == "FORMAT UNIT").count();
    assert_eq!(formats, 2);
    assert_eq!(left(&drive.content()), 0);

    // Before a sanitize, too.
    let able = [ServiceAction::CryptographicErase];
    let (drive, _) = one(&bench, &ssd(Bus::Sas), sas(&bench, corrupt.able_to(&able, true)));
    let sent = commands(&bench);
    let at = |name: &str| sent.iter().position(|sent| sent == name);
    assert!(at("FORMAT UNIT") < at("SANITIZE (cryptographic erase)"), "{sent:?}");
    assert_eq!(bench.certificate().conclusion().unwrap().method, Some(Method::Purge));
    assert_eq!(left(&drive.content()), 0);
}

#[test]
fn what_a_sas_drive_does_not_say_or_is_not_is_not_tried() {
    let bench = bench();
    for (firmware, why_not) in [
        (ScsiFirmware::default().discreet(), "does not say whether it supports it"),
        (ScsiFirmware::default().translating(), "an ATA drive behind a translator"),
        (ScsiFirmware::default().able_to(&[], false), "the drive does not support it"),
    ] {
        let (_, bay) = one(&bench, &ssd(Bus::Sas), sas(&bench, firmware));
        let document = bench.plan(&bay, "zeros", VerifyMode::Full).document();
        let row = |row: &&nulstil::plan::Unavailable| row.why_not.contains(why_not);
        let rows = &document.drives[0].unavailable;
        assert_eq!(rows.iter().filter(row).count(), 4, "{why_not}: {rows:?}");
        let certificate = bench.certificate();
        assert_eq!(certificate.evidence().unwrap().firmware, []);
        assert_eq!(certificate.conclusion().unwrap().method, Some(Method::Clear));
    }
}

#[test]
fn where_reads_fail_until_the_next_write_nothing_is_proven() {
    let bench = bench();
    let firmware = ScsiFirmware::default()
        .able_to(&[ServiceAction::BlockErase], false)
        .after_erase(ReadAfterErase::WriteRequired);
    one(&bench, &ssd(Bus::Sas), sas(&bench, firmware));
    let certificate = bench.certificate();
    let conclusion = certificate.conclusion().unwrap();
    assert!(conclusion.shortfalls.contains(&Shortfall::MarkersUnread), "{conclusion:?}");
    assert!(!certificate.is_sanitized());
}

#[test]
fn a_card_is_trimmed_and_sanitized_or_neither() {
    let bench = bench();
    let emmc = of(Bus::Mmc, Medium::Emmc);
    let card =
        |firmware| SimDrive::holding(emmc.clone(), old_data(), &bench.clock).commanded_by(firmware);
    for (trim, name) in [(true, "ERASE (trim)"), (false, "ERASE")] {
        one(&bench, &emmc, card(MmcFirmware::default().able_to(trim, true)));
        let sent = commands(&bench);
        let at = |name: &str| sent.iter().position(|sent| sent == name).unwrap();
        assert!(at(name) < at("SWITCH (sanitize)"), "{sent:?}");
    }
    // A protected group is left out of every erase.
    one(&bench, &emmc, card(MmcFirmware::default().protected()));
    let certificate = bench.certificate();
    let erase = &certificate.evidence().unwrap().firmware[0];
    let rejected = matches!(&erase.completion, Completion::Rejected { reason } if reason.contains("WriteProtectEraseSkip"));
    assert!(rejected, "{erase:?}");
    let (_, bay) = one(&bench, &emmc, card(MmcFirmware::default().able_to(true, false)));
    let document = bench.plan(&bay, "zeros", VerifyMode::Full).document();
    let rows = &document.drives[0].unavailable;
    assert!(rows.iter().any(|row| row.why_not == "the card does not support it"), "{rows:?}");
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
