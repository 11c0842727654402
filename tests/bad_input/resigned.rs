//! Certificates that a station with every right to sign has signed, and that are still not true:
//! the signature is good, the content is judged.

use std::path::PathBuf;

use nulstil::cert::{profile, proof};
use nulstil::keys::private;
use nulstil::model::Timestamp;
use serde_json::{Value, json};

use crate::common::{Bench, nulstil, read_json, text};

/// Runs once, good or not verified, and gives the unsigned document.
fn document(bench: &Bench, options: &[&str], code: i32) -> Value {
    let image = bench.image("image.img", 1 << 20);
    bench.wipe(&[&[text(&image)], options].concat()).expect(code);
    let mut document = read_json(&bench.results(".cert.json")[0]);
    document.as_object_mut().unwrap().remove("proof");
    document
}

/// Signs it with the station's own key.
fn signed(bench: &Bench, mut document: Value, change: impl FnOnce(&mut Value)) -> PathBuf {
    change(&mut document);
    let key = private::load(&bench.path("station.key"), || panic!("no passphrase")).unwrap();
    let at: Timestamp = document["validFrom"].as_str().unwrap().parse().unwrap();
    let signed = proof::sign(document, &key, at).unwrap();
    let path = bench.path("resigned.json");
    std::fs::write(&path, profile::pretty(&signed).unwrap()).unwrap();
    path
}

#[track_caller]
fn judged(bench: &Bench, path: &std::path::Path, code: i32) -> Value {
    let root = bench.path("root.pub");
    let ran = nulstil(["verify", "--json", text(path), "--root", text(&root)]).expect(code);
    nulstil(["verify", text(path), "--root", text(&root)]).expect(code);
    ran.json()[0].clone()
}

fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    document.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}"))
}

