use std::collections::BTreeSet;

use ed25519_dalek::SigningKey;
use serde_json::json;

use super::super::conclude::tests::good;
use super::super::condemned::tests::condemned;
use super::super::document::{self, BLANK, CERTIFICATE, DESTRUCTION, INSPECTION, TYPES};
use super::super::inspected::tests::blank;
use super::super::{
    Authorization, Begun, Decision, MachineDrive, Unauthorized, ValidationHeader, condemnation,
    did, inspection, members, proof,
};
use super::*;
use crate::model::{Boot, Clock, Computer, Finding, HiddenDrives, Paperwork, Tool};

const NOW: Timestamp = Timestamp::from_unix(1_795_000_100);

fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

/// The kinds of documents.
const KINDS: [&str; 7] =
    [CERTIFICATE, MACHINE, STARTED, VALIDATION, BLANK, INSPECTION, DESTRUCTION];

/// The root's word for key 2, that it may issue these.
fn authorization(kinds: &[&str]) -> Value {
    let authorization = Authorization {
        id: "urn:uuid:0199b0c0-0000-7000-8000-000000000001".into(),
        issuer_name: "Root".into(),
        station: did::of(&key(2).verifying_key()),
        station_name: "Station".into(),
        valid_from: NOW.plus(-9),
        valid_until: NOW.plus(9),
        may_issue: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        trust_list_version: 0,
        paper: None,
    };
    authorization.sign(&key(1), NOW).unwrap()
}

fn decision() -> Validation {
    Validation {
        digest: "ab".repeat(32),
        id: "urn:uuid:0199b0c0-0000-7000-8000-000000000003".into(),
        kind: CERTIFICATE.into(),
        serial_number: Some("WD-1".into()),
        decision: Decision::Accepted,
        decided_by: "Head of IT".into(),
        remark: None,
    }
}

/// A fresh document of this kind as the tool writes it, not yet signed.
fn fresh(kind: &str) -> Value {
    let kinds = if kind == VALIDATION { &[VALIDATION][..] } else { &TYPES[..] };
    let authorization = authorization(kinds);
    let did = did::of(&key(2).verifying_key());
    let clock = Clock { source: "rtc".into(), rtc_minus_system_seconds: None, confirmed: false };
    let tool = Tool { name: "n".into(), version: "0".into(), executable_sha256: None };
    let place = Place { id: "r".into(), sequence: 1, previous_digest: "00".repeat(32) };
    let header = document::Header {
        id: "0199b0c0-0000-7000-8000-000000000002",
        issuer: &did,
        issuer_name: "Station",
        authorization: &authorization,
        valid_from: NOW,
        clock: &clock,
        tool: &tool,
        boot: &Boot::default(),
        run: document::Run { id: "r", started_at: NOW },
        place: &place,
    };
    let (computer, paperwork) = (Computer::default(), Paperwork::default());
    match kind {
        MACHINE => {
            let hidden = HiddenDrives { possible: false, reasons: Vec::new() };
            let drive = MachineDrive {
                path: None,
                drive: Some(good().drive),
                outcome: None,
                refusal: None,
                certificate_digest: None,
            };
            document::machine(&header, &[drive], &hidden, &computer, &paperwork)
        }
        STARTED => {
            let begun =
                Begun { certificate: "urn:uuid:1".into(), model: None, serial_number: None };
            document::started(
                &header,
                document::Purpose::Erase,
                &[begun],
                &["a".into()],
                &computer,
                &paperwork,
            )
        }
        VALIDATION => Ok(decision().document(&ValidationHeader {
            id: header.id,
            issuer: header.issuer,
            issuer_name: header.issuer_name,
            authorization: header.authorization,
            valid_from: header.valid_from,
            clock: header.clock,
            tool: header.tool,
        })),
        BLANK => inspection(&header, None, &blank(), &computer, &paperwork),
        INSPECTION => {
            let mut found = blank();
            found.differing.push_with(|| Finding {
                lba: 7,
                expected: "every byte 0x00".into(),
                found_keyed_digest: "ab".repeat(32),
            });
            inspection(&header, None, &found, &computer, &paperwork)
        }
        DESTRUCTION => condemnation(&header, None, &condemned(), &computer, &paperwork),
        _ => document::erasure(&header, None, &good(), &computer, &paperwork),
    }
    .unwrap()
}

fn judged(unsigned: Value) -> Result<VerifiedCertificate, Rejection> {
    let signed = proof::sign(unsigned, &key(2), NOW)?;
    let bytes = profile::pretty(&signed)?;
    verify(&bytes, &Trust::new(key(1).verifying_key()), NOW)
}

/// Every member below `value`, as JSON pointers; `into` says into which it goes.
fn pointers(value: &Value, path: &str, into: &dyn Fn(&str) -> bool, found: &mut Vec<String>) {
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(n, v)| (n.clone(), v)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
        _ => return,
    };
    for (name, part) in parts {
        let path = format!("{path}/{name}");
        found.push(path.clone());
        if into(&path) {
            pointers(part, &path, into, found);
        }
    }
}

