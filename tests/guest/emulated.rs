//! QEMU's drives: NVMe namespaces, a SATA disk, SCSI disks and a card; one of them has bad blocks.

use std::fs;

use serde_json::Value;

use super::common::holds_only;
use super::{Guest, MIB, Results, evidence};

/// Blocks that cannot be written and blocks that cannot be read, as tests/guest/boot has them.
const UNWRITABLE: [(u64, u64); 2] = [(1000, 2), (20_000, 1)];
const UNREADABLE: u64 = 30_000;

#[test]
fn a_guest_erases_emulated_drives() {
    let Some(guest) = Guest::new("a_guest_erases_emulated_drives", "emulated") else { return };
    guest.give("policy.toml", "[policy]\nfallback = \"clear\"\n");
    let alone = guest.disk("alone", 32 * MIB);
    let [first, second, sata, scsi, card, worn, thin] =
        ["first", "second", "sata", "scsi", "card", "worn", "thin"]
            .map(|name| guest.disk(name, 16 * MIB));
    let untouched = fs::read(&second).unwrap();
    let results = guest.run();

    // The kernel's own pass-through, asked from inside.
    results.expect("inside", 0);
    let asked = results.text("inside.out");
    assert!(asked.contains("all was asked"), "{asked}");
    results.expect("thaw", 0);
    assert_eq!(results.json("thaw")["slept"], false);

    lists_them(&results);
    plans(&results);
    discards_nothing(&results);

    results.expect("wipe-nvme", 0);
    assert!(holds_only(&alone, 0xff) && holds_only(&first, 0xff));
    assert!(fs::read(&second).unwrap() == untouched, "the other namespace was touched");
    assert!(fs::read(&sata).unwrap() == untouched, "a drive that nobody named was touched");
    formats(&results);

    // A disk that answers GOOD to FORMAT UNIT, and a card: the host overwrites both.
    results.expect("wipe-virtual", 0);
    let verified = results.verify("virtual", 0);
    assert_eq!(verified.matches("SANITIZED (clear)").count(), 2, "{verified}");
    assert_eq!(verified.matches("VIRTUAL DRIVE").count(), 1, "{verified}");
    assert!(holds_only(&scsi, 0xff) && holds_only(&card, 0xff));

    // A disk with bad blocks: everything else on it is erased, and so is the one beside it.
    names_bad_blocks(&results);
    let (holds, bad) = (fs::read(&worn).unwrap(), |block: u64| {
        UNWRITABLE.iter().any(|(first, count)| (*first..first + count).contains(&block))
    });
    for ((block, now), old) in (0..).zip(holds.chunks(512)).zip(untouched.chunks(512)) {
        let expected = if bad(block) { old } else { &[0xff; 512] };
        assert!(now == expected, "block {block} of the worn disk");
    }
    assert!(holds_only(&thin, 0xff));
}

fn lists_them(results: &Results) {
    let list = results.json("list");
    let of = |member: &str| -> Vec<String> {
        let drives = list["drives"].as_array().unwrap().iter();
        drives.map(|drive| drive[member].as_str().unwrap().to_owned()).collect()
    };
    let paths = ["mmcblk0", "nvme0n1", "nvme1n1", "nvme1n2", "sda", "sdb", "sdc", "sdd", "vda"];
    assert_eq!(of("path"), paths.map(|name| format!("/dev/{name}")), "{list}");
    let mut media = ["virtual"; 9];
    media[0] = "sd-card";
    assert_eq!(of("medium"), media, "{list}");
    let list = results.text("list-text.out");
    assert!(list.contains("an SD card has no command that erases it for good"), "{list}");
}

fn plans(results: &Results) {
    // QEMU knows no Sanitize: a purge is refused, unless it may fall back.
    results.expect("purge", 3);
    for (name, techniques) in [
        ("plan-nvme", &["nvme-format-user-data-erase", "overwrite"][..]),
        // What says GOOD to FORMAT UNIT does not say that it knows it, and is not asked to do it.
        ("plan-virtual", &["overwrite"]),
        ("plan-worn", &["overwrite"]),
    ] {
        let plan = results.json(name);
        for drive in plan["drives"].as_array().unwrap() {
            let rows = drive["techniques"].as_array().unwrap().iter();
            assert_eq!(rows.map(|row| &row["id"]).collect::<Vec<_>>(), techniques, "{drive}");
            assert_eq!(drive["method"], "clear", "{drive}");
        }
    }
}

/// The kernel is told that both drives have discarded everything, and everything is still there:
/// the tool believes what it reads.
fn discards_nothing(results: &Results) {
    results.expect("discard-nvme", 0);
    results.expect("discard-scsi", 0);
    results.expect("inspect", 1);
    let inspected = results.verify("inspected", 1);
    assert_eq!(inspected.matches("NOT BLANK").count(), 2, "{inspected}");
    assert!(!inspected.contains("SANITIZED"), "{inspected}");
}

/// What the certificates say of NVMe Format.
fn formats(results: &Results) {
    let certificates = results.certificates("nvme", 0);
    let mut reset = 0;
    for certificate in &certificates {
        let erase = &evidence(certificate)["firmware"][0];
        assert_eq!(erase["technique"], "nvme-format-user-data-erase", "{erase}");
        assert_eq!(erase["completion"]["kind"], "completed", "{erase}");
        assert_eq!(erase["completion"]["witness"], "command-returned");
        let markers = &erase["markers"];
        assert_eq!(markers["planted"], markers["wanted"], "{markers}");
        assert_eq!(markers["readAfter"], markers["planted"], "{markers}");
        assert_eq!(markers["survived"]["count"], 0, "{markers}");
        assert!(markers["sampled"].as_u64().unwrap() > 60, "{markers}");
        assert_eq!(markers["unchanged"]["count"], 0, "{markers}");
        // QEMU's format leaves zeros; ones came after it.
        assert!(markers["after"]["zeros"].as_u64().unwrap() > 60, "{markers}");
        assert_eq!(markers["after"]["other"], 0, "{markers}");
        // A controller with another namespace is not reset: that one would feel it.
        reset += usize::from(erase["reset"]["kind"] == "done");
        let commands = erase["exchanges"].as_array().unwrap();
        assert!(commands.iter().any(|e| e["sent"].as_str().unwrap().starts_with("80")), "{erase}");
    }
    assert_eq!((certificates.len(), reset), (2, 1));
}

/// The worn disk's certificate names each bad block and no other; its neighbour's is a good one.
fn names_bad_blocks(results: &Results) {
    results.expect("wipe-worn", 1);
    let [thin, worn] = &results.certificates("worn", 1)[..] else { panic!("two certificates") };
    assert_eq!(thin["credentialSubject"]["conclusion"]["verdict"], "sanitized", "{thin}");
    let conclusion = &worn["credentialSubject"]["conclusion"];
    assert_eq!(conclusion["verdict"], "not-sanitized", "{conclusion}");
    let evidence = evidence(worn);
    let ranges = |list: &Value| -> Vec<(u64, u64)> {
        let ranges = list["ranges"].as_array().unwrap().iter();
        let number = |range: &Value, member: &str| range[member].as_u64().unwrap() / 512;
        ranges.map(|range| (number(range, "offset"), number(range, "bytes"))).collect()
    };
    let passes = evidence["passes"].as_array().unwrap();
    assert_eq!(ranges(&passes[0]["notWritten"]), UNWRITABLE, "{passes:?}");
    let verification = &evidence["verification"];
    assert_eq!(ranges(&verification["unreadable"]), [(UNREADABLE, 1)], "{verification}");
}