/// A change, and the code of the rejection it deserves.
type Lie = (&'static str, fn(&mut Value), &'static [&'static str]);

#[test]
fn a_conclusion_that_does_not_follow() {
    let bench = Bench::new();
    let failed = document(&bench, &["--verify", "none"], 1);
    let same = signed(&bench, failed.clone(), |_| ());
    assert_eq!(judged(&bench, &same, 1)["verdict"], "authentic", "signing again is no lie");
    let lies: &[Lie] = &[
        (
            "verdict",
            |d| *at(d, "/credentialSubject/conclusion/verdict") = json!("sanitized"),
            &["conclusion-mismatch"],
        ),
        (
            "everything that is concluded",
            |d| {
                *at(d, "/type/1") = json!("DataErasureCertificate");
                *at(d, "/credentialSubject/conclusion/verdict") = json!("sanitized");
                *at(d, "/credentialSubject/conclusion/method") = json!("clear");
                *at(d, "/credentialSubject/conclusion/shortfalls") = json!([]);
            },
            &["conclusion-mismatch"],
        ),
        ("the type", |d| *at(d, "/type/1") = json!("DataErasureCertificate"), &["type-mismatch"]),
        (
            "the shortfalls",
            |d| *at(d, "/credentialSubject/conclusion/shortfalls") = json!([]),
            &["conclusion-mismatch"],
        ),
        (
            "a word that is no verdict",
            |d| *at(d, "/credentialSubject/conclusion/verdict") = json!("erased"),
            &["conclusion-mismatch"],
        ),
        (
            "rules that never were",
            |d| *at(d, "/credentialSubject/conclusion/rules") = json!(0),
            &["content-wrong"],
        ),
    ];
    for (what, lie, codes) in lies {
        let judged = judged(&bench, &signed(&bench, failed.clone(), lie), 4);
        assert_eq!(judged["verdict"], "rejected", "{what}: {judged}");
        assert!(codes.contains(&judged["code"].as_str().unwrap()), "{what}: {judged}");
        assert!(judged["conclusion"].is_null(), "{what}: {judged}");
    }
}

#[test]
fn evidence_that_does_not_add_up() {
    const EVIDENCE: &str = "/credentialSubject/evidence";
    fn set(document: &mut Value, pointer: &str, value: Value) {
        *at(document, &format!("{EVIDENCE}{pointer}")) = value;
    }
    let bench = Bench::new();
    let good = document(&bench, &["--verify", "full"], 0);
    let lies: &[Lie] = &[
        (
            "less written",
            |d| set(d, "/passes/0/writtenBytes", json!(512)),
            &["conclusion-mismatch"],
        ),
        (
            "more written",
            |d| set(d, "/passes/0/writtenBytes", json!(1_u64 << 30)),
            &["conclusion-mismatch", "content-wrong"],
        ),
        ("no passes", |d| set(d, "/passes", json!([])), &["conclusion-mismatch"]),
        ("less read", |d| set(d, "/verification/readBytes", json!(512)), &["conclusion-mismatch"]),
        (
            "a larger drive",
            |d| set(d, "/drive/capacityBytes", json!(1_u64 << 40)),
            &["conclusion-mismatch"],
        ),
        ("no verification", |d| set(d, "/verification", Value::Null), &["conclusion-mismatch"]),
        (
            "aborted",
            |d| set(d, "/ending", json!("aborted")),
            &["conclusion-mismatch", "content-wrong"],
        ),
        (
            "a mismatch",
            |d| set(d, "/verification/mismatches/count", json!(1)),
            &["conclusion-mismatch", "content-wrong"],
        ),
        ("no evidence", |d| *at(d, EVIDENCE) = json!("trust me"), &["content-wrong"]),
        (
            "a text as a number",
            |d| set(d, "/passes/0/writtenBytes", json!("all")),
            &["content-wrong"],
        ),
    ];
    for (what, lie, codes) in lies {
        let path = signed(&bench, good.clone(), lie);
        let root = bench.path("root.pub");
        let ran = nulstil(["verify", "--json", text(&path), "--root", text(&root)]);
        assert_ne!(ran.code, 0, "{what}: {ran:?}");
        let judged = ran.json()[0].clone();
        // A member that is missing is told as missing; anything else is a rejection.
        if judged["verdict"] == "authentic-incomplete" {
            assert!(*what == "no evidence" && ran.code == 5, "{what}: {judged}");
            continue;
        }
        assert_eq!(ran.code, 4, "{what}: {judged}");
        assert!(codes.contains(&judged["code"].as_str().unwrap()), "{what}: {judged}");
    }
    // Whatever was asked for, overwriting reaches Clear: that it is less must be said.
    let purge = |d: &mut Value| set(d, "/planned/method", json!("purge"));
    let judgement = judged(&bench, &signed(&bench, good.clone(), purge), 4);
    assert_eq!(judgement["code"], "conclusion-mismatch", "{judgement}");
    // A technique that was planned and never carried out proves nothing.
    let sanitize = |d: &mut Value| {
        set(d, "/planned/techniques", json!(["nvme-sanitize-block-erase", "overwrite"]));
    };
    let judgement = judged(&bench, &signed(&bench, good.clone(), sanitize), 4);
    assert_eq!(judgement["code"], "conclusion-mismatch", "{judgement}");
    let claimed = |d: &mut Value| {
        purge(d);
        *at(d, "/credentialSubject/conclusion/method") = json!("purge");
    };
    let judgement = judged(&bench, &signed(&bench, good.clone(), claimed), 4);
    assert_eq!(judgement["code"], "conclusion-mismatch", "{judgement}");
}

#[test]
fn what_is_missing_or_newer_is_not_proven_and_what_is_added_does_no_harm() {
    let bench = Bench::new();
    let good = document(&bench, &[], 0);
    let with = |change: &dyn Fn(&mut Value)| signed(&bench, good.clone(), change);
    let remove = |parent: &'static str, name: &'static str| {
        move |document: &mut Value| {
            at(document, parent).as_object_mut().unwrap().remove(name).unwrap();
        }
    };
    type Change<'a> = &'a dyn Fn(&mut Value);
    let cases: &[(&str, Change<'_>)] = &[
        ("paperwork", &remove("/credentialSubject", "paperwork")),
        ("serialNumber", &remove("/credentialSubject/computer", "serialNumber")),
        ("verification", &remove("/credentialSubject/evidence", "verification")),
        ("writtenBytes", &remove("/credentialSubject/evidence/passes/0", "writtenBytes")),
        ("schemaVersion", &remove("", "schemaVersion")),
        ("clock", &remove("", "clock")),
        ("1.1", &|d| d["schemaVersion"] = json!("1.1")),
        ("2.0", &|d| d["schemaVersion"] = json!("2.0")),
    ];
    for (reason, change) in cases {
        let judged = judged(&bench, &with(change), 5);
        assert_eq!(judged["verdict"], "authentic-incomplete", "{judged}");
        assert!(judged["reason"].as_str().unwrap().contains(reason), "{judged}");
    }
    let added = with(&|d| {
        d["weather"] = json!("fine");
        d["credentialSubject"]["evidence"]["mood"] = json!({ "of": "the operator" });
    });
    assert_eq!(judged(&bench, &added, 0)["conclusion"], "sanitized");
    let nonsense = with(&|d| d["schemaVersion"] = json!("newest"));
    assert_eq!(judged(&bench, &nonsense, 4)["code"], "content-wrong");
    // A failure does not become better by what is left out of its document.
    let bench = Bench::new();
    let failed = document(&bench, &["--verify", "none"], 1);
    let path = signed(&bench, failed, remove("/credentialSubject", "paperwork"));
    assert_ne!(judged_code(&bench, &path), 0);
}

fn judged_code(bench: &Bench, path: &std::path::Path) -> i32 {
    let root = bench.path("root.pub");
    nulstil(["verify", "--json", text(path), "--root", text(&root)]).code
}

/// A type that a later version may issue, and that the root key allows.
#[test]
fn a_record_type_that_is_not_known() {
    use nulstil::cert::{Authorization, did};
    use nulstil::keys::public;
    let bench = Bench::new();
    let good = document(&bench, &[], 0);
    let plain = judged(&bench, &signed(&bench, good.clone(), |d| d["type"][1] = json!("X")), 4);
    assert_eq!(plain["code"], "authorization-not-for-type");

    let root = private::load(&bench.path("root.key"), || panic!("no passphrase")).unwrap();
    let at = |time: &str| time.parse::<Timestamp>().unwrap();
    let authorization = Authorization {
        id: "urn:uuid:0199b0c0-0000-7000-8000-000000000001".into(),
        issuer_name: "root".into(),
        station: did::of(&public::load(&bench.path("station.pub")).unwrap()),
        station_name: "station".into(),
        valid_from: at("2020-01-01T00:00:00Z"),
        valid_until: at("2090-01-01T00:00:00Z"),
        may_issue: vec!["DataHealingCertificate".into()],
        trust_list_version: 0,
        paper: None,
    }
    .sign(&root, at("2020-01-01T00:00:00Z"))
    .unwrap();
    let path = signed(&bench, good, |d| {
        d["type"][1] = json!("DataHealingCertificate");
        d["issuer"]["authorization"] = authorization;
    });
    let judged = judged(&bench, &path, 5);
    assert_eq!(judged["verdict"], "authentic-incomplete", "{judged}");
    assert!(judged["reason"].as_str().unwrap().contains("DataHealingCertificate"));
    assert!(judged["conclusion"].is_null());
}
