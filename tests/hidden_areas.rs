//! What an ATA drive hides at its end is shown before anything else, and erased with the rest; a
//! drive that cannot show it is not written to, and its certificate says so.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod sim_common;

use nulstil::model::{
    Bus, DriveFacts, Ending, Evidence, HiddenArea, Identity, Medium, Method, Outcome, RefusalCode,
    Shortfall, VerifyMode,
};
use nulstil::plan::{AfterPurge, Plan, Reveal};
use nulstil::run::NotBegun;
use nulstil::sim::{Adapter, AtaFirmware, Fault, FirmwareFault, Hides, SimBay, SimDrive};
use nulstil::technique::{Firmware, Places};
use sim_common::{Bench, MIB, Ran, bay, has, identity};

/// What the drive shows, and what it hides at its end.
const SHOWN: u64 = MIB;
const HIDDEN: u64 = MIB / 4;
const BLOCK: u64 = 512;
const ALL: HiddenArea =
    HiddenArea::Present { accessible: SHOWN / BLOCK, native: (SHOWN + HIDDEN) / BLOCK };

/// The disk as the host sees it at first.
fn small() -> Identity {
    Identity { medium: Medium::Hdd, ..identity("S1", SHOWN) }
}

/// The disk as it is.
fn whole() -> Identity {
    Identity { capacity_bytes: SHOWN + HIDDEN, ..small() }
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
    (0..SHOWN + HIDDEN).map(|_| next()).collect()
}

fn disk(bench: &Bench, firmware: AtaFirmware) -> SimDrive {
    SimDrive::holding(small(), old_data(), &bench.clock).commanded_by(firmware)
}

/// Blocks of the former hidden area that hold the same as before.
fn left_behind(drive: &SimDrive) -> usize {
    let shown = SHOWN as usize;
    let (content, old) = (drive.content(), old_data());
    let pairs = content[shown..].chunks(512).zip(old[shown..].chunks(512));
    pairs.filter(|(now, before)| now == before).count()
}

fn untouched(drive: &SimDrive) -> bool {
    drive.content() == old_data()
}

fn bench(method: Method) -> Bench {
    let mut bench = Bench::new();
    bench.method = Some(method);
    bench.policy.after_purge = AfterPurge::Nothing;
    bench
}

/// Erases the drive, and another one in the same run, which must come out well whatever happens to
/// the first; the evidence and outcome of the first.
fn wiped(bench: &Bench, drive: &SimDrive, passes: &str) -> (Evidence, Vec<Shortfall>, Ran) {
    bench.clear();
    let other = Identity { diskseq: Some(8), ..identity("S2", MIB) };
    let neighbour =
        SimDrive::holding(other.clone(), old_data()[..MIB as usize].to_vec(), &bench.clock)
            .commanded_by(AtaFirmware::hdd());
    let seen = drive.identity();
    let bay = bay([("/dev/a", &seen, drive), ("/dev/b", &other, &neighbour)]);
    let ran = bench.wipe(&bay, passes, VerifyMode::Full).unwrap();
    assert_eq!(ran.report.faults, Vec::<String>::new());
    let mut certificates = bench.certificates();
    assert_eq!(certificates.len(), 2);
    certificates.sort_by_key(|found| found.evidence().unwrap().drive.serial_number.clone());
    let second = certificates.pop().unwrap();
    assert!(second.is_sanitized(), "{:?}", second.conclusion());
    assert_eq!(second.evidence().unwrap().hidden.before, HiddenArea::None);
    // A drive that grew is still one drive to the machine's report.
    let machine = bench.verify(ran.report.machine.as_ref().unwrap().as_ref());
    assert_eq!(machine.document()["credentialSubject"]["drives"].as_array().unwrap().len(), 2);
    let first = certificates.pop().unwrap();
    assert_eq!(first.is_sanitized(), ran.report.drives[0].outcome == Outcome::Sanitized);
    let shortfalls = first.conclusion().unwrap().shortfalls.clone();
    (first.evidence().unwrap().clone(), shortfalls, ran)
}