fn without(mut document: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.shift_remove(name).unwrap()),
        Value::Array(items) => drop(items.remove(name.parse().unwrap())),
        other => panic!("{other}"),
    }
    document
}

#[test]
fn the_lists_are_what_the_tool_writes() {
    // What these say is looked at before, by the proof, the issuer and the schema version.
    let elsewhere = ["/@context", "/type", "/schemaVersion", "/issuer"];
    for kind in KINDS {
        let list: Vec<&str> = members::of(kind).collect();
        let listed: BTreeSet<&str> = list.iter().copied().collect();
        assert_eq!(listed.len(), list.len(), "a member is listed twice");
        let document = fresh(kind);
        let mut written = Vec::new();
        let into = |path: &str| !listed.contains(path) && !elsewhere.contains(&path);
        pointers(&document, "", &into, &mut written);
        // Objects that were gone into are there if what is in them is.
        let leaves: BTreeSet<&str> = written
            .iter()
            .map(String::as_str)
            .filter(|path| !elsewhere.contains(path))
            .filter(|path| listed.contains(path) || !document.pointer(path).unwrap().is_object())
            .collect();
        assert_eq!(listed, leaves);
    }
}

#[test]
fn whatever_is_taken_away_it_is_missed() {
    for kind in KINDS {
        assert!(judged(fresh(kind)).unwrap().missing().is_empty());
        let document = fresh(kind);
        let mut written = Vec::new();
        // The sentences in a conclusion say nothing that its code does not.
        let into = |path: &str| {
            !path.ends_with("/statements") && !path.contains("/shortfalls/") && path != "/issuer"
        };
        pointers(&document, "", &into, &mut written);
        assert!(written.len() > 20);
        // A report on one drive less is another report, and no worse one.
        written.retain(|path| kind == CERTIFICATE || !path.ends_with("/0"));
        for member in written {
            match judged(without(document.clone(), &member)) {
                Ok(verified) => {
                    assert!(!verified.missing().is_empty(), "{member} is not missed");
                    assert!(!verified.is_sanitized(), "{member}");
                }
                Err(Rejection::ConclusionMismatch) => assert!(kind == CERTIFICATE, "{member}"),
                Err(_) => {}
            }
        }
    }
}

#[test]
fn a_drive_that_still_hides_blocks_cannot_be_called_sanitized() {
    let present = json!({ "kind": "present", "accessible": 1, "native": 2 });
    for member in ["after", "before"] {
        let mut document = fresh(CERTIFICATE);
        let area = format!("/credentialSubject/evidence/hidden/{member}");
        *document.pointer_mut(&area).unwrap() = present.clone();
        let rejection = judged(document).map(|_| ());
        assert_eq!(rejection, Err(Rejection::ConclusionMismatch), "{member}");
    }
}

/// Whatever is not understood here would be left out where completeness is judged.
#[test]
fn a_start_that_announces_what_nobody_understands_is_no_start() {
    let start = |name: &str, value: Value| {
        let mut document = fresh(STARTED);
        *document.pointer_mut(&format!("/credentialSubject/{name}")).unwrap() = value;
        judged(document).map(|verified| verified.missing().len())
    };
    assert_eq!(start("drives", json!([])), Ok(0));
    for (name, value) in [
        ("drives", json!({})),
        ("drives", json!([{"certificate": 7, "model": null, "serialNumber": null}])),
        ("continues", Value::Null),
        ("continues", json!([7])),
    ] {
        let wrong = Rejection::content(&format!("credentialSubject.{name}"));
        assert_eq!(start(name, value), Err(wrong));
    }
    let nameless = json!([{"model": null, "serialNumber": null}]);
    assert_eq!(start("drives", nameless), Ok(1), "something is missing");
}

#[test]
fn a_fresh_one_is_whole() {
    let verified = judged(fresh(CERTIFICATE)).unwrap();
    assert!(verified.is_sanitized() && !verified.is_machine_report());
    assert!(judged(fresh(MACHINE)).unwrap().is_machine_report());
}

#[test]
fn what_is_not_known_is_told_and_changes_nothing() {
    for kind in KINDS {
        let verified = judged(fresh(kind)).unwrap();
        assert_eq!(verified.unknown(), [""; 0], "{kind}");
    }
    let told = |kind: &str, added: &[&str]| {
        let mut document = fresh(kind);
        for pointer in added {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let place = document.pointer_mut(parent).unwrap();
            if place.is_null() {
                *place = json!({});
            }
            place[name] = json!({ "a": [1, { "b": 2 }] });
        }
        let verified = judged(document).unwrap();
        assert!(verified.missing().is_empty(), "{:?}", verified.missing());
        assert_eq!(verified.is_sanitized(), kind == CERTIFICATE);
        verified.unknown().join(" ")
    };
    let subject = "/credentialSubject";
    for (kind, pointer, path) in [
        (CERTIFICATE, "/remark".to_owned(), "remark"),
        (CERTIFICATE, "/issuer/phone".to_owned(), "issuer.phone"),
        (STARTED, "/tool/commit".to_owned(), "tool.commit"),
        (MACHINE, format!("{subject}/drives/0/grade"), "credentialSubject.drives.grade"),
        (
            MACHINE,
            format!("{subject}/drives/0/drive/colour"),
            "credentialSubject.drives.drive.colour",
        ),
        (STARTED, format!("{subject}/drives/0/wwn"), "credentialSubject.drives.wwn"),
        (
            CERTIFICATE,
            format!("{subject}/evidence/temperature"),
            "credentialSubject.evidence.temperature",
        ),
        (
            CERTIFICATE,
            format!("{subject}/evidence/passes/0/speed/best"),
            "credentialSubject.evidence.passes.speed.best",
        ),
        // Something where there is a plain value.
        (
            CERTIFICATE,
            format!("{subject}/computer/cpu/cores"),
            "credentialSubject.computer.cpu.cores",
        ),
    ] {
        assert_eq!(told(kind, &[&pointer]), path, "{kind}");
    }
    let both = [&format!("{subject}/evidence/b")[..], "/a"];
    assert_eq!(told(CERTIFICATE, &both), "a credentialSubject.evidence.b");
}

