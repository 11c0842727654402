//! Documents of every kind that the tool issues, as it issues them; and true ones that this
//! version does not understand in full.

use nulstil::cert::{Begun, MachineDrive, document, profile, proof};
use nulstil::model::{
    Bus, Ending, Evidence, Finding, HiddenDrives, Medium, Outcome, Range, Refusal, RefusalCode,
    VerifyMode,
};
use serde_json::{Map, Value, json};

use crate::drives;
use crate::list::{Vector, Vectors};
use crate::station::{DAY, NEWER_TYPE, Papers, authorization, hex, proof_of, sha256, signed, uuid};

pub fn all(list: &mut Vectors) {
    one_session(list);
    on_drives(list);
    not_sanitized(list);
    spelled_otherwise(list);
    not_understood(list);
    logged(list);
}

/// One drive's document, signed; every file has a number of its own.
fn one(number: u16, evidence: &Evidence) -> Value {
    signed(Papers::new(number).erasure("/dev/sda", evidence))
}

fn sanitized(file: &str, method: &'static str, document: &Value, why: &str) -> Vector {
    Vector::of(&format!("good/{file}"), document, why).concluding("sanitized", Some(method))
}

/// What one PC leaves: the record of what is begun, two certificates, and the report on the
/// machine, each naming the one before it.
fn one_session(list: &mut Vectors) {
    let (hdd, nvme) = (drives::hdd(), drives::nvme());
    let begun = [(2, &hdd), (3, &nvme)].map(|(number, evidence)| Begun {
        certificate: format!("urn:uuid:{}", uuid(4, number)),
        model: evidence.drive.model.clone(),
        serial_number: evidence.drive.serial_number.clone(),
    });
    let start = signed(Papers::after(1, 1, 0, None).started(&begun));
    let first = signed(Papers::after(2, 1, 1, Some(&start)).erasure("/dev/sda", &hdd));
    let second = signed(Papers::after(3, 1, 2, Some(&first)).erasure("/dev/nvme0n1", &nvme));
    let line = |path: &str, evidence: &Evidence, document: &Value| MachineDrive {
        path: Some(path.to_owned()),
        drive: Some(evidence.drive.clone()),
        outcome: Some(Outcome::Sanitized),
        refusal: None,
        certificate_digest: Some(proof::digest(document).unwrap()),
    };
    let stick = MachineDrive {
        path: Some("/dev/sdb".into()),
        drive: Some(nulstil::model::Identity {
            bus: Bus::Usb,
            medium: Medium::Unknown,
            model: Some("Cruzer Blade".into()),
            serial_number: Some("4C530001230618AA0008".into()),
            ..drives::hdd().drive
        }),
        outcome: None,
        refusal: Some(Refusal::new(
            RefusalCode::BootMedium,
            "/dev/sdb is what this system runs from: mounted at /; start this computer from \
             another medium to erase it.",
        )),
        certificate_digest: None,
    };
    let slot = MachineDrive {
        path: Some("/dev/sdc".into()),
        drive: stick.drive.clone().map(|drive| nulstil::model::Identity {
            model: Some("Card Reader".into()),
            serial_number: None,
            capacity_bytes: 0,
            ..drive
        }),
        refusal: Some(Refusal::new(
            RefusalCode::EmptySlot,
            "/dev/sdc is a slot with nothing in it; insert a medium if it is meant.",
        )),
        ..stick.clone()
    };
    let card = MachineDrive {
        drive: stick.drive.clone().map(|drive| nulstil::model::Identity {
            bus: Bus::Mmc,
            medium: Medium::SdCard,
            ..drive
        }),
        ..stick.clone()
    };
    let own = [line("/dev/sda", &hdd, &first), line("/dev/nvme0n1", &nvme, &second)];
    let lines = [own[0].clone(), own[1].clone(), stick, slot];
    let none = HiddenDrives { possible: false, reasons: Vec::new() };
    let report = signed(Papers::after(4, 1, 3, Some(&second)).machine(&lines, &none));
    list.add(Vector::of(
        "good/session.start.json",
        &start,
        "A true record of what a session is about to erase; it concludes nothing.",
    ));
    list.add(sanitized(
        "clear-hdd.cert.json",
        "clear",
        &first,
        "A SATA disk was overwritten and read back in full.",
    ));
    list.add(sanitized(
        "purge-nvme-overwritten.cert.json",
        "purge",
        &second,
        "An NVMe drive erased its blocks, and the host overwrote it and read a sample.",
    ));
    list.add(Vector::of(
        "good/session.machine.json",
        &report,
        "A true report: every drive of the machine is sanitized; the USB stick that the system runs \
         from and an empty slot for cards are not the machine's.",
    ));

    let lines_with_card = [own[0].clone(), own[1].clone(), card];
    list.add(Vector::of(
        "good/started-from-card.machine.json",
        &signed(Papers::new(6).machine(&lines_with_card, &none)),
        "A true report: the SD card that the system runs from is not the machine's.",
    ));

    let mut unfinished = lines;
    unfinished[1].outcome = Some(Outcome::NotSanitized);
    let hidden = HiddenDrives {
        possible: true,
        reasons: vec!["The Intel VMD controller at 0000:00:0e.0 shows no drive.".into()],
    };
    let report = signed(Papers::new(5).machine(&unfinished, &hidden));
    list.add(Vector::of(
        "good/not-complete.machine.json",
        &report,
        "A true report that a machine is not complete: a drive is not sanitized, and there may be \
         drives that cannot be seen.",
    ));
}