fn commands(evidence: &Evidence) -> Vec<&str> {
    evidence.hidden.exchanges.iter().map(|exchange| exchange.command.as_str()).collect()
}

/// Demands that the drive was made to show all and was erased.
fn erased(bench: &Bench, drive: &SimDrive, before: HiddenArea) -> Evidence {
    let (evidence, shortfalls, ran) = wiped(bench, drive, "random");
    assert_eq!(ran.report.drives[0].outcome, Outcome::Sanitized, "{shortfalls:?}");
    assert_eq!(evidence.hidden.before, before);
    assert_eq!(evidence.hidden.after, HiddenArea::None);
    assert_eq!(evidence.drive, Identity { sources: evidence.drive.sources.clone(), ..whole() });
    assert_eq!(left_behind(drive), 0);
    assert!(!shortfalls.contains(&Shortfall::HiddenAreas), "{shortfalls:?}");
    evidence
}

/// Demands that nothing was written, that the certificate says why, and what to do.
fn refused_to_show(bench: &Bench, drive: &SimDrive, passes: &str) -> Evidence {
    let (evidence, shortfalls, ran) = wiped(bench, drive, passes);
    assert_eq!(ran.report.drives[0].outcome, Outcome::NotSanitized);
    assert!(shortfalls.contains(&Shortfall::HiddenBlocksLeft), "{shortfalls:?}");
    let Ending::Failed { reason } = &evidence.ending else { panic!("{:?}", evidence.ending) };
    assert!(reason.contains("could not all be shown; switch the computer fully off"), "{reason}");
    assert!(ran.report.drives[0].reasons.contains(reason));
    assert!(evidence.passes.is_empty() && evidence.firmware.is_empty());
    assert!(untouched(drive), "something was written");
    evidence
}

#[test]
fn an_area_that_one_change_shows_is_erased() {
    for method in [Method::Clear, Method::Purge] {
        let bench = bench(method);
        for (by, sent) in [
            (Hides::Hpa, &["READ NATIVE MAX ADDRESS EXT", "SET MAX ADDRESS EXT"][..]),
            (Hides::Dco, &["READ NATIVE MAX ADDRESS EXT", "DEVICE CONFIGURATION RESTORE"]),
            (Hides::Amax, &["GET NATIVE MAX ADDRESS EXT", "SET ACCESSIBLE MAX ADDRESS EXT"]),
        ] {
            let drive = disk(&bench, AtaFirmware::hdd().hiding(HIDDEN / BLOCK, by));
            let evidence = erased(&bench, &drive, ALL);
            assert_eq!(commands(&evidence)[..2], *sent, "{by:?}");
            assert_eq!(drive.identity().capacity_bytes, SHOWN + HIDDEN);
            // It is for good.
            let drive = drive.power_cycled();
            assert_eq!(drive.identity().capacity_bytes, SHOWN + HIDDEN);
            erased(&bench, &drive, HiddenArea::None);
        }
    }
}

#[test]
fn an_area_beneath_another_one_takes_a_power_cycle() {
    for method in [Method::Clear, Method::Purge] {
        let bench = bench(method);
        let both =
            AtaFirmware::hdd().hiding(300, Hides::Hpa).hiding(HIDDEN / BLOCK - 300, Hides::Dco);
        let drive = disk(&bench, both);
        let evidence = refused_to_show(&bench, &drive, "zeros");
        assert_eq!(evidence.hidden.before, ALL);
        assert!(commands(&evidence).contains(&"SET MAX ADDRESS EXT"));
        assert!(!commands(&evidence).contains(&"DEVICE CONFIGURATION RESTORE"));
        // The same again without a power cycle: no change is taken.
        let again = refused_to_show(&bench, &drive, "zeros");
        assert!(commands(&again).contains(&"DEVICE CONFIGURATION RESTORE"));
        let drive = drive.power_cycled();
        let accessible = SHOWN / BLOCK + 300;
        let native = (SHOWN + HIDDEN) / BLOCK;
        erased(&bench, &drive, HiddenArea::Present { accessible, native });
    }
}

