//! Signatures of another form, by other keys, or of something else.

use nulstil::cert::{did, profile, proof};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

use crate::drives;
use crate::list::{Vector, Vectors};
use crate::station::{Papers, base58, key, signed, signed_anyway};

/// Added to `@context` it could give every member another meaning.
const FOREIGN: &str = "https://example.org/evil/v1";

pub fn all(list: &mut Vectors) {
    changed_afterwards(list);
    another_form(list);
    signatures(list);
    keys(list);
}

fn unsigned(number: u16) -> Value {
    Papers::new(number).erasure("/dev/sda", &drives::hdd())
}

fn pretty(document: &Value) -> Vec<u8> {
    serde_json::to_vec_pretty(document).unwrap()
}

fn vector(file: &str, document: &Value, code: &str, why: &str) -> Vector {
    Vector::new(&format!("hostile/{file}.cert.json"), pretty(document), why).rejected(code)
}

/// A good document that was changed and not signed again.
fn changed_afterwards(list: &mut Vectors) {
    let good = signed(unsigned(110));
    let text = String::from_utf8(profile::pretty(&good).unwrap()).unwrap();
    for (file, from, to, why) in [
        (
            "tampered-serial",
            "WD-WCC2E4AA0001",
            "WD-WCC2E4AA0009",
            "One digit of the serial number.",
        ),
        (
            "tampered-time",
            "\"2026-11-16T11:00:00Z\",\n  \"cred",
            "\"2026-11-16T11:00:01Z\",\n  \"cred",
            "One second of the time.",
        ),
        (
            "tampered-member-added",
            "\"confirmed\": false",
            "\"confirmed\": false, \"added\": 1",
            "A member that was not signed.",
        ),
        ("tampered-unicode", "Rødby", "Rodby", "One letter."),
    ] {
        assert_eq!(text.matches(from).count(), 1, "{file}");
        let bytes = text.replace(from, to).into_bytes();
        let why = format!("Changed after it was signed. {why}");
        list.add(
            Vector::new(&format!("hostile/{file}.cert.json"), bytes, &why)
                .rejected("bad-signature"),
        );
    }
    let mut later = good.clone();
    later["proof"]["created"] = json!("2026-11-16T11:00:01Z");
    list.add(vector(
        "tampered-proof-time",
        &later,
        "bad-signature",
        "The time in the proof is signed too.",
    ));
    let mut other = good;
    other["proof"]["proofValue"] = signed(unsigned(111))["proof"]["proofValue"].clone();
    list.add(vector(
        "signature-of-another",
        &other,
        "bad-signature",
        "A good signature of the same station, of another document.",
    ));
}

/// A change of the proof.
type Change = fn(&mut Value);

fn another_form(list: &mut Vectors) {
    // Changed before it was signed: the signature is good for whoever reads the proof so.
    let signed_so: &[(&str, &str, Change)] = &[
        ("proof-extra-member", "An eighth member of the proof.", |p| p["nonce"] = json!("1")),
        (
            "proof-domain",
            "A member of the proof that the standard knows, and this form has not.",
            |p| {
                p["domain"] = json!("example.org");
            },
        ),
        ("proof-other-type", "Another type of proof.", |p| {
            p["type"] = json!("Ed25519Signature2020")
        }),
        ("proof-other-cryptosuite", "Another cryptosuite.", |p| {
            p["cryptosuite"] = json!("eddsa-rdfc-2022");
        }),
        ("proof-other-purpose", "A signature for another purpose.", |p| {
            p["proofPurpose"] = json!("authentication");
        }),
        ("proof-no-time", "The time of the proof is none.", |p| p["created"] = json!("2026-11-16")),
        (
            "proof-context-shorter",
            "The standard lets the proof's contexts be only the first of the document's.",
            |p| {
                p["@context"] = json!([proof::CONTEXT[0]]);
            },
        ),
        ("proof-without-time", "A member of the proof is missing.", |p| {
            p.as_object_mut().unwrap().shift_remove("created");
        }),
    ];
    for (file, why, change) in signed_so {
        let document = signed_anyway(unsigned(112), "station", change);
        list.add(vector(file, &document, "proof", why));
    }
    let good = signed(unsigned(113));
    let changed: &[(&str, &str, Change)] = &[
        ("proof-missing", "There is no proof.", |d| {
            d.as_object_mut().unwrap().shift_remove("proof");
        }),
        ("proof-array", "The proof is a list, of one.", |d| d["proof"] = json!([d["proof"]])),
        ("proof-null", "The proof is null.", |d| d["proof"] = Value::Null),
        ("proof-unsigned-member", "A member was added to the proof and is not signed.", |d| {
            d["proof"]["id"] = json!("urn:uuid:019e2d10-0000-7000-8000-000000000001");
        }),
        ("context-appended", "A context was added to the document, and not to the proof.", |d| {
            d["@context"].as_array_mut().unwrap().push(FOREIGN.into());
        }),
        ("signature-short", "The signature has 63 bytes.", |d| {
            d["proof"]["proofValue"] = base58(&[7; 63]).into();
        }),
        ("signature-long", "The signature has 65 bytes.", |d| {
            d["proof"]["proofValue"] = base58(&[7; 65]).into();
        }),
        ("signature-in-base64", "The signature is in base64.", |d| {
            d["proof"]["proofValue"] = format!("u{}", "A".repeat(86)).into();
        }),
        ("signature-huge", "The signature has a hundred thousand letters.", |d| {
            d["proof"]["proofValue"] = format!("z{}", "1".repeat(100_000)).into();
        }),
    ];
    for (file, why, change) in changed {
        let mut document = good.clone();
        change(&mut document);
        list.add(vector(file, &document, "proof", why));
    }
    for (file, context, why) in [
        (
            "context-appended-and-signed",
            json!([proof::CONTEXT[0], proof::CONTEXT[1], FOREIGN]),
            "A third context, signed.",
        ),
        (
            "context-swapped",
            json!([proof::CONTEXT[1], proof::CONTEXT[0]]),
            "The contexts are in another order.",
        ),
        ("context-one", json!([proof::CONTEXT[0]]), "One context is missing."),
    ] {
        let mut document = unsigned(114);
        document["@context"] = context;
        list.add(vector(file, &signed_anyway(document, "station", |_| ()), "proof", why));
    }
    for (file, bytes, why) in
        [("a-list", &b"[]\n"[..], "An empty list."), ("a-number", b"1\n", "A number.")]
    {
        list.add(
            Vector::new(&format!("hostile/{file}.cert.json"), bytes.to_vec(), why)
                .rejected("not-a-certificate"),
        );
    }
    let types = [
        ("type-alone", json!(["VerifiableCredential"]), "It is of no type."),
        (
            "type-third",
            json!(["VerifiableCredential", "DataErasureCertificate", "MachineErasureReport"]),
            "It is of two types.",
        ),
        (
            "type-swapped",
            json!(["DataErasureCertificate", "VerifiableCredential"]),
            "The types are in another order.",
        ),
    ];
    for (file, kind, why) in types {
        let mut document = unsigned(115);
        document["type"] = kind;
        list.add(vector(file, &signed(document), "not-a-certificate", why));
    }
}

