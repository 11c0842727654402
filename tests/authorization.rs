//! Who may issue what: forged, foreign, expired and misused authorizations are refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use ed25519_dalek::SigningKey;
use nulstil::cert::profile::{self, Malformed};
use nulstil::cert::{
    Authorization, Issuer, ProofFault, Rejection, Unauthorized, did, proof, verify_issuer,
};
use nulstil::model::Timestamp;
use serde_json::{Value, json};

const NOON: i64 = 1_795_348_800; // 2026-11-22T12:00:00Z
const DAY: i64 = 86_400;

fn root() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn station() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

fn at(unix: i64) -> Timestamp {
    Timestamp::from_unix(unix)
}

fn plain() -> Authorization {
    Authorization {
        id: "urn:uuid:0199b0c0-0000-7000-8000-000000000001".into(),
        issuer_name: "Prøve A/S".into(),
        station: did::of(&station().verifying_key()),
        station_name: "Station 4 – Odense".into(),
        valid_from: at(NOON),
        valid_until: at(NOON + DAY),
        may_issue: vec!["DataErasureCertificate".into(), "MachineReport".into()],
        trust_list_version: 0,
        paper: None,
    }
}

fn authorization() -> Value {
    plain().sign(&root(), at(NOON)).unwrap()
}

/// A document of `kind`, issued at `issued` by `station` with this authorization.
fn document(kind: &str, issued: i64, authorization: &Value) -> Value {
    json!({
        "@context": proof::CONTEXT,
        "id": "urn:uuid:0199b0c0-0000-7000-8000-000000000002",
        "type": ["VerifiableCredential", kind],
        "issuer": {
            "id": did::of(&station().verifying_key()),
            "name": "Station 4 – Odense",
            "authorization": authorization,
        },
        "validFrom": at(issued),
        "credentialSubject": { "result": "pass" },
    })
}

fn judge(document: Value) -> Result<Issuer, Rejection> {
    let signed = proof::sign(document, &station(), at(NOON)).unwrap();
    let bytes = profile::pretty(&signed).unwrap();
    verify_issuer(&profile::parse(&bytes).unwrap(), &root().verifying_key())
}

fn certificate(issued: i64, authorization: &Value) -> Result<Issuer, Rejection> {
    judge(document("DataErasureCertificate", issued, authorization))
}

