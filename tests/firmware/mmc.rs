//! What only eMMC and SD cards do.

use nulstil::model::{Bus, Completion, Medium, VerifyMode};
use nulstil::sim::{MmcFirmware, SimDrive};

use crate::{bench, commands, of, old_data, one};

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
