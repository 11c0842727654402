//! What only SCSI drives do.

use nulstil::device::Time as _;
use nulstil::model::{Bus, Completion, Method, Shortfall, VerifyMode};
use nulstil::plan::Fallback;
use nulstil::proto::scsi::sanitize::ServiceAction;
use nulstil::proto::scsi::vpd::block_device_characteristics::ReadAfterErase;
use nulstil::sim::{ScsiFirmware, SimDrive};

use crate::sim_common::{Bench, bay};
use crate::{bench, commands, left, old_data, one, ssd};

fn sas(bench: &Bench, firmware: ScsiFirmware) -> SimDrive {
    SimDrive::holding(ssd(Bus::Sas), old_data(), &bench.clock).commanded_by(firmware)
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

/// A drive with two actuators is two disks to Linux, and what its firmware does to one it may do to
/// the other.
#[test]
fn another_logical_unit_is_not_erased_along() {
    let mut bench = bench();
    bench.policy.fallback = Fallback::Refuse;
    let identity = ssd(Bus::Sas);
    let drive = sas(&bench, ScsiFirmware::default().with_units(2));
    let bay = bay([("/dev/x", &identity, &drive)]);
    let document = bench.plan(&bay, "zeros", VerifyMode::Full).document();
    let row = &document.drives[0];
    assert!(row.refusal.as_ref().unwrap().message.contains("purge"), "{row:?}");
    let others = row.unavailable.iter().filter(|row| row.why_not.contains("other logical unit"));
    assert_eq!(others.count(), 4, "{:?}", row.unavailable);
    // Where the policy lets it fall back, the host overwrites this one and no other.
    bench.policy.fallback = Fallback::Clear;
    bench.wipe(&bay, "zeros", VerifyMode::Full).unwrap();
    let certificate = bench.certificate();
    assert!(certificate.evidence().unwrap().firmware.is_empty());
    assert_eq!(certificate.conclusion().unwrap().method, Some(Method::Clear));
}
