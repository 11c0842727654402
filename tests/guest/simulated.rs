//! The simulator's drives in a guest: the same state machines as in every other test, behind an
//! unmodified kernel's drivers, and what is on them looked at from outside.

use nulstil::sim::FirmwareFault::DoesNothing;
use nulstil::sim::{ScsiFirmware, SimDrive};
use serde_json::{Value, json};

use super::shelf::Shelf;
use super::{Guest, MIB, Results, evidence, old, serial};

/// Blocks that the hard disk hides.
const HIDDEN: u64 = 2048;

#[test]
fn a_guest_erases_simulated_drives() {
    let Some(guest) = Guest::new("a_guest_erases_simulated_drives", "simulated") else { return };
    guest.give("fall-back.toml", "[policy]\nfallback = \"clear\"\n");
    guest.give("alone.toml", "[policy]\nafter_purge = \"nothing\"\n");
    let old = old(8 * MIB);
    // In the order in which the guest sees them: sdh is the first one.
    let mut shelf = Shelf::default();
    let ssd = shelf.ssd("SHELF-SSD", &old, &[]);
    let hdd = shelf.hdd("SHELF-HDD", &old, HIDDEN);
    let sas = shelf.sas("SHELF-SAS", &old, &[]);
    let idle_ssd = shelf.ssd("SHELF-IDLE-SSD", &old, &[DoesNothing]);
    let idle_sas = shelf.sas("SHELF-IDLE-SAS", &old, &[DoesNothing]);
    let format = ScsiFirmware::default().able_to(&[], true);
    let idle_format = shelf.sas_with(format, "SHELF-IDLE-FORMAT", &old, &[DoesNothing]);
    let neighbour = shelf.ssd("SHELF-NEIGHBOUR", &old, &[]);
    let adapter = shelf.serve(&guest.folder);
    let results = guest.run();
    assert!(adapter.end(String::new), "the adapter failed");
    let all = |drive: &SimDrive, byte: u8| drive.content().iter().all(|have| *have == byte);

    what_comes_by_virtio_is_not_erased(&results);
    lists_them(&results);

    // Their own erase, and nothing on top of it.
    results.expect("wipe-alone", 1);
    let [idle, a_sas, a_ssd] = &results.certificates("alone", 1)[..] else { panic!("three") };
    purged(a_ssd, "SHELF-SSD", &["ata-sanitize-crypto-scramble", "ata-sanitize-block-erase"]);
    purged(a_sas, "SHELF-SAS", &["scsi-sanitize-crypto-erase", "scsi-sanitize-block-erase"]);
    not_erased(idle, "SHELF-IDLE-SSD", "ata-sanitize-crypto-scramble");
    assert!(all(&ssd, 0) && all(&sas, 0), "something of the earlier owner is left");
    // All but the markers.
    let content = idle_ssd.content();
    let blocks = || content.chunks(512).zip(old.chunks(512));
    let kept = blocks().filter(|(now, before)| now == before).count();
    assert!(kept * 10 > blocks().count() * 9, "the idle drive has kept only {kept} blocks");

    // With an overwrite on top, also of what was hidden.
    results.expect("wipe-both", 1);
    let [a_hdd, idle] = &results.certificates("both", 1)[..] else { panic!("two") };
    purged(a_hdd, "SHELF-HDD", &["ata-sanitize-crypto-scramble", "ata-sanitize-overwrite"]);
    let (shown, native) = (8 * MIB / 512 - HIDDEN, 8 * MIB / 512);
    let hidden = &evidence(a_hdd)["hidden"];
    let before = json!({ "kind": "present", "accessible": shown, "native": native });
    assert_eq!((&hidden["before"], &hidden["after"]["kind"]), (&before, &json!("none")));
    assert_eq!(evidence(a_hdd)["drive"]["capacityBytes"], 8 * MIB);
    not_erased(idle, "SHELF-IDLE-SAS", "scsi-sanitize-crypto-erase");
    assert!(all(&hdd, 0xff) && all(&idle_sas, 0xff));

    // FORMAT UNIT that says that it is done and has done nothing: what is claimed is what the host
    // did on top of it.
    results.expect("wipe-format", 0);
    let [idle] = &results.certificates("format", 0)[..] else { panic!("one") };
    let conclusion = &idle["credentialSubject"]["conclusion"];
    assert_eq!(
        (&conclusion["verdict"], &conclusion["method"]),
        (&json!("sanitized"), &json!("clear"))
    );
    did_nothing(idle, "SHELF-IDLE-FORMAT", "scsi-format-unit");
    assert!(all(&idle_format, 0xff));

    assert!(neighbour.content() == old, "a drive that nobody named was touched");
}