#[test]
fn what_the_drive_refuses_stays_hidden_until_a_power_cycle() {
    for method in [Method::Clear, Method::Purge] {
        let bench = bench(method);
        for firmware in [
            AtaFirmware::hdd().hiding(HIDDEN / BLOCK, Hides::Hpa).resized(),
            AtaFirmware::hdd().hiding(HIDDEN / BLOCK, Hides::Amax).resized(),
            AtaFirmware::hdd().hiding(HIDDEN / BLOCK, Hides::Dco).resized(),
            AtaFirmware::hdd().hiding(HIDDEN / BLOCK, Hides::FrozenHpa),
        ] {
            let drive = disk(&bench, firmware);
            let evidence = refused_to_show(&bench, &drive, "zeros");
            assert_eq!((&evidence.hidden.before, &evidence.hidden.after), (&ALL, &ALL));
            assert_eq!(evidence.drive.capacity_bytes, SHOWN);
            erased(&bench, &drive.power_cycled(), ALL);
        }
    }
}

#[test]
fn a_host_that_does_not_notice_writes_nothing() {
    for method in [Method::Clear, Method::Purge] {
        let bench = bench(method);
        let hiding = || AtaFirmware::hdd().hiding(HIDDEN / BLOCK, Hides::Hpa);
        let blind = disk(&bench, hiding()).with(Fault::NotNoticed);
        let evidence = refused_to_show(&bench, &blind, "zeros");
        assert_eq!(evidence.hidden.after, ALL, "that is what this host sees");
        // Without a power cycle the drive itself says that it hides nothing, and the host differs.
        let evidence = refused_to_show(&bench, &blind, "zeros");
        assert_eq!(evidence.hidden.before, ALL);
        erased(&bench, &blind.power_cycled(), HiddenArea::None);

        let lost = disk(&bench, hiding()).with(Fault::LostAtRescan);
        let evidence = refused_to_show(&bench, &lost, "zeros");
        assert_eq!(evidence.aftermath, None);
        assert_eq!(evidence.drive.capacity_bytes, SHOWN);
        erased(&bench, &lost.power_cycled(), HiddenArea::None);
    }
}

#[test]
fn firmware_that_leaves_the_former_area_out_is_found_out() {
    let bench = bench(Method::Purge);
    let hiding = AtaFirmware::hdd().hiding(HIDDEN / BLOCK, Hides::Hpa);
    let drive = disk(&bench, hiding).with(Fault::Firmware(FirmwareFault::SkipsAbove(SHOWN)));
    let (evidence, shortfalls, _) = wiped(&bench, &drive, "zeros");
    assert!(shortfalls.contains(&Shortfall::MarkersSurvived), "{shortfalls:?}");
    assert!(left_behind(&drive) > 0);
    // The block behind the former end was marked, and whoever has the evidence knows that.
    let markers = evidence.firmware[0].markers.as_ref().unwrap();
    let first = markers.survived.blocks.iter().map(|found| found.lba).min().unwrap();
    assert_eq!(first, SHOWN / BLOCK);
    let seed =
        std::array::from_fn(|i| u8::from_str_radix(&markers.seed[2 * i..2 * i + 2], 16).unwrap());
    let drive = &evidence.drive;
    let end = evidence.hidden.former_end(drive.logical_block_bytes);
    let places = Places::new(
        &seed,
        drive.capacity_bytes,
        drive.logical_block_bytes,
        drive.physical_block_bytes,
        end,
    );
    let marks = |offset| places.markers.iter().any(|range| range.offset == offset);
    assert!(marks(SHOWN) && marks(SHOWN - u64::from(drive.physical_block_bytes)));
    assert_eq!(places.markers.len() as u64, markers.wanted);
}

#[test]
fn a_capacity_that_wraps_is_found_out() {
    for (method, passes) in [(Method::Clear, "random"), (Method::Purge, "zeros")] {
        let bench = bench(method);
        let hiding = AtaFirmware::hdd().hiding(HIDDEN / BLOCK, Hides::Hpa);
        let drive = disk(&bench, hiding).with(Fault::WrapsAt(SHOWN));
        let (evidence, shortfalls, ran) = wiped(&bench, &drive, passes);
        assert_ne!(ran.report.drives[0].outcome, Outcome::Sanitized, "{shortfalls:?}");
        assert_eq!(evidence.hidden.after, HiddenArea::None);
    }
}

