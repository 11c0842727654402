//! Documents with a good signature of a station that was entitled and does not say the truth.

use nulstil::cert::{document, proof};
use nulstil::model::{
    Evidence, Finding, HiddenArea, HiddenDrives, Outcome, Pass, Shortfall, VerifyMode,
};
use serde_json::{Value, json};

use crate::list::{Vector, Vectors};
use crate::station::{Papers, at, authorization, hex, key, sha256, signed, uuid};
use crate::{drives, good};

pub fn all(list: &mut Vectors) {
    wrong_content(list);
    does_not_follow(list);
    another_type(list);
    only_the_title(list);
}

pub fn unsigned(number: u16) -> Value {
    Papers::new(number).erasure("/dev/sda", &drives::hdd())
}

pub fn vector(file: &str, document: &Value, code: &str, why: &str) -> Vector {
    Vector::of(&format!("hostile/{file}.cert.json"), document, why).rejected(code)
}

fn wrong_content(list: &mut Vectors) {
    type Change = fn(&mut Value);
    let cases: &[(&str, &str, Change)] = &[
        ("id", "Its id is no UUID.", |d| d["id"] = json!("urn:uuid:1")),
        ("layout", "The layout before the first.", |d| d["schemaVersion"] = json!("0.9")),
        ("layout-number", "The layout is a number.", |d| d["schemaVersion"] = json!(1)),
        ("rules", "Rules that never were.", |d| {
            d["credentialSubject"]["conclusion"]["rules"] = json!(0);
        }),
        ("evidence-number-as-text", "A number of the evidence is a text.", |d| {
            d["credentialSubject"]["evidence"]["passes"][0]["writtenBytes"] = json!("all");
        }),
        (
            "evidence-unknown-technique",
            "The evidence names a technique that the rules do not know.",
            |d| {
                d["credentialSubject"]["evidence"]["planned"]["techniques"][0] = json!("prayer");
            },
        ),
        ("time", "The time has a zone.", |d| d["validFrom"] = json!("2026-11-16T12:00:00+01:00")),
        ("stream", "Its number in the stream is a text.", |d| {
            d["stream"]["sequence"] = json!("1");
        }),
    ];
    for (file, why, change) in cases {
        let mut document = unsigned(150);
        change(&mut document);
        let signed = proof::sign(document, &key("station"), at(3 * 3600)).unwrap();
        list.add(vector(&format!("content-{file}"), &signed, "content-wrong", why));
    }
    let mut text = unsigned(150);
    text["credentialSubject"]["evidence"] = json!("trust me");
    list.add(
        Vector::of(
            "hostile/content-evidence-text.cert.json",
            &signed(text),
            "The evidence is a text: everything that is known to belong there is missing.",
        )
        .incomplete(),
    );
    let mut image = Papers::new(151).erasure("/tmp/disk.img", &drives::disk_image());
    image["credentialSubject"]["type"] = json!("StorageDevice");
    list.add(vector(
        "content-image-called-drive",
        &signed(image),
        "content-wrong",
        "A disk image calls itself a drive.",
    ));
    let mut papers = Papers::new(152);
    papers.issued = "2099-11-16T11:00:00Z".parse().unwrap();
    let mut future = papers.erasure("/dev/sda", &drives::hdd());
    let until = "2100-01-01T00:00:00Z".parse().unwrap();
    future["issuer"]["authorization"] = authorization(|a| a.valid_until = until);
    list.add(vector(
        "from-the-future",
        &signed(future),
        "from-the-future",
        "It says that it is from the year 2099.",
    ));
}

/// What the tool concludes from `evidence`, with a change.
fn concluded(number: u16, evidence: &Evidence, change: impl FnOnce(&mut Value)) -> Value {
    let mut document = Papers::new(number).erasure("/dev/sda", evidence);
    change(&mut document["credentialSubject"]["conclusion"]);
    signed(document)
}

/// What the tool would write of `good`, with the evidence of `bad` in it.
fn covered(number: u16, good: &Evidence, bad: &Evidence) -> Value {
    let mut document = Papers::new(number).erasure("/dev/sda", good);
    document["credentialSubject"]["evidence"] = serde_json::to_value(bad).unwrap();
    signed(document)
}

