//! Documents made to be misread: one per rule, each refused for its own reason.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use ed25519_dalek::{Signer as _, SigningKey};
use nulstil::cert::profile::{self, Malformed};
use nulstil::cert::{ProofFault, Rejection, did, proof};
use nulstil::model::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const GOLDEN: &str = include_str!("../certs/vectors/golden/signed.json");

/// Reads and verifies as a verifier does, from bytes.
fn judge(bytes: &[u8]) -> Result<(), Rejection> {
    proof::verify(&profile::parse(bytes)?).map(|_| ())
}

/// The golden document with `from` replaced, which must be there.
fn with(from: &str, to: &str) -> Vec<u8> {
    assert!(GOLDEN.contains(from), "{from}");
    GOLDEN.replacen(from, to, 1).into_bytes()
}

/// The golden document, parsed and changed.
fn changed(change: impl FnOnce(&mut Value)) -> Result<(), Rejection> {
    let mut document = profile::parse(GOLDEN.as_bytes()).unwrap();
    change(&mut document);
    judge(&serde_json::to_vec(&document).unwrap())
}

/// A document signed honestly by key 7, with a proof that may break the rules: the attacker has
/// a key of their own and signs what they like.
fn signed_anyway(document: Value, change: impl FnOnce(&mut Value)) -> Value {
    let key = SigningKey::from_bytes(&[7; 32]);
    let mut config = json!({
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2026-11-22T20:15:34Z",
        "verificationMethod": did::method_of(&key.verifying_key()),
        "proofPurpose": "assertionMethod",
        "@context": document["@context"],
    });
    change(&mut config);
    let hash = |value: &Value| Sha256::digest(serde_json_canonicalizer::to_vec(value).unwrap());
    let signature = key.sign(&[hash(&config), hash(&document)].concat());
    config["proofValue"] = format!("z{}", bs58::encode(signature.to_bytes()).into_string()).into();
    let mut document = document;
    document["proof"] = config;
    document
}

fn small() -> Value {
    json!({"@context": proof::CONTEXT, "result": "pass"})
}

#[test]
fn the_golden_document_itself_is_good() {
    assert_eq!(judge(GOLDEN.as_bytes()), Ok(()));
    let document = signed_anyway(small(), |_| ());
    assert!(proof::verify(&document).is_ok(), "the attacker's helper signs properly");
}

#[test]
fn spelling() {
    let refused = |bytes: &[u8]| match judge(bytes) {
        Err(Rejection::Malformed(rule)) => rule,
        other => panic!("{other:?}: {}", String::from_utf8_lossy(bytes)),
    };
    let bom = ["\u{feff}".as_bytes(), GOLDEN.as_bytes()].concat();
    assert_eq!(refused(&bom), Malformed::ByteOrderMark);
    assert_eq!(
        refused(&with("\"result\": \"pass\"", "\"result\": \"fail\", \"result\": \"pass\"")),
        Malformed::DuplicateName("result".into())
    );
    assert_eq!(
        refused(&with("\"result\": \"pass\"", "\"r\\u0065sult\": \"fail\", \"result\": \"pass\"")),
        Malformed::DuplicateName("result".into())
    );
    assert_eq!(
        refused(&with("\"result\": \"pass\"", "\"Result\": \"fail\", \"result\": \"pass\"")),
        Malformed::NamesDifferInCase("result".into())
    );
    // Equal to the signed number for a reader who rounds.
    for number in ["9007199254740991.0", "9007199254740991e0", "-0", "9.007199254740991E15"] {
        assert_eq!(refused(&with("9007199254740991", number)), Malformed::NotAnInteger);
    }
    assert_eq!(
        refused(&with("9007199254740991", "9007199254740992")),
        Malformed::IntegerTooLarge(9_007_199_254_740_992)
    );
    assert!(matches!(refused(&with("ÆØÅ-1", "ÆØA\u{30a}-1")), Malformed::NotNfc(_)));
    for (character, code) in [
        ("\u{202e}", 0x202e),
        ("\\u202e", 0x202e),
        ("\u{200b}", 0x200b),
        ("\\u0000", 0),
        ("\\n", 0x0a),
        ("\u{feff}", 0xfeff),
        ("\u{7f}", 0x7f),
        ("\u{ffff}", 0xffff),
    ] {
        let text = with("ÆØÅ-1", &format!("ÆØÅ-{character}1"));
        assert_eq!(refused(&text), Malformed::ForbiddenCharacter(code));
    }
    for lone in ["\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud800x"] {
        assert!(matches!(refused(&with("ÆØÅ-1", lone)), Malformed::NotJson(_)), "{lone}");
    }
    for trailing in ["{}", "x", "\0", ","] {
        let text = format!("{GOLDEN}{trailing}");
        assert_eq!(refused(text.as_bytes()), Malformed::TrailingData, "{trailing:?}");
    }
    let deep = format!("{}1{}", "[".repeat(30), "]".repeat(30));
    assert_eq!(refused(&with("\"ÆØÅ-1\"", &deep)), Malformed::TooDeep);
    assert_eq!(
        refused(&with("\"serialNumber\"", "\"serial_number\"")),
        Malformed::Name("serial_number".into())
    );
    let latin1: Vec<u8> = GOLDEN.bytes().filter(|b| *b != 0xc3).collect(); // "Æ" without its lead byte
    assert!(matches!(refused(&latin1), Malformed::NotUtf8(_)));
    for cut in ["", "{", "nul", &GOLDEN[..GOLDEN.len() - 3]] {
        assert!(matches!(refused(cut.as_bytes()), Malformed::NotJson(_)), "{cut:?}");
    }
}