fn plan_of(bench: &Bench, drive: &SimDrive, bus: Bus) -> Plan {
    let seen = Identity { bus, ..drive.identity() };
    bench.plan(&bay([("/dev/a", &seen, drive)]), "zeros", VerifyMode::Full)
}

#[test]
fn behind_a_usb_bridge_nothing_is_changed() {
    let bench = bench(Method::Clear);
    let drive = disk(&bench, AtaFirmware::hdd().hiding(HIDDEN / BLOCK, Hides::Hpa));
    let plan = plan_of(&bench, &drive, Bus::Usb);
    let document = plan.document();
    let refusal = document.drives[0].refusal.as_ref().unwrap();
    assert_eq!(refusal.code, RefusalCode::HiddenArea);
    assert!(refusal.message.contains("attach it to a SATA port"), "{}", refusal.message);
    assert_eq!(plan.digest(), None);
    // Nothing hidden, or nothing known of it, is no reason to refuse.
    for firmware in [AtaFirmware::hdd(), AtaFirmware::hdd().behind(Adapter::Fixed)] {
        let usb = Identity { bus: Bus::Usb, medium: Medium::Unknown, ..identity("S1", MIB) };
        let drive = SimDrive::new(usb.clone(), 7, &bench.clock).commanded_by(firmware);
        assert_eq!(plan_of(&bench, &drive, Bus::Usb).refusals().count(), 0);
    }
}

#[test]
fn what_is_not_known_is_said_and_does_not_stop_a_run() {
    for firmware in
        [AtaFirmware::hdd().behind(Adapter::Fixed), AtaFirmware::hdd().hiding(0, Hides::FrozenDco)]
    {
        let bench = bench(Method::Clear);
        let seen = small();
        let drive = SimDrive::new(seen.clone(), 7, &bench.clock).commanded_by(firmware);
        bench.wipe(&bay([("/dev/a", &seen, &drive)]), "zeros", VerifyMode::Full).unwrap();
        let certificate = bench.certificate();
        assert!(certificate.is_sanitized());
        assert!(has(&certificate, Shortfall::HiddenAreas));
        let HiddenArea::Unknown { reason } = &certificate.evidence().unwrap().hidden.after else {
            panic!("{certificate:?}");
        };
        let said = certificate.document()["credentialSubject"]["statements"].to_string();
        assert!(said.contains(reason.trim_end_matches('.')), "{said}");
    }
}

/// A drive that never answers a question can be overwritten.
#[test]
fn a_question_that_never_ends_does_not_stop_a_clear_run() {
    let mut bench = bench(Method::Clear);
    bench.patience = std::time::Duration::from_secs(2);
    let seen = small();
    let drive = SimDrive::new(seen.clone(), 7, &bench.clock)
        .commanded_by(AtaFirmware::hdd())
        .with(Fault::Mute);
    let bay = bay([("/dev/a", &seen, &drive)]);
    let silent = |_: &DriveFacts| Firmware::Silent("it was not asked".to_owned());
    let plan = bench.plan_with(&bay, "zeros", VerifyMode::Full, silent);
    bench.carry_out(&plan, &bay).unwrap();
    let certificate = bench.certificate();
    assert!(certificate.is_sanitized(), "{:?}", certificate.conclusion());
    let hidden = &certificate.evidence().unwrap().hidden.after;
    assert!(matches!(hidden, HiddenArea::Unknown { reason } if reason.contains("did not answer")));
}