fn does_not_follow(list: &mut Vectors) {
    let mut add = |file: &str, document: Value, why: &str| {
        list.add(vector(&format!("conclusion-{file}"), &document, "conclusion-mismatch", why));
    };
    add(
        "verdict-upgraded",
        concluded(160, &good::unverified(), |c| c["verdict"] = json!("sanitized")),
        "Nothing was read back, and it says sanitized.",
    );
    add(
        "failure-upgraded",
        concluded(161, &good::failed(), |c| c["verdict"] = json!("indeterminate")),
        "Blocks held other than what was written, and it says that nothing is known.",
    );
    add(
        "verdict-downgraded",
        concluded(162, &drives::hdd(), |c| c["verdict"] = json!("not-sanitized")),
        "The evidence shows a good erasure, and it says that it failed.",
    );
    add(
        "verdict-unknown",
        concluded(163, &drives::hdd(), |c| c["verdict"] = json!("certified")),
        "A verdict that there is none of.",
    );
    add(
        "method-upgraded",
        concluded(164, &drives::hdd(), |c| c["method"] = json!("purge")),
        "An overwrite calls itself Purge.",
    );
    add(
        "emmc-upgraded",
        concluded(165, &drives::emmc(), |c| c["method"] = json!("purge")),
        "An eMMC's sanitize calls itself Purge.",
    );
    add(
        "method-of-failure",
        concluded(166, &good::failed(), |c| c["method"] = json!("clear")),
        "A failure calls itself Clear.",
    );
    add(
        "shortfall-removed",
        concluded(167, &drives::ata_ssd(), |c| drop(c["shortfalls"].as_array_mut().unwrap().pop())),
        "A limit was left out.",
    );
    add(
        "shortfall-doubled",
        concluded(168, &drives::ata_ssd(), |c| {
            let list = c["shortfalls"].as_array_mut().unwrap();
            list[1] = list[0].clone();
        }),
        "A limit stands in the place of another one.",
    );
    add(
        "image-as-drive",
        concluded(169, &drives::disk_image(), |c| c["shortfalls"] = json!([])),
        "A disk image does not say that it is one.",
    );
    for (number, (file, why, bend)) in (170..).zip(bent_evidence()) {
        let good = drives::hdd();
        let mut bad = good.clone();
        bend(&mut bad);
        add(file, covered(number, &good, &bad), why);
    }
    for (number, (file, why, bend)) in (190..).zip(bent_firmware()) {
        let good = drives::ata_ssd();
        let mut bad = good.clone();
        bend(&mut bad);
        add(file, covered(number, &good, &bad), why);
    }
    let (failed, mut softened) = (good::failed(), good::failed());
    softened.verification.as_mut().unwrap().mismatches = Default::default();
    add(
        "evidence-softened",
        covered(199, &failed, &softened),
        "A mismatch was taken out of the evidence of a failure, for a better one later.",
    );
}

type Bend = (&'static str, &'static str, fn(&mut Evidence));

/// What must not be covered by the conclusion of a good overwrite.
fn bent_evidence() -> Vec<Bend> {
    vec![
        (
            "mismatch-hidden",
            "A block did not hold what was written, and nothing is said of it.",
            |e| {
                let finding = || Finding {
                    lba: 7,
                    expected: "zeros".into(),
                    found_keyed_digest: "00".repeat(32),
                };
                e.verification.as_mut().unwrap().mismatches.push_with(finding);
            },
        ),
        ("less-written", "Less than the whole drive was written.", |e| {
            e.passes[0].written_bytes -= 512;
        }),
        ("more-written", "More than the whole drive was written.", |e| {
            e.passes[0].written_bytes += 512;
        }),
        ("nothing-written", "There was no pass.", |e| e.passes.clear()),
        ("less-read", "Less was read back than planned.", |e| {
            e.verification.as_mut().unwrap().read_bytes -= 512;
        }),
        ("nothing-read", "There was no read-back.", |e| e.verification = None),
        ("other-pattern", "Another pattern was written than planned.", |e| {
            e.passes[0].pattern = Pass::Ones;
        }),
        ("sampled", "A sample was read and all of it was planned.", |e| {
            let drive = e.drive.clone();
            e.verification = Some(drives::read_back(VerifyMode::Sample, &drive));
        }),
        ("not-flushed", "The drive did not empty its cache.", |e| e.passes[0].flushed = false),
        ("other-drive", "Another drive answered at the end.", |e| {
            e.aftermath.as_mut().unwrap().same_drive = false;
        }),
        ("smaller-drive", "The drive was larger at the end.", |e| {
            e.aftermath.as_mut().unwrap().capacity_bytes += 1 << 30;
        }),
        ("hidden-left", "The drive still hides blocks.", |e| {
            let native = e.drive.blocks() + 2048;
            e.hidden.after = HiddenArea::Present { accessible: e.drive.blocks(), native };
        }),
        ("page-cache", "What was read back may have come from the computer's memory.", |e| {
            e.direct_io = false;
        }),
        ("aborted", "The run was stopped.", |e| e.ending = nulstil::model::Ending::Aborted),
    ]
}

/// The same for a drive that erased itself.
fn bent_firmware() -> Vec<Bend> {
    fn markers(evidence: &mut Evidence) -> &mut nulstil::model::Markers {
        evidence.firmware[0].markers.as_mut().unwrap()
    }
    vec![
        ("marker-survived", "A block planted before the erase was still there.", |e| {
            markers(e).survived.count = 1;
        }),
        ("data-survived", "A block held the same before and afterwards.", |e| {
            markers(e).unchanged.count = 1;
        }),
        ("markers-missing", "No block was planted before the erase.", |e| {
            e.firmware[0].markers = None;
        }),
        ("markers-unread", "Not every planted block could be read afterwards.", |e| {
            markers(e).read_after -= 1;
        }),
        ("command-rejected", "The drive did not take the command.", |e| {
            e.firmware[0].completion =
                nulstil::model::Completion::Rejected { reason: "aborted".into() };
        }),
        ("not-witnessed", "What the drive completed may have been an earlier erase.", |e| {
            e.firmware[0].completion = nulstil::model::Completion::Completed { witness: None };
        }),
        ("technique-missing", "What was planned was not carried out.", |e| e.firmware.clear()),
    ]
}

