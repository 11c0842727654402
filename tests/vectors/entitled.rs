//! Documents by somebody who was not entitled to sign them, or no longer, or that are not in the log
//! of which they say so.

use nulstil::cert::{Authorization, did, document, proof};
use serde_json::{Value, json};

use crate::lies::{unsigned, vector};
use crate::list::Vectors;
use crate::station::{DAY, STATION, at, authorization, key, plain, proof_of, signed};

pub fn all(list: &mut Vectors) {
    not_entitled(list);
    no_longer_entitled(list);
    not_in_the_log(list);
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
    type Change = fn(&mut Authorization);
    let cases: &[(&str, &str, Change, &str)] = &[
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
