//! Drives that are locked: nothing is planned for them, a PSID opens them, what it does is no
//! evidence of anything, and a drive that lies about it is not believed.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::disallowed_types, reason = "tests run the program as people do")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod sim_common;

use std::panic::{AssertUnwindSafe, catch_unwind};

use nulstil::device::Bay as _;
use nulstil::model::{
    ATA_PASSWORD as PASSWORD, Bus, Ending, Identity, Medium, Method, Outcome, RefusalCode,
    TechniqueId, VerifyMode::Full,
};
use nulstil::plan::{Found, UnlockPlan};
use nulstil::proto::ata::identify_device::Security;
use nulstil::proto::opal::SscFamily;
use nulstil::run::{self, NotBegun, Unlocked};
use nulstil::sim::{AtaFirmware, Fault, NvmeFirmware, OpalLocks, SimBay, SimDrive};
use nulstil::technique::{Ended, Firmware, Health, Psid};
use sim_common::{Bench, MIB, OLD, bay, identity};

const LABEL: &str = "ABCDEFGH-JKLMNPQR-STUVWXYZ-01234567";
const WRONG: &str = "XXXXXXXX-JKLMNPQR-STUVWXYZ-01234567";

fn psid(text: &str) -> Psid {
    text.parse().unwrap()
}

fn locks(class: SscFamily) -> OpalLocks {
    OpalLocks::locked(class, psid(LABEL))
}