fn another_type(list: &mut Vectors) {
    for (file, number, evidence, kind, why) in [
        (
            "failure-as-certificate",
            210,
            good::failed(),
            document::CERTIFICATE,
            "A report of a failure calls itself a certificate.",
        ),
        (
            "unverified-as-certificate",
            211,
            good::unverified(),
            document::CERTIFICATE,
            "A report that nothing is known calls itself a certificate.",
        ),
        (
            "certificate-as-failure",
            212,
            drives::hdd(),
            document::FAILED,
            "A certificate calls itself a report of a failure.",
        ),
        (
            "failure-as-abortion",
            213,
            good::failed(),
            document::ABORTED,
            "A failure calls itself stopped by a person.",
        ),
    ] {
        let mut document = Papers::new(number).erasure("/dev/sda", &evidence);
        document["type"][1] = json!(kind);
        list.add(vector(&format!("type-{file}"), &signed(document), "type-mismatch", why));
    }
    let none = HiddenDrives { possible: false, reasons: Vec::new() };
    list.add(vector(
        "type-machine-report-by-name",
        &signed(Papers::new(214).machine(&[], &none)),
        "type-mismatch",
        "A report on a machine under a certificate's name.",
    ));
    list.add(vector(
        "type-start-record-by-name",
        &signed(Papers::new(215).started(&[])),
        "type-mismatch",
        "A record of what is about to be erased under a certificate's name.",
    ));
    let mut erasure = unsigned(216);
    erasure["type"][1] = json!(document::MACHINE);
    let document = signed(erasure);
    list.add(
        Vector::of(
            "hostile/type-certificate-as-report.machine.json",
            &document,
            "A certificate calls itself a report on a machine: nothing of such a report is in it.",
        )
        .incomplete(),
    );
}

/// The words for people are not what is judged: these are authentic, and say what they are.
fn only_the_title(list: &mut Vectors) {
    let mut document = Papers::new(220).erasure("/dev/sda", &good::failed());
    document["name"] = json!("Erasure certificate: drive sanitized, method purge");
    document["credentialSubject"]["statements"] = json!(["100 % erased."]);
    let shortfalls = &mut document["credentialSubject"]["conclusion"]["shortfalls"];
    for shortfall in shortfalls.as_array_mut().unwrap() {
        shortfall["statement"] = json!("No problem at all.");
    }
    list.add(
        Vector::of(
            "hostile/title-lies.cert.json",
            &signed(document),
            "The title and the sentences say sanitized; evidence and conclusion do not, and they \
             count.",
        )
        .concluding("not-sanitized", None),
    );
    let drive = nulstil::cert::MachineDrive {
        path: Some("/dev/sda".into()),
        drive: Some(drives::hdd().drive),
        outcome: Some(Outcome::NotSanitized),
        refusal: None,
        certificate_digest: Some(hex(&sha256(b"certificate"))),
    };
    let none = HiddenDrives { possible: false, reasons: Vec::new() };
    let mut report = Papers::new(221).machine(std::slice::from_ref(&drive), &none);
    report["name"] = json!("Machine report: every drive that was seen is sanitized");
    list.add(Vector::of(
        "hostile/title-lies.machine.json",
        &signed(report),
        "The title says that every drive is sanitized, and the list says that one is not: the \
         machine is not complete.",
    ));
    // A report is complete where every drive has a certificate: a word that can name none is none.
    let upper = hex(&sha256(b"certificate")).to_uppercase();
    for (number, name, digest) in [
        (222, "machine-digest-is-uuid", uuid(5, 1)),
        (223, "machine-digest-in-capitals", upper),
        (224, "machine-digest-too-short", hex(&sha256(b"certificate"))[..62].to_owned()),
        (225, "machine-digest-empty", String::new()),
    ] {
        let drive = nulstil::cert::MachineDrive {
            outcome: Some(Outcome::Sanitized),
            certificate_digest: Some(digest),
            ..drive.clone()
        };
        let why = "What a drive's line names as the digest of its certificate is not 64 lower-case \
                   hexadecimal digits.";
        let report = signed(Papers::new(number).machine(&[drive], &none));
        list.add(
            Vector::of(&format!("hostile/{name}.machine.json"), &report, why)
                .rejected("content-wrong"),
        );
    }
    assert_eq!(Shortfall::BlocksDiffer.severity(), nulstil::model::Severity::Failure);
}
