//! Drives that were read and not erased, and drives that have to be destroyed: what the tool issues
//! on them, and what passes one off as the other, or as erased.

use nulstil::cert::document;
use nulstil::model::{
    Aftermath, Attempt, Condemnation, Ending, Finding, HiddenArea, Inspection, Label, Lock, Range,
};
use serde_json::{Value, json};

use crate::drives;
use crate::list::{Vector, Vectors};
use crate::station::{Papers, at, authorization, hex, sha256, signed, uuid};

pub fn all(list: &mut Vectors) {
    inspected(list);
    not_found_blank(list);
    condemned(list);
    not_condemned(list);
}

/// A hard disk that came with zeros on it.
fn blank() -> Inspection {
    let drive = drives::hdd().drive;
    let capacity_bytes = drive.capacity_bytes;
    Inspection {
        drive,
        hidden: HiddenArea::None,
        lock: Lock::Open,
        engine: "io_uring, 4 MiB, queue depth 2".into(),
        direct_io: true,
        filling: Some(0),
        started_at: at(600),
        ended_at: at(5000),
        read_bytes: capacity_bytes,
        unreadable: Default::default(),
        differing: Default::default(),
        speed: Default::default(),
        aftermath: Some(Aftermath { same_drive: true, capacity_bytes, partitions_reread: None }),
        ending: Ending::Completed,
    }
}

/// The same with something in its last block.
fn not_blank() -> Inspection {
    let mut inspection = blank();
    let last = inspection.drive.blocks() - 1;
    inspection.differing.push_with(|| Finding {
        lba: last,
        expected: "every byte 0x00".into(),
        found_keyed_digest: hex(&sha256(b"what was there")),
    });
    inspection
}

/// The same, and a place in it cannot be read.
fn unread() -> Inspection {
    let mut inspection = blank();
    let bad = Range { offset: 1 << 20, bytes: 4096 };
    inspection.unreadable.push(bad);
    inspection.read_bytes -= bad.bytes;
    inspection
}

fn inspected(list: &mut Vectors) {
    let mut add = |file: &str, number, found: &Inspection, why: &str| {
        let document = signed(Papers::new(number).inspection("/dev/sda", found));
        list.add(Vector::of(&format!("good/{file}.inspection.json"), &document, why));
    };
    add("blank-hdd", 300, &blank(), "A drive that was found blank; nobody here erased it.");
    let ones = Inspection { filling: Some(0xff), ..blank() };
    add("blank-ones", 301, &ones, "Blank as flash is: every bit a one. Nobody here erased it.");
    add(
        "not-blank",
        302,
        &not_blank(),
        "One block is not like the others: the drive is not blank.",
    );
    add("unread", 303, &unread(), "A place could not be read: it is not known to be blank.");
    let locked = Inspection { lock: Lock::Closed { by: "TCG Opal".into() }, ..blank() };
    add("locked", 304, &locked, "A locked drive that reads as zeros: it is not known to be blank.");
    let hides = HiddenArea::Present { accessible: 10, native: 20 };
    let hides = Inspection { hidden: hides, ..blank() };
    add("hides-blocks", 305, &hides, "What the drive hides was not read: not known to be blank.");
}

