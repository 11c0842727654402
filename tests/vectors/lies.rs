//! Documents with a good signature that are not to be believed: by a station that was not entitled,
//! or by one that was and does not say the truth.

use nulstil::cert::{Authorization, did, document, proof};
use nulstil::model::{
    Evidence, Finding, HiddenArea, HiddenDrives, Outcome, Pass, Shortfall, VerifyMode,
};
use serde_json::{Value, json};

use crate::list::{Vector, Vectors};
use crate::station::{DAY, Papers, STATION, at, authorization, key, plain, proof_of, signed, uuid};
use crate::{drives, good};

pub fn all(list: &mut Vectors) {
    not_entitled(list);
    no_longer_entitled(list);
    not_in_the_log(list);
    wrong_content(list);
    does_not_follow(list);
    another_type(list);
    only_the_title(list);
}

fn unsigned(number: u16) -> Value {
    Papers::new(number).erasure("/dev/sda", &drives::hdd())
}

fn vector(file: &str, document: &Value, code: &str, why: &str) -> Vector {
    Vector::of(&format!("hostile/{file}.cert.json"), document, why).rejected(code)
}

/// The station's document with another authorization in it.
fn authorized_by(number: u16, authorization: Value) -> Value {
    let mut document = unsigned(number);
    document["issuer"]["authorization"] = authorization;
    signed(document)
}

/// An authorization that `who` signed, with a change that the tool would not sign.
fn bent(who: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut unsigned = authorization(|_| ());
    unsigned.as_object_mut().unwrap().shift_remove("proof").unwrap();
    unsigned["issuer"]["id"] = did::of(&key(who).verifying_key()).into();
    change(&mut unsigned);
    proof::sign(unsigned, &key(who), at(-15 * DAY)).unwrap()
}

fn not_entitled(list: &mut Vectors) {
    let mut none = unsigned(130);
    none["issuer"].as_object_mut().unwrap().shift_remove("authorization").unwrap();
    list.add(vector(
        "authorization-missing",
        &signed(none),
        "authorization-missing",
        "Signed by a key of which nobody says anything.",
    ));
    list.add(vector(
        "authorization-handed-in",
        &authorization(|_| ()),
        "authorization-missing",
        "The station's authorization itself under a certificate's name.",
    ));

    let mut longer = authorization(|_| ());
    longer["validUntil"] = json!("2099-01-01T00:00:00Z");
    let mut claimed = bent("other", |_| ());
    claimed["issuer"]["id"] = did::of(&key("root").verifying_key()).into();
    let content: &[(&str, Value, &str)] = &[
        ("tampered", longer, "The authorization was made to last longer, and not signed again."),
        (
            "of-a-false-root",
            claimed,
            "The authorization names the root, and another key signed it.",
        ),
        (
            "with-a-limit",
            bent("root", |a| a["onlyIn"] = json!("Odense")),
            "The authorization has a member that nobody understands: it could be a limit.",
        ),
        (
            "of-newer-layout",
            bent("root", |a| a["schemaVersion"] = json!("2.0")),
            "The authorization has a layout that nobody understands.",
        ),
        ("null", Value::Null, "The authorization is null."),
    ];
    for (file, authorization, why) in content {
        list.add(vector(
            &format!("authorization-{file}"),
            &authorized_by(131, authorization.clone()),
            "authorization-broken",
            why,
        ));
    }
    for (file, who, why) in [
        ("other-root", "other", "Authorized by the root key of somebody else."),
        ("of-itself", "station", "The station authorized itself."),
    ] {
        list.add(vector(
            &format!("authorization-{file}"),
            &authorized_by(132, bent(who, |_| ())),
            "authorization-other-root",
            why,
        ));
    }
    let cases: &[(&str, &str, fn(&mut Authorization), &str)] = &[
        (
            "other-key",
            "authorization-other-key",
            |a| a.station = did::of(&key("other").verifying_key()),
            "The authorization is for the key of another station.",
        ),
        (
            "other-name",
            "authorization-other-name",
            |a| a.station_name = "Odense Kommune".into(),
            "The station issues under another name than it was authorized under.",
        ),
        (
            "not-yet-valid",
            "authorization-not-yet-valid",
            |a| a.valid_from = at(DAY),
            "Issued a day before the authorization begins.",
        ),
        (
            "expired",
            "authorization-expired",
            |a| a.valid_until = at(3 * 3600),
            "Issued in the first second after the authorization.",
        ),
        (
            "not-for-type",
            "authorization-not-for-type",
            |a| a.may_issue.retain(|kind| kind != document::CERTIFICATE),
            "The station may issue reports of failures only.",
        ),
    ];
    for (file, code, change, why) in cases {
        let document = authorized_by(133, authorization(change));
        list.add(vector(&format!("authorization-{file}"), &document, code, why));
    }
    assert_eq!(plain().station_name, STATION);
}

