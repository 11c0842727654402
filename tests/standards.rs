//! The vectors of the standards we build on, run against our own functions. Where each file comes
//! from: `tests/fixtures/standards/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use ed25519_dalek::{Signature, Signer as _, SigningKey};
use nulstil::cert::profile::{self, Malformed};
use nulstil::cert::{ProofFault, did, proof};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn array<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).try_into().unwrap()
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A verdict by what our proofs are judged with.
fn accepted(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = public.try_into().ok().and_then(|raw| did::usable(raw).ok());
    let signature = Signature::from_slice(signature).ok();
    let (Some(key), Some(signature)) = (key, signature) else { return false };
    key.verify_strict(message, &signature).is_ok()
}

macro_rules! rfc8785 {
    ($($name:literal)+) => {
        [$((
            $name,
            include_str!(concat!("fixtures/standards/rfc8785/", $name, ".input.json")),
            include_bytes!(concat!("fixtures/standards/rfc8785/", $name, ".output.json")).as_slice(),
        )),+]
    };
}

#[test]
fn rfc_8785_files() {
    let files = rfc8785!("arrays" "french" "structures" "unicode" "values" "weird");
    for (name, input, output) in files {
        // What makes our canonical form, without our profile before it.
        assert_eq!(serde_json_canonicalizer::to_vec(&read(input)).unwrap(), output, "{name}");
        // Most of them show what is hard, and so are outside of our profile.
        match profile::parse(input.as_bytes()) {
            Ok(value) => {
                assert_eq!((name, profile::canonical(&value).unwrap()), ("arrays", output.into()))
            }
            Err(rule) => assert_eq!(
                matches!(rule, Malformed::NotAnInteger),
                name == "values",
                "{name}: {rule}"
            ),
        }
    }
}

#[test]
fn rfc_8785_numbers() {
    let rows: Vec<_> = include_str!("fixtures/standards/rfc8785/numbers.csv").lines().collect();
    assert_eq!(rows.len(), 24);
    for row in rows {
        let (bits, text) = row.split_once(',').unwrap();
        let number = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
        assert_eq!(serde_json_canonicalizer::to_string(&number).unwrap(), text, "{bits}");
        // The profile takes the one that has no question to it.
        assert_eq!(profile::parse(text.as_bytes()).is_ok(), text == "0", "{text}");
    }
}

#[test]
fn rfc_8032_section_7_1() {
    let vectors = read(include_str!("fixtures/standards/rfc8032.json"));
    let vectors = vectors.as_array().unwrap();
    assert_eq!(vectors.len(), 5);
    for vector in vectors {
        let text = |member: &str| vector[member].as_str().unwrap();
        let key = SigningKey::from_bytes(&array(text("secretKey")));
        let message = unhex(text("message"));
        assert_eq!(hex(key.verifying_key().as_bytes()), text("publicKey"), "{}", text("name"));
        assert_eq!(hex(&key.sign(&message).to_bytes()), text("signature"), "{}", text("name"));
        let judged = |message: &[u8]| {
            accepted(&unhex(text("publicKey")), message, &unhex(text("signature")))
        };
        assert!(judged(&message) && !judged(b"another"), "{}", text("name"));
    }
}

#[test]
fn wycheproof() {
    let file = read(include_str!("fixtures/standards/wycheproof-ed25519.json"));
    let mut judged = 0;
    for group in file["testGroups"].as_array().unwrap() {
        let public = unhex(group["publicKey"]["pk"].as_str().unwrap());
        for test in group["tests"].as_array().unwrap() {
            let text = |member: &str| unhex(test[member].as_str().unwrap());
            let expected = match test["result"].as_str().unwrap() {
                "valid" => true,
                "invalid" => false,
                other => panic!("{other}"),
            };
            assert_eq!(accepted(&public, &text("msg"), &text("sig")), expected, "{test}");
            judged += 1;
        }
    }
    assert_eq!(judged, file["numberOfTests"]);
}

/// Keys and R of small order, encodings that are not canonical, S beyond the order of the group. Only
/// case 3, whose key and R have a small part besides a large one, passes the strict equation.
#[test]
fn ed25519_speccheck() {
    let cases = read(include_str!("fixtures/standards/ed25519-speccheck.json"));
    let judge = |case: &Value| {
        let text = |member: &str| unhex(case[member].as_str().unwrap());
        accepted(&text("publicKey"), &text("message"), &text("signature"))
    };
    let judged: Vec<bool> = cases.as_array().unwrap().iter().map(judge).collect();
    let expected: Vec<bool> = (0..12).map(|case| case == 3).collect();
    assert_eq!(judged, expected);
}

#[test]
fn w3c_eddsa_jcs_2022() {
    let vector = read(include_str!("fixtures/standards/eddsa-jcs-2022.json"));
    let text = |member: &str| vector[member].as_str().unwrap();
    let signed = profile::parse(vector["signed"].to_string().as_bytes()).unwrap();
    let mut document = signed.as_object().unwrap().clone();
    let mut config = document.shift_remove("proof").unwrap();
    let value = config.as_object_mut().unwrap().shift_remove("proofValue").unwrap();
    let value = value.as_str().unwrap();

    let secret = bs58::decode(&text("secretKeyMultibase")[1..]).into_vec().unwrap();
    assert_eq!(secret[..2], [0x80, 0x26], "Multicodec: a secret key of Ed25519");
    let key = SigningKey::from_bytes(&secret[2..].try_into().unwrap());
    assert_eq!(did::of(&key.verifying_key()), format!("did:key:{}", text("publicKeyMultibase")));
    assert_eq!(did::method_of(&key.verifying_key()), config["verificationMethod"]);

    let signature = bs58::decode(&value[1..]).into_vec().unwrap();
    let parts = proof::Parts {
        document: profile::canonical(&Value::Object(document)).unwrap(),
        config: profile::canonical(&config).unwrap(),
        key: did::key_of_method(config["verificationMethod"].as_str().unwrap()).unwrap(),
        signature: Signature::from_slice(&signature).unwrap(),
    };
    assert_eq!(hex(&Sha256::digest(&parts.config)), text("proofHash"));
    assert_eq!(hex(&Sha256::digest(&parts.document)), text("documentHash"));
    let hashes = parts.hash_data();
    assert_eq!(hex(&hashes), format!("{}{}", text("proofHash"), text("documentHash")));
    assert_eq!(key.sign(&hashes).to_bytes(), *signature);
    assert!(accepted(parts.key.as_bytes(), &hashes, &signature));
    // Theirs has another context than the only one that we take.
    assert_eq!(proof::verify(&signed), Err(ProofFault::DocumentContext.into()));
}
