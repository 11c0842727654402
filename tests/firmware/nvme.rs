//! What only NVMe drives do.

use std::sync::{Arc, Mutex};

use nulstil::device::Time as _;
use nulstil::model::{Bus, Method, Outcome, Shortfall, TechniqueId, VerifyMode};
use nulstil::plan::Fallback;
use nulstil::proto::nvme::{Afterwards, Sanitize, SanitizeAction};
use nulstil::sim::{Fault, FirmwareFault, NvmeFirmware, SimDrive};

use crate::sim_common::{Bench, bay};
use crate::{bench, old_data, ssd};

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