fn no_longer_entitled(list: &mut Vectors) {
    let old = authorized_by(140, authorization(|a| a.trust_list_version = 3));
    list.add(
        vector(
            "old-trust-list",
            &old,
            "old-trust-list",
            "When the station was authorized there was a newer trust list than the one at hand.",
        )
        .with_list("2.trust"),
    );
    let document = signed(unsigned(141));
    let revoked = |file: &str, why: &str| {
        vector(file, &document, "revoked", why).with_list("2-revoked.trust")
    };
    list.add(revoked("revoked", "The key was lost, and nobody saw the document before that."));
    for (file, seen, why) in [
        (
            "revoked-and-unwitnessed",
            None,
            "The key was lost; the log has the document, and no witness saw it.",
        ),
        (
            "revoked-and-witnessed-too-late",
            Some(DAY + 4 * 3600),
            "The key was lost in the second in which a witness saw the document.",
        ),
    ] {
        let proof = proof_of(&document, "office", "office", seen);
        list.add(revoked(file, why).beside(proof));
    }
}

fn not_in_the_log(list: &mut Vectors) {
    let document = signed(unsigned(142));
    let other = signed(unsigned(143));
    let good = proof_of(&document, "office", "office", Some(DAY));
    let mut add = |file: &str, code: &str, proof: String, why: &str| {
        list.add(vector(file, &document, code, why).with_list("2.trust").beside(proof));
    };
    add(
        "log-proof-of-another",
        "log",
        proof_of(&other, "office", "office", Some(DAY)),
        "The proof beside it is one of another document.",
    );
    add(
        "log-not-signed-by-the-log",
        "log",
        proof_of(&document, "office", "other", Some(DAY)),
        "The log has not signed the checkpoint.",
    );
    add("log-proof-cut-off", "log", good[..good.len() / 3].to_owned(), "The proof is cut off.");
    add("log-proof-empty", "log", String::new(), "The proof is empty.");
    add(
        "log-witness-forged",
        "log",
        {
            let line = good.lines().last().unwrap();
            good.replace(line, &line.replacen("AAAAB", "AAAAC", 1))
        },
        "The witness's time was changed.",
    );
    add(
        "log-index-changed",
        "log",
        good.replacen("index 1\n", "index 0\n", 1),
        "The proof says that it is another entry.",
    );
    add(
        "unknown-log",
        "unknown-log",
        proof_of(&document, "elsewhere", "office", Some(DAY)),
        "The proof is about a log that the trust list does not name.",
    );
}

fn wrong_content(list: &mut Vectors) {
    let cases: &[(&str, &str, fn(&mut Value))] = &[
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
        certificate_digest: Some(uuid(5, 1)),
    };
    let none = HiddenDrives { possible: false, reasons: Vec::new() };
    let mut report = Papers::new(221).machine(&[drive], &none);
    report["name"] = json!("Machine report: every drive that was seen is sanitized");
    list.add(Vector::of(
        "hostile/title-lies.machine.json",
        &signed(report),
        "The title says that every drive is sanitized, and the list says that one is not: the \
         machine is not complete.",
    ));
    assert_eq!(Shortfall::BlocksDiffer.severity(), nulstil::model::Severity::Failure);
}