#[test]
fn the_plan_says_what_is_hidden_and_consent_covers_it() {
    let bench = bench(Method::Clear);
    let hiding = |blocks| disk(&bench, AtaFirmware::hdd().hiding(blocks, Hides::Hpa));
    let drive = hiding(HIDDEN / BLOCK);
    let plan = plan_of(&bench, &drive, Bus::Sata);
    let json = serde_json::to_value(plan.document()).unwrap();
    assert_eq!(json["drives"][0]["hidden"], serde_json::to_value(&ALL).unwrap());
    let expected = Reveal { accessible: SHOWN / BLOCK, native: (SHOWN + HIDDEN) / BLOCK };
    assert_eq!(plan.drives()[0].reveal, Some(expected));
    // The same drive, as far as the host sees, that hides something else.
    let mut longer = old_data();
    longer.extend([0; 512]);
    let more = SimDrive::holding(small(), longer, &bench.clock)
        .commanded_by(AtaFirmware::hdd().hiding(HIDDEN / BLOCK + 1, Hides::Hpa));
    assert_ne!(plan.digest(), plan_of(&bench, &more, Bus::Sata).digest());
}

/// What was agreed to is what is done: a drive that says something else by then is left alone.
#[test]
fn a_drive_that_hides_something_else_than_planned_is_not_touched() {
    let bench = bench(Method::Clear);
    let hiding = disk(&bench, AtaFirmware::hdd().hiding(HIDDEN / BLOCK, Hides::Hpa));
    let seen = small();
    let plain =
        SimDrive::holding(seen.clone(), old_data()[..SHOWN as usize].to_vec(), &bench.clock)
            .commanded_by(AtaFirmware::hdd());
    for (planned, then) in [(&hiding, &plain), (&plain, &hiding)] {
        bench.clear();
        let before = then.content();
        let plan = bench.plan(&bay([("/dev/a", &seen, planned)]), "zeros", VerifyMode::Full);
        bench.carry_out(&plan, &bay([("/dev/a", &seen, then)])).unwrap();
        let certificate = bench.certificate();
        assert!(!certificate.is_sanitized());
        let ending = &certificate.evidence().unwrap().ending;
        assert!(matches!(ending, Ending::Failed { reason } if reason.contains("make a new plan")));
        assert_eq!(certificate.evidence().unwrap().hidden.exchanges, []);
        assert_eq!(then.content(), before);
        assert_eq!(then.identity().capacity_bytes, SHOWN);
    }
}

/// A run that goes on compares with the drive as it was shown.
#[test]
fn a_run_that_goes_on_keeps_what_was_shown() {
    let bench = bench(Method::Clear);
    let mut resumed = 0;
    for operations in 0..40 {
        bench.clear();
        let drive = disk(&bench, AtaFirmware::hdd().hiding(HIDDEN / BLOCK, Hides::Hpa))
            .with(Fault::PowerFailsAfter { operations, loses_cache: true });
        let run = |drive: &SimDrive, begin: bool| {
            let seen = drive.identity();
            let bay: SimBay = bay([("/dev/a", &seen, drive)]);
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                if begin {
                    bench.wipe(&bay, "random", VerifyMode::Full)
                } else {
                    bench.resume(&bay)
                }
            }))
        };
        let _ = run(&drive, true);
        for path in bench.files(".json") {
            std::fs::remove_file(path).unwrap();
        }
        let drive = drive.power_cycled();
        if bench.files(".journal").is_empty() {
            assert!(untouched(&drive), "at {operations}");
            continue;
        }
        if !matches!(run(&drive, false), Ok(Ok(_))) {
            continue;
        }
        resumed += 1;
        let certificate = bench.certificate();
        assert!(certificate.is_sanitized(), "{operations}: {:?}", certificate.conclusion());
        let evidence = certificate.evidence().unwrap();
        assert_eq!((&evidence.hidden.before, &evidence.hidden.after), (&ALL, &HiddenArea::None));
        assert_eq!(left_behind(&drive), 0);
    }
    assert!(resumed > 2, "{resumed}");
}

