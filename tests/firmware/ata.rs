//! What only ATA drives do: passwords, freezing, hidden areas, adapters in between.

use std::time::Duration;

use nulstil::device::Time as _;
use nulstil::model::{Bus, Completion, Method, Shortfall, TechniqueId, VerifyMode};
use nulstil::sim::{Adapter, AtaFirmware, Fault, FirmwareFault, SimDrive};
use nulstil::technique::PASSWORD;

use crate::sim_common::bay;
use crate::{bench, by_password, left, old_data, sanitizes, sent, ssd, wiped};

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
        assert!(of(TechniqueId::NvmeSanitizeBlockErase).contains("it answers as an ATA drive"));
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