fn on_drives(list: &mut Vectors) {
    let mut add = |file, number, method, evidence: Evidence, why| {
        list.add(sanitized(file, method, &one(number, &evidence), why));
    };
    add(
        "clear-hdd-that-hid-blocks.cert.json",
        10,
        "clear",
        drives::hdd_that_hid(),
        "The disk hid a GiB at its end, was made to show it, and was overwritten whole.",
    );
    add(
        "purge-ata-ssd.cert.json",
        11,
        "purge",
        drives::ata_ssd(),
        "A SATA SSD erased its blocks, proven by markers; that it was not reset, reads as one \
         value and had unreadable blocks are limits that the certificate names.",
    );
    add(
        "purge-sas-hdd.cert.json",
        12,
        "purge",
        drives::sas_hdd(),
        "A SAS disk overwrote itself, proven by markers.",
    );
    add(
        "clear-emmc.cert.json",
        13,
        "clear",
        drives::emmc(),
        "An eMMC sanitized itself, which this program calls no more than Clear, and was \
         overwritten.",
    );
    add(
        "clear-three-passes.cert.json",
        14,
        "clear",
        drives::three_passes(),
        "Three passes, the last one random with its key in the certificate.",
    );
    add(
        "disk-image.cert.json",
        15,
        "clear",
        drives::disk_image(),
        "A file was overwritten: the certificate says that it is about no drive.",
    );
    add(
        "virtual-drive.cert.json",
        16,
        "clear",
        drives::virtual_drive(),
        "A virtual drive was overwritten: the certificate says nothing about the medium beneath \
         it.",
    );
}

/// A disk of which one block could not be written and another one did not hold what was written.
pub fn failed() -> Evidence {
    let mut evidence = drives::hdd();
    evidence.drive.serial_number = Some("WD-WCC2E4AA0020".into());
    let block = Range { offset: 4096, bytes: 4096 };
    evidence.passes[0].not_written.push(block);
    evidence.passes[0].written_bytes -= block.bytes;
    evidence.passes[0].retries = 3;
    let verification = evidence.verification.as_mut().unwrap();
    verification.unreadable.push(block);
    verification.read_bytes -= block.bytes;
    verification.mismatches.push_with(|| Finding {
        lba: 4_242,
        expected: "zeros".into(),
        found_keyed_digest: hex(&sha256(b"former content, keyed")),
    });
    evidence
}

/// A disk of which nothing was read back.
pub fn unverified() -> Evidence {
    let mut evidence = drives::hdd();
    evidence.drive.serial_number = Some("WD-WCC2E4AA0023".into());
    evidence.planned.verify = VerifyMode::None;
    evidence.verification = None;
    evidence
}

fn not_sanitized(list: &mut Vectors) {
    let mut add = |file: &str, number, conclusion, evidence: &Evidence, why: &str| {
        let document = one(number, evidence);
        list.add(Vector::of(&format!("good/{file}"), &document, why).concluding(conclusion, None));
    };
    add(
        "failed.cert.json",
        20,
        "not-sanitized",
        &failed(),
        "A true report of a failure: a block could not be written, another one did not hold what \
         was written.",
    );
    let mut stopped = drives::hdd();
    stopped.drive.serial_number = Some("WD-WCC2E4AA0021".into());
    stopped.passes[0].written_bytes = 1 << 30;
    stopped.passes[0].flushed = false;
    (stopped.verification, stopped.aftermath) = (None, None);
    stopped.ending = Ending::Aborted;
    add(
        "aborted.cert.json",
        21,
        "not-sanitized",
        &stopped,
        "A true report that the run was stopped.",
    );
    stopped.drive.serial_number = Some("WD-WCC2E4AA0022".into());
    stopped.ending = Ending::Incomplete;
    add(
        "incomplete.cert.json",
        22,
        "not-sanitized",
        &stopped,
        "A true report that the run was cut off and never continued.",
    );
    add(
        "unverified.cert.json",
        23,
        "indeterminate",
        &unverified(),
        "A true report that nothing was read back: whether the disk is sanitized is not known.",
    );
    let mut survived = drives::nvme();
    survived.drive.serial_number = Some("S4ELNX0M900024".into());
    survived.planned.techniques.truncate(1);
    survived.passes.clear();
    survived.verification = None;
    let markers = survived.firmware[0].markers.as_mut().unwrap();
    markers.survived.push_with(|| Finding {
        lba: 77,
        expected: "a marker".into(),
        found_keyed_digest: hex(&sha256(b"the marker, keyed")),
    });
    add(
        "firmware-lied.cert.json",
        24,
        "not-sanitized",
        &survived,
        "A true report that a drive said it erased itself and a block planted before was still \
         there.",
    );
}