fn not_found_blank(list: &mut Vectors) {
    type Change = fn(&mut Value);
    let mut add = |file: &str, code: &str, why: &str, found: &Inspection, change: Change| {
        let mut document = Papers::new(310).inspection("/dev/sda", found);
        change(&mut document);
        let file = format!("hostile/{file}.inspection.json");
        list.add(Vector::of(&file, &signed(document), why).rejected(code));
    };
    let conclusion = "conclusion-mismatch";
    add(
        "blank-upgraded",
        conclusion,
        "A drive with something on it is called blank in type and verdict.",
        &not_blank(),
        |d| {
            d["type"][1] = json!(document::BLANK);
            d["credentialSubject"]["conclusion"]["verdict"] = json!("blank");
            d["credentialSubject"]["conclusion"]["shortfalls"] = json!([]);
        },
    );
    add(
        "blank-findings-dropped",
        conclusion,
        "What was found is gone from the list, and its count is not.",
        &not_blank(),
        |d| {
            d["credentialSubject"]["evidence"]["differing"]["blocks"] = json!([]);
            d["credentialSubject"]["conclusion"]["verdict"] = json!("blank");
            d["credentialSubject"]["conclusion"]["shortfalls"] = json!([]);
        },
    );
    add(
        "blank-unread-upgraded",
        conclusion,
        "A place that could not be read is left out of the conclusion.",
        &unread(),
        |d| {
            d["type"][1] = json!(document::BLANK);
            d["credentialSubject"]["conclusion"]["verdict"] = json!("blank");
            d["credentialSubject"]["conclusion"]["shortfalls"] = json!([]);
        },
    );
    add(
        "blank-cut-short",
        conclusion,
        "It says blank, and one block of the drive was not read.",
        &blank(),
        |d| {
            let read = &mut d["credentialSubject"]["evidence"]["readBytes"];
            *read = json!(read.as_u64().unwrap() - 512);
        },
    );
    add(
        "blank-of-nothing",
        conclusion,
        "It does not say which byte the drive is full of.",
        &blank(),
        |d| d["credentialSubject"]["evidence"]["filling"] = json!(null),
    );
    add(
        "blank-filling-no-byte",
        "content-wrong",
        "The drive is full of something that is no byte.",
        &blank(),
        |d| d["credentialSubject"]["evidence"]["filling"] = json!(256),
    );
    add(
        "blank-by-type",
        "type-mismatch",
        "A drive that is not blank, as its conclusion says, is called blank by the type.",
        &not_blank(),
        |d| d["type"][1] = json!(document::BLANK),
    );
    add(
        "not-blank-by-type",
        "type-mismatch",
        "A drive that is blank, as its conclusion says, is not called so by the type.",
        &blank(),
        |d| d["type"][1] = json!(document::INSPECTION),
    );
    add(
        "blank-not-entitled",
        "authorization-not-for-type",
        "The station was authorized before there were such documents.",
        &blank(),
        |d| d["issuer"]["authorization"] = authorization(|_| ()),
    );
    let mut sanitized = Papers::new(311).inspection("/dev/sda", &blank());
    sanitized["type"][1] = json!(document::CERTIFICATE);
    list.add(
        Vector::of(
            "hostile/blank-as-certificate.cert.json",
            &signed(sanitized),
            "A drive that was found blank is called erased by the type: nothing of an erasure is in \
             it.",
        )
        .incomplete(),
    );
    let by_name = Papers::new(312).inspection("/dev/sda", &blank());
    list.add(
        Vector::of(
            "hostile/blank-by-name.cert.json",
            &signed(by_name),
            "A drive that was found blank under a certificate's name.",
        )
        .rejected("type-mismatch"),
    );
    let mut claims = Papers::new(313).inspection("/dev/sda", &blank());
    claims["name"] = json!("Erasure certificate: drive sanitized, method purge");
    claims["credentialSubject"]["conclusion"]["method"] = json!("purge");
    list.add(
        Vector::of(
            "hostile/blank-with-method.inspection.json",
            &signed(claims),
            "A drive that was found blank, with a method of which nothing is in the evidence.",
        )
        .rejected("conclusion-mismatch"),
    );
}

/// A drive that a person condemned after it failed.
fn failed() -> Condemnation {
    Condemnation {
        drive: Some(drives::hdd().drive),
        label: Label::default(),
        reason: "Den tager ikke imod skrivning længere.".into(),
        attempt: Some(Attempt {
            id: format!("urn:uuid:{}", uuid(4, 11)),
            kind: document::FAILED.into(),
            digest: hex(&sha256(b"the document on a failed erasure")),
        }),
    }
}

fn dead() -> Condemnation {
    Condemnation {
        drive: None,
        label: Label { model: Some("ST500DM002".into()), serial_number: Some("Z2AÆ1".into()) },
        reason: "Ingen lyd, ingen strøm.".into(),
        attempt: None,
    }
}

fn condemned(list: &mut Vectors) {
    let mut add = |file: &str, document, why: &str| {
        list.add(Vector::of(&format!("good/{file}.destroy.json"), &signed(document), why));
    };
    add(
        "condemned",
        Papers::new(320).condemnation(Some("/dev/sda"), &failed()),
        "A drive whose erasure failed has to be destroyed.",
    );
    add(
        "condemned-dead",
        Papers::new(321).condemnation(None, &dead()),
        "A drive that does not answer, by what somebody read on it, has to be destroyed.",
    );
}

fn not_condemned(list: &mut Vectors) {
    type Change = fn(&mut Value);
    let cases: [(&str, &str, Change); 5] = [
        ("nameless", "Nothing says which drive it is.", |d| {
            d["credentialSubject"]["evidence"]["label"]["serialNumber"] = json!(null);
        }),
        ("without-reason", "Nothing says why.", |d| {
            d["credentialSubject"]["evidence"]["reason"] = json!(" ");
        }),
        ("after-success", "The attempt that it names was an erasure that succeeded.", |d| {
            d["credentialSubject"]["evidence"]["attempt"] = json!({
                "id": format!("urn:uuid:{}", uuid(4, 2)),
                "type": document::CERTIFICATE,
                "digest": hex(&sha256(b"a certificate")),
            });
        }),
        ("attempt-no-digest", "The attempt is not named by a digest.", |d| {
            d["credentialSubject"]["evidence"]["attempt"] = json!({
                "id": format!("urn:uuid:{}", uuid(4, 2)),
                "type": document::FAILED,
                "digest": "ab",
            });
        }),
        ("of-a-file", "A file is deleted, not destroyed.", |d| {
            d["credentialSubject"]["type"] = json!("DiskImage");
        }),
    ];
    for (file, why, change) in cases {
        let mut document = Papers::new(330).condemnation(None, &dead());
        change(&mut document);
        let file = format!("hostile/condemned-{file}.destroy.json");
        list.add(Vector::of(&file, &signed(document), why).rejected("content-wrong"));
    }
}