#[test]
fn things_that_are_no_signed_document() {
    for other in ["[]", "null", "1", "\"did:key:z\""] {
        assert_eq!(judge(other.as_bytes()), Err(Rejection::NotACertificate), "{other}");
    }
    assert_eq!(judge(b"{}"), Err(ProofFault::Missing.into()));
}

#[test]
fn a_proof_of_another_form() {
    let without = |name: &str| {
        changed(|document| {
            document["proof"].as_object_mut().unwrap().remove(name).unwrap();
        })
    };
    let set = |name: &str, value: Value| changed(|document| document["proof"][name] = value);

    let missing = changed(|document| {
        document.as_object_mut().unwrap().remove("proof");
    });
    assert_eq!(missing, Err(ProofFault::Missing.into()));
    let array = changed(|document| document["proof"] = json!([document["proof"]]));
    assert_eq!(array, Err(ProofFault::NotOneObject.into()));
    let null = changed(|document| document["proof"] = Value::Null);
    assert_eq!(null, Err(ProofFault::NotOneObject.into()));

    for name in
        ["type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"]
    {
        assert_eq!(without(name), Err(ProofFault::Members.into()), "{name}");
    }
    assert_eq!(without("@context"), Err(ProofFault::Context.into()));
    assert_eq!(set("domain", json!("example.org")), Err(ProofFault::Members.into()));
    assert_eq!(set("type", json!("Ed25519Signature2020")), Err(ProofFault::Type.into()));
    assert_eq!(set("type", json!(["DataIntegrityProof"])), Err(ProofFault::Members.into()));
    assert_eq!(set("cryptosuite", json!("eddsa-rdfc-2022")), Err(ProofFault::Cryptosuite.into()));
    assert_eq!(set("proofPurpose", json!("authentication")), Err(ProofFault::Purpose.into()));
    assert_eq!(set("created", json!("yesterday")), Err(ProofFault::Created.into()));
    assert_eq!(set("proofValue", json!("z")), Err(ProofFault::Value.into()));
}

/// Not only changed, but signed in this form by somebody with a key.
#[test]
fn a_proof_of_another_form_with_a_good_signature() {
    let refused = |change: fn(&mut Value)| match proof::verify(&signed_anyway(small(), change)) {
        Err(Rejection::Proof(fault)) => fault,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(|proof| proof["nonce"] = json!("1")), ProofFault::Members);
    assert_eq!(refused(|proof| proof["cryptosuite"] = json!("x")), ProofFault::Cryptosuite);
    assert_eq!(refused(|proof| proof["proofPurpose"] = json!("x")), ProofFault::Purpose);
    assert_eq!(refused(|proof| proof["type"] = json!("x")), ProofFault::Type);
    assert_eq!(refused(|proof| proof["created"] = json!("2026-11-22")), ProofFault::Created);
    assert_eq!(refused(|proof| proof["@context"] = json!([])), ProofFault::Context);
    // The standard would accept this: the document's contexts start with the proof's.
    assert_eq!(
        refused(|proof| proof["@context"] = json!([proof::CONTEXT[0]])),
        ProofFault::Context
    );
    assert_eq!(
        refused(|proof| {
            let other = SigningKey::from_bytes(&[8; 32]).verifying_key();
            let method = proof["verificationMethod"].as_str().unwrap();
            let (did, _) = method.split_once('#').unwrap();
            let fragment = did::of(&other).replace("did:key:", "");
            proof["verificationMethod"] = format!("{did}#{fragment}").into();
        }),
        ProofFault::Method(did::DidError::Fragment)
    );
}