fn what_comes_by_virtio_is_not_erased(results: &Results) {
    let list = results.json("list-virtio");
    for drive in list["drives"].as_array().unwrap() {
        assert_eq!(drive["medium"], "virtual", "{drive}");
    }
    results.expect("purge-virtio", 3);
    let why = results.text("purge-virtio.err");
    assert!(why.contains("it is a virtual drive, which can only be cleared"), "{why}");
}

/// Each with what it can erase itself with.
fn lists_them(results: &Results) {
    let list = results.json("list");
    for (path, number, medium, best) in [
        ("/dev/sdh", "SHELF-SSD", "ssd", "ata-sanitize-crypto-scramble"),
        ("/dev/sdi", "SHELF-HDD", "hdd", "ata-sanitize-crypto-scramble"),
        ("/dev/sdj", "SHELF-SAS", "ssd", "scsi-sanitize-crypto-erase"),
    ] {
        let drives = list["drives"].as_array().unwrap();
        let drive = drives.iter().find(|drive| drive["path"] == path);
        let drive = drive.unwrap_or_else(|| panic!("{path}: {list}"));
        assert_eq!((&drive["serial"], &drive["medium"]), (&json!(number), &json!(medium)));
        assert_eq!(drive["techniques"][0]["id"], best, "{drive}");
    }
}

/// Demands a certificate that says Purge, by these commands, on markers that have all gone.
pub(super) fn purged(certificate: &Value, number: &str, techniques: &[&str]) {
    assert_eq!(serial(certificate), number);
    let conclusion = &certificate["credentialSubject"]["conclusion"];
    assert_eq!(conclusion["verdict"], "sanitized", "{number}: {conclusion}");
    assert_eq!(conclusion["method"], "purge", "{number}: {conclusion}");
    let erases = evidence(certificate)["firmware"].as_array().unwrap();
    assert_eq!(erases.iter().map(|e| &e["technique"]).collect::<Vec<_>>(), techniques);
    for erase in erases {
        let markers = &erase["markers"];
        assert_eq!(erase["completion"]["kind"], "completed", "{erase}");
        assert!(markers["planted"].as_u64().unwrap() > 0, "{markers}");
        assert_eq!(markers["survived"]["count"], 0, "{markers}");
        assert_eq!(markers["unchanged"]["count"], 0, "{markers}");
    }
}

/// Demands a certificate that does not believe the drive, and says what was found on it.
pub(super) fn not_erased(certificate: &Value, number: &str, technique: &str) {
    let conclusion = &certificate["credentialSubject"]["conclusion"];
    assert_eq!(conclusion["verdict"], "not-sanitized", "{number}: {conclusion}");
    did_nothing(certificate, number, technique);
}

/// Demands that a drive said that it was done, and that every marker was still there.
pub(super) fn did_nothing(certificate: &Value, number: &str, technique: &str) {
    assert_eq!(serial(certificate), number);
    let erase = &evidence(certificate)["firmware"][0];
    assert_eq!(erase["technique"], technique, "{erase}");
    assert_eq!(erase["completion"]["kind"], "completed", "{erase}");
    let markers = &erase["markers"];
    assert_eq!(markers["survived"]["count"], markers["planted"], "{markers}");
}