/// A kind of drive, and how it gets its locks.
type Kind = (&'static str, Identity, fn(OpalLocks, &Bench, &Identity) -> SimDrive);

fn kinds() -> Vec<Kind> {
    let of = |bus| Identity { bus, medium: Medium::Ssd, ..identity("S1", MIB) };
    vec![
        ("NVMe", of(Bus::Nvme), |locks, bench, identity| {
            bench.drive(identity).commanded_by(NvmeFirmware::default().with_locks(locks))
        }),
        ("SATA, translated", of(Bus::Sata), |locks, bench, identity| {
            bench.drive(identity).commanded_by(AtaFirmware::ssd().with_locks(locks))
        }),
        ("SATA, passed on", of(Bus::Sata), |locks, bench, identity| {
            let firmware = AtaFirmware::ssd().with_locks(locks).passing_trusted();
            bench.drive(identity).commanded_by(firmware)
        }),
    ]
}

fn found(bay: &SimBay) -> Found {
    let facts = bay.look().drives.remove(0);
    let channel = bay.channel(&facts).unwrap();
    let firmware = Firmware::ask(channel.as_ref(), facts.identity.bus);
    Found { facts, firmware, health: Health::Unknown }
}

fn unlock(bay: &SimBay, bench: &Bench, label: &str) -> Unlocked {
    let plan = UnlockPlan::new("/dev/sda", found(bay)).unwrap();
    let armed = plan.consent("S1").unwrap();
    run::unlock(armed, psid(label), bay, &bench.clock).unwrap()
}

fn refusal(bench: &Bench, bay: &SimBay) -> Option<(RefusalCode, String)> {
    let plan = bench.plan(bay, "zeros", Full);
    plan.refusals().next().map(|(_, refusal)| (refusal.code, refusal.message.clone()))
}

#[test]
fn a_locked_drive_is_refused_until_the_psid_opens_it() {
    let mut bench = Bench::new();
    for (name, identity, make) in kinds() {
        bench.clear();
        let drive = make(locks(SscFamily::Opal2), &bench, &identity);
        let bay = bay([("/dev/sda", &identity, &drive)]);
        for method in [Method::Clear, Method::Purge] {
            bench.method = Some(method);
            let (code, message) = refusal(&bench, &bay).unwrap();
            assert_eq!(code, RefusalCode::Locked, "{name}");
            assert!(message.contains("nulstil unlock /dev/sda"), "{name}: {message}");
        }
        let found = found(&bay);
        assert!(found.available().is_empty(), "{name}: {:?}", found.available());
        let overwrite = found.unavailable().into_iter().find(|r| r.id == TechniqueId::Overwrite);
        assert!(overwrite.unwrap().why_not.contains("locked (Opal 2)"));

        let unlocked = unlock(&bay, &bench, WRONG);
        assert_eq!((unlocked.ended, unlocked.is_open()), (Ended::NotThisPsid, false), "{name}");
        assert!(drive.content().iter().all(|byte| *byte == OLD));
        assert_eq!(refusal(&bench, &bay).unwrap().0, RefusalCode::Locked);

        let unlocked = unlock(&bay, &bench, LABEL);
        assert_eq!((unlocked.ended, unlocked.is_open()), (Ended::SaysReverted, true), "{name}");
        assert!(unlocked.sentence("/dev/sda").contains("not erased"));
        assert!(UnlockPlan::new("/dev/sda", self::found(&bay)).is_err(), "nothing left to unlock");

        // From here on it is a drive like any other, and has to earn its certificate.
        let ran = bench.wipe(&bay, "zeros", Full).unwrap();
        assert_eq!(ran.report.drives[0].outcome, Outcome::Sanitized, "{name}");
        let certificate = bench.certificate();
        assert_eq!(certificate.conclusion().unwrap().method, Some(Method::Purge), "{name}");
        let text = certificate.document().to_string().to_lowercase();
        for word in ["psid", "revert", "opal", "unlock"] {
            assert!(!text.contains(word), "{name}: {word} is on the certificate");
        }
        assert!(drive.content().iter().all(|byte| *byte == 0));
    }
}

#[test]
fn too_many_wrong_psids_lock_out_until_the_power_was_away() {
    let bench = Bench::new();
    for (name, identity, make) in kinds() {
        let drive = make(locks(SscFamily::Opal2), &bench, &identity);
        let bay = bay([("/dev/sda", &identity, &drive)]);
        for _ in 0..5 {
            // Sent once each time: five tries are five.
            assert_eq!(unlock(&bay, &bench, WRONG).ended, Ended::NotThisPsid, "{name}");
        }
        assert_eq!(unlock(&bay, &bench, LABEL).ended, Ended::LockedOut, "{name}");
        let fault = Fault::PowerFailsAfter { operations: u64::MAX, loses_cache: false };
        let _ = drive.with(fault).repaired();
        assert!(unlock(&bay, &bench, LABEL).is_open(), "{name}");
    }
}

#[test]
fn a_drive_that_only_says_that_it_is_open_is_not_believed() {
    let bench = Bench::new();
    for (name, identity, make) in kinds() {
        let drive = make(locks(SscFamily::Opal2).lying(), &bench, &identity);
        let bay = bay([("/dev/sda", &identity, &drive)]);
        let unlocked = unlock(&bay, &bench, LABEL);
        assert_eq!((unlocked.ended, unlocked.is_open()), (Ended::SaysReverted, false), "{name}");
        assert!(unlocked.sentence("/dev/sda").contains("still locked"), "{name}");
        assert_eq!(refusal(&bench, &bay).unwrap().0, RefusalCode::Locked);
    }
}

/// Power that fails at any operation of an unlock: the drive is either still locked or open, the
/// PSID can be tried again, and nothing was counted as wrong.
#[test]
fn power_that_fails_while_it_is_unlocked() {
    let bench = Bench::new();
    for (name, identity, make) in kinds() {
        let whole = make(locks(SscFamily::Opal2), &bench, &identity);
        assert!(unlock(&bay([("/dev/sda", &identity, &whole)]), &bench, LABEL).is_open());
        let operations = whole.operations();
        let (mut still_locked, mut open) = (0, 0);
        for limit in 0..operations {
            let fault = Fault::PowerFailsAfter { operations: limit, loses_cache: true };
            let drive = make(locks(SscFamily::Opal2), &bench, &identity).with(fault);
            let bay = bay([("/dev/sda", &identity, &drive)]);
            let cut = catch_unwind(AssertUnwindSafe(|| unlock(&bay, &bench, LABEL)));
            assert!(cut.is_err(), "{name} {limit}");
            let drive = drive.repaired();
            match refusal(&bench, &bay) {
                Some((code, _)) => {
                    assert_eq!(code, RefusalCode::Locked);
                    assert!(drive.content().iter().all(|byte| *byte == OLD));
                    still_locked += 1;
                    assert!(unlock(&bay, &bench, LABEL).is_open(), "{name} {limit}");
                }
                None => open += 1,
            }
        }
        assert!(still_locked > 10 && open > 2, "{name}: {still_locked} {open}");
    }
}

#[test]
fn what_the_computer_blocked_is_told_and_freed_by_a_power_cycle() {
    let bench = Bench::new();
    let (_, identity, make) = kinds().remove(0);
    let drive = make(locks(SscFamily::Opal2).sid_blocked(), &bench, &identity);
    let bay = bay([("/dev/sda", &identity, &drive)]);
    let plan = UnlockPlan::new("/dev/sda", found(&bay)).unwrap();
    assert!(plan.warning().iter().any(|line| line.contains("nulstil thaw")), "{plan:?}");
    assert_eq!(unlock(&bay, &bench, LABEL).ended, Ended::NotThisPsid);
    let fault = Fault::PowerFailsAfter { operations: u64::MAX, loses_cache: false };
    let _ = drive.with(fault).repaired();
    assert!(unlock(&bay, &bench, LABEL).is_open());
}

#[test]
fn locks_that_are_in_use_and_open_are_told_and_stop_nothing() {
    let bench = Bench::new();
    let (_, identity, make) = kinds().remove(0);
    let drive = make(locks(SscFamily::Opal2).open(), &bench, &identity);
    let machine = bay([("/dev/sda", &identity, &drive)]);
    assert_eq!(refusal(&bench, &machine), None);
    assert!(found(&machine).locks().unwrap().contains("are open now"));
    // A shadow in place of the data is as good as a lock.
    let drive = make(locks(SscFamily::Pyrite2).open().shadowed(), &bench, &identity);
    let machine = bay([("/dev/sda", &identity, &drive)]);
    assert_eq!(refusal(&bench, &machine).unwrap().0, RefusalCode::Locked);
}

/// A drive that does not encrypt loses its lock and keeps its data: only the erase counts.
#[test]
fn what_a_pyrite_drive_holds_is_still_there_after_it_is_unlocked() {
    let bench = Bench::new();
    let (_, identity, make) = kinds().remove(0);
    let drive = make(locks(SscFamily::Pyrite2), &bench, &identity);
    let bay = bay([("/dev/sda", &identity, &drive)]);
    assert!(unlock(&bay, &bench, LABEL).is_open());
    assert!(drive.content().iter().all(|byte| *byte == OLD));
}

#[test]
fn consent_names_the_drive() {
    let bench = Bench::new();
    let (_, identity, make) = kinds().remove(0);
    let drive = make(locks(SscFamily::Opal2), &bench, &identity);
    let bay = bay([("/dev/sda", &identity, &drive)]);
    let plan = || UnlockPlan::new("/dev/sda", found(&bay)).unwrap();
    for wrong in ["", "yes", "/dev/sda", "sdb", "s1"] {
        assert!(plan().consent(wrong).is_err(), "{wrong:?} was consent");
    }
    assert!(plan().consent("sda").is_ok() && plan().consent(" S1\n").is_ok());
}

/// The password of ATA: ours may be tried, by the erase that needs it; one that cannot be ours, or
/// cannot be tried, stops everything.
#[test]
fn a_password_that_may_be_ours_is_tried_and_any_other_is_refused() {
    let mut bench = Bench::new();
    let identity = Identity { medium: Medium::Ssd, ..identity("S1", MIB) };
    let only_password = || {
        AtaFirmware::ssd()
            .able_to(None, Some(Security { enhanced_erase: true, ..Security::default() }))
    };
    let drive = bench.drive(&identity).commanded_by(only_password().locked_with(PASSWORD));
    let machine = bay([("/dev/sda", &identity, &drive)]);
    bench.method = Some(Method::Clear);
    let ran = bench.wipe(&machine, "zeros", Full).unwrap();
    assert_eq!(ran.report.drives[0].outcome, Outcome::Sanitized, "{:?}", ran.report.drives);
    assert!(drive.content().iter().all(|byte| *byte == 0));

    for firmware in [
        only_password().locked_with("THEIRS").at_level_maximum(),
        only_password().locked_with("THEIRS").frozen(),
        only_password().locked_with("THEIRS").count_expired(),
    ] {
        let drive = bench.drive(&identity).commanded_by(firmware);
        let machine = bay([("/dev/sda", &identity, &drive)]);
        let (code, message) = refusal(&bench, &machine).unwrap();
        assert_eq!(code, RefusalCode::Locked);
        assert!(message.contains("password"), "{message}");
        // No advice that does not help: a PSID opens no password.
        assert!(!message.contains("nulstil unlock"), "{message}");
        assert!(UnlockPlan::new("/dev/sda", found(&machine)).is_err());
    }
}

/// The one published password: said before it is set, and on the certificate as long as nothing
/// proves that it is gone.
#[test]
fn the_password_of_an_erase_is_told_before_and_certified_where_it_may_have_stayed() {
    use nulstil::run::Event;
    use nulstil::sim::FirmwareFault;

    let mut bench = Bench::new();
    bench.method = Some(Method::Purge);
    bench.policy.fallback = nulstil::plan::Fallback::Clear;
    let identity = Identity { medium: Medium::Ssd, ..identity("S1", MIB) };
    let firmware = AtaFirmware::ssd()
        .able_to(None, Some(Security { enhanced_erase: true, ..Security::default() }));
    let certified = |bench: &Bench| {
        let document = bench.certificate().document().clone();
        let statements = &document["credentialSubject"]["statements"];
        statements.as_array().unwrap().iter().any(|line| {
            let line = line.as_str().unwrap();
            line.contains("may be locked") && line.contains(PASSWORD)
        })
    };
    // What was told, and what the drive had been asked by then.
    let told = |events: &[Event]| {
        events.iter().position(
            |event| matches!(event, Event::Warning { message, .. } if message.contains(PASSWORD)),
        )
    };
    for (fault, expected) in [(None, false), (Some(FirmwareFault::Stuck), true)] {
        bench.clear();
        let drive = bench.drive(&identity).commanded_by(firmware.clone());
        let drive = fault.into_iter().fold(drive, |drive, f| drive.with(Fault::Firmware(f)));
        let machine = bay([("/dev/sda", &identity, &drive)]);
        let ran = bench.wipe(&machine, "zeros", Full).unwrap();
        let at = told(&ran.events).expect("nobody was told");
        let begun = ran.events.iter().position(
            |event| matches!(event, Event::Progress(p) if p.phase == nulstil::run::Phase::Firmware),
        );
        assert!(begun.is_none_or(|begun| at < begun), "{:?}", ran.events);
        assert_eq!(certified(&bench), expected, "{fault:?}");
    }

    // Cut off in the middle, and closed instead of resumed: whether it has a password is unknown.
    bench.clear();
    let drive = bench.drive(&identity).commanded_by(firmware);
    let machine = bay([("/dev/sda", &identity, &drive)]);
    bench.plan(&machine, "zeros", Full);
    // It is asked for the plan, for the plan again, and when it is open; then come the markers.
    let operations = 3 * drive.operations() + 5;
    let drive = drive.with(Fault::PowerFailsAfter { operations, loses_cache: true });
    bench.wipe(&machine, "zeros", Full).unwrap();
    for path in bench.files(".json") {
        std::fs::remove_file(path).unwrap();
    }
    let _ = drive.repaired();
    bench.close(&machine).unwrap();
    assert!(certified(&bench));
}

/// Without anything to unlock, nobody is asked for consent or for a PSID.
#[test]
fn what_has_no_locks_is_refused_before_anybody_is_asked() {
    let bench = Bench::new();
    let image = bench.dir.path().join("image");
    std::fs::write(&image, vec![OLD; 4096]).unwrap();
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_nulstil"))
        .args(["unlock", "--json"])
        .arg(&image)
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(3), "{said}");
    assert!(said.contains("no locks that a PSID opens") && said.lines().count() == 1, "{said}");
    assert!(ran.stdout.is_empty());
}