#[test]
fn other_contexts() {
    let url = "https://example.org/evil/v1";
    let appended =
        changed(|document| document["@context"].as_array_mut().unwrap().push(url.into()));
    assert_eq!(appended, Err(ProofFault::DocumentContext.into()));
    // Appended in both places, and signed that way.
    for context in [
        json!([proof::CONTEXT[0], proof::CONTEXT[1], url]),
        json!([proof::CONTEXT[1], proof::CONTEXT[0]]),
        json!([proof::CONTEXT[0]]),
        json!(proof::CONTEXT[0]),
        Value::Null,
    ] {
        let document = signed_anyway(json!({"@context": context, "result": "pass"}), |_| ());
        assert_eq!(proof::verify(&document), Err(ProofFault::DocumentContext.into()));
    }
}

/// With a key of small order, `R = identity, S = 0` is a signature of every message for a lenient
/// verifier. The did:key already is refused.
#[test]
fn a_key_of_small_order() {
    let mut identity = [0_u8; 32];
    identity[0] = 1;
    let multikey = format!("z{}", bs58::encode([&[0xed, 1][..], &identity].concat()).into_string());
    let forged = changed(|document| {
        document["proof"]["verificationMethod"] = format!("did:key:{multikey}#{multikey}").into();
        document["proof"]["proofValue"] =
            format!("z{}", bs58::encode([&identity[..], &[0; 32]].concat()).into_string()).into();
    });
    assert_eq!(forged, Err(ProofFault::Method(did::DidError::Weak).into()));
}

/// `R` of small order under an honest key: the owner of that key can make one that a lenient
/// verifier takes, and deny later that strict ones would.
#[test]
fn an_r_of_small_order() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let mut document = proof::sign(small(), &key, Timestamp::from_unix(0)).unwrap();
    let message = proof::Parts::of(&document).unwrap().hash_data();
    // With R = identity (r = 0), S = k * a: only the owner of a can compute it.
    let mut r = [0_u8; 32];
    r[0] = 1;
    let hash = sha2::Sha512::new()
        .chain_update(r)
        .chain_update(key.verifying_key().as_bytes())
        .chain_update(message)
        .finalize();
    // The scalar type is not exported; its arithmetic is. k = the hash, reduced, bit by bit.
    let a = key.to_scalar();
    let one = a * a.invert();
    let bits = hash.iter().rev().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1));
    let k = bits.fold(one - one, |k, bit| if bit == 1 { k + k + one } else { k + k });
    let s = k * a;
    let value = [r, s.to_bytes()].concat();
    let signature = ed25519_dalek::Signature::from_slice(&value).unwrap();
    use ed25519_dalek::Verifier as _;
    assert!(
        key.verifying_key().verify(&message, &signature).is_ok(),
        "the lenient verifier takes it, so this test means something"
    );
    document["proof"]["proofValue"] = format!("z{}", bs58::encode(value).into_string()).into();
    assert_eq!(proof::verify(&document), Err(Rejection::BadSignature));
}

/// `S + L` satisfies the same equation; RFC 8032 section 5.1.7 refuses it.
#[test]
fn a_second_spelling_of_s() {
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let refused = changed(|document| {
        let value = document["proof"]["proofValue"].as_str().unwrap()[1..].to_owned();
        let mut signature = bs58::decode(value).into_vec().unwrap();
        let mut carry = 0_u16;
        for (byte, l) in signature[32..].iter_mut().zip(L) {
            carry += u16::from(*byte) + u16::from(l);
            *byte = carry as u8;
            carry >>= 8;
        }
        assert_eq!(carry, 0);
        document["proof"]["proofValue"] =
            format!("z{}", bs58::encode(signature).into_string()).into();
    });
    assert_eq!(refused, Err(Rejection::BadSignature));
}