fn unauthorized(result: Result<Issuer, Rejection>) -> Unauthorized {
    match result {
        Err(Rejection::NotAuthorized(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// The authorization with a change that is signed by `key` again, as if by the root.
fn resigned(key: &SigningKey, change: impl FnOnce(&mut Value)) -> Value {
    let mut unsigned = authorization();
    unsigned.as_object_mut().unwrap().remove("proof");
    unsigned["issuer"]["id"] = did::of(&key.verifying_key()).into();
    change(&mut unsigned);
    proof::sign(unsigned, key, at(NOON)).unwrap()
}

#[test]
fn an_authorized_station() {
    let issuer = certificate(NOON, &authorization()).unwrap();
    assert_eq!(issuer.did, did::of(&station().verifying_key()));
    assert_eq!(issuer.name, "Station 4 – Odense");
    assert_eq!(issuer.document_type, "DataErasureCertificate");
    assert_eq!(issuer.issued, at(NOON));
    assert_eq!(issuer.authorization, plain());
    assert_eq!(Authorization::verify(&authorization(), &root().verifying_key()), Ok(plain()));
}

#[test]
fn its_time_is_half_open() {
    let authorization = authorization();
    let why = |issued| unauthorized(certificate(issued, &authorization));
    assert_eq!(why(NOON - 1), Unauthorized::NotYetValid);
    assert!(certificate(NOON, &authorization).is_ok());
    assert!(certificate(NOON + DAY - 1, &authorization).is_ok());
    assert_eq!(why(NOON + DAY), Unauthorized::Expired);
}

#[test]
fn its_types_are_exact() {
    let refused = |kind| unauthorized(judge(document(kind, NOON, &authorization())));
    assert!(judge(document("MachineReport", NOON, &authorization())).is_ok());
    assert_eq!(refused("GradeRecord"), Unauthorized::NotForType);
    assert_eq!(refused("dataErasureCertificate"), Unauthorized::NotForType);
    assert_eq!(refused("StationAuthorization"), Unauthorized::NotForType);
}

#[test]
fn signed_by_another_root() {
    let other = SigningKey::from_bytes(&[9; 32]);
    let foreign = resigned(&other, |_| ());
    let signer = did::of(&other.verifying_key());
    assert_eq!(
        unauthorized(certificate(NOON, &foreign)),
        Unauthorized::OtherRoot { signer: signer.clone() }
    );
    // A station that permits itself.
    let own = resigned(&station(), |_| ());
    assert!(matches!(unauthorized(certificate(NOON, &own)), Unauthorized::OtherRoot { .. }));
    // Claims the root as its issuer, but another key signed.
    let claimed = resigned(&other, |unsigned| {
        unsigned["issuer"]["id"] = did::of(&root().verifying_key()).into();
    });
    assert_eq!(
        unauthorized(certificate(NOON, &claimed)),
        Unauthorized::Broken(Box::new(Rejection::KeyMismatch))
    );
}

#[test]
fn of_another_station() {
    let mut other = plain();
    other.station = did::of(&SigningKey::from_bytes(&[3; 32]).verifying_key());
    let other = other.sign(&root(), at(NOON)).unwrap();
    assert_eq!(unauthorized(certificate(NOON, &other)), Unauthorized::OtherKey);
}

#[test]
fn under_another_name() {
    let mut document = document("DataErasureCertificate", NOON, &authorization());
    document["issuer"]["name"] = "Odense Kommune".into();
    assert_eq!(unauthorized(judge(document)), Unauthorized::OtherName);
}

#[test]
fn forged() {
    let mut longer = authorization();
    longer["validUntil"] = "2099-01-01T00:00:00Z".into();
    assert_eq!(
        unauthorized(certificate(NOON, &longer)),
        Unauthorized::Broken(Box::new(Rejection::BadSignature))
    );
    let mut unsigned = authorization();
    unsigned.as_object_mut().unwrap().remove("proof");
    assert_eq!(
        unauthorized(certificate(NOON, &unsigned)),
        Unauthorized::Broken(Box::new(ProofFault::Missing.into()))
    );
    for nothing in [Value::Null, json!("yes"), json!([authorization()])] {
        assert!(matches!(unauthorized(certificate(NOON, &nothing)), Unauthorized::Broken(_)));
    }
}

#[test]
fn missing() {
    let mut document = document("DataErasureCertificate", NOON, &Value::Null);
    document["issuer"].as_object_mut().unwrap().remove("authorization");
    assert_eq!(unauthorized(judge(document)), Unauthorized::Missing);
}

/// A root signs only what it understands, and a reader follows only what it understands: an
/// unknown member could be a limit.
#[test]
fn not_understood() {
    let broken_at = |change: fn(&mut Value)| {
        let changed = resigned(&root(), change);
        match unauthorized(certificate(NOON, &changed)) {
            Unauthorized::Broken(why) => *why,
            other => panic!("{other:?}"),
        }
    };
    let content = |member: &str| Rejection::ContentWrong { member: member.into() };
    assert_eq!(broken_at(|a| a["onlyIn"] = json!("Odense")), content("onlyIn"));
    let subject = "credentialSubject";
    assert_eq!(broken_at(|a| a["credentialSubject"]["stream"] = json!("7")), content(subject));
    assert_eq!(broken_at(|a| a["credentialSubject"]["type"] = json!("Office")), content(subject));
    assert_eq!(broken_at(|a| a["schemaVersion"] = json!("2.0")), content("schemaVersion"));
    assert_eq!(broken_at(|a| a["schemaVersion"] = Value::Null), content("schemaVersion"));
    assert_eq!(broken_at(|a| a["validUntil"] = json!("2099")), content("validUntil"));
    assert_eq!(broken_at(|a| a["validUntil"] = a["validFrom"].clone()), content("validUntil"));
    assert_eq!(broken_at(|a| a["id"] = json!("1")), content("id"));
    assert_eq!(
        broken_at(|a| a["credentialSubject"]["mayIssue"] = json!("DataErasureCertificate")),
        content("credentialSubject.mayIssue")
    );
    assert_eq!(broken_at(|a| a["type"][1] = json!("TrustList")), Rejection::TypeMismatch);
    assert_eq!(
        broken_at(|a| a["type"] = json!(["VerifiableCredential", "StationAuthorization", "X"])),
        Rejection::NotACertificate
    );
    assert_eq!(
        broken_at(|a| {
            a.as_object_mut().unwrap().remove("schemaVersion");
        }),
        content("schemaVersion")
    );
}

#[test]
fn the_root_signs_nothing_useless() {
    let member = |change: fn(&mut Authorization)| {
        let mut authorization = plain();
        change(&mut authorization);
        match authorization.sign(&root(), at(NOON)) {
            Err(Rejection::ContentWrong { member }) => member,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(member(|a| a.may_issue.clear()), "credentialSubject.mayIssue");
    assert_eq!(member(|a| a.valid_until = a.valid_from), "validUntil");
    assert_eq!(member(|a| a.station = "did:key:z6Mk".into()), "credentialSubject.id");
    assert_eq!(member(|a| a.id = "1".into()), "id");
    let mut tab = plain();
    tab.station_name = "a\tb".into();
    assert_eq!(
        tab.sign(&root(), at(NOON)),
        Err(Rejection::Malformed(Malformed::ForbiddenCharacter(9)))
    );
}

/// The document around it, signed by an authorized station.
#[test]
fn a_wrong_head() {
    let refused = |change: fn(&mut Value)| {
        let mut document = document("DataErasureCertificate", NOON, &authorization());
        change(&mut document);
        judge(document).expect_err("a wrong head")
    };
    let content = |member: &str| Rejection::ContentWrong { member: member.into() };
    let root_id = |d: &mut Value| d["issuer"]["id"] = did::of(&root().verifying_key()).into();
    assert_eq!(refused(root_id), Rejection::KeyMismatch);
    assert_eq!(refused(|d| d["type"] = json!("VerifiableCredential")), Rejection::NotACertificate);
    assert_eq!(
        refused(|d| d["type"] = json!(["DataErasureCertificate", "VerifiableCredential"])),
        Rejection::NotACertificate
    );
    assert_eq!(refused(|d| d["id"] = json!("urn:uuid:1")), content("id"));
    assert_eq!(refused(|d| d["issuer"]["name"] = json!(1)), content("issuer.name"));
    assert_eq!(refused(|d| d["validFrom"] = json!("2026-11-22")), content("validFrom"));
}

#[test]
fn every_rejection_has_its_own_code() {
    let why = [
        Unauthorized::Missing,
        Unauthorized::Broken(Box::new(Rejection::BadSignature)),
        Unauthorized::OtherRoot { signer: String::new() },
        Unauthorized::OtherKey,
        Unauthorized::OtherName,
        Unauthorized::NotYetValid,
        Unauthorized::Expired,
        Unauthorized::NotForType,
    ];
    let mut codes: Vec<_> = why.map(|why| Rejection::NotAuthorized(why).code()).to_vec();
    codes.extend(
        [
            Rejection::Malformed(Malformed::TooLarge),
            Rejection::NotACertificate,
            Rejection::Proof(ProofFault::Missing),
            Rejection::BadSignature,
            Rejection::KeyMismatch,
            Rejection::ContentWrong { member: String::new() },
            Rejection::ConclusionMismatch,
            Rejection::TypeMismatch,
            Rejection::FromTheFuture,
        ]
        .map(|rejection| rejection.code()),
    );
    let kebab = |code: &str| code.bytes().all(|b| b == b'-' || b.is_ascii_lowercase());
    assert!(codes.iter().all(|code| kebab(code)));
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
}