/// What the drive says when the run goes on counts, and not only what it said at first.
#[test]
fn a_run_does_not_go_on_with_a_drive_that_hides_blocks_by_now() {
    let bench = bench(Method::Clear);
    let seen = small();
    let mut refusals = 0;
    for operations in 0..40 {
        bench.clear();
        let shown = old_data()[..SHOWN as usize].to_vec();
        let plain = SimDrive::holding(seen.clone(), shown, &bench.clock)
            .commanded_by(AtaFirmware::hdd())
            .with(Fault::PowerFailsAfter { operations, loses_cache: true });
        let whole = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            bench.wipe(&bay([("/dev/a", &seen, &plain)]), "random", VerifyMode::Full)
        }));
        for path in bench.files(".json") {
            std::fs::remove_file(path).unwrap();
        }
        if whole.is_ok_and(|ran| ran.unwrap().report.faults.is_empty())
            || bench.files(".journal").is_empty()
        {
            continue;
        }
        let hiding = disk(&bench, AtaFirmware::hdd().hiding(HIDDEN / BLOCK, Hides::Hpa));
        let bay = bay([("/dev/a", &seen, &hiding)]);
        match bench.resume(&bay) {
            Err(NotBegun::Refused(refused)) => {
                assert_eq!(refused[0].1.code, RefusalCode::HiddenArea, "{operations}");
                refusals += 1;
                // It can be closed, and proves nothing.
                bench.close(&bay).unwrap();
                assert!(!bench.certificate().is_sanitized());
            }
            // It had ended, and was only not certified.
            Ok(_) => assert!(bench.certificate().evidence().unwrap().interruptions.is_empty()),
            Err(other) => panic!("{operations}: {other:?}"),
        }
        assert!(untouched(&hiding));
    }
    assert!(refusals > 2, "{refusals}");
}

#[test]
fn hidden_areas_are_seen_or_said_to_be_unseen() {
    let bench = bench(Method::Clear);
    let seen = small();
    let hidden = |hides: u64, firmware: AtaFirmware| {
        let bytes = vec![7; (SHOWN + hides * BLOCK) as usize];
        let drive = SimDrive::holding(seen.clone(), bytes, &bench.clock).commanded_by(firmware);
        Firmware::ask(drive.open().as_ref(), Bus::Sata).hidden(&seen)
    };
    let hdd = AtaFirmware::hdd;
    for by in [Hides::Hpa, Hides::FrozenHpa, Hides::Dco, Hides::Amax] {
        assert_eq!(hidden(0, hdd().hiding(0, by)), HiddenArea::None, "{by:?}");
        let (accessible, native) = (SHOWN / BLOCK, SHOWN / BLOCK + 99);
        let expected = HiddenArea::Present { accessible, native };
        assert_eq!(hidden(99, hdd().hiding(99, by)), expected, "{by:?}");
        // Beneath an overlay that cannot be read there may be more; this is known all the same.
        if by == Hides::Hpa {
            let frozen = hdd().hiding(99, by).hiding(0, Hides::FrozenDco);
            assert_eq!(hidden(99, frozen), expected);
        }
    }
    let unknown = |hides, firmware, why: &str| match hidden(hides, firmware) {
        HiddenArea::Unknown { reason } => assert!(reason.contains(why), "{reason}"),
        other => panic!("{other:?}"),
    };
    unknown(0, hdd().hiding(0, Hides::FrozenDco), "overlay cannot be read");
    unknown(0, hdd().behind(Adapter::Fixed), "native size");
    unknown(0, hdd().behind(Adapter::Emptied), "makes no sense");
    // The host sees more, or less, than the drive says it shows.
    let sees = |capacity_bytes, bus| {
        let drive = SimDrive::new(small(), 7, &bench.clock).commanded_by(hdd());
        let firmware = Firmware::ask(drive.open().as_ref(), bus);
        firmware.hidden(&Identity { capacity_bytes, bus, ..small() })
    };
    assert!(matches!(sees(SHOWN + BLOCK, Bus::Sata), HiddenArea::Unknown { .. }));
    assert!(matches!(sees(SHOWN - BLOCK, Bus::Usb), HiddenArea::Unknown { .. }));
    let short = HiddenArea::Present { accessible: SHOWN / BLOCK - 1, native: SHOWN / BLOCK };
    assert_eq!(sees(SHOWN - BLOCK, Bus::Sata), short);
}