/// PSID revert takes the keys of a whole subsystem away, and consent is to one namespace.
#[test]
fn what_a_psid_would_take_beside_the_drive_is_asked_first() {
    let bench = Bench::new();
    let nvme = Identity { bus: Bus::Nvme, medium: Medium::Ssd, ..identity("S1", MIB) };
    let locks = || locks(SscFamily::Opal2);
    let neighbour = std::sync::Arc::default();
    let firmware = NvmeFirmware::default().with_locks(locks()).beside(neighbour);
    let drive = bench.drive(&nvme).commanded_by(firmware);
    let bay = bay([("/dev/sda", &nvme, &drive)]);
    let refusal = UnlockPlan::new("/dev/sda", found(&bay)).map(|_| ()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::MethodUnavailable);
    assert!(refusal.message.contains("another namespace"), "{}", refusal.message);
}

/// A plan is about the drive as it was: one that is locked by the time of the run is not written.
#[test]
fn a_drive_that_locked_itself_since_is_not_written() {
    let mut bench = Bench::new();
    for (name, identity, make) in kinds() {
        bench.clear();
        let open = make(locks(SscFamily::Opal2).open(), &bench, &identity);
        let closed = make(locks(SscFamily::Opal2), &bench, &identity);
        bench.method = Some(Method::Clear);
        let plan = bench.plan(&bay([("/dev/sda", &identity, &open)]), "zeros", Full);
        bench.carry_out(&plan, &bay([("/dev/sda", &identity, &closed)])).unwrap();
        let certificate = bench.certificate();
        assert!(!certificate.is_sanitized(), "{name}");
        let ending = &certificate.evidence().unwrap().ending;
        assert!(
            matches!(ending, Ending::Failed { reason } if reason.contains("is locked (Opal 2)")),
            "{name}: {ending:?}"
        );

        // What is in use locks itself when the power fails: the journal waits until it is open.
        let mut refusals = 0;
        for operations in 0..40 {
            bench.clear();
            let fails = Fault::PowerFailsAfter { operations, loses_cache: true };
            let open = make(locks(SscFamily::Opal2).open(), &bench, &identity).with(fails);
            let run = || bench.wipe(&bay([("/dev/sda", &identity, &open)]), "random", Full);
            let whole = catch_unwind(AssertUnwindSafe(run));
            for path in bench.files(".json") {
                std::fs::remove_file(path).unwrap();
            }
            if whole.is_ok_and(|ran| ran.unwrap().report.faults.is_empty())
                || bench.files(".journal").is_empty()
            {
                continue;
            }
            let closed = make(locks(SscFamily::Opal2), &bench, &identity);
            let resumed = bench.resume(&bay([("/dev/sda", &identity, &closed)]));
            if let Err(NotBegun::Refused(refused)) = resumed {
                assert_eq!(refused[0].1.code, RefusalCode::Locked, "{name} {operations}");
                assert!(bench.files(".cert.json").is_empty(), "{name} {operations}");
                refusals += 1;
            } else {
                // It had ended, and was only not certified.
                assert_eq!(bench.certificate().evidence().unwrap().interruptions, [], "{name}");
            }
        }
        assert!(refusals > 2, "{name}: {refusals}");
    }
}
