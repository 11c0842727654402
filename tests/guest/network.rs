//! The simulator's NVMe drives in a guest: Sanitize and Format by the same state machines as in
//! every other test, behind an unmodified kernel's NVMe driver, and what is on the drives looked at
//! from outside. They come over a network, and from there nulstil takes no drive for its own: that
//! is tested first.

use nulstil::sim::FirmwareFault::DoesNothing;
use nulstil::sim::{NvmeFirmware, SimDrive};
use serde_json::json;

use super::nvme_tcp::Target;
use super::simulated::{not_erased, purged};
use super::{Guest, MIB, Results, old};

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
    let format = target.drive("NVME-FORMAT", formats(), &old, &[]);
    let idle_format = target.drive("NVME-IDLE-FORMAT", formats(), &old, &[DoesNothing]);
    let neighbour = target.drive("NVME-NEIGHBOUR", NvmeFirmware::default(), &old, &[]);
    let remote = target.drive("NVME-REMOTE", NvmeFirmware::default(), &old, &[]);
    guest.give("alone.toml", "[policy]\nafter_purge = \"nothing\"\n");
    guest.give("drives", &target.names().join("\n"));
    guest.give("port", &target.serve().to_string());
    let results = guest.run();

    what_comes_by_network_is_not_erased(&results);
    lists_them(&results);

    results.expect("wipe-sanitize", 1);
    let [a_good, an_idle] = &results.certificates("sanitize", 1)[..] else { panic!("two") };
    purged(a_good, "NVME-GOOD", &["nvme-sanitize-crypto-erase", "nvme-sanitize-block-erase"]);
    not_erased(an_idle, "NVME-IDLE", "nvme-sanitize-crypto-erase");
    assert!(good.content().iter().all(|byte| *byte == 0), "something of the earlier owner is left");
    assert!(kept(&idle, &old) > 90, "the idle drive has not kept what was on it");

    results.expect("wipe-format", 1);
    let [a_format, an_idle] = &results.certificates("format", 1)[..] else { panic!("two") };
    purged(a_format, "NVME-FORMAT", &["nvme-format-crypto-erase"]);
    not_erased(an_idle, "NVME-IDLE-FORMAT", "nvme-format-crypto-erase");
    assert_eq!(kept(&format, &old), 0, "something of the earlier owner is left");
    assert!(kept(&idle_format, &old) > 90, "the idle drive has not kept what was on it");

    for (drive, what) in [(&neighbour, "nobody named"), (&remote, "is on a network")] {
        assert!(drive.content() == old, "a drive that {what} was touched");
        assert_eq!(drive.changes(), 0, "a drive that {what} was told to change something");
    }
}

/// How many in a hundred blocks hold what they held.
fn kept(drive: &SimDrive, old: &[u8]) -> usize {
    let content = drive.content();
    let blocks = || content.chunks(512).zip(old.chunks(512));
    blocks().filter(|(now, before)| now == before).count() * 100 / blocks().count()
}

fn what_comes_by_network_is_not_erased(results: &Results) {
    let list = results.json("list-remote");
    let drives = list["drives"].as_array().unwrap().iter();
    let nvme: Vec<_> = drives.filter(|d| d["path"].as_str().unwrap().contains("nvme")).collect();
    assert_eq!(nvme.len(), 6, "{list}");
    for drive in nvme {
        let why = drive["refusal"]["message"].as_str().unwrap_or_default();
        assert!(why.contains("is reached over a network"), "{drive}");
    }
    for refused in ["plan-remote", "wipe-remote"] {
        results.expect(refused, 3);
    }
}

/// Each with what it can erase itself with; the last one is still another machine's.
fn lists_them(results: &Results) {
    let list = results.json("list");
    for (path, number, medium, best) in [
        ("/dev/nvme0n1", "NVME-GOOD", "ssd", json!("nvme-sanitize-crypto-erase")),
        ("/dev/nvme2n1", "NVME-FORMAT", "ssd", json!("nvme-format-crypto-erase")),
        ("/dev/nvme5n1", "NVME-REMOTE", "unknown", json!(null)),
    ] {
        let drives = list["drives"].as_array().unwrap();
        let drive = drives.iter().find(|drive| drive["path"] == path);
        let drive = drive.unwrap_or_else(|| panic!("{path}: {list}"));
        assert_eq!((&drive["serial"], &drive["medium"]), (&json!(number), &json!(medium)));
        assert_eq!(drive["techniques"][0]["id"], best, "{drive}");
        assert_eq!(drive["refusal"].is_null(), !best.is_null(), "{drive}");
    }
}