/// The same document with the members of every object in reverse order.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().rev().map(|(name, value)| (name.clone(), reversed(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(reversed).collect()),
        other => other.clone(),
    }
}

fn spelled_otherwise(list: &mut Vectors) {
    let document = one(30, &drives::hdd());
    let mut add = |file: &str, bytes: Vec<u8>, why: &str| {
        list.add(
            Vector::new(&format!("good/{file}"), bytes, why).concluding("sanitized", Some("clear")),
        );
    };
    add(
        "minified.cert.json",
        serde_json::to_vec(&document).unwrap(),
        "Spaces and line ends are not part of what is signed.",
    );
    add(
        "reordered.cert.json",
        profile::pretty(&reversed(&document)).unwrap(),
        "The order of members is not part of what is signed.",
    );
    let escaped: String = String::from_utf8(profile::pretty(&document).unwrap())
        .unwrap()
        .chars()
        .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04X}", u32::from(c)) })
        .collect();
    add(
        "escaped.cert.json",
        escaped.replace("/dev/sda", "\\/dev\\/sd\\u0061").into_bytes(),
        "How a letter is escaped is not part of what is signed.",
    );
    let windows = String::from_utf8(profile::pretty(&document).unwrap()).unwrap();
    add(
        "windows-line-ends.cert.json",
        windows.replace('\n', "\r\n").into_bytes(),
        "Line ends of Windows are spaces like others.",
    );
}

fn not_understood(list: &mut Vectors) {
    let mut add = |file: &str, number, change: &dyn Fn(&mut Value), why: &str| {
        let mut document = Papers::new(number).erasure("/dev/sda", &drives::hdd());
        change(&mut document);
        list.add(Vector::of(&format!("good/{file}"), &signed(document), why).incomplete());
    };
    add(
        "newer-layout.cert.json",
        40,
        &|document| document["schemaVersion"] = json!("1.99"),
        "A newer layout: the signature holds, and what it says is not known to this version.",
    );
    add(
        "newer-major-layout.cert.json",
        41,
        &|document| {
            document["schemaVersion"] = json!("2.0");
            document["credentialSubject"] = json!({ "type": "Something", "else": 1 });
        },
        "Another layout altogether: the signature holds, and what it says is not known.",
    );
    add(
        "newer-rules.cert.json",
        42,
        &|document| document["credentialSubject"]["conclusion"]["rules"] = json!(99),
        "Concluded by newer rules, which this version cannot repeat.",
    );
    add(
        "newer-type.cert.json",
        43,
        &|document| document["type"][1] = json!(NEWER_TYPE),
        "A type of document that this version does not know.",
    );
    add(
        "missing-member.cert.json",
        44,
        &|document| {
            let tool = document["tool"].as_object_mut().unwrap();
            tool.shift_remove("executableSha256").unwrap();
        },
        "The program does not say which one it was.",
    );
    add(
        "missing-evidence.cert.json",
        45,
        &|document| {
            let evidence = document["credentialSubject"]["evidence"].as_object_mut().unwrap();
            evidence.shift_remove("aftermath").unwrap();
        },
        "The evidence does not say whether the drive was looked at again: nothing is concluded.",
    );
    let mut more = Papers::new(46).erasure("/dev/sda", &drives::hdd());
    more["credentialSubject"]["evidence"]["drive"]["colour"] = json!("blå");
    more["credentialSubject"]["computer"]["shelf"] = json!({ "row": 7, "place": null });
    more["pilotProject"] = json!(["Odense", 2026]);
    list.add(sanitized(
        "unknown-members.cert.json",
        "clear",
        &signed(more),
        "Members that this version does not know are signed with the rest, and are shown.",
    ));
}

fn logged(list: &mut Vectors) {
    let mut document = Papers::new(50).erasure("/dev/sda", &drives::hdd());
    document["issuer"]["authorization"] = authorization(|a| a.trust_list_version = 2);
    let document = signed(document);
    let why = "Nobody is revoked, and the log and a witness say that they have it.";
    let proof = proof_of(&document, "office", "office", Some(3 * DAY));
    list.add(
        sanitized("logged.cert.json", "clear", &document, why).with_list("2.trust").beside(proof),
    );
    list.add(
        Vector::of(
            "good/authorized-with-a-list.cert.json",
            &document,
            "The station was authorized when there was a trust list; without one nobody can say \
             whether its key counts.",
        )
        .incomplete()
        .concluding("sanitized", Some("clear")),
    );
    let document = one(51, &drives::hdd());
    let proof = proof_of(&document, "office", "office", Some(DAY));
    let why = "The key was lost later than a witness saw this document.";
    list.add(
        sanitized("revoked-but-witnessed.cert.json", "clear", &document, why)
            .with_list("2-revoked.trust")
            .beside(proof),
    );
    let document = one(52, &drives::hdd());
    let proof = proof_of(&document, "office", "office", None);
    let why = "In the log, and no witness has seen it yet.";
    list.add(
        sanitized("logged-unwitnessed.cert.json", "clear", &document, why)
            .with_list("2.trust")
            .beside(proof),
    );
    assert!(document::TYPES.iter().all(|known| *known != NEWER_TYPE));
}