/// The order of the group, little end first.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Signatures that lenient verifiers of Ed25519 take for good.
fn signatures(list: &mut Vectors) {
    let good = signed(unsigned(116));
    let mut malleable = good.clone();
    let value = good["proof"]["proofValue"].as_str().unwrap();
    let mut bytes = bs58::decode(&value[1..]).into_vec().unwrap();
    let mut carry = 0;
    for (byte, l) in bytes[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(l) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    malleable["proof"]["proofValue"] = base58(&bytes).into();
    list.add(vector(
        "signature-s-plus-l",
        &malleable,
        "bad-signature",
        "The signature is a second spelling of the good one: S plus the order of the group (RFC \
         8032 section 5.1.7).",
    ));

    // With R the neutral element, S = k * a. The scalars are not exported, their arithmetic is: k
    // bit by bit.
    let message = proof::Parts::of(&good).unwrap().hash_data();
    let secret = key("station");
    let mut r = [0; 32];
    r[0] = 1;
    let hash = Sha512::new()
        .chain_update(r)
        .chain_update(secret.verifying_key().as_bytes())
        .chain_update(message)
        .finalize();
    let a = secret.to_scalar();
    let one = a * a.invert();
    let bits = hash.iter().rev().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1));
    let k = bits.fold(one + -one, |k, bit| if bit == 1 { k + k + one } else { k + k });
    let mut small = good.clone();
    small["proof"]["proofValue"] = base58(&[r, (k * a).to_bytes()].concat()).into();
    list.add(vector(
        "signature-r-of-small-order",
        &small,
        "bad-signature",
        "R is of small order: strict verifiers refuse what its maker could later deny.",
    ));
}

/// Keys that are none, or nobody's, or somebody else's.
fn keys(list: &mut Vectors) {
    let method_of = |bytes: &[u8]| {
        let multikey = base58(bytes);
        format!("did:key:{multikey}#{multikey}")
    };
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut weak = signed(unsigned(117));
    let did = method_of(&[&[0xed, 1][..], &identity].concat());
    weak["issuer"]["id"] = did.split('#').next().unwrap().into();
    weak["proof"]["verificationMethod"] = did.into();
    weak["proof"]["proofValue"] = base58(&[identity, [0; 32]].concat()).into();
    list.add(vector(
        "key-weak",
        &weak,
        "proof",
        "With the neutral element as key, R the same and S = 0 are a signature of everything.",
    ));
    let public = key("station").verifying_key().to_bytes();
    for (file, bytes, why) in [
        ("key-short", [&[0xed, 1][..], &public[..31]].concat(), "The key has 31 bytes."),
        ("key-long", [&[0xed, 1][..], &public, &[0]].concat(), "The key has 33 bytes."),
        ("key-x25519", [&[0xec, 1][..], &public].concat(), "The key calls itself one of X25519."),
        (
            "key-not-on-the-curve",
            [&[0xed, 1][..], &[2; 1], &[0; 31]].concat(),
            "The key is no point.",
        ),
    ] {
        let document = signed_anyway(unsigned(118), "station", |p| {
            p["verificationMethod"] = method_of(&bytes).into();
        });
        list.add(vector(file, &document, "proof", why));
    }
    let other = did::of(&key("other").verifying_key());
    let fragment = signed_anyway(unsigned(119), "station", |p| {
        let station = did::of(&key("station").verifying_key());
        let fragment = other.trim_start_matches("did:key:");
        p["verificationMethod"] = format!("{station}#{fragment}").into();
    });
    list.add(vector(
        "key-fragment-of-another",
        &fragment,
        "proof",
        "The verification method names one key before the # and another one after it.",
    ));
    let web = signed_anyway(unsigned(119), "station", |p| {
        p["verificationMethod"] = json!("did:web:example.org#key-1");
    });
    list.add(vector("key-on-the-web", &web, "proof", "The key would have to be fetched."));
    let mismatch = signed_anyway(unsigned(120), "other", |_| ());
    list.add(vector(
        "key-mismatch",
        &mismatch,
        "key-mismatch",
        "Signed with another key than the one of the issuer that it names.",
    ));
}
