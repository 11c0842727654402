//! What people decided on documents: signed by a key of their own, which may do nothing else.

use nulstil::cert::{Authorization, Decision, Validation, ValidationHeader, did, document, proof};
use nulstil::model::{Clock, Tool};
use serde_json::{Value, json};

use crate::list::{Vector, Vectors};
use crate::station::{Papers, STATION, at, authorization, key, plain, uuid};
use crate::{drives, good};

/// Who decides.
const CHIEF: &str = "Odense Kommune, databeskyttelse";

/// The chief's authorization, with a change.
fn of_chief(change: impl FnOnce(&mut Authorization)) -> Value {
    authorization(|authorization| {
        authorization.station = did::of(&key("chief").verifying_key());
        authorization.station_name = CHIEF.into();
        authorization.may_issue = vec![document::VALIDATION.into()];
        change(authorization);
    })
}

/// The unsigned decision of `who` on a document.
fn decided(
    number: u16,
    who: &str,
    name: &str,
    authorization: &Value,
    on: &Value,
    decision: Decision,
) -> Value {
    let text = |pointer: &str| on.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let validation = Validation {
        digest: proof::digest(on).unwrap(),
        id: text("/id").unwrap(),
        kind: text("/type/1").unwrap(),
        serial_number: text("/credentialSubject/evidence/drive/serialNumber"),
        decision,
        decided_by: "Åse Dybdahl, DPO".into(),
        remark: (decision != Decision::Accepted).then(|| "to be shredded".into()),
    };
    let clock =
        Clock { source: "system clock".into(), rtc_minus_system_seconds: None, confirmed: false };
    let tool = Tool { name: "nulstil".into(), version: "0.1.0".into(), executable_sha256: None };
    validation.document(&ValidationHeader {
        id: &uuid(6, number),
        issuer: &did::of(&key(who).verifying_key()),
        issuer_name: name,
        authorization,
        valid_from: at(4 * 3600),
        clock: &clock,
        tool: &tool,
    })
}

fn signed(document: Value, who: &str) -> Value {
    proof::sign(document, &key(who), at(4 * 3600)).unwrap()
}

pub fn all(list: &mut Vectors) {
    let sanitized =
        crate::station::signed(Papers::new(240).erasure("/dev/sda", &drives::sas_hdd()));
    let failed = crate::station::signed(Papers::new(20).erasure("/dev/sda", &good::failed()));
    let chief = of_chief(|_| ());
    for (number, file, on, decision, why) in [
        (1, "accepted", &sanitized, Decision::Accepted, "A person accepted a certificate."),
        (2, "rejected", &failed, Decision::Rejected, "A person rejected what a report says."),
        (3, "escalated", &failed, Decision::Escalated, "A person wants a stronger method."),
    ] {
        let document = signed(decided(number, "chief", CHIEF, &chief, on, decision), "chief");
        list.add(Vector::of(&format!("good/{file}.validation.json"), &document, why));
    }
    let mut add = |file: &str, document: &Value, code: &str, why: &str| {
        list.add(Vector::of(&format!("hostile/{file}"), document, why).rejected(code));
    };
    let by_station =
        decided(4, "station", STATION, &authorization(|_| ()), &sanitized, Decision::Accepted);
    add(
        "authorization-not-a-validator.validation.json",
        &signed(by_station, "station"),
        "not-a-validator",
        "A station decides on what it found out itself.",
    );
    let mut certificate = Papers::new(241).erasure("/dev/sda", &drives::hdd());
    let issuer = did::of(&key("chief").verifying_key());
    certificate["issuer"] = json!({ "id": issuer, "name": CHIEF, "authorization": chief });
    add(
        "authorization-not-a-station.cert.json",
        &signed(certificate, "chief"),
        "not-a-station",
        "Somebody who may only decide issues a certificate.",
    );
    type Change = fn(&mut Value);
    let bent: &[(&str, Change, &str)] = &[
        ("unknown-decision", |s| s["decision"] = json!("certified"), "A decision of no kind."),
        ("nobody", |s| s["decidedBy"] = json!(" "), "Nobody decided."),
        ("no-digest", |s| s["certificateDigest"] = json!("00"), "It names no document."),
    ];
    for (file, change, why) in bent {
        let mut document = decided(5, "chief", CHIEF, &chief, &failed, Decision::Rejected);
        change(&mut document["credentialSubject"]);
        let document = signed(document, "chief");
        add(&format!("validation-{file}.validation.json"), &document, "content-wrong", why);
    }
    assert_ne!(plain().station_name, CHIEF);
}