/// A document of the largest size has tens of thousands of them.
#[test]
fn a_stranger_with_many_unknown_members_gains_nothing() {
    let mut document = fresh(CERTIFICATE);
    let many: Vec<Value> = (0..15_000).map(|_| json!({ "x": {} })).collect();
    document["many"] = json!(1);
    document["credentialSubject"]["statements"] = Value::Array(many);
    let verified = judged(document).unwrap();
    assert_eq!(verified.unknown(), ["credentialSubject.statements.x", "many"]);
}

/// What a person decides is theirs alone, and what a station finds out is the station's.
#[test]
fn nobody_judges_what_they_issue() {
    let with = |kind: &str, kinds: &[&str]| {
        let mut document = fresh(kind);
        document["issuer"]["authorization"] = authorization(kinds);
        judged(document).map(|_| ())
    };
    assert_eq!(with(VALIDATION, &[VALIDATION]), Ok(()));
    assert_eq!(with(CERTIFICATE, &TYPES), Ok(()));
    let refused = |why: Unauthorized| Err(Rejection::NotAuthorized(why));
    assert_eq!(with(VALIDATION, &TYPES), refused(Unauthorized::NotAValidator));
    for kind in [CERTIFICATE, MACHINE, STARTED] {
        assert_eq!(with(kind, &[VALIDATION]), refused(Unauthorized::NotAStation), "{kind}");
    }
    // An authorization for both is none, and the root does not sign one.
    let both = std::panic::catch_unwind(|| authorization(&[VALIDATION, CERTIFICATE]));
    assert!(both.is_err());
}

#[test]
fn a_decision_holds_for_one_document_and_what_is_true_of_it() {
    let verified = judged(fresh(CERTIFICATE)).unwrap();
    let of = |decision| Validation::of(&verified, decision, "me".into(), None);
    let accepted = of(Decision::Accepted).unwrap();
    assert_eq!(accepted.holds("did:key:validator", &verified), Ok(()));
    assert_eq!(accepted.serial_number.as_deref(), Some("WD-1"));
    assert_eq!(accepted.holds(verified.issuer(), &verified), Err(Rejection::ValidatedByIssuer));
    let changes: [fn(&mut Validation); 5] = [
        |it| it.digest = "ab".repeat(32),
        |it| it.id = decision().id,
        |it| it.kind = "DataErasureFailureReport".into(),
        |it| it.serial_number = Some("WD-2".into()),
        |it| it.serial_number = None,
    ];
    for change in changes {
        let mut other = accepted.clone();
        change(&mut other);
        let found = other.holds("did:key:validator", &verified);
        assert_eq!(found, Err(Rejection::ValidationMismatch), "{other:?}");
    }
    // Nobody accepts what proves nothing, whatever program they sign with.
    let mut newer = fresh(CERTIFICATE);
    newer["schemaVersion"] = json!("1.99");
    let newer = judged(newer).unwrap();
    let said = Validation { digest: newer.digest().into(), ..accepted };
    assert_eq!(said.holds("did:key:validator", &newer), Err(Rejection::AcceptedUnproven));
    let no = Validation::of(&newer, Decision::Accepted, "me".into(), None);
    assert_eq!(no, Err(Rejection::AcceptedUnproven));
    assert!(Validation::of(&newer, Decision::Escalated, "me".into(), None).is_ok());
    let start = judged(fresh(STARTED)).unwrap();
    let no = Validation::of(&start, Decision::Rejected, "me".into(), None);
    assert_eq!(no, Err(Rejection::TypeMismatch));
}

#[test]
fn a_decision_that_cannot_be_read_is_none() {
    for (member, value) in [
        ("certificateDigest", json!("ab")),
        ("certificateDigest", json!(7)),
        ("id", json!("urn:x")),
        ("decision", json!("maybe")),
        ("decidedBy", json!("  ")),
        ("remark", json!([])),
        ("serialNumber", json!(1)),
    ] {
        let mut document = fresh(VALIDATION);
        document["credentialSubject"][member] = value;
        let wrong = Rejection::content(&format!("credentialSubject.{member}"));
        assert_eq!(judged(document).map(|_| ()), Err(wrong), "{member}");
    }
}
