//! The golden vector: every value of a signature that other code made, reproduced. See
//! `certs/vectors/golden/README.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use ed25519_dalek::SigningKey;
use nulstil::cert::{self, Rejection, Unauthorized, did, profile, proof};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const SIGNED: &[u8] = include_bytes!("../certs/vectors/golden/signed.json");
const DOC_JCS: &[u8] = include_bytes!("../certs/vectors/golden/doc.jcs");
const CONFIG_JCS: &[u8] = include_bytes!("../certs/vectors/golden/proofconfig.jcs");
const GOLDEN: &str = include_str!("../certs/vectors/golden/golden.json");

fn signed() -> Value {
    profile::parse(SIGNED).unwrap()
}

fn golden(name: &str) -> String {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    golden[name].as_str().unwrap().to_owned()
}

fn key() -> SigningKey {
    let seed: Vec<u8> = (0..32).collect();
    SigningKey::from_bytes(&seed.try_into().unwrap())
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn every_value_is_reproduced() {
    let parts = proof::Parts::of(&signed()).unwrap();
    assert_eq!(parts.document, DOC_JCS);
    assert_eq!(parts.config, CONFIG_JCS);

    let whole = profile::canonical(&signed()).unwrap();
    let leaf = Sha256::new().chain_update([0]).chain_update(&whole).finalize();
    let values = [
        ("seedHex", hex(key().to_bytes())),
        ("publicKeyHex", hex(parts.key.to_bytes())),
        ("multikey", did::of(&parts.key).strip_prefix("did:key:").unwrap().to_owned()),
        ("docSha256", hex(Sha256::digest(&parts.document))),
        ("proofConfigSha256", hex(Sha256::digest(&parts.config))),
        ("hashDataHex", hex(parts.hash_data())),
        ("signatureHex", hex(parts.signature.to_bytes())),
        ("proofValue", signed()["proof"]["proofValue"].as_str().unwrap().to_owned()),
        ("certificateDigestSha256", proof::digest(&signed()).unwrap()),
        ("merkleLeafHash", hex(leaf)),
    ];
    for (name, value) in &values {
        assert_eq!(value, &golden(name), "{name}");
    }
    let names: Value = serde_json::from_str(GOLDEN).unwrap();
    assert_eq!(names.as_object().unwrap().len(), values.len(), "no value is left out");
}

#[test]
fn the_signature_verifies_and_signing_gives_the_same_document() {
    assert_eq!(proof::verify(&signed()), Ok(key().verifying_key()));
    let unsigned = profile::parse(DOC_JCS).unwrap();
    let created = "2026-11-22T20:15:34Z".parse().unwrap();
    assert_eq!(proof::sign(unsigned, &key(), created), Ok(signed()));
}

#[test]
fn the_digest_does_not_depend_on_the_spelling() {
    let minified = profile::canonical(&signed()).unwrap();
    let reread = profile::parse(&minified).unwrap();
    assert_eq!(proof::digest(&reread).unwrap(), golden("certificateDigestSha256"));
    assert_eq!(proof::verify(&reread), Ok(key().verifying_key()));
    let escaped = String::from_utf8(SIGNED.to_vec()).unwrap().replace('Æ', "\\u00c6");
    assert_eq!(profile::parse(escaped.as_bytes()).unwrap(), signed());
}

#[test]
fn one_changed_character_is_refused() {
    let text = String::from_utf8(SIGNED.to_vec()).unwrap();
    for (from, to) in [
        ("\"pass\"", "\"fail\""),
        ("S3TNNX0K000001", "S3TNNX0K000002"),
        ("9007199254740991", "9007199254740990"),
        ("20:15:33Z", "20:15:32Z"),
        ("20:15:34Z", "20:15:35Z"),
        ("Prøve", "Prove"),
        ("z54tLF", "z54tLG"),
    ] {
        let changed = profile::parse(text.replacen(from, to, 1).as_bytes()).unwrap();
        assert_ne!(changed, signed(), "{from}");
        assert_eq!(proof::verify(&changed), Err(Rejection::BadSignature), "{from} -> {to}");
    }
}

#[test]
fn it_carries_no_authorization() {
    let root = key().verifying_key();
    assert_eq!(
        cert::verify_issuer(&signed(), &root),
        Err(Rejection::NotAuthorized(Unauthorized::Missing))
    );
}
