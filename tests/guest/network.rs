//! The simulator's NVMe drives in a guest: Sanitize and Format by the same state machines as in
//! every other test, behind an unmodified kernel's NVMe driver, and what is on the drives looked at
//! from outside. They come over a network, and from there nulstil takes no drive for its own: that
//! is tested first.

use nulstil::sim::FirmwareFault::{DoesNothing, StaleCache};
use nulstil::sim::NvmeFirmware;
use serde_json::{Value, json};

use super::nvme_tcp::{Subsystem, Target};
use super::simulated::{did_nothing, not_erased, purged};
use super::{Guest, MIB, Results, evidence, old, serial};

#[test]
fn a_guest_erases_simulated_nvme_drives() {
    let Some(guest) = Guest::new("a_guest_erases_simulated_nvme_drives", "network") else { return };
    let old = old(8 * MIB);
    // One that only formats, with a cryptographic erase.
    let formats = || NvmeFirmware::default().able_to(0, 0b100);
    // In the order in which the guest sees them: nvme0n1 is the first one.
    let mut target = Target::default();
    let good = target.drive("NVME-GOOD", NvmeFirmware::default(), &old, &[]);
    let idle = target.drive("NVME-IDLE", NvmeFirmware::default(), &old, &[DoesNothing]);
    let stale = target.drive("NVME-STALE", NvmeFirmware::default(), &old, &[StaleCache]);
    let format = target.drive("NVME-FORMAT", formats(), &old, &[]);
    let idle_format = target.drive("NVME-IDLE-FORMAT", formats(), &old, &[DoesNothing]);
    let neighbour = target.drive("NVME-NEIGHBOUR", NvmeFirmware::default(), &old, &[]);
    let remote = target.drive("NVME-REMOTE", NvmeFirmware::default(), &old, &[]);
    guest.give("alone.toml", "[policy]\nafter_purge = \"nothing\"\n");
    guest.give("fall-back.toml", "[policy]\nfallback = \"clear\"\n");
    guest.give("drives", &target.names().join("\n"));
    guest.give("port", &target.serve().to_string());
    let results = guest.run();

    what_comes_by_network_is_not_erased(&results);
    lists_them(&results);

    // Their own erase, and nothing on top of it.
    results.expect("wipe-sanitize", 1);
    let certificates = results.certificates("sanitize", 1);
    let [a_good, an_idle, a_stale] = &certificates[..] else { panic!("three") };
    purged(a_good, "NVME-GOOD", &["nvme-sanitize-crypto-erase", "nvme-sanitize-block-erase"]);
    not_erased(an_idle, "NVME-IDLE", "nvme-sanitize-crypto-erase");
    // Only a reset of the controller brings to light what this one has kept.
    not_erased(a_stale, "NVME-STALE", "nvme-sanitize-crypto-erase");
    for certificate in &certificates {
        for erase in evidence(certificate)["firmware"].as_array().unwrap() {
            assert_eq!(erase["completion"]["witness"], "seen-running", "{erase}");
            assert_eq!(erase["reset"]["kind"], "done", "{erase}");
        }
    }
    assert!(good.drive.content().iter().all(|byte| *byte == 0), "something is left");
    for drive in [&idle, &stale] {
        assert!(kept(&drive.drive.content(), &old) > 90, "a drive has not kept what was on it");
    }

    // Format is no purge: what is claimed is what the host did on top of it. Before that it looked.
    results.expect("wipe-format", 0);
    let [a_format, an_idle] = &results.certificates("format", 0)[..] else { panic!("two") };
    cleared(a_format, "NVME-FORMAT");
    cleared(an_idle, "NVME-IDLE-FORMAT");
    for erase in evidence(a_format)["firmware"].as_array().unwrap() {
        assert_eq!(erase["markers"]["survived"]["count"], 0, "{erase}");
        assert_eq!(erase["markers"]["unchanged"]["count"], 0, "{erase}");
    }
    did_nothing(an_idle, "NVME-IDLE-FORMAT", "nvme-format-crypto-erase");
    let after = |drive: &Subsystem| -> Vec<usize> {
        drive.formatted.lock().unwrap().iter().map(|content| kept(content, &old)).collect()
    };
    assert_eq!(after(&format), [0, 0], "in a hundred blocks, after each format");
    assert!(after(&idle_format).iter().all(|kept| *kept > 85), "{:?}", after(&idle_format));
    for drive in [&format, &idle_format] {
        assert!(drive.drive.content().iter().all(|byte| *byte == 0xff), "not overwritten");
    }

    for (Subsystem { drive, .. }, what) in
        [(&*neighbour, "nobody named"), (&*remote, "is on a network")]
    {
        assert!(drive.content() == old, "a drive that {what} was touched");
        assert_eq!(drive.changes(), 0, "a drive that {what} was told to change something");
    }
}

/// How many in a hundred blocks hold what they held.
fn kept(content: &[u8], old: &[u8]) -> usize {
    let blocks = || content.chunks(512).zip(old.chunks(512));
    blocks().filter(|(now, before)| now == before).count() * 100 / blocks().count()
}

/// Demands a certificate that says Clear, and that the drive formatted itself twice before.
fn cleared(certificate: &Value, number: &str) {
    assert_eq!(serial(certificate), number);
    let conclusion = &certificate["credentialSubject"]["conclusion"];
    assert_eq!(conclusion["verdict"], "sanitized", "{number}: {conclusion}");
    assert_eq!(conclusion["method"], "clear", "{number}: {conclusion}");
    let erases = evidence(certificate)["firmware"].as_array().unwrap().iter();
    assert_eq!(
        erases.map(|erase| &erase["technique"]).collect::<Vec<_>>(),
        ["nvme-format-crypto-erase", "nvme-format-user-data-erase"]
    );
}

fn what_comes_by_network_is_not_erased(results: &Results) {
    let list = results.json("list-remote");
    let drives = list["drives"].as_array().unwrap().iter();
    let nvme: Vec<_> = drives.filter(|d| d["path"].as_str().unwrap().contains("nvme")).collect();
    assert_eq!(nvme.len(), 7, "{list}");
    for drive in nvme {
        let why = drive["refusal"]["message"].as_str().unwrap_or_default();
        assert!(why.contains("is reached over a network"), "{drive}");
    }
    for refused in ["plan-remote", "wipe-remote"] {
        results.expect(refused, 3);
        let why = results.text(&format!("{refused}.err"));
        assert!(why.contains("attached in this way are not spoken to"), "{refused}: {why}");
    }
}

/// Each with what it can erase itself with; the last one is still another machine's.
fn lists_them(results: &Results) {
    let list = results.json("list");
    for (path, number, medium, best) in [
        ("/dev/nvme0n1", "NVME-GOOD", "ssd", "nvme-sanitize-crypto-erase"),
        ("/dev/nvme3n1", "NVME-FORMAT", "ssd", "nvme-format-crypto-erase"),
        ("/dev/nvme6n1", "NVME-REMOTE", "unknown", "overwrite"),
    ] {
        let drives = list["drives"].as_array().unwrap();
        let drive = drives.iter().find(|drive| drive["path"] == path);
        let drive = drive.unwrap_or_else(|| panic!("{path}: {list}"));
        assert_eq!((&drive["serial"], &drive["medium"]), (&json!(number), &json!(medium)));
        assert_eq!(drive["techniques"][0]["id"], best, "{drive}");
        assert_eq!(drive["refusal"].is_null(), best != "overwrite", "{drive}");
    }
}
